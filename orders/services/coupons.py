"""Coupons: each use counts once, and comes back when the purchase does not go through.

A coupon without a limit writes no row that buyers share. Of the others all coupons come
before all promotions, each in the order of their keys, so that nobody deadlocks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from orders.errors import CouponUsedUp
from orders.models import Coupon, OrderCoupon, OrderStatus, Promotion
from orders.pricing import CouponTerms


def redeem_coupons(*, coupons: Collection[CouponTerms], customer_id: UUID) -> None:
    """Use each once, in the caller's transaction, which has locked the customer's row.

    Raises CouponUsedUp.
    """
    for coupon in coupons:
        if coupon.usage_limit_per_user is not None:
            _check_customer(coupon, coupon.usage_limit_per_user, customer_id)
    for coupon in sorted(coupons, key=lambda one: one.id):
        if coupon.usage_limit is not None:
            _use(Coupon.objects.filter(pk=coupon.id), coupon.code)
    for coupon in sorted(coupons, key=lambda one: one.promotion_id):
        if coupon.promotion_usage_limit is not None:
            _use(Promotion.objects.filter(pk=coupon.promotion_id), coupon.code)


def give_back_coupons(*, order_ids: Iterable[UUID]) -> None:
    """Undo the uses of orders that were never paid; once, in the caller's transaction."""
    used = list(
        OrderCoupon.objects.filter(order_id__in=list(order_ids)).values_list(
            "coupon_id", "coupon__promotion_id"
        )
    )
    for coupon_id in sorted({coupon_id for coupon_id, _ in used}):
        _unuse(Coupon.objects.filter(pk=coupon_id))
    for promotion_id in sorted({promotion_id for _, promotion_id in used}):
        _unuse(Promotion.objects.filter(pk=promotion_id))


def _check_customer(coupon: CouponTerms, limit: int, customer_id: UUID) -> None:
    uses = OrderCoupon.objects.filter(coupon_id=coupon.id, customer_id=customer_id)
    if uses.exclude(order__status=OrderStatus.CANCELLED).count() >= limit:
        raise CouponUsedUp(coupon.code)


def _use(row: QuerySet[Any], code: str) -> None:
    left = row.filter(usage_count__lt=F("usage_limit"))
    if not left.update(usage_count=F("usage_count") + 1):
        raise CouponUsedUp(code)


def _unuse(row: QuerySet[Any]) -> None:
    used = row.filter(usage_limit__isnull=False, usage_count__gt=0)
    used.update(usage_count=F("usage_count") - 1)
