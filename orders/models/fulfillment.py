from __future__ import annotations

from uuid import UUID

import pgtrigger
from django.conf import settings
from django.db import models

from orders.models.order import Order, OrderItem
from shop import fields


class ShippingAddressQuerySet(models.QuerySet["ShippingAddress"]):
    def in_book_of(self, user_id: UUID) -> ShippingAddressQuerySet:
        """Those a person keeps, the default first; copies that orders hold are not among them."""
        kept = self.filter(user_id=user_id, order__isnull=True)
        return kept.order_by("-is_default", "-id")


class ShippingAddress(models.Model):
    """An address a person keeps, or the one an order goes to."""

    id = fields.key()
    created_at = fields.written_at()
    updated_at = fields.changed_at()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="addresses",
    )
    order = models.ForeignKey(
        Order,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="addresses",
    )
    first_name = fields.text(150)
    last_name = fields.text(150)
    company = fields.text(255)
    address1 = fields.text(255)
    address2 = fields.text(255)
    city = fields.text(100)
    province = fields.text(100)
    country = fields.country()
    zip = fields.text(20)
    phone = fields.text(32)
    is_default = models.BooleanField(**fields.both(False))

    objects = ShippingAddressQuerySet.as_manager()

    class Meta:
        db_table = "shipping_addresses"
        verbose_name_plural = "shipping addresses"
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(is_default=True),
                name="uk_shipping_addresses_default",
            )
        ]

    def __str__(self) -> str:
        return f"{self.city} {self.country}".strip()


class OrderTracking(models.Model):
    """Where a parcel of an order is."""

    id = fields.key()
    created_at = fields.written_at()
    updated_at = fields.changed_at()
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="tracking")
    tracking_number = fields.text(100)
    tracking_url = models.URLField(blank=True, **fields.both(""))
    carrier = fields.text(100)
    current_location = fields.text(255)
    estimated_delivery = fields.moment()
    delivered_at = fields.moment()

    class Meta:
        db_table = "order_tracking"
        verbose_name_plural = "order tracking"

    def __str__(self) -> str:
        return f"{self.carrier} {self.tracking_number}".strip() or str(self.order_id)


class NeverAboveOrder(pgtrigger.Trigger):
    """Refuses parcels that together hold more of a line than was ordered, whoever packs.

    The line's row is locked first; the sum is then of what others have committed.
    """

    name = "never_above_order"
    level = pgtrigger.Row
    when = pgtrigger.After
    operation = pgtrigger.Insert | pgtrigger.UpdateOf("quantity", "order_item_id")
    declare = [("ordered", "integer"), ("sent", "bigint")]
    func = """
        SELECT quantity - removed_quantity INTO ordered FROM order_items
         WHERE id = NEW.order_item_id FOR NO KEY UPDATE;
        SELECT sum(quantity) INTO sent FROM shipment_items
         WHERE order_item_id = NEW.order_item_id;
        IF sent > ordered THEN
            RAISE EXCEPTION 'parcels hold % of order item %, of which % are ordered',
                            sent, NEW.order_item_id, ordered
                  USING ERRCODE = 'check_violation',
                        CONSTRAINT = 'chk_shipment_items_never_above_order';
        END IF;
        RETURN NULL;
    """


class ShipmentItem(models.Model):
    """So many of an order's line travel in a parcel."""

    id = fields.key()
    tracking = models.ForeignKey(
        OrderTracking, on_delete=models.CASCADE, related_name="items"
    )
    order_item = models.ForeignKey(
        OrderItem, on_delete=models.CASCADE, related_name="shipment_items"
    )
    quantity = models.IntegerField()

    class Meta:
        db_table = "shipment_items"
        triggers = [NeverAboveOrder()]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0), name="chk_shipment_items_quantity"
            ),
            models.UniqueConstraint(
                fields=["tracking", "order_item"],
                name="uk_shipment_items_tracking_order_item",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.order_item_id}"
