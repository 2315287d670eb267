"""One product behind the counter, for programs."""

from __future__ import annotations

from decimal import Decimal
from http import HTTPStatus
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from rest_framework.test import APIClient

from catalog.models import Product
from shop.models import Shop
from tests.factories.catalog import (
    BrandFactory,
    ProductFactory,
    ProductVariantFactory,
)
from tests.factories.shop import ShopFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return ShopFactory.create()


@pytest.fixture
def lamp(shop: Shop) -> Product:
    lamp: Product = ProductFactory.create(shop=shop, name="Lamp", slug="lamp")
    ProductVariantFactory.create(product=lamp, sku="L-1")
    return lamp


@pytest.fixture
def api(shop: Shop) -> APIClient:
    client = APIClient()
    client.force_authenticate(shop.owner)
    return client


def _address(product: Product, part: str = "") -> str:
    return f"/api/v1/sell/{product.shop.slug}/products/{product.pk}/{part}"


def _patch(api: APIClient, product: Product, version: str, **changes: Any) -> Any:
    return api.patch(
        _address(product), changes, format="json", headers={"If-Match": version}
    )


def test_fields_are_changed_from_the_version_that_was_read(
    lamp: Product, api: APIClient
) -> None:
    brand = BrandFactory.create(slug="acme")
    read = api.get(_address(lamp))

    answer = _patch(api, lamp, read["ETag"], name="Oak lamp", brand="acme", facts={"Power": "4 W"})  # fmt: skip

    assert answer.status_code == HTTPStatus.OK
    assert answer.data["version"] != read.data["version"]
    assert answer["ETag"] == f'"{answer.data["version"]}"'
    lamp.refresh_from_db()
    assert (lamp.name, lamp.brand) == ("Oak lamp", brand)
    assert lamp.attributes == {"facts": {"Power": "4 W"}}


def test_a_colleague_who_was_faster_is_told(lamp: Product, api: APIClient) -> None:
    read = api.get(_address(lamp))
    _patch(api, lamp, read["ETag"], name="Theirs")

    answer = _patch(api, lamp, read["ETag"], name="Mine")

    assert answer.status_code == HTTPStatus.PRECONDITION_FAILED
    assert answer.data["code"] == "product_changed"
    assert answer.data["theirs"]["name"] == "Theirs"
    again = _patch(api, lamp, answer.data["version"], name="Mine")
    assert (again.status_code, again.data["name"]) == (HTTPStatus.OK, "Mine")


def test_a_version_is_needed_and_values_are_checked(
    lamp: Product, api: APIClient
) -> None:
    ProductFactory.create(slug="taken")
    version = api.get(_address(lamp))["ETag"]

    bare = api.patch(_address(lamp), {"name": "x"}, format="json")
    wrong = _patch(api, lamp, version, slug="taken", name="x")

    assert bare.status_code == HTTPStatus.PRECONDITION_REQUIRED
    assert wrong.status_code == HTTPStatus.BAD_REQUEST
    assert [error["attr"] for error in wrong.data["errors"]] == ["slug"]
    lamp.refresh_from_db()
    assert lamp.name == "Lamp"


@pytest.mark.parametrize(
    "changes",
    [
        {"facts": ["Power"]},
        {"facts": {"Power": {"W": 4}}},
        {"facts": {"": "4 W"}},
        {"facts": {"Power\0": ""}},
        {"tags": "gift"},
        {"tags": ["x" * 101]},
        {"category": "nowhere"},
        {"category": ["a"]},
        {"publish_at": "9999-12-31T23:59:59-11:00"},
        {"withdraw_at": "0001-01-01T00:00:00+13:00"},
        {"status": "sold"},
        {"name": "nul\0"},
        {"name": {"en": "Lamp"}},
        {"slug": "../admin"},
        {"tax_class": ""},
    ],
)
def test_nonsense_is_refused_and_changes_nothing(
    changes: dict[str, Any], lamp: Product, api: APIClient
) -> None:
    before = Product.objects.filter(pk=lamp.pk).values().get()

    answer = _patch(api, lamp, api.get(_address(lamp))["ETag"], **changes)

    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert Product.objects.filter(pk=lamp.pk).values().get() == before


