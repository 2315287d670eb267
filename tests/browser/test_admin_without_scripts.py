"""The admin's pages can be read where scripts are off."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Browser, Page

from catalog.models import Product
from tests.browser.conftest import Market
from tests.factories.users import OperatorFactory


@pytest.fixture
def cookie(client, market: Market) -> dict[str, str]:
    """Of an operator who is logged in; made before the browser starts."""
    client.force_login(OperatorFactory())
    name = settings.SESSION_COOKIE_NAME
    return {
        "name": name,
        "value": client.cookies[name].value,
        "url": market.address,
    }


@pytest.fixture
def product_page(market: Market) -> str:
    lamp = Product.objects.get(name="Lamp 07")
    return reverse("admin:catalog_product_change", args=[lamp.pk])


@pytest.fixture
def bare(cookie, product_page, browser: Browser, market: Market) -> Iterator[Page]:
    context = browser.new_context(
        base_url=market.address,
        viewport={"width": 1280, "height": 900},
        java_script_enabled=False,
    )
    context.add_cookies([cookie])
    yield context.new_page()
    context.close()


def test_lists_forms_and_inlines_can_be_read(bare, product_page):
    bare.goto("/admin/catalog/product/")
    assert bare.get_by_role("link", name="Lamp 07").first.is_visible()
    # A real click: nothing lies over the list.
    bare.get_by_role("link", name="Lamp 07").first.click()
    assert bare.url.split("?")[0].endswith(product_page)

    assert bare.locator("[name=name]").is_visible()
    assert bare.locator("[name=_save]").is_visible()
    # Inlines stand in tabs, which only scripts open: all of them are shown.
    assert bare.get_by_text("TALL").first.is_visible()


def test_front_page_and_look_up_can_be_read(bare):
    bare.goto("/admin/")
    assert bare.get_by_role("link", name="Products").first.is_visible()
    assert bare.get_by_text("Log out").first.is_visible()
    # What only a script could do is not offered.
    assert bare.get_by_text("Dark", exact=True).first.is_hidden()

    bare.goto("/admin/shop/globalentity/look-up/")
    assert bare.get_by_label("Look up any id").is_visible()
