from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models

import shop.fields


class Migration(migrations.Migration):
    """Finds misspelt names by their trigrams, and the best rated without sorting all."""

    dependencies = [
        ("catalog", "0003_review_ref_index"),
        ("shop", "0003_event_deliveries"),
    ]

    operations = [
        TrigramExtension(),
        migrations.AddIndex(
            model_name="product",
            index=shop.fields.GinIndex(
                fields=["name"],
                name="idx_products_name_trigrams",
                opclasses=["gin_trgm_ops"],
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=shop.fields.Index(
                condition=models.Q(("status", "active")),
                fields=["-rating_average", "-review_count", "-id"],
                name="idx_products_rating_average",
            ),
        ),
    ]
