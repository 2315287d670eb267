from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.urls import reverse
from django.utils.translation import override

from analytics.dashboard import Period, _buckets, _round_top, dashboard
from analytics.models import SalesAggregateMonthly
from analytics.queries.market import best_products
from analytics.rollups import ROLLUPS
from analytics.services.rollups import collect_marks, work_off
from analytics.services.verification import verify
from orders.models import Order, OrderItem
from tests.factories.orders import (
    CustomerFactory,
    OrderFactory,
    OrderItemFactory,
    OrderReturnFactory,
)
from tests.factories.shop import ShopFactory
from tests.factories.users import OperatorFactory, UserFactory, UserRoleFactory

NOON = datetime(2030, 3, 31, 12, tzinfo=UTC)
DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_cache(settings):
    """Not the one that others, at the same time, keep their figures in."""
    backend = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {"default": {"BACKEND": backend}}
    cache.clear()


def sell(*, at, price="10.00", **kwargs):
    order = OrderFactory(event_time=at, subtotal_price=Decimal(price), **kwargs)
    OrderItemFactory(order=order, price=Decimal(price))
    return order


def add_up():
    collect_marks()
    work_off(rollups=list(ROLLUPS.values()))


def board(**asked):
    return dashboard(asked, now=NOON)


def tiles(found):
    return {str(tile.label): tile.value for tile in found["tiles"]}


def test_figures_are_of_the_range_and_stand_to_the_one_before():
    shop, customer = ShopFactory(), CustomerFactory()
    sell(at=NOON, price="30.00", shop=shop, customer=customer)
    sell(at=NOON - 2 * DAY, price="10.00", shop=shop, customer=customer)
    sell(at=NOON - 8 * DAY, price="20.00", shop=shop)
    back = OrderFactory(shop=shop, event_time=NOON)
    OrderReturnFactory(
        order=back, status="refunded", refund_total=Decimal("7.00"), event_time=NOON
    )
    add_up()

    found = board(range="7")

    assert found["period"] == "25 Mar 2030 – 31 Mar 2030"
    assert found["compared"] == "18 Mar 2030 – 24 Mar 2030"
    assert tiles(found) == {
        "Revenue": "$40.00",
        "Orders": "2",
        "Average order": "$20.00",
        # One customer who came twice is one.
        "Customers": "1",
        "Refunds": "$7.00",
    }
    assert found["tiles"][0].change == "▲ 100.0 % more"
    assert found["tiles"][0].before == "$20.00 before"
    revenue = found["charts"][0]
    assert [bar.value for bar in revenue.bars][-3:] == ["$10.00", "$0.00", "$30.00"]
    assert (revenue.total, revenue.peak.label) == ("$40.00", "31 Mar")
    best = found["tables"][0]["rows"]
    assert [(row.name, row.value, row.count) for row in best] == [
        (shop.name, "$40.00", "2")
    ]


def test_currencies_are_shown_apart_and_never_summed():
    sell(at=NOON, shop__currency="EUR")
    sell(at=NOON, shop__currency="EUR")
    sell(at=NOON, price="99.00", shop__currency="USD")
    add_up()

    assert tiles(board())["Revenue"] == "€20.00"
    assert tiles(board(currency="USD"))["Revenue"] == "$99.00"
    assert len(board(currency="USD")["tables"][0]["rows"]) == 1


def test_old_sales_are_shown_and_it_is_said():
    sell(at=NOON - 900 * DAY)
    add_up()

    found = board()

    assert tiles(found)["Orders"] == "1"
    assert "Nothing was sold in USD in the 30 days to today" in found["note"]
    assert board(range="all")["note"] == ""


