"""A page used by the keyboard alone."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

# More than any page has stops.
MOST_STOPS = 200
HERE = "element => element === document.activeElement"


def settle(page: Page) -> None:
    """Until what came in by HTMX is at work: for some milliseconds it is only there."""
    coming = page.locator(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")
    expect(coming).to_have_count(0)


def tab_to(page: Page, control: Locator) -> None:
    """Go on from where the focus is, with nothing but Tab."""
    settle(page)
    control.wait_for(state="attached")
    for _ in range(MOST_STOPS):
        if control.evaluate(HERE):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{control} is not reached by Tab.")


def press(page: Page, name: str, *, role: str = "button", key: str = "Enter") -> None:
    """In the content; the header has links of its own."""
    control = page.locator("main").get_by_role(role, name=name).first  # type: ignore[arg-type]
    tab_to(page, control)
    page.keyboard.press(key)


def write(page: Page, label: str, words: str) -> None:
    tab_to(page, page.locator("main").get_by_label(label).first)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(words)


def stops_from_top(page: Page) -> int:
    """How many stops the focus is away from the start; 0 when it was lost."""
    return int(
        page.evaluate(
            """() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
            .indexOf(document.activeElement) + 1"""
        )
    )
