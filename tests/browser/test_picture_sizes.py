"""A real browser takes the copy of a picture that is large enough, and no larger one."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from catalog.models import Product, ProductImage
from catalog.services.images import add_product_image
from catalog.services.sizes import make_product_sizes
from tests.browser.conftest import Market

TAKEN = "image => image.decode().then(() => image.currentSrc)"


@pytest.fixture
def photographed(market: Market) -> Product:
    """The newest lamp, so the first of its lists: two large photographs."""
    product = Product.objects.get(name="Lamp 29")
    for tint in ("teal", "tan"):
        buffer = BytesIO()
        Image.new("RGB", (1600, 1400), tint).save(buffer, "PNG")
        add_product_image(product=product, content=buffer.getvalue(), alt=tint)
    make_product_sizes(product_id=product.pk)
    assert [one.sizes for one in ProductImage.objects.filter(product=product)] == [
        [320, 640, 960],
        [320, 640, 960],
    ]
    return product


def taken(page: Page, image: str) -> str:
    """How the name of the file ends that the browser shows."""
    shown: str = page.locator(image).first.evaluate(TAKEN)
    return shown.rpartition("-")[2]


def test_browser_takes_the_copy_that_fills_the_place(
    photographed: Product, market: Market, browser: Browser
) -> None:
    seen = {}
    for name, width, fineness in (("laptop", 1440, 1), ("phone", 390, 2)):
        context = browser.new_context(
            base_url=market.address,
            viewport={"width": width, "height": 900},
            device_scale_factor=fineness,
        )
        page = context.new_page()
        page.goto(market.category)
        card = taken(page, ".card .photo")
        page.goto(photographed.get_absolute_url())
        places = (".gallery .zoom img", ".thumbs img")
        seen[name] = [card, *(taken(page, place) for place in places)]
        # The larger picture in a dialog is the one that was stored.
        page.locator(".gallery .zoom").click()
        seen[name].append(taken(page, ".large img"))
        context.close()

    assert seen == {
        "laptop": ["320.webp", "640.webp", "320.webp", "photo.webp"],
        "phone": ["640.webp", "960.webp", "320.webp", "photo.webp"],
    }
