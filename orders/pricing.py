"""What a purchase costs: `quote`, a pure function of the items and of everybody's terms.

Whoever shows or stores a total calls it, so that a cart, a checkout and an order can only
agree. Amounts are of one currency; each is rounded once, and shares sum to their whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from orders.models import PromotionKind
from shop.money import format_money, round_money, split_money

ZERO = Decimal("0.00")
STANDARD = "standard"


@dataclass(frozen=True, kw_only=True)
class Line:
    """So many units of a variant, at their price now."""

    variant_id: UUID
    product_id: UUID
    shop_id: UUID
    quantity: int
    price: Decimal
    # slug, and the class of tax rates
    category: str = ""
    tax_class: str = STANDARD
    taxable: bool = True
    requires_shipping: bool = True

    @property
    def amount(self) -> Decimal:
        return self.price * self.quantity


@dataclass(frozen=True, kw_only=True)
class ShopTerms:
    shop_id: UUID
    name: str
    prices_include_tax: bool = True


@dataclass(frozen=True, kw_only=True)
class Method:
    """A way to deliver. `free_from`: from this amount of goods on it costs nothing."""

    id: UUID
    name: str
    price: Decimal
    free_from: Decimal | None = None
    min_days: int = 0
    max_days: int = 0

    def price_for(self, goods: Decimal) -> Decimal:
        is_free = self.free_from is not None and goods >= self.free_from
        return ZERO if is_free else self.price


@dataclass(frozen=True, kw_only=True)
class CouponTerms:
    """A coupon and its promotion. `problem`: why it takes nothing off, for a person."""

    id: UUID
    promotion_id: UUID
    shop_id: UUID
    code: str
    kind: str
    value: Decimal
    conditions: Mapping[str, Any]
    usage_limit: int | None = None
    usage_limit_per_user: int | None = None
    promotion_usage_limit: int | None = None
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A tax rate where the goods go to; `province` is empty for the whole country's."""

    province: str
    tax_class: str
    rate: Decimal
    applies_to_shipping: bool
    name: str = ""
    # Whose own it is; None is the market's.
    shop_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class LineQuote:
    variant_id: UUID
    quantity: int
    price: Decimal
    discount: Decimal
    tax_rate: Decimal
    # On top of the price, and inside it; one of them is zero.
    tax: Decimal
    included_tax: Decimal

    @property
    def amount(self) -> Decimal:
        return self.price * self.quantity


@dataclass(frozen=True, kw_only=True)
class CouponQuote:
    """What a code did: `discount` also counts delivery that became free."""

    id: UUID
    code: str
    discount: Decimal
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class ShopQuote:
    """One order: total = subtotal - discount + shipping + tax."""

    shop_id: UUID
    name: str
    lines: tuple[LineQuote, ...]
    method: Method | None
    coupon: CouponQuote | None
    subtotal: Decimal
    discount: Decimal
    shipping: Decimal
    tax: Decimal
    included_tax: Decimal
    total: Decimal


