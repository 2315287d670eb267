import django.db.models.deletion
import django.db.models.functions.datetime
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

import shop.fields
import shop.ids
import shop.schema


class Migration(migrations.Migration):
    """Low stock: from when on, and whom it was told; orders in the ledger; words of alerts."""

    dependencies = [
        ("catalog", "0014_schedule_indexes"),
        ("shop", "0008_low_stock_threshold"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="LowStockLine",
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
                ("left", models.IntegerField()),
                ("threshold", models.IntegerField()),
                ("refilled_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "db_table": "low_stock_lines",
            },
        ),
        migrations.CreateModel(
            name="LowStockNotice",
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
                ("day", models.DateField()),
            ],
            options={
                "db_table": "low_stock_notices",
            },
        ),
        migrations.AddField(
            model_name="inventorylog",
            name="order_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="productvariant",
            name="low_stock_threshold",
            field=models.IntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="stockalert",
            name="language",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=16
            ),
        ),
        migrations.AlterField(
            model_name="inventorylog",
            name="reason",
            field=models.CharField(
                choices=[
                    ("opening", "Opening stock"),
                    ("import", "Import"),
                    ("count", "Count"),
                    ("correction", "Correction"),
                    ("sale", "Sale"),
                    ("return", "Come back"),
                    ("damage", "Damaged or lost"),
                    ("delivery", "Delivery"),
                ],
                max_length=32,
            ),
        ),
        AddConstraintNotValid(
            model_name="productvariant",
            constraint=models.CheckConstraint(
                condition=models.Q(("low_stock_threshold__range", (0, 1000000))),
                name="chk_product_variants_low_stock_threshold",
            ),
        ),
        migrations.AddField(
            model_name="lowstockline",
            name="variant",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="low_stock_lines",
                to="catalog.productvariant",
            ),
        ),
        migrations.AddField(
            model_name="lowstocknotice",
            name="shop",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="low_stock_notices",
                to="shop.shop",
            ),
        ),
        migrations.AddField(
            model_name="lowstockline",
            name="notice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lines",
                to="catalog.lowstocknotice",
            ),
        ),
        migrations.AddConstraint(
            model_name="lowstocknotice",
            constraint=models.UniqueConstraint(
                fields=("shop", "day"), name="uk_low_stock_notices_shop_day"
            ),
        ),
        migrations.AddIndex(
            model_name="lowstockline",
            index=shop.fields.Index(
                fields=["variant"], name="idx_low_stock_lines_variant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="lowstockline",
            constraint=models.UniqueConstraint(
                condition=models.Q(("refilled_at__isnull", True)),
                fields=("variant",),
                name="uk_low_stock_lines_variant",
            ),
        ),
        shop.schema.FinishTables("LowStockNotice", "LowStockLine"),
    ]
