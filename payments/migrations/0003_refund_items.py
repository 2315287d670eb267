from decimal import Decimal

import django.db.models.deletion
from django.db import migrations, models

import shop.fields
import shop.ids
import shop.schema


class Migration(migrations.Migration):
    """Which units of an order a refund is for, and how much of it is for the delivery."""

    dependencies = [
        ("orders", "0008_selling"),
        ("payments", "0002_gateway_calls"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="refund",
            name="delivery_amount",
            field=models.DecimalField(
                db_default=Decimal("0.00"),
                decimal_places=2,
                default=Decimal("0.00"),
                max_digits=12,
            ),
        ),
        migrations.CreateModel(
            name="RefundItem",
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
                ("quantity", models.IntegerField()),
                (
                    "amount",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                ("restocked", models.BooleanField(db_default=False, default=False)),
                (
                    "order_item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="refund_items",
                        to="orders.orderitem",
                    ),
                ),
                (
                    "refund",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="payments.refund",
                    ),
                ),
            ],
            options={
                "db_table": "refund_items",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0)),
                        name="chk_refund_items_quantity",
                    ),
                    models.UniqueConstraint(
                        fields=("refund", "order_item"),
                        name="uk_refund_items_refund_order_item",
                    ),
                ],
            },
        ),
        shop.schema.FinishTables("refunditem"),
    ]
