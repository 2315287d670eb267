"""What the cart says of delivery and tax before there is an address."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import ProductVariant
from orders.errors import CountryUnknown
from orders.models import Cart, Checkout
from orders.queries import cart_view, checkout_view
from orders.queries.estimate import Destination, cart_estimate, destination_of
from orders.services.cart import add_to_cart, set_coupon, set_destination
from orders.services.checkout import set_address, set_contact, start_checkout
from tests.factories.catalog import ProductFactory, ProductVariantFactory
from tests.factories.orders import (
    CouponFactory,
    DeliveryMethodFactory,
    DeliveryZoneFactory,
    ShippingAddressFactory,
    TaxRateFactory,
)
from tests.factories.shop import ShopFactory
from tests.factories.users import UserFactory
from tests.orders.api_buyers import API, Buyer
from tests.orders.purchases import ADDRESS, NOON

pytestmark = pytest.mark.django_db
CART = reverse("orders:cart")
CHOOSE = reverse("orders:choose_destination")
HTMX = {"HX-Request": "true"}
BERLIN = {
    "country": "DE",
    "last_name": "Lovelace",
    "address1": "Unter den Linden 1",
    "city": "Berlin",
    "zip": "10117",
}
AUSTIN = {
    "country": "US",
    "last_name": "Lovelace",
    "address1": "1 Congress Avenue",
    "city": "Austin",
    "province": "TX",
    "zip": "78701",
}


@pytest.fixture
def lamp() -> ProductVariant:
    """Sent to Kenya and Germany, and to nowhere else."""
    shop = ShopFactory(name="Lamp works", prices_include_tax=False)
    product = ProductFactory(shop=shop, name="Lamp")
    for country, price in [("KE", "3.00"), ("DE", "9.50")]:
        zone = DeliveryZoneFactory(shop=shop, name=country, countries=[country])
        DeliveryMethodFactory(zone=zone, name="Parcel", price=price, max_days=7)
        DeliveryMethodFactory(zone=zone, name="Courier", price="40.00")
    return ProductVariantFactory(
        product=product, shop=shop, price="20.00", inventory_quantity=9
    )


@pytest.fixture
def mug() -> ProductVariant:
    """Sent everywhere; its prices include the tax."""
    shop = ShopFactory(name="Mug house")
    product = ProductFactory(shop=shop, name="Mug")
    zone = DeliveryZoneFactory(shop=shop, countries=[])
    DeliveryMethodFactory(zone=zone, price="5.00", free_from="100.00")
    return ProductVariantFactory(
        product=product, shop=shop, price="12.00", inventory_quantity=9
    )


def filled(*variants: ProductVariant, user=None) -> Cart:
    for variant in variants:
        item = add_to_cart(
            user_id=user.pk if user else None,
            token="" if user else "guest",
            variant_id=variant.pk,
            quantity=2,
            now=NOON,
        )
    return item.cart


def estimate(cart: Cart, country: str, province: str = ""):
    view = cart_view(cart_id=cart.pk, now=NOON)
    return cart_estimate(view=view, destination=Destination(country, province))


@pytest.mark.parametrize("address", [ADDRESS, BERLIN, AUSTIN])
def test_checkout_for_the_same_place_says_the_same(lamp, mug, address):
    TaxRateFactory(country="DE", province="", rate="0.19")
    TaxRateFactory(country="KE", province="", rate="0.16", applies_to_shipping=False)
    TaxRateFactory(country="US", province="", rate="0.01")
    TaxRateFactory(country="US", province="TX", rate="0.0625")
    cart = filled(lamp, mug) if address != AUSTIN else filled(mug)
    CouponFactory(code="TEN", promotion__shop=mug.shop, promotion__value=10)
    set_coupon(cart_id=cart.pk, code="TEN", now=NOON)

    said = estimate(cart, address["country"], address.get("province", ""))

    checkout = start_checkout(cart_id=cart.pk, now=NOON)
    set_contact(checkout_id=checkout.pk, email="ada@example.com", now=NOON)
    set_address(checkout_id=checkout.pk, shipping=address, now=NOON)
    agreed = checkout_view(checkout_id=checkout.pk, now=NOON).quote
    assert said.quote == agreed
    assert said.total == agreed.total > said.quote.subtotal - said.quote.discount
    assert said.quote.tax + said.quote.included_tax > 0


def test_shop_without_a_zone_is_estimated_as_its_first_checkout_writes_it(settings):
    shop = ShopFactory(currency="GBP", country="GB")
    product = ProductFactory(shop=shop, currency="GBP")
    cart = filled(
        ProductVariantFactory(
            product=product, shop=shop, price="5.00", inventory_quantity=9
        )
    )

    at_home, abroad = estimate(cart, "GB"), estimate(cart, "DE")

    start_checkout(cart_id=cart.pk, now=NOON)
    assert estimate(cart, "GB").total == at_home.total == Decimal("13.95")
    assert (abroad.total, abroad.unserved) == (None, (shop.name,))


def test_shop_that_does_not_deliver_there_is_named_and_nothing_is_summed_up(lamp, mug):
    said = estimate(filled(lamp, mug), "FR")

    assert (said.unserved, said.total) == (("Lamp works",), None)


def test_what_needs_no_sending_costs_no_delivery(lamp):
    ProductVariant.objects.filter(pk=lamp.pk).update(requires_shipping=False)

    said = estimate(filled(lamp), "FR")

    assert (said.unserved, said.total) == ((), Decimal("40.00"))


def test_place_is_what_was_said_else_the_accounts_else_the_markets(lamp, settings):
    settings.MARKET_COUNTRY = "GB"
    user = UserFactory()
    guests, own = filled(lamp), filled(lamp, user=user)

    assert destination_of(cart=guests) == destination_of(cart=own) == Destination("GB")
    ShippingAddressFactory(user=user, country="KE", province="", is_default=True)
    assert destination_of(cart=own) == Destination("KE")
    said = set_destination(cart_id=own.pk, country="US", province="TX", now=NOON)
    assert destination_of(cart=said) == Destination("US", "TX")


def test_unknown_country_is_refused_and_unknown_province_left_out(lamp):
    cart = filled(lamp)

    for country in ["", "XX", "de", "DE\0"]:
        with pytest.raises(CountryUnknown):
            set_destination(cart_id=cart.pk, country=country, now=NOON)
    kept = set_destination(cart_id=cart.pk, country="US", province="Mars", now=NOON)

    assert (kept.country, kept.province) == ("US", "")


def test_asks_the_same_for_one_shop_and_many(lamp, mug, django_assert_num_queries):
    cart = filled(lamp)
    view = cart_view(cart_id=cart.pk, now=NOON)
    with django_assert_num_queries(3):
        cart_estimate(view=view, destination=Destination("DE"))
    cart = filled(mug, *ProductVariantFactory.create_batch(3, inventory_quantity=5))
    view = cart_view(cart_id=cart.pk, now=NOON)

    # One more for shops that have said nothing.
    with django_assert_num_queries(4):
        cart_estimate(view=view, destination=Destination("DE"))


# ------------------------------------------------------------------ pages


@pytest.fixture
def guest(client: Client, lamp: ProductVariant, settings) -> Client:
    settings.MARKET_COUNTRY = "KE"
    client.post(reverse("orders:add_to_cart"), {"variant": lamp.pk, "quantity": 2})
    return client


def words(response) -> str:
    return " ".join(response.content.decode().split())


def test_cart_estimates_for_the_markets_country_and_for_the_chosen_one(guest):
    TaxRateFactory(country="DE", province="", rate="0.10")

    before = words(guest.get(CART))
    chosen = guest.post(CHOOSE, {"country": "DE"})
    after = words(guest.get(CART))

    assert ("Estimated total" in before, "$43.00" in before) == (True, True)
    assert (chosen.status_code, chosen["location"]) == (302, CART)
    assert '<option value="DE" selected>' in after
    # 40 and 9.50, and a tenth of both
    assert "$54.45" in after


def test_choosing_with_htmx_brings_the_cart(guest):
    response = guest.post(CHOOSE, {"country": "FR"}, headers=HTMX)

    page = words(response)
    assert "<html" not in page
    assert "Lamp works does not deliver to France." in page
    assert "Estimated total" not in page


@pytest.mark.parametrize("country", ["", "XX", "\0", "D" * 5000])
def test_no_country_is_said_beside_its_field_and_nothing_kept(guest, country):
    response = guest.post(CHOOSE, {"country": country})

    assert response.status_code == 200
    assert 'id="destination-error"' in words(response)
    assert Cart.objects.get().country == ""


def test_province_is_asked_for_where_taxes_differ_by_it(guest, mug):
    TaxRateFactory(country="US", province="TX", rate="0.0625")

    assert 'name="province"' not in words(guest.get(CART))
    guest.post(CHOOSE, {"country": "US"})
    assert 'name="province"' in words(guest.get(CART))
    guest.post(CHOOSE, {"country": "US", "province": "TX"})
    assert '<option value="TX" selected>' in words(guest.get(CART))


def test_somebody_without_a_cart_chooses_nothing(client):
    assert client.post(CHOOSE, {"country": "DE"}).status_code == 404


def test_chosen_country_is_preset_at_the_checkout(guest):
    guest.post(CHOOSE, {"country": "DE"})

    page = guest.post(reverse("orders:checkout"), follow=True)

    assert page.context["form"].initial["country"] == "DE"
    assert '<option value="DE" selected>' in page.content.decode()


def test_account_begins_with_an_address_of_the_chosen_country(lamp):
    user = UserFactory()
    ShippingAddressFactory(user=user, country="KE", is_default=True)
    ShippingAddressFactory(user=user, country="DE", city="Berlin")
    cart = filled(lamp, user=user)

    set_destination(cart_id=cart.pk, country="DE", now=NOON)

    begun = start_checkout(cart_id=cart.pk, now=NOON)
    assert begun.shipping_address["city"] == "Berlin"


def test_another_country_chosen_later_asks_for_the_address_again(guest):
    page = guest.post(reverse("orders:checkout"), follow=True)
    address = ADDRESS | {"email": "ada@example.com", "same_billing": "on"}
    guest.post(page.redirect_chain[-1][0], address)
    kept = Checkout.objects.get()
    assert (kept.shipping_address["country"], kept.cart.country) == ("KE", "KE")

    guest.post(CHOOSE, {"country": "DE"})
    again = guest.post(reverse("orders:checkout"), follow=True)

    initial = again.context["form"].initial
    assert (initial["country"], initial["last_name"]) == ("DE", "Lovelace")
    assert "city" not in initial


# ------------------------------------------------------------------ API


def test_api_estimates_for_a_country_without_keeping_it(lamp, mug):
    TaxRateFactory(country="DE", province="", rate="0.10")
    buyer = Buyer()
    for variant in (lamp, mug):
        buyer.add(variant, 2)

    said = buyer.get(f"{API}cart/?country=DE").json()["estimate"]
    unserved = buyer.get(f"{API}cart/?country=FR").json()["estimate"]

    assert (said["country"], said["shipping"], said["tax"]) == ("DE", "14.50", "4.95")
    assert (said["included_tax"], said["total"]) == ("2.63", "83.45")
    first = said["shops"][0]
    assert (first["name"], first["method"], first["delivers"]) == (
        *("Lamp works", "Parcel"),
        True,
    )
    assert [shop["delivers"] for shop in unserved["shops"]] == [False, True]
    assert unserved["total"] is None
    assert Cart.objects.get().country == ""


def test_api_checkout_says_what_the_estimate_said(lamp, mug):
    TaxRateFactory(country="KE", province="", rate="0.16")
    buyer = Buyer()
    for variant in (lamp, mug):
        buyer.add(variant)
    said = buyer.get(f"{API}cart/?country=KE").json()["estimate"]

    quote = buyer.begin()["quote"]

    for name in ("shipping", "tax", "included_tax", "total"):
        assert said[name] == quote[name]


@pytest.mark.parametrize("query", ["country=XX", "country=%00", "province=TX"])
def test_api_names_the_field_that_is_wrong(query):
    refused = Buyer().get(f"{API}cart/?{query}")

    assert refused.status_code == 400
    assert "country" in str(refused.json())


def test_checkout_without_a_chosen_country_begins_with_the_markets(guest):
    page = guest.post(reverse("orders:checkout"), follow=True)

    assert '<option value="KE" selected>' in page.content.decode()
