"""What people say of themselves, and the account's API."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.urls import reverse

from tests.factories.orders import OrderFactory, ShippingAddressFactory
from tests.factories.shop import ShopFactory
from tests.factories.users import (
    ShopFollowerFactory,
    UserConnectionFactory,
    UserFactory,
    UserProfileFactory,
    UserSessionFactory,
)
from users.models import ShopFollower, UserConnection, UserProfile
from users.services.accounts import (
    choose_marketing,
    marketing_since,
    wants_marketing,
)
from users.services.sessions import SESSION_ROW

pytestmark = pytest.mark.django_db
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
API = "/api/v1/account/"
PROFILE = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "language": "de",
    "timezone": "Africa/Nairobi",
    "bio": "Lamps.",
    "is_public": "on",
}


@pytest.fixture
def me(client):
    user = UserFactory()
    client.force_login(user)
    return user


@pytest.mark.parametrize(
    "name", ["profile", "security", "sessions", "notices", "following"]
)
def test_strangers_are_sent_to_log_in(client, name):
    response = client.get(reverse(f"users:{name}"))

    assert response["Location"].startswith(reverse("account_login"))


def test_profile_is_kept(client, me):
    response = client.post(reverse("users:profile"), PROFILE)

    me.refresh_from_db()
    assert response.status_code == 302
    assert (me.full_name, me.profile.bio) == ("Ada Lovelace", "Lamps.")
    assert (me.profile.language, me.profile.timezone) == ("de", "Africa/Nairobi")
    assert me.profile.settings == {"is_public": True}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("first_name", "n" * 100_000),
        ("first_name", "\0"),
        ("timezone", "Mars/Olympus"),
        ("language", "tlh"),
        ("bio", "b" * 1001),
    ],
)
def test_what_is_wrong_stands_beside_its_field(client, me, field, value):
    response = client.post(reverse("users:profile"), PROFILE | {field: value})

    assert response.status_code == 200
    assert f'id="id_{field}_error"' in response.content.decode()
    assert not UserProfile.objects.exists()


def test_pages_are_dated_in_the_person_s_time_zone(client, me):
    OrderFactory(user=me, event_time=datetime(2030, 1, 1, 22, tzinfo=UTC))
    assert "1 Jan 2030" in client.get(reverse("orders:account")).content.decode()

    client.post(reverse("users:profile"), PROFILE | {"language": ""})

    assert "2 Jan 2030" in client.get(reverse("orders:account")).content.decode()


def test_profile_is_known_to_the_next_log_in(client):
    user = UserProfileFactory(timezone="Africa/Nairobi", language="sw").user
    client.force_login(user)

    response = client.get(reverse("users:security"))

    assert client.session["timezone"] == "Africa/Nairobi"
    assert response["Content-Language"] == "sw"


def test_offers_are_sent_to_nobody_who_did_not_ask(client, me):
    assert not wants_marketing(profile=None)

    client.post(reverse("users:notices"), {"marketing": "on"})

    kept = UserProfile.objects.get()
    assert wants_marketing(profile=kept)
    assert marketing_since(profile=kept) is not None
    assert "You agreed on" in client.get(reverse("users:notices")).content.decode()


def test_same_choice_again_leaves_the_first_time():
    user = UserFactory()
    choose_marketing(user_id=user.pk, is_wanted=True, now=NOON)

    later = NOON.replace(year=2031)
    kept = choose_marketing(user_id=user.pk, is_wanted=True, now=later)

    assert marketing_since(profile=kept) == NOON


def test_api_needs_a_log_in(client):
    for name in ("profile/", "sessions/", "connections/", "addresses/"):
        assert client.get(f"{API}{name}").status_code == 403


def test_api_shows_and_changes_the_profile(client, me):
    changed = client.patch(
        f"{API}profile/",
        {"first_name": "Ada", "timezone": "Africa/Nairobi", "marketing_email": True},
        content_type="application/json",
    )

    assert changed.status_code == 200
    assert changed.json() == client.get(f"{API}profile/").json()
    assert changed.json() == {
        "id": str(me.pk),
        "email": me.email,
        "email_verified": True,
        "first_name": "Ada",
        "last_name": me.last_name,
        "bio": "",
        "is_public": False,
        "language": "",
        "timezone": "Africa/Nairobi",
        "marketing_email": True,
        "low_stock_email": True,
        "avatar_url": None,
    }


@pytest.mark.parametrize(
    ("sent", "attr"),
    [
        ({"timezone": "Mars"}, "timezone"),
        ({"first_name": "a\0"}, "first_name"),
        ({"bio": "b" * 100_000}, "bio"),
        ({"is_public": "perhaps"}, "is_public"),
    ],
)
def test_api_says_which_field_is_wrong(client, me, sent, attr):
    response = client.patch(f"{API}profile/", sent, content_type="application/json")

    assert response.status_code == 400
    assert [error["attr"] for error in response.json()["errors"]] == [attr]
    assert not UserProfile.objects.exists()


def test_api_lists_my_devices_and_ends_one(client, me):
    other = UserSessionFactory(user=me)
    UserSessionFactory()

    rows = client.get(f"{API}sessions/").json()["results"]
    ended = client.delete(f"{API}sessions/{other.pk}/")

    mine = client.session[SESSION_ROW]
    assert {(row["id"], row["is_current"]) for row in rows} == {
        (str(other.pk), False),
        (mine, True),
    }
    assert "session_id" not in rows[0]
    assert ended.status_code == 204
    assert len(client.get(f"{API}sessions/").json()["results"]) == 1


def test_api_follows_blocks_and_forgets_people(client, me):
    person = UserProfileFactory(settings={"is_public": True}).user
    body = {"person": str(person.pk), "kind": "follow"}

    made = [
        client.post(f"{API}connections/", body, content_type="application/json")
        for _ in range(2)
    ]
    blocked = client.post(
        f"{API}connections/", body | {"kind": "block"}, content_type="application/json"
    )
    refused = client.post(f"{API}connections/", body, content_type="application/json")

    assert [one.status_code for one in (*made, blocked)] == [201, 201, 201]
    assert made[0].json()["id"] == made[1].json()["id"]
    assert (refused.status_code, refused.json()["code"]) == (409, "blocked")
    assert UserConnection.objects.count() == 1
    client.delete(f"{API}connections/{blocked.json()['id']}/")
    assert not UserConnection.objects.exists()


def test_api_follows_shops(client, me):
    shop = ShopFactory()

    made = client.post(
        f"{API}followed-shops/", {"shop": shop.slug}, content_type="application/json"
    )
    unknown = client.post(
        f"{API}followed-shops/", {"shop": "nowhere"}, content_type="application/json"
    )

    assert (made.status_code, made.json()["name"]) == (201, shop.name)
    assert unknown.status_code == 400
    client.delete(f"{API}followed-shops/{made.json()['id']}/")
    assert not ShopFollower.objects.exists()


def test_what_is_other_people_s_is_not_found(client, me):
    theirs = {
        "sessions": UserSessionFactory(),
        "connections": UserConnectionFactory(),
        "followed-shops": ShopFollowerFactory(),
        "addresses": ShippingAddressFactory(),
    }

    for name, row in theirs.items():
        for pk in (row.pk, uuid4()):
            assert client.delete(f"{API}{name}/{pk}/").status_code == 404
        row.refresh_from_db()
        assert client.get(f"{API}{name}/").json()["results"] == [] or name == "sessions"
    hidden = client.post(
        f"{API}connections/",
        {"person": str(UserFactory().pk)},
        content_type="application/json",
    )
    assert hidden.status_code == 404


@pytest.mark.parametrize("name", ["connections", "followed-shops", "sessions"])
def test_lists_cost_the_same_for_one_and_for_many(
    client, me, name, django_assert_max_num_queries
):
    makers = {
        "connections": UserConnectionFactory,
        "followed-shops": ShopFollowerFactory,
        "sessions": UserSessionFactory,
    }
    makers[name](user=me)
    with django_assert_max_num_queries(4) as one:
        client.get(f"{API}{name}/")
    makers[name].create_batch(3, user=me)
    with django_assert_max_num_queries(len(one)):
        client.get(f"{API}{name}/")
