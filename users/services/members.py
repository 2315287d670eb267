"""Who works for a shop: invited by e-mail, given a role, removed.

The shop's row is held first, so that two people who change each other's roles at once are
one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

from django.db import transaction

from shop.events import publish
from shop.models import Shop
from users.errors import (
    AlreadyMember,
    InvitationForAnother,
    InvitationGone,
    LastOwner,
    NotAllowed,
)
from users.events import MemberInvited
from users.models import MemberRole, ShopInvitation, ShopMember
from users.rights import RIGHTS, Right

GOOD_FOR = timedelta(days=14)
# Below the last one's rank: who may give, change and take a role.
RANK = {MemberRole.STAFF: 0, MemberRole.MANAGER: 1, MemberRole.OWNER: 2}


@dataclass(frozen=True)
class Invited:
    """key: for the mail alone; only its hash is kept."""

    invitation: ShopInvitation
    key: str


@transaction.atomic
def invite_member(
    *, shop_id: UUID, email: str, role: MemberRole, by: Any, now: datetime
) -> Invited:
    """Ask somebody to work here. Asked again, the link of before is good no more.

    Raises NotAllowed for a role that is not below one's own (owners may name owners), and
    AlreadyMember.
    """
    shop = _lock(shop_id)
    _check_may_give(_role_of(shop, by.pk), role)
    people = ShopMember.objects.filter(shop=shop, user__email__iexact=email)
    if people.exists() or shop.owner.email.casefold() == email.casefold():
        raise AlreadyMember
    key = token_urlsafe(32)
    waiting = ShopInvitation.objects.filter(
        shop=shop, email__iexact=email, accepted_at=None
    )
    waiting.delete()
    invitation = ShopInvitation.objects.create(
        shop=shop,
        email=email,
        role=role,
        key_hash=_hash(key),
        invited_by=by,
        expires_at=now + GOOD_FOR,
    )
    data = {"invitation_id": invitation.pk}
    publish(MemberInvited, entity=shop, at=now, actor=by, data=data)
    return Invited(invitation, key)


def open_invitation(*, key: str, now: datetime) -> ShopInvitation | None:
    """What a link leads to; None when it is used, withdrawn or too old."""
    waiting = ShopInvitation.objects.select_related("shop", "invited_by")
    return waiting.filter(
        key_hash=_hash(key), accepted_at=None, expires_at__gt=now
    ).first()


@transaction.atomic
def accept_invitation(*, key: str, user: Any, now: datetime) -> ShopMember:
    """May be repeated by the same person. Raises InvitationGone, InvitationForAnother."""
    found = ShopInvitation.objects.filter(key_hash=_hash(key)).first()
    if found is None:
        raise InvitationGone
    shop = _lock(found.shop_id)
    invitation = ShopInvitation.objects.select_for_update().get(pk=found.pk)
    member = ShopMember.objects.filter(shop=shop, user=user).first()
    if invitation.accepted_at is not None or invitation.expires_at <= now:
        if member is not None:
            return member
        raise InvitationGone
    # The address was proved when the account confirmed it.
    if not user.email_verified or user.email.casefold() != invitation.email.casefold():
        raise InvitationForAnother
    inviter = _role_of(shop, invitation.invited_by_id)
    if inviter is None or not _may_give(inviter, invitation.role):
        # Whoever asked works here no more, or is less than they were.
        raise InvitationGone
    if member is None:
        member = ShopMember.objects.create(shop=shop, user=user, role=invitation.role)
    invitation.accepted_at = now
    invitation.save(update_fields=["accepted_at"])
    return member


@transaction.atomic
def withdraw_invitation(*, shop_id: UUID, invitation_id: UUID, by: Any) -> None:
    """May be repeated. Raises NotAllowed."""
    shop = _lock(shop_id)
    waiting = shop.invitations.filter(pk=invitation_id, accepted_at=None).first()
    if waiting is not None:
        _check_may_give(_role_of(shop, by.pk), waiting.role)
        waiting.delete()


@transaction.atomic
def set_member_role(
    *, shop_id: UUID, member_id: UUID, role: MemberRole, by: Any
) -> ShopMember:
    """May be repeated. Raises NotAllowed, LastOwner, or ShopMember.DoesNotExist."""
    shop = _lock(shop_id)
    member = shop.members.get(pk=member_id)
    mine = _role_of(shop, by.pk)
    _check_may_give(mine, member.role)
    _check_may_give(mine, role)
    if member.role == MemberRole.OWNER and role != MemberRole.OWNER:
        _check_other_owner(shop, member)
    member.role = role
    member.save(update_fields=["role"])
    return member


@transaction.atomic
def remove_member(*, shop_id: UUID, member_id: UUID, by: Any) -> None:
    """Take somebody off, or leave. May be repeated. Raises NotAllowed, LastOwner."""
    shop = _lock(shop_id)
    member = shop.members.filter(pk=member_id).first()
    if member is None:
        return
    if member.user_id != by.pk:
        _check_may_give(_role_of(shop, by.pk), member.role)
    if member.role == MemberRole.OWNER:
        _check_other_owner(shop, member)
    member.delete()


# ------------------------------------------------------------------ the rules


def _lock(shop_id: UUID) -> Shop:
    return Shop.objects.select_for_update(no_key=True).get(pk=shop_id)


def _role_of(shop: Shop, user_id: UUID | None) -> str | None:
    if user_id is None:
        return None
    if shop.owner_id == user_id:
        return MemberRole.OWNER
    member = shop.members.filter(user_id=user_id).first()
    return member.role if member else None


def _may_give(mine: str, role: str) -> bool:
    if Right.OWN in RIGHTS[mine]:
        return True
    return Right.MEMBERS in RIGHTS[mine] and (
        RANK[MemberRole(role)] < RANK[MemberRole(mine)]
    )


def _check_may_give(mine: str | None, role: str) -> None:
    if mine is None or not _may_give(mine, role):
        raise NotAllowed


def _check_other_owner(shop: Shop, member: ShopMember) -> None:
    """Another owner must be left; the shop passes to them where this one held it."""
    others = shop.members.filter(role=MemberRole.OWNER).exclude(pk=member.pk)
    heir = others.order_by("id").first()
    if heir is None:
        raise LastOwner
    if shop.owner_id == member.user_id:
        shop.owner_id = heir.user_id
        shop.save(update_fields=["owner", "updated_at"])


def _hash(key: str) -> str:
    return sha256(key.encode()).hexdigest()
