"""A sheet of prices and stock: what it would change, cell by cell, then done and undone."""

from __future__ import annotations

import csv
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from catalog.models import InventoryLog, PriceChange, ProductVariant
from catalog.services.sheets import (
    MOST_LINES,
    NotANumber,
    TooManyLines,
    UnknownColumns,
    parse_paste,
    plan_sheet,
    read_amount,
)
from catalog.services.stock import set_stock
from shop.models import Job, Shop
from shop.services import jobs
from tests.factories.catalog import ProductVariantFactory
from tests.factories.shop import ShopFactory
from tests.factories.users import ShopMemberFactory
from users.models import MemberRole

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def shop() -> Shop:
    return ShopFactory.create(currency="GBP")


@pytest.fixture
def client(shop: Shop) -> Client:
    client = Client()
    client.force_login(shop.owner)
    return client


def variant(shop: Shop, sku: str, price: str = "10.00", stock: int = 5) -> Any:
    return ProductVariantFactory.create(
        product__shop=shop,
        product__price=D(price),
        sku=sku,
        price=D(price),
        inventory_quantity=stock,
    )


def errors(shop: Shop, text: str) -> list[tuple[int, str, str]]:
    plan = plan_sheet(
        shop_id=shop.pk, lines=parse_paste(text=text), may_price=True, may_stock=True
    )
    return [(one.line, one.column, one.message) for one in plan.errors]


def changes(shop: Shop, text: str) -> dict[str, Any]:
    plan = plan_sheet(
        shop_id=shop.pk, lines=parse_paste(text=text), may_price=True, may_stock=True
    )
    assert plan.errors == []
    return {one.sku: one.cells for one in plan.changes}


def applied(client: Client, shop: Shop, **sent: Any) -> Job:
    where = f"/sell/{shop.slug}/products/grid/"
    plan = client.post(where, sent)
    answer = client.post(
        where + "apply/", {"plan": plan.context["plan"], "token": plan.context["token"]}
    )
    job = Job.objects.latest("id")
    assert answer["Location"] == f"/sell/{shop.slug}/jobs/{job.pk}/"
    jobs.run_job(job_id=job.pk, budget_s=60, clock=timezone.now)
    job.refresh_from_db()
    return job


def now(sku: str) -> tuple[Decimal, Decimal | None, int]:
    row = ProductVariant.objects.get(sku=sku)
    return row.price, row.compare_price, row.inventory_quantity


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12", "12"), ("12.50", "12.50"), ("12,50", "12.50"), ("£ 1,234.50", "1234.50"),
        ("1.234,50 €", "1234.50"), ("1 234,5", "1234.5"), ("1'234.50", "1234.50"),
        ("1,234,567", "1234567"), ("-3", "-3"),
    ],
)  # fmt: skip
def test_amounts_are_read_as_people_write_them(text: str, amount: str) -> None:
    assert read_amount(text) == D(amount)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ten",
        "1e5",
        "1,2,3",
        "1,2.5",
        "NaN",
        "1,234",
        "1.234",
        "12-5",
        "--1",
        ".",
        "٣٫٥x",
        "1/2",
    ],
)
def test_what_is_no_one_number_is_refused(text: str) -> None:
    with pytest.raises(NotANumber):
        read_amount(text)


def test_columns_are_told_by_heading_or_by_place(shop: Shop) -> None:
    variant(shop, "A")

    headed = changes(shop, "Stock\tSKU\tnotes\tPrice\n7\tA\tx\t11")
    placed = changes(shop, "A;11,00;7")
    quoted = changes(shop, 'SKU,compare_price\n"A","12.00"')

    assert headed == placed == {"A": {"price": ("10.00", "11.00"), "stock": ("5", "7")}}
    assert quoted == {"A": {"compare_price": ("", "12.00")}}
    for text in ("", "A", "price;stock\n1;2", "SKU;notes\nA;b", "SKU;SKU;price\nA;A;1", "a;b;c;d;e"):  # fmt: skip
        with pytest.raises(UnknownColumns):
            parse_paste(text=text)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "SKU;Preis;Streichpreis;Bestand\nLAMP-1;9;12;4"),
        ("pt-br", "sku;PRECO;Preço riscado;Estoque\nLAMP-1;9;12;4"),
        ("sw", "SKU;Bei;Iliyopigwa mstari;Akiba\nLAMP-1;9;12;4"),
        ("de", "SKU;price;compare price;stock\nLAMP-1;9;12;4"),
    ],
)
def test_headings_may_be_in_the_readers_own_language(language: str, text: str) -> None:
    with translation.override(language):
        lines = parse_paste(text=text)

    cells = {"price": "9", "compare_price": "12", "stock": "4"}
    assert [(line.sku, line.cells) for line in lines] == [("LAMP-1", cells)]


def test_an_article_that_begins_like_a_heading_is_none() -> None:
    assert [line.sku for line in parse_paste(text="SKU-1;9;4")] == ["SKU-1"]


def test_every_bad_cell_is_told_and_nothing_written(shop: Shop) -> None:
    variant(shop, "A")
    held = variant(shop, "B")
    variant(ShopFactory.create(), "THEIRS")
    ProductVariant.objects.filter(pk=held.pk).update(reserved_quantity=3)
    text = "SKU\tprice\tstock\nA\tten\t1.5\nA\t1\t1\nB\t-1\t2\nTHEIRS\t1\t1\n\t1\t1\nC\t=1+1\t1"

    assert errors(shop, text) == [
        (2, "price", "This is not a number."),
        (2, "stock", "Stock is a whole number between 0 and 1000000."),
        (3, "", "This SKU stands here twice."),
        (4, "price", "A price is zero or more, and below ten thousand million."),
        (4, "stock", "3 units are promised to checkouts; stock cannot be less."),
        (5, "", "Your shop has no such SKU."),
        (6, "", "The SKU is missing."),
        (7, "", "Your shop has no such SKU."),
    ]
    assert errors(shop, "A;=1+1;@x") == [
        (1, "price", "This is a formula. Paste its value."),
        (1, "stock", "This is a formula. Paste its value."),
    ]
    assert errors(shop, "A;1000000000000;5")[0][1:] == (
        "price",
        "A price is zero or more, and below ten thousand million.",
    )
    assert (now("A"), now("B")) == ((D(10), None, 5), (D(10), None, 5))


