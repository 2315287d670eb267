from decimal import Decimal

import pytest
from django.urls import reverse

from orders.models import DeliveryMethod, DeliveryZone
from orders.services.cart import add_to_cart
from orders.services.checkout import start_checkout
from tests.factories.catalog import ProductFactory, ProductVariantFactory
from tests.factories.orders import ShippingAddressFactory
from tests.factories.shop import ShopFactory
from tests.factories.users import UserFactory
from tests.orders.purchases import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def variant(settings):
    settings.MARKET_COUNTRY = "GB"
    shop = ShopFactory(currency="GBP", country="GB")
    product = ProductFactory(shop=shop, currency="GBP")
    return ProductVariantFactory(product=product, shop=shop, inventory_quantity=5)


def said(client, variant) -> str:
    address = reverse("orders:delivery_promise", args=[variant.pk])
    answer = client.get(address, headers={"HX-Request": "true"})
    return " ".join(answer.content.decode().split())


def test_promise_is_what_the_checkout_will_say(client, variant):
    before = said(client, variant)
    item = add_to_cart(
        user_id=None, token="t", variant_id=variant.pk, quantity=1, now=NOON
    )
    start_checkout(cart_id=item.cart_id, now=NOON)

    method = DeliveryMethod.objects.get()
    assert (method.price, method.max_days) == (Decimal("3.95"), 5)
    assert "2–5 working days to United Kingdom: £3.95" in before
    assert said(client, variant) == before


def test_promise_is_for_the_buyers_own_country(client, variant):
    user = UserFactory()
    ShippingAddressFactory(user=user, country="DE", is_default=True)
    client.force_login(user)
    assert "does not deliver to Germany" in said(client, variant)

    zone = DeliveryZone.objects.create(shop=variant.shop, name="EU", countries=["DE"])
    DeliveryMethod.objects.create(
        zone=zone, name="Post", price=9, free_from=50, min_days=4, max_days=4
    )

    assert "4 working days to Germany: £9.00, free from £50.00 on" in (
        said(client, variant)
    )


def test_unknown_variant_promises_nothing(client):
    address = reverse(
        "orders:delivery_promise", args=["00000000-0000-7000-8000-000000000000"]
    )

    assert client.get(address).status_code == 404
