"""What only a browser can tell: policy, keyboard, targets, contrast, HTMX and its absence."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Market

pytestmark = pytest.mark.django_db(transaction=True)

# WCAG 2.2: 1.4.3 for text, 1.4.11 for the edge of a field.
TEXT_CONTRAST, EDGE_CONTRAST = 4.5, 3.0
PAIRS = [
    ("--ink", "--paper", TEXT_CONTRAST),
    ("--muted", "--paper", TEXT_CONTRAST),
    ("--muted", "--surface", TEXT_CONTRAST),
    ("--muted", "--sunken", TEXT_CONTRAST),
    ("--accent", "--surface", TEXT_CONTRAST),
    ("--on-accent", "--accent", TEXT_CONTRAST),
    ("--on-accent", "--accent-strong", TEXT_CONTRAST),
    ("--ink", "--accent-soft", TEXT_CONTRAST),
    ("--sale", "--paper", TEXT_CONTRAST),
    ("--sale", "--surface", TEXT_CONTRAST),
    ("--on-sale", "--sale", TEXT_CONTRAST),
    ("--ink", "--sale-soft", TEXT_CONTRAST),
    ("--edge", "--surface", EDGE_CONTRAST),
    ("--edge", "--sunken", EDGE_CONTRAST),
]
CONTRAST = """
([front, back]) => {
  const probe = document.body.appendChild(document.createElement('i'));
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
  const light = name => {
    probe.style.color = `var(${name})`;
    canvas.fillStyle = getComputedStyle(probe).color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map(v => {
      v /= 255;
      return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
    });
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const [a, b] = [light(front), light(back)];
  probe.remove();
  return (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
}
"""
SMALL_TARGETS = """
() => [...document.querySelectorAll(
    '.button, .chip, .option, .departments-row a, .sorting a, .pages a, .bottom a, .logo'
  )].map(e => [e.textContent.trim(), e.getBoundingClientRect()])
    .filter(([, box]) => box.height && Math.round(box.height) < 44)
    .map(([text, box]) => `${text}: ${box.height}`)
"""
WIDER_THAN_SCREEN = (
    "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
)


def test_pages_break_no_policy_and_ask_nobody_else(page: Page, market: Market) -> None:
    complaints: list[str] = []
    hosts: set[str] = set()
    page.on(
        "console",
        lambda said: (
            complaints.append(said.text)
            if said.type in {"error", "warning"} and "404" not in said.text
            else None
        ),
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))

    for address in market.pages():
        page.goto(address, wait_until="networkidle")

    assert complaints == []
    assert hosts == {urlsplit(market.address).netloc}


def test_structured_data_is_read_as_data(page: Page, market: Market) -> None:
    page.goto(market.product)

    data = page.evaluate(
        "() => JSON.parse(document.querySelector('[type=\"application/ld+json\"]').text)"
    )

    assert data["@type"] == "ProductGroup"
    assert len(data["hasVariant"]) == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_can_be_read(browser: Browser, market: Market, scheme: str) -> None:
    context = browser.new_context(base_url=market.address, color_scheme=scheme)
    page = context.new_page()
    page.goto("/")

    faint = [
        (front, back, found)
        for front, back, least in PAIRS
        if (found := page.evaluate(CONTRAST, [front, back])) < least
    ]

    assert faint == []


def test_keyboard_skips_to_the_content(page: Page, market: Market) -> None:
    page.goto(market.category)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    expect(page.locator(".skip")).to_be_in_viewport()

    page.keyboard.press("Enter")

    expect(page.locator("#content")).to_be_focused()


def test_phone_shows_all_in_its_width_with_targets_for_a_thumb(
    phone: Page, market: Market
) -> None:
    for address in market.pages():
        phone.goto(address)
        assert not phone.evaluate(WIDER_THAN_SCREEN), address
        assert phone.evaluate(SMALL_TARGETS) == [], address


def test_sorting_swaps_the_list_and_back_restores_it(
    page: Page, market: Market
) -> None:
    page.goto(market.category)
    page.evaluate("() => { window.stayed = true }")

    page.get_by_role("link", name="Price, low first").click()

    expect(page.locator(".card h3").first).to_have_text("Lamp 00")
    expect(page).to_have_url(f"{market.address}{market.category}?sort=price")
    assert page.evaluate("() => window.stayed")
    page.go_back()
    expect(page.locator(".card h3").first).to_have_text("Lamp 29")
    expect(page.locator("header.top")).to_have_count(1)


def test_choosing_a_variant_changes_price_and_stock(page: Page, market: Market) -> None:
    page.goto(market.product)
    page.evaluate("() => { window.stayed = true }")

    page.get_by_role("link", name="Tall").click()

    expect(page.locator("#offer .price")).to_have_text("$99.00")
    expect(page.locator("#offer .stock")).to_have_text("Only 2 left")
    assert page.evaluate("() => window.stayed")


def test_choosing_a_picture_shows_it(page: Page, market: Market) -> None:
    page.goto(market.product)

    page.get_by_role("link", name="candle").click()

    expect(page.locator(".gallery > .tile img")).to_have_attribute("alt", "candle")


def test_everything_works_without_scripts(browser: Browser, market: Market) -> None:
    context = browser.new_context(base_url=market.address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.get_by_role("searchbox").fill("lampe 07")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Lamp 07").first.click()
    page.get_by_role("link", name="Tall").click()

    expect(page.locator("#offer .price")).to_have_text("$99.00")
    page.get_by_role("link", name="Lamps", exact=True).click()
    page.get_by_role("link", name="Next page").click()
    expect(page.locator(".card")).to_have_count(6)


def test_wrong_log_in_is_said_beside_the_form(page: Page, market: Market) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("E-mail").fill("nobody@example.com")
    page.get_by_label("Password", exact=True).fill("wrong")

    page.get_by_role("main").get_by_role("button", name="Log in", exact=True).click()

    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_have_value("nobody@example.com")
