from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import connection

from analytics.models import (
    ProductMetricsDaily,
    RollupMark,
    RollupRun,
    RollupStatus,
    SalesMetrics,
    ShopMetricsDaily,
    ShopMetricsHourly,
    UserMetricsDaily,
)
from analytics.rollups import ROLLUPS
from analytics.services import rollups as service
from analytics.services.rollups import collect_marks, pieces, plan_range, work_off
from orders.models import Order
from shop.ids import moment_of
from tests.analytics.oracle import assert_exact
from tests.factories.catalog import (
    InventoryLogFactory,
    PriceChangeFactory,
    ProductFactory,
    ProductReviewFactory,
    ProductVariantFactory,
)
from tests.factories.orders import CustomerFactory, OrderFactory, OrderItemFactory
from tests.factories.payments import PaymentFactory, RefundFactory
from tests.factories.shop import ShopFactory

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ALL = list(ROLLUPS.values())
pytestmark = pytest.mark.django_db


def consume():
    collect_marks()
    assert work_off(rollups=ALL)


def buy(*, shop, customer, at, price="10.00"):
    order = OrderFactory(
        shop=shop, customer=customer, event_time=at, subtotal_price=Decimal(price)
    )
    OrderItemFactory(order=order, price=Decimal(price))
    return order


def days(shop, *columns):
    rows = ShopMetricsDaily.objects.filter(shop_id=shop.id).order_by("event_time")
    return list(rows.values_list(*columns))


def test_a_late_first_order_makes_the_next_one_a_returning_customers():
    shop, customer = ShopFactory(), CustomerFactory()
    buy(shop=shop, customer=customer, at=NOON + 9 * DAY)
    consume()

    early = buy(shop=shop, customer=customer, at=NOON)
    consume()

    assert days(shop, "new_customers", "returning_customers") == [(1, 0), (0, 1)]
    hours = ShopMetricsHourly.objects.order_by("event_time")
    assert list(hours.values_list("returning_customers", flat=True)) == [0, 1]
    market = SalesMetrics.objects.order_by("date")
    assert list(market.values_list("returning_customers", flat=True)) == [0, 1]

    Order.objects.filter(pk=early.pk).update(status="cancelled")
    consume()

    assert days(shop, "new_customers", "returning_customers") == [(1, 0)]
    assert_exact()


def test_a_change_marks_only_what_it_touches():
    order = buy(shop=ShopFactory(), customer=CustomerFactory(), at=NOON)
    consume()

    Order.objects.filter(pk=order.pk).update(notes="ring twice", status="shipped")

    assert not RollupMark.objects.exists()


def test_a_row_is_marked_where_it_was_and_where_it_is():
    order = buy(shop=ShopFactory(), customer=CustomerFactory(), at=NOON)
    consume()

    Order.objects.filter(pk=order.pk).update(event_time=NOON + DAY)
    consume()

    rows = ShopMetricsDaily.objects.values_list("event_time", "order_count")
    assert list(rows) == [(datetime(2030, 1, 2, tzinfo=UTC), 1)]


def test_bulk_rows_of_one_hour_leave_one_mark():
    shop, customer = ShopFactory(), CustomerFactory()
    RollupMark.objects.all().delete()

    Order.objects.bulk_create(
        OrderFactory.build(shop=shop, customer=customer, event_time=NOON)
        for _ in range(50)
    )

    marks = RollupMark.objects.values_list("source", "hour")
    assert list(marks) == [("orders", NOON)]


def test_a_guest_is_counted_by_customer_and_a_member_by_account():
    guest = buy(shop=ShopFactory(), customer=CustomerFactory(), at=NOON)
    member = OrderFactory(event_time=NOON, user=guest.shop.owner)
    OrderItemFactory(order=member)

    consume()

    users = set(UserMetricsDaily.objects.values_list("user_id", flat=True))
    assert users == {guest.customer_id, member.user_id}


def test_money_of_two_currencies_is_never_summed():
    customer = CustomerFactory()
    euros, dollars = ShopFactory(currency="EUR"), ShopFactory(currency="USD")
    buy(shop=dollars, customer=customer, at=NOON, price="3.00")
    buy(shop=dollars, customer=customer, at=NOON, price="4.00")
    buy(shop=euros, customer=customer, at=NOON, price="500.00")

    consume()

    row = UserMetricsDaily.objects.get()
    assert (row.currency, row.order_count) == ("USD", 3)
    assert (row.order_value, row.average_order_value) == (7, Decimal("3.50"))
    assert row.extra_metrics["other_currencies"]["EUR"]["order_value"] == "500.00"
    market = SalesMetrics.objects.order_by("currency")
    assert list(market.values_list("currency", "total_sales")) == [
        ("EUR", Decimal("500.00")),
        ("USD", Decimal("7.00")),
    ]


def test_an_order_without_items_is_a_credit_note_and_not_counted():
    order = OrderFactory(event_time=NOON)
    consume()
    assert not ShopMetricsDaily.objects.exists()

    OrderItemFactory(order=order)
    consume()

    assert ShopMetricsDaily.objects.get().order_count == 1


def test_a_refund_counts_when_it_was_made_and_in_the_orders_currency():
    order = buy(shop=ShopFactory(), customer=CustomerFactory(), at=NOON)
    payment = PaymentFactory(order=order, event_time=NOON)
    RefundFactory(payment=payment, amount=Decimal("4.00"), processed_at=NOON + DAY)
    RefundFactory(payment=payment, currency="JPY", processed_at=NOON + DAY)

    consume()

    assert days(order.shop, "refund_count", "refund_value") == [
        (0, Decimal("0.00")),
        (1, Decimal("4.00")),
    ]


