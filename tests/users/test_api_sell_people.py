"""People of a shop, their invitations, and opening a shop, for programs."""

import re
from typing import Any

import pytest
from django.core import mail
from django.urls import reverse
from rest_framework.test import APIClient

from shop.models import Shop
from tests.factories.shop import ShopFactory
from tests.factories.users import ShopMemberFactory, UserFactory
from users.models import MemberRole, ShopInvitation, ShopMember

pytestmark = pytest.mark.django_db


def program(user: Any) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


def test_a_shop_is_opened_and_listed_among_ones_own() -> None:
    client = program(UserFactory())
    sent = {
        "name": "Corner",
        "country": "KE",
        "currency": "KES",
        "timezone": "Africa/Nairobi",
    }

    made = client.post(reverse("v1:sell-shops"), sent, format="json")
    wrong = client.post(
        reverse("v1:sell-shops"), {**sent, "currency": "QQQ"}, format="json"
    )

    assert made.status_code == 201
    assert [one["slug"] for one in client.get(reverse("v1:sell-shops")).json()] == [
        made.json()["slug"]
    ]
    assert wrong.status_code == 400
    assert Shop.objects.count() == 1


def test_somebody_is_invited_accepts_is_promoted_and_leaves() -> None:
    shop, person = ShopFactory(), UserFactory(email="new@example.com")
    owner = program(shop.owner)
    address = reverse("v1:sell-invitations", args=[shop.slug])

    asked = owner.post(
        address, {"email": "new@example.com", "role": "staff"}, format="json"
    )
    key = re.search(r"/invitations/([\w-]+)/", mail.outbox[0].body)[1]
    came = program(person).post(reverse("v1:sell-invitation-accept", args=[key]))
    people = owner.get(reverse("v1:sell-people", args=[shop.slug])).json()
    member = ShopMember.objects.get(user=person)
    one = reverse("v1:sell-person", args=[shop.slug, member.pk])
    owner.patch(one, {"role": "manager"}, format="json")

    assert asked.status_code == 201
    assert "key" not in asked.json()
    assert came.json()["slug"] == shop.slug
    assert {"email": "new@example.com", "role": "staff"}.items() <= next(
        row for row in people["people"] if row["email"] == "new@example.com"
    ).items()
    assert people["invitations"] == []
    member.refresh_from_db()
    assert member.role == MemberRole.MANAGER
    assert owner.delete(one).status_code == 204
    assert not ShopMember.objects.filter(user=person).exists()


def test_a_withdrawn_invitation_opens_nothing() -> None:
    shop, person = ShopFactory(), UserFactory(email="new@example.com")
    owner = program(shop.owner)
    sent = {"email": "new@example.com", "role": "staff"}
    asked = owner.post(
        reverse("v1:sell-invitations", args=[shop.slug]), sent, format="json"
    ).json()
    key = re.search(r"/invitations/([\w-]+)/", mail.outbox[0].body)[1]

    owner.delete(reverse("v1:sell-invitation", args=[shop.slug, asked["id"]]))
    came = program(person).post(reverse("v1:sell-invitation-accept", args=[key]))

    assert came.json()["code"] == "invitation_gone"
    assert not ShopInvitation.objects.exists()


def test_a_manager_makes_no_owner_and_the_last_owner_stays() -> None:
    shop = ShopFactory()
    manager = ShopMemberFactory(shop=shop, role=MemberRole.MANAGER)
    owner = ShopMember.objects.filter(user=shop.owner, shop=shop).first()
    owner = owner or ShopMemberFactory(
        shop=shop, user=shop.owner, role=MemberRole.OWNER
    )

    raised = program(manager.user).post(
        reverse("v1:sell-invitations", args=[shop.slug]),
        {"email": "new@example.com", "role": "owner"},
        format="json",
    )
    gone = program(shop.owner).delete(
        reverse("v1:sell-person", args=[shop.slug, owner.pk])
    )

    assert raised.json()["code"] == "not_allowed"
    assert gone.json()["code"] == "last_owner"
    assert mail.outbox == []
