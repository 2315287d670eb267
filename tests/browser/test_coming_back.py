"""Back leads to where one was: the same list, the same filters, the same card before the eyes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.conftest import CHROMIUM
from tests.browser.inspection import fresh_context
from tests.browser.scenes import Scenes
from tests.browser.stage import ARGUMENTS

LAMPS = "/c/lamps/"
# A line of text up or down is still the same place.
NEAR = 24
SCROLLED = "() => Math.round(scrollY)"


@pytest.fixture(scope="module", params=["reloaded", "kept by the browser"])
def any_browser(scenes: Scenes, request: pytest.FixtureRequest) -> Iterator[Browser]:
    """One that loads a page again on the way back, and one that has kept it as it was."""
    if not CHROMIUM.exists():
        pytest.skip(f"There is no Chromium at {CHROMIUM}; set CHROMIUM to its path.")
    keeps = request.param != "reloaded"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=ARGUMENTS,
            ignore_default_args=["--disable-back-forward-cache"] if keeps else None,
        )
        yield started
        started.close()


@pytest.fixture(params=[390, 1280])
def page(
    any_browser: Browser, scenes: Scenes, request: pytest.FixtureRequest
) -> Iterator[Page]:
    context = fresh_context(any_browser, scenes.address, [])
    page = context.new_page()
    page.set_viewport_size({"width": request.param, "height": 800})
    yield page
    context.close()


def back(page: Page) -> None:
    """As the browser's button; a page that it has kept is not loaded, and never says so."""
    page.evaluate("() => history.back()")


def names(page: Page) -> list[str]:
    return page.locator("#listing .card h3").all_inner_texts()


def go_to_page_3(page: Page) -> None:
    """Of a filtered list, by its links, which swap the list in place."""
    page.goto(f"{LAMPS}?sort=price&stock=1")
    for number in (2, 3):
        page.get_by_role("link", name="Next page").click()
        expect(page.locator(".pages [aria-current]")).to_contain_text(str(number))


def test_back_from_a_product_keeps_list_and_place(page: Page) -> None:
    go_to_page_3(page)
    shown = names(page)
    card = page.locator("#listing .card h3 a").nth(9)
    card.scroll_into_view_if_needed()
    page.evaluate("() => scrollBy(0, 150)")
    before, address = page.evaluate(SCROLLED), page.url
    card.click()
    expect(page.locator("#offer")).to_be_visible()

    back(page)

    expect(page).to_have_url(address)
    expect(page.locator("#listing .card")).to_have_count(len(shown))
    assert names(page) == shown
    page.wait_for_function(
        "([place, near]) => Math.abs(scrollY - place) < near", arg=[before, NEAR]
    )
    expect(page.locator(".chosen")).to_contain_text("In stock")
    expect(page.get_by_label("In stock")).to_be_checked()


def test_back_from_page_3_is_page_2_as_it_was(page: Page) -> None:
    go_to_page_3(page)
    third = names(page)
    back(page)
    expect(page.locator(".pages [aria-current]")).to_contain_text("2")
    second = names(page)
    page.evaluate("() => history.forward()")

    expect(page.locator(".pages [aria-current]")).to_contain_text("3")
    assert names(page) == third
    assert not set(second) & set(third)
    expect(page.locator("header.top")).to_have_count(1)


def test_back_from_a_variant_is_the_one_before(page: Page) -> None:
    page.goto("/p/lamp-07/")
    page.get_by_role("link", name="Tall").click()
    expect(page.locator("#offer .price")).to_have_text("$99.00")
    page.evaluate("() => scrollTo(0, 300)")
    page.get_by_role("link", name="Lamp works").first.click()
    expect(page.locator(".shop-head")).to_be_visible()

    back(page)
    expect(page.locator("#offer .price")).to_have_text("$99.00")
    back(page)

    expect(page.locator("#offer .price")).to_contain_text("$15.00")
    expect(page.locator("header.top")).to_have_count(1)
