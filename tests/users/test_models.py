from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError
from django.utils import timezone

from shop.encryption import email_hash
from tests.factories.users import (
    RoleFactory,
    UserConnectionFactory,
    UserFactory,
    UserRoleFactory,
)
from users.models import User, UserConnection, UserRole, UserSocial

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def test_one_address_has_one_account_however_it_is_typed():
    UserFactory(email="ada@example.com")

    with pytest.raises(IntegrityError, match="uk_users_lower_email"):
        UserFactory(email="Ada@Example.com")


@pytest.mark.parametrize("email", ["ada", "ada@", "ada@host", "a b@example.com"])
def test_the_database_refuses_what_is_no_address(email):
    with pytest.raises(IntegrityError, match="chk_email_format"):
        UserFactory(email=email)


def test_create_user_keeps_the_hash_and_no_plain_password():
    user = User.objects.create_user("ada@example.com", "correct horse battery")

    assert user.email_hash == email_hash("ada@example.com")
    assert user.check_password("correct horse battery")
    assert "correct" not in user.password


def test_full_name_is_made_by_the_database():
    user = UserFactory(first_name="Ada", last_name="")
    user.refresh_from_db()

    assert user.full_name == "Ada"


def test_a_role_grants_its_permissions_until_the_second_it_expires(time_machine):
    permission = Permission.objects.get(codename="change_order")
    role = RoleFactory()
    role.permissions.add(permission)
    granted = UserRoleFactory(role=role, expires_at=NOON)

    time_machine.move_to(NOON - timedelta(seconds=1), tick=False)
    before = granted.user.has_perm("orders.change_order")
    time_machine.move_to(NOON, tick=False)
    after = User.objects.get(pk=granted.user_id).has_perm("orders.change_order")

    assert (before, after) == (True, False)


def test_a_role_grants_nothing_else_and_nothing_to_the_inactive():
    role = RoleFactory()
    role.permissions.add(Permission.objects.get(codename="change_order"))
    user = UserRoleFactory(role=role).user
    inactive = UserRoleFactory(role=role, user__is_active=False).user

    assert user.get_all_permissions() == {"orders.change_order"}
    assert user.has_module_perms("orders") and not user.has_module_perms("catalog")
    assert not inactive.has_perm("orders.change_order")


def test_valid_at_keeps_roles_without_an_end():
    kept = UserRoleFactory(expires_at=None)

    assert list(UserRole.objects.valid_at(timezone.now())) == [kept]


def test_nobody_follows_themselves():
    user = UserFactory()

    with pytest.raises(IntegrityError, match="chk_user_connections_not_self"):
        UserConnection.objects.create(user=user, target=user)


def test_user_social_shows_connections_as_arrays():
    follow = UserConnectionFactory(kind="follow")
    UserConnectionFactory(user=follow.user, kind="block")
    blocked = UserConnection.objects.get(kind="block").target_id

    mine = UserSocial.objects.get(user_id=follow.user_id)
    theirs = UserSocial.objects.get(user_id=follow.target_id)

    assert (mine.following, mine.blocked, mine.followers) == (
        [follow.target_id],
        [blocked],
        [],
    )
    assert theirs.followers == [follow.user_id]