def test_new_figures_are_shown_at_once_in_spite_of_the_cache():
    sell(at=NOON)
    add_up()
    assert tiles(board())["Orders"] == "1"

    sell(at=NOON)
    assert board()["fresh"].is_behind
    add_up()

    assert tiles(board())["Orders"] == "2"
    assert not board()["fresh"].is_behind

    back = {"status": "refunded", "refund_total": Decimal("7.00"), "event_time": NOON}
    OrderReturnFactory(order=Order.objects.first(), **back)
    add_up()

    assert tiles(board())["Refunds"] == "$7.00"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"range": "custom"}, "Give both days"),
        (
            {"range": "custom", "start": "2030-02-02", "end": "2030-02-01"},
            "comes before",
        ),
        ({"start": "0001-01-01", "end": "2030-01-01"}, "from 1970 on"),
        ({"start": "2030-01-01", "end": "9999-12-31"}, "before 2200"),
        ({"range": "month"}, "Select a valid choice"),
        ({"currency": "XXX"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_meant_is_said_beside_the_field(asked, words):
    sell(at=NOON)
    add_up()

    found = board(**asked)

    assert "tiles" not in found
    assert words in str(found["form"].errors)


def test_a_custom_range_holds_both_its_days():
    for days in range(4):
        sell(at=NOON - days * DAY)
    add_up()

    found = board(start="2030-03-29", end="2030-03-30")

    assert (found["period"], tiles(found)["Orders"]) == (
        "29 Mar 2030 – 30 Mar 2030",
        "2",
    )


def test_long_ranges_are_drawn_by_week_by_month_and_by_year():
    first = date(2030, 1, 15)

    def count(days):
        return len(_buckets(Period(first, first + timedelta(days=days))))

    assert (count(30), count(92), count(365), count(730)) == (30, 92, 53, 25)
    assert (count(3_652), count(36_525)) == (121, 101)


def test_the_longest_range_there_is_shows_every_sale():
    sell(at=NOON)
    sell(at=NOON - 3_000 * DAY)
    add_up()

    found = board(start="1970-01-01", end="2199-12-31", compare="before")

    assert tiles(found)["Orders"] == "2"
    drawn = [(bar.label, bar.value) for bar in found["charts"][1].bars]
    assert [bar for bar in drawn if bar[1] != "0"] == [("2022", "1"), ("2030", "1")]


def test_best_products_of_any_range_are_what_its_days_add_up_to():
    sold = [
        sell(at=NOON - days * DAY, price=str(days + 1), shop__name=f"Shop {days}")
        for days in (0, 1, 30, 31, 45, 90)
    ]
    first = sold[0].items.get().product
    for days in (29, 40, 60, 95):
        again = OrderFactory(event_time=NOON - days * DAY, shop=first.shop)
        OrderItemFactory(order=again, product=first, price=Decimal("0.25"))
    add_up()
    orders = {order.event_time.date(): [] for order in Order.objects.all()}
    for item in OrderItem.objects.select_related("order"):
        orders[item.order.event_time.date()].append(item)

    for start in range(0, 130, 7):
        for days in (1, 20, 31, 59, 62, 120):
            end = NOON.date() + DAY - start * DAY
            span = (end - days * DAY, end)
            expected: dict[str, Decimal] = {}
            for day, items in orders.items():
                for item in items if span[0] <= day < span[1] else ():
                    was = expected.get(item.product_id, Decimal(0))
                    expected[item.product_id] = was + item.subtotal
            found = best_products("USD", span, None, 99)
            assert {row.key: row.revenue for row in found} == expected, span


def test_a_wrong_month_is_found_by_verifying():
    sell(at=NOON)
    add_up()
    span = {"start": NOON - DAY, "end": NOON + DAY}
    daily = [ROLLUPS["sales_aggregates_daily"]]
    assert verify(rollups=daily, **span).difference is None

    SalesAggregateMonthly.objects.update(total_units=7)

    found = verify(rollups=daily, **span).difference
    assert (found.table, found.column) == ("sales_aggregates_monthly", "total_units")
    assert (found.stored, found.expected) == (7, 1)


def test_kept_figures_speak_the_language_of_who_looks():
    sell(at=NOON, price="1234.50")
    add_up()
    assert tiles(board())["Revenue"] == "$1,234.50"

    with override("de"):
        assert "1.234,50" in next(iter(tiles(board()).values()))


def test_the_top_of_a_chart_is_a_round_figure():
    found = [_round_top(Decimal(value)) for value in ("0", "1", "21", "240", "7600")]

    assert found == [1, 1, 25, 250, 8_000]


# ------------------------------------------------------------------ the page
def test_the_page_shows_charts_with_a_table_each(client):
    sell(at=datetime.now(UTC))
    add_up()
    client.force_login(OperatorFactory())

    page = client.get(reverse("admin:index"))

    text = page.content.decode()
    assert page.status_code == 200
    assert text.count("<figure") == text.count("as a table</summary>") == 2
    assert "Days are UTC days." in text
    assert "style=" not in text[text.index('id="board"') : text.index("board-pages")]


def test_an_empty_market_says_what_belongs_here(client):
    client.force_login(OperatorFactory())

    page = client.get(reverse("admin:index"))

    assert b"manage.py rollup" in page.content


def test_who_may_not_see_sales_sees_the_pages_only(client):
    sell(at=datetime.now(UTC))
    add_up()
    person = UserFactory(is_staff=True)
    client.force_login(person)
    assert b'id="board"' not in client.get(reverse("admin:index")).content

    role = UserRoleFactory(user=person).role
    role.permissions.add(Permission.objects.get(codename="view_salesmetrics"))

    assert b'id="board"' in client.get(reverse("admin:index")).content


@pytest.mark.parametrize("shops", [1, 3])
def test_the_number_of_queries_does_not_grow(shops, django_assert_num_queries):
    for _ in range(shops):
        sell(at=NOON)
    add_up()
    cache.clear()

    with django_assert_num_queries(8):
        board()
    # The second look reads what is there and how fresh it is.
    with django_assert_num_queries(3):
        board()


@pytest.mark.parametrize(
    "name",
    [
        "shopmetricshourly",
        "shopmetricsdaily",
        "productmetricshourly",
        "productmetricsdaily",
        "usermetricshourly",
        "usermetricsdaily",
        "salesaggregatedaily",
        "salesaggregatemonthly",
        "salesmetrics",
        "productday",
        "calendarday",
        "rolluprun",
        "rollupmark",
    ],
)
def test_every_list_opens(client, name):
    sell(at=NOON)
    add_up()
    sell(at=NOON)
    client.force_login(OperatorFactory())

    assert client.get(reverse(f"admin:analytics_{name}_changelist")).status_code == 200
