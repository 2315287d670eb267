"""The cart's pages: with HTMX and without, for guests and accounts, and what they refuse."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.models import ProductVariant
from orders.models import Cart, CartItem
from tests.factories.catalog import (
    ProductFactory,
    ProductImageFactory,
    ProductVariantFactory,
)
from tests.factories.orders import CartItemFactory, CouponFactory
from tests.factories.shop import ShopFactory
from tests.factories.users import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

CART = reverse("orders:cart")
ADD = reverse("orders:add_to_cart")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def lamp() -> ProductVariant:
    product = ProductFactory(name="Lamp")
    return ProductVariantFactory(
        product=product, sku="LAMP", price=20, inventory_quantity=5
    )


@pytest.fixture
def guest(client: Client, lamp: ProductVariant) -> Client:
    """A guest with two lamps in the cart."""
    client.post(ADD, {"variant": lamp.pk, "quantity": 2})
    return client


def item() -> CartItem:
    return CartItem.objects.get()


def test_first_add_gives_a_guest_a_cart_and_leads_there(client, lamp):
    response = client.post(ADD, {"variant": lamp.pk, "quantity": 2}, follow=True)

    assert response.redirect_chain == [(CART, 302)]
    assert (item().quantity, item().cart.user) == (2, None)
    cookie = client.cookies["cart"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    page = response.content.decode()
    assert "Lamp" in page
    assert "$40.00" in page


def test_add_with_htmx_answers_with_a_word_and_the_new_count(client, lamp):
    response = client.post(ADD, {"variant": lamp.pk}, headers=HTMX)

    page = response.content.decode()
    assert 'role="status"' in page
    assert 'id="cart-link"' in page
    assert 'hx-swap-oob="true"' in page
    assert response.context["cart_summary"].count == 1
    assert "<html" not in page


def test_account_has_one_cart_on_every_device(lamp):
    user = UserFactory()
    for _ in range(2):
        device = Client()
        device.force_login(user)
        device.post(ADD, {"variant": lamp.pk})

    assert Cart.objects.get().user == user
    assert item().quantity == 2


def test_log_in_brings_the_guests_cart_along_once(guest, lamp):
    user = UserFactory()
    CartItemFactory(cart__user=user, variant=lamp, quantity=1)

    for _ in range(2):
        form = {"login": user.email, "password": PASSWORD}
        guest.post(reverse("account_login"), form)

    assert guest.get(CART).context["cart"].count == 3


def test_next_person_after_a_log_out_has_an_empty_cart(guest):
    guest.force_login(UserFactory())
    guest.logout()

    assert guest.get(CART).context["cart"] is None


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"variant": ""}, "Choose what to buy first."),
        ({"variant": "nonsense"}, "not on sale any more"),
        ({"variant": str(uuid.UUID(int=0))}, "not on sale any more"),
        ({"quantity": "0"}, "between 1 and 999"),
        ({"quantity": "-1"}, "between 1 and 999"),
        ({"quantity": "1000000000"}, "between 1 and 999"),
        ({"quantity": "NaN"}, "whole number"),
        ({"quantity": "1e3"}, "whole number"),
        ({"quantity": "9" * 5000}, "whole number"),
        ({"quantity": "6"}, "Only 5 of"),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_cannot_be_added_is_said_and_nothing_written(
    client, lamp, sent, said, headers
):
    response = client.post(
        ADD, {"variant": lamp.pk, **sent}, headers=headers, follow=True
    )

    assert response.status_code == 200
    assert said in response.content.decode()
    assert not CartItem.objects.exists()


def test_cart_of_one_currency_refuses_another(guest):
    abroad = ShopFactory(currency="GBP")
    vase = ProductVariantFactory(
        product=ProductFactory(shop=abroad, currency="GBP"),
        shop=abroad,
        inventory_quantity=3,
    )

    response = guest.post(ADD, {"variant": vase.pk}, follow=True)

    assert "The cart is in USD and this item is sold in GBP" in (
        response.content.decode()
    )
    assert CartItem.objects.count() == 1


def test_quantity_changes_with_and_without_htmx(guest):
    address = reverse("orders:change_item", args=[item().pk])

    plain = guest.post(address, {"quantity": 3}, follow=True)
    swapped = guest.post(address, {"quantity": 4}, headers=HTMX)

    assert plain.redirect_chain == [(CART, 302)]
    assert "$80.00" in swapped.content.decode()
    assert item().quantity == 4


@pytest.mark.parametrize(
    ("quantity", "said"),
    [
        ("6", "Only 5 of"),
        ("-1", "between 1 and 999"),
        ("1000000000", "between 1 and 999"),
        ("NaN", "whole number"),
        ("", "whole number"),
    ],
)
def test_refused_quantity_is_said_beside_its_line(guest, quantity, said):
    address = reverse("orders:change_item", args=[item().pk])

    response = guest.post(address, {"quantity": quantity})

    errors = response.context["errors"]
    assert said in errors[item().pk]
    assert item().quantity == 2


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_removed_item_can_be_brought_back(guest, lamp, headers):
    address = reverse("orders:remove_item", args=[item().pk])
    page = guest.post(address, headers=headers, follow=True).content.decode()
    assert "is no longer in your cart." in page
    assert not CartItem.objects.exists()

    restore = reverse("orders:restore_item")
    for _ in range(2):
        guest.post(restore, {"variant": lamp.pk, "quantity": 2}, headers=headers)

    assert item().quantity == 2


def test_quantity_of_zero_takes_the_item_out(guest):
    guest.post(reverse("orders:change_item", args=[item().pk]), {"quantity": 0})

    assert not CartItem.objects.exists()


def test_somebody_elses_items_are_not_found(guest, lamp):
    mine = item()
    stranger = Client()
    stranger.post(ADD, {"variant": lamp.pk, "quantity": 1})

    change = reverse("orders:change_item", args=[mine.pk])
    remove = reverse("orders:remove_item", args=[mine.pk])

    assert stranger.post(change, {"quantity": 5}).status_code == 404
    assert stranger.post(remove).status_code == 404
    mine.refresh_from_db()
    assert mine.quantity == 2


def test_forged_cookie_is_nobodys_cart(client, guest):
    token = Cart.objects.get().session_id
    stranger = Client()
    stranger.cookies["cart"] = token

    assert stranger.get(CART).context["cart"] is None


def test_price_that_changed_is_said_on_its_line(guest, lamp):
    ProductVariant.objects.filter(pk=lamp.pk).update(price=25)

    page = guest.get(CART).content.decode()

    assert "now costs $25.00 instead of $20.00" in page
    guest.post(reverse("orders:accept_prices"))
    assert "instead of" not in guest.get(CART).content.decode()


def test_unknown_coupon_is_said_beside_its_field(guest):
    use = reverse("orders:use_coupon")

    for code, said in [("nope", "No shop"), ("", "Write"), ("x" * 65, "No code")]:
        assert said in guest.post(use, {"code": code}).context["coupon_error"]


def test_coupon_that_is_over_or_another_shops_is_said_beside_its_field(guest):
    use, now = reverse("orders:use_coupon"), timezone.now()
    CouponFactory(code="THEIRS")
    CouponFactory(
        code="OVER",
        promotion__shop=item().variant.shop,
        promotion__starts_at=now - timedelta(days=2),
        promotion__ends_at=now - timedelta(days=1),
    )

    for code, said in [("over", "OVER is not valid now"), ("theirs", "No shop")]:
        assert said in guest.post(use, {"code": code}).context["coupon_error"]
    assert Cart.objects.get().coupon_codes == []


def test_first_add_of_a_guest_takes_few_statements(lamp, django_assert_max_num_queries):
    with django_assert_max_num_queries(10):
        Client().post(ADD, {"variant": lamp.pk})


def test_cart_asks_the_same_for_one_item_and_many(
    client, guest, django_assert_num_queries, django_assert_max_num_queries
):
    ProductImageFactory(product=item().variant.product, is_primary=True)
    guest.get(CART)  # what is kept for all pages is kept now
    with django_assert_max_num_queries(11) as asked:
        guest.get(CART)
    budget = len(asked)
    for _ in range(20):
        other = ProductVariantFactory(inventory_quantity=5)
        guest.post(ADD, {"variant": other.pk})

    with django_assert_num_queries(budget):
        guest.get(CART)


def test_header_survives_a_lost_cache(guest, settings):
    settings.CACHES["default"]["LOCATION"] = "redis://127.0.0.1:1/0"

    assert guest.get(CART).status_code == 200