@dataclass(frozen=True, kw_only=True)
class Quote:
    """One purchase; sums over its shops."""

    currency: str
    shops: tuple[ShopQuote, ...]

    @property
    def subtotal(self) -> Decimal:
        return sum((shop.subtotal for shop in self.shops), ZERO)

    @property
    def discount(self) -> Decimal:
        return sum((shop.discount for shop in self.shops), ZERO)

    @property
    def shipping(self) -> Decimal:
        return sum((shop.shipping for shop in self.shops), ZERO)

    @property
    def tax(self) -> Decimal:
        return sum((shop.tax for shop in self.shops), ZERO)

    @property
    def included_tax(self) -> Decimal:
        return sum((shop.included_tax for shop in self.shops), ZERO)

    @property
    def total(self) -> Decimal:
        return sum((shop.total for shop in self.shops), ZERO)

    @property
    def hash(self) -> str:
        """The same for the same items at the same cost, and for nothing else."""
        plain = asdict(self)
        for shop in plain["shops"]:
            if shop["coupon"]:
                # A sentence in the reader's language.
                del shop["coupon"]["problem"]
        text = json.dumps(plain, default=str, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def quote(
    *,
    currency: str,
    lines: Sequence[Line],
    shops: Mapping[UUID, ShopTerms],
    methods: Mapping[UUID, Method] | None = None,
    coupons: Mapping[UUID, CouponTerms] | None = None,
    rates: Sequence[Rate] = (),
    province: str = "",
) -> Quote:
    """What the lines cost, shop by shop.

    methods, coupons: by shop; a shop without a method is quoted without delivery. rates:
    those of the country the goods go to.
    """
    of_shop: dict[UUID, list[Line]] = {}
    for line in lines:
        of_shop.setdefault(line.shop_id, []).append(line)
    return Quote(
        currency=currency,
        shops=tuple(
            _quote_shop(
                currency,
                its_lines,
                shops[shop_id],
                (methods or {}).get(shop_id),
                (coupons or {}).get(shop_id),
                _rates_by_class(rates, province, shop_id),
            )
            for shop_id, its_lines in of_shop.items()
        ),
    )


def _quote_shop(
    currency: str,
    lines: Sequence[Line],
    terms: ShopTerms,
    method: Method | None,
    coupon: CouponTerms | None,
    rates: Mapping[str, Rate],
) -> ShopQuote:
    problem = _coupon_problem(coupon, lines, currency) if coupon else ""
    applied = coupon if coupon and not problem else None
    discounts = _discounts(applied, lines, currency)
    subtotal = sum((line.amount for line in lines), ZERO)
    discount = sum(discounts, ZERO)
    if not any(line.requires_shipping for line in lines):
        method = None
    full_shipping = method.price_for(subtotal - discount) if method else ZERO
    is_waived = applied is not None and applied.kind == PromotionKind.FREE_SHIPPING
    shipping = ZERO if is_waived else full_shipping
    taxed = [
        _tax_line(line, less, rates, terms.prices_include_tax, currency)
        for line, less in zip(lines, discounts, strict=True)
    ]
    shipping_rate = rates.get(STANDARD)
    on_shipping = (
        _tax(shipping, shipping_rate.rate, terms.prices_include_tax, currency)
        if shipping_rate and shipping_rate.applies_to_shipping
        else ZERO
    )
    goods_tax = sum((line.tax + line.included_tax for line in taxed), ZERO)
    all_tax = goods_tax + on_shipping
    tax = ZERO if terms.prices_include_tax else all_tax
    return ShopQuote(
        shop_id=terms.shop_id,
        name=terms.name,
        lines=tuple(taxed),
        method=method,
        coupon=CouponQuote(
            id=coupon.id,
            code=coupon.code,
            discount=discount + full_shipping - shipping,
            problem=problem,
        )
        if coupon
        else None,
        subtotal=subtotal,
        discount=discount,
        shipping=shipping,
        tax=tax,
        included_tax=all_tax - tax,
        total=subtotal - discount + shipping + tax,
    )


# ------------------------------------------------------------------ coupons


def _coupon_problem(coupon: CouponTerms, lines: Sequence[Line], currency: str) -> str:
    """Why a coupon takes nothing off these lines; empty when it does."""
    if coupon.problem:
        return coupon.problem
    eligible = [line for line in lines if _is_eligible(line, coupon.conditions)]
    if not eligible:
        return _("%(code)s is for other products.") % {"code": coupon.code}
    least = _number(coupon.conditions.get("minimum"))
    if sum((line.amount for line in eligible), ZERO) < least:
        return _("%(code)s needs at least %(amount)s.") % {
            "code": coupon.code,
            "amount": format_money(least, currency),
        }
    return ""


def _is_eligible(line: Line, conditions: Mapping[str, Any]) -> bool:
    """`products` are ids, `categories` slugs; without either every line is."""
    products = conditions.get("products") or []
    categories = conditions.get("categories") or []
    if not products and not categories:
        return True
    return str(line.product_id) in map(str, products) or line.category in categories


def _discounts(
    coupon: CouponTerms | None, lines: Sequence[Line], currency: str
) -> list[Decimal]:
    """What a coupon that applies takes off each line."""
    nothing = [ZERO for _ in lines]
    if coupon is None or coupon.kind == PromotionKind.FREE_SHIPPING:
        return nothing
    weights = [
        line.amount if _is_eligible(line, coupon.conditions) else ZERO for line in lines
    ]
    eligible = sum(weights, ZERO)
    if not eligible:
        return nothing
    if coupon.kind == PromotionKind.BUY_X_GET_Y:
        return _given_away(coupon, lines, currency)
    if coupon.kind == PromotionKind.PERCENTAGE:
        off = round_money(eligible * coupon.value / 100, currency)
    else:
        off = round_money(coupon.value, currency)
    return split_money(min(off, eligible), weights, currency)


def _given_away(
    coupon: CouponTerms, lines: Sequence[Line], currency: str
) -> list[Decimal]:
    """Of every `buy` + `get` units the cheapest `get` cost `value` per cent less.

    Without a `value` they cost nothing.
    """
    buy = int(_number(coupon.conditions.get("buy")))
    get = int(_number(coupon.conditions.get("get")))
    discounts = [ZERO for _ in lines]
    if buy < 1 or get < 1:
        return discounts
    eligible = [
        (line.price, place)
        for place, line in enumerate(lines)
        if _is_eligible(line, coupon.conditions)
    ]
    units = sum(lines[place].quantity for _, place in eligible)
    left = units // (buy + get) * get
    share = (coupon.value or Decimal(100)) / 100
    for price, place in sorted(eligible):
        free = min(left, lines[place].quantity)
        discounts[place] = round_money(price * free * share, currency)
        left -= free
    return discounts


def _number(value: Any) -> Decimal:
    """Conditions are written by people: what is no number is none."""
    try:
        number = Decimal(str(value or 0))
    except InvalidOperation:
        return ZERO
    return number if number.is_finite() and number > 0 else ZERO


# ------------------------------------------------------------------ tax


def _rates_by_class(
    rates: Sequence[Rate], province: str, shop_id: UUID
) -> dict[str, Rate]:
    """The nearest rate of each class: a province's before its country's.

    A shop that has said what it takes of a class takes that, wherever the market's stands.
    """
    by_class: dict[str, Rate] = {}
    for owner in (None, shop_id):
        of_owner = [rate for rate in rates if rate.shop_id == owner]
        by_class |= {rate.tax_class: rate for rate in of_owner if not rate.province}
        if province:
            near = [rate for rate in of_owner if rate.province == province]
            by_class |= {rate.tax_class: rate for rate in near}
    return by_class


def _tax_line(
    line: Line,
    discount: Decimal,
    rates: Mapping[str, Rate],
    is_included: bool,
    currency: str,
) -> LineQuote:
    rate = rates.get(line.tax_class) if line.taxable else None
    share = rate.rate if rate else Decimal(0)
    tax = _tax(line.amount - discount, share, is_included, currency)
    return LineQuote(
        variant_id=line.variant_id,
        quantity=line.quantity,
        price=line.price,
        discount=discount,
        tax_rate=share,
        tax=ZERO if is_included else tax,
        included_tax=tax if is_included else ZERO,
    )


def _tax(amount: Decimal, rate: Decimal, is_included: bool, currency: str) -> Decimal:
    part = rate / (1 + rate) if is_included else rate
    return round_money(amount * part, currency)
