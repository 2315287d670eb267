"""Prices, their history, and the lowest of the 30 days before a reduction."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.errors import InvalidPrice, NoSuchThing
from catalog.models import PriceChange
from catalog.queries.prices import price_reduction
from catalog.services.prices import set_price, write_price_history
from shop.ids import uuid7
from shop.models import GlobalEvent
from tests.factories.catalog import ProductFactory, ProductVariantFactory
from tests.factories.shop import ShopFactory

NOON = datetime(2030, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


def change(variant, price, *, days=0, compare=None, at=NOON):
    return set_price(
        variant_id=variant.pk,
        price=Decimal(price),
        compare_price=Decimal(compare) if compare else None,
        now=at + days * DAY,
    )


def history(variant):
    rows = PriceChange.objects.filter(variant_id=variant.pk).order_by("changed_at")
    return list(rows.values_list("old_price", "new_price"))


def lowest(variant, price, *, days):
    found = price_reduction(
        variant_id=variant.pk, price=Decimal(price), now=NOON + days * DAY
    )
    return (found.lowest, found.percent) if found else None


def test_price_changes_with_its_history_product_and_news():
    product = ProductFactory(price=10)
    variant = ProductVariantFactory(product=product, price=10)
    ProductVariantFactory(product=product, price=12, position=1)

    change(variant, "15.00", compare="18.00")

    variant.refresh_from_db()
    product.refresh_from_db()
    assert (variant.price, variant.compare_price) == (Decimal(15), Decimal(18))
    # The other one costs least now, and was never dearer.
    assert (product.price, product.compare_price) == (Decimal(12), None)
    assert history(variant) == [(Decimal(10), Decimal(15))]
    assert GlobalEvent.objects.get(event_type="product.price_changed").data == {
        "variant_id": str(variant.pk), "old_price": "10.00", "new_price": "15.00",
    }  # fmt: skip


def test_same_price_again_writes_nothing():
    variant = ProductVariantFactory(price=10)

    change(variant, "10.00")

    assert history(variant) == []
    assert not GlobalEvent.objects.filter(event_type="product.price_changed").exists()


def shown(product):
    product.refresh_from_db()
    return product.price, product.lowest_before


def test_product_knows_the_lowest_price_before_its_reduction():
    variant = ProductVariantFactory(price=100)
    write_price_history(variant=variant, old_price=None, now=NOON)
    change(variant, 90, days=35)
    change(variant, 120, days=40)

    change(variant, 80, days=60, compare=150)

    assert shown(variant.product) == (Decimal(80), Decimal(90))
    # The reduction goes on: what it is measured by was fixed when it began.
    change(variant, 80, days=100, compare=140)
    assert shown(variant.product) == (Decimal(80), Decimal(90))
    change(variant, 80, days=101)
    assert shown(variant.product) == (Decimal(80), None)
    change(variant, 95, days=102, compare=150)
    assert shown(variant.product) == (Decimal(95), None)


def test_reduction_shown_is_that_of_the_cheapest_variant():
    product = ProductFactory(price=100)
    dear = ProductVariantFactory(product=product, price=100)
    cheap = ProductVariantFactory(product=product, price=50, position=1)

    change(dear, 70, compare=100)
    assert shown(product) == (Decimal(50), None)
    change(cheap, 40, compare=60)
    assert shown(product) == (Decimal(40), Decimal(50))
    change(cheap, 90)
    assert shown(product) == (Decimal(70), Decimal(100))


@pytest.mark.parametrize("price", ["-0.01", "NaN", "Infinity", "1e12"])
def test_senseless_price_is_refused_with_nothing_written(price):
    variant = ProductVariantFactory(price=10)

    with pytest.raises(InvalidPrice):
        change(variant, price)

    variant.refresh_from_db()
    assert (variant.price, history(variant)) == (Decimal(10), [])


def test_price_is_rounded_as_its_currency_is():
    shop = ShopFactory(currency="JPY")
    variant = ProductVariantFactory(product=ProductFactory(shop=shop), price=10)

    change(variant, "99.5")

    variant.refresh_from_db()
    assert variant.price == Decimal(100)


def test_variant_that_is_gone_is_refused():
    with pytest.raises(NoSuchThing):
        set_price(variant_id=uuid7(), price=Decimal(1), compare_price=None, now=NOON)


@pytest.mark.django_db(transaction=True)
def test_prices_of_one_product_at_once_leave_it_at_the_lowest():
    product = ProductFactory(price=10)
    variants = ProductVariantFactory.create_batch(4, product=product, price=10)
    gate = Barrier(len(variants))

    def reprice(variant, price):
        try:
            gate.wait()
            change(variant, price)
        finally:
            connection.close()

    threads = [
        Thread(target=reprice, args=(variant, 20 + place))
        for place, variant in enumerate(variants)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    product.refresh_from_db()
    assert product.price == Decimal(20)


# ------------------------------------------------------------------ the 30 days before
def test_first_price_is_no_reduction():
    variant = ProductVariantFactory(price=10)
    write_price_history(variant=variant, old_price=None, now=NOON)

    assert lowest(variant, 10, days=1) is None


def test_lowest_is_of_the_days_before_the_reduction_not_before_today():
    variant = ProductVariantFactory(price=100)
    write_price_history(variant=variant, old_price=None, now=NOON)
    change(variant, 90, days=35)
    change(variant, 120, days=40)
    change(variant, 80, days=60)

    assert lowest(variant, 80, days=61) == (Decimal(90), 11)
    # A month later the reduction goes on, and nothing else may be said of it.
    assert lowest(variant, 80, days=100) == (Decimal(90), 11)


def test_price_that_stood_when_the_days_began_counts():
    variant = ProductVariantFactory(price=50)
    write_price_history(variant=variant, old_price=None, now=NOON)
    change(variant, 100, days=35)
    change(variant, 80, days=60)

    # 30 days before day 60 it still cost 50: 80 is no reduction.
    assert lowest(variant, 80, days=61) is None


def test_higher_price_is_no_reduction():
    variant = ProductVariantFactory(price=50)
    change(variant, 80, days=1, compare=100)

    assert lowest(variant, 80, days=2) is None


def test_price_without_history_says_nothing():
    assert lowest(ProductVariantFactory(price=5), 5, days=1) is None


def naive(changes, now):
    """Price in force at every hour, as a list, and the least of 30 days of them."""
    first = next((old for old, _, _ in changes), None)
    in_force = first
    prices = []
    for hour in range(now + 1):
        for _, new, at in changes:
            if at == hour:
                in_force = new
        prices.append(in_force)
    price = prices[now]
    began = now
    while began > 0 and prices[began - 1] == price:
        began -= 1
    before = prices[max(0, began - 720) : began]
    # Before the first hour stood what the first change names as old.
    if began - 720 < 0 and first is not None and began > 0:
        before.append(first)
    known = [p for p in before if p is not None]
    return min(known) if known else None


prices = st.integers(1, 9).map(lambda tens: Decimal(tens * 10))


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    opening=st.one_of(st.none(), prices),
    steps=st.lists(st.tuples(st.integers(1, 900), prices), min_size=1, max_size=8),
    wait=st.integers(0, 900),
)
def test_lowest_price_is_what_a_naive_count_finds(opening, steps, wait):
    variant_id, product_id = uuid7(), uuid7()
    changes, hour, old = [], 0, opening
    for gap, price in steps:
        hour += gap
        changes.append((old, price, hour))
        old = price
    start = NOON - timedelta(hours=hour + wait)
    PriceChange.objects.bulk_create(
        PriceChange(
            variant_id=variant_id, product_id=product_id, old_price=old_price,
            new_price=price, changed_at=start + timedelta(hours=at),
        )
        for old_price, price, at in changes
    )  # fmt: skip

    found = price_reduction(variant_id=variant_id, price=old, now=NOON)

    expected = naive(changes, hour + wait)
    if expected is not None and expected <= old:
        expected = None
    assert (found.lowest if found else None) == expected
