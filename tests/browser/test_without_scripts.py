"""The store where scripts are off: all that can be done with them can be done without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from tests.browser.inspection import fresh_context
from tests.browser.scenes import Scenes

LAMPS = "/c/lamps/"


@pytest.fixture
def page(chromium: Browser, scenes: Scenes, who: str) -> Iterator[Page]:
    context = fresh_context(
        chromium, scenes.address, scenes.cookies_of(who), java_script_enabled=False
    )
    yield context.new_page()
    context.close()


@pytest.fixture
def who() -> str:
    """Whose cookies the browser has; nobody's, where a test says nothing else."""
    return ""


def test_list_is_filtered_sorted_and_paged(page: Page) -> None:
    page.goto(LAMPS)
    page.locator("#filters > summary").click()
    page.get_by_label("Warm").check()
    page.get_by_role("button", name="Show the result").click()
    expect(page.locator("#listing .toolbar p")).to_have_text("1–24 of 35")

    page.get_by_role("link", name="Price, high first").click()
    expect(page.locator(".card h3").first).to_have_text("Lamp 69")
    page.get_by_role("link", name="Next page").click()

    expect(page.locator("#listing .toolbar p")).to_have_text("25–35 of 35")
    page.get_by_role("link", name="Without Light: Warm").click()
    expect(page.locator("#listing .toolbar p")).to_have_text("1–24 of 72")
    expect(page.locator(".card h3").first).to_have_text("Lamp 69")


def test_whole_purchase(page: Page) -> None:
    page.goto("/p/lamp-07/")
    page.get_by_role("link", name="Tall").click()
    expect(page.locator("#offer .price")).to_have_text("$99.00")
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_label("Quantity of Lamp 07").fill("2")
    page.get_by_role("button", name="Update").click()
    expect(page.locator(".line-amount")).to_have_text("$198.00")
    page.get_by_role("button", name="Remove Lamp 07").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".line-amount")).to_have_text("$198.00")
    page.get_by_role("button", name="Go to checkout").click()
    for label, words in (
        *(("E-mail", "grace@example.com"), ("Last name", "Hopper")),
        *(("Street and number", "1 Navy Road"), ("City", "Springfield")),
        ("ZIP code", "62701"),
    ):
        page.get_by_label(label).first.fill(words)
    page.get_by_label("State").first.select_option("IL")
    page.get_by_role("button", name="Go on to delivery").click()
    page.get_by_role("button", name="Go on to payment").click()
    page.get_by_label("Test payment: asks you to confirm").check()
    page.get_by_role("button", name="Order and pay").click()
    page.get_by_role("button", name="Approve").click()

    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Thank you for your order"
    )


@pytest.mark.parametrize("who", ["ada"])
def test_wish_is_kept_moved_and_taken_off(page: Page, who: str) -> None:
    page.goto("/p/lamp-30/")
    page.get_by_role("link", name="Save to a list").click()
    page.get_by_label("Name of the list").fill("By hand")
    page.get_by_role("button", name="Make it and save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("By hand")
    expect(page.locator(".wish")).to_have_count(1)

    page.get_by_label("Move Lamp 30 to").select_option(label="New flat")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("New flat")
    page.get_by_role("button", name="Take off Lamp 30").click()

    expect(page.get_by_text("Nothing on it yet")).to_be_visible()


@pytest.mark.parametrize("who", ["ada"])
def test_review_is_written_and_another_found_helpful(page: Page, who: str) -> None:
    page.goto("/p/lamp-31/")
    page.get_by_role("link", name="Write a review").click()
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".field-error").first).to_be_visible()
    # The star itself is drawn over its button.
    page.locator("main input[type=radio]").nth(3).check(force=True)
    page.get_by_label("In a few words").fill("Plain")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Thank you. Your review")).to_be_visible()

    page.goto("/p/lamp-07/reviews/?sort=newest")
    helpful = page.get_by_role("button", name="Helpful").first
    before = helpful.get_attribute("aria-pressed")
    helpful.click()

    assert before == "false"
    expect(page.locator("[aria-pressed=true]")).to_have_count(1)


@pytest.mark.parametrize("who", ["ada"])
def test_return_is_asked_for(page: Page, scenes: Scenes, who: str) -> None:
    page.goto(reverse("orders:order", args=[scenes.ids["also_returnable"]]))
    page.get_by_role("link", name="Send something back").click()
    page.get_by_label("Lamp 08").fill("1")
    page.get_by_role("button", name="Ask to send it back").click()
    expect(page.locator(".field-error").first).to_be_visible()
    page.get_by_label("Why do you send it back?").fill("It hums.")
    page.get_by_role("button", name="Ask to send it back").click()

    expect(page.get_by_text("The shop has your request")).to_be_visible()


@pytest.mark.parametrize("who", ["ada"])
def test_address_takes_the_fields_of_its_country(page: Page, who: str) -> None:
    page.goto(reverse("orders:new_address"))
    page.get_by_label("Country").select_option("JP")
    page.get_by_role("button", name="Show this country’s fields").click()

    expect(page.get_by_label("Prefecture")).to_be_visible()
