"""Nobody but staff of the market comes into the admin: every address of the URL map.

What they may see there, by their roles, stands in `test_admin`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories.users import ShopMemberFactory, UserFactory
from tests.sell.world import rows
from tests.shop.bad_values import UNKNOWN
from tests.shop.budgets import routes
from users.models import MemberRole

pytestmark = pytest.mark.django_db

# Whoever comes: the log-in itself, and the way out.
OPEN = {"admin:login": 200, "admin:logout": 405}
SAMPLES = {"uuid": UNKNOWN, "path": UNKNOWN, "slug": "x", "str": "x", "int": "1"}


def addresses() -> Iterator[tuple[str, str]]:
    """Name and an address of each route; ids are of nothing, since no door comes so far."""
    for route in routes():
        if route.pattern.startswith("admin/"):
            yield route.name, "/" + _filled(route.pattern)


def _filled(pattern: str) -> str:
    # Of a choice the first; `.*` is anything.
    pattern = re.sub(r"\(\?P<\w+>(\w*)[^)]*\)", lambda m: m[1] or "x", pattern)
    pattern = re.sub(r"<(?:(\w+):)?\w+>", lambda m: SAMPLES[m[1] or "path"], pattern)
    return pattern.replace("^", "").replace("$", "")


ADDRESSES = list(addresses())


def answers(client: Client, addresses: list[tuple[str, str]]) -> dict[str, set[object]]:
    """By name: what GET and POST are answered with; a way to the log-in is its address."""
    found: dict[str, set[object]] = {}
    log_in = reverse("admin:login")
    for name, address in addresses:
        for ask in (client.get, client.post):
            answer = ask(address)
            leads = answer.get("Location", "").startswith(log_in)
            found.setdefault(name, set()).add(log_in if leads else answer.status_code)
    return found


def people() -> dict[str, Client]:
    shop = ShopMemberFactory(role=MemberRole.MANAGER).shop
    staff = ShopMemberFactory(shop=shop, role=MemberRole.STAFF).user
    known = {
        "shopper": UserFactory(),
        "staff": staff,
        "manager": shop.members.get(role=MemberRole.MANAGER).user,
        "owner": shop.owner,
    }
    found = {"guest": Client()}
    for who, user in known.items():
        found[who] = Client()
        found[who].force_login(user)
    return found


def test_addresses_are_what_the_url_map_has() -> None:
    assert len(ADDRESSES) > 300
    assert [
        address for _name, address in ADDRESSES if set("<>()?^$") & {*address}
    ] == []


def test_whoever_is_no_operator_is_led_to_the_log_in_and_changes_nothing() -> None:
    """Each of them by some of the addresses, together by all of them."""
    everyone = people()
    before = rows()

    for place, (who, client) in enumerate(everyone.items()):
        # They are alike: none is staff of the market. Guest and owner try each door.
        step = 1 if who in ("guest", "owner") else 7
        told = answers(client, ADDRESSES[place % step :: step])
        let_in = {
            name: found - {reverse("admin:login")}
            for name, found in told.items()
            if found != {reverse("admin:login")} and name not in OPEN
        }
        assert let_in == {}, who

    assert rows() == before
