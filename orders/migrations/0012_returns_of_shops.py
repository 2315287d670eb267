from django.contrib.postgres.operations import (
    AddIndexConcurrently,
    ValidateConstraint,
)
from django.db import migrations, models

import shop.fields

BATCH = """
WITH batch AS (
    SELECT id, order_id FROM order_returns WHERE shop_id IS NULL LIMIT 5000
       FOR NO KEY UPDATE
)
UPDATE order_returns AS back SET shop_id = orders.shop_id
  FROM batch JOIN orders ON orders.id = batch.order_id
 WHERE back.id = batch.id
"""


def tell_shops(apps, schema_editor):
    """In batches, each by itself: returns are asked for meanwhile."""
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(BATCH)
            if not cursor.rowcount:
                return


class Migration(migrations.Migration):
    """What lists of returns and of buyers read by; returns of before learn their shop."""

    atomic = False
    dependencies = [("orders", "0011_receiving_returns")]

    operations = [
        migrations.RunPython(tell_shops, migrations.RunPython.noop),
        ValidateConstraint(
            model_name="orderreturnitem", name="chk_order_return_items_received"
        ),
        AddIndexConcurrently(
            model_name="order",
            index=shop.fields.Index(
                condition=models.Q(("deleted_at__isnull", True)),
                fields=["shop", "customer", "event_time", "id"],
                include=("status", "currency", "total_price", "total_refunded"),
                name="idx_orders_shop_id_customer_id_event_time",
            ),
        ),
        AddIndexConcurrently(
            model_name="orderreturn",
            index=shop.fields.Index(
                fields=["shop", "status", "event_time", "id"],
                name="idx_order_returns_shop_id_status_event_time",
            ),
        ),
    ]
