"""Who bought what, told to the catalogue, which marks their reviews."""

from datetime import datetime
from uuid import UUID

from catalog.services.reviews import record_purchases
from orders.models import OrderItem


def tell_who_bought(*, order_id: UUID, now: datetime) -> None:
    """Of an order of an account; a guest has no reviews. May be repeated."""
    items = OrderItem.objects.filter(order_id=order_id, order__user__isnull=False)
    rows = list(items.values_list("order__user_id", "product_id"))
    if rows:
        record_purchases(
            user_id=rows[0][0], product_ids=[row[1] for row in rows], now=now
        )
