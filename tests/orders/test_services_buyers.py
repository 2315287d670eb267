"""A paid order makes its buyer's reviews verified."""

from datetime import UTC, datetime

import pytest

from catalog.models import ProductBuyer
from orders.events import OrderPaid
from orders.receivers import verify_reviews
from tests.factories.orders import OrderFactory, OrderItemFactory
from tests.factories.users import UserFactory

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def paid(order):
    verify_reviews(OrderPaid.about(order, at=NOON))


def test_paid_order_of_an_account_tells_what_was_bought_and_may_repeat():
    order = OrderFactory(user=UserFactory())
    items = OrderItemFactory.create_batch(2, order=order)

    for _ in range(2):
        paid(order)

    bought = ProductBuyer.objects.values_list("user_id", "product_id")
    assert set(bought) == {(order.user_id, item.product_id) for item in items}


def test_guest_order_tells_of_nobody():
    order = OrderFactory(user=None)
    OrderItemFactory(order=order)

    paid(order)

    assert not ProductBuyer.objects.exists()
