"""The list of a shop's products: found, filtered, sorted, paged; views that are kept."""

from __future__ import annotations

from decimal import Decimal
from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import Product, SavedView
from shop.models import Shop
from tests.factories.catalog import (
    BrandFactory,
    CategoryFactory,
    ProductFactory,
    ProductImageFactory,
    ProductVariantFactory,
)
from tests.factories.shop import ShopFactory
from tests.factories.users import ShopMemberFactory
from users.models import MemberRole

MOST_STATEMENTS = 12
pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return ShopFactory.create()


@pytest.fixture
def client(shop: Shop) -> Client:
    client = Client()
    client.force_login(shop.owner)
    return client


def product(shop: Shop, name: str, *, stock: int = 20, **options: Any) -> Product:
    made: Product = ProductFactory.create(shop=shop, name=name, **options)
    ProductVariantFactory.create(product=made, inventory_quantity=stock)
    return made


def listed(client: Client, shop: Shop, **query: Any) -> list[str]:
    answer = client.get(f"/sell/{shop.slug}/products/", query)
    assert answer.status_code == HTTPStatus.OK
    return [row.product.name for row in answer.context["rows"]]


def test_filters_narrow_the_shops_own_products(shop: Shop, client: Client) -> None:
    tea = CategoryFactory.create(slug="tea")
    green = CategoryFactory.create(slug="green", parent=tea)
    acme = BrandFactory.create(slug="acme")
    lamp = product(shop, "Red lamp", sku="L-1", category=green, brand=acme)
    ProductImageFactory.create(product=lamp)
    product(shop, "Red rug", status="draft", stock=3, tags=["gift"])
    product(shop, "Old clock", stock=0, compare_price=Decimal(90))
    product(shop, "Last vase", status="archived", stock=0)
    ProductVariantFactory.create(
        product__shop=shop, product__name="Made to order", inventory_policy="continue"
    )
    product(ShopFactory.create(), "Red lamp of others")

    assert listed(client, shop, words="red") == ["Red rug", "Red lamp"]
    assert listed(client, shop, words="lamp red") == ["Red lamp"]
    assert listed(client, shop, words="l-1") == ["Red lamp"]
    assert listed(client, shop, words=lamp.variants.get().sku) == ["Red lamp"]
    assert listed(client, shop, words="100%_") == []
    assert listed(client, shop, status="draft") == ["Red rug"]
    assert listed(client, shop, status="sold") == listed(client, shop)
    assert listed(client, shop, category="tea") == ["Red lamp"]
    assert listed(client, shop, category="nowhere") == []
    assert listed(client, shop, brand="acme") == ["Red lamp"]
    assert listed(client, shop, tag="gift") == ["Red rug"]
    assert listed(client, shop, reduced="1") == ["Old clock"]
    assert "Red lamp" not in listed(client, shop, bare="1")
    assert listed(client, shop, stock="low") == ["Red rug"]
    assert listed(client, shop, stock="out") == ["Last vase", "Old clock"]
    assert listed(client, shop, stock="out", status="archived") == ["Last vase"]
    assert listed(client, shop, stock="in") == ["Made to order", "Red rug", "Red lamp"]


@pytest.mark.parametrize("sort", ["newest", "name", "sku", "price", "-price", "odd"])
def test_every_order_pages_to_the_end_and_back(
    shop: Shop, client: Client, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.views.sell_products.PAGE", 3)
    for number in range(7):
        product(shop, f"Name {number % 3}", price=Decimal(number % 2))
    where = f"/sell/{shop.slug}/products/"

    found, at = [], ""
    for _ in range(3):
        page = client.get(where, {"sort": sort, "at": at}).context["page"]
        found += [one.pk for one in page.rows]
        at = page.next
    last = client.get(where, {"sort": sort, "at": "last"}).context["page"]

    assert len(set(found)) == 7
    assert not at
    assert [one.pk for one in last.rows] == found[-3:]


def test_the_list_costs_the_same_for_one_and_for_many(
    shop: Shop, client: Client
) -> None:
    counts = []
    query = {"words": "lamp", "stock": "in", "category": "tea", "sort": "name"}
    tea = CategoryFactory.create(slug="tea")
    for rows in (1, 20):
        for number in range(rows):
            made = product(shop, f"Lamp {number}", category=tea)
            ProductImageFactory.create(product=made)
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert listed(client, shop, **query)
        counts.append(len(caught))

    assert counts[0] == counts[1] <= MOST_STATEMENTS


def test_pictures_without_measures_cost_no_file(shop: Shop, client: Client) -> None:
    image = ProductImageFactory.create(product=product(shop, "Lamp"))
    type(image).objects.update(width=None, height=None, src="products/gone.webp")

    assert listed(client, shop) == ["Lamp"]


def test_views_are_kept_under_a_name_and_are_ones_own(
    shop: Shop, client: Client
) -> None:
    where = f"/sell/{shop.slug}/products/"
    member = ShopMemberFactory.create(shop=shop, role=MemberRole.STAFF)
    other = Client()
    other.force_login(member.user)
    sent = {"name": " My  drafts ", "status": "draft", "sort": "name", "evil": "1"}

    client.post(where + "views/", sent)
    client.post(where + "views/", {**sent, "sort": "price"})
    client.post(where + "views/", {"name": " ", "status": "draft"})

    view = SavedView.objects.get()
    assert (view.name, view.query) == ("My drafts", "status=draft&sort=price")
    assert "My drafts" in client.get(where).content.decode()
    assert "My drafts" not in other.get(where).content.decode()
    other.post(where + "views/remove/", {"name": view.name})
    assert SavedView.objects.filter(pk=view.pk).exists()
    client.post(where + "views/remove/", {"name": view.name})
    assert not SavedView.objects.exists()


def test_staff_look_and_cannot_change(shop: Shop) -> None:
    product(shop, "Lamp")
    staff = Client()
    staff.force_login(ShopMemberFactory.create(shop=shop, role=MemberRole.STAFF).user)

    page = staff.get(f"/sell/{shop.slug}/products/").content.decode()

    assert "Lamp" in page
    assert "change/" not in page
    assert "export.csv" not in page
