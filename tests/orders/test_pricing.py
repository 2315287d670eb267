"""What promotions take off, alone and together: properties of every cart, and named cases."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.conditions import Conditions, ConditionsUnreadable
from orders.discounts import PromotionTerms
from orders.models import PromotionKind
from orders.pricing import Line, Method, Quote, Rate, ShopTerms, quote

SHOP = UUID(int=1)
KINDS = [kind.value for kind in PromotionKind]
CATEGORIES = ("pots", "cups", "")


def key(name: str) -> UUID:
    return uuid5(SHOP, name)


def line(name: str, price: str, quantity: int = 1, **values: Any) -> Line:
    return Line(
        variant_id=key(name),
        product_id=key(f"product {name}"),
        shop_id=SHOP,
        quantity=quantity,
        price=Decimal(price),
        **values,
    )


def promotion(number: int = 1, **values: Any) -> PromotionTerms:
    values.setdefault("kind", "percentage")
    code = values.get("code", "")
    return PromotionTerms(
        promotion_id=UUID(int=number),
        shop_id=SHOP,
        name=f"Promotion {number}",
        value=Decimal(str(values.pop("value", 0))),
        coupon_id=UUID(int=1000 + number) if code else None,
        **values,
    )


def costs(
    lines: list[Line],
    *promotions: PromotionTerms,
    method: Method | None = None,
    rates: tuple[Rate, ...] = (),
    is_included: bool = True,
) -> Quote:
    return quote(
        currency="EUR",
        lines=lines,
        shops={
            SHOP: ShopTerms(shop_id=SHOP, name="Pots", prices_include_tax=is_included)
        },
        methods={SHOP: method} if method else {},
        promotions={SHOP: promotions},
        rates=rates,
    )


def post(price: str, free_from: str | None = None) -> Method:
    return Method(
        id=key("post"),
        name="Post",
        price=Decimal(price),
        free_from=Decimal(free_from) if free_from else None,
    )


def named(made: Quote) -> dict[str, Decimal]:
    return {one.label: one.amount for one in made.shops[0].discounts}


# ------------------------------------------------------------------ every cart

amounts = st.decimals(0, 200, places=2)


@st.composite
def carts(draw: Any) -> list[Line]:
    return [
        Line(
            variant_id=key(f"v{place}"),
            product_id=key(f"p{place // 2}"),
            shop_id=SHOP,
            quantity=draw(st.integers(1, 7)),
            price=draw(amounts),
            category=draw(st.sampled_from(CATEGORIES)),
            taxable=draw(st.booleans()),
            requires_shipping=draw(st.booleans()),
        )
        for place in range(draw(st.integers(1, 5)))
    ]


@st.composite
def promises(draw: Any) -> list[PromotionTerms]:
    found = []
    for number in range(1, draw(st.integers(0, 5)) + 1):
        kind = draw(st.sampled_from(KINDS))
        most = 100 if kind in ("percentage", "buy_x_get_y") else 300
        products = draw(st.lists(st.sampled_from([key("p0"), key("p1")]), max_size=1))
        found.append(
            promotion(
                number,
                kind=kind,
                value=draw(st.decimals(0, most, places=2)),
                categories=frozenset(draw(st.sets(st.sampled_from(CATEGORIES[:2])))),
                get_categories=frozenset(
                    draw(st.sets(st.sampled_from(CATEGORIES[:2])))
                ),
                conditions=Conditions(
                    products=tuple(products),
                    categories=draw(st.sampled_from([(), ("some",)])),
                    get_categories=draw(st.sampled_from([(), ("some",)])),
                    minimum=draw(st.sampled_from([Decimal(0), Decimal(50)])),
                    minimum_units=draw(st.sampled_from([0, 0, 3])),
                    buy=draw(st.integers(0, 3)),
                    get=draw(st.integers(0, 2)),
                ),
                is_combinable=draw(st.booleans()),
                # Of a shop a cart has one code.
                code="CODE" if number == 1 and draw(st.booleans()) else "",
            )
        )
    return found


sendings = st.one_of(
    st.none(),
    st.builds(
        lambda price, free: Method(
            id=key("post"), name="Post", price=price, free_from=free
        ),
        st.decimals(0, 20, places=2),
        st.one_of(st.none(), st.decimals(0, 300, places=2)),
    ),
)
RATES = (
    Rate(
        province="",
        tax_class="standard",
        rate=Decimal("0.19"),
        applies_to_shipping=True,
    ),
)


@given(carts(), promises(), sendings, st.booleans())
def test_sums_hold_and_nothing_is_dearer_for_a_discount(
    lines: list[Line],
    promotions: list[PromotionTerms],
    method: Method | None,
    is_included: bool,
) -> None:
    terms: dict[str, Any] = {"method": method, "rates": RATES}
    made = costs(lines, *promotions, is_included=is_included, **terms).shops[0]
    plain = costs(lines, is_included=is_included, **terms).shops[0]

    assert made.total <= plain.total
    assert all(0 <= one.discount <= one.amount for one in made.lines)
    assert sum(one.discount for one in made.lines) == made.discount
    assert made.total == made.subtotal - made.discount + made.shipping + made.tax
    # Every cent taken off has a name.
    waived = (
        (method.price_for(made.subtotal - made.discount) - made.shipping)
        if method and any(one.requires_shipping for one in lines)
        else 0
    )
    assert sum(one.amount for one in made.discounts) == made.discount + waived


@given(carts(), promises(), sendings)
def test_together_they_are_worth_the_best_of_them_at_least(
    lines: list[Line], promotions: list[PromotionTerms], method: Method | None
) -> None:
    alone = [costs(lines, one, method=method, rates=RATES).total for one in promotions]

    assert costs(lines, *promotions, method=method, rates=RATES).total <= min(
        alone, default=costs(lines, method=method, rates=RATES).total
    )


@given(carts(), promises(), sendings, st.randoms())
def test_no_order_of_items_or_promotions_decides(
    lines: list[Line],
    promotions: list[PromotionTerms],
    method: Method | None,
    chance: Any,
) -> None:
    made = costs(lines, *promotions, method=method).shops[0]
    chance.shuffle(lines)
    chance.shuffle(promotions)
    again = costs(lines, *promotions, method=method).shops[0]

    assert again.discounts == made.discounts
    assert {one.variant_id: one for one in again.lines} == {
        one.variant_id: one for one in made.lines
    }


# ------------------------------------------------------------------ kinds


def test_an_amount_larger_than_the_items_stops_at_nothing() -> None:
    made = costs([line("pot", "10")], promotion(kind="fixed", value=25))

    assert (made.total, named(made)) == (Decimal(0), {"Promotion 1": Decimal("10.00")})


def test_shares_of_an_amount_sum_to_it() -> None:
    lines = [line("a", "10"), line("b", "10"), line("c", "10")]
    made = costs(lines, promotion(kind="fixed", value=10))

    assert sorted(one.discount for one in made.shops[0].lines) == [
        Decimal("3.33"), Decimal("3.33"), Decimal("3.34"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("units", "off"), [(2, "0"), (3, "5"), (5, "5"), (6, "10"), (9, "15")]
)
def test_of_whole_groups_the_cheapest_cost_nothing(units: int, off: str) -> None:
    lines = [line("dear", "8", units - units // 3), line("cheap", "5", units // 3)]
    given_away = promotion(kind="buy_x_get_y", conditions=Conditions(buy=2, get=1))

    made = costs([one for one in lines if one.quantity], given_away)

    assert made.discount == Decimal(off)


def test_other_products_are_given_for_what_is_bought() -> None:
    lines = [line("pot", "40", 2), line("cup", "6", 3), line("tray", "1")]
    for_pots = promotion(
        kind="buy_x_get_y",
        value=50,
        conditions=Conditions(
            products=(key("product pot"),),
            get_products=(key("product cup"),),
            buy=1,
            get=1,
        ),
    )

    made = costs(lines, for_pots)

    assert [one.discount for one in made.shops[0].lines] == [0, Decimal("6.00"), 0]


def test_no_unit_is_bought_and_given_at_once() -> None:
    both = promotion(
        kind="buy_x_get_y",
        conditions=Conditions(buy=1, get=1, get_products=(key("product pot"),)),
    )

    assert costs([line("pot", "10", 3)], both).discount == Decimal(10)


def test_free_delivery_is_counted_where_there_was_a_price() -> None:
    free = promotion(kind="free_shipping")
    pot = [line("pot", "10")]

    assert named(costs(pot, free, method=post("4.95"))) == {
        "Promotion 1": Decimal("4.95")
    }
    assert named(costs(pot, free, method=post("4.95", "5"))) == {}
    assert named(costs(pot, free)) == {"Promotion 1": Decimal(0)}


# ------------------------------------------------------------------ together


def test_a_line_is_lowered_once_by_the_best_and_then_by_the_order() -> None:
    lines = [line("pot", "100", category="pots"), line("cup", "10", category="cups")]
    pots = promotion(
        1, value=10, conditions=Conditions(categories=("x",)), categories={"pots"}
    )
    the_pot = promotion(
        2, value=20, conditions=Conditions(products=(key("product pot"),))
    )
    order = promotion(3, value=50)

    made = costs(lines, pots, the_pot, order)

    assert named(made) == {"Promotion 2": Decimal(20), "Promotion 3": Decimal(45)}
    assert made.total == Decimal(45)


def test_one_that_stands_alone_is_used_where_it_is_worth_more() -> None:
    pot = [line("pot", "100")]
    small, other = promotion(1, value=10), promotion(2, kind="fixed", value=5)
    alone = promotion(3, value=30, is_combinable=False, code="ALONE")

    assert named(costs(pot, small, other, alone)) == {"ALONE": Decimal(30)}


def test_a_code_that_is_worth_less_is_spared_and_says_so() -> None:
    pot = [line("pot", "100")]
    code = promotion(1, value=10, code="TEN")
    automatic = promotion(2, value=10)

    made = costs(pot, code, automatic).shops[0]

    assert [one.label for one in made.discounts] == ["Promotion 2"]
    assert made.coupon is not None
    assert made.coupon.problem == "TEN takes nothing more off here."


def test_a_discount_that_would_cost_free_delivery_is_left_out() -> None:
    lines = [line("pot", "50")]
    code = promotion(kind="fixed", value=1, code="ONE")

    made = costs(lines, code, method=post("4.95", "50"))

    assert (made.total, named(made)) == (Decimal(50), {})


@pytest.mark.parametrize(
    ("conditions", "problem"),
    [
        ({"products": (key("other"),)}, "TEN is for other products."),
        ({"minimum": Decimal(30)}, "TEN needs at least €30.00."),
        ({"minimum_units": 3}, "TEN needs at least 3 items."),
    ],
)
def test_a_code_says_what_it_asks_for(conditions: Any, problem: str) -> None:
    code = promotion(value=10, code="TEN", conditions=Conditions(**conditions))

    coupon = costs([line("pot", "10", 2)], code).shops[0].coupon

    assert coupon is not None
    assert (coupon.discount, coupon.problem) == (0, problem)


# ------------------------------------------------------------------ the document


def test_conditions_are_written_as_they_are_read() -> None:
    asked = Conditions(
        products=(key("a"),),
        categories=("pots",),
        minimum=Decimal("30.50"),
        minimum_units=2,
        buy=2,
        get=1,
    )

    assert Conditions.read(asked.as_document()) == asked
    assert Conditions().as_document() == {}


@pytest.mark.parametrize(
    "document",
    [
        [],
        {"prodcuts": []},
        {"products": "all"},
        {"products": ["pot"]},
        {"categories": [1]},
        {"minimum": "-1"},
        {"minimum": "NaN"},
        {"minimum": "much"},
        {"buy": 1.5},
        {"get": 10**9},
        {"customers": "friends"},
    ],
)
def test_what_cannot_be_read_is_not_guessed(document: Any) -> None:
    with pytest.raises(ConditionsUnreadable):
        Conditions.read(document)
