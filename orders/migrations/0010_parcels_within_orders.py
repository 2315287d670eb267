import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    """Parcels hold no more of an order than it has, whoever packs and takes out at once."""

    dependencies = [
        ("orders", "0009_selling_indexes"),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name="orderitem",
            trigger=pgtrigger.compiler.Trigger(
                name="never_below_parcels",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.quantity - NEW.removed_quantity < OLD.quantity - OLD.removed_quantity)",
                    func="\n        IF (SELECT sum(quantity) FROM shipment_items WHERE order_item_id = NEW.id)\n           > NEW.quantity - NEW.removed_quantity THEN\n            RAISE EXCEPTION 'parcels hold more of order item % than would be left', NEW.id\n                  USING ERRCODE = 'check_violation',\n                        CONSTRAINT = 'chk_order_items_never_below_parcels';\n        END IF;\n        RETURN NULL;\n    ",
                    hash="3a4974e06e4f9c401d0ec5ad0915fc29cef4e81e",
                    operation='UPDATE OF "quantity", "removed_quantity"',
                    pgid="pgtrigger_never_below_parcels_3e3e2",
                    table="order_items",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="shipmentitem",
            trigger=pgtrigger.compiler.Trigger(
                name="never_above_order",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE ordered integer; sent bigint;",
                    func="\n        SELECT quantity - removed_quantity INTO ordered FROM order_items\n         WHERE id = NEW.order_item_id FOR NO KEY UPDATE;\n        SELECT sum(quantity) INTO sent FROM shipment_items\n         WHERE order_item_id = NEW.order_item_id;\n        IF sent > ordered THEN\n            RAISE EXCEPTION 'parcels hold % of order item %, of which % are ordered',\n                            sent, NEW.order_item_id, ordered\n                  USING ERRCODE = 'check_violation',\n                        CONSTRAINT = 'chk_shipment_items_never_above_order';\n        END IF;\n        RETURN NULL;\n    ",
                    hash="d8ac47080e8f94ca9bbe9ed0a2cb3de2d345d72b",
                    operation='INSERT OR UPDATE OF "quantity", "order_item_id"',
                    pgid="pgtrigger_never_above_order_29978",
                    table="shipment_items",
                    when="AFTER",
                ),
            ),
        ),
    ]