def test_back_dated_stock_corrects_the_days_after_it():
    product = ProductFactory()
    variant = ProductVariantFactory(product=product)
    ids = {"product_id": product.id, "variant_id": variant.id}
    InventoryLogFactory(**ids, adjustment=5, created_at=NOON + 5 * DAY)
    consume()

    InventoryLogFactory(
        **ids, adjustment=2, new_quantity=2, created_at=NOON, reason="import"
    )
    consume()

    levels = ProductMetricsDaily.objects.order_by("event_time")
    assert list(levels.values_list("inventory_level", flat=True)) == [2, 7]
    assert days(product.shop, "inventory_units", "inventory_value") == [
        (2, 2 * variant.price),
        (7, 7 * variant.price),
    ]


def test_minutes_without_stock_are_counted_between_movements():
    product = ProductFactory()
    ids = {"product_id": product.id, "variant_id": ProductVariantFactory().id}
    InventoryLogFactory(**ids, adjustment=1, new_quantity=1, created_at=NOON - DAY)
    hour_later = {"created_at": NOON + timedelta(hours=1)}
    InventoryLogFactory(**ids, adjustment=-1, new_quantity=-1, created_at=NOON)
    InventoryLogFactory(**ids, adjustment=3, new_quantity=3, **hour_later)

    consume()

    row = ProductMetricsDaily.objects.get(event_time=NOON.replace(hour=0))
    assert (row.stockout_minutes, row.inventory_level) == (60, 3)


def test_the_first_recorded_price_says_what_was_before():
    product = ProductFactory()
    variant = ProductVariantFactory(product=product, price=Decimal("9.00"))
    ProductReviewFactory(product=product, event_time=NOON)
    consume()
    assert ProductMetricsDaily.objects.get().price_open == Decimal("9.00")

    PriceChangeFactory(
        product_id=product.id,
        variant_id=variant.id,
        old_price=Decimal("7.00"),
        new_price=Decimal("8.00"),
        changed_at=NOON + DAY,
    )
    consume()

    prices = ProductMetricsDaily.objects.order_by("event_time").values_list(
        "price_open", "price_close", "price_min", "price_max", "price_change_count"
    )
    assert list(prices) == [
        (Decimal("7.00"), Decimal("7.00"), Decimal("7.00"), Decimal("7.00"), 0),
        (Decimal("7.00"), Decimal("8.00"), Decimal("7.00"), Decimal("8.00"), 1),
    ]


def test_a_new_variant_with_its_first_price_leaves_the_past_alone():
    product = ProductFactory()
    ProductReviewFactory(product=product, event_time=NOON)
    consume()

    variant = ProductVariantFactory(product=product)
    PriceChangeFactory(
        product_id=product.id,
        variant_id=variant.id,
        old_price=None,
        changed_at=NOON + DAY,
    )
    collect_marks()

    starts = {piece.start.date() for piece in pieces(rollups=ALL)}
    assert starts == {(NOON + DAY).date()}
    assert work_off(rollups=ALL)
    assert_exact()


def test_a_rows_key_carries_its_buckets_time():
    buy(shop=ShopFactory(), customer=CustomerFactory(), at=NOON)

    consume()

    row = ShopMetricsDaily.objects.get()
    assert isinstance(row.id, UUID)
    assert abs(moment_of(row.id) - row.event_time) < timedelta(seconds=1)


def test_planning_again_rebuilds_and_resuming_leaves_what_is_done():
    buy(shop=ShopFactory(), customer=CustomerFactory(), at=NOON)
    consume()
    span = {"rollups": ALL, "start": NOON - DAY, "end": NOON + DAY}

    assert plan_range(**span, again=False) == 0
    assert plan_range(**span, again=True) == len(ALL)
    assert work_off(rollups=ALL)
    assert set(RollupRun.objects.values_list("status", flat=True)) == {"done"}


def test_a_failed_bucket_keeps_its_error_and_is_tried_again(monkeypatch):
    buy(shop=ShopFactory(), customer=CustomerFactory(), at=NOON)
    collect_marks()
    write_rows = service.write_rows

    def refuse(rollup, *args, **kwargs):
        if rollup.name == "shop_daily":
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        return write_rows(rollup, *args, **kwargs)

    monkeypatch.setattr(service, "write_rows", refuse)
    outcomes = []
    assert work_off(rollups=ALL, report=outcomes.append)
    run = RollupRun.objects.get(status=RollupStatus.FAILED)
    assert (run.rollup, run.error) == ("shop_daily", "division by zero")
    assert [bool(outcome.error) for outcome in outcomes].count(True) == 1

    monkeypatch.setattr(service, "write_rows", write_rows)
    assert work_off(rollups=ALL)
    assert not RollupRun.objects.filter(error__gt="").exists()
    assert_exact()


def test_pieces_join_near_buckets_and_part_at_months():
    hours = [
        datetime(2030, 1, 1, 3, tzinfo=UTC),
        datetime(2030, 1, 1, 5, tzinfo=UTC),
        datetime(2030, 1, 9, 5, tzinfo=UTC),
        datetime(2030, 1, 31, 23, tzinfo=UTC),
        datetime(2030, 2, 1, 0, tzinfo=UTC),
    ]
    RollupRun.objects.bulk_create(
        RollupRun(rollup="shop_hourly", period_start=hour, period_end=hour + DAY / 24)
        for hour in hours
    )

    found = [
        (piece.start, piece.end - piece.start, piece.buckets)
        for piece in pieces(rollups=ALL)
    ]

    hour = timedelta(hours=1)
    assert found == [
        (hours[0], 3 * hour, 2),
        (hours[2], hour, 1),
        (hours[3], hour, 1),
        (hours[4], hour, 1),
    ]
