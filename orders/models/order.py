from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.fields.json import KT
from django.db.models.functions import Lower

from catalog.models import Product, ProductVariant
from orders.models.checkout import Checkout
from orders.models.customer import Customer
from shop import fields
from shop.entities import Entity, EntityType
from shop.models import Shop


class OrderStatus(models.TextChoices):
    PENDING = "pending"
    PROCESSING = "processing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


class FinancialStatus(models.TextChoices):
    PENDING = "pending"
    AUTHORIZED = "authorized"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    VOIDED = "voided"
    FAILED = "failed"


class FulfillmentStatus(models.TextChoices):
    UNFULFILLED = "unfulfilled"
    PARTIAL = "partial"
    FULFILLED = "fulfilled"
    RETURNED = "returned"


class PaymentMethodKind(models.TextChoices):
    MPESA = "mpesa", "M-Pesa"
    PAYSTACK = "paystack"
    CARD = "card"
    BANK_TRANSFER = "bank_transfer"
    OTHER = "other"


class HasItems(pgtrigger.Trigger):
    """Refuses, at the commit, an order placed here that has no items.

    What comes in from files is what it is: their orders may be credit notes.
    """

    name = "has_items"
    level = pgtrigger.Row
    when = pgtrigger.After
    operation = pgtrigger.Insert
    timing = pgtrigger.Deferred
    condition = pgtrigger.Condition(
        "NEW.checkout_id IS NOT NULL AND NEW.order_ref IS NULL"
    )
    func = """
        IF EXISTS (SELECT FROM orders WHERE id = NEW.id)
           AND NOT EXISTS (SELECT FROM order_items WHERE order_id = NEW.id) THEN
            RAISE EXCEPTION 'order % has no items', NEW.order_number
                  USING ERRCODE = 'check_violation', CONSTRAINT = 'chk_orders_items';
        END IF;
        RETURN NULL;
    """


class OrderQuerySet(models.QuerySet["Order"]):
    def unpaid_since(self, moment: datetime) -> OrderQuerySet:
        return self.filter(status=OrderStatus.PENDING, event_time__lt=moment)

    def for_customer(self, user: Any) -> OrderQuerySet:
        return self.filter(user=user)


class Order(Entity):
    """What one buyer bought of one shop at one moment (`event_time`)."""

    entity_type = EntityType.ORDER

    order_number = models.CharField(max_length=64, unique=True)
    order_ref = models.CharField(max_length=255, null=True, blank=True)
    checkout = models.ForeignKey(
        Checkout,
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="orders",
    )
    shop = models.ForeignKey(
        Shop, on_delete=models.RESTRICT, related_name="orders", db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="orders",
        db_index=False,
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.RESTRICT, related_name="orders"
    )
    email = models.EmailField(blank=True, **fields.both(""))
    status = fields.choice(OrderStatus, OrderStatus.PENDING)
    financial_status = fields.choice(FinancialStatus, FinancialStatus.PENDING)
    fulfillment_status = fields.choice(FulfillmentStatus, FulfillmentStatus.UNFULFILLED)
    payment_method = fields.choice(PaymentMethodKind, PaymentMethodKind.OTHER)
    currency = fields.currency()
    subtotal_price = fields.money()
    total_discount = fields.money()
    total_shipping = fields.money()
    total_tax = fields.money()
    total_price = fields.money()
    # The tax that stands inside the prices; it adds nothing to the total.
    included_tax = fields.money()
    # What was given back so far.
    total_refunded = fields.money()
    # The delivery method as it was, with its working days.
    delivery_method = fields.text(100)
    delivery_min_days = models.IntegerField(null=True, blank=True)
    delivery_max_days = models.IntegerField(null=True, blank=True)
    shipping_address = fields.document()
    billing_address = fields.document()
    notes = fields.long_text()
    internal_notes = fields.long_text()
    processed_at = fields.moment()
    completed_at = fields.moment()
    cancelled_at = fields.moment()
    cancel_reason = fields.long_text()
    deleted_at = fields.moment(editable=False)

    objects = OrderQuerySet.as_manager()

    class Meta(Entity.Meta):
        db_table = "orders"
        indexes = [
            fields.Index(fields=["user", "status"], name="idx_orders_user_id_status"),
            # An account's orders, as its pages and as the API list them.
            fields.Index(
                fields=["user", "event_time"],
                condition=Q(user__isnull=False),
                name="idx_orders_user_id_event_time",
            ),
            fields.Index(
                fields=["user", "id"],
                condition=Q(user__isnull=False),
                name="idx_orders_user_id_id",
            ),
            fields.Index(fields=["status"], name="idx_orders_status"),
            fields.Index(fields=["-created_at"], name="idx_orders_created_at"),
            fields.Index(fields=["event_time"], name="idx_orders_event_time"),
            fields.Index(fields=["payment_method"], name="idx_orders_payment_method"),
            fields.Index(
                fields=["shop", "event_time"], name="idx_orders_shop_id_event_time"
            ),
            # What a shop lists its orders by; each with the order of the list.
            fields.Index(
                fields=["shop", "status", "event_time", "id"],
                name="idx_orders_shop_id_status_event_time",
            ),
            fields.Index(
                fields=["shop", "fulfillment_status", "event_time", "id"],
                condition=Q(status=OrderStatus.PROCESSING),
                name="idx_orders_shop_id_fulfillment_status_event_time",
            ),
            fields.Index(
                fields=["shop", "financial_status", "event_time", "id"],
                condition=~Q(financial_status=FinancialStatus.PAID),
                name="idx_orders_shop_id_financial_status_event_time",
            ),
            fields.Index(
                F("shop"),
                KT("shipping_address__country"),
                F("event_time"),
                F("id"),
                name="idx_orders_shop_id_country_event_time",
            ),
            # The buyers of a shop: the last order of each, their number and worth.
            fields.Index(
                fields=["shop", "customer", "event_time", "id"],
                include=["status", "currency", "total_price", "total_refunded"],
                condition=Q(deleted_at__isnull=True),
                name="idx_orders_shop_id_customer_id_event_time",
            ),
            fields.Index(
                F("shop"),
                OpClass(Lower("email"), name="text_pattern_ops"),
                name="idx_orders_shop_id_email",
            ),
            fields.Index(
                F("shop"),
                OpClass(
                    Lower(KT("shipping_address__last_name")), name="text_pattern_ops"
                ),
                name="idx_orders_shop_id_last_name",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "order_ref"], name="uk_orders_shop_order_ref"
            ),
            models.CheckConstraint(
                condition=Q(
                    total_price=F("subtotal_price")
                    - F("total_discount")
                    + F("total_shipping")
                    + F("total_tax")
                ),
                name="chk_orders_total",
                violation_error_message=(
                    "The total is subtotal − discount + shipping + tax."
                ),
            ),
            models.CheckConstraint(
                condition=Q(status__in=OrderStatus.values), name="chk_orders_status"
            ),
            models.CheckConstraint(
                condition=Q(financial_status__in=FinancialStatus.values),
                name="chk_orders_financial_status",
            ),
            models.CheckConstraint(
                condition=Q(fulfillment_status__in=FulfillmentStatus.values),
                name="chk_orders_fulfillment_status",
            ),
            models.CheckConstraint(
                condition=Q(payment_method__in=PaymentMethodKind.values),
                name="chk_orders_payment_method",
            ),
            models.CheckConstraint(
                condition=Q(total_refunded=0)
                | Q(total_refunded__gt=0, total_refunded__lte=F("total_price")),
                name="chk_orders_total_refunded",
                violation_error_message="No more is given back than was paid.",
            ),
            models.UniqueConstraint(
                fields=["checkout", "shop"],
                condition=Q(order_ref__isnull=True),
                name="uk_orders_checkout_shop",
            ),
        ]
        triggers = [*Entity.Meta.triggers, HasItems()]

    def __str__(self) -> str:
        return self.order_number


