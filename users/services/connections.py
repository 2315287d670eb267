"""Who follows whom, who follows which shop, and who wants nothing to do with whom."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from shop.models import Shop
from users.errors import Blocked, NotYourself
from users.models import ShopFollower, User, UserConnection

FOLLOW, BLOCK = UserConnection.Kind.FOLLOW, UserConnection.Kind.BLOCK


@transaction.atomic
def follow_person(*, user_id: UUID, target_id: UUID) -> UserConnection:
    """May be repeated. Raises NotYourself, Blocked, or User.DoesNotExist."""
    _lock_both(user_id, target_id)
    if _between(user_id, target_id).filter(kind=BLOCK).exists():
        raise Blocked
    return _connect(user_id, target_id, FOLLOW)


@transaction.atomic
def unfollow_person(*, user_id: UUID, target_id: UUID) -> None:
    """May be repeated."""
    UserConnection.objects.filter(
        user_id=user_id, target_id=target_id, kind=FOLLOW
    ).delete()


@transaction.atomic
def block_person(*, user_id: UUID, target_id: UUID) -> UserConnection:
    """Ends the following in both directions. May be repeated.

    Raises NotYourself, or User.DoesNotExist.
    """
    _lock_both(user_id, target_id)
    _between(user_id, target_id).filter(kind=FOLLOW).delete()
    return _connect(user_id, target_id, BLOCK)


@transaction.atomic
def unblock_person(*, user_id: UUID, target_id: UUID) -> None:
    """May be repeated; whoever followed before does so again only by their own will."""
    UserConnection.objects.filter(
        user_id=user_id, target_id=target_id, kind=BLOCK
    ).delete()


@transaction.atomic
def follow_shop(*, user_id: UUID, shop_id: UUID) -> ShopFollower:
    """May be repeated. Raises Shop.DoesNotExist for one that is not on sale."""
    shop = Shop.objects.on_sale().get(pk=shop_id)
    return ShopFollower.objects.get_or_create(user_id=user_id, shop=shop)[0]


@transaction.atomic
def unfollow_shop(*, user_id: UUID, shop_id: UUID) -> None:
    """May be repeated, also for a shop that has closed."""
    ShopFollower.objects.filter(user_id=user_id, shop_id=shop_id).delete()


def _connect(
    user_id: UUID, target_id: UUID, kind: UserConnection.Kind
) -> UserConnection:
    return UserConnection.objects.get_or_create(
        user_id=user_id, target_id=target_id, kind=kind
    )[0]


def _lock_both(user_id: UUID, target_id: UUID) -> None:
    """A follow and a block of the same two wait for each other: else both would stand."""
    if user_id == target_id:
        raise NotYourself
    pair = User.objects.filter(pk__in=[user_id, target_id]).order_by("id")
    if len(pair.select_for_update(no_key=True)) < 2:
        raise User.DoesNotExist


def _between(one: UUID, other: UUID) -> QuerySet[UserConnection]:
    return UserConnection.objects.filter(
        Q(user_id=one, target_id=other) | Q(user_id=other, target_id=one)
    )
