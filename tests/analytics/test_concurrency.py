"""Two transactions at once: what each could not see of the other is exact all the same."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import connection

from analytics.models import ShopMetricsDaily
from analytics.rollups import ROLLUPS
from analytics.services.rollups import collect_marks, work_off
from orders.models import Order
from shop.ids import uuid7
from tests.analytics.oracle import assert_exact
from tests.factories.catalog import ProductFactory
from tests.factories.orders import CustomerFactory, OrderFactory, OrderItemFactory

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ITEM = """
INSERT INTO order_items (order_id, product_id, name, quantity, price)
VALUES (%s, %s, 'mug', 1, 10)
"""
pytestmark = pytest.mark.django_db(transaction=True)


def consume():
    collect_marks()
    assert work_off(rollups=list(ROLLUPS.values()))


@pytest.fixture
def other():
    with psycopg.connect(**connection.get_connection_params()) as second:
        yield second


def test_an_item_of_an_order_that_moves_meanwhile_is_counted_where_it_went(other):
    item = OrderItemFactory(order__event_time=NOON)
    other.execute(ITEM, [item.order_id, item.product_id])

    Order.objects.filter(pk=item.order_id).update(event_time=NOON + DAY)
    consume()
    other.commit()
    consume()

    row = ShopMetricsDaily.objects.get()
    assert (row.event_time.date(), row.item_count) == ((NOON + DAY).date(), 2)
    assert_exact()


def test_an_earlier_order_that_commits_later_makes_the_customer_returning(other):
    product, customer = ProductFactory(), CustomerFactory()
    early = uuid7()
    other.execute(
        "INSERT INTO orders (id, order_number, shop_id, customer_id, currency, event_time)"
        " VALUES (%s, 'early', %s, %s, 'USD', %s)",
        [early, product.shop_id, customer.pk, NOON],
    )
    other.execute(ITEM, [early, product.pk])

    later = OrderFactory(shop=product.shop, customer=customer, event_time=NOON + DAY)
    OrderItemFactory(order=later, product=product, variant=None, sku="mug")
    consume()
    assert ShopMetricsDaily.objects.get().new_customers == 1
    other.commit()
    consume()

    rows = ShopMetricsDaily.objects.order_by("event_time")
    assert list(rows.values_list("new_customers", flat=True)) == [1, 0]
    assert_exact()


def test_sellers_do_not_wait_for_each_others_marks(other):
    first, second = OrderItemFactory(), OrderItemFactory()
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")
        other.execute(ITEM, [first.order_id, first.product_id])

        # Waits for nobody: the other transaction, of the same hour, is still open.
        cursor.execute(ITEM, [second.order_id, second.product_id])
        consume()
        cursor.execute("RESET lock_timeout")
    other.commit()
    consume()

    assert_exact()
