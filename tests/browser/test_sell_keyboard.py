"""Behind the counter, and in the admin, by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import CHROMIUM
from tests.browser.inspection import fresh_context
from tests.browser.keys import press, settle, tab_to, write
from tests.browser.sell_pages import Counter, build_counter
from tests.browser.stage import running_browser, standing
from tests.factories.catalog import CategoryFactory
from tests.factories.users import OperatorFactory

LAMPS, ROPES = "Lamps", "Ropes"


@dataclass
class Desk:
    """A shop's counter, and the cookie of an operator."""

    counter: Counter
    operator: list[dict[str, str]]


def build_desk() -> Desk:
    counter = build_counter()
    for place, name in enumerate((LAMPS, ROPES)):
        CategoryFactory(name=name, slug=name.lower(), sort_order=place)
    client = Client()
    client.force_login(OperatorFactory())
    name = settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value}
    return Desk(counter=counter, operator=[cookie])


@pytest.fixture(scope="module")
def desk(
    django_db_setup: None, django_db_blocker: Any, django_db_keepdb: bool
) -> Iterator[Desk]:
    stage = standing(build_desk, blocker=django_db_blocker, keeps=django_db_keepdb)
    with stage as (address, built):
        built.counter.address = address
        for cookie in built.operator:
            cookie["url"] = address
        yield built


@pytest.fixture(scope="module")
def chromium(desk: Desk) -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"There is no Chromium at {CHROMIUM}; set CHROMIUM to its path.")
    with running_browser(str(CHROMIUM)) as started:
        yield started


@pytest.fixture
def page(chromium: Browser, desk: Desk, who: str) -> Iterator[Page]:
    cookies = desk.operator if who == "operator" else desk.counter.cookies()
    context = fresh_context(chromium, desk.counter.address, cookies)
    page = context.new_page()
    page.set_viewport_size({"width": 1280, "height": 900})
    yield page
    context.close()


@pytest.fixture
def who() -> str:
    return "owner"


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    made = []
    for name in ("front", "back", "side"):
        path = tmp_path / f"{name}.png"
        Image.new("RGB", (64, 64), (len(made) * 90, 120, 80)).save(path)
        made.append(path)
    return made


def test_a_product_with_three_options_and_pictures_is_made(
    page: Page, desk: Desk, photos: list[Path]
) -> None:
    page.goto(desk.counter.path("sell:product_new"))
    write(page, "Name", "Mug")
    write(page, "Price", "900")
    press(page, "Add it as a draft")
    press(page, "Variants", role="link")
    press(page, "Options and combinations", role="link")
    choices = [("Colour", "Red, Blue"), ("Size", "S, L"), ("Hand", "Left, Right")]
    for number, (name, values) in enumerate(choices):
        write(page, f"Name of option {number + 1}", name)
        tab_to(page, page.locator("main textarea").nth(number))
        page.keyboard.type(values)
    press(page, "Show what it makes")
    expect(page.get_by_role("heading", name="8 variants")).to_be_visible()
    # What it makes is read first, and the button to make it is the next stop.
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Make them so")).to_be_focused()
    press(page, "Make them so")
    expect(page.locator(".variant-sheet tbody tr")).to_have_count(8)

    press(page, "Pictures", role="link")
    page.wait_for_url("**/pictures/")
    tab_to(page, page.locator("[data-drop] input[type=file]"))
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(photos)
    press(page, "Add them")
    expect(page.locator(".picture-card")).to_have_count(3)
    _order_by_buttons(page)

    press(page, "Details", role="link")
    press(page, "Publish")
    expect(page.locator(".page-head .state")).to_have_text("Published")


def _order_by_buttons(page: Page) -> None:
    """The first picture goes to the end: its button is gone there, and the focus is not."""
    cards = page.locator(".picture-card")
    key = str(cards.first.get_attribute("data-key"))
    for place in (1, 2):
        press(page, f"Picture {place}: later")
        expect(cards.nth(place)).to_have_attribute("data-key", key)
        settle(page)
    expect(page.get_by_role("button", name="Picture 3: earlier")).to_be_focused()

    press(page, "Remove picture 3")

    expect(cards).to_have_count(2)
    settle(page)
    expect(page.get_by_role("button", name="Picture 2: earlier")).to_be_focused()


