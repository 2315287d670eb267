"""How promotions add up: pure functions of a shop's lines and of what it promises.

The rules, and why they are these, stand in docs/decisions/0013-promotions.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum
from itertools import product
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from orders.conditions import Conditions
from orders.models import PromotionKind
from shop.money import format_money, round_money, split_money

if TYPE_CHECKING:
    from orders.pricing import Line

ZERO = Decimal("0.00")
WHOLE = Decimal(100)


class Step(IntEnum):
    """In this order, each on what the one before has left."""

    ITEMS = 1
    ORDER = 2
    DELIVERY = 3


@dataclass(frozen=True, kw_only=True)
class PromotionTerms:
    """A promotion, with the code that brought it, or without one.

    categories, get_categories: slugs, with all below those that the conditions name.
    problem: why it takes nothing off, for a person.
    """

    promotion_id: UUID
    shop_id: UUID
    name: str
    kind: str
    value: Decimal
    conditions: Conditions = field(default_factory=Conditions)
    categories: frozenset[str] = frozenset()
    get_categories: frozenset[str] = frozenset()
    is_combinable: bool = True
    promotion_usage_limit: int | None = None
    promotion_usage_limit_per_user: int | None = None
    coupon_id: UUID | None = None
    code: str = ""
    usage_limit: int | None = None
    usage_limit_per_user: int | None = None
    problem: str = ""

    @property
    def step(self) -> Step:
        if self.kind == PromotionKind.FREE_SHIPPING:
            return Step.DELIVERY
        if self.kind == PromotionKind.BUY_X_GET_Y or self.conditions.names_goods:
            return Step.ITEMS
        return Step.ORDER

    @property
    def rank(self) -> tuple[bool, UUID]:
        """Of equally good ones the first: a code's use is spared, then the older counts."""
        return self.coupon_id is not None, self.promotion_id

    def covers(self, line: Line) -> bool:
        if not self.conditions.names_goods:
            return True
        return (
            line.product_id in self.conditions.products
            or line.category in self.categories
        )

    def gives(self, line: Line) -> bool:
        """Whether buy x get y makes units of the line cost less."""
        if not self.conditions.names_gifts:
            return self.covers(line)
        return (
            line.product_id in self.conditions.get_products
            or line.category in self.get_categories
        )


@dataclass(frozen=True, kw_only=True)
class Lowering:
    """What some promotions take off together, by line in the lines' order.

    shares: of goods, by promotion. delivery: the one that makes it free.
    """

    discounts: tuple[Decimal, ...]
    shares: Mapping[UUID, Decimal] = field(default_factory=dict)
    delivery: PromotionTerms | None = None


def refusal(terms: PromotionTerms, lines: Sequence[Line], currency: str) -> str:
    """Why a promotion takes nothing off these lines; empty when they meet its conditions."""
    if terms.problem:
        return terms.problem
    named = {"code": terms.code or terms.name}
    covered = [line for line in lines if terms.covers(line)]
    if not covered:
        return _("%(code)s is for other products.") % named
    asked = terms.conditions
    if sum((line.amount for line in covered), ZERO) < asked.minimum:
        amount = format_money(asked.minimum, currency)
        return _("%(code)s needs at least %(amount)s.") % {**named, "amount": amount}
    if sum(line.quantity for line in covered) < asked.minimum_units:
        return ngettext(
            "%(code)s needs at least %(units)d item.",
            "%(code)s needs at least %(units)d items.",
            asked.minimum_units,
        ) % {**named, "units": asked.minimum_units}
    if terms.kind == PromotionKind.BUY_X_GET_Y and not _groups(terms, lines):
        given = _(
            "For %(code)s put %(buy)d and the %(get)d that cost less in the cart."
        )
        return given % {**named, "buy": asked.buy, "get": asked.get}
    if terms.step == Step.DELIVERY and not any(
        line.requires_shipping for line in lines
    ):
        return _("%(code)s is for delivery, and nothing here is sent.") % named
    return ""


def lowerings(
    promotions: Sequence[PromotionTerms], lines: Sequence[Line], currency: str
) -> Iterator[Lowering]:
    """Every way to use promotions that apply, the fullest first; none of them last."""
    # The order of the items decides nothing, not even who gets a cent of a remainder.
    places = sorted(range(len(lines)), key=lambda place: lines[place].variant_id)
    in_order = [lines[place] for place in places]
    for lowering in _lowerings(sorted(promotions, key=_rank), in_order, currency):
        by_place = dict(zip(places, lowering.discounts, strict=True))
        yield Lowering(
            discounts=tuple(by_place[place] for place in range(len(lines))),
            shares=lowering.shares,
            delivery=lowering.delivery,
        )


def _rank(terms: PromotionTerms) -> tuple[bool, UUID]:
    return terms.rank


