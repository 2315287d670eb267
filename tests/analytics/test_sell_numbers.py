"""A shop's own numbers: the days of its clock, and nobody else's sales."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from analytics.queries.shops import (
    ShopDay,
    ShopDays,
    best_products_of,
    low_stock_of,
    shop_days,
    slow_products_of,
    sold_between,
    waiting_orders,
)
from analytics.rollups import ROLLUPS
from analytics.services.rollups import collect_marks, work_off
from analytics.shop_board import figures
from orders.models import Order
from shop.models import Shop
from tests.factories.catalog import ProductFactory, ProductVariantFactory
from tests.factories.orders import OrderFactory, OrderItemFactory
from tests.factories.shop import ShopFactory
from tests.factories.users import ShopMemberFactory

pytestmark = pytest.mark.django_db
NAIROBI = ZoneInfo("Africa/Nairobi")
# Three hours before midnight in UTC it is the next day in Nairobi.
LATE = datetime(2030, 3, 30, 21, 30, tzinfo=UTC)
START, END = date(2030, 3, 30), date(2030, 4, 1)


def sell(shop: Shop, at: datetime, price: str = "10.00", **more: object) -> Order:
    order = OrderFactory.create(
        shop=shop, event_time=at, subtotal_price=Decimal(price), **more
    )
    OrderItemFactory.create(order=order, price=Decimal(price))
    return order


def add_up() -> None:
    collect_marks()
    work_off(rollups=list(ROLLUPS.values()))


def test_days_are_the_shops_own() -> None:
    shop, other = ShopFactory.create(), ShopFactory.create()
    sell(shop, LATE, "30.00")
    sell(shop, LATE - timedelta(hours=1), "5.00")
    sell(shop, LATE, "99.00", status="cancelled")
    sell(other, LATE, "77.00")
    add_up()

    found = shop_days(shop_id=shop.pk, zone=NAIROBI, start=START, end=END)

    assert [(day.day, day.orders, day.revenue) for day in found.days] == [
        (date(2030, 3, 30), 1, Decimal("5.00")),
        (date(2030, 3, 31), 1, Decimal("30.00")),
    ]
    assert found.computed_at is not None


def test_a_day_without_a_sale_is_a_day() -> None:
    shop = ShopFactory.create()

    found = shop_days(shop_id=shop.pk, zone=NAIROBI, start=START, end=END)

    assert found.days == [ShopDay(START), ShopDay(date(2030, 3, 31))]
    assert found.computed_at is None


def test_fewer_refunds_are_good_and_nothing_before_is_no_comparison() -> None:
    now, before = (
        ShopDays([ShopDay(START, orders=orders, refunded=Decimal(amount))], None)
        for orders, amount in ((4, 5), (0, 10))
    )

    shown = {one.label: one.direction for one in figures(now, before, "KES")}

    assert (shown["Refunds"], shown["Orders"], shown["Revenue"]) == (
        "up",
        "new",
        "same",
    )


def test_today_is_exact_before_it_is_rolled_up() -> None:
    shop = ShopFactory.create()
    sell(shop, LATE)
    sell(shop, LATE + timedelta(seconds=1))
    sell(ShopFactory.create(), LATE)

    found = sold_between(
        shop_id=shop.pk,
        start=LATE - timedelta(hours=1),
        end=LATE + timedelta(seconds=1),
    )

    assert (found.orders, found.revenue) == (1, Decimal("10.00"))


def test_what_waits_and_waits_too_long() -> None:
    shop = ShopFactory.create()
    for hours in (1, 40, 60):
        sell(shop, LATE - timedelta(hours=hours), status="processing")
    sell(shop, LATE, status="shipped")

    found = waiting_orders(shop_id=shop.pk, now=LATE, late_after=timedelta(days=2))

    assert (found.orders, found.late) == (3, 1)


def test_best_slow_and_low_products_are_the_shops() -> None:
    shop, other = ShopFactory.create(), ShopFactory.create()
    sold, unsold = (ProductFactory.create(shop=shop) for _ in range(2))
    foreign = ProductFactory.create(shop=other)
    for product, left in ((sold, 3), (unsold, 9), (foreign, 2)):
        ProductVariantFactory.create(
            product=product, shop=product.shop, inventory_quantity=left
        )
        type(product).objects.filter(pk=product.pk).update(
            created_at=LATE - timedelta(days=40)
        )
    for product in (sold, foreign):
        order = OrderFactory.create(shop=product.shop, event_time=LATE)
        OrderItemFactory.create(order=order, product=product, quantity=2, price=5)
    add_up()
    span = {"start": datetime(2030, 3, 20, tzinfo=UTC), "end": datetime(2030, 4, 1, tzinfo=UTC)}  # fmt: skip

    best = best_products_of(shop_id=shop.pk, most=5, **span)
    slow = slow_products_of(shop_id=shop.pk, most=5, **span)
    low = low_stock_of(shop_id=shop.pk, most=5)

    assert [(row.id, row.units, row.revenue, row.left) for row in best] == [
        (sold.pk, 2, Decimal("10.00"), 3)
    ]
    assert [(row.id, row.left) for row in slow] == [(unsold.pk, 9)]
    few = {row.product_id: row.left for row in low}
    assert few[sold.pk] == 3
    assert {unsold.pk, foreign.pk}.isdisjoint(few)


@pytest.mark.parametrize(
    "page", ["", "numbers/", "numbers/days.csv", "numbers/promotions.csv"]
)
def test_pages_ask_as_much_for_one_order_as_for_many(page: str) -> None:
    shop = ShopFactory.create()
    client = Client()
    client.force_login(shop.owner)
    counts = []
    for _round in range(2):
        for _order in range(1 if not counts else 12):
            sell(shop, LATE)
        client.get(f"/sell/{shop.slug}/{page}")
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"/sell/{shop.slug}/{page}").status_code == 200
        counts.append(len(asked))

    assert counts[0] == counts[1] <= 12


@pytest.mark.parametrize("days", ["0", "-1", "x", "10000000000", "", "7"])
def test_odd_periods_are_the_usual_one(days: str) -> None:
    shop = ShopFactory.create()
    client = Client()
    client.force_login(shop.owner)

    response = client.get(f"/sell/{shop.slug}/numbers/days.csv", {"days": days})

    rows = response.content.decode().splitlines()
    assert len(rows) == 1 + (7 if days == "7" else 30)


def test_staff_see_what_to_do_and_no_money() -> None:
    shop = ShopFactory.create()
    client = Client()
    client.force_login(ShopMemberFactory.create(shop=shop, role="staff").user)

    page = client.get(f"/sell/{shop.slug}/").content.decode()

    assert "To send" in page
    assert "Revenue" not in page
