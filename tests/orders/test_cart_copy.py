"""Redis' copy of a cart: right without Redis, with an old one, and when two write at once."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.cache import caches
from django.urls import reverse

from catalog.models import ProductVariant
from orders.cart_copy import EMPTY_LIFE, GOOD_FOR, keep_copy, load_copy
from orders.models import Cart, CartItem
from orders.models.cart import ACCOUNT_CART_LIFE, GUEST_CART_LIFE
from orders.queries import cart_summary, checkout_view
from orders.queries.cart import read_copy
from orders.services.cart import (
    abandon_carts,
    add_to_cart,
    merge_carts,
    remove_item,
    set_quantity,
)
from orders.services.checkout import fail_checkout
from tests.factories.catalog import ProductFactory, ProductVariantFactory
from tests.factories.shop import ShopFactory
from tests.factories.users import UserFactory
from tests.orders.api_buyers import API, Buyer
from tests.orders.crowds import at_once
from tests.orders.purchases import NOON, fill_checkout, say_yes

pytestmark = pytest.mark.django_db(transaction=True)
AWAY = "redis://127.0.0.1:1/0"


@pytest.fixture
def lamp() -> ProductVariant:
    shop = ShopFactory(country="KE")
    product = ProductFactory(shop=shop, name="Lamp")
    return ProductVariantFactory(
        product=product, shop=shop, price="20.00", inventory_quantity=99
    )


def guest_adds(variant, quantity=1, token="guest", now=NOON) -> CartItem:
    return add_to_cart(
        user_id=None, token=token, variant_id=variant.pk, quantity=quantity, now=now
    )


def kept(token="guest"):
    return load_copy(user_id=None, token=token)


def life_s(owner: str) -> int:
    cache = caches["default"]
    return cache.client.get_client().ttl(f"{cache.key_prefix}:cart:{owner}")


def test_copy_is_a_hash_with_the_items_and_lives_as_long_as_the_cart(lamp):
    user = UserFactory()
    add_to_cart(user_id=user.pk, token="", variant_id=lamp.pk, quantity=1, now=NOON)
    item = guest_adds(lamp, 2)

    copy = kept()

    assert copy == read_copy(user_id=None, token="guest", now=NOON)
    (line,) = copy.items
    assert (line.item_id, line.quantity, line.amount) == (item.pk, 2, Decimal(40))
    assert line.name.startswith("Lamp")
    day = timedelta(days=1)
    for owner, life in [
        ("session:guest", GUEST_CART_LIFE),
        (str(user.pk), ACCOUNT_CART_LIFE),
    ]:
        assert life - day < timedelta(seconds=life_s(owner)) <= life


def test_summary_asks_the_tables_nothing_while_the_copy_is_good(
    lamp, django_assert_num_queries
):
    guest_adds(lamp, 3)

    with django_assert_num_queries(0):
        summary = cart_summary(user_id=None, token="guest", now=NOON)

    assert (summary.count, summary.total) == (3, Decimal(60))


def test_lost_copy_is_made_again_with_one_statement(lamp, django_assert_num_queries):
    guest_adds(lamp, 3)
    before = kept()
    # As after a flush, which others would notice too.
    caches["default"].key_prefix = uuid4().hex

    with django_assert_num_queries(1):
        assert cart_summary(user_id=None, token="guest", now=NOON) == before
    assert kept() == before


def test_every_change_and_every_end_of_a_cart_is_copied(lamp):
    item = guest_adds(lamp, 2)
    now = NOON
    set_quantity(cart_id=item.cart_id, item_id=item.pk, quantity=5, now=now)
    assert kept().count == 5
    remove_item(cart_id=item.cart_id, item_id=item.pk, now=now)
    assert (kept().count, kept().items) == (0, ())
    guest_adds(lamp, 4)

    user = UserFactory()
    merge_carts(user_id=user.pk, token="guest", now=now)

    assert kept().items == ()
    assert load_copy(user_id=user.pk, token="").count == 4
    assert timedelta(seconds=life_s("session:guest")) <= EMPTY_LIFE


def test_ordered_cart_is_empty_and_comes_back_when_nobody_pays(lamp):
    checkout = fill_checkout({lamp: 2})
    token = checkout.cart.session_id

    say_yes(checkout)
    assert kept(token).items == ()
    fail_checkout(checkout_id=checkout.pk, now=NOON)

    assert kept(token).count == 2
    assert cart_summary(user_id=None, token=token, now=NOON).count == 2


def test_late_write_does_not_put_back_an_older_state(lamp):
    item = guest_adds(lamp, 1)
    older = kept()
    set_quantity(cart_id=item.cart_id, item_id=item.pk, quantity=7, now=NOON)

    keep_copy(user_id=None, token="guest", copy=older)

    assert (older.count, kept().count) == (1, 7)
    assert older.version < kept().version


def test_late_write_does_not_bring_back_an_ordered_cart(lamp):
    checkout = fill_checkout({lamp: 2})
    token = checkout.cart.session_id
    older = kept(token)

    say_yes(checkout)
    keep_copy(user_id=None, token=token, copy=older)

    assert kept(token).items == ()


def test_many_changes_at_once_end_in_the_copy_of_the_last(lamp):
    variants = [lamp, *ProductVariantFactory.create_batch(3, inventory_quantity=99)]
    guest_adds(lamp)

    results = at_once(lambda place: guest_adds(variants[place % 4]), range(40))

    assert all(isinstance(one, CartItem) for one in results), results
    assert kept() == read_copy(user_id=None, token="guest", now=NOON)
    assert kept().count == 41


def test_old_copy_is_read_anew(lamp):
    guest_adds(lamp, 1)
    # A write that got lost, and a price that moved without the cart.
    keep_copy(user_id=None, token="guest", copy=replace(kept(), version=10**9))
    CartItem.objects.update(quantity=2)
    ProductVariant.objects.update(price="21.00")

    soon = cart_summary(user_id=None, token="guest", now=NOON + GOOD_FOR / 2)
    later = cart_summary(user_id=None, token="guest", now=NOON + GOOD_FOR)

    assert (soon.count, later.count, later.total) == (1, 2, Decimal(42))


def test_cart_left_for_too_long_is_empty(lamp):
    guest_adds(lamp, 2)
    after = NOON + GUEST_CART_LIFE

    assert cart_summary(user_id=None, token="guest", now=after).count == 0
    abandon_carts(now=after)
    assert cart_summary(user_id=None, token="guest", now=after).count == 0


@pytest.mark.parametrize("broken", ["{", "[]", '{"item_id": 1}'])
def test_copy_that_cannot_be_read_is_made_again(lamp, broken):
    item = guest_adds(lamp, 2)
    cache = caches["default"]
    key = f"{cache.key_prefix}:cart:session:guest"
    cache.client.get_client().hset(key, f"item:{item.pk}", broken)

    assert kept() is None
    assert cart_summary(user_id=None, token="guest", now=NOON).count == 2
    assert kept().count == 2


def test_everything_goes_on_without_redis(lamp, client, settings):
    settings.CACHES["default"]["LOCATION"] = AWAY

    client.post(reverse("orders:add_to_cart"), {"variant": lamp.pk, "quantity": 2})
    page = client.get(reverse("orders:cart"))
    short = client.get(f"{API}cart/summary/")

    assert page.context["cart"].count == 2
    assert short.json()["total"] == "40.00"
    checkout = fill_checkout({lamp: 2})
    assert len(say_yes(checkout)) == 1


def test_checkout_and_cart_page_do_not_believe_the_copy(lamp, client):
    client.post(reverse("orders:add_to_cart"), {"variant": lamp.pk, "quantity": 2})
    cart = Cart.objects.get()
    copy = kept(cart.session_id)
    wrong = replace(
        copy,
        version=copy.version + 10**9,
        items=(replace(copy.items[0], quantity=50, price=Decimal(1)),),
    )
    keep_copy(user_id=None, token=cart.session_id, copy=wrong)

    page = client.get(reverse("orders:cart"))
    begun = client.post(reverse("orders:checkout"), follow=True)

    assert page.context["cart_summary"]["count"] == 2
    assert "$40.00" in page.content.decode()
    quote = checkout_view(checkout_id=begun.context["checkout"].pk, now=NOON).quote
    assert quote.subtotal == Decimal(40)


def test_short_cart_stands_in_the_answer_and_in_the_api(lamp, client):
    add = reverse("orders:add_to_cart")
    for variant in [lamp, *ProductVariantFactory.create_batch(5, inventory_quantity=9)]:
        answer = client.post(
            add, {"variant": variant.pk}, headers={"HX-Request": "true"}
        )

    words = " ".join(answer.content.decode().split())
    assert 'id="mini-cart"' in words
    assert "and 2 more items" in words
    buyer = Buyer()
    buyer.add(lamp, 2)
    said = buyer.get(f"{API}cart/summary/").json()
    assert (said["count"], said["total"]) == (2, "40.00")
    assert said["items"][0]["sku"] == lamp.sku
    assert Buyer().get(f"{API}cart/summary/").json()["items"] == []