def _lowerings(
    promotions: Sequence[PromotionTerms], lines: Sequence[Line], currency: str
) -> Iterator[Lowering]:
    together = [terms for terms in promotions if terms.is_combinable]
    alone = [terms for terms in promotions if not terms.is_combinable]
    steps = {terms.step for terms in together}
    choices = [(step, None) if step in steps else (None,) for step in Step]
    for chosen in product(*choices):
        if any(chosen):
            used = [terms for terms in together if terms.step in chosen]
            yield _lowering(used, lines, currency)
    for terms in alone:
        yield _lowering([terms], lines, currency)
    yield Lowering(discounts=(ZERO,) * len(lines))


def _lowering(
    promotions: Sequence[PromotionTerms], lines: Sequence[Line], currency: str
) -> Lowering:
    """Those promotions step by step: of each line, of what is left, of delivery."""
    discounts = [ZERO] * len(lines)
    winners: list[UUID | None] = [None] * len(lines)
    for terms in (one for one in promotions if one.step == Step.ITEMS):
        for place, off in enumerate(_off_items(terms, lines, currency)):
            if off > discounts[place]:
                discounts[place], winners[place] = off, terms.promotion_id
    shares: dict[UUID, Decimal] = {}
    for winner, off in zip(winners, discounts, strict=True):
        if winner:
            shares[winner] = shares.get(winner, ZERO) + off
    rest = [line.amount - off for line, off in zip(lines, discounts, strict=True)]
    best: tuple[Decimal, PromotionTerms] | None = None
    for terms in (one for one in promotions if one.step == Step.ORDER):
        off = _off_amount(terms, sum(rest, ZERO), currency)
        if off > (best[0] if best else ZERO):
            best = off, terms
    if best:
        off, terms = best
        parts = split_money(off, rest, currency)
        discounts = [a + b for a, b in zip(discounts, parts, strict=True)]
        shares[terms.promotion_id] = off
    delivery = [one for one in promotions if one.step == Step.DELIVERY]
    return Lowering(
        discounts=tuple(discounts),
        shares=shares,
        delivery=delivery[0] if delivery else None,
    )


def _off_items(
    terms: PromotionTerms, lines: Sequence[Line], currency: str
) -> list[Decimal]:
    """What a promotion by itself takes off each line at its full price."""
    if terms.kind == PromotionKind.BUY_X_GET_Y:
        return _off_gifts(terms, lines, currency)
    weights = [line.amount if terms.covers(line) else ZERO for line in lines]
    covered = sum(weights, ZERO)
    if not covered:
        return [ZERO] * len(lines)
    return split_money(_off_amount(terms, covered, currency), weights, currency)


def _off_amount(terms: PromotionTerms, amount: Decimal, currency: str) -> Decimal:
    """Never more than the amount."""
    if terms.kind == PromotionKind.PERCENTAGE:
        off = round_money(amount * terms.value / WHOLE, currency)
    else:
        off = round_money(terms.value, currency)
    return min(off, amount)


def _off_gifts(
    terms: PromotionTerms, lines: Sequence[Line], currency: str
) -> list[Decimal]:
    """The cheapest units cost `value` per cent less; without a value, nothing."""
    left = _groups(terms, lines) * terms.conditions.get
    share = (terms.value or WHOLE) / WHOLE
    discounts = [ZERO] * len(lines)
    for place in _cheapest_first(terms, lines):
        units = min(left, lines[place].quantity)
        discounts[place] = round_money(lines[place].price * units * share, currency)
        left -= units
    return discounts


def _groups(terms: PromotionTerms, lines: Sequence[Line]) -> int:
    """How many times all of `buy` and all of `get` are there, no unit counted twice."""
    buy, get = terms.conditions.buy, terms.conditions.get
    if buy < 1 or get < 1:
        return 0
    given = [lines[place] for place in _cheapest_first(terms, lines)]
    bought = sum(line.quantity for line in lines if terms.covers(line))
    most = min(bought // buy, sum(line.quantity for line in given) // get)

    def fits(groups: int) -> bool:
        left, both = groups * get, 0
        for line in given:
            units = min(left, line.quantity)
            both += units if terms.covers(line) else 0
            left -= units
        return bought - both >= groups * buy

    # What fits three times fits twice: look in the middle.
    least = 0
    while least < most:
        middle = (least + most + 1) // 2
        if fits(middle):
            least = middle
        else:
            most = middle - 1
    return least


def _cheapest_first(terms: PromotionTerms, lines: Sequence[Line]) -> list[int]:
    places = [place for place, line in enumerate(lines) if terms.gives(line)]
    return sorted(
        places, key=lambda place: (lines[place].price, lines[place].variant_id)
    )
