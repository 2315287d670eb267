"""A real Chromium on the live server; without one these tests are skipped."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from catalog.models import Product
from catalog.services.images import add_product_image
from tests.browser.inspection import Validator
from tests.browser.page_checks import MODULES
from tests.browser.scenes import Scenes, build_scenes
from tests.browser.stage import ARGUMENTS, running_browser, standing
from tests.factories.catalog import (
    CategoryFactory,
    ProductFactory,
    ProductReviewFactory,
    ProductVariantFactory,
)
from tests.factories.shop import ShopFactory

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
PICTURES = Path(__file__).parents[2] / "ingestion" / "demo" / "pictures"


@dataclass(frozen=True)
class Market:
    """A small market: 30 lamps in one category of one shop, one of them with all there is."""

    address: str
    category: str
    product: str
    shop: str

    def pages(self) -> list[str]:
        ways = ["/", "/search/?q=lamp", "/shops/", "/accounts/login/", "/nowhere/"]
        return [*ways, self.category, self.product, self.shop]


@pytest.fixture
def market(live_server: Any) -> Market:
    shop = ShopFactory(name="Lamp works", description="Lamps of all sorts.")
    category = CategoryFactory(name="Lamps", parent=CategoryFactory(name="Home"))
    for number in range(30):
        made = ProductFactory(
            shop=shop, category=category, name=f"Lamp {number:02}", price=10 + number
        )
        ProductVariantFactory(product=made, inventory_quantity=9)
    product = Product.objects.get(name="Lamp 07")
    ProductVariantFactory(
        product=product, sku="TALL", name="Tall", price=99, inventory_quantity=2
    )
    for picture in ("lantern", "candle"):
        content = (PICTURES / f"{picture}.webp").read_bytes()
        add_product_image(product=product, content=content, alt=picture)
    ProductReviewFactory(product=product, title="Bright")
    return Market(
        address=live_server.url,
        category=category.get_absolute_url(),
        product=product.get_absolute_url(),
        shop=shop.get_absolute_url(),
    )


# The browser starts after the database is filled and ends before it is emptied: Playwright
# runs an event loop in this thread, in which Django refuses to speak to the database.
@pytest.fixture
def browser(market: Market) -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"There is no Chromium at {CHROMIUM}; set CHROMIUM to its path.")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=ARGUMENTS
        )
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, market: Market) -> Page:
    """A desktop window."""
    context = browser.new_context(
        base_url=market.address, viewport={"width": 1280, "height": 900}
    )
    return context.new_page()


@pytest.fixture
def phone(browser: Browser, market: Market) -> Page:
    context = browser.new_context(
        base_url=market.address,
        viewport={"width": 390, "height": 844},
        has_touch=True,
        is_mobile=True,
    )
    return context.new_page()


# ------------------------------------------------------------------ once for a module
@pytest.fixture(scope="module")
def scenes(
    django_db_setup: None, django_db_blocker: Any, django_db_keepdb: bool
) -> Iterator[Scenes]:
    stage = standing(build_scenes, blocker=django_db_blocker, keeps=django_db_keepdb)
    with stage as (address, built):
        built.address = address
        yield built


@pytest.fixture(scope="module")
def chromium(scenes: Scenes) -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"There is no Chromium at {CHROMIUM}; set CHROMIUM to its path.")
    with running_browser(str(CHROMIUM)) as started:
        yield started


@pytest.fixture(scope="module")
def validator() -> Iterator[Validator | None]:
    if not MODULES.exists():
        yield None
        return
    with Validator() as process:
        yield process
