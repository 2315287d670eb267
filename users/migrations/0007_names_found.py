from django.contrib.postgres.indexes import OpClass
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Concat, Lower

import shop.fields


class Migration(migrations.Migration):
    """People are found by any part of their name."""

    atomic = False

    # The catalogue's brings the trigrams, and may only go back after this.
    dependencies = [("users", "0006_impersonations"), ("catalog", "0004_search_names")]

    operations = [
        AddIndexConcurrently(
            model_name="user",
            index=shop.fields.GinIndex(
                OpClass(
                    Lower(Concat("first_name", models.Value(" "), "last_name")),
                    name="gin_trgm_ops",
                ),
                name="idx_users_names_trigrams",
            ),
        ),
    ]
