from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

import shop.fields


class Migration(migrations.Migration):
    """The few pictures whose copies are missing are found without reading the others."""

    atomic = False

    dependencies = [("catalog", "0018_picture_sizes")]

    operations = [
        AddIndexConcurrently(
            model_name="productimage",
            index=shop.fields.Index(
                condition=models.Q(("sizes", None)),
                fields=["id"],
                name="idx_product_images_id_without_sizes",
            ),
        ),
    ]
