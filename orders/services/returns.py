"""Returns: asked for, answered, received; and the withdrawal that EU law gives consumers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from catalog.services.stock import return_stock
from orders.errors import NotInOrder, ReturnRefused, TooManyUnits, WrongStatus
from orders.events import (
    ReturnAnswered,
    ReturnReceived,
    ReturnRequested,
    ReturnSentBack,
)
from orders.models import (
    FulfillmentStatus,
    Order,
    OrderItem,
    OrderReturn,
    OrderReturnItem,
    OrderReturnPhoto,
    OrderStatus,
    ReturnKind,
    ReturnStatus,
)
from orders.queries.order_page import RETURN_WINDOW, WITHDRAWAL_WINDOW, returnable
from shop.events import publish
from shop.money import round_money

MOST_TEXT = 2000


@dataclass(frozen=True, kw_only=True)
class Inspected:
    """What came back of one line: units that can be sold again, and units that cannot."""

    good: int
    damaged: int = 0

    @property
    def units(self) -> int:
        return self.good + self.damaged


@transaction.atomic
def request_return(
    *,
    order_id: UUID,
    quantities: Mapping[UUID, int],
    reason: str,
    by: AbstractBaseUser | None,
    now: datetime,
    photos: Sequence[bytes] = (),
) -> OrderReturn:
    """Ask to send units back: order item id -> units. The shop answers.

    photos: as `clean_picture` gives them. Raises ReturnRefused (nothing was shipped, or too long ago), NotInOrder, TooManyUnits.
    """
    order = _lock(order_id)
    _check_window(order, RETURN_WINDOW, now)
    back = _open(order, quantities, ReturnKind.RETURN, reason, by, now)
    for photo in photos:
        kept = OrderReturnPhoto(order_return=back)
        kept.photo.save(f"{kept.pk}.webp", ContentFile(photo))
    return back


@transaction.atomic
def withdraw(
    *,
    order_id: UUID,
    now: datetime,
    quantities: Mapping[UUID, int] | None = None,
    by: AbstractBaseUser | None = None,
) -> OrderReturn:
    """Step back from an order, or from some of it, within 14 days of its delivery.

    It needs no reason and no answer: it is approved. Raises as `request_return`.
    """
    order = _lock(order_id)
    _check_window(order, WITHDRAWAL_WINDOW, now)
    if quantities is None:
        items = list(order.items.all())
        left = returnable(items=items)
        quantities = {id_: units for id_, units in left.items() if units}
    return _open(order, quantities, ReturnKind.WITHDRAWAL, "", by, now)


@transaction.atomic
def approve_return(
    *,
    return_id: UUID,
    by: AbstractBaseUser | None,
    now: datetime,
    answer: str = "",
) -> OrderReturn:
    """The shop takes it back; `answer` says where to send it. Safe to repeat.

    A withdrawal is approved from the start; where to send it is said by approving it.
    """
    back = _lock_return(return_id)
    if back.status == ReturnStatus.APPROVED:
        is_told = back.answer or not answer.replace("\0", "").strip()
        return (
            back if is_told else _answer(back, ReturnStatus.APPROVED, answer, by, now)
        )
    if back.status != ReturnStatus.REQUESTED:
        raise WrongStatus(_("This return was answered already."))
    return _answer(back, ReturnStatus.APPROVED, answer, by, now)


@transaction.atomic
def refuse_return(
    *, return_id: UUID, by: AbstractBaseUser | None, now: datetime, answer: str
) -> OrderReturn:
    """The shop says no, and why. Safe to repeat. A withdrawal cannot be refused.

    Raises ReturnRefused, also without a reason, and WrongStatus.
    """
    back = _lock_return(return_id)
    if back.status == ReturnStatus.REJECTED:
        return back
    if back.kind == ReturnKind.WITHDRAWAL:
        raise ReturnRefused(_("The law lets the buyer withdraw; it cannot be refused."))
    if back.status != ReturnStatus.REQUESTED:
        raise WrongStatus(_("This return was answered already."))
    if not answer.replace("\0", "").strip():
        raise ReturnRefused(_("Write why: the buyer reads it."))
    return _answer(back, ReturnStatus.REJECTED, answer, by, now)


@transaction.atomic
def note_sent_back(
    *, return_id: UUID, by: AbstractBaseUser | None, now: datetime
) -> OrderReturn:
    """The buyer proved that the goods are on their way: what is due may go back before them.

    Safe to repeat. Raises WrongStatus for a return that was not approved, or is back.
    """
    back = _lock_return(return_id)
    if back.sent_back_at is not None:
        return back
    if back.status != ReturnStatus.APPROVED:
        raise WrongStatus(_("Only a return that is on its way can be noted so."))
    lines = back.lines.select_related("order_item").order_by("id")
    back.sent_back_at = now
    back.refund_total = sum((_worth(line, back.order) for line in lines), Decimal(0))
    back.save(update_fields=["sent_back_at", "refund_total", "updated_at"])
    data = {"return_id": back.pk, "shop_id": back.order.shop_id}
    publish(ReturnSentBack, entity=back.order, at=now, actor=by, data=data)
    return back


@transaction.atomic
def receive_return(
    *,
    return_id: UUID,
    restock: Collection[UUID],
    by: AbstractBaseUser | None,
    now: datetime,
    inspected: Mapping[UUID, Inspected] | None = None,
) -> OrderReturn:
    """The goods are back; `refund_total` is what is due for them. Safe to repeat.

    restock: ids of the return's lines whose good units go on the shelf again. inspected: line
    id -> what came back of it, of lines not named nothing; None: all of it, as good as new.
    Raises WrongStatus before the return was approved, NotInOrder, TooManyUnits, and
    ReturnRefused when nothing came back.
    """
    back = _lock_return(return_id)
    # What was paid back early, on proof of sending, is still to be looked at.
    is_paid = back.status == ReturnStatus.REFUNDED and back.sent_back_at is not None
    if back.received_at is not None or (
        back.status in {ReturnStatus.RECEIVED, ReturnStatus.REFUNDED} and not is_paid
    ):
        return back
    if back.status != ReturnStatus.APPROVED and not is_paid:
        raise WrongStatus(_("Approve the return first."))
    lines = _look_at(back, inspected, is_paid)
    _restock([line for line in lines if line.pk in set(restock)], back, by, now)
    back.received_at = now
    back.restock = any(line.restocked for line in lines)
    if not is_paid:
        back.status = ReturnStatus.RECEIVED
        worths = (_worth(line, back.order) for line in lines)
        back.refund_total = sum(worths, Decimal(0))
    back.save(
        update_fields=["status", "restock", "refund_total", "received_at", "updated_at"]
    )
    _note_fulfillment(back.order, now)
    data = {
        "return_id": back.pk,
        "shop_id": back.order.shop_id,
        "refund_total": back.refund_total,
        "currency": back.order.currency,
    }
    publish(ReturnReceived, entity=back.order, at=now, actor=by, data=data)
    return back


def _look_at(
    back: OrderReturn, inspected: Mapping[UUID, Inspected] | None, is_paid: bool
) -> list[OrderReturnItem]:
    """The lines with what came back of them; what did not come back is in the return no more.

    is_paid: it stays, because the buyer has the money for it.
    """
    found = back.lines.select_related("order_item").order_by("id")
    lines = {line.pk: line for line in found}
    if inspected is None:
        inspected = {pk: Inspected(good=line.quantity) for pk, line in lines.items()}
    for line_id, seen in inspected.items():
        if line_id not in lines:
            raise NotInOrder
        line = lines[line_id]
        most = line.quantity
        if seen.good < 0 or seen.damaged < 0 or seen.units > most:
            raise TooManyUnits(line.order_item.name if line.order_item else "", most)
    if not any(seen.units for seen in inspected.values()):
        raise ReturnRefused(_("Write how many units came back."))
    missing = []
    for line in lines.values():
        seen = inspected.get(line.pk, Inspected(good=0))
        line.received_quantity, line.damaged_quantity = seen.units, seen.damaged
        if seen.units and not is_paid:
            line.quantity = seen.units
        elif not is_paid:
            missing.append(line.pk)
    OrderReturnItem.objects.filter(pk__in=missing).delete()
    kept = [line for line in lines.values() if line.pk not in missing]
    OrderReturnItem.objects.bulk_update(
        kept, ["quantity", "received_quantity", "damaged_quantity"]
    )
    return kept


def _lock(order_id: UUID) -> Order:
    return Order.objects.select_for_update(no_key=True).get(pk=order_id)


def _lock_return(return_id: UUID) -> OrderReturn:
    """The order's row first: everything about an order waits for that."""
    order = Order.objects.select_for_update(no_key=True, of=("self",)).get(
        returns=return_id
    )
    back = OrderReturn.objects.get(pk=return_id)
    back.order = order
    return back


