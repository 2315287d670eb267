"""What was exported imports again and changes nothing."""

from __future__ import annotations

import csv
import io
import string
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from catalog.models import Category, Product, Tag
from catalog.services.bulk import make_tags
from catalog.services.prices import show_lowest_prices
from ingestion.exports import product_lines
from ingestion.models import FileStatus, IngestionFile
from ingestion.services.imports import run_import
from ingestion.services.uploads import receive_file
from shop.models import Shop
from tests.factories.catalog import (
    BrandFactory,
    CategoryFactory,
    ProductFactory,
    ProductTagFactory,
    ProductVariantFactory,
)
from tests.factories.shop import ShopFactory
from tests.factories.users import ShopMemberFactory
from users.models import MemberRole

TABLES = ("products", "product_variants", "categories", "brands", "tags",
          "product_tags", "price_history", "inventory_logs")  # fmt: skip
pytestmark = pytest.mark.django_db(transaction=True)


def exported(shop: Shop) -> str:
    return "".join(product_lines(products=Product.objects.filter(shop=shop)))


def imported(shop: Shop, text: str) -> IngestionFile:
    receipt = receive_file(
        stream=io.BytesIO(text.encode()),
        filename="products.csv",
        kind="soko",
        shop=shop,
        now=timezone.now(),
        queue=False,
    )
    file = run_import(file_id=receipt.file.pk, clock=timezone.now).file
    assert file.status == FileStatus.COMPLETED, file.error_message
    return file


def rows() -> dict[str, list[str]]:
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT row::text FROM {table} AS row ORDER BY id")
            found[table] = [text for (text,) in cursor.fetchall()]
    return found


# What a form lets through: any characters that a database and a file can hold, trimmed.
LETTERS = st.one_of(
    st.sampled_from(
        list(string.ascii_letters + string.digits + " ,;|\t'\"=+-@>äßЖ日\n")
    ),
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]),
)


def texts(most: int, *, least: int = 0) -> st.SearchStrategy[str]:
    found = st.text(LETTERS, min_size=least, max_size=most).map(str.strip)
    return found.filter(lambda text: len(text) >= least)


def needed(most: int) -> st.SearchStrategy[str]:
    """No cell that must be filled begins with an apostrophe before a formula."""
    return texts(most, least=1).filter(
        lambda text: not text.startswith("'") and "\ufffd" not in text
    )


PRICES = st.decimals(0, 99_999, places=2)
VARIANT = st.fixed_dictionaries(
    {
        "price": PRICES,
        "compare_price": st.none() | PRICES,
        "cost_price": st.none() | PRICES,
        "weight": st.none() | st.decimals(0, 9_999, places=2),
        "barcode": texts(20),
        "option1": texts(20),
        "option2": texts(20),
        "inventory_quantity": st.integers(0, 900),
        "inventory_tracking": st.booleans(),
    }
)
PRODUCT = st.fixed_dictionaries(
    {
        "name": needed(40),
        "description": texts(60),
        "status": st.sampled_from(["draft", "active", "archived"]),
        "tags": st.lists(texts(12, least=1), max_size=3, unique=True),
        "weight": st.none() | st.decimals(0, 9_999, places=2),
        "category": texts(12, least=1),
        "brand": texts(12, least=1),
        "variants": st.lists(VARIANT, min_size=1, max_size=3),
    }
)


def make(shop: Shop, number: int, wanted: dict[str, Any]) -> None:
    variants = wanted.pop("variants")
    root, _ = Category.objects.get_or_create(slug="root", defaults={"name": "Root"})
    category = CategoryFactory.create(name=wanted.pop("category"), parent=root)
    name = wanted.pop("brand")
    brand = BrandFactory._meta.model.objects.filter(name=name).first()
    product = ProductFactory.create(
        shop=shop,
        sku=f"P{number}",
        category=category,
        brand=brand or BrandFactory.create(name=name),
        **wanted,
    )
    made = [
        ProductVariantFactory.create(
            product=product, sku=f"P{number}-{place}", position=place, **one
        )
        for place, one in enumerate(variants)
    ]
    make_tags(names=product.tags)
    for tag in Tag.objects.filter(name__in=product.tags):
        ProductTagFactory.create(product=product, tag=tag)
    # A product shows what its cheapest variant costs.
    show_lowest_prices(product_ids=[product.pk], now=timezone.now())
    cheapest = min(made, key=lambda one: (one.price, one.position))
    Product.objects.filter(pk=product.pk).update(cost_price=cheapest.cost_price)


