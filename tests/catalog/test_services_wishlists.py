"""Wish lists: the rules of their names, links and things."""

from threading import Barrier, Thread

import pytest
from django.db import connection

from catalog.errors import InvalidName, NoSuchThing, TooMany
from catalog.models import ProductStatus, Wishlist, WishlistItem
from catalog.services import wishlists
from catalog.services.wishlists import (
    add_to_wishlist,
    create_wishlist,
    delete_wishlist,
    move_to_wishlist,
    remove_from_wishlist,
    rename_wishlist,
    set_shared,
)
from tests.factories.catalog import (
    ProductFactory,
    ProductVariantFactory,
    WishlistFactory,
    WishlistItemFactory,
)
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db


def test_list_is_named_once_a_person():
    user = UserFactory()
    made = create_wishlist(user_id=user.pk, name="  New \n flat ")

    with pytest.raises(InvalidName):
        create_wishlist(user_id=user.pk, name="New flat")

    assert made.name == "New flat"
    assert create_wishlist(user_id=UserFactory().pk, name="New flat")


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\0b", "x" * 100_000])
def test_senseless_name_is_refused(name):
    with pytest.raises(InvalidName):
        create_wishlist(user_id=UserFactory().pk, name=name)

    assert not Wishlist.objects.exists()


def test_product_stands_on_a_list_once_a_variant():
    user, variant = UserFactory(), ProductVariantFactory()
    ids = {"user_id": user.pk, "product_id": variant.product_id}

    added = [
        add_to_wishlist(**ids),
        add_to_wishlist(**ids),
        add_to_wishlist(**ids, variant_id=variant.pk),
    ]

    assert added[0].pk == added[1].pk
    assert WishlistItem.objects.count() == 2
    assert Wishlist.objects.get().name == "Wish list"


def test_only_what_is_on_sale_is_added():
    user = UserFactory()
    with pytest.raises(NoSuchThing):
        add_to_wishlist(
            user_id=user.pk, product_id=ProductFactory(status=ProductStatus.DRAFT).pk
        )
    with pytest.raises(NoSuchThing):
        add_to_wishlist(
            user_id=user.pk,
            product_id=ProductFactory().pk,
            variant_id=ProductVariantFactory().pk,
        )

    assert not WishlistItem.objects.exists()


def test_lists_and_things_have_an_end(monkeypatch):
    monkeypatch.setattr(wishlists, "MOST_LISTS", 1)
    monkeypatch.setattr(wishlists, "MOST_ITEMS", 1)
    item = WishlistItemFactory()
    user = item.wishlist.user

    with pytest.raises(TooMany):
        create_wishlist(user_id=user.pk, name="More")
    with pytest.raises(TooMany):
        add_to_wishlist(user_id=user.pk, product_id=ProductFactory().pk)


def test_thing_moves_and_is_not_doubled():
    item = WishlistItemFactory()
    user = item.wishlist.user
    other = WishlistFactory(user=user, name="Other")
    there = WishlistItemFactory(wishlist=other, product=item.product)

    moved = move_to_wishlist(item_id=item.pk, user_id=user.pk, wishlist_id=other.pk)

    assert moved.pk == there.pk
    assert list(WishlistItem.objects.all()) == [there]


def test_shared_list_keeps_its_link_until_it_is_taken_away():
    mine = WishlistFactory()
    ids = {"wishlist_id": mine.pk, "user_id": mine.user_id}

    first = set_shared(**ids, is_shared=True).share_token
    same = set_shared(**ids, is_shared=True).share_token
    set_shared(**ids, is_shared=False)
    another = set_shared(**ids, is_shared=True).share_token

    assert first == same
    assert another not in (None, first)


def test_other_peoples_lists_are_not_there():
    item = WishlistItemFactory()
    stranger = {"user_id": UserFactory().pk}
    theirs = {"wishlist_id": item.wishlist_id, **stranger}
    own = WishlistFactory(user_id=stranger["user_id"])

    attempts = [
        lambda: rename_wishlist(**theirs, name="Mine"),
        lambda: delete_wishlist(**theirs),
        lambda: set_shared(**theirs, is_shared=True),
        lambda: add_to_wishlist(**theirs, product_id=ProductFactory().pk),
        lambda: remove_from_wishlist(item_id=item.pk, **stranger),
        lambda: move_to_wishlist(item_id=item.pk, wishlist_id=own.pk, **stranger),
        lambda: move_to_wishlist(
            item_id=WishlistItemFactory(wishlist=own).pk,
            wishlist_id=item.wishlist_id,
            **stranger,
        ),
    ]
    for attempt in attempts:
        with pytest.raises(NoSuchThing):
            attempt()

    item.wishlist.refresh_from_db()
    assert (item.wishlist.name, item.wishlist.share_token) == ("Birthday", None)
    assert list(item.wishlist.items.all()) == [item]


@pytest.mark.django_db(transaction=True)
def test_first_things_at_once_make_one_list():
    user, products = UserFactory(), ProductFactory.create_batch(4)
    gate = Barrier(len(products))

    def add(product):
        try:
            gate.wait()
            add_to_wishlist(user_id=user.pk, product_id=product.pk)
        finally:
            connection.close()

    threads = [Thread(target=add, args=(product,)) for product in products]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Wishlist.objects.get().items.count() == 4
