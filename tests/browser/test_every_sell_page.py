"""Every page behind the counter, on a phone in the dark and on a desk in the light."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import CHROMIUM
from tests.browser.inspection import (
    DESKTOP,
    PHONE,
    SMALL_TARGETS,
    STRUCTURE,
    WIDER_THAN_SCREEN,
    Validator,
    Witness,
    fresh_context,
    shots,
)
from tests.browser.page_checks import axe_findings, axe_is_there
from tests.browser.sell_pages import (
    NO_PAGES,
    STEPS,
    Counter,
    Step,
    build_counter,
    pages,
)
from tests.browser.stage import running_browser, standing
from tests.sell.doors import DOORS

# Where pictures of all pages are put, to be looked at; none are made without it.
PICTURES = os.environ.get("SOKO_PAGE_PICTURES", "")


@pytest.fixture(scope="module")
def counter(
    django_db_setup: None, django_db_blocker: Any, django_db_keepdb: bool
) -> Iterator[Counter]:
    stage = standing(build_counter, blocker=django_db_blocker, keeps=django_db_keepdb)
    with stage as (address, built):
        built.address = address
        yield built


@pytest.fixture(scope="module")
def chromium(counter: Counter) -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"There is no Chromium at {CHROMIUM}; set CHROMIUM to its path.")
    with running_browser(str(CHROMIUM)) as started:
        yield started


def test_what_is_no_page_is_a_door() -> None:
    assert NO_PAGES.keys() - DOORS.keys() == set()
    assert {step.route for step in STEPS} - set(pages()) == set()


@pytest.mark.parametrize("name", pages())
def test_page_is_good_to_those_who_work_there(
    name: str, counter: Counter, chromium: Browser, validator: Validator | None
) -> None:
    assert _look(name, None, counter, chromium, validator) == []


@pytest.mark.parametrize("step", STEPS, ids=str)
def test_what_comes_of_a_form_is_good_too(
    step: Step, counter: Counter, chromium: Browser, validator: Validator | None
) -> None:
    assert _look(step.route, step, counter, chromium, validator) == []


def _look(
    name: str,
    step: Step | None,
    counter: Counter,
    chromium: Browser,
    validator: Validator | None,
) -> list[str]:
    context = fresh_context(chromium, counter.address, counter.cookies())
    witness = Witness(context, counter.address)
    page = witness.page
    try:
        page.goto(counter.path(name), wait_until="load")
        if step:
            step.act(page)
            page.get_by_text(step.shows).first.wait_for(timeout=5000)
        answer = witness.answer
        assert answer is not None
        assert answer.status == 200
        if PICTURES:
            shots(page, Path(PICTURES), str(step or name).replace(":", "-"))
        found = list(witness.said)
        found += [f"policy: {it}" for it in page.evaluate("() => window.violations")]
        found += page.evaluate(STRUCTURE)
        if validator:
            found += [f"html: {line}" for line in validator.findings(answer.text())]
        return found + _drawn(page)
    finally:
        context.close()


def _drawn(page: Page) -> list[str]:
    """Of axe, of too wide a page, and of what is too small for a thumb."""
    found = []
    for size, scheme in ((PHONE, "dark"), (DESKTOP, "light")):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        if axe_is_there():
            found += [f"axe, {scheme}: {line}" for line in axe_findings(page)]
        if page.evaluate(WIDER_THAN_SCREEN):
            found.append(f"wider than {size['width']} pixels")
        if size == PHONE:
            found += page.evaluate(SMALL_TARGETS)
    return found
