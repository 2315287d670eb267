"""What each promotion brought in: exact by day, kept right, and shown to its shop alone."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Sum
from django.test import Client
from django.urls import reverse

from analytics.models import Conversion, RollupMark, RollupRun, ShopMetricsDaily
from analytics.queries.promotions import (
    PromotionDay,
    best_promotions_of,
    promotion_results,
)
from analytics.rollups import ROLLUPS
from analytics.services.rollups import collect_marks, work_off
from orders.models import Order, OrderCoupon, Promotion
from shop.models import Shop
from tests.analytics.oracle import assert_exact
from tests.factories.catalog import ProductFactory, ProductVariantFactory
from tests.factories.orders import (
    CouponFactory,
    OrderCouponFactory,
    OrderFactory,
    OrderItemFactory,
    PromotionFactory,
)
from tests.factories.shop import ShopFactory
from tests.factories.users import ShopMemberFactory
from tests.orders.purchases import buy

pytestmark = pytest.mark.django_db
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TODAY = date(2030, 1, 1)


def consume() -> None:
    collect_marks()
    assert work_off(rollups=list(ROLLUPS.values()))


def used(
    *promotions: Promotion,
    at: datetime = NOON,
    paid: int = 30,
    off: int = 3,
    **more: Any,
) -> Order:
    """An order that used all of them."""
    order = OrderFactory.create(
        shop=promotions[0].shop,
        event_time=at,
        subtotal_price=Decimal(paid + off * len(promotions)),
        total_discount=Decimal(off * len(promotions)),
        **more,
    )
    OrderItemFactory.create(order=order)
    for promotion in promotions:
        OrderCouponFactory.create(
            order=order, coupon=None, promotion=promotion, discount=Decimal(off)
        )
    return order


def cells() -> list[tuple[Any, ...]]:
    rows = Conversion.objects.order_by("date", "source_id")
    return list(
        rows.values_list("date", "source_id", "conversions", "revenue", "discount")
    )


def test_each_promotion_has_the_orders_that_stand() -> None:
    tea, pots = PromotionFactory.create_batch(2, shop=ShopFactory.create())
    used(tea)
    used(tea, pots, paid=50)
    used(tea, at=NOON + DAY)
    used(tea, status="cancelled")
    used(tea, deleted_at=NOON)
    credit_note = OrderFactory.create(shop=tea.shop, event_time=NOON)
    OrderCouponFactory.create(order=credit_note, coupon=None, promotion=tea)

    consume()

    assert cells() == [
        (TODAY, tea.pk, 2, Decimal(80), Decimal(6)),
        (TODAY, pots.pk, 1, Decimal(50), Decimal(3)),
        (TODAY + DAY, tea.pk, 1, Decimal(30), Decimal(3)),
    ]
    assert_exact()


def test_promotions_add_up_to_what_the_shop_gave_and_its_free_deliveries() -> None:
    shop = ShopFactory.create(country="KE")
    product = ProductFactory.create(shop=shop)
    pot = ProductVariantFactory.create(
        product=product, price=Decimal(100), inventory_quantity=9
    )
    always = {"promotion__shop": shop, "promotion__starts_at": NOON - DAY}
    CouponFactory.create(code="TEA", **always)
    PromotionFactory.create(
        shop=shop, kind="free_shipping", is_automatic=True, starts_at=NOON - DAY
    )
    [order] = buy({pot: 2}, coupons=("TEA",))
    waived = OrderCoupon.objects.get(order=order, promotion__kind="free_shipping")

    consume()

    day = ShopMetricsDaily.objects.get(shop_id=shop.pk, order_count=1)
    total = Conversion.objects.aggregate(
        uses=Sum("conversions"), paid=Sum("revenue"), off=Sum("discount")
    )
    assert waived.discount > 0
    assert total["uses"] == day.promotion_usage_count == 2
    assert total["off"] == day.promotion_discount + waived.discount
    # Both brought the same order.
    assert total["paid"] == 2 * day.promotion_revenue


def test_an_order_cancelled_late_is_taken_out_of_its_day() -> None:
    promotion = PromotionFactory.create()
    order = used(promotion)
    used(promotion, at=NOON + 40 * DAY)
    consume()

    Order.objects.filter(pk=order.pk).update(status="cancelled")
    collect_marks()
    waiting = RollupRun.objects.filter(rollup="fact_conversions", status="pending")
    assert [run.period_start.date() for run in waiting] == [TODAY]
    consume()

    assert [row[0] for row in cells()] == [TODAY + 40 * DAY]


def test_a_use_that_is_corrected_is_counted_anew() -> None:
    tea, pots = PromotionFactory.create_batch(2, shop=ShopFactory.create())
    order = used(tea)
    consume()

    OrderCoupon.objects.filter(order=order).update(customer=order.customer)
    assert not RollupMark.objects.exists()

    OrderCoupon.objects.filter(order=order).update(promotion=pots, discount=7)
    consume()

    assert cells() == [(TODAY, pots.pk, 1, Decimal(30), Decimal(7))]


def test_another_shops_promotion_is_not_this_shops_sale() -> None:
    promotion = PromotionFactory.create()
    order = used(PromotionFactory.create())
    OrderCouponFactory.create(order=order, coupon=None, promotion=promotion)

    consume()

    assert promotion_results(promotion_id=promotion.pk).orders == 0
    assert_exact()


def test_rows_lie_in_the_partition_of_their_month() -> None:
    promotion = PromotionFactory.create()
    used(promotion)
    used(promotion, at=NOON + 31 * DAY)

    consume()

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tableoid::regclass::text FROM fact_conversions ORDER BY 1"
        )
        tables = [name for (name,) in cursor.fetchall()]
    assert tables == ["fact_conversions_p2030_01", "fact_conversions_p2030_02"]


@pytest.mark.parametrize(
    ("column", "value"), [("conversions", 2), ("revenue", "1.01"), ("discount", "0.01")]
)
def test_verify_finds_a_wrong_cell(column: str, value: Any) -> None:
    promotion = PromotionFactory.create()
    used(promotion)
    consume()
    call_command("rollup", "--verify", "--only", "fact_conversions")
    Conversion.objects.update(**{column: value})
    out = io.StringIO()

    with pytest.raises(CommandError, match="not what the raw rows say"):
        call_command("rollup", "--verify", "--only", "fact_conversions", stdout=out)

    assert f"fact_conversions, 2030-01-01, promotion, {promotion.pk}" in out.getvalue()
    assert f"{column} is {value}" in out.getvalue()


def test_what_was_there_before_the_table_is_built_by_the_next_run() -> None:
    used(PromotionFactory.create())
    RollupMark.objects.all().delete()
    migration: Any = import_module("analytics.migrations.0007_conversions")

    with connection.cursor() as cursor:
        cursor.execute(migration.DAYS)
    consume()

    assert len(cells()) == 1


# ------------------------------------------------------------------ what a shop sees


@pytest.fixture
def shop() -> Shop:
    return ShopFactory.create(currency="GBP", timezone="Europe/London")


@pytest.fixture
def owner(shop: Shop) -> Client:
    return client_of(shop.owner)


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def words(response: Any) -> str:
    text = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(text.split())


def best(shop: Shop, most: int = 5) -> list[tuple[str, int, Decimal, Decimal]]:
    rows = best_promotions_of(
        shop_id=shop.pk, start=TODAY, end=TODAY + 2 * DAY, most=most
    )
    return [(row.name, row.orders, row.revenue, row.discount) for row in rows]


def test_the_best_come_first_and_are_the_shops_own(shop: Shop) -> None:
    tea = PromotionFactory.create(shop=shop, name="Tea")
    pots = PromotionFactory.create(shop=shop, name="Pots")
    used(tea)
    used(pots, paid=20)
    used(pots, paid=20, at=NOON + DAY)
    used(tea, paid=500, at=NOON - DAY)
    used(tea, paid=500, at=NOON + 2 * DAY)
    used(PromotionFactory.create(name="Theirs"), paid=900)
    consume()

    assert best(shop) == [("Pots", 2, Decimal(40), Decimal(6)), ("Tea", 1, 30, 3)]
    assert best(shop, most=1) == [("Pots", 2, Decimal(40), Decimal(6))]
    assert promotion_results(promotion_id=pots.pk).days == [
        PromotionDay(TODAY + DAY, 1, Decimal(20), Decimal(3)),
        PromotionDay(TODAY, 1, Decimal(20), Decimal(3)),
    ]


@time_machine.travel(NOON, tick=False)
def test_numbers_name_each_promotion(shop: Shop) -> None:
    owner = client_of(shop.owner)
    tea = PromotionFactory.create(shop=shop, name="=Tea week")
    used(tea, paid=1234)
    for place in range(10):
        used(PromotionFactory.create(shop=shop, name=f"Sale {place}"))
    consume()
    at = [shop.slug]

    page = owner.get(reverse("sell:numbers", args=at), {"days": "7"})
    sheet = owner.get(reverse("sell:numbers_promotions_csv", args=at), {"days": "7"})
    told = owner.get(reverse("v1:sell-numbers", args=at), {"days": "7"}).json()
    refused = owner.get(reverse("v1:sell-numbers", args=at), {"days": "8"})

    assert "=Tea week 1 £3.00 £1,234.00" in words(page)
    assert reverse("sell:promotion", args=[shop.slug, tea.pk]) in page.content.decode()
    assert "All promotions as CSV" in words(page)
    assert words(page).count("Sale ") == 9
    lines = list(csv.reader(sheet.content.decode().splitlines()))
    assert lines[0] == ["promotion", "orders", "discount", "revenue", "currency"]
    assert lines[1] == ["'=Tea week", "1", "3.00", "1234.00", "GBP"]
    assert len(lines) == 12
    assert (told["start"], told["last"]) == ("2029-12-26", "2030-01-01")
    assert (len(told["days"]), told["days"][-1]["revenue"]) == (7, "1534.00")
    assert told["promotions"][0] == {
        "id": str(tea.pk),
        "name": "=Tea week",
        "orders": 1,
        "discount": "3.00",
        "revenue": "1234.00",
    }
    assert refused.status_code == 400


def test_a_promotions_page_and_program_tell_the_same(shop: Shop, owner: Client) -> None:
    tea = PromotionFactory.create(shop=shop, name="Tea")
    used(tea)
    used(tea, at=NOON + DAY, paid=50)
    consume()
    where = reverse("sell:promotion_results", args=[shop.slug, tea.pk])

    page = owner.get(where)
    part = owner.get(where, headers={"HX-Request": "true"})
    told = owner.get(
        reverse("v1:sell-promotion-results", args=[shop.slug, tea.pk])
    ).json()
    stranger = client_of(ShopMemberFactory.create(role="owner").user).get(where)

    for shown in (page, part):
        assert "Orders 2 Taken off £6.00 Paid for these orders £80.00" in words(shown)
    assert ("<html" in page.content.decode(), "<html" in part.content.decode()) == (
        True,
        False,
    )
    assert (told["orders"], told["revenue"], len(told["days"])) == (2, "80.00", 2)
    assert told["days"][0]["day"] == "2030-01-02"
    assert stranger.status_code == 404