def _check_window(order: Order, window: timedelta, now: datetime) -> None:
    if (
        order.status == OrderStatus.CANCELLED
        or order.fulfillment_status == FulfillmentStatus.UNFULFILLED
    ):
        raise ReturnRefused(_("Nothing of this order was sent. Cancel it instead."))
    if order.completed_at is not None and now >= order.completed_at + window:
        raise ReturnRefused(
            _("The %(days)d days to send it back are over.") % {"days": window.days}
        )


def _open(
    order: Order,
    quantities: Mapping[UUID, int],
    kind: ReturnKind,
    reason: str,
    by: AbstractBaseUser | None,
    now: datetime,
) -> OrderReturn:
    items = {item.pk: item for item in order.items.all()}
    left = returnable(items=list(items.values()))
    if not quantities:
        raise TooManyUnits(order.order_number, sum(left.values()))
    for item_id, units in quantities.items():
        if item_id not in items:
            raise NotInOrder
        if not 1 <= units <= left[item_id]:
            raise TooManyUnits(items[item_id].name, left[item_id])
    is_withdrawal = kind == ReturnKind.WITHDRAWAL
    back = OrderReturn.objects.create(
        order=order,
        kind=kind,
        status=ReturnStatus.APPROVED if is_withdrawal else ReturnStatus.REQUESTED,
        reason=reason.replace("\0", "").strip()[:MOST_TEXT],
        user_id=by.pk if by else None,
        items=[
            {"sku": items[item_id].sku, "quantity": units}
            for item_id, units in quantities.items()
        ],
        event_time=now,
    )
    OrderReturnItem.objects.bulk_create(
        OrderReturnItem(
            order_return=back,
            order_item=items[item_id],
            product_id=items[item_id].product_id,
            quantity=units,
            price=_unit_price(items[item_id], order.currency),
        )
        for item_id, units in quantities.items()
    )
    data = {"return_id": back.pk, "shop_id": order.shop_id, "kind": back.kind}
    publish(ReturnRequested, entity=order, at=now, actor=by, data=data)
    return back


