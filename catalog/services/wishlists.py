"""Wish lists: named, several a person, shared by a link."""

from __future__ import annotations

import secrets
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.translation import gettext as _

from catalog.errors import InvalidName, NoSuchThing, TooMany
from catalog.models import Product, ProductVariant, Wishlist, WishlistItem

MOST_LISTS = 50
MOST_ITEMS = 500
LONGEST_NAME = 100


@transaction.atomic
def create_wishlist(*, user_id: UUID, name: str) -> Wishlist:
    """Raises InvalidName, also when the person has a list of this name, and TooMany."""
    name = _checked(name)
    _lock_person(user_id)
    _refuse_same_name(user_id, name)
    if Wishlist.objects.filter(user_id=user_id).count() >= MOST_LISTS:
        raise TooMany(
            _("You have %(most)d lists; delete one first.") % {"most": MOST_LISTS}
        )
    return Wishlist.objects.create(user_id=user_id, name=name)


@transaction.atomic
def rename_wishlist(*, wishlist_id: UUID, user_id: UUID, name: str) -> Wishlist:
    """Raises InvalidName, and NoSuchThing for another person's."""
    name = _checked(name)
    _lock_person(user_id)
    wishlist = _mine(wishlist_id, user_id)
    if wishlist.name != name:
        _refuse_same_name(user_id, name)
        wishlist.name = name
        wishlist.save(update_fields=["name"])
    return wishlist


@transaction.atomic
def delete_wishlist(*, wishlist_id: UUID, user_id: UUID) -> None:
    """With all that is on it. Raises NoSuchThing."""
    _mine(wishlist_id, user_id).delete()


@transaction.atomic
def set_shared(*, wishlist_id: UUID, user_id: UUID, is_shared: bool) -> Wishlist:
    """Give a list a link, or take it away; a link taken away never works again.

    May be repeated: a shared list keeps its link. Raises NoSuchThing.
    """
    wishlist = _mine(wishlist_id, user_id)
    if is_shared and not wishlist.share_token:
        wishlist.share_token = secrets.token_urlsafe(24)
        wishlist.save(update_fields=["share_token"])
    elif not is_shared and wishlist.share_token:
        wishlist.share_token = None
        wishlist.save(update_fields=["share_token"])
    return wishlist


@transaction.atomic
def add_to_wishlist(
    *,
    user_id: UUID,
    product_id: UUID,
    variant_id: UUID | None = None,
    wishlist_id: UUID | None = None,
) -> WishlistItem:
    """Put a product on a list; without one, on the newest, made when there is none.

    May be repeated. Raises NoSuchThing for what is not on sale or another person's list,
    and TooMany.
    """
    if wishlist_id is None:
        wishlist = _default_list(user_id)
    else:
        wishlist = _mine(wishlist_id, user_id)
    if not Product.objects.on_sale().filter(pk=product_id).exists():
        raise NoSuchThing(_("This product is not on sale."))
    if variant_id is not None:
        variants = ProductVariant.objects.filter(product_id=product_id, is_active=True)
        if not variants.filter(pk=variant_id).exists():
            raise NoSuchThing(_("This variant is not there any more."))
    return _put(wishlist, product_id, variant_id)


@transaction.atomic
def remove_from_wishlist(*, item_id: UUID, user_id: UUID) -> WishlistItem:
    """Returns what was taken off. Raises NoSuchThing."""
    item = _my_item(item_id, user_id)
    removed_id = item.pk
    item.delete()
    item.pk = removed_id
    return item


@transaction.atomic
def move_to_wishlist(
    *, item_id: UUID, user_id: UUID, wishlist_id: UUID
) -> WishlistItem:
    """To another of the person's lists; what is there already is not doubled.

    Raises NoSuchThing.
    """
    item = _my_item(item_id, user_id)
    target = _mine(wishlist_id, user_id)
    if item.wishlist_id == target.pk:
        return item
    moved = _put(target, item.product_id, item.variant_id)
    item.delete()
    return moved


def _put(wishlist: Wishlist, product_id: UUID, variant_id: UUID | None) -> WishlistItem:
    """On a locked list, once."""
    found = wishlist.items.filter(product_id=product_id, variant_id=variant_id).first()
    if found is not None:
        return found
    if wishlist.items.count() >= MOST_ITEMS:
        raise TooMany(
            _("This list has %(most)d things; take one off first.")
            % {"most": MOST_ITEMS}
        )
    return WishlistItem.objects.create(
        wishlist=wishlist, product_id=product_id, variant_id=variant_id
    )


def _mine(wishlist_id: UUID, user_id: UUID) -> Wishlist:
    """The person's list, locked: what is on it is counted and compared."""
    lists = Wishlist.objects.select_for_update(no_key=True)
    wishlist = lists.filter(pk=wishlist_id, user_id=user_id).first()
    if wishlist is None:
        raise NoSuchThing(_("There is no such list."))
    return wishlist


def _my_item(item_id: UUID, user_id: UUID) -> WishlistItem:
    items = WishlistItem.objects.filter(pk=item_id, wishlist__user_id=user_id)
    item = items.select_for_update(of=("self",)).first()
    if item is None:
        raise NoSuchThing(_("This is not on your list any more."))
    return item


def _default_list(user_id: UUID) -> Wishlist:
    _lock_person(user_id)
    newest = Wishlist.objects.select_for_update(no_key=True)
    found = newest.filter(user_id=user_id).order_by("-id").first()
    return found or Wishlist.objects.create(user_id=user_id, name=_("Wish list"))


def _lock_person(user_id: UUID) -> None:
    """Two first lists at once, or two of one name, must not both be made."""
    people = get_user_model().objects.select_for_update(no_key=True)
    people.filter(pk=user_id).only("pk").first()


def _refuse_same_name(user_id: UUID, name: str) -> None:
    if Wishlist.objects.filter(user_id=user_id, name=name).exists():
        raise InvalidName(_("You have a list of this name already."))


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not name or "\0" in name:
        raise InvalidName(_("Give the list a name."))
    if len(name) > LONGEST_NAME:
        raise InvalidName(
            _("A name has at most %(longest)d letters.") % {"longest": LONGEST_NAME}
        )
    return name
