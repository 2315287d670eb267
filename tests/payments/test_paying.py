"""The last step of a checkout, as a buyer meets it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.models import ProductVariant
from orders.models import Checkout, CheckoutStatus, Order, OrderStatus
from payments.models import Payment, PaymentStatus
from tests.factories.catalog import ProductFactory, ProductVariantFactory
from tests.factories.shop import ShopFactory
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = {
    "email": "ada@example.com",
    "country": "KE",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "address1": "1 Moi Avenue",
    "city": "Nairobi",
    "zip": "00100",
    "same_billing": "on",
}


@pytest.fixture(autouse=True)
def test_gateway(settings):
    settings.ALLOW_TEST_GATEWAY = True


@pytest.fixture
def lamp() -> ProductVariant:
    shop = ShopFactory(name="Lamp works", currency="KES", country="KE")
    product = ProductFactory(shop=shop, name="Lamp", currency="KES")
    return ProductVariantFactory(
        product=product, shop=shop, price=2000, inventory_quantity=5
    )


@pytest.fixture
def guest(client: Client, lamp: ProductVariant) -> Client:
    """A guest who only has to pay for two lamps."""
    client.post(reverse("orders:add_to_cart"), {"variant": lamp.pk, "quantity": 2})
    client.post(reverse("orders:checkout"))
    checkout = Checkout.objects.get()
    client.post(reverse("orders:checkout_address", args=[checkout.pk]), ADDRESS)
    return client


def pay_page() -> str:
    return reverse("payments:pay", args=[Checkout.objects.get().pk])


def done_page() -> str:
    return reverse("orders:checkout_done", args=[Checkout.objects.get().pk])


def agreed(guest: Client) -> str:
    """The hash of the sum that the page shows."""
    return guest.get(pay_page()).context["view"].quote.hash


def pay(guest: Client, token: str = "approve"):
    return guest.post(pay_page(), {"quote": agreed(guest), "method": f"test:{token}"})


def test_approved_payment_makes_a_paid_order(guest, lamp):
    response = pay(guest)

    assert response.url == done_page()
    order = Order.objects.get()
    lamp.refresh_from_db()
    assert order.status == OrderStatus.PROCESSING
    assert (lamp.inventory_quantity, lamp.reserved_quantity) == (3, 0)
    page = guest.get(done_page()).content.decode()
    assert "Thank you for your order" in page
    assert order.order_number in page
    assert guest.get(reverse("orders:cart")).context["cart"] is None


def test_second_click_and_going_back_do_no_harm(guest):
    quote = agreed(guest)
    sent = {"quote": quote, "method": "test:approve"}
    for _ in range(3):
        assert guest.post(pay_page(), sent).url == done_page()

    assert guest.get(pay_page()).url == done_page()
    assert Order.objects.count() == 1
    assert Payment.objects.get().status == PaymentStatus.SUCCEEDED


def test_declined_payment_can_be_tried_another_way(guest, lamp):
    pay(guest, "decline")

    page = guest.get(pay_page())
    assert "The bank said no" in page.content.decode()
    lamp.refresh_from_db()
    assert lamp.reserved_quantity == 2
    response = guest.post(pay_page(), {"method": "test:approve"})
    assert response.url == done_page()
    assert Order.objects.get().status == OrderStatus.PROCESSING


def test_bank_asks_and_the_buyer_comes_back(guest):
    bank = pay(guest, "require_action").url

    assert "/pay/test/" in bank
    back = guest.post(bank, {"decision": "approve"})
    assert back.url.endswith(pay_page())
    assert guest.get(back.url).url == done_page()
    assert Order.objects.get().status == OrderStatus.PROCESSING


def test_lost_answer_is_asked_for_on_the_way_back(guest):
    pay(guest, "time_out")

    assert guest.get(pay_page()).url == done_page()
    assert Payment.objects.get().status == PaymentStatus.SUCCEEDED


def test_sum_that_changed_is_shown_before_it_is_paid(guest, lamp):
    quote = agreed(guest)
    ProductVariant.objects.filter(pk=lamp.pk).update(price=2500)

    response = guest.post(pay_page(), {"quote": quote, "method": "test:approve"})

    assert "Prices or stock have changed" in response.content.decode()
    assert not Order.objects.exists()
    assert response.context["view"].quote.subtotal == 5000


@pytest.mark.parametrize("quote", ["", "x", "\x00", "😀", "0" * 100_000])
def test_made_up_quote_places_nothing(guest, quote):
    response = guest.post(pay_page(), {"quote": quote, "method": "test:approve"})

    assert response.status_code == 200
    assert not Order.objects.exists()


@pytest.mark.parametrize("method", ["", "test:", "nobody:approve", "\x00", "x" * 9999])
def test_unknown_way_to_pay_is_refused_beside_it(guest, method):
    response = guest.post(pay_page(), {"quote": agreed(guest), "method": method})

    assert response.status_code == 200
    assert response.context["form"].errors["method"]
    assert not Order.objects.exists()


def test_sold_out_meanwhile_leads_to_the_cart_with_a_word(guest, lamp):
    quote = agreed(guest)
    ProductVariant.objects.filter(pk=lamp.pk).update(inventory_quantity=1)

    response = guest.post(
        pay_page(), {"quote": quote, "method": "test:approve"}, follow=True
    )

    assert response.redirect_chain[0][0] == reverse("orders:cart")
    assert "Only 1 of Lamp" in response.content.decode()
    assert not Order.objects.exists()


def test_time_that_is_over_gives_the_cart_back(guest, lamp):
    pay(guest, "decline")
    past = timezone.now() - timedelta(seconds=1)
    Checkout.objects.update(expires_at=past)

    assert guest.get(pay_page()).url == done_page()

    lamp.refresh_from_db()
    assert lamp.reserved_quantity == 0
    assert Checkout.objects.get().status == CheckoutStatus.EXPIRED
    assert "The time to pay is over" in guest.get(done_page()).content.decode()
    assert guest.get(reverse("orders:cart")).context["cart"].count == 2


def test_somebody_elses_payment_is_not_found(guest):
    stranger, account = Client(), Client()
    account.force_login(UserFactory())

    for other in (stranger, account):
        assert other.get(pay_page()).status_code == 404
        assert other.post(pay_page(), {"method": "test:approve"}).status_code == 404
    assert not Order.objects.exists()


def test_nothing_can_be_paid_before_the_address(client, lamp):
    client.post(reverse("orders:add_to_cart"), {"variant": lamp.pk})
    client.post(reverse("orders:checkout"))

    checkout = Checkout.objects.get()
    address = reverse("orders:checkout_address", args=[checkout.pk])
    assert client.get(pay_page()).url == address
    assert client.post(pay_page(), {"method": "test:approve"}).url == address
