import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import shop.fields
import shop.ids
import shop.schema


class Migration(migrations.Migration):
    """A review carries photos."""

    dependencies = [
        ("catalog", "0007_lowest_before"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReviewImage",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=shop.fields.UUIDv7(),
                        default=shop.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                    ),
                ),
                ("src", models.ImageField(upload_to="reviews/")),
                ("width", models.IntegerField(editable=False)),
                ("height", models.IntegerField(editable=False)),
                (
                    "alt",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=200
                    ),
                ),
                ("position", models.IntegerField(db_default=0, default=0)),
                (
                    "review",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="images",
                        to="catalog.productreview",
                    ),
                ),
            ],
            options={
                "db_table": "review_images",
                "ordering": ["position", "id"],
            },
        ),
        shop.schema.FinishTables("ReviewImage"),
    ]
