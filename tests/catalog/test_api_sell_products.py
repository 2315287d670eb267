"""A shop's products for programs: the same rules as on the pages."""

from __future__ import annotations

from decimal import Decimal
from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog.models import Product, ProductVariant
from shop.ids import uuid7
from shop.models import Job, Shop
from shop.services import jobs
from tests.factories.catalog import ProductFactory, ProductVariantFactory
from tests.factories.shop import ShopFactory
from tests.factories.users import ShopMemberFactory
from users.models import MemberRole

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return ShopFactory.create(currency="GBP")


@pytest.fixture
def client(shop: Shop) -> Client:
    client = Client()
    client.force_login(shop.owner)
    return client


@pytest.fixture
def staff(shop: Shop) -> Client:
    client = Client()
    client.force_login(ShopMemberFactory.create(shop=shop, role=MemberRole.STAFF).user)
    return client


def variant(shop: Shop, sku: str, **options: Any) -> ProductVariant:
    made: ProductVariant = ProductVariantFactory.create(
        product__shop=shop, sku=sku, inventory_quantity=5, **options
    )
    return made


def post(client: Client, shop: Shop, path: str, sent: dict[str, Any]) -> Any:
    return client.post(
        f"/api/v1/sell/{shop.slug}/products/{path}/", sent, "application/json"
    )


def run(answer: Any) -> Job:
    job = Job.objects.get(pk=answer.json().get("id") or answer.json()["job"]["id"])
    jobs.run_job(job_id=job.pk, budget_s=60, clock=timezone.now)
    job.refresh_from_db()
    return job


def test_list_is_filtered_and_costs_the_same_for_many(
    shop: Shop, client: Client
) -> None:
    where = f"/api/v1/sell/{shop.slug}/products/"
    counts = []
    for rows in (1, 10):
        for number in range(rows):
            variant(shop, f"S-{rows}-{number}", product__status="draft")
        with CaptureQueriesContext(connection) as caught:
            found = client.get(where + "?status=draft&stock=low").json()["results"]
        counts.append(len(caught))
    ProductFactory.create(shop=shop)
    ProductFactory.create()

    assert counts[0] == counts[1]
    assert len(found) == 11
    assert (found[0]["units"], found[0]["stock"], found[0]["variants"]) == (5, "low", 1)
    assert len(client.get(where).json()["results"]) == 12


def test_change_opens_one_job_a_token(shop: Shop, client: Client) -> None:
    mine, other = variant(shop, "A"), variant(ShopFactory.create(), "A")
    sent = {
        "ids": [str(mine.product_id), str(other.product_id)],
        "action": "price",
        "fields": {"percent": "10"},
        "token": str(uuid7()),
    }

    first, second = (post(client, shop, "change", sent) for _ in range(2))

    assert first.status_code == HTTPStatus.ACCEPTED
    assert first.json()["id"] == second.json()["id"]
    assert run(first).total_rows == 1
    mine.refresh_from_db()
    other.refresh_from_db()
    assert (mine.price, other.price) == (Decimal("11.00"), Decimal("10.00"))


def test_change_of_all_that_match(shop: Shop, client: Client, staff: Client) -> None:
    variant(shop, "A", product__status="draft")
    variant(shop, "B")
    sent = {
        "filter": {"status": "draft"},
        "action": "status",
        "fields": {"status": "archived"},
        "expected": 2,
    }

    refused = post(client, shop, "change", sent)
    done = post(client, shop, "change", sent | {"expected": 1})

    assert (refused.status_code, refused.json()["code"]) == (409, "count_changed")
    run(done)
    assert sorted(Product.objects.values_list("status", flat=True)) == [
        "active",
        "archived",
    ]
    assert post(staff, shop, "change", sent).status_code == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize(
    ("sent", "where"),
    [
        ({"action": "price", "fields": {}}, "non_field_errors"),
        ({"filter": {}, "ids": [], "action": "price", "fields": {}}, "non_field_errors"),
        ({"filter": {}, "action": "price", "fields": {"percent": "x"}}, "fields"),
        ({"filter": {}, "action": "sell", "fields": {}}, "action"),
        ({"filter": {"status": "sold"}, "action": "price", "fields": {}}, "filter"),
        ({"ids": ["x"], "action": "price", "fields": {}}, "ids"),
        ({}, "action"),
    ],
)  # fmt: skip
def test_bad_changes_are_told_by_field(
    shop: Shop, client: Client, sent: dict[str, Any], where: str
) -> None:
    variant(shop, "A")

    answer = post(client, shop, "change", sent)

    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert where in " ".join(str(one["attr"]) for one in answer.json()["errors"])
    assert not Job.objects.exists()


def test_sheet_is_checked_then_done(shop: Shop, client: Client, staff: Client) -> None:
    variant(shop, "A")
    variant(ShopFactory.create(), "B")
    rows = [{"sku": "A", "price": "12,50", "stock": "7"}, {"sku": "B", "stock": "1"}]

    checked = post(client, shop, "sheet", {"rows": rows, "is_check": True})
    wrong = post(client, shop, "sheet", {"rows": rows})
    done = post(client, shop, "sheet", {"rows": rows, "skip_wrong": True})
    of_staff = post(staff, shop, "sheet", {"rows": [{"sku": "A", "price": "1"}]})

    assert (checked.status_code, wrong.status_code) == (200, 200)
    assert checked.json() == wrong.json()
    assert checked.json()["changes"] == [
        {"sku": "A", "cells": {"price": ["10.00", "12.50"], "stock": ["5", "7"]}}
    ]
    assert [one["message"] for one in checked.json()["wrong"]] == [
        "Your shop has no such SKU."
    ]
    assert done.status_code == HTTPStatus.ACCEPTED
    run(done)
    mine = ProductVariant.objects.get(shop=shop)
    assert (mine.price, mine.inventory_quantity) == (Decimal("12.50"), 7)
    assert of_staff.json()["job"] is None
    assert "role" in of_staff.json()["wrong"][0]["message"]


def test_views_are_kept_by_name_and_are_ones_own(client, shop):
    address = reverse("v1:sell-product-views", args=[shop.slug])
    client.force_login(shop.owner)

    for status in ("draft", "active"):
        body = {"name": " Mine ", "filter": {"status": status}, "sort": "name"}
        answer = client.post(address, body, content_type="application/json")
        assert answer.status_code == 201
    refused = client.post(
        address,
        {"name": "Long", "filter": {"words": "ü" * 100, "tag": "ü" * 100}},
        content_type="application/json",
    )

    assert refused.status_code == 409
    assert [(one["name"], one["query"]) for one in client.get(address).json()] == [
        ("Mine", "status=active&sort=name")
    ]
    colleague = ShopMemberFactory(shop=shop, role=MemberRole.MANAGER).user
    client.force_login(colleague)
    assert client.get(address).json() == []
    client.delete(f"{address}?name=Mine")
    client.force_login(shop.owner)
    assert client.delete(f"{address}?name=Mine").status_code == 204
    assert client.get(address).json() == []


def test_the_file_for_programs_is_the_pages(client, shop):
    variant(shop, "lamp-1", product__status="draft")
    variant(shop, "lamp-2")
    client.force_login(shop.owner)
    narrowed = {"status": "draft"}

    files = [
        b"".join(
            client.get(reverse(name, args=[shop.slug]), narrowed).streaming_content
        )
        for name in ("v1:sell-products-file", "sell:products_export")
    ]

    assert files[0] == files[1]
    assert b"lamp-1" in files[0]
    assert b"lamp-2" not in files[0]
