"""Everything that came of one order, in one line of time: for operators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.admin.models import LogEntry

from orders.models import (
    Invoice,
    Order,
    OrderItem,
    OrderMessage,
    OrderNote,
    OrderReturn,
    OrderStatusChange,
    OrderTracking,
)
from payments.models import LedgerEntry, Payment, PaymentAttempt, Refund
from shop.models import GlobalEvent
from users.models import ImpersonatedRequest, User

# Of each kind, so many: an order has tens, and a page must end.
MOST = 200
# News may be a little older than the order's own instant, as imported ones are.
BEFORE = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """at: when. by: who did it, empty for the system. row: what it is about."""

    at: datetime
    kind: str
    icon: str
    title: str
    detail: str = ""
    by: str = ""
    row: Any = None
    amount: Decimal | None = None
    is_bad: bool = False


@dataclass(frozen=True)
class Story:
    order: Order
    items: list[OrderItem]
    ledger: list[LedgerEntry]
    entries: list[Entry]


def order_story(*, order: Order, now: datetime) -> Story:
    """The newest entry last; about a dozen statements, however long the story."""
    payments = list(Payment.objects.filter(order=order).order_by("id")[:MOST])
    returns = list(
        OrderReturn.objects.filter(order=order).select_related("user")[:MOST]
    )
    entries = [
        *_steps(order),
        *_notes(order),
        *_parcels(order),
        *_returns(returns),
        *_invoices(order),
        *_mails(order),
        *_money(payments),
        *_news(order, payments, now),
        *_operators(order),
    ]
    return Story(
        order=order,
        items=list(OrderItem.objects.filter(order=order).order_by("id")[:MOST]),
        ledger=list(
            LedgerEntry.objects.filter(payment__in=payments).order_by(
                "created_at", "transaction_id", "account"
            )[:MOST]
        ),
        entries=sorted(entries, key=lambda entry: entry.at),
    )


def _steps(order: Order) -> Iterator[Entry]:
    yield Entry(
        at=order.event_time,
        kind="Order",
        icon="shopping_bag",
        title="Placed",
        by=order.email,
        amount=order.total_price,
    )
    steps = OrderStatusChange.objects.filter(order=order).select_related("user")
    for step in steps.order_by("created_at", "id")[:MOST]:
        yield Entry(
            at=step.created_at,
            kind="Order",
            icon="flag",
            title=step.get_status_display(),
            detail=step.notes,
            by=_name(step.user),
            is_bad=step.status == "cancelled",
        )


def _notes(order: Order) -> Iterator[Entry]:
    notes = OrderNote.objects.filter(order=order).select_related("author")
    for note in notes.order_by("created_at")[:MOST]:
        yield Entry(
            at=note.created_at,
            kind="Note",
            icon="sticky_note_2",
            title="The shop wrote down",
            detail=note.text,
            by=_name(note.author),
        )


def _parcels(order: Order) -> Iterator[Entry]:
    parcels = OrderTracking.objects.filter(order=order).prefetch_related(
        "items__order_item"
    )
    for parcel in parcels.order_by("created_at")[:MOST]:
        inside = [
            f"{line.quantity} × {line.order_item.sku}" for line in parcel.items.all()
        ]
        words = " ".join(filter(None, (parcel.carrier, parcel.tracking_number)))
        yield Entry(
            at=parcel.created_at,
            kind="Parcel",
            icon="local_shipping",
            title=f"Sent {words}".strip(),
            detail=", ".join(inside),
            row=parcel,
        )
        if parcel.delivered_at:
            yield Entry(
                at=parcel.delivered_at,
                kind="Parcel",
                icon="home",
                title=f"Delivered {words}".strip(),
                row=parcel,
            )


def _returns(returns: list[OrderReturn]) -> Iterator[Entry]:
    for one in returns:
        common: dict[str, Any] = {
            "kind": one.get_kind_display(),
            "icon": "assignment_return",
            "row": one,
        }
        yield Entry(
            at=one.event_time,
            title=f"{one.get_status_display()} by now",
            detail=" ".join(filter(None, (one.reason, one.answer))),
            by=_name(one.user),
            amount=one.refund_total or None,
            **common,
        )
        for at, title in (
            (one.sent_back_at, "Goods sent back"),
            (one.received_at, "Goods received"),
        ):
            if at:
                yield Entry(at=at, title=title, **common)


def _invoices(order: Order) -> Iterator[Entry]:
    for one in Invoice.objects.filter(order=order).order_by("issued_at")[:MOST]:
        yield Entry(
            at=one.issued_at,
            kind="Invoice",
            icon="receipt_long",
            title=f"Invoice {one.invoice_number}",
            row=one,
            amount=one.total,
        )


def _mails(order: Order) -> Iterator[Entry]:
    for one in OrderMessage.objects.filter(order=order).order_by("claimed_at")[:MOST]:
        yield Entry(
            at=one.sent_at or one.claimed_at,
            kind="Mail",
            icon="mail",
            title=f"Mail “{one.kind}”",
            detail="" if one.sent_at else "Begun, and not sent so far.",
            by="",
            is_bad=one.sent_at is None,
        )


def _money(payments: list[Payment]) -> Iterator[Entry]:
    for payment in payments:
        yield Entry(
            at=payment.processed_at or payment.event_time,
            kind="Payment",
            icon="payments",
            title=f"{payment.get_status_display()} by now, {payment.gateway}".rstrip(
                ", "
            ),
            detail=payment.failure_reason,
            row=payment,
            amount=payment.amount,
            is_bad=payment.status == "failed",
        )
    attempts = PaymentAttempt.objects.filter(payment__in=payments)
    for attempt in attempts.order_by("created_at")[:MOST]:
        yield Entry(
            at=attempt.created_at,
            kind="Payment",
            icon="point_of_sale",
            title=f"Try {attempt.attempt_number} {attempt.gateway}".strip()
            + f": {attempt.get_status_display().lower()}",
            detail=attempt.failure_reason,
            is_bad=bool(attempt.failure_reason),
        )
    refunds = Refund.objects.filter(payment__in=payments).select_related(
        "processed_by", "kept_for"
    )
    for refund in refunds.order_by("created_at")[:MOST]:
        yield Entry(
            at=refund.processed_at or refund.created_at,
            kind="Refund",
            icon="currency_exchange",
            title=refund.get_status_display(),
            detail=f"For {refund.kept_for.order_number}, and not given back."
            if refund.kept_for
            else refund.reason,
            by=_name(refund.processed_by),
            row=refund,
            amount=refund.amount,
            is_bad=refund.status == "failed",
        )


def _news(order: Order, payments: list[Payment], now: datetime) -> Iterator[Entry]:
    """Bounded by the order's time, so that no older partition is read."""
    about = [order.pk, *(payment.pk for payment in payments)]
    events = list(
        GlobalEvent.objects.filter(
            entity_id__in=about,
            event_time__gte=order.event_time - BEFORE,
            event_time__lte=now,
        ).order_by("event_time", "position")[:MOST]
    )
    ids = {event.actor_id for event in events} | {
        event.data.get("operator_id") for event in events
    }
    people = {
        str(person.pk): person.email
        for person in User.objects.filter(pk__in=[one for one in ids if one])
    }
    for event in events:
        by = people.get(str(event.actor_id), "")
        operator = people.get(str(event.data.get("operator_id")), "")
        yield Entry(
            at=event.event_time,
            kind="Event",
            icon="podcasts",
            title=event.event_type,
            detail="" if event.published_at else "Waits to be handed on.",
            by=f"{operator} for {by}" if operator else by,
            row=event,
        )


def _operators(order: Order) -> Iterator[Entry]:
    entries = LogEntry.objects.filter(
        object_id=str(order.pk), content_type__app_label="orders"
    )
    for one in entries.select_related("user").order_by("action_time")[:MOST]:
        yield Entry(
            at=one.action_time,
            kind="Operator",
            icon="manage_accounts",
            title=one.get_change_message() or "Changed in the admin",
            by=_name(one.user),
        )
    acts = ImpersonatedRequest.objects.filter(object_id=str(order.pk))
    for act in acts.select_related(
        "impersonation__operator", "impersonation__user"
    ).order_by("at")[:MOST]:
        yield Entry(
            at=act.at,
            kind="Operator",
            icon="visibility",
            title=f"{act.method} {act.route}",
            detail=f"Answered {act.status}." if act.status else "Died on the way.",
            by=f"{act.impersonation.operator} for {act.impersonation.user}",
            row=act.impersonation,
        )


def _name(user: Any) -> str:
    return "" if user is None else str(user.email)
