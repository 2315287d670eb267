"""A purchase in a real browser: by keyboard alone, without scripts, and what it looks like."""

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Market
from tests.browser.page_checks import axe_findings, html_findings, needs_tools
from tests.browser.test_storefront import WIDER_THAN_SCREEN

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = [
    ("E-mail", "ada@example.com"),
    ("Last name", "Lovelace"),
    ("Street and number", "12 Long Lane"),
    ("City", "Springfield"),
    ("ZIP code", "62701"),
]


@pytest.fixture(autouse=True)
def test_gateway(settings) -> None:
    settings.ALLOW_TEST_GATEWAY = True
    settings.MARKET_COUNTRY = "US"


def tab_to(page: Page, locator) -> None:
    """Reach a control by the keyboard alone."""
    for _ in range(80):
        if locator.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{locator} is not reached by Tab.")


def press(page: Page, name: str, *, role: str = "button") -> None:
    control = page.get_by_role(role, name=name).first  # type: ignore[arg-type]
    tab_to(page, control)
    page.keyboard.press("Enter")


def fill_address(page: Page) -> None:
    for label, words in ADDRESS:
        page.get_by_label(label).first.fill(words)
    page.get_by_label("State").first.select_option("IL")


def test_keyboard_alone_buys_a_lamp(page: Page, market: Market) -> None:
    page.goto(market.product)
    press(page, "Add to cart")
    expect(page.locator("#added")).to_contain_text("It is in your cart")
    expect(page.locator("#cart-link .count")).to_contain_text("1")
    press(page, "See your cart", role="link")
    press(page, "Go to checkout")
    for label, words in ADDRESS:
        tab_to(page, page.get_by_label(label).first)
        page.keyboard.type(words)
    tab_to(page, page.get_by_label("State").first)
    page.keyboard.type("Illinois")
    press(page, "Go on to delivery")
    press(page, "Go on to payment")
    press(page, "Order and pay")

    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Thank you for your order"
    )
    expect(page.locator("#cart-link .count")).to_have_count(0)


def test_purchase_works_without_scripts(browser: Browser, market: Market) -> None:
    context = browser.new_context(base_url=market.address, java_script_enabled=False)
    page = context.new_page()
    page.goto(market.product)
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_label("Quantity of Lamp 07").fill("2")
    page.get_by_role("button", name="Update").click()
    expect(page.locator(".sums-total dd")).to_have_text("$34.00")
    page.get_by_role("button", name="Go to checkout").click()
    fill_address(page)
    page.get_by_role("button", name="Go on to delivery").click()
    page.get_by_role("button", name="Go on to payment").click()
    page.get_by_role("button", name="Order and pay").click()

    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Thank you for your order"
    )


def test_cart_changes_in_place_and_is_undone(page: Page, market: Market) -> None:
    page.goto(market.product)
    page.get_by_role("button", name="Add to cart").click()
    expect(page.locator("#added")).to_contain_text("It is in your cart")
    page.goto(reverse("orders:cart"))
    page.evaluate("() => { window.stayed = true }")

    page.get_by_label("Quantity of Lamp 07").fill("3")
    page.get_by_label("Quantity of Lamp 07").press("Tab")
    expect(page.locator(".sums-total dd")).to_have_text("$51.00")
    expect(page.locator("#cart-link .count")).to_contain_text("3")
    page.get_by_role("button", name="Remove Lamp 07").click()
    expect(page.get_by_text("Your cart is empty")).to_be_visible()
    page.get_by_role("button", name="Undo").click()

    expect(page.locator(".sums-total dd")).to_have_text("$51.00")
    assert page.evaluate("() => window.stayed")


@needs_tools
@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1440, "light")])
def test_every_step_is_good_to_everyone(
    browser: Browser, market: Market, tmp_path, width: int, scheme: str
) -> None:
    context = browser.new_context(
        base_url=market.address,
        color_scheme=scheme,  # type: ignore[arg-type]
        viewport={"width": width, "height": 900},
        reduced_motion="reduce",
    )
    page = context.new_page()
    found: list[str] = []
    pages: dict[str, str] = {}
    page.on("console", lambda said: found.append(f"console: {said.text}"))

    def look(name: str) -> None:
        found.extend(f"{name}: {line}" for line in axe_findings(page))
        if page.evaluate(WIDER_THAN_SCREEN):
            found.append(f"{name} is wider than the screen")
        pages[name] = context.request.get(page.url).text()

    page.goto(market.product)
    page.get_by_role("button", name="Add to cart").click()
    expect(page.locator("#added")).to_contain_text("It is in your cart")
    page.goto(reverse("orders:cart"))
    look("cart")
    page.get_by_role("button", name="Go to checkout").click()
    look("address")
    page.get_by_role("button", name="Go on to delivery").click()
    expect(page.locator(".field-error").first).to_be_visible()
    found.extend(f"wrong address: {line}" for line in axe_findings(page))
    fill_address(page)
    page.get_by_role("button", name="Go on to delivery").click()
    expect(page.get_by_text("Standard delivery")).to_be_visible()
    look("delivery")
    page.get_by_role("button", name="Go on to payment").click()
    expect(page.get_by_role("button", name="Order and pay")).to_be_visible()
    look("payment")
    page.get_by_role("button", name="Order and pay").click()
    expect(page.get_by_role("link", name="Order").first).to_be_visible()
    look("done")
    page.locator("main").get_by_role("link", name="Order").first.click()
    expect(page.get_by_text("What happened")).to_be_visible()
    look("order")
    page.get_by_role("link", name="Cancel the order").click()
    look("cancel")
    page.goto(reverse("orders:find_order"))
    look("find")

    assert found == []
    assert html_findings(pages, tmp_path) == []