@settings(
    max_examples=12,
    deadline=None,
    # Each example is an import: shrinking one that fails would take minutes.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(products=st.lists(PRODUCT, min_size=1, max_size=3))
def test_export_imports_again_unchanged(products: list[dict[str, Any]]) -> None:
    shop = ShopFactory.create()
    for number, wanted in enumerate(products):
        make(shop, number, dict(wanted))
    before, text = rows(), exported(shop)

    file = imported(shop, text)

    lines = sum(len(one["variants"]) for one in products)
    assert (file.unchanged_rows, file.failed_rows) == (lines, 0), [
        (error.column, error.value, error.message) for error in file.row_errors.all()
    ]
    assert rows() == before
    assert exported(shop) == text


def test_export_into_an_empty_shop_makes_the_same_products() -> None:
    shop, other = ShopFactory.create(), ShopFactory.create()
    category = CategoryFactory.create(
        name="Tea", parent=CategoryFactory.create(name="Kitchen")
    )
    product = ProductFactory.create(
        shop=shop,
        sku="TEA",
        name="=cmd()",
        description='Two\nlines, "quoted"; and more',
        category=category,
        brand=BrandFactory.create(),
        tags=["green", "loose"],
        price=Decimal("4.50"),
    )
    for place, size in enumerate(("50 g", "100 g")):
        ProductVariantFactory.create(
            product=product, sku=f"TEA-{place}", option1=size, position=place,
            price=Decimal("4.50") * (place + 1), inventory_quantity=7,
        )  # fmt: skip

    file = imported(other, exported(shop))

    copy = Product.objects.get(shop=other)
    same = ("sku", "name", "description", "category_id", "brand_id", "tags", "status", "price")  # fmt: skip
    assert file.created_rows == 2
    assert [getattr(copy, name) for name in same] == [
        getattr(product, name) for name in same
    ]
    assert list(
        copy.variants.values_list("sku", "option1", "price", "inventory_quantity")
    ) == [
        ("TEA-0", "50 g", Decimal("4.50"), 7),
        ("TEA-1", "100 g", Decimal("9.00"), 7),
    ]


def test_pages_take_out_what_is_shown_and_bring_it_in() -> None:
    shop = ShopFactory.create()
    client = Client()
    client.force_login(shop.owner)
    kept = ProductVariantFactory.create(product__shop=shop, product__name="Lamp")
    ProductVariantFactory.create(product__shop=shop, product__name="Chair")
    ProductVariantFactory.create(product__name="Lamp of others")
    where = f"/sell/{shop.slug}/products/"

    text = client.get(where + "export.csv?words=lamp").getvalue().decode()
    sent = io.BytesIO(text.replace("Lamp", "Lantern").encode())
    sent.name = "products.csv"
    answer = client.post(where + "import/", {"file": sent}, follow=True)

    table = list(csv.DictReader(io.StringIO(text)))
    assert [row["sku"] for row in table] == [kept.sku]
    assert "products.csv" in answer.content.decode()
    file = IngestionFile.objects.get(shop=shop)
    waiting = client.get(where + f"import/{file.pk}/", headers={"HX-Request": "true"})
    assert "every 2s" in waiting.content.decode()
    run_import(file_id=file.pk, clock=timezone.now)
    kept.product.refresh_from_db()
    assert kept.product.name == "Lantern"
    page = client.get(where + f"import/{file.pk}/").content.decode()
    assert "every 2s" not in page
    empty = client.post(where + "import/", {}).content.decode()
    assert "Choose a file." in empty


def test_files_are_of_their_shop_and_for_those_who_edit() -> None:
    shop, other = ShopFactory.create(), ShopFactory.create()
    file = imported(other, "sku,name,price\nx,Name,1\n")  # fmt: skip
    owner, staff = Client(), Client()
    owner.force_login(shop.owner)
    staff.force_login(ShopMemberFactory.create(shop=shop, role=MemberRole.STAFF).user)
    where = f"/sell/{shop.slug}/products/"

    assert owner.get(where + f"import/{file.pk}/").status_code == 404
    assert owner.get(where + f"import/{file.pk}/failed.csv").status_code == 404
    assert staff.get(where + "export.csv").status_code == 403
    assert staff.post(where + "import/").status_code == 403


def test_what_the_format_cannot_hold_is_left_out() -> None:
    shop = ShopFactory.create()
    upper = CategoryFactory.create(name="Tea > cups")
    product = ProductFactory.create(
        shop=shop, category=upper, tags=["a,b"], description=" spaced "
    )
    ProductVariantFactory.create(product=product, inventory_tracking=False)
    ProductVariantFactory.create(
        product=product, inventory_policy="continue", inventory_quantity=-3
    )

    [first, second] = csv.DictReader(io.StringIO(exported(shop)))

    names = ("category", "tags", "description", "stock")
    assert [first[name] for name in names] == [""] * 4
    assert second["stock"] == ""
