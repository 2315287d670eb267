"""What a purchase costs: `quote`, a pure function of the items and of everybody's terms.

Whoever shows or stores a total calls it, so that a cart, a checkout and an order can only
agree. Amounts are of one currency; each is rounded once, and shares sum to their whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from orders.discounts import ZERO, Lowering, PromotionTerms, lowerings, refusal
from shop.money import round_money

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
class DiscountQuote:
    """What one promotion did. code: that brought it; empty for an automatic one.

    delivery: what delivery would have cost that became free; zero while that is not known.
    """

    promotion_id: UUID
    coupon_id: UUID | None
    name: str
    code: str
    goods: Decimal
    delivery: Decimal

    @property
    def label(self) -> str:
        return self.code or self.name

    @property
    def amount(self) -> Decimal:
        return self.goods + self.delivery


@dataclass(frozen=True, kw_only=True)
class CouponQuote:
    """What a code did, or why it did nothing."""

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
    discounts: tuple[DiscountQuote, ...]
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
    promotions: Mapping[UUID, Sequence[PromotionTerms]] | None = None,
    rates: Sequence[Rate] = (),
    province: str = "",
) -> Quote:
    """What the lines cost, shop by shop.

    methods, promotions: by shop; a shop without a method is quoted without delivery. rates:
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
                (promotions or {}).get(shop_id, ()),
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
    promotions: Sequence[PromotionTerms],
    rates: Mapping[str, Rate],
) -> ShopQuote:
    """Lowered in the way that costs least, tax and delivery included."""
    if not any(line.requires_shipping for line in lines):
        method = None
    problems = {one.promotion_id: refusal(one, lines, currency) for one in promotions}
    applied = [one for one in promotions if not problems[one.promotion_id]]
    ways = [
        _cost(currency, lines, terms, method, rates, applied, lowering)
        for lowering in lowerings(applied, lines, currency)
    ]
    cheapest = min(ways, key=lambda way: way.total)
    for code in (one for one in promotions if one.coupon_id):
        return replace(
            cheapest, coupon=_coupon(code, problems[code.promotion_id], cheapest)
        )
    return cheapest


def _cost(
    currency: str,
    lines: Sequence[Line],
    terms: ShopTerms,
    method: Method | None,
    rates: Mapping[str, Rate],
    promotions: Sequence[PromotionTerms],
    lowering: Lowering,
) -> ShopQuote:
    subtotal = sum((line.amount for line in lines), ZERO)
    discount = sum(lowering.discounts, ZERO)
    full_shipping = method.price_for(subtotal - discount) if method else ZERO
    shipping = ZERO if lowering.delivery else full_shipping
    taxed = [
        _tax_line(line, less, rates, terms.prices_include_tax, currency)
        for line, less in zip(lines, lowering.discounts, strict=True)
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
    waived: dict[UUID, Decimal] = {}
    # Unknown is not free already.
    if lowering.delivery and (full_shipping or method is None):
        waived[lowering.delivery.promotion_id] = full_shipping
    return ShopQuote(
        shop_id=terms.shop_id,
        name=terms.name,
        lines=tuple(taxed),
        method=method,
        coupon=None,
        discounts=tuple(
            DiscountQuote(
                promotion_id=one.promotion_id,
                coupon_id=one.coupon_id,
                name=one.name,
                code=one.code,
                goods=lowering.shares.get(one.promotion_id, ZERO),
                delivery=waived.get(one.promotion_id, ZERO),
            )
            for one in sorted(promotions, key=lambda one: (one.step, one.rank))
            if one.promotion_id in lowering.shares or one.promotion_id in waived
        ),
        subtotal=subtotal,
        discount=discount,
        shipping=shipping,
        tax=tax,
        included_tax=all_tax - tax,
        total=subtotal - discount + shipping + tax,
    )


def _coupon(code: PromotionTerms, problem: str, shop: ShopQuote) -> CouponQuote:
    assert code.coupon_id  # the caller asked
    used = [one for one in shop.discounts if one.coupon_id == code.coupon_id]
    if not used and not problem:
        problem = _("%(code)s takes nothing more off here.") % {"code": code.code}
    return CouponQuote(
        id=code.coupon_id,
        code=code.code,
        discount=sum((one.amount for one in used), ZERO),
        problem=problem,
    )


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
