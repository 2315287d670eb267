import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

import shop.fields
import shop.ids
import shop.schema


class Migration(migrations.Migration):
    """Units that are taken out of an order, staff's notes, and purchases a shop begins."""

    dependencies = [
        ("orders", "0007_language_and_messages"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="orderitem",
            name="removed_quantity",
            field=models.IntegerField(db_default=0, default=0),
        ),
        AddConstraintNotValid(
            model_name="orderitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("removed_quantity__gte", 0),
                    ("removed_quantity__lte", models.F("quantity")),
                ),
                name="chk_order_items_removed_quantity",
            ),
        ),
        migrations.AddField(
            model_name="checkout",
            name="shop",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="checkouts",
                to="shop.shop",
            ),
        ),
        migrations.AddField(
            model_name="checkout",
            name="made_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="checkout",
            name="adds_to",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="additions",
                to="orders.order",
            ),
        ),
        migrations.CreateModel(
            name="OrderNote",
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
                ("text", models.TextField()),
                ("created_at", models.DateTimeField()),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="staff_notes",
                        to="orders.order",
                    ),
                ),
            ],
            options={"db_table": "order_notes"},
        ),
        shop.schema.FinishTables("ordernote", "checkout"),
    ]
