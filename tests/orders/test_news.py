import time
from decimal import Decimal
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core import mail
from django.utils import translation

from orders.events import OrderCancelled, OrderPaid, OrderRefunded, OrderShipped
from orders.mail import send_order_news
from orders.models import Checkout, Order, OrderStatusChange
from orders.receivers import tell_of_the_refund, tell_the_buyer
from orders.services.fulfillment import remove_units
from orders.services.news import LEASE, BeingSent, tell_buyer
from orders.services.orders import (
    cancel_order,
    mark_delivered,
    record_refund,
    ship_items,
)
from shop.money import format_money
from tests.factories.catalog import ProductFactory, ProductVariantFactory
from tests.factories.orders import OrderFactory
from tests.factories.shop import ShopFactory
from tests.factories.users import UserFactory, UserProfileFactory
from tests.orders.api_buyers import API, Buyer
from tests.orders.crowds import at_once
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


def tell(order: Order, status: str, send=send_order_news, now=NOON, **more) -> bool:
    return tell_buyer(order_id=order.pk, status=status, send=send, now=now, **more)


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


# ------------------------------------------------------------------ parcels, arrival, refunds


def ship(order: Order, units: dict[str, int], number: str):
    items = {item.name: item.pk for item in order.items.all()}
    return ship_items(
        order_id=order.pk,
        quantities={items[name]: count for name, count in units.items()},
        carrier="Posta",
        tracking_number=number,
        tracking_url=f"https://posta.example/{number}",
        now=NOON,
        by=None,
    )


def test_each_parcel_is_told_once_with_what_is_in_it(order):
    first, second = ship(order, {"Lamp": 1}, "KE1"), ship(order, {"Lamp": 1}, "KE2")

    for parcel in (first, second, first):
        tell(order, "shipped", about=str(parcel.pk))

    begun, rest = mail.outbox
    assert begun.subject.startswith("A part of your order")
    assert "1 × Lamp" in begun.body
    assert "https://posta.example/KE1" in begun.body
    assert "KE2" not in begun.body
    assert rest.subject == f"Your order {order.order_number} is on its way"
    assert "has sent the rest" in rest.body
    assert "KE2" in rest.body


def test_parcel_of_another_order_is_told_nobody(order):
    variant = order.items.get().variant
    other = buy({variant: 1}, email="eve@example.com")[0]
    parcel = ship(other, {"Lamp": 1}, "KE1")

    assert not tell(order, "shipped", about=str(parcel.pk))


def delivered(order: Order) -> None:
    ship(order, {"Lamp": 2}, "KE1")
    mark_delivered(order_id=order.pk, now=NOON)


def test_guest_hears_of_the_arrival_with_the_way_to_the_order(order):
    delivered(order)

    assert tell(order, "delivered")
    assert not tell(order, "delivered")
    (message,) = mail.outbox
    assert "has arrived" in message.subject
    assert f"/orders/find/?number={order.order_number}" in message.body
    assert "/reviews/write/" not in message.body


def test_account_hears_of_the_arrival_with_the_way_to_a_review(order):
    variant = order.items.get().variant
    order = buy({variant: 2}, user=UserFactory())[0]
    delivered(order)

    assert tell(order, "delivered")
    (message,) = mail.outbox
    assert f"/p/{variant.product.slug}/reviews/write/" in message.body
    assert f"/orders/{order.pk}/" in message.body


def test_each_refund_is_told_once_with_its_amount(order):
    for amount in ("500.00", "250.00"):
        record_refund(order_id=order.pk, amount=Decimal(amount), now=NOON)

    for event in ("a", "b", "a"):
        tell(
            order,
            "refunded",
            about=event,
            amount={"a": "500.00", "b": "250.00"}[event],
        )

    first, second = mail.outbox
    assert format_money(Decimal(500), "KES") in first.body
    assert format_money(Decimal(250), "KES") in second.body
    assert not tell(order, "refunded", about="c", amount="9000.00")


def test_refund_names_its_event_and_amount(order, monkeypatch):
    told = []
    monkeypatch.setattr(
        "orders.receivers.tell_buyer.delay", lambda **said: told.append(said)
    )
    event = OrderRefunded.about(order, at=NOON, data={"amount": "5.00"})

    tell_of_the_refund(event)

    assert told == [
        {
            "order_id": str(order.pk),
            "status": "refunded",
            "about": str(event.id),
            "amount": "5.00",
        }
    ]


