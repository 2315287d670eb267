from django.contrib.postgres.indexes import OpClass
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations
from django.db.models.functions import Upper

import shop.fields


class Migration(migrations.Migration):
    """Shops are found by any part of their name."""

    atomic = False

    # The catalogue's brings the trigrams, and may only go back after this.
    dependencies = [("shop", "0009_failed_tasks"), ("catalog", "0004_search_names")]

    operations = [
        AddIndexConcurrently(
            model_name="shop",
            index=shop.fields.GinIndex(
                OpClass(Upper("name"), name="gin_trgm_ops"),
                name="idx_shops_name_trigrams",
            ),
        ),
    ]
