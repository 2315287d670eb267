from django.db import models
from django.db.models import Q

from orders.models import OrderItem
from payments.models.refund import Refund
from shop import fields


class RefundItem(models.Model):
    """Units of an order's line whose money a refund gives back."""

    id = fields.key()
    refund = models.ForeignKey(Refund, on_delete=models.CASCADE, related_name="items")
    order_item = models.ForeignKey(
        OrderItem, on_delete=models.CASCADE, related_name="refund_items"
    )
    quantity = models.IntegerField()
    # What the units are worth; a refund of another amount says that itself.
    amount = fields.money()
    restocked = models.BooleanField(**fields.both(False))

    class Meta:
        db_table = "refund_items"
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="chk_refund_items_quantity"
            ),
            models.UniqueConstraint(
                fields=["refund", "order_item"],
                name="uk_refund_items_refund_order_item",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.order_item_id}"