def test_an_order_leaves_in_two_parcels(page: Page, desk: Desk) -> None:
    page.goto(desk.counter.path("sell:order"))
    for number in (1, 2):
        press(page, "Send", role="link")
        tab_to(page, page.locator("main input[type=number]"))
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("1")
        write(page, "Carrier", "Post")
        press(page, "Send the parcel")

        expect(page.get_by_role("heading", name=f"Parcel {number}")).to_be_visible()


def test_prices_are_pasted_into_the_grid_and_taken_back(page: Page, desk: Desk) -> None:
    page.goto(desk.counter.path("sell:grid"))
    cell = page.locator("[data-grid] input[name=price]").first
    was = cell.input_value()
    tab_to(page, cell)
    page.evaluate(
        """() => {
          const data = new DataTransfer();
          data.setData('text/plain', '77.00\\t\\t\\n78.00\\t\\t');
          document.activeElement.dispatchEvent(
            new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));
        }"""
    )
    expect(cell).to_be_focused()
    assert cell.input_value() != was

    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("What would change")
    press(page, "Change them")

    expect(page.get_by_role("heading", level=1)).to_contain_text(
        "Change prices and stock"
    )


def test_a_promotion_gets_its_code_and_a_colleague_a_letter(
    page: Page, desk: Desk
) -> None:
    page.goto(desk.counter.path("sell:promotion_new"))
    write(page, "Name", "Sale of the week")
    write(page, "How much", "10")
    page.keyboard.press("Tab")
    here = page.evaluate_handle("() => document.activeElement")
    # What comes in beside the form leaves the place alone.
    expect(page.locator(".promotion-aside")).to_contain_text("10 % off")
    settle(page)
    assert page.evaluate("was => was === document.activeElement", here)
    press(page, "Keep")
    tab_to(page, page.locator("[name='one-code']"))
    page.keyboard.type("WEEK10")
    page.keyboard.press("Enter")
    expect(page.get_by_text("WEEK10 is ready to be used.")).to_be_visible()

    page.goto(desk.counter.path("sell:members"))
    write(page, "E-mail", "colleague@example.com")
    press(page, "Send the invitation")

    expect(page.get_by_text("colleague@example.com").first).to_be_visible()


@pytest.mark.parametrize("who", ["operator"])
def test_an_operator_moves_a_department_finds_a_shop_and_sees_it_as_its_owner(
    page: Page, desk: Desk, who: str
) -> None:
    page.goto(reverse("admin:category_tree"))
    name = page.locator("[data-choose]", has_text=ROPES)
    tab_to(page, name)
    page.keyboard.press("Alt+ArrowUp")
    page.wait_for_url("**/tree/?at=*")
    lamps_below = page.locator("li:has(> div [data-choose]:text-is('Ropes')) ~ li")
    expect(lamps_below.filter(has_text=LAMPS)).to_have_count(1)
    expect(name).to_be_focused()
    # And on from there, to the same address.
    page.keyboard.press("Alt+ArrowDown")
    expect(lamps_below.filter(has_text=LAMPS)).to_have_count(0)
    expect(name).to_be_focused()

    page.keyboard.press("ControlOrMeta+k")
    page.keyboard.type(desk.counter.stall.shop.name)
    expect(page.locator("[role=option]").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/shop/shop/**")

    page.goto(f"/admin/users/user/{desk.counter.stall.owner.pk}/see-as/")
    write(page, "Why?", "Ticket 12")
    press(page, "See the site as them")
    stop = page.get_by_role("button", name="Stop", exact=True)
    expect(stop).to_be_visible()
    tab_to(page, stop)
    page.keyboard.press("Enter")
    expect(stop).to_have_count(0)
