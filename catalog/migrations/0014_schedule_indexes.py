from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

import shop.fields


class Migration(migrations.Migration):
    """The few products that wait for a time are found without reading the others."""

    atomic = False

    dependencies = [("catalog", "0013_product_editor")]

    operations = [
        AddIndexConcurrently(
            model_name="product",
            index=shop.fields.Index(
                condition=models.Q(publish_at__isnull=False),
                fields=["publish_at"],
                name="idx_products_publish_at",
            ),
        ),
        AddIndexConcurrently(
            model_name="product",
            index=shop.fields.Index(
                condition=models.Q(withdraw_at__isnull=False),
                fields=["withdraw_at"],
                name="idx_products_withdraw_at",
            ),
        ),
    ]
