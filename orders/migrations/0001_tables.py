from decimal import Decimal

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import orders.models.invoice
import shop.fields
import shop.ids
import shop.schema


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("catalog", "0001_tables"),
        ("shop", "0002_shop_owner"),
        ("users", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="Cart",
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
                    "session_id",
                    models.CharField(
                        blank=True, db_index=True, max_length=64, null=True
                    ),
                ),
                ("email", models.EmailField(blank=True, max_length=254, null=True)),
                ("currency", models.CharField(max_length=3)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("ordered", "Ordered"),
                            ("abandoned", "Abandoned"),
                            ("merged", "Merged"),
                        ],
                        db_default="open",
                        default="open",
                        max_length=32,
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
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="carts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "carts",
            },
        ),
        migrations.CreateModel(
            name="AbandonedCart",
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
                    "session_id",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=64
                    ),
                ),
                (
                    "email",
                    models.EmailField(
                        blank=True, db_default="", default="", max_length=254
                    ),
                ),
                ("items", models.JSONField(db_default=[], default=list)),
                (
                    "total_price",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                ("abandoned_at", models.DateTimeField(db_index=True)),
                ("recovered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "recovery_email_sent",
                    models.BooleanField(db_default=False, default=False),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "cart",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="orders.cart",
                    ),
                ),
            ],
            options={
                "db_table": "abandoned_carts",
            },
        ),
        migrations.CreateModel(
            name="CartItem",
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
                    "added_price",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "cart",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="orders.cart",
                    ),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.productvariant",
                    ),
                ),
            ],
            options={
                "db_table": "cart_items",
            },
        ),
        migrations.CreateModel(
            name="Checkout",
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
                    "email",
                    models.EmailField(
                        blank=True, db_default="", default="", max_length=254
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                (
                    "total_price",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("awaiting_payment", "Awaiting Payment"),
                            ("paid", "Paid"),
                            ("failed", "Failed"),
                            ("expired", "Expired"),
                        ],
                        db_default="open",
                        default="open",
                        max_length=32,
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=64
                    ),
                ),
                (
                    "checkout_ref",
                    models.CharField(blank=True, max_length=255, null=True),
                ),
                (
                    "idempotency_key",
                    models.CharField(
                        blank=True, max_length=255, null=True, unique=True
                    ),
                ),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                (
                    "cart",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="checkouts",
                        to="orders.cart",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="checkouts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "checkouts",
            },
        ),
        migrations.CreateModel(
            name="Coupon",
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
                ("code", models.CharField(max_length=64)),
                ("usage_limit", models.IntegerField(blank=True, null=True)),
                ("usage_limit_per_user", models.IntegerField(blank=True, null=True)),
                ("usage_count", models.IntegerField(db_default=0, default=0)),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="shop.shop",
                    ),
                ),
            ],
            options={
                "db_table": "coupons",
            },
        ),
        migrations.CreateModel(
            name="Customer",
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
                ("email_hash", models.CharField(max_length=64, unique=True)),
                (
                    "region",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=100
                    ),
                ),
                ("first_order_at", models.DateTimeField(blank=True, null=True)),
                ("last_order_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "db_table": "customers",
                "indexes": [
                    shop.fields.Index(fields=["region"], name="idx_customers_region")
                ],
            },
        ),
        migrations.CreateModel(
            name="Order",
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
                ("order_number", models.CharField(max_length=64, unique=True)),
                ("order_ref", models.CharField(blank=True, max_length=255, null=True)),
                (
                    "email",
                    models.EmailField(
                        blank=True, db_default="", default="", max_length=254
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("processing", "Processing"),
                            ("shipped", "Shipped"),
                            ("delivered", "Delivered"),
                            ("cancelled", "Cancelled"),
                            ("refunded", "Refunded"),
                        ],
                        db_default="pending",
                        default="pending",
                        max_length=32,
                    ),
                ),
                (
                    "financial_status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("authorized", "Authorized"),
                            ("paid", "Paid"),
                            ("partially_refunded", "Partially Refunded"),
                            ("refunded", "Refunded"),
                            ("voided", "Voided"),
                            ("failed", "Failed"),
                        ],
                        db_default="pending",
                        default="pending",
                        max_length=32,
                    ),
                ),
                (
                    "fulfillment_status",
                    models.CharField(
                        choices=[
                            ("unfulfilled", "Unfulfilled"),
                            ("partial", "Partial"),
                            ("fulfilled", "Fulfilled"),
                            ("returned", "Returned"),
                        ],
                        db_default="unfulfilled",
                        default="unfulfilled",
                        max_length=32,
                    ),
                ),
                (
                    "payment_method",
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
                ("currency", models.CharField(max_length=3)),
                (
                    "subtotal_price",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "total_discount",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "total_shipping",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "total_tax",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "total_price",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "shipping_address",
                    models.JSONField(blank=True, db_default={}, default=dict),
                ),
                (
                    "billing_address",
                    models.JSONField(blank=True, db_default={}, default=dict),
                ),
                ("notes", models.TextField(blank=True, db_default="", default="")),
                (
                    "internal_notes",
                    models.TextField(blank=True, db_default="", default=""),
                ),
                ("processed_at", models.DateTimeField(blank=True, null=True)),
                ("completed_at", models.DateTimeField(blank=True, null=True)),
                ("cancelled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "cancel_reason",
                    models.TextField(blank=True, db_default="", default=""),
                ),
                (
                    "deleted_at",
                    models.DateTimeField(blank=True, editable=False, null=True),
                ),
                (
                    "checkout",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="orders",
                        to="orders.checkout",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="orders",
                        to="orders.customer",
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="orders",
                        to="shop.shop",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="orders",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "orders",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Invoice",
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
                ("invoice_number", models.CharField(max_length=64)),
                ("currency", models.CharField(max_length=3)),
                (
                    "total",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "tax",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                ("issued_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("paid_at", models.DateTimeField(blank=True, null=True)),
                (
                    "document",
                    models.FileField(
                        blank=True,
                        db_default="",
                        default="",
                        storage=orders.models.invoice.private_storage,
                        upload_to="invoices/",
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="invoices",
                        to="shop.shop",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="invoices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="invoices",
                        to="orders.order",
                    ),
                ),
            ],
            options={
                "db_table": "invoices",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="OrderCoupon",
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
                    "discount",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "coupon",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="order_coupons",
                        to="orders.coupon",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="order_coupons",
                        to="orders.order",
                    ),
                ),
            ],
            options={
                "db_table": "order_coupons",
            },
        ),
        migrations.CreateModel(
            name="OrderItem",
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
                    "item_ref",
                    models.CharField(
                        blank=True, editable=False, max_length=255, null=True
                    ),
                ),
                (
                    "sku",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=100
                    ),
                ),
                ("name", models.CharField(max_length=255)),
                (
                    "title",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=255
                    ),
                ),
                ("quantity", models.IntegerField()),
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
                    "subtotal",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.expressions.CombinedExpression(
                            models.F("quantity"), "*", models.F("price")
                        ),
                        output_field=models.DecimalField(
                            decimal_places=2, max_digits=12
                        ),
                    ),
                ),
                (
                    "total_discount",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "tax",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                ("taxable", models.BooleanField(db_default=True, default=True)),
                (
                    "requires_shipping",
                    models.BooleanField(db_default=True, default=True),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="orders.order",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="order_items",
                        to="catalog.product",
                    ),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="order_items",
                        to="catalog.productvariant",
                    ),
                ),
            ],
            options={
                "db_table": "order_items",
            },
        ),
        migrations.CreateModel(
            name="OrderReturn",
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
                ("return_ref", models.CharField(blank=True, max_length=255, null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("requested", "Requested"),
                            ("approved", "Approved"),
                            ("received", "Received"),
                            ("refunded", "Refunded"),
                            ("rejected", "Rejected"),
                        ],
                        db_default="requested",
                        default="requested",
                        max_length=32,
                    ),
                ),
                ("reason", models.TextField(blank=True, db_default="", default="")),
                ("restock", models.BooleanField(db_default=False, default=False)),
                ("items", models.JSONField(blank=True, db_default=[], default=list)),
                (
                    "refund_total",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                ("event_time", models.DateTimeField()),
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
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="returns",
                        to="orders.order",
                    ),
                ),
            ],
            options={
                "db_table": "order_returns",
            },
        ),
        migrations.CreateModel(
            name="OrderReturnItem",
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
                    "item_ref",
                    models.CharField(
                        blank=True, editable=False, max_length=255, null=True
                    ),
                ),
                ("quantity", models.IntegerField()),
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
                    "amount",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.expressions.CombinedExpression(
                            models.F("quantity"), "*", models.F("price")
                        ),
                        output_field=models.DecimalField(
                            decimal_places=2, max_digits=12
                        ),
                    ),
                ),
                ("restocked", models.BooleanField(db_default=False, default=False)),
                (
                    "order_item",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="return_items",
                        to="orders.orderitem",
                    ),
                ),
                (
                    "order_return",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="orders.orderreturn",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="catalog.product",
                    ),
                ),
            ],
            options={
                "db_table": "order_return_items",
            },
        ),
        migrations.CreateModel(
            name="OrderStatusChange",
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
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("processing", "Processing"),
                            ("shipped", "Shipped"),
                            ("delivered", "Delivered"),
                            ("cancelled", "Cancelled"),
                            ("refunded", "Refunded"),
                        ],
                        max_length=32,
                    ),
                ),
                (
                    "notify_customer",
                    models.BooleanField(db_default=False, default=False),
                ),
                ("notes", models.TextField(blank=True, db_default="", default="")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="status_history",
                        to="orders.order",
                    ),
                ),
                (
                    "user",
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
                "verbose_name_plural": "order status history",
                "db_table": "order_status_history",
            },
        ),
        migrations.CreateModel(
            name="OrderTracking",
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
                    "tracking_number",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=100
                    ),
                ),
                (
                    "tracking_url",
                    models.URLField(blank=True, db_default="", default=""),
                ),
                (
                    "carrier",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=100
                    ),
                ),
                (
                    "current_location",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=255
                    ),
                ),
                ("estimated_delivery", models.DateTimeField(blank=True, null=True)),
                ("delivered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tracking",
                        to="orders.order",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "order tracking",
                "db_table": "order_tracking",
            },
        ),
        migrations.CreateModel(
            name="Promotion",
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
                ("name", models.CharField(max_length=255)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("percentage", "Percentage"),
                            ("fixed", "Fixed"),
                            ("free_shipping", "Free Shipping"),
                            ("buy_x_get_y", "Buy X Get Y"),
                        ],
                        db_default="percentage",
                        default="percentage",
                        max_length=32,
                    ),
                ),
                (
                    "value",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "conditions",
                    models.JSONField(blank=True, db_default={}, default=dict),
                ),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(blank=True, null=True)),
                ("usage_limit", models.IntegerField(blank=True, null=True)),
                ("usage_count", models.IntegerField(db_default=0, default=0)),
                ("is_active", models.BooleanField(db_default=True, default=True)),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="promotions",
                        to="shop.shop",
                    ),
                ),
            ],
            options={
                "db_table": "promotions",
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="coupon",
            name="promotion",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="coupons",
                to="orders.promotion",
            ),
        ),
        migrations.CreateModel(
            name="ShippingAddress",
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
                    "first_name",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=150
                    ),
                ),
                (
                    "last_name",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=150
                    ),
                ),
                (
                    "company",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=255
                    ),
                ),
                (
                    "address1",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=255
                    ),
                ),
                (
                    "address2",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=255
                    ),
                ),
                (
                    "city",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=100
                    ),
                ),
                (
                    "province",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=100
                    ),
                ),
                (
                    "country",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=2
                    ),
                ),
                (
                    "zip",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=20
                    ),
                ),
                (
                    "phone",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=32
                    ),
                ),
                ("is_default", models.BooleanField(db_default=False, default=False)),
                (
                    "order",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="addresses",
                        to="orders.order",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="addresses",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "shipping addresses",
                "db_table": "shipping_addresses",
            },
        ),
        migrations.AddConstraint(
            model_name="cart",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["open", "ordered", "abandoned", "merged"])
                ),
                name="chk_carts_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="cartitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gt", 0)), name="chk_cart_items_quantity"
            ),
        ),
        migrations.AddConstraint(
            model_name="cartitem",
            constraint=models.UniqueConstraint(
                fields=("cart", "variant"), name="uk_cart_items_cart_variant"
            ),
        ),
        migrations.AddConstraint(
            model_name="checkout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        ["open", "awaiting_payment", "paid", "failed", "expired"],
                    )
                ),
                name="chk_checkouts_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="checkout",
            constraint=models.UniqueConstraint(
                fields=("source", "checkout_ref"),
                name="uk_checkouts_source_checkout_ref",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=shop.fields.Index(
                fields=["user", "status"], name="idx_orders_user_id_status"
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=shop.fields.Index(fields=["status"], name="idx_orders_status"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=shop.fields.Index(
                fields=["-created_at"], name="idx_orders_created_at"
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=shop.fields.Index(
                fields=["event_time"], name="idx_orders_event_time"
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=shop.fields.Index(
                fields=["payment_method"], name="idx_orders_payment_method"
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=shop.fields.Index(
                fields=["shop", "event_time"], name="idx_orders_shop_id_event_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.UniqueConstraint(
                fields=("shop", "order_ref"), name="uk_orders_shop_order_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "total_price",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    models.F("subtotal_price"),
                                    "-",
                                    models.F("total_discount"),
                                ),
                                "+",
                                models.F("total_shipping"),
                            ),
                            "+",
                            models.F("total_tax"),
                        ),
                    )
                ),
                name="chk_orders_total",
                violation_error_message="The total is subtotal − discount + shipping + tax.",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        [
                            "pending",
                            "processing",
                            "shipped",
                            "delivered",
                            "cancelled",
                            "refunded",
                        ],
                    )
                ),
                name="chk_orders_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "financial_status__in",
                        [
                            "pending",
                            "authorized",
                            "paid",
                            "partially_refunded",
                            "refunded",
                            "voided",
                            "failed",
                        ],
                    )
                ),
                name="chk_orders_financial_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "fulfillment_status__in",
                        ["unfulfilled", "partial", "fulfilled", "returned"],
                    )
                ),
                name="chk_orders_fulfillment_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "payment_method__in",
                        ["mpesa", "paystack", "card", "bank_transfer", "other"],
                    )
                ),
                name="chk_orders_payment_method",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="order",
            trigger=pgtrigger.compiler.Trigger(
                name="register",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO global_entities (event_time, entity_id, entity_type)\n            SELECT event_time, id, 'order' FROM new_rows;\n            RETURN NULL;\n        ",
                    hash="d72cf5c710376d52ae8dd8f5873f8628e51ce43b",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_register_113d8",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="orders",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="order",
            trigger=pgtrigger.compiler.Trigger(
                name="unregister",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        UPDATE global_entities AS entity\n           SET extra_data = entity.extra_data\n                            || jsonb_build_object('deleted_at', now())\n          FROM old_rows\n         WHERE entity.event_time = old_rows.event_time\n           AND entity.entity_id = old_rows.id;\n        RETURN NULL;\n    ",
                    hash="5e88d34818d6b824bdd4109b3aa1cae512b7c7e5",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_unregister_52b39",
                    referencing="REFERENCING OLD TABLE AS old_rows ",
                    table="orders",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="order",
            trigger=pgtrigger.compiler.Trigger(
                name="reregister",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.event_time IS DISTINCT FROM NEW.event_time)",
                    func="\n        UPDATE global_entities SET event_time = NEW.event_time\n         WHERE event_time = OLD.event_time AND entity_id = OLD.id;\n        RETURN NULL;\n    ",
                    hash="af6c58bfa76af6d3c8886bdcc40dbfe3300035b1",
                    operation='UPDATE OF "event_time"',
                    pgid="pgtrigger_reregister_4ed7b",
                    table="orders",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(
                fields=("shop", "invoice_number"),
                name="uk_invoices_shop_invoice_number",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoice",
            trigger=pgtrigger.compiler.Trigger(
                name="register",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO global_entities (event_time, entity_id, entity_type)\n            SELECT event_time, id, 'invoice' FROM new_rows;\n            RETURN NULL;\n        ",
                    hash="25f006faf410d114c57baa2be4027d88b58d8344",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_register_bc264",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="invoices",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoice",
            trigger=pgtrigger.compiler.Trigger(
                name="unregister",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        UPDATE global_entities AS entity\n           SET extra_data = entity.extra_data\n                            || jsonb_build_object('deleted_at', now())\n          FROM old_rows\n         WHERE entity.event_time = old_rows.event_time\n           AND entity.entity_id = old_rows.id;\n        RETURN NULL;\n    ",
                    hash="3953bdc54c4e9a6d38c1a37d70fbd15a74e17d28",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_unregister_f7dff",
                    referencing="REFERENCING OLD TABLE AS old_rows ",
                    table="invoices",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoice",
            trigger=pgtrigger.compiler.Trigger(
                name="reregister",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.event_time IS DISTINCT FROM NEW.event_time)",
                    func="\n        UPDATE global_entities SET event_time = NEW.event_time\n         WHERE event_time = OLD.event_time AND entity_id = OLD.id;\n        RETURN NULL;\n    ",
                    hash="3f25b3eda2b21dfe956052f9e85ad5961f5d993e",
                    operation='UPDATE OF "event_time"',
                    pgid="pgtrigger_reregister_be726",
                    table="invoices",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="ordercoupon",
            constraint=models.UniqueConstraint(
                fields=("order", "coupon"), name="uk_order_coupons_order_coupon"
            ),
        ),
        migrations.AddConstraint(
            model_name="orderitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gt", 0)), name="chk_order_items_quantity"
            ),
        ),
        migrations.AddConstraint(
            model_name="orderitem",
            constraint=models.UniqueConstraint(
                fields=("order", "item_ref"), name="uk_order_items_order_item_ref"
            ),
        ),
        migrations.AddIndex(
            model_name="orderreturn",
            index=shop.fields.Index(
                fields=["event_time"], name="idx_order_returns_event_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="orderreturn",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        ["requested", "approved", "received", "refunded", "rejected"],
                    )
                ),
                name="chk_order_returns_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderreturn",
            constraint=models.CheckConstraint(
                condition=models.Q(("refund_total__gte", 0)),
                name="chk_order_returns_refund_total",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderreturn",
            constraint=models.UniqueConstraint(
                fields=("order", "return_ref"), name="uk_order_returns_order_return_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="orderreturnitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gt", 0)),
                name="chk_order_return_items_quantity",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderreturnitem",
            constraint=models.UniqueConstraint(
                fields=("order_return", "item_ref"),
                name="uk_order_return_items_return_item_ref",
            ),
        ),
        migrations.AddConstraint(
            model_name="promotion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        ["percentage", "fixed", "free_shipping", "buy_x_get_y"],
                    )
                ),
                name="chk_promotions_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="promotion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("value__gte", 0),
                    models.Q(
                        models.Q(("kind", "percentage"), _negated=True),
                        ("value__lte", 100),
                        _connector="OR",
                    ),
                ),
                name="chk_promotions_value",
                violation_error_message="A percentage is between 0 and 100.",
            ),
        ),
        migrations.AddConstraint(
            model_name="promotion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ends_at__isnull", True),
                    ("ends_at__gt", models.F("starts_at")),
                    _connector="OR",
                ),
                name="chk_promotions_ends",
                violation_error_message="A promotion ends after it starts.",
            ),
        ),
        migrations.AddConstraint(
            model_name="promotion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("usage_limit__isnull", True),
                    ("usage_count__lte", models.F("usage_limit")),
                    _connector="OR",
                ),
                name="chk_promotions_usage",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="promotion",
            trigger=pgtrigger.compiler.Trigger(
                name="register",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO global_entities (event_time, entity_id, entity_type)\n            SELECT event_time, id, 'promotion' FROM new_rows;\n            RETURN NULL;\n        ",
                    hash="40931695a4e4b5d12d82bb5b105b18951ef22d96",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_register_8bf74",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="promotions",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="promotion",
            trigger=pgtrigger.compiler.Trigger(
                name="unregister",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        UPDATE global_entities AS entity\n           SET extra_data = entity.extra_data\n                            || jsonb_build_object('deleted_at', now())\n          FROM old_rows\n         WHERE entity.event_time = old_rows.event_time\n           AND entity.entity_id = old_rows.id;\n        RETURN NULL;\n    ",
                    hash="a36cf03f84a7650d5aab93e6ed0da3f9d767cf39",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_unregister_2c0aa",
                    referencing="REFERENCING OLD TABLE AS old_rows ",
                    table="promotions",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="promotion",
            trigger=pgtrigger.compiler.Trigger(
                name="reregister",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.event_time IS DISTINCT FROM NEW.event_time)",
                    func="\n        UPDATE global_entities SET event_time = NEW.event_time\n         WHERE event_time = OLD.event_time AND entity_id = OLD.id;\n        RETURN NULL;\n    ",
                    hash="c791f400f89e853d34a8a87ce0c32a506164451b",
                    operation='UPDATE OF "event_time"',
                    pgid="pgtrigger_reregister_67c51",
                    table="promotions",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=models.UniqueConstraint(
                models.F("shop"),
                django.db.models.functions.text.Upper("code"),
                name="uk_coupons_shop_upper_code",
            ),
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("usage_limit__isnull", True),
                    ("usage_count__lte", models.F("usage_limit")),
                    _connector="OR",
                ),
                name="chk_coupons_usage",
            ),
        ),
        migrations.AddConstraint(
            model_name="shippingaddress",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_default", True)),
                fields=("user",),
                name="uk_shipping_addresses_default",
            ),
        ),
        shop.schema.FinishTables(),
    ]