def _answer(
    back: OrderReturn,
    status: ReturnStatus,
    answer: str,
    by: AbstractBaseUser | None,
    now: datetime,
) -> OrderReturn:
    back.status = status
    back.answer = answer.replace("\0", "").strip()[:MOST_TEXT]
    back.save(update_fields=["status", "answer", "updated_at"])
    data = {"return_id": back.pk, "shop_id": back.order.shop_id, "status": status}
    publish(ReturnAnswered, entity=back.order, at=now, actor=by, data=data)
    return back


def _restock(
    lines: Sequence[OrderReturnItem],
    back: OrderReturn,
    by: AbstractBaseUser | None,
    now: datetime,
) -> None:
    units: dict[UUID, int] = {}
    for line in lines:
        variant_id = line.order_item.variant_id if line.order_item else None
        good = (line.received_quantity or 0) - line.damaged_quantity
        if variant_id is None or not good:
            continue
        units[variant_id] = units.get(variant_id, 0) + good
        line.restocked = True
    if units:
        notes = f"Returned from {back.order.order_number}"
        return_stock(
            quantities=units,
            now=now,
            user_id=by.pk if by else None,
            notes=notes,
            order_id=back.order_id,
        )
    OrderReturnItem.objects.bulk_update(lines, ["restocked"])


def _paid(item: OrderItem) -> Decimal:
    """What was paid for a whole line."""
    paid: Decimal = item.price * item.quantity - item.total_discount + item.tax
    return paid


def _unit_price(item: OrderItem, currency: str) -> Decimal:
    return round_money(_paid(item) / item.quantity, currency)


def _worth(line: OrderReturnItem, order: Order) -> Decimal:
    """What is due for a line; of all returns of an item together, what was paid for it."""
    item = line.order_item
    if item is None:
        return round_money(line.price * line.quantity, order.currency)
    earlier = OrderReturnItem.objects.filter(
        order_item=item,
        order_return__status__in=[ReturnStatus.RECEIVED, ReturnStatus.REFUNDED],
    ).exclude(pk=line.pk)
    before = earlier.aggregate(units=Sum("quantity"))["units"] or 0

    def part(units: int) -> Decimal:
        return round_money(_paid(item) * units / item.quantity, order.currency)

    return part(before + line.quantity) - part(before)


def _note_fulfillment(order: Order, now: datetime) -> None:
    """An order is returned when every unit of it is back."""
    ordered = order.items.aggregate(units=Sum("quantity"))["units"] or 0
    back = OrderReturnItem.objects.filter(
        order_return__order=order,
        order_return__status__in=[ReturnStatus.RECEIVED, ReturnStatus.REFUNDED],
    )
    if (back.aggregate(units=Sum("quantity"))["units"] or 0) >= ordered:
        order.fulfillment_status = FulfillmentStatus.RETURNED
        order.save(update_fields=["fulfillment_status", "updated_at"])
