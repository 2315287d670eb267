import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

import shop.fields
import shop.schema


class Migration(migrations.Migration):
    """Refunds that are set aside for another order, and become payments of it."""

    dependencies = [
        ("orders", "0016_set_off"),
        ("payments", "0004_commission_rules"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="refund",
            name="became",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="made_of",
                to="payments.payment",
            ),
        ),
        migrations.AddField(
            model_name="refund",
            name="kept_for",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="kept_refunds",
                to="orders.order",
            ),
        ),
        migrations.AddIndex(
            model_name="refund",
            index=shop.fields.Index(
                condition=models.Q(("kept_for__isnull", False)),
                fields=["kept_for"],
                name="idx_refunds_kept_for_id",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="payment",
            trigger=pgtrigger.compiler.Trigger(
                name="made_of_refund",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN ((OLD.amount, OLD.currency, OLD.gateway, OLD.gateway_transaction_id, OLD.order_id) IS DISTINCT FROM (NEW.amount, NEW.currency, NEW.gateway, NEW.gateway_transaction_id, NEW.order_id))",
                    func="\n        IF EXISTS (SELECT FROM refunds WHERE became_id = NEW.id)\n           OR EXISTS (SELECT FROM refunds\n                       WHERE payment_id = NEW.id AND became_id IS NOT NULL) THEN\n            RAISE EXCEPTION 'payment % is set off against another order', NEW.id\n                  USING ERRCODE = 'check_violation',\n                        CONSTRAINT = 'chk_payments_made_of_refund';\n        END IF;\n        RETURN NEW;\n    ",
                    hash="5191336b181a83dba6dcd1cfe455be7d224c141c",
                    operation='UPDATE OF "amount", "currency", "gateway", "gateway_transaction_id", "order_id"',
                    pgid="pgtrigger_made_of_refund_87b8e",
                    table="payments",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="refund",
            trigger=pgtrigger.compiler.Trigger(
                name="agrees_with_payment",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.became_id IS NOT NULL)",
                    func="\n        IF NOT EXISTS (\n            SELECT FROM payments AS made\n              JOIN payments AS source ON source.id = NEW.payment_id\n             WHERE made.id = NEW.became_id\n               AND made.id <> source.id\n               AND made.order_id = NEW.kept_for_id\n               AND made.amount = NEW.amount\n               AND made.currency = source.currency\n               AND made.gateway = source.gateway\n               AND made.gateway_transaction_id = source.gateway_transaction_id\n        ) THEN\n            RAISE EXCEPTION 'refund % is not what payment % was made of',\n                            NEW.id, NEW.became_id\n                  USING ERRCODE = 'check_violation',\n                        CONSTRAINT = 'chk_refunds_agrees_with_payment';\n        END IF;\n        RETURN NULL;\n    ",
                    hash="42464e30de5d44183a7d42a5b79ed3e16f81a7ca",
                    operation='INSERT OR UPDATE OF "became_id"',
                    pgid="pgtrigger_agrees_with_payment_a5493",
                    table="refunds",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="refund",
            trigger=pgtrigger.compiler.Trigger(
                name="became_is_final",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.became_id IS NOT NULL)",
                    func='RAISE EXCEPTION \'pgtrigger: Cannot update of "amount", "currency", "status", "payment_id", "kept_for_id", "became_id" or delete rows from % table\', TG_TABLE_NAME;',
                    hash="8d107465f3f1b0a0a7831e01f34973d42bb26dd4",
                    operation='UPDATE OF "amount", "currency", "status", "payment_id", "kept_for_id", "became_id" OR DELETE',
                    pgid="pgtrigger_became_is_final_6bcd9",
                    table="refunds",
                    when="BEFORE",
                ),
            ),
        ),
        AddConstraintNotValid(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("became", None), ("kept_for", None)),
                    models.Q(
                        ("became", None),
                        ("kept_for__isnull", False),
                        ("status", "pending"),
                    ),
                    models.Q(
                        ("became__isnull", False),
                        ("kept_for__isnull", False),
                        ("status", "succeeded"),
                    ),
                    _connector="OR",
                ),
                name="chk_refunds_kept_for",
            ),
        ),
        shop.schema.FinishTables("refund"),
    ]
