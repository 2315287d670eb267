"""Every page behind a shop's counter, as the table of its doors names them.

A new page is looked at as soon as it has its row in `tests/sell/doors.py`; what is no page has
a reason here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page

from catalog.services.alerts import ask_for_alert
from catalog.services.stock import set_stock
from tests.factories.catalog import (
    ProductFactory,
    ProductImageFactory,
    ProductReviewFactory,
    ProductVariantFactory,
)
from tests.factories.users import UserFactory
from tests.sell.doors import DOORS
from tests.sell.world import Stall

FILE, PART = "a file", "a part of a page"
NO_PAGES = {
    "sell:numbers_csv": FILE,
    "sell:numbers_promotions_csv": FILE,
    "sell:order_invoice": FILE,
    "sell:job_results": FILE,
    "sell:promotion_codes_file": FILE,
    "sell:return_photo": FILE,
    "sell:products_export": FILE,
    "sell:products_corrected": FILE,
    "sell:stock_ledger_csv": FILE,
    "sell:product_choices": PART,
}
Act = Callable[[Page], None]


@dataclass
class Counter:
    """A shop with something on every page, and the cookie of its owner."""

    stall: Stall
    cookie: str
    address: str = ""
    queries: dict[str, str] = field(default_factory=dict)

    def path(self, name: str) -> str:
        door = DOORS[name]
        args = dict(door.args(self.stall))
        if door.right is not None:
            args["shop"] = self.stall.shop.slug
        return reverse(name, kwargs=args) + self.queries.get(name, "")

    def cookies(self) -> list[dict[str, str]]:
        name = settings.SESSION_COOKIE_NAME
        return [{"name": name, "value": self.cookie, "url": self.address}]


def pages() -> list[str]:
    named = [name for name, door in DOORS.items() if door.is_read]
    return sorted(
        name for name in named if name.startswith("sell:") and name not in NO_PAGES
    )


def build_counter() -> Counter:
    stall = Stall("Lamp works", UserFactory(first_name="Ada", last_name="Lovelace"))
    shelf = ProductFactory(
        shop=stall.shop, name="Walnut lamp with a shade of undyed linen", currency="KES"
    )
    ProductImageFactory(product=shelf, is_primary=True)
    ProductReviewFactory(product=shelf, title="Bright", review="It shines. " * 30)
    gone = ProductVariantFactory(
        product=shelf, name="Tall / Oak", barcode="4006381333931"
    )
    ProductVariantFactory(product=shelf, name="Small", inventory_quantity=2)
    ProductVariantFactory(product=shelf, name="Digital", inventory_tracking=False)
    ask_for_alert(variant_id=gone.pk, email="guest@example.com")
    set_stock(
        levels={stall.variant.pk: 12},
        now=stall.order.event_time,
        user_id=stall.owner.pk,
        notes="Shelf 4, behind the door",
    )
    client = Client()
    client.force_login(stall.owner)
    picked = f"?order={stall.order.pk}"
    return Counter(
        stall=stall,
        cookie=client.cookies[settings.SESSION_COOKIE_NAME].value,
        queries={
            "sell:orders_ship": picked,
            "sell:order_slips": picked,
            "sell:orders": "?tab=all",
            "sell:returns": "?tab=all",
            "sell:change_many": f"?id={stall.product.pk}",
        },
    )


# ------------------------------------------------------------------ what comes of a form
def submit(button: str, opens: str = "", **words: str) -> Act:
    """Fill fields, by name, and press a button. opens: a summary to press before."""

    def act(page: Page) -> None:
        if opens:
            page.locator("summary", has_text=opens).first.click()
        for name, text in words.items():
            page.locator(f"[name='{name}']:visible").first.fill(text)
        with page.expect_navigation(wait_until="load"):
            page.get_by_role("button", name=button, exact=True).first.click()

    return act


@dataclass(frozen=True)
class Step:
    """A page in the state that a form leaves it in. shows: words of that state."""

    route: str
    act: Act
    shows: str

    def __str__(self) -> str:
        return f"{self.route}: {self.shows}"


STEPS = [
    Step(
        "sell:stock_count",
        submit(
            "Show what would change",
            opens="Scan, or paste",
            scanned="4006381333931\n4006381333931;2\nnothing;1",
        ),
        "What the count would change",
    ),
    Step(
        "sell:stock_ledger",
        submit("Write it down", **{"change-change": "-40"}),
        "stock cannot be less",
    ),
    Step(
        "sell:grid",
        submit(
            "Show what would change",
            opens="Paste from a spreadsheet",
            paste="SKU;stock\nnothing;x",
        ),
        "cannot be taken",
    ),
]
