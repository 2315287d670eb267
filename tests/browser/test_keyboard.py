"""The store by keyboard alone: nothing needs a mouse, and no change loses the place."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.inspection import fresh_context
from tests.browser.keys import press, settle, stops_from_top, tab_to, write
from tests.browser.scenes import Scenes

LAMPS = "/c/lamps/"
# A screen reader goes on from there, and Tab does.
IN_THE_LIST = "() => !!document.activeElement.closest('#listing, #facets')"
ADDRESS = [
    ("E-mail", "grace@example.com"),
    ("Last name", "Hopper"),
    ("Street and number", "12 Long Lane"),
    ("City", "Springfield"),
    ("ZIP code", "62701"),
]


@pytest.fixture
def context(chromium: Browser, scenes: Scenes, who: str) -> Iterator[BrowserContext]:
    made = fresh_context(chromium, scenes.address, scenes.cookies_of(who))
    yield made
    made.close()


@pytest.fixture
def who() -> str:
    """Whose cookies the browser has; nobody's, where a test says nothing else."""
    return ""


@pytest.fixture
def page(context: BrowserContext) -> Page:
    page = context.new_page()
    page.set_viewport_size({"width": 1280, "height": 900})
    return page


def test_filters_are_ticked_and_taken_back(page: Page) -> None:
    page.goto(LAMPS)
    if not page.locator("#facets").is_visible():
        tab_to(page, page.locator("#filters > summary"))
        page.keyboard.press("Enter")
    warm = page.get_by_label("Warm")
    tab_to(page, warm)
    page.keyboard.press("Space")
    expect(page.locator("#listing .toolbar p")).to_contain_text("of 35")
    expect(warm).to_be_focused()

    press(page, "Clear all", role="link")

    expect(page.locator("#listing .toolbar p")).to_contain_text("of 72")
    settle(page)
    assert page.evaluate(IN_THE_LIST)


def test_sorting_and_paging_keep_the_place(page: Page) -> None:
    page.goto(LAMPS)
    press(page, "Price, low first", role="link")
    expect(page.locator(".card h3").first).to_have_text("Lamp 00")
    settle(page)
    assert page.evaluate(IN_THE_LIST)

    press(page, "Next page", role="link")

    expect(page.locator("#listing .toolbar p")).to_contain_text("25–48")
    settle(page)
    assert page.evaluate(IN_THE_LIST)


def test_variant_is_chosen(page: Page) -> None:
    page.goto("/p/lamp-07/")
    press(page, "Tall", role="link")

    expect(page.locator("#offer .price")).to_have_text("$99.00")
    expect(page.locator("#offer").get_by_role("link", name="Tall")).to_be_focused()


def test_cart_is_filled_changed_emptied_and_undone(page: Page) -> None:
    page.goto("/p/lamp-10/")
    press(page, "Add to cart")
    expect(page.locator("#added")).to_contain_text("It is in your cart")
    press(page, "See your cart", role="link")
    page.wait_for_url("**/cart/")
    page.evaluate("() => { window.stayed = true }")
    write(page, "Quantity of Lamp 10", "3")
    page.keyboard.press("Tab")
    expect(page.locator(".line-amount")).to_have_text("$60.00")
    settle(page)
    assert stops_from_top(page)
    press(page, "Remove Lamp 10")
    expect(page.get_by_text("Your cart is empty")).to_be_visible()
    # Where one can take it back at once.
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    settle(page)

    page.keyboard.press("Enter")

    expect(page.locator(".line-amount")).to_have_text("$60.00")
    assert page.evaluate("() => window.stayed")


def test_keyboard_alone_buys_a_lamp(page: Page) -> None:
    page.goto("/p/lamp-11/")
    press(page, "Add to cart")
    expect(page.locator("#added")).to_contain_text("It is in your cart")
    expect(page.locator("#cart-link .count")).to_contain_text("1")
    press(page, "See your cart", role="link")
    press(page, "Go to checkout")
    for label, words in ADDRESS:
        write(page, label, words)
    tab_to(page, page.get_by_label("State").first)
    page.keyboard.type("Illinois")
    press(page, "Go on to delivery")
    press(page, "Go on to payment")
    press(page, "Order and pay")

    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Thank you for your order"
    )
    expect(page.locator("#cart-link .count")).to_have_count(0)


def test_order_is_looked_up(page: Page, scenes: Scenes) -> None:
    page.goto(reverse("orders:find_order"))
    write(page, "Order number", scenes.ids["number"])
    write(page, "E-mail", "ada@example.com")

    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_contain_text(scenes.ids["number"])


@pytest.mark.parametrize("who", ["ada"])
def test_return_is_asked_for(page: Page, scenes: Scenes, who: str) -> None:
    page.goto(reverse("orders:order", args=[scenes.ids["returnable"]]))
    press(page, "Send something back", role="link")
    write(page, "Lamp 08", "1")
    write(page, "Why do you send it back?", "It hums.")
    press(page, "Ask to send it back")

    expect(page.get_by_text("The shop has your request")).to_be_visible()
    expect(page.get_by_text("It hums.")).to_be_visible()


@pytest.mark.parametrize("who", ["ada"])
def test_review_is_written(page: Page, who: str) -> None:
    page.goto("/p/lamp-20/")
    press(page, "Write a review", role="link")
    tab_to(page, page.locator("main input[type=radio]").first)
    page.keyboard.press("Space")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    write(page, "In a few words", "By lamplight")
    write(page, "What should others know?", "All of it by keys.")
    press(page, "Send")

    expect(page.get_by_text("Thank you. Your review")).to_be_visible()
