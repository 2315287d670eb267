"""What only a browser can tell of the storefront: contrast, HTMX and what it leaves alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.inspection import fresh_context
from tests.browser.scenes import Scenes

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


@pytest.fixture
def page(chromium: Browser, scenes: Scenes) -> Iterator[Page]:
    """A stranger's desk."""
    context = fresh_context(chromium, scenes.address, [])
    page = context.new_page()
    page.set_viewport_size({"width": 1280, "height": 900})
    yield page
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_can_be_read(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto("/")

    faint = [
        (front, back, found)
        for front, back, least in PAIRS
        if (found := page.evaluate(CONTRAST, [front, back])) < least
    ]

    assert faint == []


def test_structured_data_is_read_as_data(page: Page) -> None:
    page.goto("/p/lamp-07/")

    data = page.evaluate(
        "() => JSON.parse(document.querySelector('[type=\"application/ld+json\"]').text)"
    )

    assert data["@type"] == "ProductGroup"
    assert len(data["hasVariant"]) == 3


def test_sorting_swaps_the_list_and_back_restores_it(page: Page) -> None:
    page.goto("/c/lamps/")
    newest = page.locator(".card h3").first.inner_text()
    page.evaluate("() => { window.stayed = true }")

    page.get_by_role("link", name="Price, low first").click()

    expect(page.locator(".card h3").first).to_have_text("Lamp 00")
    expect(page).to_have_url("/c/lamps/?sort=price")
    assert page.evaluate("() => window.stayed")
    page.go_back()
    expect(page.locator(".card h3").first).to_have_text(newest)
    expect(page.locator("header.top")).to_have_count(1)


def test_choosing_a_variant_changes_price_and_stock(page: Page) -> None:
    page.goto("/p/lamp-07/")
    page.evaluate("() => { window.stayed = true }")

    page.get_by_role("link", name="Tall").click()

    expect(page.locator("#offer .price")).to_have_text("$99.00")
    expect(page.locator("#offer .stock")).to_have_text("Only 2 left")
    assert page.evaluate("() => window.stayed")


def test_choosing_a_picture_shows_it(page: Page) -> None:
    page.goto("/p/lamp-07/")

    page.get_by_role("link", name="candle", exact=True).click()

    expect(page.locator(".gallery > .tile img")).to_have_attribute("alt", "candle")


def test_wrong_log_in_is_said_beside_the_form(page: Page) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("E-mail").fill("nobody@example.com")
    page.get_by_label("Password", exact=True).fill("wrong")

    page.get_by_role("main").get_by_role("button", name="Log in", exact=True).click()

    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_have_value("nobody@example.com")
