import django.db.models.deletion
from django.db import migrations, models

import shop.fields
import shop.ids
import shop.schema


class Migration(migrations.Migration):
    """The buyer's language, and which messages of an order were sent."""

    dependencies = [("orders", "0006_cart_destination_and_version")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="checkout",
            name="language",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=16
            ),
        ),
        migrations.CreateModel(
            name="OrderMessage",
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
                ("kind", models.CharField(max_length=32)),
                (
                    "about",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=64
                    ),
                ),
                ("claimed_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="orders.order",
                    ),
                ),
            ],
            options={
                "db_table": "order_messages",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("order", "kind", "about"),
                        name="uk_order_messages_order_kind_about",
                    )
                ],
            },
        ),
        shop.schema.FinishTables("ordermessage"),
    ]
