from __future__ import annotations

from django.db import models

from orders.models.order import Order
from shop import fields


class OrderMessage(models.Model):
    """What the buyer was written of an order: one row, and one message, for each thing that happened.

    Whoever sends claims the row first. One that was claimed and never sent may be claimed again.
    """

    id = fields.key()
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="messages")
    # The status that the message tells of.
    kind = fields.required_text(32)
    # Which of several: the id of the parcel or of the event; empty where there is only one.
    about = fields.text(64)
    claimed_at = models.DateTimeField()
    sent_at = fields.moment()

    class Meta:
        db_table = "order_messages"
        constraints = [
            models.UniqueConstraint(
                fields=["order", "kind", "about"],
                name="uk_order_messages_order_kind_about",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.order_id}"
