"""Pages of lists with their filters, as a browser and a robot see them."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.models import Category, Product
from catalog.queries import listings
from tests.factories.catalog import (
    BrandFactory,
    CategoryFactory,
    ProductFactory,
    ProductImageFactory,
    ProductVariantFactory,
)
from tests.factories.shop import ShopFactory

pytestmark = pytest.mark.django_db

BUDGET = 10
HTMX = {"HX-Request": "true", "HX-Target": "listing"}


def sell(number: int = 1, **product: Any) -> list[Product]:
    made = ProductFactory.create_batch(number, **product)
    for one in made:
        ProductVariantFactory(product=one, inventory_quantity=7)
        ProductImageFactory(product=one, is_primary=True)
    return made


def names(response: Any) -> list[str]:
    return sorted(card.name for card in response.context["page"].object_list)


@pytest.fixture
def lamps() -> Category:
    category = CategoryFactory(name="Lamps", slug="lamps")
    oak = BrandFactory(name="Oak & Co", slug="oak")
    ash = BrandFactory(name="Ash", slug="ash")
    red, blue = {"facts": {"Colour": "Red"}}, {"facts": {"Colour": "Blue"}}
    sell(category=category, brand=oak, name="Red oak", attributes=red, price=10)
    sell(category=category, brand=oak, name="Blue oak", attributes=blue, price=20)
    sell(category=category, brand=ash, name="Red ash", attributes=red, price=30)
    made: Category = category
    return made


# ------------------------------------------------------------------ budgets
@pytest.mark.parametrize("page", ["category", "shop", "brand", "search"])
def test_filtered_list_costs_the_same_for_one_row_and_for_a_hundred(client, page):
    category, shop, brand = CategoryFactory(), ShopFactory(), BrandFactory()
    address = {
        "category": category.get_absolute_url(),
        "shop": shop.get_absolute_url(),
        "brand": reverse("catalog:brand", args=[brand.slug]),
        "search": reverse("catalog:search"),
    }[page]
    query = {"q": "lamp", "f.Colour": "Red", "stock": "1", "min": "1", "sort": "price"}
    common = {"name": "Lamp", "attributes": {"facts": {"Colour": "Red"}}}
    sell(category=category, shop=shop, brand=brand, **common)

    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address, query).status_code == 200
        return len(queries)

    few = statements()
    sell(60, category=category, shop=shop, brand=brand, **common)
    for child in CategoryFactory.create_batch(5, parent=category):
        sell(8, category=child, brand=BrandFactory(), shop=shop, **common)

    many = statements()

    assert many == few
    assert many <= BUDGET


def test_brands_cost_the_same_for_one_and_for_many(client):
    sell(brand=BrandFactory())
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("catalog:brands"))
    for brand in BrandFactory.create_batch(20):
        sell(brand=brand)

    with CaptureQueriesContext(connection) as many:
        client.get(reverse("catalog:brands"))

    assert len(many) == len(few) <= BUDGET


# ------------------------------------------------------------------ filters on the page
def test_category_is_filtered_and_shows_what_is_chosen(client, lamps):
    page = client.get(lamps.get_absolute_url(), {"f.Colour": "Red", "brand": "oak"})

    assert names(page) == ["Red oak"]
    chips = [(chip.label, chip.href) for chip in page.context["chips"]]
    assert chips == [("Oak & Co", "?f.Colour=Red"), ("Colour: Red", "?brand=oak")]
    assert page.context["cleared"] == "?"
    text = page.content.decode()
    assert 'name="brand" value="oak" checked' in text
    assert "Oak &amp; Co" in text
    assert "Oak & Co" not in text


def test_address_has_one_order_however_it_was_asked(client, lamps):
    asked = "sort=price&f.Size=M&stock=1&f.Colour=Red&brand=oak&brand=ash&max=9&currency=USD"

    page = client.get(f"{lamps.get_absolute_url()}?{asked}")

    assert page.context["asked"].query() == (
        "?max=9&currency=USD&stock=1&brand=ash&brand=oak&f.Colour=Red&f.Size=M&sort=price"
    )


def test_form_without_scripts_leads_to_a_clean_address(client, lamps):
    sent = "min=&max=&currency=USD&brand=oak&rating=&sort=price"

    response = client.get(f"{lamps.get_absolute_url()}?{sent}")

    assert response.status_code == 302
    assert response["Location"] == f"{lamps.get_absolute_url()}?brand=oak&sort=price"


def test_page_does_not_offer_the_filter_it_stands_for(client, lamps):
    other = sell(name="Other", shop=ShopFactory(slug="other", name="Others"))[0]
    oak = reverse("catalog:brand", args=["oak"])

    page = client.get(oak, {"brand": "ash", "shop": "other"})

    assert [chip.label for chip in page.context["chips"]] == ["Others"]
    assert "brand" not in [group.name for group in page.context["groups"]]
    assert other.name not in names(page)


def test_nothing_left_offers_to_take_a_filter_back(client, lamps):
    page = client.get(lamps.get_absolute_url(), {"f.Colour": "Green", "brand": "oak"})

    assert names(page) == []
    assert b"Nothing has all of this" in page.content
    assert page.content.count(b"chip-off") == 2


def test_several_currencies_are_told(client):
    category = CategoryFactory()
    sell(category=category, shop=ShopFactory(currency="USD"))
    sell(category=category, shop=ShopFactory(currency="JPY"))

    page = client.get(category.get_absolute_url())

    assert b"several currencies" in page.content
    assert b'<option value="JPY">' in page.content


@pytest.mark.parametrize(
    "query",
    [
        "brand=%00&f.Colour=%00&min=%00&page=%00&sort=%00&currency=%00",
        "f.%F0%9F%8F%AE=%F0%9F%8F%AE&brand=%F0%9F%8F%AE",
        "min=1000000000&max=1e9&page=1000000000",
        "f.Colour=" + "x" * 100_000,
        "&".join(f"brand=b{n}" for n in range(900)),
        "f.%25s=%25s&f.{}={}&f.'%3B--=\"&q=%25",
    ],
)
@pytest.mark.parametrize("name", ["category", "shop", "brand", "search"])
def test_senseless_filters_are_answered(client, lamps, name, query):
    shop = Product.objects.get(name="Red oak").shop
    address = {
        "category": lamps.get_absolute_url(),
        "shop": shop.get_absolute_url(),
        "brand": reverse("catalog:brand", args=["oak"]),
        "search": reverse("catalog:search"),
    }[name]

    assert client.get(f"{address}?{query}").status_code == 200


# ------------------------------------------------------------------ HTMX
def test_htmx_gets_the_list_and_the_filters_and_the_clean_address(client, lamps):
    sent = {"min": "15", "max": "", "currency": "USD", "f.Colour": "Blue"}

    fragment = client.get(
        lamps.get_absolute_url(), sent, headers={**HTMX, "HX-Trigger": "facets"}
    )

    # Empty fields are no reason for a redirect here.
    assert fragment.status_code == 200
    text = fragment.content.decode()
    assert text.lstrip().startswith('<div id="listing"')
    assert 'id="facet-values" hx-swap-oob="true"' in text
    # Whoever is typing a price keeps the field.
    assert 'id="facet-price"' not in text
    assert fragment["HX-Push-Url"] == (
        f"{lamps.get_absolute_url()}?min=15&currency=USD&f.Colour=Blue"
    )
    assert {"HX-Request", "HX-Target"} <= {
        w.strip() for w in fragment["Vary"].split(",")
    }


def test_htmx_gets_the_price_too_when_a_chip_is_taken_off(client, lamps):
    fragment = client.get(lamps.get_absolute_url(), headers=HTMX).content.decode()

    assert 'id="facet-price" hx-swap-oob="true"' in fragment


def test_htmx_gets_the_whole_page_when_going_back(client, lamps):
    headers = {**HTMX, "HX-History-Restore-Request": "true"}

    page = client.get(lamps.get_absolute_url(), {"brand": "oak"}, headers=headers)

    assert b"<!doctype html>" in page.content
    assert names(page) == ["Blue oak", "Red oak"]


# ------------------------------------------------------------------ robots
def test_plain_pages_are_canonical_and_know_their_neighbours(client):
    category = CategoryFactory()
    sell(50, category=category)

    text = client.get(category.get_absolute_url(), {"page": 2}).content.decode()

    here = f"http://testserver{category.get_absolute_url()}"
    assert f'<link rel="canonical" href="{here}?page=2">' in text
    assert f'<link rel="prev" href="{here}">' in text
    assert f'<link rel="next" href="{here}?page=3">' in text
    assert "noindex" not in text


@pytest.mark.parametrize("query", ["brand=oak", "sort=price", "min=5&currency=USD"])
def test_filtered_and_sorted_pages_are_not_for_indexes(client, lamps, query):
    text = client.get(f"{lamps.get_absolute_url()}?{query}").content.decode()

    assert '<meta name="robots" content="noindex, follow">' in text
    assert "canonical" not in text


# ------------------------------------------------------------------ brands
def test_brand_shows_its_products_of_every_shop(client, lamps):
    page = client.get(reverse("catalog:brand", args=["oak"]))

    assert names(page) == ["Blue oak", "Red oak"]


def test_brand_that_is_closed_or_unknown_is_not_found(client):
    BrandFactory(slug="closed", is_active=False)

    for slug in ("closed", "unknown"):
        assert client.get(reverse("catalog:brand", args=[slug])).status_code == 404


def test_brands_are_those_with_something_on_sale(client, lamps):
    BrandFactory(name="Empty")
    sell(brand=BrandFactory(name="Draft only"), status="draft")
    sell(brand=BrandFactory(name="Shut"), shop=ShopFactory(status="closed"))

    page = client.get(reverse("catalog:brands"))

    found = [(brand.name, brand.product_count) for brand in page.context["page"]]
    assert found == [("Ash", 1), ("Oak & Co", 2)]


def test_brands_are_in_the_sitemap(client, lamps):
    BrandFactory(slug="empty")

    text = client.get("/sitemap-brands.xml").content.decode()

    assert "/brands/oak/</loc>" in text
    assert "empty" not in text
    assert "sitemap-brands.xml" in client.get("/sitemap.xml").content.decode()


# ------------------------------------------------------------------ cards
def test_card_escapes_what_shops_write(client: Client):
    shop = ShopFactory(name="<b>Shop</b>")
    attributes = {"facts": {"<i>Fact</i>": "<u>Word</u>", "Other": "x"}}
    product = sell(
        2, name='"><script>alert(1)</script>', shop=shop, attributes=attributes
    )

    text = client.get(product[0].shop.get_absolute_url(), {"f.<i>Fact</i>": "<u>"})

    for sign in ("<b>Shop", "<script>alert", "<i>Fact", "<u>"):
        assert sign not in text.content.decode().replace("application/ld+json", "")


def test_card_tells_what_is_sold_out_reduced_and_dearer(client):
    category = CategoryFactory()
    gone = ProductFactory(category=category, name="Gone")
    ProductVariantFactory(product=gone, inventory_quantity=3, reserved_quantity=3)
    sale = sell(
        category=category, name="Sale", price=75, compare_price=120, lowest_before=100
    )[0]
    sell(category=category, name="Said", price=75, compare_price=120)
    ProductVariantFactory(product=sale, price=90, inventory_quantity=1)

    page = client.get(category.get_absolute_url())
    cards = {c.name: c for c in page.context["page"]}

    assert not cards["Gone"].is_available
    assert cards["Sale"].is_available
    assert cards["Sale"].is_reduced
    assert cards["Sale"].has_dearer
    assert not cards["Gone"].is_reduced
    # What a shop says it cost before is no reduction while nothing shows it.
    assert not cards["Said"].is_reduced
    text = page.content.decode()
    assert text.count("−25 %") == 1
    assert "<s>$100.00</s>" in text and "$120.00" not in text


def test_what_is_swapped_brings_the_figures_around_the_list(client, lamps):
    page = client.get(lamps.get_absolute_url(), {"f.Colour": "Red"}, headers=HTMX)

    text = page.content.decode()
    for part in (
        '<small class="num" id="listing-count" hx-swap-oob="true">2</small>',
        '<p id="listing-status" hx-swap-oob="innerHTML">',
        '<span class="count" id="filters-count" hx-swap-oob="true">1</span>',
        'data-show="Show 2 results"',
    ):
        assert part in text
    # Each has its place on every page of a list, or HTMX complains of a missing target.
    for address in (
        lamps.get_absolute_url(), "/search/?q=oak", "/search/", "/brands/oak/",
        lamps.products.first().shop.get_absolute_url(),
    ):  # fmt: skip
        whole = client.get(address).content.decode()
        assert whole.count('id="listing-count"') == 1, address
        assert whole.count('id="listing-status"') == 1, address


# ------------------------------------------------------------------ large sets
def test_large_set_is_counted_once_a_minute_unless_it_is_narrowed(
    client, lamps, monkeypatch
):
    cache.clear()
    monkeypatch.setattr(listings, "WORTH_KEEPING", 2)
    address = lamps.get_absolute_url()
    assert client.get(address).context["count"] == 3
    sell(category=lamps, name="Fourth", attributes={"facts": {"Colour": "Red"}})

    assert client.get(address).context["count"] == 3
    assert client.get(address, {"f.Colour": "Red"}).context["count"] == 3
    assert "Fourth" in names(client.get(address))
    # The figures are of every language, their words of none.
    german = client.get(address, headers={"accept-language": "de"})
    assert german.context["count"] == 3
    assert "Auf Lager" in german.content.decode()
    assert client.get(address, {"sale": "1"}).context["count"] == 0
    assert client.get(address, {"max": "1"}).context["count"] == 0
    cache.clear()
    assert client.get(address).context["count"] == 4
