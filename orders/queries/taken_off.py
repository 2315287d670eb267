"""What promotions took off an order that was placed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from orders.models import Order, OrderCoupon, PromotionKind

NOTHING = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class TakenOff:
    """What one promotion took off an order, of its goods or of its delivery.

    code: that brought it; empty for one that came by itself, and for what no promotion names.
    """

    name: str
    code: str
    goods: Decimal
    delivery: Decimal


def discounts_of(*, order: Order) -> list[TakenOff]:
    """By promotion, in the order they were taken off; what came in without its promotions, as
    an order of a file, is the rest, without a name. The goods' sum is the order's discount."""
    uses = order.order_coupons.select_related("promotion", "coupon").order_by("id")
    named = [
        TakenOff(
            name=use.promotion.name,
            code=use.coupon.code if use.coupon else "",
            goods=NOTHING if _is_of_delivery(use) else use.discount,
            delivery=use.discount if _is_of_delivery(use) else NOTHING,
        )
        for use in uses
    ]
    rest = order.total_discount - sum((one.goods for one in named), NOTHING)
    if rest:
        named.append(TakenOff(name="", code="", goods=rest, delivery=NOTHING))
    return named


def _is_of_delivery(use: OrderCoupon) -> bool:
    return use.promotion.kind == PromotionKind.FREE_SHIPPING
