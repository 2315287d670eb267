from decimal import Decimal

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import orders.models.returns
import shop.fields
import shop.ids
import shop.schema


class Migration(migrations.Migration):
    """What a purchase made here needs: open carts, checkouts, delivery, tax, parcels, invoices."""

    dependencies = [
        ("orders", "0004_order_item_shipping"),
        ("shop", "0005_prices_include_tax"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DeliveryMethod",
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
                ("name", models.CharField(max_length=100)),
                (
                    "price",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "free_from",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=12, null=True
                    ),
                ),
                ("min_days", models.IntegerField(db_default=0, default=0)),
                ("max_days", models.IntegerField(db_default=0, default=0)),
                ("is_active", models.BooleanField(db_default=True, default=True)),
            ],
            options={
                "db_table": "delivery_methods",
                "ordering": ["price", "id"],
            },
        ),
        migrations.CreateModel(
            name="DeliveryZone",
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
                ("name", models.CharField(max_length=100)),
                (
                    "countries",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=2),
                        blank=True,
                        db_default=models.Value(
                            [],
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=2), size=None
                            ),
                        ),
                        default=list,
                        size=None,
                    ),
                ),
                ("position", models.IntegerField(db_default=0, default=0)),
            ],
            options={
                "db_table": "delivery_zones",
                "ordering": ["position", "id"],
            },
        ),
        migrations.CreateModel(
            name="InvoiceCounter",
            fields=[
                (
                    "shop",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="shop.shop",
                    ),
                ),
                ("last_number", models.IntegerField(db_default=0, default=0)),
            ],
            options={
                "db_table": "invoice_counters",
            },
        ),
        migrations.CreateModel(
            name="OrderReturnPhoto",
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
                    "photo",
                    models.ImageField(
                        storage=orders.models.returns.private_storage,
                        upload_to="returns/",
                    ),
                ),
            ],
            options={
                "db_table": "order_return_photos",
            },
        ),
        migrations.CreateModel(
            name="ShipmentItem",
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
            ],
            options={
                "db_table": "shipment_items",
            },
        ),
        migrations.CreateModel(
            name="TaxRate",
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
                ("country", models.CharField(max_length=2)),
                (
                    "province",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=100
                    ),
                ),
                (
                    "tax_class",
                    models.CharField(
                        blank=True,
                        db_default="standard",
                        default="standard",
                        max_length=32,
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                (
                    "rate",
                    models.DecimalField(
                        db_default=Decimal("0"),
                        decimal_places=5,
                        default=Decimal("0"),
                        max_digits=6,
                    ),
                ),
                (
                    "applies_to_shipping",
                    models.BooleanField(db_default=True, default=True),
                ),
            ],
            options={
                "db_table": "tax_rates",
                "ordering": ["country", "province", "tax_class"],
            },
        ),
        migrations.AddField(
            model_name="cart",
            name="coupon_codes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=64),
                blank=True,
                db_default=models.Value(
                    [],
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64), size=None
                    ),
                ),
                default=list,
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="cart",
            name="expires_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="checkout",
            name="billing_address",
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="checkout",
            name="delivery",
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="checkout",
            name="notes",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="checkout",
            name="placed_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="checkout",
            name="quote_hash",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=64
            ),
        ),
        migrations.AddField(
            model_name="checkout",
            name="shipping_address",
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="order",
            name="delivery_max_days",
            field=models.IntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="delivery_method",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=100
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="delivery_min_days",
            field=models.IntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="included_tax",
            field=models.DecimalField(
                db_default=Decimal("0.00"),
                decimal_places=2,
                default=Decimal("0.00"),
                max_digits=12,
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="total_refunded",
            field=models.DecimalField(
                db_default=Decimal("0.00"),
                decimal_places=2,
                default=Decimal("0.00"),
                max_digits=12,
            ),
        ),
        migrations.AddField(
            model_name="ordercoupon",
            name="customer",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="+",
                to="orders.customer",
            ),
        ),
        migrations.AddField(
            model_name="orderitem",
            name="included_tax",
            field=models.DecimalField(
                db_default=Decimal("0.00"),
                decimal_places=2,
                default=Decimal("0.00"),
                max_digits=12,
            ),
        ),
        migrations.AddField(
            model_name="orderitem",
            name="tax_rate",
            field=models.DecimalField(
                db_default=Decimal("0"),
                decimal_places=5,
                default=Decimal("0"),
                max_digits=6,
            ),
        ),
        migrations.AddField(
            model_name="orderreturn",
            name="answer",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="orderreturn",
            name="kind",
            field=models.CharField(
                choices=[("return", "Return"), ("withdrawal", "Withdrawal")],
                db_default="return",
                default="return",
                max_length=32,
            ),
        ),
        migrations.AddField(
            model_name="orderreturn",
            name="user",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="checkout",
            index=shop.fields.Index(
                condition=models.Q(("status", "awaiting_payment")),
                fields=["expires_at"],
                name="idx_checkouts_awaiting_payment",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="order",
            trigger=pgtrigger.compiler.Trigger(
                name="has_items",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.checkout_id IS NOT NULL AND NEW.order_ref IS NULL)",
                    constraint="CONSTRAINT",
                    func="\n        IF EXISTS (SELECT FROM orders WHERE id = NEW.id)\n           AND NOT EXISTS (SELECT FROM order_items WHERE order_id = NEW.id) THEN\n            RAISE EXCEPTION 'order % has no items', NEW.order_number\n                  USING ERRCODE = 'check_violation', CONSTRAINT = 'chk_orders_items';\n        END IF;\n        RETURN NULL;\n    ",
                    hash="80649c47f56ff2bffe778d77ea2d017cf6faee43",
                    operation="INSERT",
                    pgid="pgtrigger_has_items_7cd77",
                    table="orders",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="cart",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "open")),
                fields=("user",),
                name="uk_carts_open_user",
            ),
        ),
        migrations.AddConstraint(
            model_name="cart",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "open"), ("user", None)),
                fields=("session_id",),
                name="uk_carts_open_session_id",
            ),
        ),
        migrations.AddConstraint(
            model_name="checkout",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("status__in", ["open", "awaiting_payment", "paid"])
                ),
                fields=("cart",),
                name="uk_checkouts_live_cart",
            ),
        ),
        migrations.AddConstraint(
            model_name="checkout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "awaiting_payment"), _negated=True),
                    ("expires_at__isnull", False),
                    _connector="OR",
                ),
                name="chk_checkouts_expires_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(
                fields=("order",), name="uk_invoices_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("total_refunded", 0),
                    models.Q(
                        ("total_refunded__gt", 0),
                        ("total_refunded__lte", models.F("total_price")),
                    ),
                    _connector="OR",
                ),
                name="chk_orders_total_refunded",
                violation_error_message="No more is given back than was paid.",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.UniqueConstraint(
                condition=models.Q(("order_ref__isnull", True)),
                fields=("checkout", "shop"),
                name="uk_orders_checkout_shop",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderreturn",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["return", "withdrawal"])),
                name="chk_order_returns_kind",
            ),
        ),
        migrations.AddField(
            model_name="deliveryzone",
            name="shop",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="delivery_zones",
                to="shop.shop",
            ),
        ),
        migrations.AddField(
            model_name="deliverymethod",
            name="zone",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="methods",
                to="orders.deliveryzone",
            ),
        ),
        migrations.AddField(
            model_name="orderreturnphoto",
            name="order_return",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="photos",
                to="orders.orderreturn",
            ),
        ),
        migrations.AddField(
            model_name="shipmentitem",
            name="order_item",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="shipment_items",
                to="orders.orderitem",
            ),
        ),
        migrations.AddField(
            model_name="shipmentitem",
            name="tracking",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="items",
                to="orders.ordertracking",
            ),
        ),
        migrations.AddConstraint(
            model_name="taxrate",
            constraint=models.UniqueConstraint(
                fields=("country", "province", "tax_class"),
                name="uk_tax_rates_country_province_tax_class",
            ),
        ),
        migrations.AddConstraint(
            model_name="taxrate",
            constraint=models.CheckConstraint(
                condition=models.Q(("rate__range", (0, 1))),
                name="chk_tax_rates_rate",
                violation_error_message="A rate is a share of one, such as 0.2 for 20 %.",
            ),
        ),
        migrations.AddConstraint(
            model_name="deliveryzone",
            constraint=models.UniqueConstraint(
                fields=("shop", "name"), name="uk_delivery_zones_shop_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="deliverymethod",
            constraint=models.UniqueConstraint(
                fields=("zone", "name"), name="uk_delivery_methods_zone_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="deliverymethod",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("price__gte", 0),
                    models.Q(
                        ("free_from__isnull", True),
                        ("free_from__gte", 0),
                        _connector="OR",
                    ),
                ),
                name="chk_delivery_methods_price",
                violation_error_message="A price is zero or more.",
            ),
        ),
        migrations.AddConstraint(
            model_name="deliverymethod",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("min_days__gte", 0), ("max_days__gte", models.F("min_days"))
                ),
                name="chk_delivery_methods_days",
                violation_error_message="The longest time is no shorter than the shortest.",
            ),
        ),
        migrations.AddConstraint(
            model_name="shipmentitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gt", 0)),
                name="chk_shipment_items_quantity",
            ),
        ),
        migrations.AddConstraint(
            model_name="shipmentitem",
            constraint=models.UniqueConstraint(
                fields=("tracking", "order_item"),
                name="uk_shipment_items_tracking_order_item",
            ),
        ),
        shop.schema.FinishTables(
            "deliverymethod",
            "deliveryzone",
            "invoicecounter",
            "ordercoupon",
            "orderreturn",
            "orderreturnphoto",
            "shipmentitem",
            "taxrate",
        ),
    ]
