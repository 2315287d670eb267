"""Who was told what of an order."""

from __future__ import annotations

from collections.abc import Callable
from smtplib import SMTPRecipientsRefused
from uuid import UUID

import structlog

from orders.models import Order, OrderStatusChange

log = structlog.get_logger(__name__)


def tell_buyer(
    *, order_id: UUID, status: str, send: Callable[[Order, str], None]
) -> bool:
    """Tell the buyer of a step, once; False when there was nobody or nothing (more) to tell.

    The step's row in the history is claimed first and given back when the message could
    not be sent, which is raised again. Safe to repeat, and twice at once. An address that
    the server refuses is done with.
    """
    order = Order.objects.select_related("shop").filter(pk=order_id).first()
    # What came in from a file was told elsewhere, long ago.
    if order is None or not order.email or order.checkout_id is None:
        return False
    steps = OrderStatusChange.objects.filter(order=order, status=status)
    # Parcels of a part write the status of before once more.
    step = steps.order_by("id").values_list("pk", flat=True).first()
    if step is None:
        return False
    row = OrderStatusChange.objects.filter(pk=step, notify_customer=False)
    if not row.update(notify_customer=True):
        return False
    try:
        send(order, status)
    except SMTPRecipientsRefused:
        log.warning("order_news_refused", order=str(order_id))
    except OSError:
        OrderStatusChange.objects.filter(pk=step).update(notify_customer=False)
        raise
    return True
