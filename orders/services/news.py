"""Who was told what of an order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from smtplib import SMTPRecipientsRefused
from uuid import UUID

import structlog

from orders.models import (
    Order,
    OrderMessage,
    OrderReturn,
    OrderStatus,
    OrderStatusChange,
    OrderTracking,
)

# As long as a sender may take; then another one sends.
LEASE = timedelta(minutes=10)
# No step of the order, but told like one; `about` is the return's id and what was said.
RETURN_ANSWERED = "return_answered"

log = structlog.get_logger(__name__)


class BeingSent(Exception):
    """Another sender has claimed the message and not sent it so far."""


@dataclass(frozen=True, kw_only=True)
class OrderNews:
    """What to tell, and in which detail. `status`: the one that the message is about.

    parcel: of a shipment. amount: of a refund, in the order's currency. back: the return that
    the shop has answered.
    """

    order: Order
    status: str
    parcel: OrderTracking | None = None
    amount: Decimal | None = None
    back: OrderReturn | None = None


def tell_buyer(
    *,
    order_id: UUID,
    status: str,
    send: Callable[[OrderNews], None],
    now: datetime,
    about: str = "",
    amount: str = "",
) -> bool:
    """Tell the buyer of one thing, once; False when there was nobody or nothing (more) to tell.

    about: the parcel's id, the event's of a refund, whose amount it is then, or what
    `about_answer` says of a return.

    The message is claimed first, and given back when it could not be sent, which is raised
    again. Safe to repeat, and twice at once: raises BeingSent while another has it. A killed
    sender's message is sent after a while. An address that the server refuses is done with.
    """
    rows = Order.objects.select_related("shop", "checkout").filter(pk=order_id)
    order = rows.first()
    # What came in from a file was told elsewhere, long ago.
    if order is None or not order.email or order.checkout_id is None:
        return False
    news = _news(order, status, about, amount)
    if news is None or (message := claim_message(order, status, about, now)) is None:
        return False
    try:
        send(news)
    except SMTPRecipientsRefused:
        log.warning("order_news_refused", order=str(order_id))
    except OSError:
        message.delete()
        raise
    OrderMessage.objects.filter(pk=message.pk).update(sent_at=now)
    _note(order, status)
    return True


def tell_pay_link(
    *, order_id: UUID, about: str, send: Callable[[Order], None], now: datetime
) -> bool:
    """Send the link to pay an order that still waits; as `tell_buyer` otherwise.

    about: which of several, the event's id.
    """
    rows = Order.objects.select_related("shop", "checkout").filter(pk=order_id)
    order = rows.first()
    if order is None or order.checkout is None or not order.email:
        return False
    if order.status != OrderStatus.PENDING:
        return False
    message = claim_message(order, "pay_link", about, now)
    if message is None:
        return False
    try:
        send(order)
    except SMTPRecipientsRefused:
        log.warning("pay_link_refused", order=str(order_id))
    except OSError:
        message.delete()
        raise
    OrderMessage.objects.filter(pk=message.pk).update(sent_at=now)
    return True


def about_answer(*, return_id: UUID | str, status: str) -> str:
    return f"{return_id}:{status}"


def _news(order: Order, status: str, about: str, amount: str) -> OrderNews | None:
    """None for what has not happened."""
    if status == OrderStatus.REFUNDED:
        given = Decimal(amount or 0)
        if not 0 < given <= order.total_refunded:
            return None
        return OrderNews(order=order, status=status, amount=given)
    if status == OrderStatus.SHIPPED and about:
        parcels = order.tracking.prefetch_related("items__order_item")
        parcel = parcels.filter(pk=about).first()
        if parcel is None:
            return None
        return OrderNews(order=order, status=status, parcel=parcel)
    if status == RETURN_ANSWERED:
        return_id, _colon, said = about.partition(":")
        back = order.returns.filter(pk=return_id).exclude(answer="").first()
        if back is None:
            return None
        # Whatever became of it since, this is what was said.
        back.status = said
        return OrderNews(order=order, status=status, back=back)
    if not order.status_history.filter(status=status).exists():
        return None
    return OrderNews(order=order, status=status)


def claim_message(
    order: Order, status: str, about: str, now: datetime
) -> OrderMessage | None:
    """None for one that was sent."""
    message, is_mine = OrderMessage.objects.get_or_create(
        order=order, kind=status, about=about, defaults={"claimed_at": now}
    )
    if is_mine:
        return message
    if message.sent_at is not None:
        return None
    left = OrderMessage.objects.filter(
        pk=message.pk, sent_at=None, claimed_at__lte=now - LEASE
    )
    if not left.update(claimed_at=now):
        raise BeingSent
    return message


def _note(order: Order, status: str) -> None:
    """In the history the buyer's own step is marked as told."""
    steps = OrderStatusChange.objects.filter(order=order, status=status)
    # Parcels of a part write the status of before once more.
    first = steps.order_by("id").values_list("pk", flat=True).first()
    if first is not None:
        steps.filter(pk=first).update(notify_customer=True)
