"""Who bought what, told to the catalogue, which marks their reviews."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from catalog.services.reviews import record_purchases
from orders.models import OrderItem, OrderStatus

HERE = {OrderStatus.SHIPPED, OrderStatus.DELIVERED}


def tell_who_bought(*, order_id: UUID, now: datetime) -> None:
    """Of an order of an account: what was sent to it, and what is paid and needs no sending.

    Paid alone is not enough: an order can be cancelled the minute after. A guest has no
    reviews; whoever gives a guest's order to an account calls this then. May be repeated.
    """
    sent = Q(shipment_items__isnull=False) | Q(order__status__in=HERE)
    unsent = Q(requires_shipping=False, order__status=OrderStatus.PROCESSING)
    items = OrderItem.objects.filter(sent | unsent, order_id=order_id)
    items = items.filter(order__user__isnull=False).distinct()
    rows = list(items.values_list("order__user_id", "product_id"))
    if rows:
        record_purchases(
            user_id=rows[0][0], product_ids=[row[1] for row in rows], now=now
        )
