"""An operator sees the site as somebody: for an hour, never as one of their own, with a trace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone

from shop.models import GlobalEvent
from tests.factories.catalog import ProductFactory, ProductVariantFactory
from tests.factories.shop import ShopFactory
from tests.factories.users import (
    ImpersonatedRequestFactory,
    OperatorFactory,
    RoleFactory,
    UserFactory,
    UserRoleFactory,
)
from tests.orders.purchases import buy
from tests.sell.doors import DOORS
from tests.shop.budgets import routes
from users.errors import CannotImpersonate
from users.impersonation import SESSION_KEY, THEIRS_ALONE, is_sealed
from users.models import ImpersonatedRequest, Impersonation, UserSession, UserStatus
from users.rights import Right
from users.services.impersonation import (
    end_impersonation,
    note_answer,
    note_request,
    open_impersonation,
    start_impersonation,
)

pytestmark = pytest.mark.django_db
NOON = datetime(2031, 5, 1, 12, tzinfo=UTC)
REASON = "Request 4711: the cart stays empty."
PROFILE = "users:profile"


@pytest.fixture
def operator(client: Client) -> Any:
    person = OperatorFactory()
    client.force_login(person)
    return person


def see_as(client: Client, person: Any, reason: str = REASON) -> Any:
    address = reverse("admin:users_user_see_as", args=[person.pk])
    return client.post(address, {"reason": reason})


def who_is_there(client: Client) -> Any:
    return client.get(reverse(PROFILE)).context["request"].user


def test_an_operator_sees_the_site_as_somebody_until_they_stop(
    client: Client, operator: Any
) -> None:
    person = UserFactory()

    answer = see_as(client, person)
    page = client.get(reverse(PROFILE))
    stopped = client.post(reverse("users:stop_impersonation"))

    assert answer["Location"] == "/"
    assert page.context["request"].user == person
    words = page.content.decode()
    assert operator.email in words
    assert reverse("users:stop_impersonation") in words
    assert page["Cache-Control"] == "private, no-store"
    assert stopped["Location"] == reverse("admin:users_user_change", args=[person.pk])
    assert who_is_there(client) == operator
    assert "impersonation" not in client.get("/").content.decode()
    row = Impersonation.objects.get()
    assert (row.operator, row.user, row.reason) == (operator, person, REASON)
    assert row.ended_at is not None
    told = LogEntry.objects.get(object_id=str(person.pk)).get_change_message()
    assert told == f"Saw the site as them. {REASON}"


@pytest.mark.parametrize("path", ["/", "/cart/", "/account/profile/", "/sell/"])
def test_the_banner_is_on_every_page(client: Client, operator: Any, path: str) -> None:
    see_as(client, UserFactory())

    assert 'class="impersonation"' in client.get(path).content.decode()


def test_the_banner_is_behind_the_counter_and_on_pages_that_are_not_there(
    client: Client, operator: Any
) -> None:
    shop = ShopFactory()
    see_as(client, shop.owner)

    counter = client.get(reverse("sell:members", args=[shop.slug]))
    lost = client.get("/nowhere/")

    assert (counter.status_code, lost.status_code) == (200, 404)
    for page in (counter, lost):
        assert 'class="impersonation"' in page.content.decode()


def test_it_ends_by_itself_after_an_hour(client: Client) -> None:
    operator, person = OperatorFactory(), UserFactory()
    with time_machine.travel(NOON, tick=False):
        client.force_login(operator)
        see_as(client, person)
    with time_machine.travel(NOON + timedelta(minutes=59, seconds=59), tick=False):
        before = who_is_there(client)
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        after = who_is_there(client)

    assert (before, after) == (person, operator)
    assert SESSION_KEY not in client.session


def test_it_ends_when_the_person_ends_it_in_their_list_of_devices(
    client: Client, operator: Any
) -> None:
    person = UserFactory()
    see_as(client, person)
    own = Client()
    own.force_login(person)
    listed = own.get(reverse("users:sessions")).content.decode()
    row = UserSession.objects.get(user=person, device_type="support")

    own.post(reverse("users:end_session", args=[row.pk]))

    assert "Support" in listed
    assert operator.email not in listed
    assert who_is_there(client) == operator


def test_it_ends_with_the_operators_own_session(client: Client, operator: Any) -> None:
    see_as(client, UserFactory())

    client.logout()

    assert client.get(reverse(PROFILE)).status_code == 302


def test_it_ends_when_the_operator_may_no_longer(client: Client, operator: Any) -> None:
    see_as(client, UserFactory())
    operator.is_superuser = False
    operator.save()

    assert who_is_there(client) == operator


def test_it_ends_when_the_person_becomes_an_operator(
    client: Client, operator: Any
) -> None:
    person = UserFactory()
    see_as(client, person)
    person.is_staff = True
    person.save()

    assert who_is_there(client) == operator


def test_a_permission_of_its_own_is_asked_for(client: Client) -> None:
    support = UserFactory(is_staff=True)
    role = RoleFactory()
    role.permissions.add(*Permission.objects.filter(codename="change_user"))
    UserRoleFactory(user=support, role=role)
    person = UserFactory()
    client.force_login(support)

    without = see_as(client, person)
    role.permissions.add(Permission.objects.get(codename="impersonate"))
    with_it = see_as(client, person)

    assert (without.status_code, with_it.status_code) == (403, 302)
    assert Impersonation.objects.count() == 1


def staff() -> Any:
    return UserFactory(is_staff=True)


def superuser() -> Any:
    return UserFactory(is_superuser=True)


def one_with_a_role() -> Any:
    return UserRoleFactory(user=UserFactory()).user


def closed() -> Any:
    return UserFactory(status=UserStatus.SUSPENDED)


def inactive() -> Any:
    return UserFactory(is_active=False)


@pytest.mark.parametrize("make", [staff, superuser, one_with_a_role, closed, inactive])
def test_nobody_slips_into_an_operator_or_a_closed_account(
    client: Client, operator: Any, make: Any
) -> None:
    person = make()

    see_as(client, person)

    assert who_is_there(client) == operator
    assert not Impersonation.objects.exists()
    with pytest.raises(CannotImpersonate):
        start_impersonation(
            operator=operator,
            user_id=person.pk,
            reason=REASON,
            now=NOON,
        )


def test_nobody_slips_into_themselves(client: Client, operator: Any) -> None:
    see_as(client, operator)

    assert not Impersonation.objects.exists()


@pytest.mark.parametrize("reason", ["", "  \0 ", "x" * 1001])
def test_a_reason_is_asked_for(client: Client, operator: Any, reason: str) -> None:
    answer = see_as(client, UserFactory(), reason)

    assert answer.status_code == 200
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not UserSession.objects.filter(device_type="support").exists()


def test_the_button_stands_where_it_works(client: Client, operator: Any) -> None:
    person, other = UserFactory(), staff()
    button = reverse("admin:users_user_see_as", args=[person.pk])

    assert (
        button
        in client.get(
            reverse("admin:users_user_change", args=[person.pk])
        ).content.decode()
    )
    assert (
        "see-as"
        not in client.get(
            reverse("admin:users_user_change", args=[other.pk])
        ).content.decode()
    )


# ------------------------------------------------------------------ what is closed
def everything(method: str) -> list[tuple[str, bool]]:
    """Each route without arguments, or with made-up ones, and whether it is sealed."""
    found = []
    for route in routes():
        path = "/" + route.pattern
        for kind, value in (
            ("<uuid:", "0190b2f0-7b5a-7c3e-9f1a-2b3c4d5e6f70"),
            ("<int:", "1"),
            ("<", "word"),
        ):
            while kind in path:
                start = path.index(kind)
                path = path[:start] + value + path[path.index(">", start) + 1 :]
        try:
            match = resolve(path)
        except Resolver404:
            continue
        found.append((match.view_name, is_sealed(match, path=path, method=method)))
    return found


def test_what_is_the_persons_alone_is_closed_and_the_rest_is_not() -> None:
    changing = dict(everything("POST"))
    reading = dict(everything("GET"))

    accounts = {
        name for name in changing if name.startswith(("account_", "mfa_", "social"))
    }
    assert {"account_change_password", "mfa_view_recovery_codes"} <= accounts
    assert all(changing[name] and reading[name] for name in accounts)
    for name in ("payments:pay", "v1:complete-checkout", "sell:order_refund"):
        assert changing[name], name
    assert changing["v1:sell-order-refund"]
    assert not reading["payments:pay"]
    for name in ("users:profile", "orders:add_to_cart", "sell:settings", "sell:home"):
        assert not changing[name], name
    assert changing["admin:index"]
    assert reading["admin:index"]
    assert reading["partitions"]


def test_whoever_works_in_a_shop_is_said_by_nobody_else_by_page_or_program() -> None:
    changing = dict(everything("POST"))

    people = [
        name
        for name, door in DOORS.items()
        if Right.MEMBERS in {door.right, *door.rights.values()} and door.sends
    ]
    assert {"sell:members", "v1:sell-invitations", "v1:sell-person"} <= {*people}
    assert [name for name in people if not changing[name]] == []
    for name in ("v1:sell-shops", "v1:sell-invitation-accept", "v1:account-profile"):
        assert changing[name], name


def test_nobody_is_invited_by_a_program_in_somebodys_name(
    client: Client, operator: Any
) -> None:
    shop = ShopFactory()
    see_as(client, shop.owner)

    answer = client.post(
        reverse("v1:sell-invitations", args=[shop.slug]),
        {"email": operator.email, "role": "owner"},
        content_type="application/json",
    )

    assert (answer.status_code, answer.json()["code"]) == (403, "impersonating")
    assert not shop.invitations.exists()


def test_every_name_of_what_is_theirs_alone_is_an_address() -> None:
    names = {route.name for route in routes()}

    assert THEIRS_ALONE - names == set()


@pytest.mark.parametrize(
    "name", ["account_change_password", "account_email", "mfa_index", "account_logout"]
)
def test_account_pages_answer_with_a_sentence(
    client: Client, operator: Any, name: str
) -> None:
    see_as(client, UserFactory())

    page = client.get(reverse(name))

    assert page.status_code == 403
    assert "closed while you see the site" in page.content.decode()


def test_the_admin_is_closed_and_nothing_follows_from_a_sealed_form(
    client: Client, operator: Any
) -> None:
    person = UserFactory()
    see_as(client, person)
    before = person.password

    page = client.get(reverse("admin:index"))
    answer = client.post(reverse("account_set_password"), {"password1": "other words"})

    person.refresh_from_db()
    assert (page.status_code, answer.status_code) == (403, 403)
    assert person.password == before
    assert ImpersonatedRequest.objects.get().status == 403


def test_the_api_says_no_as_a_problem(client: Client, operator: Any) -> None:
    see_as(client, UserFactory())
    row = UserSession.objects.get(device_type="support")

    answer = client.delete(reverse("v1:account-session-detail", args=[row.pk]))

    assert answer.status_code == 403
    assert answer.json()["code"] == "impersonating"
    assert answer["Content-Type"] == "application/problem+json"


def test_a_sealed_fragment_brings_the_page_that_says_why(
    client: Client, operator: Any
) -> None:
    see_as(client, UserFactory())

    answer = client.post(
        reverse("users:end_other_sessions"), headers={"HX-Request": "true"}
    )

    assert (answer.status_code, answer["HX-Refresh"]) == (403, "true")
    assert "closed while you see the site" in client.get("/").content.decode()


# ------------------------------------------------------------------ the trace
def test_changes_leave_a_trace_and_looking_does_not(
    client: Client, operator: Any
) -> None:
    person, shop = UserFactory(), ShopFactory()
    see_as(client, person)

    client.get(reverse(PROFILE))
    client.post(reverse("users:follow_shop", args=[shop.slug]))
    client.post(reverse("orders:cancel_order", args=[shop.pk]))

    trace = ImpersonatedRequest.objects.order_by("at").values_list(
        "method", "route", "object_id", "status"
    )
    assert list(trace) == [
        ("POST", "users:follow_shop", shop.slug, 302),
        ("POST", "orders:cancel_order", str(shop.pk), 404),
    ]
    assert person.followed_shops.count() == 1
    row = Impersonation.objects.get()
    page = client.post(reverse("users:stop_impersonation"), follow=True)
    shown = client.get(reverse("admin:users_impersonation_change", args=[row.pk]))
    assert reverse("admin:users_impersonation_change", args=[row.pk]) in (
        page.content.decode()
    )
    assert "users:follow_shop" in shown.content.decode()
    mine = client.get(reverse("admin:users_user_change", args=[operator.pk]))
    assert reverse("admin:users_impersonation_change", args=[row.pk]) in (
        mine.content.decode()
    )


def test_events_name_the_operator_behind_the_person(
    client: Client, operator: Any
) -> None:
    person = UserFactory()
    shop = ShopFactory(currency="KES", country="KE")
    product = ProductFactory(shop=shop, currency="KES", price=10)
    variant = ProductVariantFactory(product=product, shop=shop, inventory_quantity=5)
    order = buy({variant: 1}, user=person, now=timezone.now())[0]
    see_as(client, person)

    client.post(reverse("orders:cancel_order", args=[order.pk]))

    told = GlobalEvent.objects.get(event_type="order.cancelled")
    assert told.data["operator_id"] == str(operator.pk)
    assert told.actor_id == person.pk
    others = GlobalEvent.objects.exclude(pk=told.pk).filter(event_type="order.placed")
    assert "operator_id" not in others.get().data


def test_the_trace_is_neither_changed_nor_deleted() -> None:
    noted = ImpersonatedRequestFactory()
    note_answer(request_id=noted.pk, status=200)

    note_answer(request_id=noted.pk, status=500)
    for change in (
        lambda: ImpersonatedRequest.objects.update(route="other"),
        lambda: ImpersonatedRequest.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()

    noted.refresh_from_db()
    assert (noted.status, noted.route) == (200, "orders:cancel_order")


def test_a_request_that_dies_has_left_its_trace(client: Client, operator: Any) -> None:
    see_as(client, UserFactory())
    row = Impersonation.objects.get()

    note_request(
        impersonation_id=row.pk, method="POST", route="x", object_id="", now=NOON
    )

    assert ImpersonatedRequest.objects.get().status is None


# ------------------------------------------------------------------ the service
def test_an_end_may_be_repeated_and_keeps_the_first_instant() -> None:
    operator, person = OperatorFactory(), UserFactory()
    row = start_impersonation(
        operator=operator, user_id=person.pk, reason="Why", now=NOON
    )

    end_impersonation(impersonation_id=row.pk, now=NOON + timedelta(minutes=5))
    end_impersonation(impersonation_id=row.pk, now=NOON + timedelta(minutes=9))

    row.refresh_from_db()
    assert row.ended_at == NOON + timedelta(minutes=5)
    assert row.session.expires_at == NOON + timedelta(minutes=5)
    assert (
        open_impersonation(
            impersonation_id=row.pk,
            operator=operator,
            now=NOON + timedelta(minutes=1),
        )
        is None
    )


def test_another_operator_does_not_take_one_over() -> None:
    row = start_impersonation(
        operator=OperatorFactory(),
        user_id=UserFactory().pk,
        reason="Why",
        now=NOON,
    )

    assert (
        open_impersonation(
            impersonation_id=row.pk, operator=OperatorFactory(), now=NOON
        )
        is None
    )
