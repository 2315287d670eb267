"""Every door of the market, knocked at by everybody it is not for.

The doors are those of `bad_doors`, where a route without an entry fails; below the counter
`tests/sell` does the same, in the admin `test_admin_doors`. Who may come is told by the entry:

    entry of              whose things        everybody else
    ------------------    ----------------    --------------------------------------------
    guest, stranger       nobody's            may come: the shelves
    guest, me             their own (others)  finds nothing, or is asked to log in
    me, secured           nobody's            comes to their own; a guest is asked to log in
    operator              the market's        is refused, finds nothing, is asked to log in
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from tests.factories.users import OperatorFactory, ShopMemberFactory
from tests.shop.bad_doors import World, ask, body, routes
from tests.shop.test_bad_input import schema
from users.models import MemberRole

pytestmark = pytest.mark.django_db
ROUTES = [
    route
    for route in routes()
    if not route.pattern.startswith(("sell/", "api/v1/sell/"))
]
CLOSED = {401, 403, 404}
LOG_IN = "/accounts/login/"
WORKERS = {"staff", "manager", "owner"}
LOGGED_IN = {*WORKERS, "other shopper", "other owner"}
# Who may read besides, and what they find there.
READ_BY: dict[str, set[str]] = {
    # Shown to all: a shop, a person who wants it so, what others wrote.
    "users:follow_shop": {"nobody"},
    "users:person": {"nobody", "operator", *LOGGED_IN},
    "v1:reviews": {"nobody"},
    # A guest's own orders, none so far.
    "v1:order-list": {"nobody"},
    # Of the shops that one works in; nobody else's.
    "v1:payment-list": LOGGED_IN,
    "v1:payment-detail": WORKERS,
    "v1:refund-list": LOGGED_IN,
    "v1:refund-detail": WORKERS,
}
# Who may come besides, whatever they do.
OPEN_TO: dict[str, set[str]] = {
    # One page says the same to all; the account library leads on in its own way.
    "account_confirm_email": {"nobody"},
    "account_logout": {"nobody"},
    **{
        f"/accounts/social/{path}/": {"nobody"}
        for path in ("connections", "login/cancelled", "login/error", "signup")
    },
    "users:stop_impersonation": {"nobody"},
    "v1:refund-list": {"manager", "owner"},
    "v1:ingestion-file-list": {"manager", "owner", "other owner"},
}
# Columns that no answer to a shop's people or buyers may hold, and nothing is sorted by.
HIDDEN = {
    *("cost_price", "internal_notes", "password", "email_hash", "key_hash", "is_staff"),
    *("is_superuser", "session_key", "share_token", "idempotency_key", "search_vector"),
}
PEEKS = [
    *("ordering=cost_price", "ordering=-user__password", "ordering=internal_notes"),
    *("cost_price=1", "user__email=a@example.com", "internal_notes__startswith=a"),
    *("fields=cost_price", "expand=user", "include=cost_price", "sort=cost_price"),
]


@pytest.fixture(scope="module")
def world(django_db_setup: Any, django_db_blocker: Any) -> Iterator[World]:
    """Made once; whatever a request does is undone after it."""
    assert connection.settings_dict["NAME"].startswith("test")
    with django_db_blocker.unblock(), transaction.atomic():
        made = World()
        people = {
            "other shopper": made.other.user,
            "staff": ShopMemberFactory(shop=made.shop, role=MemberRole.STAFF).user,
            "manager": ShopMemberFactory(shop=made.shop, role=MemberRole.MANAGER).user,
            "owner": made.shop.owner,
            "other owner": made.stall.owner,
            "operator": OperatorFactory(),
        }
        made.strangers = {who: _client(user) for who, user in people.items()}  # type: ignore[attr-defined]
        made.strangers["nobody"] = Client()  # type: ignore[attr-defined]
        yield made
        transaction.set_rollback(True)


def _client(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_a_door_is_closed_to_whom_it_is_not_for(world: World, route: Any) -> None:
    door = world.doors[route.name]
    besides = OPEN_TO.get(route.name, set())
    who_not = [who for who in _strangers(world, door) if who not in besides]
    if not who_not:
        pytest.skip("open to all, each to their own")
    address = route.address(door.args) + door.query
    methods: dict[str, Any] = {"GET": None} if door.is_read else {}
    told = {}

    for method, sent in {**methods, **door.sends}.items():
        readers = READ_BY.get(route.name, set()) if method == "GET" else set()
        for who in who_not:
            if who in readers:
                continue
            with transaction.atomic():
                client = world.strangers[who]  # type: ignore[attr-defined]
                data = body(sent, {}) if sent else None
                answer = ask(client, method, address, sent, data)
                transaction.set_rollback(True)
            if not _is_closed(answer):
                told[method, who] = answer.status_code

    assert told == {}


def _strangers(world: World, door: Any) -> list[str]:
    everyone = list(world.strangers)  # type: ignore[attr-defined]
    if door.who == "operator":
        return [who for who in everyone if who != "operator"]
    if door.others:
        return everyone
    return ["nobody"] if door.who in ("me", "secured") else []


def _is_closed(answer: Any) -> bool:
    asked = answer.status_code == 302 and answer["Location"].startswith(LOG_IN)
    return asked or answer.status_code in CLOSED


# ------------------------------------------------------------------ what is not shown
def test_no_answer_of_the_api_has_a_hidden_column() -> None:
    """Requests may: a password is sent, never read."""
    written = {
        name
        for name, component in schema()["components"]["schemas"].items()
        if HIDDEN & set(component.get("properties", ()))
    }

    assert written == set()


def test_the_api_sorts_and_filters_by_no_hidden_column(world: World) -> None:
    """What asks for one is answered as if it had not."""
    told = []
    for route in ROUTES:
        door = world.doors[route.name]
        if not (route.is_api and door.is_read) or route.name == "v1:docs":
            continue
        client, address = world.client(door.who), route.address(door.args)
        plain = client.get(address)
        if "json" not in plain.get("Content-Type", ""):
            continue
        for peek in PEEKS:
            answer = world.client(door.who).get(f"{address}?{peek}")
            if answer.status_code != 400 and _plain(answer, peek) != _plain(plain, ""):
                told.append(f"{address}?{peek}")

    assert told == []


def _plain(answer: Any, peek: str) -> tuple[int, str]:
    """Without what repeats the address."""
    text = answer.content.decode()
    for way in (f"{peek}&", f"&{peek}", f"?{peek}"):
        text = text.replace(way, "")
    return answer.status_code, text
