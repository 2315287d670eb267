from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations

import shop.fields


class Migration(migrations.Migration):
    """What a shop's own list of products is sorted by."""

    atomic = False

    dependencies = [("catalog", "0009_saved_views")]

    operations = [
        AddIndexConcurrently(
            model_name="product",
            index=shop.fields.Index(
                fields=["shop", "id"], name="idx_products_shop_id_id"
            ),
        ),
        AddIndexConcurrently(
            model_name="product",
            index=shop.fields.Index(
                fields=["shop", "name", "id"], name="idx_products_shop_id_name_id"
            ),
        ),
        AddIndexConcurrently(
            model_name="product",
            index=shop.fields.Index(
                fields=["shop", "price", "id"], name="idx_products_shop_id_price_id"
            ),
        ),
    ]
