from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core import mail

from orders.events import OrderCancelled, OrderPaid, OrderShipped
from orders.mail import send_order_news
from orders.models import Order, OrderStatusChange
from orders.receivers import tell_the_buyer
from orders.services.news import tell_buyer
from orders.services.orders import cancel_order, ship_items
from tests.factories.catalog import ProductFactory, ProductVariantFactory
from tests.factories.orders import OrderFactory
from tests.factories.shop import ShopFactory
from tests.orders.purchases import NOON, buy

pytestmark = pytest.mark.django_db


@pytest.fixture
def order() -> Order:
    shop = ShopFactory(name="Lamp works", currency="KES", country="KE")
    product = ProductFactory(shop=shop, name="Lamp", currency="KES")
    variant = ProductVariantFactory(
        product=product, shop=shop, price=2000, inventory_quantity=9
    )
    return buy({variant: 2}, email="ada@example.com")[0]


def tell(order: Order, status: str, send=send_order_news) -> bool:
    return tell_buyer(order_id=order.pk, status=status, send=send)


def test_buyer_is_told_once_what_was_bought(order):
    assert tell(order, "processing")
    assert not tell(order, "processing")

    (message,) = mail.outbox
    assert message.to == ["ada@example.com"]
    assert message.subject == f"Your order {order.order_number}"
    assert "2 × Lamp" in message.body
    assert "Lamp works" in message.body
    assert "/orders/find/" in message.body


def test_buyer_is_told_of_the_parcel_and_of_the_end(order):
    ship_items(
        order_id=order.pk,
        quantities={order.items.get().pk: 2},
        carrier="Posta",
        tracking_number="KE123",
        now=NOON,
        by=None,
    )

    assert tell(order, "shipped")
    assert not tell(order, "cancelled")
    assert "Posta KE123" in mail.outbox[0].body


def test_server_that_is_away_is_tried_again(order):
    def away(*_):
        raise SMTPServerDisconnected

    with pytest.raises(SMTPServerDisconnected):
        tell(order, "processing", away)

    assert not OrderStatusChange.objects.filter(notify_customer=True).exists()
    assert tell(order, "processing")


def test_address_that_is_refused_is_done_with(order):
    def refused(*_):
        raise SMTPRecipientsRefused({})

    assert tell(order, "processing", refused)
    assert not tell(order, "processing")


def test_orders_from_files_are_told_nobody():
    imported = OrderFactory(email="ada@example.com", checkout=None)

    assert not tell(imported, "processing")


def test_news_that_concern_the_buyer_are_told(order, monkeypatch):
    told = []
    monkeypatch.setattr(
        "orders.receivers.tell_buyer.delay", lambda **said: told.append(said["status"])
    )
    for event_class, data in [
        (OrderPaid, {}),
        (OrderShipped, {}),
        (OrderCancelled, {"paid": True}),
        (OrderCancelled, {"paid": False, "expired": True}),
    ]:
        tell_the_buyer(event_class.about(order, at=NOON, data=data))

    assert told == ["processing", "shipped", "cancelled"]


def test_cancelled_order_is_told(order):
    cancel_order(order_id=order.pk, reason="", by=None, now=NOON)

    assert tell(order, "cancelled")
    assert "is cancelled" in mail.outbox[0].subject
