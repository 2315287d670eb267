from django.contrib.postgres.indexes import OpClass
from django.contrib.postgres.operations import (
    AddIndexConcurrently,
    ValidateConstraint,
)
from django.db import migrations, models
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Lower

import shop.fields


class Migration(migrations.Migration):
    """What a shop's list of orders reads by, built while orders come in."""

    atomic = False
    dependencies = [("orders", "0008_selling")]

    operations = [
        ValidateConstraint(
            model_name="orderitem", name="chk_order_items_removed_quantity"
        ),
        AddIndexConcurrently(
            model_name="checkout",
            index=shop.fields.Index(
                condition=models.Q(("shop__isnull", False)),
                fields=["shop", "id"],
                name="idx_checkouts_shop_id",
            ),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=shop.fields.Index(
                fields=["shop", "status", "event_time", "id"],
                name="idx_orders_shop_id_status_event_time",
            ),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=shop.fields.Index(
                condition=models.Q(("status", "processing")),
                fields=["shop", "fulfillment_status", "event_time", "id"],
                name="idx_orders_shop_id_fulfillment_status_event_time",
            ),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=shop.fields.Index(
                condition=models.Q(("financial_status", "paid"), _negated=True),
                fields=["shop", "financial_status", "event_time", "id"],
                name="idx_orders_shop_id_financial_status_event_time",
            ),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=shop.fields.Index(
                models.F("shop"),
                KeyTextTransform("country", "shipping_address"),
                models.F("event_time"),
                models.F("id"),
                name="idx_orders_shop_id_country_event_time",
            ),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=shop.fields.Index(
                models.F("shop"),
                OpClass(Lower("email"), name="text_pattern_ops"),
                name="idx_orders_shop_id_email",
            ),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=shop.fields.Index(
                models.F("shop"),
                OpClass(
                    Lower(KeyTextTransform("last_name", "shipping_address")),
                    name="text_pattern_ops",
                ),
                name="idx_orders_shop_id_last_name",
            ),
        ),
    ]