class NeverBelowParcels(pgtrigger.Trigger):
    """Refuses to take out of an order what its parcels hold.

    The change has locked the line's row, for which a new parcel waits.
    """

    name = "never_below_parcels"
    level = pgtrigger.Row
    when = pgtrigger.After
    operation = pgtrigger.UpdateOf("quantity", "removed_quantity")
    condition = pgtrigger.Condition(
        "NEW.quantity - NEW.removed_quantity < OLD.quantity - OLD.removed_quantity"
    )
    func = """
        IF (SELECT sum(quantity) FROM shipment_items WHERE order_item_id = NEW.id)
           > NEW.quantity - NEW.removed_quantity THEN
            RAISE EXCEPTION 'parcels hold more of order item % than would be left', NEW.id
                  USING ERRCODE = 'check_violation',
                        CONSTRAINT = 'chk_order_items_never_below_parcels';
        END IF;
        RETURN NULL;
    """


class OrderItem(models.Model):
    """A line of an order, with name and price as they were then."""

    id = fields.key()
    created_at = fields.written_at()
    updated_at = fields.changed_at()
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="items")
    product = models.ForeignKey(
        Product, on_delete=models.RESTRICT, related_name="order_items"
    )
    variant = models.ForeignKey(
        ProductVariant,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="order_items",
    )
    # The line's name in the file it came from, unique in its order.
    item_ref = models.CharField(max_length=255, null=True, blank=True, editable=False)
    sku = fields.text(100)
    name = fields.required_text()
    title = fields.text(255)
    # The product's category (its slug) at the time: history does not move with the shelf.
    category = fields.text(255)
    quantity = models.IntegerField()
    # Of these, units that will not be sent any more: the shop took them out.
    removed_quantity = fields.count()
    price = fields.money()
    subtotal = models.GeneratedField(
        expression=F("quantity") * F("price"),
        output_field=models.DecimalField(max_digits=12, decimal_places=2),
        db_persist=True,
    )
    total_discount = fields.money()
    tax = fields.money()
    # The tax inside the price.
    included_tax = fields.money()
    tax_rate = models.DecimalField(
        max_digits=6, decimal_places=5, **fields.both(Decimal(0))
    )
    # The line's part of its order's shipping, where a file says it.
    shipping = fields.money()
    taxable = models.BooleanField(**fields.both(True))
    requires_shipping = models.BooleanField(**fields.both(True))

    class Meta:
        db_table = "order_items"
        triggers = [NeverBelowParcels()]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="chk_order_items_quantity"
            ),
            models.CheckConstraint(
                condition=Q(
                    removed_quantity__gte=0, removed_quantity__lte=F("quantity")
                ),
                name="chk_order_items_removed_quantity",
            ),
            models.UniqueConstraint(
                fields=["order", "item_ref"], name="uk_order_items_order_item_ref"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.name}"


class OrderStatusChange(models.Model):
    """One step of an order's history."""

    id = fields.key()
    order = models.ForeignKey(
        Order, on_delete=models.CASCADE, related_name="status_history"
    )
    status = models.CharField(max_length=32, choices=OrderStatus.choices)
    notify_customer = models.BooleanField(**fields.both(False))
    notes = fields.long_text()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    created_at = fields.written_at()

    class Meta:
        db_table = "order_status_history"
        verbose_name_plural = "order status history"

    def __str__(self) -> str:
        return f"{self.order_id}: {self.status}"
