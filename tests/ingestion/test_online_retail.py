"""The rules of the Online Retail importer, each on a few lines."""

import csv
import gzip
import io
import json
import os
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db.models import Sum

from analytics.models import ProductMetricsDaily
from catalog.models import (
    InventoryLog,
    InventoryPolicy,
    PriceChange,
    Product,
    ProductVariant,
)
from ingestion.errors import NoShop
from ingestion.models import FileStatus
from ingestion.services.undo import undo_import
from orders.models import Customer, Order, OrderItem, OrderReturn, OrderReturnItem
from shop.encryption import keyed_hash
from shop.ids import moment_of
from shop.models import GlobalEntity, Shop
from tests.factories.shop import ShopFactory
from tests.factories.users import OperatorFactory
from tests.ingestion.online_retail_files import (
    NOON,
    counts,
    load,
    snapshot,
    table,
)

pytestmark = pytest.mark.django_db(transaction=True)

LANTERN = "536365,71053,WHITE METAL LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,France"
HEART = "536365,85123A,HANGING HEART,6,2010-12-01 08:26:00,2.55,17850.0,France"
DATA = Path(os.environ.get("SOKO_DATA", "../shared/data")) / "online-retail"


@pytest.fixture
def shop():
    return ShopFactory(slug="tea", currency="GBP")


def test_an_invoice_becomes_an_order_with_its_items(shop):
    file = load(table(LANTERN, HEART), shop=shop)

    order = Order.objects.get()
    assert counts(file) == (2, 0, 0, 0)
    assert (order.order_ref, order.order_number) == ("536365", "tea.536365")
    assert (order.shop, order.currency) == (shop, "GBP")
    assert (order.status, order.financial_status) == ("delivered", "paid")
    assert order.total_price == Decimal("35.64")
    assert order.event_time == datetime(2010, 12, 1, 8, 26, tzinfo=UTC)
    assert abs(moment_of(order.pk) - order.event_time).total_seconds() < 1
    assert order.extra_data == {"country": "France"}
    assert list(
        order.items.order_by("sku").values_list("sku", "name", "quantity", "price")
    ) == [
        ("71053", "WHITE METAL LANTERN", 6, Decimal("3.39")),
        ("85123A", "HANGING HEART", 6, Decimal("2.55")),
    ]
    assert GlobalEntity.objects.filter(
        entity_id=order.pk, event_time=order.event_time
    ).exists()


def test_a_stock_code_becomes_an_untracked_product_with_one_variant(shop):
    load(table(HEART, "1,85123a,small letters,1,2010-12-02 08:00:00,1,,"), shop=shop)

    variant = ProductVariant.objects.get(sku="85123A")
    assert variant.inventory_policy == InventoryPolicy.CONTINUE
    assert not variant.inventory_tracking
    assert (variant.price, variant.product.price) == (Decimal("2.55"),) * 2
    assert not variant.product.track_inventory
    assert Product.objects.filter(sku="85123a", name="small letters").exists()


def test_name_and_price_are_those_of_the_latest_sale_in_any_order_of_files(shop):
    newer = "3,A,NEW NAME,1,2011-03-01 08:00:00,3,,"
    older = "2,A,OLD NAME,1,2011-02-01 08:00:00,2,,"
    free = "4,A,,1,2011-04-01 08:00:00,0,,"
    damaged = "5,A,damaged,-1,2011-05-01 08:00:00,0,,"

    load(table(newer, free, damaged), shop=shop)
    load(table(older), shop=shop)

    product = Product.objects.get()
    assert (product.name, product.price) == ("NEW NAME", Decimal("3.00"))
    assert product.variants.get().price == Decimal("3.00")


def prices():
    return list(
        PriceChange.objects.order_by("id").values_list("old_price", "new_price")
    )


def test_the_price_opens_a_history_from_the_first_line_on(shop):
    early = "1,A,X,1,2011-01-01 08:00:00,2,,"
    late = "2,A,X,1,2011-02-01 08:00:00,3,,"
    never = "3,B,FREE,1,2011-02-01 08:00:00,0,,"

    load(table(early, late, never), shop=shop)

    # One file, one price: what was paid in January is no change of it.
    change = PriceChange.objects.get()
    assert (change.old_price, change.new_price) == (None, Decimal("3.00"))
    assert change.changed_at == datetime(2011, 1, 1, 8, tzinfo=UTC)


