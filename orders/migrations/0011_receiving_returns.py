import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

import shop.schema


class Migration(migrations.Migration):
    """Whose a return is, when it came back, and in what state its units are."""

    dependencies = [
        ("orders", "0010_parcels_within_orders"),
        ("shop", "0007_opening_and_closure"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="orderreturn",
            name="received_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="orderreturn",
            name="sent_back_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="orderreturn",
            name="shop",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="shop.shop",
            ),
        ),
        migrations.AddField(
            model_name="orderreturnitem",
            name="damaged_quantity",
            field=models.IntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="orderreturnitem",
            name="received_quantity",
            field=models.IntegerField(blank=True, null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="orderreturn",
            trigger=pgtrigger.compiler.Trigger(
                name="knows_shop",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        NEW.shop_id := (SELECT shop_id FROM orders WHERE id = NEW.order_id);\n        RETURN NEW;\n    ",
                    hash="fdb0b4928a5a789d4df8041897c5e8d32f4a1ab8",
                    operation="INSERT",
                    pgid="pgtrigger_knows_shop_ef90f",
                    table="order_returns",
                    when="BEFORE",
                ),
            ),
        ),
        AddConstraintNotValid(
            model_name="orderreturnitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("damaged_quantity", 0), ("received_quantity__isnull", True)
                    ),
                    models.Q(
                        ("damaged_quantity__range", (0, models.F("received_quantity"))),
                        ("received_quantity__range", (0, models.F("quantity"))),
                    ),
                    _connector="OR",
                ),
                name="chk_order_return_items_received",
            ),
        ),
        shop.schema.FinishTables("orderreturn"),
    ]