def test_a_paste_of_100_000_lines_is_refused_in_a_sentence(
    shop: Shop, client: Client
) -> None:
    text = "\n".join(f"SKU-{number};1;1" for number in range(100_000))

    with pytest.raises(TooManyLines):
        parse_paste(text=text)
    page = client.post(f"/sell/{shop.slug}/products/grid/", {"paste": text})

    assert f"a sheet takes {MOST_LINES}" in page.content.decode()
    assert not Job.objects.exists()


def test_a_paste_is_shown_then_done_and_undone(shop: Shop, client: Client) -> None:
    variant(shop, "A")
    variant(shop, "B")
    text = "SKU\tprice\tcompare price\tstock\nA\t8\t10\t9\nB\t\t\t5\nX\t1\t1\t1"

    job = applied(client, shop, paste=text)

    assert (job.kind, job.total_rows, job.done_rows) == ("catalog.change_sheet", 1, 1)
    assert now("A") == (D(8), D(10), 9)
    [log] = InventoryLog.objects.all()
    assert (log.adjustment, log.reason, log.user_id) == (4, "count", shop.owner_id)
    assert PriceChange.objects.count() == 1
    undo = jobs.undo_job(job_id=job.pk, by=shop.owner, now=timezone.now())
    jobs.run_job(job_id=undo.pk, budget_s=60, clock=timezone.now)
    assert now("A") == (D(10), None, 5)
    assert sum(InventoryLog.objects.values_list("adjustment", flat=True)) == 0


def test_a_quotation_that_never_ends_is_refused_in_a_sentence() -> None:
    text = 'SKU;price\n"' + "x" * (csv.field_size_limit() + 1)

    with pytest.raises(UnknownColumns, match="quotation mark"):
        parse_paste(text=text)


def test_edited_cells_meet_other_peoples_changes(shop: Shop, client: Client) -> None:
    moved, still = variant(shop, "A"), variant(shop, "B")
    set_stock(levels={moved.pk: 4, still.pk: 4}, now=timezone.now())
    sent = {
        "sku": ["A", "B"],
        "seen": ["10.00||5", "10.00||5"],
        "price": ["10.00", "11"],
        "compare_price": ["", ""],
        # Of the first the stock was edited, of the second it is what it was.
        "stock": ["7", "5"],
    }

    plan = client.post(f"/sell/{shop.slug}/products/grid/", sent)

    assert [(one.sku, one.message) for one in plan.context["wrong"]] == [
        ("A", "Meanwhile it is 4.")
    ]
    assert [one.sku for one in plan.context["changed"]] == ["B"]
    job = applied(client, shop, **sent)
    assert job.done_rows == 1
    assert now("B") == (D(11), None, 4)


def test_what_changed_between_the_plan_and_the_job_is_refused(
    shop: Shop, client: Client
) -> None:
    one = variant(shop, "A")
    where = f"/sell/{shop.slug}/products/grid/"
    plan = client.post(where, {"paste": "A;11;6"})
    set_stock(levels={one.pk: 1}, now=timezone.now())

    client.post(where + "apply/", {"plan": plan.context["plan"]})
    job = Job.objects.get()
    jobs.run_job(job_id=job.pk, budget_s=60, clock=timezone.now)

    job.refresh_from_db()
    assert job.refused_rows == 1
    assert now("A") == (D(10), None, 1)


def test_staff_count_stock_and_set_no_prices(shop: Shop) -> None:
    variant(shop, "A")
    staff = Client()
    staff.force_login(ShopMemberFactory.create(shop=shop, role=MemberRole.STAFF).user)
    where = f"/sell/{shop.slug}/products/grid/"

    page = staff.get(where).content.decode()
    wrong = staff.post(where, {"paste": "A;11;6"})
    job = applied(staff, shop, paste="SKU;stock\nA;6")

    assert 'name="price"' not in page
    assert [one.column for one in wrong.context["wrong"]] == ["Price"]
    assert job.kind == "catalog.count_stock"
    assert now("A") == (D(10), None, 6)


def test_a_plan_is_of_its_shop(shop: Shop, client: Client) -> None:
    other = ShopFactory.create(owner=shop.owner)
    variant(other, "A")
    plan = client.post(f"/sell/{other.slug}/products/grid/", {"paste": "A;11;6"})

    for sent in (plan.context["plan"], "forged", ""):
        client.post(f"/sell/{shop.slug}/products/grid/apply/", {"plan": sent})

    assert not Job.objects.exists()


def test_the_sheet_costs_the_same_for_one_and_for_many(
    shop: Shop, client: Client
) -> None:
    where, counts = f"/sell/{shop.slug}/products/grid/", []
    for rows in (1, 20):
        for number in range(rows):
            variant(shop, f"S-{rows}-{number}")
        with CaptureQueriesContext(connection) as shown:
            client.get(where)
        text = "\n".join(f"{sku};11;6" for sku in ProductVariant.objects.values_list("sku", flat=True))  # fmt: skip
        with CaptureQueriesContext(connection) as planned:
            client.post(where, {"paste": text})
        counts.append((len(shown), len(planned)))

    assert counts[0] == counts[1]
    assert max(counts[0]) <= 12
