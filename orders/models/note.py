from django.conf import settings
from django.db import models

from orders.models.order import Order
from shop import fields


class OrderNote(models.Model):
    """What somebody at the counter wrote down about an order; the buyer never sees it."""

    id = fields.key()
    order = models.ForeignKey(
        Order, on_delete=models.CASCADE, related_name="staff_notes"
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    text = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "order_notes"

    def __str__(self) -> str:
        return f"note on {self.order_id}"
