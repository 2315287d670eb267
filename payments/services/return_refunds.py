"""The money of a return: what is due for what came back, given back once.

Amounts are computed here, under the order's lock; of refunds by item and returns of a line
together never more than what was paid for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from orders.errors import RefundTooLarge, WrongStatus
from orders.models import (
    Order,
    OrderItem,
    OrderReturn,
    OrderReturnItem,
    ReturnKind,
    ReturnStatus,
)
from orders.queries.sell_returns import covers_order, is_refund_due
from orders.services.fulfillment import lock_order
from payments.errors import InvalidAmount, RefundChanged
from payments.models import Refund, RefundItem, RefundStatus
from payments.services.item_refunds import ZERO, refund_plan
from payments.services.refunds import claim_refund, process_refund
from shop.money import round_money


@dataclass(frozen=True, kw_only=True)
class ReturnRefund:
    """What is due for a return.

    goods: of what came back. delivery: what of the delivery's price is left; the law gives it
    back too when the buyer withdraws from the whole order, `is_whole`. most: of the order.
    """

    back: OrderReturn
    lines: tuple[tuple[OrderReturnItem, Decimal], ...]
    goods: Decimal
    delivery: Decimal
    is_whole: bool
    most: Decimal

    @property
    def due(self) -> Decimal:
        """With the delivery, where the law wants it."""
        owed = self.goods + (self.delivery if self.is_whole else ZERO)
        return min(owed, self.most)

    @property
    def greatest(self) -> Decimal:
        return min(self.goods + self.delivery, self.most)


def return_refund(*, back: OrderReturn) -> ReturnRefund:
    """In the same number of statements for any number of lines. back: with its order."""
    order = back.order
    plan = refund_plan(order=order)
    lines = list(back.lines.select_related("order_item").order_by("id"))
    items = [line.order_item for line in lines if line.order_item is not None]
    before = _given_before(items, back)
    worths = []
    for line in lines:
        item = line.order_item
        if item is None:
            worth = round_money(line.price * line.quantity, order.currency)
        else:
            start = min(before.get(item.pk, 0), item.quantity)
            end = min(start + line.quantity, item.quantity)
            before[item.pk] = end
            worth = _part(item, end, order) - _part(item, start, order)
        worths.append((line, worth))
    goods = sum((worth for _line, worth in worths), ZERO)
    is_whole = back.kind == ReturnKind.WITHDRAWAL and covers_order(back=back)
    return ReturnRefund(
        back=back,
        lines=tuple(worths),
        goods=min(goods, plan.most),
        delivery=plan.delivery,
        is_whole=is_whole,
        most=plan.most,
    )


def refund_return(
    *,
    return_id: UUID,
    by: AbstractBaseUser | None,
    now: datetime,
    amount: Decimal | None = None,
    expected: Decimal | None = None,
    reason: str = "",
) -> list[Refund]:
    """Give the money of a return back. Safe to repeat, and many times at once: it goes once.

    amount: instead of what is due, at most with the delivery. expected: what the caller was
    shown to be due; raises RefundChanged when it is something else by now. Raises WrongStatus
    before the goods are back or proved to be on their way, RefundTooLarge, InvalidAmount.
    """
    claimed = claim_return(
        return_id=return_id,
        by=by,
        now=now,
        amount=amount,
        expected=expected,
        reason=reason,
    )
    for refund in claimed:
        process_refund(refund_id=refund.pk, now=now)
    ids = [refund.pk for refund in claimed]
    return list(Refund.objects.filter(pk__in=ids).order_by("id"))


@transaction.atomic
def claim_return(
    *,
    return_id: UUID,
    by: AbstractBaseUser | None,
    now: datetime,
    amount: Decimal | None,
    expected: Decimal | None,
    reason: str,
) -> list[Refund]:
    """The first half of `refund_return`; the caller goes on with `process_refund`."""
    order_id = Order.objects.values_list("pk", flat=True).get(returns=return_id)
    order = lock_order(order_id)
    back = OrderReturn.objects.get(pk=return_id)
    back.order = order
    known = list(Refund.objects.filter(order_return=back).order_by("id"))
    if going := [one for one in known if one.status != RefundStatus.FAILED]:
        return going
    if not is_refund_due(back):
        raise WrongStatus(_why_not(back))
    owed = return_refund(back=back)
    if expected is not None and expected != owed.due:
        raise RefundChanged(owed.due, order.currency)
    wanted = owed.due if amount is None else amount
    if not wanted.is_finite() or wanted <= 0:
        raise InvalidAmount
    if wanted > owed.greatest:
        raise RefundTooLarge(owed.greatest, order.currency)
    claimed = claim_refund(
        order_id=order_id,
        amount=wanted,
        reason=reason or back.reason,
        by=by,
        now=now,
        order_return_id=back.pk,
        key=f"return:{back.pk}:{len(known)}",
    )
    delivery = max(wanted - owed.goods, ZERO)
    if delivery:
        claimed[0].delivery_amount = delivery
        claimed[0].save(update_fields=["delivery_amount"])
    return claimed


def _why_not(back: OrderReturn) -> str:
    if back.status == ReturnStatus.REFUNDED:
        return _("The money for this return went back already.")
    if back.status == ReturnStatus.REJECTED:
        return _("This return was refused.")
    return _("First note that the goods are back, or that the buyer sent them.")


def _given_before(items: Sequence[OrderItem], back: OrderReturn) -> dict[UUID, int]:
    """Units by item whose money went, or goes, another way: by refund, or by other returns."""
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
        .exclude(order_return=back)
        .values_list("order_item_id")
        .annotate(units=Sum("quantity"))
    )
    units: dict[UUID, int] = dict(refunded)
    for item_id, sent_back in returned:
        if item_id is not None:
            units[item_id] = units.get(item_id, 0) + sent_back
    return units


def _part(item: OrderItem, units: int, order: Order) -> Decimal:
    paid = item.price * item.quantity - item.total_discount + item.tax
    return round_money(paid * units / item.quantity, order.currency)
