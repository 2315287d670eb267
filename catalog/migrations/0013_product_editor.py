import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import shop.fields
import shop.ids
import shop.schema


class Migration(migrations.Migration):
    """Products come and go at a time, variants are switched off, addresses are remembered."""

    dependencies = [("catalog", "0012_review_answer_indexes")]

    operations = [
        migrations.AddField(
            model_name="product",
            name="publish_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="product",
            name="withdraw_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="productvariant",
            name="is_active",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.CreateModel(
            name="ProductAddress",
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
                ("slug", models.SlugField(max_length=255, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="former_addresses",
                        to="catalog.product",
                    ),
                ),
            ],
            options={"db_table": "product_addresses"},
        ),
        shop.schema.FinishTables("ProductAddress"),
    ]
