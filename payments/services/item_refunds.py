"""Refunds by item: what units and delivery are worth, and giving it back.

A unit is worth its share of what was paid for its line, after discount and with tax; of all
refunds and returns of a line together exactly what was paid for it. Amounts are computed
here, under the order's lock.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Sum

from orders.errors import NotInOrder, RefundTooLarge, TooManyUnits
from orders.models import Order, OrderItem, OrderReturnItem, ReturnStatus
from orders.services.fulfillment import lock_order, put_back, remove_units
from orders.services.orders import units_to_send
from payments.errors import InvalidAmount, RefundChanged
from payments.models import Payment, Refund, RefundItem, RefundStatus
from payments.services.refunds import claim_refund, left_to_refund, process_refund
from shop.money import round_money

ZERO = Decimal("0.00")


@dataclass(frozen=True, kw_only=True)
class RefundLine:
    """Units of an item: of those not sent so far, which then never are, and of the others."""

    item_id: UUID
    unsent: int = 0
    sent: int = 0
    restock: bool = False

    @property
    def units(self) -> int:
        return self.unsent + self.sent


@dataclass(frozen=True, kw_only=True)
class Refundable:
    """What can be given back of one item: units not sent, units of the others, their worth."""

    item: OrderItem
    unsent: int
    sent: int
    # Units given back before, and what all units of the line were paid.
    before: int
    paid: Decimal
    currency: str

    def worth(self, units: int) -> Decimal:
        """Of the next so many units."""
        return self._part(self.before + units) - self._part(self.before)

    @property
    def most(self) -> Decimal:
        return self.worth(self.unsent + self.sent)

    def _part(self, units: int) -> Decimal:
        return round_money(self.paid * units / self.item.quantity, self.currency)


@dataclass(frozen=True, kw_only=True)
class RefundPlan:
    """What can be given back of an order. `most` is the greatest possible amount."""

    order: Order
    items: tuple[Refundable, ...]
    # Left of what the delivery cost, with its tax.
    delivery: Decimal
    most: Decimal


@dataclass(frozen=True, kw_only=True)
class RefundPreview:
    """What lines and delivery come to: `amount` is what would be given back."""

    lines: tuple[tuple[OrderItem, RefundLine, Decimal], ...]
    delivery: Decimal
    computed: Decimal
    amount: Decimal
    most: Decimal


def refund_plan(*, order: Order) -> RefundPlan:
    """In the same number of statements for any number of items."""
    items = list(order.items.order_by("id"))
    payments = list(Payment.objects.filter(order=order))
    _left, most = left_to_refund(order=order, payments=payments)
    to_send = units_to_send({item.pk: item for item in items})
    given = _given(items)
    plans = []
    for item in items:
        before = min(given.get(item.pk, 0), item.quantity)
        rest = item.quantity - before
        unsent = min(to_send[item.pk], rest)
        plans.append(
            Refundable(
                item=item,
                unsent=unsent,
                sent=rest - unsent,
                before=before,
                paid=_paid(item),
                currency=order.currency,
            )
        )
    goods = sum((_paid(item) for item in items), ZERO)
    given_delivery = (
        Refund.objects.filter(payment__order=order)
        .exclude(status=RefundStatus.FAILED)
        .aggregate(sum=Sum("delivery_amount"))["sum"]
    )
    delivery = order.total_price - goods - (given_delivery or ZERO)
    return RefundPlan(
        order=order,
        items=tuple(plans),
        delivery=min(max(delivery, ZERO), most),
        most=most,
    )


def preview_refund(
    *,
    plan: RefundPlan,
    lines: Sequence[RefundLine],
    delivery: Decimal = ZERO,
    amount: Decimal | None = None,
) -> RefundPreview:
    """What it would come to. Writes nothing; the claim computes it anew.

    amount: instead of what the lines and the delivery are worth. Raises NotInOrder,
    TooManyUnits, InvalidAmount, RefundTooLarge.
    """
    by_item = {one.item.pk: one for one in plan.items}
    worths = []
    for line in lines:
        found = by_item.get(line.item_id)
        if found is None:
            raise NotInOrder
        for units, most in ((line.unsent, found.unsent), (line.sent, found.sent)):
            if not 0 <= units <= most:
                raise TooManyUnits(found.item.name, most)
        if line.units:
            worths.append((found.item, line, found.worth(line.units)))
    currency = plan.order.currency
    _check_amount(delivery, currency, least=ZERO)
    if delivery > plan.delivery:
        raise RefundTooLarge(plan.delivery, currency)
    computed = sum((worth for _item, _line, worth in worths), delivery)
    wanted = computed if amount is None else amount
    _check_amount(wanted, currency, least=ZERO)
    if amount is None:
        # What a voucher or an earlier goodwill took off is not given back twice.
        wanted = min(wanted, plan.most)
    if not wanted:
        raise InvalidAmount
    if wanted > plan.most:
        raise RefundTooLarge(plan.most, currency)
    return RefundPreview(
        lines=tuple(worths),
        delivery=delivery,
        computed=computed,
        amount=wanted,
        most=plan.most,
    )


def refund_items(
    *,
    order_id: UUID,
    lines: Sequence[RefundLine],
    reason: str,
    by: AbstractBaseUser | None,
    now: datetime,
    delivery: Decimal = ZERO,
    amount: Decimal | None = None,
    expected: Decimal | None = None,
    key: str = "",
) -> list[Refund]:
    """Give back units of an order and its delivery; what was not sent is not sent any more.

    expected: what the caller was shown; raises RefundChanged when it is something else by
    now. key: of the caller's own; repeated with it, nothing is given twice and the same
    refunds are returned. Otherwise as `preview_refund` and `refund_order`.
    """
    claimed = claim_items(
        order_id=order_id,
        lines=lines,
        delivery=delivery,
        amount=amount,
        expected=expected,
        reason=reason,
        by=by,
        now=now,
        key=key,
    )
    for refund in claimed:
        process_refund(refund_id=refund.pk, now=now)
    ids = [refund.pk for refund in claimed]
    return list(Refund.objects.filter(pk__in=ids).order_by("id"))


@transaction.atomic
def claim_items(
    *,
    order_id: UUID,
    lines: Sequence[RefundLine],
    delivery: Decimal,
    amount: Decimal | None,
    expected: Decimal | None,
    reason: str,
    by: AbstractBaseUser | None,
    now: datetime,
    key: str,
    kept_for: Order | None = None,
    kept: Decimal = ZERO,
) -> list[Refund]:
    """The first half of `refund_items`; the caller goes on with `process_refund`.

    kept_for, kept: so much of it is set aside for another order instead.
    """
    order = lock_order(order_id)
    if key and (found := claimed_by(order=order, key=key)):
        return found
    preview = preview_refund(
        plan=refund_plan(order=order), lines=lines, delivery=delivery, amount=amount
    )
    if expected is not None and expected != preview.amount:
        raise RefundChanged(preview.amount, order.currency)
    parts: list[tuple[Decimal, Order | None, str]] = [
        (preview.amount - kept, None, _rest(key) if kept else key)
    ]
    if kept:
        parts.insert(0, (kept, kept_for, key))
    claimed: list[Refund] = []
    for part, goes_to, its_key in parts:
        if part:
            claimed += claim_refund(
                order_id=order_id,
                amount=part,
                reason=reason,
                by=by,
                now=now,
                order_return_id=None,
                key=its_key,
                kept_for=goes_to,
            )
    first = claimed[0]
    if preview.delivery:
        first.delivery_amount = preview.delivery
        first.save(update_fields=["delivery_amount"])
    RefundItem.objects.bulk_create(
        RefundItem(
            refund=first,
            order_item=item,
            quantity=line.units,
            amount=worth,
            restocked=line.restock,
        )
        for item, line, worth in preview.lines
    )
    _take_out(order, [line for _item, line, _worth in preview.lines], by, now)
    return claimed


def claimed_by(*, order: Order, key: str) -> list[Refund]:
    """What a call of `claim_items` with this key claimed before."""
    known = Refund.objects.filter(
        payment__order=order, idempotency_key__in=[key, _rest(key)]
    )
    return list(known.order_by("id"))


def _rest(key: str) -> str:
    """Of the part that goes back, where another part is set aside; no caller's begins so."""
    return f"rest:{key}" if key else ""