def test_another_price_of_a_later_file_is_a_change_and_goes_with_it(shop):
    first = load(table("1,A,X,1,2011-01-01 08:00:00,2,,"), shop=shop)
    before = snapshot()

    second = load(table("2,A,X,1,2011-03-01 08:00:00,5,,"), shop=shop)
    assert prices() == [(None, Decimal(2)), (Decimal(2), Decimal(5))]
    undo_import(file_id=second.pk, now=NOON)
    assert snapshot() == before
    undo_import(file_id=first.pk, now=NOON)

    assert prices() == []


def figures(start: date) -> None:
    """Build two days of the products' figures, and hold them against the rows."""
    days = ("--from", f"{start}", "--to", f"{start + timedelta(days=2)}")
    only = ("--only", "product_hourly,product_daily")
    call_command("rollup", "--json", *days, *only, stdout=io.StringIO())
    out = io.StringIO()
    call_command("rollup", "--verify", "--json", *days, *only, stdout=out)
    assert json.loads(out.getvalue())["differing"] == 0


def test_a_first_price_is_no_change_in_the_figures(shop):
    load(table("1,A,X,1,2011-01-01 08:00:00,2,,"), shop=shop)
    load(table("2,A,X,1,2011-01-02 08:00:00,5,,"), shop=shop)
    changed_on = PriceChange.objects.latest("changed_at").changed_at.date()

    figures(date(2011, 1, 1))
    figures(changed_on)

    days = ProductMetricsDaily.objects.order_by("event_time").values_list(
        "price_open", "price_close", "price_change_count"
    )
    assert list(days) == [(2, 2, 0), (2, 2, 0), (2, 5, 1)]


def test_buyers_are_hashes_and_guests_are_not_one_person(shop):
    load(
        table(
            "1,A,X,1,2011-01-01 08:00:00,1,17850.0,Norway",
            "2,A,X,1,2011-02-01 08:00:00,1,17850,Spain",
            "3,A,X,1,2011-03-01 08:00:00,1,,Spain",
            "4,A,X,1,2011-03-02 08:00:00,1,,Spain",
        ),
        shop=shop,
    )

    known = Customer.objects.get(email_hash=keyed_hash("online-retail:17850"))
    assert known.orders.count() == 2
    assert known.region == "Spain"
    assert known.first_order_at == datetime(2011, 1, 1, 8, tzinfo=UTC)
    assert known.last_order_at == datetime(2011, 2, 1, 8, tzinfo=UTC)
    assert Customer.objects.count() == 3


def test_equal_lines_of_an_invoice_are_items_of_their_own(shop):
    line = "1,A,X,1,2011-01-01 08:00:00,1.25,,"

    load(table(line, line, line), shop=shop)
    again = load(table(line, line, line, "2,A,X,1,2011-01-02 08:00:00,1,,"), shop=shop)

    assert counts(again) == (1, 0, 3, 0)
    assert OrderItem.objects.filter(order__order_ref="1").count() == 3
    assert Order.objects.get(order_ref="1").total_price == Decimal("3.75")


def test_a_cancelled_invoice_is_a_return_of_what_was_bought_before(shop):
    load(
        table(
            "1,A,X,10,2011-01-01 08:00:00,2,17850,",
            "2,A,X,5,2011-02-01 08:00:00,2,17850,",
            "3,A,X,50,2011-02-01 09:00:00,2,99999,",
            "C4,A,X,-4,2011-03-01 08:00:00,2,17850,",
            "C4,A,X,-4,2011-03-01 08:00:00,2,17850,",
            "C4,A,X,-1,2011-03-01 08:00:00,2,17850,",
            "C4,A,X,-20,2011-03-01 08:00:00,2,17850,",
            "5,A,X,50,2011-04-01 08:00:00,2,17850,",
        ),
        shop=shop,
    )

    back = OrderReturn.objects.get()
    assert (back.return_ref, back.status, back.order.order_ref) == (
        "C4",
        "refunded",
        "C4",
    )
    assert back.refund_total == Decimal("58.00")
    assert back.event_time == datetime(2011, 3, 1, 8, tzinfo=UTC)
    assert back.order.total_price == 0
    assert back.order.items.count() == 0
    matches = back.lines.order_by("item_ref").values_list(
        "quantity", "order_item__order__order_ref"
    )
    assert list(matches) == [(4, "2"), (4, "1"), (1, "2"), (20, None)]


