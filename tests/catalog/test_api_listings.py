"""The market's open API: the same lists and filters as the pages, as JSON."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories.catalog import (
    BrandFactory,
    CategoryFactory,
    ProductFactory,
    ProductVariantFactory,
)
from tests.factories.shop import ShopFactory

pytestmark = pytest.mark.django_db

PRODUCTS = "/api/v1/products/"
ADDRESSES = [PRODUCTS, "/api/v1/categories/", "/api/v1/brands/", "/api/v1/shops/"]


def sell(name: str = "Lamp", **product: Any) -> Any:
    made = ProductFactory(name=name, brand=BrandFactory(), **product)
    ProductVariantFactory(product=made, inventory_quantity=7)
    return made


@pytest.mark.parametrize("address", ADDRESSES)
def test_list_costs_the_same_for_one_row_and_for_many(client, address):
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    sell(category=CategoryFactory(parent=CategoryFactory()))
    few = statements()
    for _ in range(30):
        sell(category=CategoryFactory(parent=CategoryFactory()))

    assert statements() == few <= 5


def test_products_are_filtered_as_on_the_pages_and_counted(client):
    red, blue = {"facts": {"Colour": "Red"}}, {"facts": {"Colour": "Blue"}}
    sell("Red lamp", attributes=red, price=5)
    sell("Blue lamp", attributes=blue, price=50)
    sell("Red cup", attributes=red, price=60)

    answer = client.get(PRODUCTS, {"q": "lamp", "f.Colour": "Red", "max": "20"}).json()

    assert [product["name"] for product in answer["results"]] == ["Red lamp"]
    assert (answer["count"], answer["is_bounded"], answer["pages"]) == (1, False, 1)
    assert answer["facets"]["facts"] == [
        {
            "parameter": "f.Colour",
            "name": "Colour",
            "values": [{"value": "Red", "label": "Red", "count": 1}],
        }
    ]
    assert answer["facets"]["prices"] == [
        {"currency": "USD", "min": "5.00", "max": "5.00"}
    ]


def test_category_of_any_level_counts_what_is_below(client):
    top = CategoryFactory(slug="top")
    middle = CategoryFactory(slug="middle", parent=top)
    sell("deep", category=CategoryFactory(parent=middle))
    sell("beside", category=top)

    def found(slug: str) -> list[str]:
        results = client.get(PRODUCTS, {"category": slug}).json()["results"]
        return sorted(product["name"] for product in results)

    assert found("top") == ["beside", "deep"]
    assert found("middle") == ["deep"]
    assert found("none") == []


def test_pages_are_linked_with_their_filters(client):
    shop = ShopFactory(slug="lumen")
    for _ in range(30):
        sell(shop=shop)

    first = client.get(PRODUCTS, {"shop": "lumen"}).json()
    second = client.get(first["next"]).json()

    assert first["next"] == f"http://testserver{PRODUCTS}?shop=lumen&page=2"
    assert (first["previous"], second["next"]) == (None, None)
    assert second["previous"] == f"http://testserver{PRODUCTS}?shop=lumen"
    shown = {product["id"] for page in (first, second) for product in page["results"]}
    assert len(shown) == 30


def test_hidden_rows_are_not_told(client):
    sell(status="draft")
    closed = sell(shop=ShopFactory(status="closed"))
    shut = CategoryFactory(is_active=False)

    assert client.get(PRODUCTS).json()["results"] == []
    for address in (
        f"/api/v1/shops/{closed.shop.slug}/",
        f"/api/v1/brands/{closed.brand.slug}/",
        f"/api/v1/categories/{shut.slug}/",
    ):
        assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    "query", ["q=%00", "page=1e9&min=x&f.a=%00", "category=%F0%9F%8F%AE"]
)
def test_nonsense_is_left_out(client, query):
    assert client.get(f"{PRODUCTS}?{query}").status_code == 200


@pytest.mark.parametrize("address", ADDRESSES)
def test_api_is_read_only_and_described(client, address):
    sell()

    assert client.post(address, {}).status_code in {403, 405}
    schema = client.get(
        "/api/v1/schema/", headers={"Accept": "application/json"}
    ).json()
    assert address in schema["paths"]
