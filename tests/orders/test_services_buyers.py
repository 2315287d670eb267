"""What came to its buyer makes their reviews verified."""

from datetime import UTC, datetime

import pytest

from catalog.models import ProductBuyer
from orders.events import OrderDelivered, OrderPaid, OrderShipped
from orders.models import OrderStatus
from orders.receivers import verify_reviews
from orders.services.buyers import tell_who_bought
from tests.factories.orders import (
    OrderFactory,
    OrderItemFactory,
    OrderTrackingFactory,
    ShipmentItemFactory,
)
from tests.factories.users import UserFactory

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def heard(event, order):
    verify_reviews(event.about(order, at=NOON))


def bought():
    return set(ProductBuyer.objects.values_list("user_id", "product_id"))


@pytest.mark.parametrize("status", [OrderStatus.SHIPPED, OrderStatus.DELIVERED])
def test_order_that_came_tells_what_was_bought_and_may_repeat(status):
    order = OrderFactory(user=UserFactory(), status=status)
    items = OrderItemFactory.create_batch(2, order=order)

    for event in (OrderShipped, OrderDelivered):
        heard(event, order)

    assert bought() == {(order.user_id, item.product_id) for item in items}


def test_first_parcel_tells_of_what_is_in_it():
    order = OrderFactory(user=UserFactory(), status=OrderStatus.PROCESSING)
    sent, left = OrderItemFactory.create_batch(2, order=order, quantity=2)
    for _ in range(2):
        parcel = OrderTrackingFactory(order=order)
        ShipmentItemFactory(tracking=parcel, order_item=sent, quantity=1)

    heard(OrderShipped, order)

    assert bought() == {(order.user_id, sent.product_id)}
    assert left.product_id != sent.product_id


def test_paid_order_tells_only_of_what_needs_no_sending():
    order = OrderFactory(user=UserFactory(), status=OrderStatus.PROCESSING)
    OrderItemFactory(order=order)
    ticket = OrderItemFactory(order=order, requires_shipping=False)

    heard(OrderPaid, order)

    assert bought() == {(order.user_id, ticket.product_id)}


@pytest.mark.parametrize("status", [OrderStatus.PENDING, OrderStatus.CANCELLED])
def test_order_without_goods_tells_of_nothing(status):
    order = OrderFactory(user=UserFactory(), status=status)
    OrderItemFactory(order=order, requires_shipping=False)

    heard(OrderPaid, order)

    assert bought() == set()


def test_guest_order_tells_of_nobody_until_an_account_has_it():
    order = OrderFactory(user=None, status=OrderStatus.DELIVERED)
    item = OrderItemFactory(order=order)
    heard(OrderDelivered, order)
    assert bought() == set()

    order.user = UserFactory()
    order.save()
    tell_who_bought(order_id=order.pk, now=NOON)

    assert bought() == {(order.user_id, item.product_id)}
