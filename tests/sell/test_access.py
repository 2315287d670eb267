"""Nobody sees or touches what is not theirs: every door, knocked at by everybody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.urls.resolvers import URLPattern, URLResolver, get_resolver

from tests.sell.doors import DOORS, Door, nothing
from tests.sell.world import SECRET, Stall, World, rows
from users.rights import RIGHTS, Right

pytestmark = pytest.mark.django_db

WORKERS = ("staff", "manager", "owner")
OUTSIDERS = ("guest", "shopper", "other shopper", "other owner", "operator")
HIDDEN, REFUSED = 404, 403
ASKED_TO_LOG_IN = (302, 401, 403)
# The others show everybody their own shops.
OF_A_SHOP = sorted(name for name, door in DOORS.items() if door.right)
ABOUT_THINGS = [
    name for name in OF_A_SHOP if DOORS[name].args is not nothing or DOORS[name].sends
]


class Undo(Exception):
    """Takes back what a request wrote."""


@pytest.fixture(scope="module")
def world(django_db_setup: Any, django_db_blocker: Any) -> Iterator[World]:
    """Made once; what a test leaves is undone after it."""
    assert connection.settings_dict["NAME"].startswith("test")
    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    assert sorted(DOORS) == sorted(set(_routes()))


@pytest.mark.parametrize("name", sorted(DOORS))
def test_a_door_opens_for_those_with_the_right(name: str, world: World) -> None:
    door, answers = DOORS[name], {}
    for who in WORKERS:
        for method in _methods(door):
            answers[who, method] = _knock(world, who, name, method, world.ours).status_code  # fmt: skip

    refused = {key for key, status in answers.items() if status == REFUSED}
    hidden = {key for key, status in answers.items() if status in (HIDDEN, 405)}
    broken = {key for key, status in answers.items() if status >= 500}
    assert refused == {
        (who, method)
        for who in WORKERS
        for method in _methods(door)
        if not _may(who, door.right_for(method))
    }
    assert (hidden, broken) == (set(), set())


@pytest.mark.parametrize("name", OF_A_SHOP)
def test_outsiders_find_no_door_and_change_nothing(name: str, world: World) -> None:
    door = DOORS[name]
    before = rows()

    for who in OUTSIDERS:
        for method in _methods(door):
            answer = _knock(world, who, name, method, world.ours, keep=True)
            usual = ASKED_TO_LOG_IN if who == "guest" else (HIDDEN,)
            assert answer.status_code in usual, (who, method, answer.status_code)
            assert SECRET not in answer.content.decode(errors="replace")

    assert _changed(before) == {}


@pytest.mark.parametrize("name", ABOUT_THINGS)
def test_another_shops_things_are_not_found_in_ones_own(
    name: str, world: World
) -> None:
    """The own shop in the address, the other's ids in it and in what is sent."""
    door = DOORS[name]
    before = _of(rows(), world.theirs)

    for method in _methods(door):
        answer = _knock(
            world, "owner", name, method, world.theirs, shop=world.ours, keep=True
        )
        if door.args(world.theirs):
            assert answer.status_code == HIDDEN, (method, answer.status_code)
        assert answer.status_code < 500
        assert SECRET not in answer.content.decode(errors="replace")

    assert _changed(before) == {}


# ------------------------------------------------------------------ knocking


def _routes() -> Iterator[str]:
    for pattern, name in _walk(get_resolver(), "", ""):
        if pattern.startswith(("sell/", "api/v1/sell/")):
            yield name


def _walk(resolver: Any, path: str, space: str) -> Iterator[tuple[str, str]]:
    for one in resolver.url_patterns:
        here = path + str(one.pattern).lstrip("^")
        if isinstance(one, URLResolver):
            inner = f"{space}{one.namespace}:" if one.namespace else space
            yield from _walk(one, here, inner)
        elif isinstance(one, URLPattern):
            yield here, f"{space}{one.name}"


def _methods(door: Door) -> list[str]:
    return [*(["GET"] if door.is_read else []), *door.sends]


def _may(who: str, right: Right | None) -> bool:
    return right is None or right in RIGHTS[who]


def _knock(
    world: World,
    who: str,
    name: str,
    method: str,
    things: Stall,
    *,
    shop: Stall | None = None,
    keep: bool = False,
) -> HttpResponse:
    """keep: what it writes stays, so that it can be looked for."""
    door = DOORS[name]
    args = dict(door.args(things))
    if door.right is not None:
        args["shop"] = (shop or things).shop.slug
    address = reverse(name, kwargs=args)
    client = world.client(who)
    if keep:
        return _send(client, door, method, address, things)
    try:
        with transaction.atomic():
            answer = _send(client, door, method, address, things)
            raise Undo
    except Undo:
        return answer


def _send(
    client: Client, door: Door, method: str, address: str, things: Stall
) -> HttpResponse:
    if method == "GET":
        return client.get(address)
    data = dict(door.sends[method](things))
    if door.is_json:
        return client.generic(
            method, address, json.dumps(data, default=str), "application/json"
        )
    return client.post(address, data)


def _of(found: dict[Any, str], stall: Stall) -> dict[Any, str]:
    """Rows that speak of the shop or of one of its things."""
    keys = {
        str(getattr(thing, "pk", ""))
        for thing in vars(stall).values()
        if getattr(thing, "pk", None)
    }
    return {
        place: text for place, text in found.items() if any(key in text for key in keys)
    }


def _changed(before: dict[Any, str]) -> dict[Any, Any]:
    after = rows()
    return {
        place: (text, after.get(place))
        for place, text in before.items()
        if after.get(place) != text and not place[0].startswith("users")
    }
