"""What was taken out of an order and pays another one, which travels with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from orders.models import CheckoutStatus, Order


@dataclass(frozen=True, kw_only=True)
class SetOff:
    """is_open: set aside so far; it goes back when the order is not paid in time."""

    order: Order
    amount: Decimal
    is_open: bool


def set_off_from(*, order: Order) -> list[SetOff]:
    """In one statement."""
    added = Order.objects.filter(checkout__adds_to=order, checkout__set_off__gt=0)
    return set_off_by(added.select_related("checkout").order_by("id"))


def set_off_by(additions: Iterable[Order]) -> list[SetOff]:
    """Of orders that were read with their checkouts."""
    kept = {CheckoutStatus.PAID, CheckoutStatus.AWAITING_PAYMENT}
    return [
        SetOff(
            order=one,
            amount=one.checkout.set_off,
            is_open=one.checkout.status != CheckoutStatus.PAID,
        )
        for one in additions
        if one.checkout and one.checkout.set_off and one.checkout.status in kept
    ]


def given_back(order: Order, set_off: Iterable[SetOff]) -> Decimal:
    """What the buyer of an order got back, without what pays other orders."""
    paid = sum((one.amount for one in set_off if not one.is_open), Decimal(0))
    given: Decimal = order.total_refunded - paid
    return max(given, Decimal(0))
