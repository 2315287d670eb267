"""A shop's own pages of these apps: opened, described, closed for holidays, its people."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from shop.models import Shop, ShopStatus
from tests.factories.catalog import (
    ProductFactory,
    ProductImageFactory,
    ProductVariantFactory,
)
from tests.factories.orders import DeliveryMethodFactory, DeliveryZoneFactory
from tests.factories.shop import ShopFactory
from tests.factories.users import ShopMemberFactory, UserFactory
from users.models import MemberRole, ShopInvitation, ShopMember

pytestmark = pytest.mark.django_db
OPEN: dict[str, Any] = {
    "name": "Lamp works", "country": "KE", "currency": "KES", "timezone": "Africa/Nairobi",
}  # fmt: skip
PROFILE: dict[str, Any] = {
    "name": "Lamp works", "description": "Lamps", "contact_email": "lamps@example.com",
    "phone": "", "timezone": "Africa/Nairobi", "tax_number": "P051", "return_days": "30",
    "return_rule": "", "prices_include_tax": "on",
}  # fmt: skip
AWAY = {
    "closure-closed_from": "2040-12-20T00:00",
    "closure-closed_until": "2041-01-05T00:00",
    "closure-note": "We are at the sea",
}
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def logged_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def shop() -> Shop:
    return ShopFactory(name="Lamp works", country="KE", timezone="Africa/Nairobi")


@pytest.fixture
def owner(shop: Shop) -> Client:
    return logged_in(shop.owner)


def at(name: str, shop: Shop, *args: Any) -> str:
    return reverse(f"sell:{name}", args=[shop.slug, *args])


def words(response: Any) -> str:
    return " ".join(response.content.decode().split())


# ------------------------------------------------------------------ opening


def test_anybody_opens_a_shop_and_finds_what_it_needs() -> None:
    user = UserFactory()
    client = logged_in(user)

    choice = words(client.get(reverse("sell:choose")))
    page = client.post(reverse("sell:open"), OPEN, follow=True)

    shop = Shop.objects.get(owner=user)
    assert reverse("sell:open") in choice
    assert (shop.status, shop.currency) == (ShopStatus.PENDING, "KES")
    assert "Until your first sale" in words(page)
    assert "Your shop is not open yet" in words(page)
    for name in ("settings", "delivery", "taxes", "products"):
        assert f'<a href="{at(name, shop)}">' in words(page)


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"name": ""}, "This field is required"),
        ({"name": "x" * 100_000}, "at most 100 characters"),
        ({"name": "L\0mp"}, "Null characters"),
        ({"country": "XX"}, "Select a valid choice"),
        ({"currency": "AAA"}, "Select a valid choice"),
        ({"timezone": "Mars/Olympus"}, "Select a valid choice"),
    ],
)
def test_a_shop_that_cannot_be_is_not_opened(sent: Any, sentence: str) -> None:
    page = logged_in(UserFactory()).post(reverse("sell:open"), OPEN | sent)

    assert (page.status_code, Shop.objects.count()) == (200, 0)
    assert sentence in words(page)


def test_the_store_leads_to_the_counter(shop: Shop, owner: Client) -> None:
    home = reverse("catalog:home")

    assert f'href="{reverse("sell:open")}"' in words(Client().get(home))
    assert f'href="{reverse("sell:choose")}"' in words(owner.get(home))
    assert f'href="{reverse("sell:choose")}"' in words(
        owner.get(reverse("users:profile"))
    )


# ------------------------------------------------------------------ the check list


def test_the_check_list_follows_what_is_done() -> None:
    shop = ShopFactory(status=ShopStatus.PENDING, contact_email="", description="")
    owner = logged_in(shop.owner)

    def done() -> int:
        return words(owner.get(at("home", shop))).count("state-good")

    assert done() == 0
    DeliveryMethodFactory(zone=DeliveryZoneFactory(shop=shop))
    product = ProductFactory(shop=shop, currency=shop.currency)
    variant = ProductVariantFactory(product=product, shop=shop, inventory_quantity=0)
    ProductImageFactory(product=product)
    assert done() == 1
    variant.inventory_quantity = 3
    variant.save(update_fields=["inventory_quantity"])
    assert done() == 2
    sent = PROFILE | {"timezone": "UTC"}
    assert owner.post(at("settings", shop), sent).status_code == 302
    assert done() == 4


def test_staff_read_the_check_list_without_ways_they_may_not_go() -> None:
    shop = ShopFactory(status=ShopStatus.PENDING)
    staff = logged_in(ShopMemberFactory(shop=shop, role=MemberRole.STAFF).user)

    page = words(staff.get(at("home", shop)))

    assert "Until your first sale" in page
    assert at("delivery", shop) not in page


# ------------------------------------------------------------------ profile


def test_the_profile_is_changed(shop: Shop, owner: Client) -> None:
    page = owner.post(at("settings", shop), PROFILE, follow=True)

    shop.refresh_from_db()
    assert "The profile is changed." in words(page)
    assert (shop.description, shop.return_days, shop.tax_number) == (
        "Lamps",
        30,
        "P051",
    )


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"name": ""}, "This field is required"),
        ({"name": "x" * 100_000}, "at most 100 characters"),
        ({"timezone": "Mars/Olympus"}, "Select a valid choice"),
        ({"contact_email": "nobody"}, "Enter a valid email address"),
        ({"return_days": "99999"}, "less than or equal to 3650"),
        ({"return_days": "9" * 5000}, "Enter a whole number"),
        ({"description": "x" * 100_000}, "characters"),
    ],
)
def test_a_profile_that_cannot_be_is_refused(
    shop: Shop, owner: Client, sent: Any, sentence: str
) -> None:
    page = owner.post(at("settings", shop), PROFILE | sent)

    shop.refresh_from_db()
    assert page.status_code == 200
    assert "field-error" in words(page)
    assert sentence in words(page)
    assert shop.tax_number == ""


def test_a_drawing_with_a_script_is_no_logo(shop: Shop, owner: Client) -> None:
    file = SimpleUploadedFile("logo.svg", SVG, content_type="image/svg+xml")

    page = owner.post(at("settings", shop), PROFILE | {"logo_file": file})

    shop.refresh_from_db()
    assert (page.status_code, shop.logo.name) == (200, "")
    assert "field-error" in words(page)


# ------------------------------------------------------------------ closure


def test_a_closure_is_kept_in_the_shops_time_and_ended(
    shop: Shop, owner: Client
) -> None:
    page = owner.post(at("closure", shop), AWAY, follow=True)

    shop.refresh_from_db()
    assert shop.closed_from is not None
    assert shop.closed_from.isoformat() == "2040-12-19T21:00:00+00:00"
    assert 'value="2040-12-20T00:00"' in words(page)

    owner.post(at("closure", shop), {"open": "1"})
    shop.refresh_from_db()
    assert (shop.closed_from, shop.closed_until, shop.closed_note) == (None, None, "")


@pytest.mark.parametrize(
    "sent",
    [
        {"closure-closed_until": "2040-12-19T00:00"},
        {"closure-closed_from": "2001-01-01T00:00", "closure-closed_until": "2001-02-01T00:00"},
        {"closure-closed_from": "soon"},
        {"closure-closed_from": ""},
        {"closure-closed_from": "0001-01-01T00:00", "closure-closed_until": ""},
        {"closure-closed_until": "9999-12-31T23:59"},
        {"closure-note": "x" * 100_000},
    ],
)  # fmt: skip
def test_a_closure_that_cannot_be_is_refused(
    shop: Shop, owner: Client, sent: dict[str, str]
) -> None:
    page = owner.post(at("closure", shop), AWAY | sent)

    assert page.status_code in {200, 302}
    if page.status_code == 200:
        shop.refresh_from_db()
        assert shop.closed_from is None
        assert "field-error" in words(page)


# ------------------------------------------------------------------ people


def key_of(letter: Any) -> str:
    found = re.search(r"/sell/invitations/([^/\s]+)/", letter.body)
    assert found
    return found.group(1)


def test_somebody_is_invited_and_comes_to_work(shop: Shop, owner: Client) -> None:
    owner.post(at("members", shop), {"email": "New@example.com", "role": "manager"})
    user = UserFactory(email="new@example.com", email_verified=True)
    address = reverse("sell:invitation", args=[key_of(mail.outbox[0])])
    client = logged_in(user)

    asked = words(client.get(address))
    answer = client.post(address)

    assert "Work with Lamp works" in asked
    assert answer["Location"] == at("home", shop)
    assert ShopMember.objects.get(user=user).role == MemberRole.MANAGER
    assert "no longer good" in words(client.get(address))


def test_the_own_address_is_not_invited(shop: Shop, owner: Client) -> None:
    page = owner.post(
        at("members", shop), {"email": shop.owner.email.upper(), "role": "staff"}
    )

    assert "works here already" in words(page)
    assert (ShopInvitation.objects.count(), mail.outbox) == (0, [])


@pytest.mark.parametrize(
    "sent",
    [
        {"email": "nobody", "role": "staff"},
        {"email": "x@example.com", "role": "king"},
        {"email": f"{'x' * 100_000}@example.com", "role": "staff"},
        {"email": "x\0@example.com", "role": "staff"},
        {},
    ],
)
def test_an_invitation_that_cannot_be_is_refused(
    shop: Shop, owner: Client, sent: dict[str, str]
) -> None:
    page = owner.post(at("members", shop), sent)

    assert page.status_code == 200
    assert (ShopInvitation.objects.count(), mail.outbox) == (0, [])


def test_a_manager_names_no_owner(shop: Shop) -> None:
    manager = logged_in(ShopMemberFactory(shop=shop, role=MemberRole.MANAGER).user)

    page = manager.post(
        at("members", shop), {"email": "x@example.com", "role": "owner"}
    )

    assert "Select a valid choice" in words(page)
    assert not ShopInvitation.objects.exists()


def test_a_member_of_another_shop_is_not_found(shop: Shop, owner: Client) -> None:
    theirs = ShopMemberFactory()

    for name, sent in (("member_role", {"role": "staff"}), ("member_remove", {})):
        assert owner.post(at(name, shop, theirs.pk), sent).status_code == 404

    assert ShopMember.objects.filter(pk=theirs.pk).exists()


def test_people_leave_but_the_last_owner(shop: Shop, owner: Client) -> None:
    ShopMemberFactory(shop=shop, user=shop.owner, role=MemberRole.OWNER)
    staff = ShopMemberFactory(shop=shop, role=MemberRole.STAFF)

    left = logged_in(staff.user).post(at("leave", shop))
    stays = owner.post(at("leave", shop), follow=True)

    assert left["Location"] == reverse("sell:choose")
    assert "A shop needs an owner" in words(stays)
    assert ShopMember.objects.get(shop=shop).user == shop.owner


# ------------------------------------------------------------------ programs


def test_programs_change_the_profile_and_close_the_shop(
    shop: Shop, owner: Client
) -> None:
    address = reverse("v1:sell-settings", args=[shop.slug])
    closure = reverse("v1:sell-closure", args=[shop.slug])
    json = "application/json"
    away = {"closed_from": "2040-12-20T00:00Z", "closed_until": "2040-12-19T00:00Z"}

    changed = owner.patch(address, {"phone": "0700", "return_days": 30}, json)
    unknown = owner.patch(address, {"timezone": "Mars/Olympus"}, json)
    refused = owner.put(closure, away, json)
    closed = owner.put(closure, away | {"closed_until": None, "note": "Sea"}, json)

    assert (changed.status_code, changed.json()["phone"]) == (200, "0700")
    assert (unknown.status_code, unknown.json()["code"]) == (409, "shop_refused")
    assert (refused.status_code, refused.json()["code"]) == (409, "shop_refused")
    assert closed.json()["closed_note"] == "Sea"
    assert owner.put(closure, {"closed_from": None}, json).json()["closed_from"] is None
    assert owner.get(address).json()["return_days"] == 30
