"""Every page a shopper can see, held against everything a tool can tell of a page."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Browser

from tests.browser.inspection import (
    Validator,
    Witness,
    fresh_context,
    shots,
)
from tests.browser.pages import NO_PAGES, PAGES, POST, Shown
from tests.browser.scenes import Scenes
from users.models import User

# Where pictures of all pages are put, to be looked at; none are made without it.
PICTURES = os.environ.get("SOKO_PAGE_PICTURES", "")
# For others than shoppers: operators, programs, and the people of a shop.
OTHER_DOORS = ("admin:", "v1:", "partitions", "sell:")


def routes() -> dict[str, Any]:
    """The names of all addresses of the store."""
    found: dict[str, Any] = {}

    def walk(resolver: URLResolver, space: str) -> None:
        for one in resolver.url_patterns:
            if isinstance(one, URLPattern):
                if one.name:
                    found[f"{space}{one.name}"] = one.callback
            else:
                walk(one, f"{space}{one.namespace}:" if one.namespace else space)

    walk(get_resolver("config.urls"), "")
    return {name: it for name, it in found.items() if not name.startswith(OTHER_DOORS)}


def test_every_address_is_looked_at_or_has_a_reason_not_to_be() -> None:
    known = routes().keys()
    seen = {page.route for page in PAGES}

    assert known - seen - NO_PAGES.keys() == set()
    assert NO_PAGES.keys() - known == set()
    assert seen - known == {"fails"}
    assert seen & NO_PAGES.keys() == set()
    names = [str(page) for page in PAGES]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("shown", PAGES, ids=str)
def test_page_is_good_to_everyone(
    shown: Shown, scenes: Scenes, chromium: Browser, validator: Validator | None
) -> None:
    context = fresh_context(chromium, scenes.address, scenes.cookies_of(shown.who))
    witness = Witness(context, scenes.address)
    page = witness.page
    try:
        page.goto(shown.path(scenes), wait_until="load")
        if shown.act:
            shown.act(page)
        if shown.shows:
            page.get_by_text(shown.shows).first.wait_for(timeout=5000)
        assert witness.answer is not None
        assert witness.answer.status == shown.code
        if PICTURES:
            shots(page, Path(PICTURES), str(shown).replace(":", "-"))
        found = witness.look(validator)
    finally:
        context.close()

    assert found == []


# ------------------------------------------------------------------ all of them together
# One thing seen from two sides, or one step that several ways lead to.
ALIKE = (
    {"catalog:wishlist", "catalog:shared_wishlist"},
    {"catalog:shop", "users:follow_shop"},
    {"orders:delivery_promise", "orders:checkout_delivery"},
    {"socialaccount_signup", "account_signup"},
    {"account_email_verification_sent", "account_reset_password_done"},
    {"mfa_reauthenticate_webauthn", "mfa_reauthenticate", "account_reauthenticate"},
)


def test_no_two_addresses_have_the_same_title(
    scenes: Scenes, chromium: Browser
) -> None:
    titles = defaultdict(set)
    for shown in (page for page in PAGES if not page.act):
        context = fresh_context(chromium, scenes.address, scenes.cookies_of(shown.who))
        answer = context.request.get(shown.path(scenes))
        if answer.status != 200 or not answer.url.endswith(shown.path(scenes)):
            # A refusal, or a page that stands in the way, such as a password's.
            context.close()
            continue
        title = re.search(r"<title>(.*?)</title>", answer.text(), re.DOTALL)
        assert title is not None, shown
        titles[title[1].strip()].add(shown.route)
        context.close()

    several = {title: it for title, it in titles.items() if len(it) > 1}
    assert [routes for routes in several.values() if routes not in ALIKE] == []


@pytest.mark.parametrize("name", [it for it in NO_PAGES if NO_PAGES[it] == POST])
def test_what_only_takes_forms_refuses_to_be_opened(name: str, rf: Any) -> None:
    """Else it would be a page, and looked at."""
    view = routes()[name]
    request = rf.get("/")
    request.user = User(email="ada@example.com")

    assert view(request).status_code == 405
