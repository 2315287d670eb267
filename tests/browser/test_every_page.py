"""Every page a shopper can see, held against everything a tool can tell of a page."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.translation import trans_real
from playwright.sync_api import Browser

from tests.browser.inspection import (
    WIDER_THAN_SCREEN,
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
def test_no_two_addresses_have_the_same_title(
    scenes: Scenes, chromium: Browser
) -> None:
    titles = defaultdict(set)
    for shown in (page for page in PAGES if not page.act):
        context = fresh_context(chromium, scenes.address, scenes.cookies_of(shown.who))
        answer = context.request.get(shown.path(scenes))
        title = re.search(r"<title>(.*?)</title>", answer.text(), re.DOTALL)
        assert title is not None, shown
        titles[title[1].strip()].add(shown.route)
        context.close()

    several = {title: it for title, it in titles.items() if len(it) > 1}
    assert several == {}


@pytest.mark.parametrize("name", [it for it in NO_PAGES if NO_PAGES[it] == POST])
def test_what_only_takes_forms_refuses_to_be_opened(name: str, rf: Any) -> None:
    """Else it would be a page, and looked at."""
    view = routes()[name]
    request = rf.get("/")
    request.user = User(email="ada@example.com")

    assert view(request).status_code == 405


# ------------------------------------------------------------------ other languages
# What people read: in the page, in its title, and what a screen reader says of a control.
WORDS = """
() => {
  const found = new Set([document.title]), add = text => text && found.add(text.trim());
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode())
    if (!walk.currentNode.parentElement.closest('script, style, noscript, [lang]:not(html)'))
      add(walk.currentNode.data.replace(/\\s+/g, ' '));
  for (const name of ['aria-label', 'alt', 'placeholder', 'title'])
    document.querySelectorAll(`[${name}]`).forEach(one => add(one.getAttribute(name)));
  return [...found].filter(text => /[a-z]{2}/i.test(text));
}
"""
MAIN_PAGES = [
    *("catalog:home", "catalog:category", "catalog:category filtered"),
    *("catalog:product", "catalog:product sold out", "catalog:reviews"),
    *("catalog:write_review", "catalog:wishlist", "catalog:shops", "catalog:shop"),
    *("catalog:search nothing found", "orders:cart full", "orders:cart troubled"),
    *("orders:checkout_address known", "orders:checkout_delivery", "payments:pay"),
    *("payments:pay waiting", "orders:checkout_done", "orders:order paid"),
    *("orders:order returned", "orders:return_order", "orders:withdraw"),
    *("orders:account", "orders:addresses", "orders:find_order", "account_login"),
    *("account_signup", "users:profile", "users:security", "users:sessions"),
    *("mfa_index on", "fails not found", "fails hasty", "fails broken"),
]
# What sellers, buyers and the trade call things, in whatever language.
DATA = re.compile(
    r"""Soko|Lamps?\b|Paper|Desk|Home|Bare|Lumen|Ada|Lovelace|Birthday|New\ flat|Later|Pen\b
    |Height|Shade|Small|Tall|Linen|Light|Warm|Cold|Word\ |It\ stands|It\ leans|Post\b|Courier
    |Wetterfeste|Candle|Lantern|lantern|candle|fountain|TENOFF|Sales\ tax|A\ quiet|Stands
    |Comes|\S+@\S+|\d|Springfield|United\ States|Firefox|Google|Nr\.|Pens|LAMP|LANTERN|XYZZY
    |xyzzy|[A-Z]{3}\b|Standard\ delivery|Send\ it\ to|lamp""",
    re.VERBOSE,
)


def translations(language: str) -> dict[str, str]:
    """Every text that pages are written in -> its words; texts with a plural are left out."""
    found: dict[str, str] = {}
    for part in reversed(trans_real.translation(language)._catalog._catalogs):  # type: ignore[attr-defined]
        found |= {text: words for text, words in part.items() if isinstance(text, str)}
    return found


@pytest.mark.parametrize("language", ["de", "sw", "pt-br"])
def test_main_pages_speak_the_language(
    language: str,
    scenes: Scenes,
    chromium: Browser,
    validator: Validator | None,
) -> None:
    said = translations(language)
    pages = [page for page in PAGES if str(page) in MAIN_PAGES]
    assert len(pages) == len(MAIN_PAGES)
    wrong = []
    for shown in pages:
        english, own = (
            fresh_context(
                chromium, scenes.address, scenes.cookies_of(shown.who, language=code)
            )
            for code in ("en", language)
        )
        before, page = english.new_page(), own.new_page()
        before.goto(shown.path(scenes))
        answer = page.goto(shown.path(scenes))
        assert answer is not None
        words = page.evaluate(WORDS)
        same = set(words) & set(before.evaluate(WORDS))
        wrong += [
            f"{shown}: {text!r} is English"
            for text in sorted(same)
            if said.get(text) != text and not DATA.search(text)
        ]
        wrong += [
            f"{shown}: {text!r} is not translated"
            for text in words
            if text in said
            and said[text] not in {text, ""}
            and text not in said.values()
        ]
        if page.evaluate("() => document.documentElement.lang") != language:
            wrong.append(f"{shown}: says it is in another language")
        if validator:
            wrong += [f"{shown}: {it}" for it in validator.findings(answer.text())]
        for pixels in (1440, 390, 320):
            page.set_viewport_size({"width": pixels, "height": 844})
            if page.evaluate(WIDER_THAN_SCREEN):
                wrong.append(f"{shown}: wider than {pixels} pixels")
        if PICTURES:
            shots(page, Path(PICTURES), f"{language} {shown}".replace(":", "-"))
        english.close()
        own.close()

    assert wrong == []
