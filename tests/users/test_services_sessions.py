"""Where people are logged in, and that ending it holds."""

from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from tests.factories.users import (
    PASSWORD,
    OperatorFactory,
    UserFactory,
    UserSessionFactory,
)
from users.models import UserSession
from users.services.devices import Device, describe_device
from users.services.sessions import (
    SESSION_ROW,
    drop_ended_sessions,
    end_other_sessions,
    end_session,
    touch_session,
)

pytestmark = pytest.mark.django_db
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/130.0.0.0 Safari/537.36"
)
PAGE = "users:security"


def browser(user, **headers: str) -> Client:
    client = Client(headers=headers)
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    return client


def is_in(client: Client) -> bool:
    return client.get(reverse(PAGE)).status_code == 200


def row_of(client: Client) -> UserSession:
    return UserSession.objects.get(pk=client.session[SESSION_ROW])


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (CHROME, Device("computer", "Chrome", "Windows")),
        (f"{CHROME} Edg/130.0.0.0", Device("computer", "Edge", "Windows")),
        (
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15"
                " (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
            ),
            Device("phone", "Safari", "iPhone"),
        ),
        (
            (
                "Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 (KHTML, like"
                " Gecko) Chrome/130.0.0.0 Safari/537.36"
            ),
            Device("tablet", "Chrome", "Android"),
        ),
        (
            "Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0",
            Device("phone", "Firefox", "Android"),
        ),
        ("", Device("", "", "")),
        ("\x00" * 9000, Device("", "", "")),
    ],
)
def test_device_is_named_in_plain_words(user_agent, device):
    assert describe_device(user_agent=user_agent) == device


def test_log_in_is_kept_with_its_device():
    user = UserFactory()

    client = browser(user, **{"User-Agent": CHROME})

    row = row_of(client)
    assert (row.user_id, row.session_id) == (user.pk, client.session.session_key)
    assert (row.device_type, row.ip_address) == ("computer", "127.0.0.1")
    page = client.get(reverse("users:sessions")).content.decode()
    assert "Chrome on Windows" in page and "This device" in page


def test_ended_session_is_out_with_its_next_page(django_capture_on_commit_callbacks):
    user = UserFactory()
    mine, other = browser(user), browser(user)
    ended = row_of(other)

    with django_capture_on_commit_callbacks(execute=True):
        response = mine.post(reverse("users:end_session", args=[ended.pk]))

    assert response.status_code == 302
    assert (is_in(mine), is_in(other)) == (True, False)
    assert not Session.objects.filter(session_key=ended.session_id).exists()


def test_session_that_the_cache_brought_back_ends_within_a_minute(time_machine):
    """Another request may put a session back into the cache while it is being ended."""
    time_machine.move_to(NOON, tick=False)
    user = UserFactory()
    client = browser(user)
    UserSession.objects.filter(pk=row_of(client).pk).update(expires_at=NOON)

    time_machine.move_to(NOON + timedelta(seconds=61), tick=False)

    assert not is_in(client)
    assert SESSION_ROW not in client.session


def test_new_password_logs_the_other_devices_out(django_capture_on_commit_callbacks):
    user = UserFactory()
    mine, other = browser(user), browser(user)
    new = "another way to Mombasa"

    with django_capture_on_commit_callbacks(execute=True):
        mine.post(
            reverse("account_change_password"),
            {"oldpassword": PASSWORD, "password1": new, "password2": new},
        )

    assert (is_in(mine), is_in(other)) == (True, False)
    open_ones = UserSession.objects.open_at(datetime.now(UTC))
    assert [row.pk for row in open_ones] == [row_of(mine).pk]


@pytest.mark.parametrize("own", [True, False])
def test_password_that_an_operator_sets_logs_the_devices_out(
    own, django_capture_on_commit_callbacks
):
    operator = OperatorFactory()
    client = browser(operator)
    user = operator if own else UserFactory()
    other = browser(user)
    new = "another way to Mombasa"

    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(
            reverse("admin:auth_user_password_change", args=[user.pk]),
            {"usable_password": "true", "password1": new, "password2": new},
        )

    assert response.status_code == 302
    assert (is_in(client), is_in(other)) == (True, False)
    open_ones = UserSession.objects.open_at(datetime.now(UTC))
    assert [row.pk for row in open_ones] == [row_of(client).pk]


