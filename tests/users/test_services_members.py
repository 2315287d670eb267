"""Who works for a shop: asked, given a role, removed; never without an owner."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shop.models import Shop
from tests.factories.shop import ShopFactory
from tests.factories.users import ShopMemberFactory, UserFactory
from tests.orders.crowds import at_once
from users.errors import (
    AlreadyMember,
    InvitationForAnother,
    InvitationGone,
    LastOwner,
    NotAllowed,
)
from users.models import MemberRole, ShopInvitation, ShopMember
from users.services.members import (
    GOOD_FOR,
    accept_invitation,
    invite_member,
    open_invitation,
    remove_member,
    set_member_role,
    withdraw_invitation,
)

pytestmark = pytest.mark.django_db
NOON = datetime(2031, 5, 1, 12, tzinfo=UTC)
STAFF, MANAGER, OWNER = MemberRole.STAFF, MemberRole.MANAGER, MemberRole.OWNER


def shop_with_owner() -> tuple[Shop, ShopMember]:
    shop = ShopFactory.create()
    return shop, ShopMemberFactory.create(shop=shop, user=shop.owner, role=OWNER)


def invite(shop: Shop, *, by: Any, role: MemberRole = STAFF, email: str = "") -> str:
    return invite_member(
        shop_id=shop.pk, email=email or "new@example.com", role=role, by=by, now=NOON
    ).key


def test_an_invitation_is_accepted_once_by_whom_it_names() -> None:
    shop, _owner = shop_with_owner()
    guest = UserFactory.create(email="new@example.com")
    key = invite(shop, by=shop.owner, role=MANAGER, email="New@Example.com")

    first = accept_invitation(key=key, user=guest, now=NOON)
    again = accept_invitation(key=key, user=guest, now=NOON)

    assert (first.shop, first.user, first.role) == (shop, guest, MANAGER)
    assert again == first
    assert open_invitation(key=key, now=NOON) is None


@pytest.mark.parametrize("is_confirmed", [True, False])
def test_nobody_else_accepts_it(is_confirmed: bool) -> None:
    shop, _owner = shop_with_owner()
    key = invite(shop, by=shop.owner)
    email = "other@example.com" if is_confirmed else "new@example.com"
    stranger = UserFactory.create(email=email, email_verified=is_confirmed)

    with pytest.raises(InvitationForAnother):
        accept_invitation(key=key, user=stranger, now=NOON)

    assert shop.members.count() == 1


def test_an_old_or_withdrawn_or_replaced_invitation_is_gone() -> None:
    shop, _owner = shop_with_owner()
    guest = UserFactory.create(email="new@example.com")
    replaced = invite(shop, by=shop.owner)
    old = invite(shop, by=shop.owner)

    for key, now in ((replaced, NOON), (old, NOON + GOOD_FOR), ("nonsense", NOON)):
        with pytest.raises(InvitationGone):
            accept_invitation(key=key, user=guest, now=now)
    [waiting] = ShopInvitation.objects.all()
    withdraw_invitation(shop_id=shop.pk, invitation_id=waiting.pk, by=shop.owner)

    with pytest.raises(InvitationGone):
        accept_invitation(key=old, user=guest, now=NOON)


def test_an_invitation_by_somebody_who_left_is_gone() -> None:
    shop, _owner = shop_with_owner()
    manager = ShopMemberFactory.create(shop=shop, role=MANAGER)
    key = invite(shop, by=manager.user)
    remove_member(shop_id=shop.pk, member_id=manager.pk, by=shop.owner)

    with pytest.raises(InvitationGone):
        accept_invitation(
            key=key, user=UserFactory.create(email="new@example.com"), now=NOON
        )


def test_the_key_is_not_kept() -> None:
    shop, _owner = shop_with_owner()

    key = invite(shop, by=shop.owner)

    assert key not in str(ShopInvitation.objects.values().get())


def test_whoever_works_here_is_not_asked() -> None:
    shop, _owner = shop_with_owner()
    member = ShopMemberFactory.create(shop=shop)

    for email in (member.user.email, shop.owner.email.upper()):
        with pytest.raises(AlreadyMember):
            invite(shop, by=shop.owner, email=email)


@pytest.mark.parametrize(
    ("mine", "role", "may"),
    [
        (STAFF, STAFF, False),
        (MANAGER, STAFF, True),
        (MANAGER, MANAGER, False),
        (MANAGER, OWNER, False),
        (OWNER, OWNER, True),
    ],
)
def test_a_role_is_given_from_above(mine: str, role: MemberRole, may: bool) -> None:
    shop, _owner = shop_with_owner()
    me = ShopMemberFactory.create(shop=shop, role=mine)
    other = ShopMemberFactory.create(shop=shop, role=STAFF)

    if may:
        invite(shop, by=me.user, role=role)
        set_member_role(shop_id=shop.pk, member_id=other.pk, role=role, by=me.user)
    else:
        with pytest.raises(NotAllowed):
            invite(shop, by=me.user, role=role)
        with pytest.raises(NotAllowed):
            set_member_role(shop_id=shop.pk, member_id=other.pk, role=role, by=me.user)

    other.refresh_from_db()
    assert other.role == (role if may else STAFF)
    assert ShopInvitation.objects.count() == int(may)


def test_another_shops_people_give_nothing_here() -> None:
    shop, _owner = shop_with_owner()
    other, _ = shop_with_owner()
    member = ShopMemberFactory.create(shop=shop)

    with pytest.raises(NotAllowed):
        invite(shop, by=other.owner)
    with pytest.raises(NotAllowed):
        remove_member(shop_id=shop.pk, member_id=member.pk, by=other.owner)
    with pytest.raises(ShopMember.DoesNotExist):
        set_member_role(
            shop_id=other.pk, member_id=member.pk, role=STAFF, by=other.owner
        )

    assert ShopMember.objects.filter(pk=member.pk).exists()


def test_the_last_owner_stays() -> None:
    shop, owner = shop_with_owner()

    with pytest.raises(LastOwner):
        remove_member(shop_id=shop.pk, member_id=owner.pk, by=shop.owner)
    with pytest.raises(LastOwner):
        set_member_role(shop_id=shop.pk, member_id=owner.pk, role=STAFF, by=shop.owner)


def test_the_shop_passes_to_another_owner() -> None:
    shop, owner = shop_with_owner()
    heir = ShopMemberFactory.create(shop=shop, role=OWNER)

    remove_member(shop_id=shop.pk, member_id=owner.pk, by=shop.owner)

    shop.refresh_from_db()
    assert shop.owner == heir.user


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_remove_each_other_leave_one() -> None:
    for _round in range(5):
        shop, first = shop_with_owner()
        second = ShopMemberFactory.create(shop=shop, role=OWNER)
        pairs = [(first, second), (second, first)]

        def remove(pair: tuple[ShopMember, ShopMember], shop: Shop = shop) -> None:
            mine, other = pair
            remove_member(shop_id=shop.pk, member_id=other.pk, by=mine.user)

        came = at_once(remove, pairs, workers=2)

        shop.refresh_from_db()
        [left] = shop.members.filter(role=OWNER)
        assert shop.owner == left.user
        assert sorted(type(one).__name__ for one in came) == ["NoneType", "NotAllowed"]


def test_an_invitation_lasts_two_weeks() -> None:
    shop, _owner = shop_with_owner()
    key = invite(shop, by=shop.owner)

    assert open_invitation(key=key, now=NOON + GOOD_FOR - timedelta(seconds=1))
    assert open_invitation(key=key, now=NOON + GOOD_FOR) is None
