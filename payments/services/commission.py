"""What the market takes of a sale, by the rules that hold at that moment."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from catalog.models import Category
from orders.models import Order, OrderItem
from payments.errors import CommissionRefused
from payments.models import CommissionRule
from shop.money import round_money

OVERLAP = "uk_commission_rules_overlap"
# How long a form may take: a rule does not begin in the past otherwise.
FILLING_IN = timedelta(hours=1)


@dataclass(frozen=True)
class Rates:
    """Shares of one by shop and category; None is every."""

    shares: Mapping[tuple[UUID | None, UUID | None], Decimal]
    # Category -> the one above it; empty where no rule names a category.
    parents: Mapping[UUID, UUID | None]


@transaction.atomic
def add_commission_rule(
    *,
    shop_id: UUID | None,
    category_id: UUID | None,
    rate: Decimal,
    valid_from: datetime,
    valid_until: datetime | None,
    note: str,
    by: Any,
    now: datetime,
) -> CommissionRule:
    """None: for every shop, for every category. Raises CommissionRefused."""
    if not 0 <= rate <= 1:
        raise CommissionRefused(_("A rate is between 0 and 1; 0.1 is ten per cent."))
    if valid_until is not None and valid_until <= valid_from:
        raise CommissionRefused(_("A rule ends after it begins."))
    if valid_from < now - FILLING_IN:
        raise CommissionRefused(_("A rule cannot begin in the past."))
    try:
        with transaction.atomic():
            return CommissionRule.objects.create(
                shop_id=shop_id,
                category_id=category_id,
                rate=rate,
                valid_from=valid_from,
                valid_until=valid_until,
                note=note,
                created_by=by,
            )
    except IntegrityError as error:
        if OVERLAP not in str(error):
            raise
        raise CommissionRefused(
            _(
                "Another rule holds for the same shop and category at that time."
                " End it first."
            )
        ) from None


@transaction.atomic
def end_commission_rule(*, rule_id: UUID, now: datetime) -> CommissionRule | None:
    """From now on it holds no more; one that has not begun goes. May be repeated.

    Returns None for one that went.
    """
    rule = CommissionRule.objects.select_for_update().get(pk=rule_id)
    if rule.valid_from >= now:
        rule.delete()
        return None
    if rule.valid_until is None or rule.valid_until > now:
        rule.valid_until = now
        rule.save(update_fields=["valid_until"])
    return rule


def commission_rates(*, shop_ids: Collection[UUID], now: datetime) -> Rates:
    """The rules of these shops and of every shop that hold now.

    One statement, and one more where a rule names a category.
    """
    rules = CommissionRule.objects.valid_at(now)
    found = rules.filter(Q(shop__in=list(shop_ids)) | Q(shop=None))
    shares = {(rule.shop_id, rule.category_id): rule.rate for rule in found}
    if not any(category_id for _shop_id, category_id in shares):
        return Rates(shares, {})
    return Rates(shares, dict(Category.objects.values_list("pk", "parent_id")))


def commission_on(
    *, order: Order, amount: Decimal, currency: str, rates: Rates
) -> Decimal:
    """What is taken of an amount (without tax) that was paid for an order.

    The first that there is: the shop's rule for the category or the nearest above it, the
    shop's rule for every category, the market's for the category, the market's for every,
    the shop's own rate. Lines weigh by what they cost; delivery has no category.
    """
    mine = (order.shop_id, None)
    if any(shop_id in mine and category_id for shop_id, category_id in rates.shares):
        share = _share_by_lines(order, rates)
    else:
        share = _rate(order, rates, [])
    return round_money(amount * share, currency)


def _rate(order: Order, rates: Rates, path: list[UUID]) -> Decimal:
    """path: of the category, from itself up to the top."""
    for shop_id in (order.shop_id, None):
        for category_id in (*path, None):
            if (shop_id, category_id) in rates.shares:
                return rates.shares[shop_id, category_id]
    return order.shop.commission_rate


def _share_by_lines(order: Order, rates: Rates) -> Decimal:
    lines = OrderItem.objects.filter(order=order).values_list(
        "product__category_id", "subtotal", "total_discount"
    )
    weighed = [(order.total_shipping, _rate(order, rates, []))]
    weighed += [
        (subtotal - discount, _rate(order, rates, _path(rates.parents, category_id)))
        for category_id, subtotal, discount in lines
    ]
    whole = sum((weight for weight, _share in weighed), Decimal(0))
    if whole <= 0:
        return _rate(order, rates, [])
    return sum((weight * rate for weight, rate in weighed), Decimal(0)) / whole


def _path(parents: Mapping[UUID, UUID | None], category_id: UUID | None) -> list[UUID]:
    path: list[UUID] = []
    while category_id is not None and category_id not in path:
        path.append(category_id)
        category_id = parents.get(category_id)
    return path
