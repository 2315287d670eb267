"""On a narrow screen the filters lie over the list, and say what they leave of it."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Market

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sheet(phone: Page, market: Market) -> Locator:
    phone.goto(market.category)
    phone.locator("#filters > summary").press("Enter")
    return phone.get_by_role("dialog", name="Filters")


def test_sheet_counts_and_its_button_leads_to_the_list(
    phone: Page, sheet: Locator
) -> None:
    sheet.get_by_label("From", exact=True).fill("35")
    sheet.get_by_label("To", exact=True).press("Tab")
    show = sheet.get_by_role("button", name="Show 5 results")
    expect(show).to_be_visible()
    expect(sheet.get_by_role("status")).to_have_text("Show 5 results")

    show.click()

    expect(sheet).to_have_count(0)
    expect(phone.locator("#listing .card")).to_have_count(5)
    expect(phone.locator("#listing-count")).to_have_text("5")
    expect(phone.locator("#listing-status")).to_have_text("1–5 of 5")
    expect(phone.locator("#filters-count")).to_have_text("1")
    expect(phone).to_have_url(re.compile("min=35"))


def test_sheet_keeps_the_focus_and_gives_it_back(phone: Page, sheet: Locator) -> None:
    expect(sheet).to_be_visible()
    for _ in range(12):
        phone.keyboard.press("Tab")
        assert phone.evaluate(
            "() => document.activeElement === document.body"
            " || !!document.activeElement.closest('dialog')"
        )

    phone.keyboard.press("Escape")

    expect(sheet).to_have_count(0)
    expect(phone.locator("#filters > summary")).to_be_focused()
    expect(phone.locator("#filters #facets")).to_have_count(1)


def test_wide_screen_takes_the_filters_back_beside_the_list(
    phone: Page, sheet: Locator
) -> None:
    expect(sheet).to_be_visible()

    phone.set_viewport_size({"width": 1280, "height": 800})

    expect(sheet).to_have_count(0)
    expect(phone.locator("#filters #facets")).to_be_visible()


def test_chip_that_is_taken_away_leaves_the_focus_at_the_list(
    phone: Page, market: Market
) -> None:
    phone.goto(f"{market.category}?min=35&currency=USD")

    phone.locator(".chosen .chip").press("Enter")

    expect(phone.locator("#listing-count")).to_have_text("30")
    expect(phone.locator("#listing")).to_be_focused()
