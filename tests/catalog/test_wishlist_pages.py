"""Wish lists as pages: the person's own, and what others see."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.models import ProductStatus, Wishlist, WishlistItem
from tests.catalog.test_product_page import words
from tests.factories.catalog import (
    ProductFactory,
    ProductVariantFactory,
    WishlistFactory,
    WishlistItemFactory,
)
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(client):
    made = UserFactory(first_name="Ada", last_name="Lovelace")
    client.force_login(made)
    return made


def url(name, *arguments):
    return reverse(f"catalog:{name}", args=arguments)


def test_person_makes_names_shares_and_deletes_a_list(client, user):
    made = client.post(url("wishlists"), {"name": "Flat"})
    mine = Wishlist.objects.get()
    client.post(url("rename_wishlist", mine.pk), {"name": "House"})
    client.post(url("share_wishlist", mine.pk), {"is_shared": "yes"})
    mine.refresh_from_db()

    assert made["Location"] == url("wishlist", mine.pk)
    assert mine.name == "House"
    assert mine.share_token in words(client.get(url("wishlist", mine.pk)))
    client.post(url("delete_wishlist", mine.pk))
    assert not Wishlist.objects.exists()


@pytest.mark.parametrize("name", ["", "x" * 100_000, "a\0b", "Birthday"])
def test_senseless_name_is_explained_beside_its_field(client, user, name):
    WishlistFactory(user=user)
    other = WishlistFactory(user=user, name="Other")

    for page in (
        client.post(url("wishlists"), {"name": name}),
        client.post(url("rename_wishlist", other.pk), {"name": name}),
    ):
        assert page.status_code == 200
        assert "field-error" in words(page)

    assert Wishlist.objects.count() == 2


def test_product_is_saved_moved_and_taken_off(client, user):
    variant = ProductVariantFactory(name="Large")
    other = WishlistFactory(user=user, name="Other")
    ids = {"product": variant.product_id, "variant": variant.pk}
    assert "Other" in words(client.get(url("save_wish"), ids))

    client.post(url("save_wish"), {**ids, "name": "First"})
    item = WishlistItem.objects.get()
    assert item.wishlist.name == "First"
    assert "Large" in words(client.get(url("wishlist", item.wishlist_id)))
    client.post(url("move_wish", item.pk), {"wishlist": other.pk})
    moved = WishlistItem.objects.get()
    assert (moved.wishlist, moved.variant) == (other, variant)
    client.post(url("remove_wish", moved.pk))
    assert not WishlistItem.objects.exists()


def test_guest_is_asked_to_log_in_and_comes_back(client):
    response = client.get(url("save_wish"), {"product": "x"})

    assert "next=/account/lists/save/%3Fproduct%3Dx" in response["Location"]


@pytest.mark.parametrize("key", ["", "x", "\0", "🧦", "9" * 5000])
def test_senseless_key_is_not_found(client, user, key):
    item = WishlistItemFactory(wishlist__user=user)

    assert client.get(url("save_wish"), {"product": key}).status_code == 404
    moved = client.post(url("move_wish", item.pk), {"wishlist": key})
    assert moved.status_code == 404


def test_other_peoples_lists_are_not_found(client, user):
    item = WishlistItemFactory()
    theirs = item.wishlist_id

    assert client.get(url("wishlist", theirs)).status_code == 404
    for name, key, data in [
        ("rename_wishlist", theirs, {"name": "x"}),
        ("rename_wishlist", theirs, {"name": ""}),
        ("delete_wishlist", theirs, {}),
        ("share_wishlist", theirs, {"is_shared": "yes"}),
        ("remove_wish", item.pk, {}),
        ("move_wish", item.pk, {"wishlist": WishlistFactory(user=user).pk}),
    ]:
        assert client.post(url(name, key), data).status_code == 404


def test_shared_list_shows_the_things_and_the_first_name_only(client):
    owner = UserFactory(first_name="Ada", last_name="Lovelace")
    shared = WishlistFactory(user=owner, share_token="secret")
    on_sale = WishlistItemFactory(wishlist=shared, product__name="Lamp")
    WishlistItemFactory(
        wishlist=shared, product=ProductFactory(status=ProductStatus.ARCHIVED, name="Gone")
    )  # fmt: skip

    page = client.get(url("shared_wishlist", "secret"))

    assert on_sale.product.name in words(page)
    assert "A wish list of Ada" in words(page)
    assert "Lovelace" not in words(page)
    assert "Gone" not in words(page)
    assert page["Referrer-Policy"] == "no-referrer"
    assert client.get(url("shared_wishlist", "None")).status_code == 404
    assert client.get("/lists/%00/").status_code == 404


def test_pages_cost_the_same_for_one_thing_and_many(client, user):
    first = WishlistItemFactory(wishlist__user=user, wishlist__share_token="secret")
    addresses = [
        url("wishlists"),
        url("wishlist", first.wishlist_id),
        url("shared_wishlist", "secret"),
    ]
    # The first page of a session reads more of the account.
    client.get(addresses[0])
    counts = []
    for name in ("Two", "Three"):
        for address in addresses:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            counts.append(len(queries))
        WishlistItemFactory.create_batch(3, wishlist=first.wishlist)
        WishlistFactory(user=user, name=name)

    assert counts[:3] == counts[3:]
