"""Uses of promotions: each counts once, and comes back when the purchase does not go through.

A promotion without a limit writes no row that buyers share. Of the others all coupons come
before all promotions, each in the order of their keys, so that nobody deadlocks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from orders.conditions import Customers
from orders.discounts import PromotionTerms
from orders.errors import CouponUsedUp, QuoteChanged
from orders.models import Coupon, Order, OrderCoupon, OrderStatus, Promotion


def redeem_promotions(
    *, promotions: Collection[PromotionTerms], customer_id: UUID
) -> None:
    """Use each once, in the caller's transaction, which has locked the customer's row.

    Raises CouponUsedUp for a code, which the buyer can remove, and QuoteChanged for what
    came by itself.
    """
    for terms in promotions:
        _check_customer(terms, customer_id)
    coupons = {one.coupon_id: one for one in promotions if one.coupon_id}
    for coupon_id in sorted(coupons):
        if coupons[coupon_id].usage_limit is not None:
            _use(Coupon.objects.filter(pk=coupon_id), coupons[coupon_id])
    for terms in sorted(promotions, key=lambda one: one.promotion_id):
        if terms.promotion_usage_limit is not None:
            _use(Promotion.objects.filter(pk=terms.promotion_id), terms)


def give_back_coupons(*, order_ids: Iterable[UUID]) -> None:
    """Undo the uses of orders that were never paid; once, in the caller's transaction."""
    used = list(
        OrderCoupon.objects.filter(order_id__in=list(order_ids)).values_list(
            "coupon_id", "promotion_id"
        )
    )
    for coupon_id in sorted({coupon_id for coupon_id, _ in used if coupon_id}):
        _unuse(Coupon.objects.filter(pk=coupon_id))
    for promotion_id in sorted({promotion_id for _, promotion_id in used}):
        _unuse(Promotion.objects.filter(pk=promotion_id))


def _check_customer(terms: PromotionTerms, customer_id: UUID) -> None:
    """What was read before the lock may have changed since, in another tab."""
    uses = OrderCoupon.objects.filter(customer_id=customer_id).exclude(
        order__status=OrderStatus.CANCELLED
    )
    if terms.coupon_id and (limit := terms.usage_limit_per_user) is not None:
        _check_limit(uses.filter(coupon_id=terms.coupon_id), limit, terms)
    if (limit := terms.promotion_usage_limit_per_user) is not None:
        _check_limit(uses.filter(promotion_id=terms.promotion_id), limit, terms)
    if terms.conditions.customers == Customers.FIRST_ORDER:
        orders = Order.objects.filter(shop_id=terms.shop_id, customer_id=customer_id)
        if orders.exclude(status=OrderStatus.CANCELLED).exists():
            raise QuoteChanged


def _check_limit(uses: QuerySet[Any], limit: int, terms: PromotionTerms) -> None:
    if uses.count() >= limit:
        raise _used_up(terms)


def _use(row: QuerySet[Any], terms: PromotionTerms) -> None:
    left = row.filter(usage_count__lt=F("usage_limit"))
    if not left.update(usage_count=F("usage_count") + 1):
        raise _used_up(terms)


def _used_up(terms: PromotionTerms) -> CouponUsedUp | QuoteChanged:
    return CouponUsedUp(terms.code) if terms.coupon_id else QuoteChanged()


def _unuse(row: QuerySet[Any]) -> None:
    used = row.filter(usage_limit__isnull=False, usage_count__gt=0)
    used.update(usage_count=F("usage_count") - 1)