def test_a_negative_price_is_a_return_too(shop):
    load(table("A7,B,Adjust bad debt,1,2011-08-12 14:51:00,-11062.06,,"), shop=shop)

    item = OrderReturnItem.objects.get()
    assert (item.quantity, item.price, item.order_item) == (
        1,
        Decimal("11062.06"),
        None,
    )
    assert OrderReturn.objects.get().refund_total == Decimal("11062.06")


def test_negative_quantity_without_a_price_corrects_the_stock(shop):
    lines = table(
        "9,A,damaged,-3,2011-01-02 08:00:00,0,,",
        "8,A,lost,-2,2011-01-01 08:00:00,0.0,,",
    )

    load(lines, shop=shop)
    again = load(lines + b"\n10,A,found,-1,2011-01-03 08:00:00,0,,\n", shop=shop)

    variant = ProductVariant.objects.get()
    assert counts(again) == (1, 0, 2, 0)
    assert variant.inventory_quantity == -6
    logs = InventoryLog.objects.order_by("created_at")
    assert list(logs.values_list("adjustment", "old_quantity", "reason", "notes")) == [
        (-2, 0, "correction", "8: lost"),
        (-3, -2, "correction", "9: damaged"),
        (-1, -5, "correction", "10: found"),
    ]
    assert not Order.objects.exists()


def test_lines_that_mean_nothing_are_refused(shop):
    file = load(
        table(
            "1,A,X,0,2011-01-01 08:00:00,2,,",
            "2,A,X,-1,2011-01-01 08:00:00,-2,,",
            "3,A,X,1000000,2011-01-01 08:00:00,999999,,",
        ),
        shop=shop,
    )

    assert counts(file) == (0, 0, 0, 3)
    assert list(file.row_errors.order_by("line").values_list("line", "column")) == [
        (2, "Quantity"),
        (3, "UnitPrice"),
        (4, "UnitPrice"),
    ]
    assert not Product.objects.exists()


def test_both_spellings_of_the_columns_and_dates_are_read(shop):
    other = (
        "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country"
    )
    load(table(LANTERN, HEART), shop=shop)
    before = snapshot()

    file = load(
        table(
            LANTERN.replace("2010-12-01 08:26:00", "12/1/2010 8:26").replace(".0", ""),
            HEART.replace(" 08:26:00", "T08:26:00Z"),
            heading=other,
        ),
        shop=shop,
    )

    assert counts(file) == (0, 0, 2, 0)
    assert snapshot() == before


def test_a_changed_line_updates_its_item_and_the_total(shop):
    load(table(LANTERN, HEART), shop=shop)

    file = load(table(LANTERN.replace(",6,", ",7,"), HEART), shop=shop)

    assert counts(file) == (0, 1, 1, 0)
    assert Order.objects.get().total_price == Decimal("39.03")


def test_without_a_shop_one_is_made_for_the_operator():
    operator = OperatorFactory()

    file = load(table(LANTERN))

    made = Shop.objects.get()
    assert (made.slug, made.owner, made.currency) == ("online-retail", operator, "GBP")
    assert file.shop == made


def test_without_a_shop_and_an_operator_it_is_refused():
    with pytest.raises(NoShop, match="Create an operator"):
        load(table(LANTERN))

    assert not Shop.objects.exists()


def _sample(lines: int | None) -> bytes:
    path = DATA / "online_retail.csv.gz"
    if not path.exists():
        pytest.skip(f"{path} is not there; set SOKO_DATA to the folder with the data.")
    with gzip.open(path, "rb") as rows:
        return (
            rows.read() if lines is None else b"".join(next(rows) for _ in range(lines))
        )


def test_the_published_file_comes_in_to_the_cent(shop):
    """5,000 lines of it, or all 541,909 with SOKO_FULL_DATA=1 (about a minute)."""
    full = os.environ.get("SOKO_FULL_DATA") == "1"
    content = _sample(None if full else 5_001)
    expected = sum(
        (
            Decimal(cells[3]) * Decimal(cells[5])
            for cells in csv.reader(content.decode().splitlines()[1:])
        ),
        Decimal(0),
    )

    file = load(content, shop=shop)

    sold = OrderItem.objects.aggregate(sum=Sum("subtotal"))["sum"] or 0
    back = OrderReturnItem.objects.aggregate(sum=Sum("amount"))["sum"] or 0
    assert file.status == FileStatus.COMPLETED
    assert counts(file) == (541_909 if full else 5_000, 0, 0, 0)
    assert sold - back == round(expected, 2)
    if full:
        assert sold - back == Decimal("9747747.93")