def _take_out(
    order: Order,
    lines: Collection[RefundLine],
    by: AbstractBaseUser | None,
    now: datetime,
) -> None:
    unsent = {line.item_id: line.unsent for line in lines if line.unsent}
    restocked = {line.item_id for line in lines if line.restock}
    if unsent:
        remove_units(
            order_id=order.pk, quantities=unsent, restock=restocked, by=by, now=now
        )
    back = {line.item_id: line.sent for line in lines if line.restock and line.sent}
    if back:
        items = order.items.in_bulk(list(back))
        put_back(
            order=order,
            quantities={items[id_]: units for id_, units in back.items()},
            by=by,
            now=now,
        )


def _check_amount(amount: Decimal, currency: str, *, least: Decimal) -> None:
    if not amount.is_finite() or amount < least:
        raise InvalidAmount
    if round_money(amount, currency) != amount:
        raise InvalidAmount


def _paid(item: OrderItem) -> Decimal:
    """What was paid for a whole line."""
    paid: Decimal = item.price * item.quantity - item.total_discount + item.tax
    return paid


def _given(items: Sequence[OrderItem]) -> Mapping[UUID, int]:
    """Units by item whose money went back, or is on its way: by refund, or by return."""
    refunded = (
        RefundItem.objects.filter(order_item__in=items)
        .exclude(refund__status=RefundStatus.FAILED)
        .values_list("order_item_id")
        .annotate(units=Sum("quantity"))
    )
    returned = (
        OrderReturnItem.objects.filter(
            order_item__in=items,
            order_return__status__in=[ReturnStatus.RECEIVED, ReturnStatus.REFUNDED],
        )
        .values_list("order_item_id")
        .annotate(units=Sum("quantity"))
    )
    units: dict[UUID, int] = dict(refunded)
    for item_id, back in returned:
        if item_id is not None:
            units[item_id] = units.get(item_id, 0) + back
    return units