def test_new_key_of_a_session_keeps_its_row(time_machine):
    time_machine.move_to(NOON, tick=False)
    user = UserFactory()
    client = browser(user)
    new = "another way to Mombasa"
    client.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )

    time_machine.move_to(NOON + timedelta(minutes=2), tick=False)
    client.get(reverse(PAGE))

    row = row_of(client)
    assert row.session_id == client.session.session_key
    assert row.last_activity == NOON + timedelta(minutes=2)


def test_log_out_ends_the_row():
    client = browser(UserFactory())
    row = row_of(client)

    client.post(reverse("account_logout"))

    row.refresh_from_db()
    assert row.expires_at <= datetime.now(UTC)


def test_activity_is_written_once_a_minute(time_machine, django_assert_num_queries):
    time_machine.move_to(NOON, tick=False)
    client = browser(UserFactory())
    client.get(reverse("shop:robots"))

    time_machine.move_to(NOON + timedelta(seconds=30), tick=False)
    with django_assert_num_queries(0):
        client.get(reverse("shop:robots"))
    assert row_of(client).last_activity == NOON

    time_machine.move_to(NOON + timedelta(seconds=90), tick=False)
    client.get(reverse("shop:robots"))
    assert row_of(client).last_activity == NOON + timedelta(seconds=90)


def test_closed_account_is_out_with_its_next_page():
    user = UserFactory()
    client = browser(user)

    user.status = "suspended"
    user.save()

    assert not is_in(client)
    assert not is_in(browser(user))


@pytest.mark.parametrize("how", ["page", "service"])
def test_other_people_s_session_is_not_found(client, how):
    theirs = UserSessionFactory()
    mine = UserFactory()
    client.force_login(mine)

    if how == "page":
        response = client.post(reverse("users:end_session", args=[theirs.pk]))
        assert response.status_code == 404
    else:
        with pytest.raises(UserSession.DoesNotExist):
            end_session(user_id=mine.pk, session_id=theirs.pk, now=NOON)

    before = theirs.expires_at
    theirs.refresh_from_db()
    assert theirs.expires_at.isoformat() == before.replace("Z", "+00:00")


def test_all_others_end_at_once():
    user = UserFactory()
    mine, *_others = UserSessionFactory.create_batch(3, user=user)
    theirs = UserSessionFactory()

    ended = end_other_sessions(user_id=user.pk, keep=mine.pk, now=NOON)

    assert ended == 2
    assert set(UserSession.objects.open_at(NOON)) == {mine, theirs}


def test_ended_session_is_not_touched_back_to_life():
    row = UserSessionFactory(expires_at=NOON)

    touched = touch_session(
        session_id=row.pk,
        session_key="new",
        ip_address=None,
        expires_at=NOON + timedelta(days=1),
        now=NOON,
    )

    assert not touched
    assert not UserSession.objects.open_at(NOON).exists()


def test_rows_go_after_the_retention():
    UserSessionFactory(expires_at=NOON - timedelta(days=90, seconds=1))
    kept = UserSessionFactory(expires_at=NOON - timedelta(days=90))
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store.set_expiry(-1)
    store.save()

    dropped = drop_ended_sessions(now=NOON)

    assert dropped == 1
    assert list(UserSession.objects.all()) == [kept]
    assert not Session.objects.exists()


def test_list_costs_the_same_for_one_and_for_many(
    client, django_assert_max_num_queries
):
    user = UserFactory()
    client.force_login(user)
    with django_assert_max_num_queries(5) as one:
        client.get(reverse("users:sessions"))
    UserSessionFactory.create_batch(4, user=user)
    with django_assert_max_num_queries(len(one)):
        client.get(reverse("users:sessions"))
