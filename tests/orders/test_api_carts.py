"""The cart's API, for guests and accounts, and what it refuses."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from orders.models import Cart, CartItem
from tests.factories.catalog import ProductVariantFactory
from tests.factories.orders import CartItemFactory, CouponFactory
from tests.factories.users import UserFactory
from tests.orders.api_buyers import API, Buyer, attrs

pytestmark = pytest.mark.django_db
CART = f"{API}cart/"
ITEMS = f"{CART}items/"
COUPONS = f"{CART}coupons/"
NESTED = {"a": [{"b": ["c"] * 5}] * 5}
NO_QUANTITY = [0, -1, 1_000_000_000, 1.5, "two", None, [1], NESTED, True, "9" * 5000]


@pytest.fixture
def lamp():
    return ProductVariantFactory(price="20.00", inventory_quantity=5)


def test_a_guest_fills_changes_and_empties_the_cart(lamp):
    guest = Buyer()

    empty = guest.get(CART).json()
    added = guest.add(lamp, 2)
    item = f"{ITEMS}{added.json()['shops'][0]['items'][0]['id']}/"
    changed = guest.patch(item, {"quantity": 3}).json()
    removed = guest.delete(item)

    assert (empty["id"], empty["count"], empty["total"]) == (None, 0, "0.00")
    assert (added.status_code, added.json()["total"]) == (201, "40.00")
    assert added.cookies["cart"]["httponly"]
    line = changed["shops"][0]["items"][0]
    assert (line["quantity"], line["price"], line["amount"]) == (3, "20.00", "60.00")
    assert (changed["count"], changed["can_check_out"]) == (3, True)
    assert (removed.status_code, guest.get(CART).json()["count"]) == (204, 0)


def test_an_account_has_its_cart_without_a_cookie(lamp):
    user = UserFactory()
    mine = Buyer(user)

    added = mine.add(lamp)

    assert "cart" not in added.cookies
    assert Cart.objects.get().user == user
    assert Buyer(user).get(CART).json()["count"] == 1
    assert Buyer().get(CART).json()["count"] == 0


def test_a_coupon_is_used_and_given_up(lamp):
    guest = Buyer()
    guest.add(lamp)
    coupon = CouponFactory(
        promotion__shop=lamp.shop, promotion__starts_at=timezone.now()
    )

    used = guest.post(COUPONS, {"code": coupon.code.lower()}).json()
    given_up = guest.delete(f"{COUPONS}?code={coupon.code}")

    assert used["coupons"] == [coupon.code.upper()]
    assert used["shops"][0]["coupon"]["code"] == coupon.code
    assert given_up.status_code == 204
    assert guest.get(CART).json()["coupons"] == []


@pytest.mark.parametrize("quantity", NO_QUANTITY)
def test_what_is_no_quantity_is_refused_beside_the_field(lamp, quantity):
    guest = Buyer()

    refused = guest.add(lamp, quantity)

    assert (refused.status_code, attrs(refused)) == (400, ["quantity"])
    assert not Cart.objects.exists()
    guest.add(lamp)
    item = f"{ITEMS}{CartItem.objects.get().pk}/"
    assert guest.patch(item, {"quantity": quantity}).status_code == 400
    assert CartItem.objects.get().quantity == 1


@pytest.mark.parametrize(
    "variant", ["", "lamp", -1, 1.5, None, "٣" * 36, "x" * 100_000, NESTED, ["x"]]
)
def test_what_is_no_variant_is_refused_beside_the_field(variant):
    refused = Buyer().post(ITEMS, {"variant": variant})

    assert (refused.status_code, attrs(refused)) == (400, ["variant"])


@pytest.mark.parametrize(
    "body",
    [
        '{"quantity": NaN}',
        "[1]",
        '"x"',
        "{",
        "null",
        "7",
        "[" * 100_000,
        "[" * 100_000 + "]" * 100_000,
        '{"variant": ' * 500 + "1" + "}" * 500,
        '{"variant": ' + "[" * 40 + "]" * 40 + "}",
    ],
    ids=str.__len__,
)
def test_a_body_that_is_no_object_is_refused(body):
    refused = Buyer().post(ITEMS, body, content_type="application/json")

    assert refused.status_code == 400
    assert refused["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "code", ["", None, 7, "c" * 65, "c" * 100_000, "\0", "🎁", NESTED]
)
def test_what_is_no_coupon_is_refused(lamp, code):
    guest = Buyer()
    guest.add(lamp)

    refused = guest.post(COUPONS, {"code": code})

    known = refused.status_code == 400 or refused.json()["code"] == "coupon_unknown"
    assert (refused.status_code in {400, 409}, known) == (True, True)
    assert Cart.objects.get().coupon_codes == []


def test_a_coupon_that_is_over_or_another_shops_is_refused(lamp):
    guest, now = Buyer(), timezone.now()
    guest.add(lamp)
    CouponFactory(code="THEIRS")
    CouponFactory(
        code="OVER",
        promotion__shop=lamp.product.shop,
        promotion__starts_at=now - timedelta(days=2),
        promotion__ends_at=now - timedelta(days=1),
    )

    told = [
        guest.post(COUPONS, {"code": code}).json()["code"]
        for code in ("OVER", "THEIRS")
    ]

    assert told == ["coupon_expired", "coupon_unknown"]
    assert Cart.objects.get().coupon_codes == []


def test_more_than_there_is_is_a_conflict_with_a_sentence(lamp):
    guest = Buyer()

    refused = guest.add(lamp, 6)

    assert (refused.status_code, refused.json()["code"]) == (409, "out_of_stock")
    assert not CartItem.objects.exists()


def test_other_people_s_items_are_not_found(lamp):
    theirs = CartItemFactory(variant=lamp)
    guest = Buyer()
    assert guest.delete(f"{ITEMS}{theirs.pk}/").status_code == 404
    guest.add(lamp)

    for buyer in (guest, Buyer(UserFactory())):
        address = f"{ITEMS}{theirs.pk}/"
        assert buyer.patch(address, {"quantity": 4}).status_code == 404
        assert buyer.delete(address).status_code == 404
    theirs.refresh_from_db()
    assert theirs.quantity != 4


def test_a_forged_cookie_is_nobody_s(lamp):
    guest = Buyer()
    guest.add(lamp)
    guest.cookies["cart"] = "token:forged"

    assert guest.get(CART).json()["id"] is None


def test_a_guest_s_change_asks_for_the_csrf_token(lamp):
    guest = Buyer()
    guest.add(lamp)
    guest.credentials()

    refused = guest.add(lamp)

    assert (refused.status_code, CartItem.objects.get().quantity) == (403, 1)
    bare = APIClient(enforce_csrf_checks=True)
    sent = json.dumps({"variant": str(lamp.pk)})
    assert bare.post(ITEMS, sent, content_type="application/json").status_code == 403


def test_a_cart_costs_the_same_for_one_item_and_for_three(
    lamp, django_assert_num_queries, django_assert_max_num_queries
):
    guest = Buyer()
    guest.add(lamp)
    with django_assert_max_num_queries(8) as one:
        guest.get(CART)
    asks = len(one)
    for _ in range(2):
        guest.add(ProductVariantFactory(inventory_quantity=5))

    with django_assert_num_queries(asks):
        assert len(guest.get(CART).json()["shops"]) == 3