def test_killed_senders_message_is_sent_by_another_after_a_while(order):
    def killed(_news):
        raise SystemExit

    with pytest.raises(SystemExit):
        tell(order, "processing", killed)
    with pytest.raises(BeingSent):
        tell(order, "processing", now=NOON + LEASE / 2)

    assert tell(order, "processing", now=NOON + LEASE)
    assert len(mail.outbox) == 1


@pytest.mark.django_db(transaction=True)
def test_many_tasks_at_once_send_one_message(order):
    sent = []

    def send(news):
        time.sleep(0.05)
        sent.append(news.status)

    def one(_place):
        try:
            return tell(order, "processing", send)
        except BeingSent:
            return False

    results = at_once(one, range(12))

    assert (sent, sorted(results)) == (["processing"], [False] * 11 + [True])


# ------------------------------------------------------------------ languages


def in_german(**more) -> Order:
    shop = ShopFactory(name="Lampenladen", currency="EUR", country="DE")
    product = ProductFactory(shop=shop, name="Lampe", currency="EUR")
    variant = ProductVariantFactory(
        product=product, shop=shop, price="20.50", inventory_quantity=9
    )
    address = {
        "country": "DE",
        "last_name": "Lovelace",
        "address1": "Unter den Linden 1",
        "city": "Berlin",
        "zip": "10117",
    }
    with translation.override("de"):
        return buy({variant: 2}, address=address, **more)[0]


def test_guest_who_bought_in_german_is_written_to_in_german():
    order = in_german(email="ada@example.com")
    assert order.checkout.language == "de"

    assert tell(order, "processing")
    delivered_german(order)
    for message in mail.outbox:
        assert message.subject.startswith(("Deine Bestellung", "Geld zurück"))
        assert "Lampe" in message.body or "Lampenladen" in message.body
    paid, shipped, arrived, refunded = mail.outbox
    assert "41,00\xa0€" in paid.body
    assert "In diesem Paket:" in shipped.body
    assert "angekommen" in arrived.body
    assert "10,00\xa0€" in refunded.body


def delivered_german(order: Order) -> None:
    parcel = ship(order, {"Lampe": 2}, "DE1")
    mark_delivered(order_id=order.pk, now=NOON)
    record_refund(order_id=order.pk, amount=Decimal("10.00"), now=NOON)
    assert tell(order, "shipped", about=str(parcel.pk))
    assert tell(order, "delivered")
    assert tell(order, "refunded", about="event", amount="10.00")


def test_account_is_written_to_in_the_language_it_chose_or_bought_in():
    undecided = in_german(user=UserFactory())
    chose = in_german(user=UserProfileFactory(language="sw").user)
    for order in (undecided, chose):
        tell(order, "processing")

    german, swahili = mail.outbox
    assert german.subject.startswith("Deine Bestellung")
    assert not swahili.subject.startswith(("Deine", "Your"))


def test_language_that_is_spoken_no_more_falls_back(order):
    Checkout.objects.update(language="tlh")

    assert tell(order, "processing")
    assert mail.outbox[0].subject.startswith("Your order")


def test_request_brings_its_language_along(client, order, settings):
    settings.ALLOW_TEST_GATEWAY = True
    variant = order.items.get().variant
    buyer = Buyer()
    buyer.add(variant)
    checkout = buyer.begin()
    buyer.credentials(
        HTTP_X_CSRFTOKEN=buyer.cookies["csrftoken"].value, HTTP_ACCEPT_LANGUAGE="de"
    )
    checkout = buyer.get(f"{API}checkouts/{checkout['id']}/").json()

    answer = buyer.complete(checkout)

    assert answer.status_code == 201, answer.data
    assert Checkout.objects.get(pk=checkout["id"]).language == "de"


def test_cancelled_order_is_told(order):
    cancel_order(order_id=order.pk, reason="", by=None, now=NOON)

    assert tell(order, "cancelled")
    assert "is cancelled" in mail.outbox[0].subject


def test_parcel_of_all_that_is_left_after_units_were_taken_out_is_the_last(order):
    first = ship(order, {"Lamp": 1}, "KE1")
    remove_units(
        order_id=order.pk,
        quantities={order.items.get().pk: 1},
        restock=[],
        by=None,
        now=NOON,
    )

    tell(order, "shipped", about=str(first.pk))

    assert mail.outbox[0].subject == f"Your order {order.order_number} is on its way"
