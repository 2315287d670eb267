"""The door to a shop's own pages."""

from http import HTTPStatus

import pytest
from django.test import Client

from shop.models import ShopStatus
from tests.factories.shop import ShopFactory
from tests.factories.users import OperatorFactory, ShopMemberFactory, UserFactory
from users.counter import find_seller
from users.models import MemberRole
from users.rights import RIGHTS, Right

pytestmark = pytest.mark.django_db


def logged_in(user: object) -> Client:
    client = Client()
    client.force_login(user)  # type: ignore[arg-type]
    return client


def test_who_works_there_comes_in_with_their_role() -> None:
    shop = ShopFactory.create()
    people = {
        role: ShopMemberFactory.create(shop=shop, role=role).user for role in MemberRole
    }

    found = {
        role: find_seller(user=user, slug=shop.slug) for role, user in people.items()
    }

    assert {role: seller.role for role, seller in found.items() if seller} == {
        role: role for role in MemberRole
    }


def test_who_owns_the_shop_needs_no_membership() -> None:
    shop = ShopFactory.create()

    seller = find_seller(user=shop.owner, slug=shop.slug)

    assert seller is not None
    assert seller.role == MemberRole.OWNER


def test_strangers_get_the_answer_of_a_shop_that_there_is_not() -> None:
    shop = ShopFactory.create()
    colleague = ShopMemberFactory.create().user

    for user in (UserFactory.create(), colleague, OperatorFactory.create()):
        client = logged_in(user)
        assert client.get(f"/sell/{shop.slug}/").status_code == HTTPStatus.NOT_FOUND
        assert client.get("/sell/no-such-shop/").status_code == HTTPStatus.NOT_FOUND


def test_guests_are_asked_to_log_in() -> None:
    shop = ShopFactory.create()

    response = Client().get(f"/sell/{shop.slug}/")

    assert response.status_code == HTTPStatus.FOUND
    assert "/accounts/login/" in response["Location"]


def test_a_smaller_role_has_fewer_rights() -> None:
    staff, manager, owner = (RIGHTS[role] for role in ("staff", "manager", "owner"))

    assert staff < manager < owner
    assert owner == frozenset(Right)
    assert {Right.REFUND, Right.EDIT_PRODUCTS, Right.SETTINGS} & staff == set()
    assert Right.OWN not in manager


def test_the_only_shop_is_opened_at_once() -> None:
    shop = ShopFactory.create(status=ShopStatus.PENDING)
    client = logged_in(shop.owner)

    assert client.get("/sell/")["Location"] == f"/sell/{shop.slug}/"

    page = client.get(f"/sell/{shop.slug}/").content.decode()
    assert "not open yet" in page


def test_several_shops_are_a_choice() -> None:
    first, second = ShopFactory.create(), ShopFactory.create()
    ShopMemberFactory.create(shop=second, user=first.owner, role=MemberRole.STAFF)

    page = logged_in(first.owner).get("/sell/").content.decode()

    assert f"/sell/{first.slug}/" in page
    assert f"/sell/{second.slug}/" in page
