from decimal import Decimal

import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import shop.fields
import shop.ids
import shop.schema


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("orders", "0001_tables"),
        ("shop", "0002_shop_owner"),
        ("users", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="GatewayWebhook",
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
                ("gateway", models.CharField(max_length=50)),
                ("event_id", models.CharField(max_length=255)),
                ("payload", models.JSONField()),
                ("signature_ok", models.BooleanField()),
                (
                    "received_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                    ),
                ),
                ("processed_at", models.DateTimeField(blank=True, null=True)),
                ("error", models.TextField(blank=True, db_default="", default="")),
            ],
            options={
                "db_table": "gateway_webhooks",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("gateway", "event_id"),
                        name="uk_gateway_webhooks_gateway_event_id",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PaymentMethod",
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
                    "event_time",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        default=django.utils.timezone.now,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        auto_now=True,
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                (
                    "extra_data",
                    models.JSONField(blank=True, db_default={}, default=dict),
                ),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("mpesa", "M-Pesa"),
                            ("paystack", "Paystack"),
                            ("card", "Card"),
                            ("bank_transfer", "Bank Transfer"),
                            ("other", "Other"),
                        ],
                        db_default="other",
                        default="other",
                        max_length=32,
                    ),
                ),
                (
                    "provider",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=50
                    ),
                ),
                (
                    "gateway_id",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=255
                    ),
                ),
                (
                    "last4",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=4
                    ),
                ),
                ("expiry_month", models.SmallIntegerField(blank=True, null=True)),
                ("expiry_year", models.SmallIntegerField(blank=True, null=True)),
                (
                    "brand",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=50
                    ),
                ),
                ("is_default", models.BooleanField(db_default=False, default=False)),
                (
                    "billing_address",
                    models.JSONField(blank=True, db_default={}, default=dict),
                ),
                ("metadata", models.JSONField(blank=True, db_default={}, default=dict)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="payment_methods",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "payment_methods",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Payment",
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
                    "event_time",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        default=django.utils.timezone.now,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        auto_now=True,
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                (
                    "extra_data",
                    models.JSONField(blank=True, db_default={}, default=dict),
                ),
                (
                    "amount",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("requires_action", "Requires Action"),
                            ("authorized", "Authorized"),
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                            ("partially_refunded", "Partially Refunded"),
                            ("refunded", "Refunded"),
                        ],
                        db_default="pending",
                        default="pending",
                        max_length=32,
                    ),
                ),
                (
                    "gateway",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=50
                    ),
                ),
                (
                    "gateway_transaction_id",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=255
                    ),
                ),
                (
                    "gateway_response",
                    models.JSONField(blank=True, db_default={}, default=dict),
                ),
                (
                    "failure_reason",
                    models.TextField(blank=True, db_default="", default=""),
                ),
                ("processed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "checkout",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="payments",
                        to="orders.checkout",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="payments",
                        to="orders.order",
                    ),
                ),
                (
                    "payment_method",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="payments",
                        to="payments.paymentmethod",
                    ),
                ),
            ],
            options={
                "db_table": "payments",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Payout",
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
                    "amount",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("paid", "Paid"),
                            ("failed", "Failed"),
                        ],
                        db_default="pending",
                        default="pending",
                        max_length=32,
                    ),
                ),
                ("period_start", models.DateField()),
                ("period_end", models.DateField()),
                (
                    "reference",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=255
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="payouts",
                        to="shop.shop",
                    ),
                ),
            ],
            options={
                "db_table": "payouts",
            },
        ),
        migrations.CreateModel(
            name="Refund",
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
                (
                    "updated_at",
                    models.DateTimeField(
                        auto_now=True,
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                        ],
                        db_default="pending",
                        default="pending",
                        max_length=32,
                    ),
                ),
                ("reason", models.TextField(blank=True, db_default="", default="")),
                (
                    "gateway_refund_id",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=255
                    ),
                ),
                (
                    "gateway_response",
                    models.JSONField(blank=True, db_default={}, default=dict),
                ),
                ("processed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "order_return",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="refunds",
                        to="orders.orderreturn",
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="refunds",
                        to="payments.payment",
                    ),
                ),
                (
                    "processed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "refunds",
            },
        ),
        migrations.CreateModel(
            name="LedgerEntry",
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
                ("transaction_id", models.UUIDField(db_index=True)),
                ("account", models.CharField(max_length=64)),
                (
                    "amount",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="shop.shop",
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="payments.payment",
                    ),
                ),
                (
                    "refund",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="payments.refund",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "ledger entries",
                "db_table": "ledger_entries",
            },
        ),
        migrations.CreateModel(
            name="FraudFlag",
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
                    "risk_score",
                    models.DecimalField(
                        db_default=Decimal("0"),
                        decimal_places=2,
                        default=Decimal("0"),
                        max_digits=3,
                    ),
                ),
                ("flags", models.JSONField(blank=True, db_default={}, default=dict)),
                ("is_resolved", models.BooleanField(db_default=False, default=False)),
                (
                    "resolution_notes",
                    models.TextField(blank=True, db_default="", default=""),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                    ),
                ),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
                (
                    "resolved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="fraud_flags",
                        to="payments.payment",
                    ),
                ),
            ],
            options={
                "db_table": "fraud_flags",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("risk_score__range", (0, 1))),
                        name="chk_fraud_flags_risk_score",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PaymentAttempt",
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
                ("attempt_number", models.IntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("requires_action", "Requires Action"),
                            ("authorized", "Authorized"),
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                            ("partially_refunded", "Partially Refunded"),
                            ("refunded", "Refunded"),
                        ],
                        max_length=32,
                    ),
                ),
                (
                    "gateway_response",
                    models.JSONField(blank=True, db_default={}, default=dict),
                ),
                (
                    "failure_reason",
                    models.TextField(blank=True, db_default="", default=""),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attempts",
                        to="payments.payment",
                    ),
                ),
            ],
            options={
                "db_table": "payment_attempts",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("payment", "attempt_number"),
                        name="uk_payment_attempts_payment_attempt_number",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="paymentmethod",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "type__in",
                        ["mpesa", "paystack", "card", "bank_transfer", "other"],
                    )
                ),
                name="chk_payment_methods_type",
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentmethod",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_default", True)),
                fields=("user",),
                name="uk_payment_methods_default",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="paymentmethod",
            trigger=pgtrigger.compiler.Trigger(
                name="register",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO global_entities (event_time, entity_id, entity_type)\n            SELECT event_time, id, 'payment_method' FROM new_rows;\n            RETURN NULL;\n        ",
                    hash="52fde54dccafd01f814decce2a83d58924ce2a91",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_register_d0d4d",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="payment_methods",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="paymentmethod",
            trigger=pgtrigger.compiler.Trigger(
                name="unregister",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        UPDATE global_entities AS entity\n           SET extra_data = entity.extra_data\n                            || jsonb_build_object('deleted_at', now())\n          FROM old_rows\n         WHERE entity.event_time = old_rows.event_time\n           AND entity.entity_id = old_rows.id;\n        RETURN NULL;\n    ",
                    hash="10b594c59aa7ed220f09827401b6b27214cc1f84",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_unregister_a7f0b",
                    referencing="REFERENCING OLD TABLE AS old_rows ",
                    table="payment_methods",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="paymentmethod",
            trigger=pgtrigger.compiler.Trigger(
                name="reregister",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.event_time IS DISTINCT FROM NEW.event_time)",
                    func="\n        UPDATE global_entities SET event_time = NEW.event_time\n         WHERE event_time = OLD.event_time AND entity_id = OLD.id;\n        RETURN NULL;\n    ",
                    hash="7a9f2bff6e96871df4a2028a136a77b49b9af3da",
                    operation='UPDATE OF "event_time"',
                    pgid="pgtrigger_reregister_255dc",
                    table="payment_methods",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=shop.fields.Index(
                fields=["gateway", "gateway_transaction_id"],
                name="idx_payments_gateway_gateway_transaction_id",
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=shop.fields.Index(
                fields=["status", "created_at"], name="idx_payments_status_created_at"
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=shop.fields.Index(
                fields=["event_time"], name="idx_payments_event_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0)), name="chk_payments_amount"
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        [
                            "pending",
                            "requires_action",
                            "authorized",
                            "succeeded",
                            "failed",
                            "cancelled",
                            "partially_refunded",
                            "refunded",
                        ],
                    )
                ),
                name="chk_payments_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("gateway_transaction_id", ""), _negated=True),
                fields=("gateway", "gateway_transaction_id", "order"),
                name="uk_payments_gateway_transaction_order",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="payment",
            trigger=pgtrigger.compiler.Trigger(
                name="register",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO global_entities (event_time, entity_id, entity_type)\n            SELECT event_time, id, 'payment' FROM new_rows;\n            RETURN NULL;\n        ",
                    hash="c59503dd57c0892b0f45cf7816e65730f0fa45ce",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_register_2c066",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="payments",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="payment",
            trigger=pgtrigger.compiler.Trigger(
                name="unregister",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        UPDATE global_entities AS entity\n           SET extra_data = entity.extra_data\n                            || jsonb_build_object('deleted_at', now())\n          FROM old_rows\n         WHERE entity.event_time = old_rows.event_time\n           AND entity.entity_id = old_rows.id;\n        RETURN NULL;\n    ",
                    hash="776009fdd74e273f046819f0f12bf9b8bc8c2a81",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_unregister_27799",
                    referencing="REFERENCING OLD TABLE AS old_rows ",
                    table="payments",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="payment",
            trigger=pgtrigger.compiler.Trigger(
                name="reregister",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.event_time IS DISTINCT FROM NEW.event_time)",
                    func="\n        UPDATE global_entities SET event_time = NEW.event_time\n         WHERE event_time = OLD.event_time AND entity_id = OLD.id;\n        RETURN NULL;\n    ",
                    hash="ce3bd9e22caaf2e0ba36e6709334ac62a119597a",
                    operation='UPDATE OF "event_time"',
                    pgid="pgtrigger_reregister_b9fe8",
                    table="payments",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["pending", "paid", "failed"])),
                name="chk_payouts_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=models.Q(("period_end__gte", models.F("period_start"))),
                name="chk_payouts_period",
            ),
        ),
        migrations.AddIndex(
            model_name="refund",
            index=shop.fields.Index(
                fields=["processed_at"], name="idx_refunds_processed_at"
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0)), name="chk_refunds_amount"
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["pending", "succeeded", "failed"])),
                name="chk_refunds_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "succeeded"), _negated=True),
                    ("processed_at__isnull", False),
                    _connector="OR",
                ),
                name="chk_refunds_processed_at",
            ),
        ),
        shop.schema.FinishTables(),
    ]
