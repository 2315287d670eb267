"""The checkout's steps up to paying: kept, gone back to, and nobody else's."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import ProductVariant
from orders.errors import CheckoutClosed
from orders.models import Checkout, CheckoutStatus, DeliveryMethod, DeliveryZone
from tests.factories.catalog import ProductFactory, ProductVariantFactory
from tests.factories.orders import ShippingAddressFactory
from tests.factories.shop import ShopFactory
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db

ADDRESS = {
    "email": "ada@example.com",
    "country": "GB",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "address1": "12 Long Lane",
    "city": "London",
    "zip": "SE1 4PE",
    "same_billing": "on",
}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def lamp() -> ProductVariant:
    shop = ShopFactory(name="Lamp works", currency="GBP", country="GB")
    product = ProductFactory(shop=shop, name="Lamp", currency="GBP")
    return ProductVariantFactory(
        product=product, shop=shop, price=20, inventory_quantity=5
    )


@pytest.fixture
def guest(client: Client, lamp: ProductVariant) -> Client:
    """A guest who has begun a checkout of two lamps."""
    client.post(reverse("orders:add_to_cart"), {"variant": lamp.pk, "quantity": 2})
    client.post(reverse("orders:checkout"))
    return client


def step(name: str, *more: object) -> str:
    return reverse(f"orders:checkout_{name}", args=[Checkout.objects.get().pk, *more])


def test_checkout_begins_at_the_address_and_is_begun_once(guest):
    for _ in range(2):
        response = guest.post(reverse("orders:checkout"))

    assert response.url == step("address")
    assert Checkout.objects.get().status == CheckoutStatus.OPEN


def test_empty_cart_leads_back_to_it(client):
    assert client.post(reverse("orders:checkout")).url == reverse("orders:cart")


def test_address_is_kept_and_leads_to_delivery(guest):
    response = guest.post(step("address"), ADDRESS)

    assert response.url == step("delivery")
    checkout = Checkout.objects.get()
    assert checkout.email == "ada@example.com"
    assert checkout.shipping_address["zip"] == "SE1 4PE"
    assert checkout.billing_address == {}
    page = guest.get(step("address")).content.decode()
    assert "SE1 4PE" in page
    assert "ada@example.com" in page


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"email": ""}, "email"),
        ({"email": "nobody"}, "email"),
        ({"email": "a" * 300 + "@example.com"}, "email"),
        ({"zip": "99999"}, "zip"),
        ({"zip": ""}, "zip"),
        ({"city": ""}, "city"),
        ({"country": "XX"}, "country"),
        ({"last_name": "x" * 100_000}, "last_name"),
        ({"last_name": "\x00"}, "last_name"),
        ({"phone": "12"}, "phone"),
    ],
)
def test_wrong_address_is_said_beside_its_field_and_not_kept(guest, sent, field):
    response = guest.post(step("address"), {**ADDRESS, **sent})

    assert response.status_code == 200
    assert response.context["form"].errors[field]
    assert Checkout.objects.get().shipping_address == {}


def test_another_country_redraws_its_fields_and_keeps_the_rest(guest):
    sent = {**ADDRESS, "country": "US", "redraw": "1"}

    page = guest.post(step("address"), sent, headers=HTMX).content.decode()

    assert "Lovelace" in page
    assert 'name="province"' in page
    assert "ada@example.com" in page
    assert "<html" not in page


def test_invoice_may_go_elsewhere(guest):
    sent = {name: value for name, value in ADDRESS.items() if name != "same_billing"}

    response = guest.post(step("address"), sent)
    assert response.url == step("billing")
    office = {**ADDRESS, "last_name": "Office", "zip": "EC1A 1BB"}
    response = guest.post(step("billing"), office)

    assert response.url == step("delivery")
    checkout = Checkout.objects.get()
    assert checkout.billing_address["last_name"] == "Office"
    assert checkout.shipping_address["last_name"] == "Lovelace"


def test_delivery_wants_the_address_first(guest):
    assert guest.get(step("delivery")).url == step("address")


def test_delivery_chosen_changes_the_sum(guest, lamp):
    zone = DeliveryZone.objects.get(shop=lamp.shop)
    quick = DeliveryMethod.objects.create(zone=zone, name="Courier", price=12)
    guest.post(step("address"), ADDRESS)

    choice = {str(lamp.shop_id): str(quick.pk)}
    page = guest.post(step("delivery"), choice, headers=HTMX).content.decode()

    assert "£12.00" in page
    assert "£52.00" in page
    assert "<html" not in page


def test_way_that_the_goods_make_free_says_so(guest, lamp):
    zone = DeliveryZone.objects.get(shop=lamp.shop)
    make = DeliveryMethod.objects.create
    make(zone=zone, name="By cart", price=12, free_from=40)
    make(zone=zone, name="By boat", price=13, free_from=Decimal("40.01"))
    guest.post(step("address"), ADDRESS)

    page = guest.get(step("delivery")).content.decode()

    assert "£12.00" not in page
    assert "£13.00" in page
    assert page.count("Free from £40.0") == 1


@pytest.mark.parametrize("chosen", ["nonsense", "00000000-0000-7000-8000-000000000000"])
def test_delivery_of_somebody_else_is_refused(guest, lamp, chosen):
    guest.post(step("address"), ADDRESS)

    response = guest.post(step("delivery"), {str(lamp.shop_id): chosen})

    assert "Choose one of the ways" in response.content.decode()
    assert Checkout.objects.get().delivery == {}


def test_shop_that_does_not_send_there_says_so(guest):
    abroad = {**ADDRESS, "country": "KE", "zip": "00100", "city": "Nairobi"}
    guest.post(step("address"), abroad)

    page = guest.get(step("delivery")).content.decode()

    assert "Lamp works does not deliver to this address" in page


def test_kept_address_is_used_by_its_owner_alone(client, lamp):
    user = UserFactory()
    client.force_login(user)
    own = ShippingAddressFactory(user=user, country="GB", zip="SE1 4PE")
    other = ShippingAddressFactory(country="GB")
    client.post(reverse("orders:add_to_cart"), {"variant": lamp.pk})
    client.post(reverse("orders:checkout"))
    checkout = Checkout.objects.get()

    def use(address):
        return client.post(
            reverse("orders:use_kept_address", args=[checkout.pk, address.pk])
        )

    assert use(other).status_code == 404
    assert use(own).url == step("delivery")
    checkout.refresh_from_db()
    assert checkout.shipping_address["zip"] == "SE1 4PE"


@pytest.mark.parametrize("name", ["address", "billing", "delivery", "done"])
def test_somebody_elses_checkout_is_not_found(guest, name):
    stranger, account = Client(), Client()
    account.force_login(UserFactory())

    for other in (stranger, account):
        assert other.get(step(name)).status_code == 404
        if name != "done":
            assert other.post(step(name), ADDRESS).status_code == 404
    assert Checkout.objects.get().shipping_address == {}


@pytest.mark.parametrize("name", ["address", "billing", "delivery"])
def test_steps_of_a_placed_checkout_lead_to_what_became_of_it(guest, name):
    Checkout.objects.update(status=CheckoutStatus.PAID)

    assert guest.get(step(name)).url == step("done")
    assert guest.post(step(name), ADDRESS).url == step("done")


def test_checkout_placed_meanwhile_takes_no_change(guest, monkeypatch):
    """Another tab paid between reading the row and writing to it."""

    def placed_first(**_):
        Checkout.objects.update(status=CheckoutStatus.PAID)
        raise CheckoutClosed

    monkeypatch.setattr("orders.services.checkout.set_contact", placed_first)
    response = guest.post(step("address"), ADDRESS)

    assert response.url == step("done")
    assert Checkout.objects.get().shipping_address == {}


@pytest.mark.parametrize("name", ["address", "delivery"])
def test_steps_ask_the_same_for_one_item_and_many(
    guest, name, django_assert_num_queries, django_assert_max_num_queries
):
    guest.post(step("address"), ADDRESS)
    guest.get(step(name))
    with django_assert_max_num_queries(12) as asked:
        guest.get(step(name))
    budget = len(asked)
    for _ in range(12):
        shop = ShopFactory(currency="GBP", country="GB")
        product = ProductFactory(shop=shop, currency="GBP")
        more = ProductVariantFactory(product=product, shop=shop, inventory_quantity=3)
        guest.post(reverse("orders:add_to_cart"), {"variant": more.pk})

    guest.post(reverse("orders:checkout"))
    with django_assert_num_queries(budget):
        guest.get(step(name))
