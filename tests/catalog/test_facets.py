"""Filters of a list: what they leave, and what each of their values would."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict

from catalog.forms import read_filters
from catalog.models import Product
from catalog.queries import facets as queries
from catalog.queries.facets import Facets, Filters, Value
from catalog.queries.listings import Listing, list_products, subtree
from tests.factories.catalog import (
    BrandFactory,
    CategoryFactory,
    ProductFactory,
    ProductVariantFactory,
)
from tests.factories.shop import ShopFactory

pytestmark = pytest.mark.django_db


def sell(name: str, *, stock: int = 5, **product: Any) -> Product:
    made: Product = ProductFactory(name=name, **product)
    ProductVariantFactory(product=made, inventory_quantity=stock)
    return made


def facts(**words: Any) -> dict[str, Any]:
    return {"facts": words}


def listed(sort: str = "new", **filters: Any) -> Listing:
    return list_products(
        products=Product.objects.on_sale(),
        subtree=subtree(category_id=None),
        filters=Filters(**filters),
        sort=sort,
        number=1,
    )


def names(listing: Listing) -> list[str]:
    return sorted(card.name for card in listing.cards)


def counts(values: list[Value]) -> dict[str, int]:
    return {value.label: value.count for value in values}


@pytest.fixture
def lamps() -> None:
    """Four lamps: two colours, two brands, one sold out, one reduced."""
    oak, ash = (
        BrandFactory(name="Oak", slug="oak"),
        BrandFactory(name="Ash", slug="ash"),
    )
    sell("a", brand=oak, attributes=facts(Colour="Red"), price=10, rating_average=5)
    sell("b", brand=oak, attributes=facts(Colour="Blue"), price=20, stock=0)
    sell("c", brand=ash, attributes=facts(Colour="Red"), price=30, lowest_before=40)
    sell("d", brand=ash, attributes=facts(Colour="Blue", Glow=True), price=40)


# ------------------------------------------------------------------ what is left
@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"brands": ("oak",)}, ["a", "b"]),
        ({"brands": ("ash", "oak")}, ["a", "b", "c", "d"]),
        ({"facts": {"Colour": ("Red",)}}, ["a", "c"]),
        ({"facts": {"Colour": ("Blue", "Red")}}, ["a", "b", "c", "d"]),
        ({"brands": ("oak",), "facts": {"Colour": ("Red",)}}, ["a"]),
        ({"facts": {"Colour": ("Red",), "Glow": ("true",)}}, []),
        ({"in_stock": True}, ["a", "c", "d"]),
        ({"on_sale": True}, ["c"]),
        ({"rating": 4}, ["a"]),
        ({"least": Decimal(20), "most": Decimal(30)}, ["b", "c"]),
        ({"least": Decimal(30)}, ["c", "d"]),
        ({"most": Decimal("10.00")}, ["a"]),
        ({"most": Decimal(100), "currency": "JPY"}, []),
        ({"brands": ("no-such",)}, []),
        ({"categories": ("no-such",)}, []),
    ],
)
def test_filters_leave_what_has_all_of_them(lamps, filters, expected):
    listing = listed(**filters)

    assert names(listing) == expected
    assert listing.count == len(expected)


def test_shop_and_category_filter_by_slug_and_what_is_below():
    home = CategoryFactory(slug="home")
    light = CategoryFactory(parent=home)
    shop = ShopFactory(slug="lumen")
    sell("in both", category=light, shop=shop)
    sell("in the category", category=home)
    sell("in the shop", shop=shop)

    assert names(listed(categories=("home",))) == ["in both", "in the category"]
    assert names(listed(shops=("lumen",), categories=("home",))) == ["in both"]


def test_fact_may_have_several_words():
    sell("one", attributes=facts(Colour=["Red", "Blue"]))
    sell("other", attributes=facts(Colour="Green"))

    listing = listed(facts={"Colour": ("Blue",)})

    assert names(listing) == ["one"]
    assert counts(listing.facets.facts["Colour"]) == {"Blue": 1, "Red": 1, "Green": 1}


def test_option_of_variants_filters_like_a_fact():
    shirt = ProductFactory(name="shirt", option_names=["Colour", "Size"])
    for size in ("S", "M"):
        ProductVariantFactory(product=shirt, option1="Red", option2=size)
    sell("scarf", attributes=facts(Colour="Red"))
    sell("hat", attributes=facts(Colour="Blue"))

    listing = listed(facts={"Colour": ("Red",)})

    assert names(listing) == ["scarf", "shirt"]
    assert counts(listing.facets.facts["Colour"]) == {"Red": 2, "Blue": 1}
    assert counts(listing.facets.facts["Size"]) == {"M": 1, "S": 1}
    assert names(listed(facts={"Size": ("M", "S")})) == ["shirt"]
    # A colour is no size, in whichever column it stands.
    assert names(listed(facts={"Size": ("Red",)})) == []


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"facts": None},
        {"facts": "Red"},
        {"facts": ["Red"]},
        {"facts": {"Colour": {}}},
    ],
)
def test_attributes_of_another_shape_are_no_facts(attributes):
    sell("odd", attributes=attributes)

    assert listed().facets.facts == {}
    assert names(listed(facts={"Colour": ("Red",)})) == []


# ------------------------------------------------------------------ counts
def test_count_of_a_value_ignores_its_own_filter_and_heeds_the_others(lamps):
    facets = listed(brands=("oak",), facts={"Colour": ("Red",)}).facets

    assert counts(facets.brands) == {"Oak": 1, "Ash": 1}
    assert counts(facets.facts["Colour"]) == {"Red": 1, "Blue": 1}
    assert (facets.found, facets.in_stock, facets.on_sale) == (1, 1, 0)


def test_counts_of_flags_ratings_and_prices_ignore_themselves(lamps):
    everything = listed().facets
    facets = listed(in_stock=True, rating=4, least=Decimal(1), currency="USD").facets

    assert (everything.in_stock, everything.on_sale) == (3, 1)
    assert everything.ratings == {4: 1, 3: 1, 2: 1}
    assert facets.in_stock == 1
    assert facets.ratings == {4: 1, 3: 1, 2: 1}
    assert [(p.least, p.most) for p in facets.prices] == [(Decimal(10), Decimal(10))]
    assert [(p.least, p.most) for p in everything.prices] == [
        (Decimal(10), Decimal(40))
    ]


def test_chosen_brand_keeps_its_name_where_nothing_is_left(lamps):
    facets = listed(brands=("oak",), facts={"Colour": ("Green",)}).facets

    assert counts(facets.brands) == {"Oak": 0}


def test_what_is_hidden_is_not_counted(lamps):
    sell("draft", status="draft", attributes=facts(Colour="Red"))
    sell("closed", shop=ShopFactory(status="suspended"), attributes=facts(Colour="Red"))

    assert counts(listed().facets.facts["Colour"]) == {"Red": 2, "Blue": 2}


def test_large_set_is_bounded_and_says_so(lamps, monkeypatch):
    monkeypatch.setattr(queries, "MOST_COUNTED", 3)

    listing = listed()

    assert (listing.count, listing.facets.is_bounded) == (3, True)


def test_empty_set_has_empty_facets():
    assert listed().facets == Facets(
        found=0, is_bounded=False, brands=[], shops=[], facts={}, by_category={},
        prices=[], in_stock=0, on_sale=0, ratings={4: 0, 3: 0, 2: 0},
    )  # fmt: skip


# ------------------------------------------------------------------ currencies
@pytest.fixture
def two_currencies(settings) -> None:
    settings.MARKET_CURRENCY = "USD"
    sell("dear dollars", price=50, shop=ShopFactory(currency="USD"))
    sell("cheap dollars", price=5, shop=ShopFactory(currency="USD"))
    yen = ShopFactory(currency="JPY")
    sell("dear yen", price=900, shop=yen)
    sell("fair yen", price=40, shop=yen)
    sell("cheap yen", price=6, shop=yen)


def test_price_is_of_one_currency(two_currencies):
    listing = listed(least=Decimal(10), most=Decimal(100), currency="JPY")

    assert names(listing) == ["fair yen"]
    assert [(p.currency, p.count) for p in listing.facets.prices] == [
        ("JPY", 3),
        ("USD", 2),
    ]


def test_price_without_currency_is_in_the_markets(two_currencies):
    listing = listed(least=Decimal(10))

    assert names(listing) == ["dear dollars"]
    assert listing.filters.currency == "USD"


def test_price_without_currency_is_in_the_only_one_there_is():
    sell("yen", price=900, shop=ShopFactory(currency="JPY"))

    assert listed(least=Decimal(10)).filters.currency == "JPY"


def test_prices_of_several_currencies_are_sorted_each_for_itself(two_currencies):
    listing = listed(sort="price")

    assert [card.name for card in listing.cards] == [
        "cheap dollars", "dear dollars", "cheap yen", "fair yen", "dear yen",
    ]  # fmt: skip
    assert listing.is_mixed


# ------------------------------------------------------------------ addresses
@pytest.mark.parametrize(
    "query",
    [
        "brand=%00&shop=a%20b&category=%F0%9F%8F%AE&f.Colour=%00&f.=x&f.%00=x",
        "min=abc&max=-5&currency=usd&rating=9&stock=yes&sale=on",
        "min=1e9&max=nan&rating=%D9%A3",
        "min=9999999999999999999999&max=" + "9" * 5000,
        "f." + "x" * 100_000 + "=1&f.Colour=" + "y" * 100_000,
        "currency=EUR",
        "brand=&min=&max=&f.Colour=",
    ],
)
def test_nonsense_is_left_out(query):
    assert read_filters(QueryDict(query)) == Filters()


def test_repeats_are_bounded_and_each_counts_once():
    many = "&".join(f"brand=b{n}&f.Colour=c{n}&f.n{n}=x" for n in range(200))

    filters = read_filters(QueryDict(many + "&brand=b1&brand=b1"))

    assert len(filters.brands) == len(set(filters.brands)) == 20
    assert len(filters.facts) == 8
    assert len(filters.facts["Colour"]) == 20


def test_amounts_are_read_as_people_write_them():
    filters = read_filters(QueryDict("min=19,90&max=5.5"))

    assert (filters.least, filters.most) == (Decimal("5.5"), Decimal("19.90"))
