"""What people see of themselves and of each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from shop.models import Shop
from users.models import (
    MemberRole,
    ShopFollower,
    ShopMember,
    User,
    UserConnection,
    UserProfile,
    UserSession,
    UserStatus,
)

FOLLOW, BLOCK = UserConnection.Kind.FOLLOW, UserConnection.Kind.BLOCK


@dataclass(frozen=True)
class Ties:
    """What binds one person to another, as the first sees it."""

    is_followed: bool
    is_blocked: bool


def chosen_languages(*, user_ids: Iterable[UUID]) -> dict[UUID, str]:
    """In which language to write to people; those who chose none are left out."""
    chosen = UserProfile.objects.filter(user_id__in=user_ids).exclude(language="")
    return dict(chosen.values_list("user_id", "language"))


def open_sessions(*, user_id: UUID, now: datetime) -> QuerySet[UserSession]:
    """Where a person is logged in, the last seen first."""
    mine = UserSession.objects.open_at(now).filter(user_id=user_id)
    return mine.order_by("-last_activity", "-id")


def followed_shops(*, user_id: UUID) -> QuerySet[ShopFollower]:
    mine = ShopFollower.objects.filter(user_id=user_id)
    return mine.select_related("shop").order_by("shop__name", "id")


def connected_people(
    *, user_id: UUID, kind: UserConnection.Kind
) -> QuerySet[UserConnection]:
    mine = UserConnection.objects.filter(user_id=user_id, kind=kind)
    return mine.select_related("target__profile").order_by("-id")


def shop_is_followed(*, user_id: UUID, shop_id: UUID) -> bool:
    return ShopFollower.objects.filter(user_id=user_id, shop_id=shop_id).exists()


def shops_to_follow() -> QuerySet[Shop]:
    return Shop.objects.on_sale()


def runs_a_shop(*, user_id: UUID) -> bool:
    """Whether somebody owns or manages one: staff pack and count."""
    leads = ShopMember.objects.filter(
        user_id=user_id, role__in=[MemberRole.OWNER, MemberRole.MANAGER]
    )
    owned = Shop.objects.filter(owner_id=user_id)
    someone = User.objects.filter(Exists(leads) | Exists(owned), pk=user_id)
    return someone.exists()


def people_to_see(*, viewer_id: UUID | None) -> QuerySet[User]:
    """Those who show a page of themselves, but for those who blocked the viewer.

    Whom the viewer blocked stays: else nobody could be unblocked there.
    """
    shown = User.objects.filter(
        status=UserStatus.ACTIVE, is_active=True, profile__settings__is_public=True
    )
    if viewer_id is None:
        return shown
    blocks = UserConnection.objects.filter(
        user=OuterRef("pk"), target_id=viewer_id, kind=BLOCK
    )
    return shown.exclude(Exists(blocks))


def people_to_meet(*, viewer_id: UUID) -> QuerySet[User]:
    """Whom the viewer may follow or block: those with a page, and those already connected."""
    tied = Q(connected_by__user_id=viewer_id)
    open_pages = people_to_see(viewer_id=viewer_id).values("pk")
    return User.objects.filter(Q(pk__in=open_pages) | tied).distinct()


def ties_to(*, user_id: UUID, target_id: UUID) -> Ties:
    kinds = set(
        UserConnection.objects.filter(user_id=user_id, target_id=target_id).values_list(
            "kind", flat=True
        )
    )
    return Ties(is_followed=FOLLOW in kinds, is_blocked=BLOCK in kinds)


def people_count(*, user_id: UUID) -> int:
    """How many follow a person."""
    return UserConnection.objects.filter(target_id=user_id, kind=FOLLOW).count()