@pytest.mark.parametrize(
    "row",
    [
        {"price": "NaN"},
        {"price": "1e400"},
        {"price": None},
        {"weight": "-1"},
        {"sku": ""},
        {"id": "x"},
        {"barcode": ["1"]},
        {"is_active": "perhaps"},
    ],
)
def test_a_row_of_nonsense_is_refused(
    row: dict[str, Any], lamp: Product, api: APIClient
) -> None:
    variant = lamp.variants.get()
    sent = {"rows": [{"id": str(variant.pk), **row}]}

    answer = api.patch(_address(lamp, "variants/"), sent, format="json")

    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert lamp.variants.values().get()["price"] == variant.price


def test_a_product_is_made_and_copied(shop: Shop, api: APIClient) -> None:
    address = f"/api/v1/sell/{shop.slug}/products/"

    made = api.post(address, {"name": "Rug", "price": "12.50", "units": 3}, format="json")  # fmt: skip
    again = api.post(
        address, {"name": "Rug", "price": "1", "sku": "RUG"}, format="json"
    )
    rug = Product.objects.get(pk=made.data["id"])
    copy = api.post(_address(rug, "duplicate/"))

    assert (made.status_code, rug.status, rug.price) == (201, "draft", Decimal("12.50"))
    assert again.status_code == HTTPStatus.BAD_REQUEST
    assert (copy.status_code, copy.data["sku"]) == (201, "RUG-COPY")
    assert len(api.get(address).data["results"]) == 2


def test_variants_are_read_changed_and_removed(lamp: Product, api: APIClient) -> None:
    address = _address(lamp, "variants/")
    (row,) = api.get(address).data["results"]

    changed = api.patch(address, {"rows": [{**row, "price": "8.00"}]}, format="json")
    stale = api.patch(address, {"rows": [{**row, "price": "7.00"}]}, format="json")
    last = api.post(address + "remove/", {"ids": [row["id"]]}, format="json")

    assert changed.data == {"changed": 1}
    assert stale.status_code == HTTPStatus.BAD_REQUEST
    assert (last.status_code, last.data["code"]) == (409, "last_variant")
    assert lamp.variants.get().price == Decimal(8)


def test_options_are_planned_and_made(lamp: Product, api: APIClient) -> None:
    address = _address(lamp, "options/")
    options = {"options": [{"name": "Size", "values": ["S", "M", "L"]}]}

    plan = api.post(address, options, format="json").data
    made = api.post(address, {**options, "version": plan["version"]}, format="json")
    late = api.post(address, {**options, "version": plan["version"]}, format="json")

    assert {
        name: plan[name] for name in ("total", "kept", "new", "gone", "is_made")
    } == {
        "total": 3,
        "kept": 1,
        "new": 2,
        "gone": 0,
        "is_made": False,
    }
    assert made.data["is_made"] is True
    assert lamp.variants.count() == 3
    assert (late.status_code, late.data["code"]) == (409, "variants_changed")


def test_pictures_are_sent_ordered_described_and_removed(
    lamp: Product, api: APIClient
) -> None:
    address = _address(lamp, "pictures/")

    def file(colour: str) -> SimpleUploadedFile:
        buffer = BytesIO()
        Image.new("RGB", (20, 20), colour).save(buffer, "PNG")
        return SimpleUploadedFile("x.png", buffer.getvalue(), "image/png")

    two = {"pictures": [file("red"), file("blue")], "alt": "Lit"}
    sent = api.post(address, two, format="multipart")
    first, second = (one["id"] for one in sent.data)
    script = {"pictures": [SimpleUploadedFile("x.png", b"<svg/>")]}
    bad = api.post(address, script, format="multipart")
    order = api.put(address + "order/", {"ids": [second, first]}, format="json")
    words = api.patch(f"{address}{first}/", {"alt": "Off"}, format="json")
    gone = api.delete(f"{address}{second}/")

    assert (sent.status_code, bad.status_code) == (201, 400)
    assert (order.status_code, words.data["alt"], gone.status_code) == (204, "Off", 204)
    (left,) = api.get(address).data
    assert (left["id"], left["is_primary"], left["alt"]) == (first, True, "Off")
