"""Our own format: products, stock, prices and orders of a shop."""

import io
import random
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db.models import Sum
from django.utils import timezone

from catalog.models import (
    Brand,
    Category,
    InventoryLog,
    PriceChange,
    Product,
    ProductTag,
    ProductVariant,
    StockReason,
)
from ingestion.errors import NoShop
from ingestion.models import FileStatus, IngestionFile
from ingestion.services.corrections import corrected_file
from ingestion.services.imports import run_import
from ingestion.services.undo import undo_import
from ingestion.services.uploads import receive_file
from orders.models import Customer, Order, OrderItem
from shop.encryption import email_hash
from tests.factories.catalog import ProductFactory, ProductVariantFactory
from tests.factories.shop import ShopFactory

pytestmark = pytest.mark.django_db(transaction=True)

PRODUCTS = """\
handle,sku,name,price,compare_price,cost_price,currency,category,brand,tags,status,\
weight_g,barcode,option1,option2,stock,description,image_url
tea,tea-50,Green tea,4.50,5.00,2.10,USD,Kitchen > Tea > Green tea,Acme,"green, loose",\
active,50,4006381333931,50 g,,12,"Leaves, ""first"" flush",https://example.com/tea.png
tea,tea-100,Green tea,8.00,,,,Kitchen > Tea > Green tea,ACME,,,100,,100 g,,0,,
,mug,Mug,12,,,,kitchen > Mugs,,,draft,,,,,3,,
"""


@pytest.fixture
def shop():
    return ShopFactory(slug="corner", currency="USD")


def imported(shop, text: str, *, is_check: bool = False, chunk_lines: int = 1000):
    receipt = receive_file(
        stream=io.BytesIO(text.encode()),
        filename="table.csv",
        kind="soko",
        shop=shop,
        is_check=is_check,
        now=timezone.now(),
        queue=False,
    )
    run = run_import(
        file_id=receipt.file.pk, clock=timezone.now, chunk_lines=chunk_lines
    )
    assert run.file.status == FileStatus.COMPLETED, run.file.error_message
    return run.file


def counts(file: IngestionFile) -> tuple[int, int, int, int]:
    return (
        file.created_rows,
        file.updated_rows,
        file.unchanged_rows,
        file.failed_rows,
    )


def errors(file: IngestionFile) -> list[tuple[int, str, str]]:
    found = file.row_errors.order_by("line", "column", "message")
    return [(error.line, error.column, error.message) for error in found]


def assert_ledger_fits() -> None:
    """The adjustments of each variant sum to its stock."""
    for variant in ProductVariant.objects.all():
        moved = InventoryLog.objects.filter(variant_id=variant.pk)
        total = moved.aggregate(total=Sum("adjustment"))["total"] or 0
        assert total == variant.inventory_quantity, variant.sku


# ------------------------------------------------------------------ products
def test_products_are_made_with_variants_categories_and_brand(shop):
    file = imported(shop, PRODUCTS)

    assert counts(file) == (3, 0, 0, 0)
    assert file.sheet == "products"
    tea = Product.objects.get(shop=shop, sku="tea")
    assert (tea.name, tea.price, tea.compare_price, tea.status) == (
        "Green tea",
        Decimal("4.50"),
        Decimal("5.00"),
        "active",
    )
    assert (tea.description, tea.extra_data) == (
        'Leaves, "first" flush',
        {"image_url": "https://example.com/tea.png"},
    )
    assert sorted(tea.tags) == ["green", "loose"]
    assert sorted(
        ProductTag.objects.filter(product=tea).values_list("tag__name", flat=True)
    ) == ["green", "loose"]
    path = [tea.category, tea.category.parent, tea.category.parent.parent]
    assert [category.name for category in path] == ["Green tea", "Tea", "Kitchen"]
    # Capitals make neither a second category nor a second brand.
    assert Category.objects.filter(name__iexact="kitchen").count() == 1
    assert list(Brand.objects.values_list("name", flat=True)) == ["Acme"]
    assert list(
        tea.variants.values_list("sku", "name", "price", "inventory_quantity", "weight")
    ) == [
        ("tea-50", "50 g", Decimal("4.50"), 12, Decimal(50)),
        ("tea-100", "100 g", Decimal("8.00"), 0, Decimal(100)),
    ]
    mug = Product.objects.get(shop=shop, sku="mug")
    assert (mug.status, mug.category.slug) == ("draft", "kitchen-mugs")


def test_products_open_the_ledgers(shop):
    imported(shop, PRODUCTS)

    assert_ledger_fits()
    assert sorted(InventoryLog.objects.values_list("adjustment", "reason")) == [
        (3, StockReason.OPENING),
        (12, StockReason.OPENING),
    ]
    assert PriceChange.objects.filter(old_price=None).count() == 3


def test_products_are_brought_up_to_date_where_a_cell_is_filled(shop):
    imported(shop, PRODUCTS)

    file = imported(
        shop,
        "sku,name,price,stock,tags\nmug,Big mug,14.00,5,\ntea-50,Green tea,4.50,,new\n",
    )

    assert counts(file) == (0, 2, 0, 0)
    mug = Product.objects.get(sku="mug")
    assert (mug.name, mug.price, mug.status) == ("Big mug", Decimal(14), "draft")
    variant = mug.variants.get()
    assert (variant.price, variant.inventory_quantity) == (Decimal(14), 5)
    change = PriceChange.objects.exclude(old_price=None).get()
    assert (change.variant_id, change.old_price, change.new_price) == (
        variant.pk,
        Decimal(12),
        Decimal(14),
    )
    tea = Product.objects.get(sku="tea")
    assert (tea.tags, tea.variants.count(), tea.brand.name) == (["new"], 2, "Acme")
    assert [tag.tag.name for tag in ProductTag.objects.filter(product=tea)] == ["new"]
    assert_ledger_fits()


def test_same_rows_in_another_file_change_nothing(shop):
    imported(shop, PRODUCTS)
    before = list(Product.objects.order_by("pk").values())

    file = imported(shop, PRODUCTS + "\n")

    assert counts(file) == (0, 0, 3, 0)
    assert list(Product.objects.order_by("pk").values()) == before
    assert (InventoryLog.objects.count(), PriceChange.objects.count()) == (2, 3)


def test_another_shop_is_left_alone(shop):
    other = ProductVariantFactory(sku="mug", product__sku="mug", price=Decimal(1))

    imported(shop, PRODUCTS)

    other.refresh_from_db()
    assert other.price == Decimal(1)
    assert ProductVariant.objects.filter(sku="mug").count() == 2


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ("a,Tea,x,USD,,,", "price", "is not a number"),
        ("a,Tea,-1,USD,,,", "price", "is not between"),
        ("a,,1,USD,,,", "name", "is empty"),
        (",Tea,1,USD,,,", "sku", "is empty"),
        ("a,Tea,1,EUR,,,", "currency", "is not the shop's currency, USD"),
        ("a,Tea,1,USD,A > > B,,", "category", "is not a path"),
        ("a,Tea,1,USD,,-1,", "stock", "is not between"),
        ("a,Tea,1,USD,,,sold", "status", "is not one of"),
    ],
)
def test_bad_product_row_is_refused_and_writes_nothing(shop, row, column, words):
    file = imported(shop, f"sku,name,price,currency,category,stock,status\n{row}\n")

    assert counts(file) == (0, 0, 0, 1)
    [(line, named, message)] = errors(file)
    assert (line, named) == (2, column)
    assert words in message
    assert not Product.objects.exists()
    assert not Category.objects.exists()


def test_all_errors_of_a_row_come_at_once(shop):
    file = imported(shop, "sku,name,price,stock\n,,x,y\n")

    assert [column for _, column, _ in errors(file)] == [
        "name",
        "price",
        "sku",
        "stock",
    ]
    assert file.failed_rows == 1


@pytest.mark.parametrize("chunk_lines", [1, 1000])
def test_sku_stands_in_a_file_once(shop, chunk_lines):
    file = imported(
        shop, "sku,name,price\na,Tea,1\nb,Mug,2\na,Tee,3\n", chunk_lines=chunk_lines
    )

    assert errors(file) == [(4, "sku", "stands on line 2 of this file already")]
    assert ProductVariant.objects.get(sku="a").price == Decimal(1)


def test_variant_does_not_move_to_another_product(shop):
    imported(shop, PRODUCTS)

    file = imported(shop, "handle,sku,name,price\nmug,tea-50,Mug,1\n")

    assert errors(file) == [
        (2, "handle", "is not the product of this SKU, which belongs to tea")
    ]


def test_chunks_of_one_line_end_in_the_same_shop(shop):
    other = ShopFactory(currency="USD")
    imported(shop, PRODUCTS)
    imported(other, PRODUCTS, chunk_lines=1)

    def state(of):
        columns = ("sku", "price", "inventory_quantity", "position", "product__price")
        found = ProductVariant.objects.filter(shop=of).order_by("sku")
        return list(found.values_list(*columns))

    assert state(other) == state(shop)


def test_rehearsal_counts_and_keeps_nothing(shop):
    file = imported(shop, PRODUCTS + "bad,,x\n", is_check=True)

    assert counts(file) == (3, 0, 0, 1)
    assert not Product.objects.exists()
    assert not Category.objects.exists()
    assert not InventoryLog.objects.exists()


def tag_rows(shop) -> dict[str, list[str]]:
    rows = ProductTag.objects.filter(product__shop=shop).order_by("tag__name")
    found = {product.sku: [] for product in Product.objects.filter(shop=shop)}
    for sku, name in rows.values_list("product__sku", "tag__name"):
        found[sku].append(name)
    return found


def tag_arrays(shop) -> dict[str, list[str]]:
    products = Product.objects.filter(shop=shop)
    return {product.sku: sorted(product.tags or []) for product in products}


def test_tags_are_the_same_as_rows_and_as_arrays_whatever_comes(shop):
    first = 'sku,name,price,tags\na,Tea,1,"green, loose"\nb,Mug,2,\nc,Pot,3,blue\n'
    imported(shop, first)
    before = tag_arrays(shop)
    assert before == tag_rows(shop) == {"a": ["green", "loose"], "b": [], "c": ["blue"]}

    second = 'sku,name,price,tags\na,Tea,1,"loose, new"\nb,Mug,2,red\nd,Cup,1,red\n'
    file = imported(shop, second)
    assert tag_arrays(shop) == tag_rows(shop)
    assert tag_rows(shop)["a"] == ["loose", "new"]

    undo_import(file_id=file.pk, now=timezone.now())

    assert tag_arrays(shop) == tag_rows(shop) == before


def sheets(chance: random.Random) -> list[str]:
    """Files of each table, with repeats, other people's columns and mistakes."""

    def lines(heading, *cells, count=15):
        rows = (",".join(chance.choice(cell) for cell in cells) for _ in range(count))
        return "\n".join([heading, *rows, ""])

    skus = [f"s{number}" for number in range(12)]
    prices = ["1.00", "2.50", "3", "", "free"]
    days = [f"2026-01-0{day} 10:00:00" for day in (1, 2)]
    return [
        lines(
            "sku,handle,name,price,category,brand,tags,stock,option1",
            skus, ["", "", "h1", "h2"], ["Tea", "Mug"], prices, ["", "K > T", "K"],
            ["", "Acme", "ACME"], ["", "red", "blue"], ["", "3", "7", "-1"], ["", "50 g"],
        ),
        lines("sku,quantity,reason", skus, ["1", "5", "9", "x"], ["", "count", "theft"]),
        lines("sku,price,compare_price", skus, prices, ["", "9"]),
        lines(
            "order_ref,ordered_at,sku,quantity,price,customer_email,status",
            ["o1", "o2", "o3", "o4", "o5"], days, skus, ["1", "2", "0"], prices[:3],
            ["", "ada@example.com", "bea@example.com"], ["", "", "shipped"],
        ),
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_rehearsal_counts_what_the_import_then_does(shop, seed):
    """Of any file, cut anywhere, over whatever the files before it left."""
    chance = random.Random(seed)
    for text in [*sheets(chance), *sheets(chance)]:
        size = chance.choice([1, 4, 13, 1000])

        check = imported(shop, text, is_check=True, chunk_lines=size)
        real = imported(shop, text, chunk_lines=size)

        assert counts(check) == counts(real), text
        assert errors(check) == errors(real), text


def test_wrong_address_of_a_buyer_is_not_kept(shop):
    imported(shop, "sku,name,price\na,Tea,1\n")
    heading = "order_ref,ordered_at,sku,quantity,price,customer_email\n"

    file = imported(shop, heading + "o1,2026-01-01 10:00:00,a,1,1,ada@nowhere\n")

    error = file.row_errors.get()
    assert (error.column, error.value) == ("customer_email", "")
    assert error.message == "is not an e-mail address"
    assert "ada@nowhere" in "".join(corrected_file(file=file))


def test_naughty_names_are_only_names(shop):
    names = [
        "=cmd|' /C calc'!A0",
        "'; DROP TABLE products; --",
        "<script>x</script>",
        "100%",
    ]
    rows = "".join(f'n{i},"{name}",1\n' for i, name in enumerate(names))

    imported(shop, "sku,name,price\n" + rows)

    assert list(Product.objects.order_by("sku").values_list("name", flat=True)) == names


def test_soko_file_needs_a_shop():
    with pytest.raises(NoShop):
        imported(None, PRODUCTS)

    assert not IngestionFile.objects.exists()


# ------------------------------------------------------------------ stock, prices
def test_stock_is_set_with_its_ledger(shop):
    imported(shop, PRODUCTS)

    file = imported(
        shop,
        "sku,quantity,reason,notes\ntea-50,10,damage,wet\nmug,3,,\nnone,1,,\ntea-100,7,,\n",
    )

    assert file.sheet == "stock"
    assert counts(file) == (0, 2, 1, 1)
    assert errors(file)[0][:2] == (4, "sku")
    levels = ProductVariant.objects.order_by("sku").values_list("inventory_quantity")
    assert [level for (level,) in levels] == [3, 7, 10]
    entry = InventoryLog.objects.get(reason=StockReason.DAMAGE)
    assert (entry.old_quantity, entry.adjustment, entry.notes) == (12, -2, "wet")
    assert_ledger_fits()


def test_stock_does_not_fall_below_what_was_promised(shop):
    product = ProductFactory(shop=shop)
    ProductVariantFactory(
        product=product, sku="v", inventory_quantity=5, reserved_quantity=3
    )

    file = imported(shop, "sku,quantity\nv,2\n")

    assert errors(file) == [
        (2, "quantity", "is less than the 3 that open checkouts were promised")
    ]
    assert ProductVariant.objects.get(sku="v").inventory_quantity == 5


def test_prices_are_set_with_their_history(shop):
    imported(shop, PRODUCTS)

    file = imported(shop, "sku,price,compare_price\ntea-50,9.00,9.50\nmug,12.00,\n")

    assert file.sheet == "prices"
    assert counts(file) == (0, 1, 1, 0)
    change = PriceChange.objects.exclude(old_price=None).get()
    assert (change.old_price, change.new_price) == (Decimal("4.50"), Decimal(9))
    # The product shows its cheapest variant, which is another one now.
    tea = Product.objects.get(sku="tea")
    assert (tea.price, tea.compare_price) == (Decimal(8), None)


def test_cost_of_a_product_stays_where_no_variant_tells_one(shop):
    mug = ProductFactory(shop=shop, sku="mug", price=10, cost_price=6)
    variant = ProductVariantFactory(product=mug, shop=shop, sku="mug", price=10)

    imported(shop, "sku,price,compare_price\nmug,9.00,\n")
    mug.refresh_from_db()
    kept = mug.cost_price
    variant.cost_price = 5
    variant.save(update_fields=["cost_price"])
    imported(shop, "sku,price,compare_price\nmug,8.00,\n")

    mug.refresh_from_db()
    assert (kept, mug.price, mug.cost_price) == (Decimal(6), Decimal(8), Decimal(5))


def test_reduction_in_a_file_is_measured_by_the_history(shop):
    imported(shop, PRODUCTS)

    file = imported(shop, "sku,price,compare_price\ntea-50,3.60,9.00\n")

    tea = Product.objects.get(sku="tea")
    assert (tea.price, tea.compare_price) == (Decimal("3.60"), Decimal(9))
    # Its price until now, not what the file says.
    assert tea.lowest_before == Decimal("4.50")
    undo_import(file_id=file.pk, now=timezone.now())
    tea.refresh_from_db()
    assert (tea.price, tea.lowest_before) == (Decimal("4.50"), None)


# ------------------------------------------------------------------ orders
ORDERS = """\
order_ref,ordered_at,customer_email,sku,quantity,price,discount,shipping,tax,\
payment_method,status
1001,2026-03-01 10:15:00,Ada@Example.com,tea-50,2,4.50,1.00,3.00,0.80,card,delivered
1001,2026-03-01 10:15:00,ada@example.com,mug,1,12.00,,3.00,1.20,card,delivered
1002,2026-03-02T09:00:00Z,,mug,3,11.00,,,,,
"""


def test_orders_are_made_with_items_and_totals(shop):
    imported(shop, PRODUCTS)

    file = imported(shop, ORDERS)

    assert file.sheet == "orders"
    assert counts(file) == (3, 0, 0, 0)
    first = Order.objects.get(shop=shop, order_ref="1001")
    assert (
        first.subtotal_price,
        first.total_discount,
        first.total_shipping,
        first.total_tax,
        first.total_price,
    ) == (Decimal(21), Decimal(1), Decimal(3), Decimal(2), Decimal(25))
    assert (
        first.order_number,
        first.status,
        first.financial_status,
        first.fulfillment_status,
        first.payment_method,
        first.event_time,
    ) == (
        "corner.1001",
        "delivered",
        "paid",
        "fulfilled",
        "card",
        datetime(2026, 3, 1, 10, 15, tzinfo=UTC),
    )
    assert sorted(first.items.values_list("sku", "name", "title", "quantity")) == [
        ("mug", "Mug", "", 1),
        ("tea-50", "Green tea", "50 g", 2),
    ]
    second = Order.objects.get(order_ref="1002")
    assert (second.status, second.total_price) == ("pending", Decimal(33))


def test_orders_keep_no_address_of_the_buyer(shop):
    imported(shop, PRODUCTS)

    imported(shop, ORDERS)

    first = Order.objects.get(order_ref="1001")
    assert first.customer.email_hash == email_hash("ada@example.com")
    assert (first.email, Customer.objects.count()) == ("", 2)
    assert (first.customer.first_order_at, first.customer.last_order_at) == (
        first.event_time,
        first.event_time,
    )


def test_orders_move_no_stock(shop):
    imported(shop, PRODUCTS)

    imported(shop, ORDERS)

    assert ProductVariant.objects.get(sku="tea-50").inventory_quantity == 12


def test_orders_are_brought_up_to_date(shop):
    imported(shop, PRODUCTS)
    imported(shop, ORDERS)

    file = imported(
        shop,
        "order_ref,ordered_at,sku,quantity,price,status,customer_email\n"
        "1001,2026-03-01 10:15,tea-50,1,4.50,refunded,\n"
        "1002,2026-03-02 09:00,mug,3,11.00,,bob@example.com\n",
    )

    assert counts(file) == (1, 1, 0, 0)
    first = Order.objects.get(order_ref="1001")
    assert (first.status, first.financial_status, first.total_price) == (
        "refunded",
        "refunded",
        Decimal("4.50") + 12 + 3 + Decimal("1.20"),
    )
    assert first.customer.email_hash == email_hash("ada@example.com")
    second = Order.objects.get(order_ref="1002")
    assert second.customer.email_hash == email_hash("bob@example.com")


@pytest.mark.parametrize("chunk_lines", [1, 1000])
def test_order_may_be_cut_by_a_chunk(shop, chunk_lines):
    imported(shop, PRODUCTS)
    lines = ORDERS.splitlines(keepends=True)
    apart = "".join([lines[0], lines[1], lines[3], lines[2]])

    imported(shop, apart, chunk_lines=chunk_lines)

    assert Order.objects.get(order_ref="1001").total_price == Decimal(25)
    assert OrderItem.objects.count() == 3


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ("1,2026-01-01,mug,0,1,,", "quantity", "is not between"),
        ("1,yesterday,mug,1,1,,", "ordered_at", "is not a date"),
        ("1,2026-01-01,none,1,1,,", "sku", "is not an SKU of this shop"),
        ("1,2026-01-01,mug,1,1,2,", "discount", "is more than the line costs"),
        ("1,2026-01-01,mug,1,1,,nobody", "customer_email", "is not an e-mail address"),
    ],
)
def test_bad_order_row_is_refused_and_writes_nothing(shop, row, column, words):
    imported(shop, PRODUCTS)

    heading = "order_ref,ordered_at,sku,quantity,price,discount,customer_email"
    file = imported(shop, f"{heading}\n{row}\n")

    [(line, named, message)] = errors(file)
    assert (line, named) == (2, column)
    assert words in message
    assert not Order.objects.exists()
    assert not Customer.objects.exists()


def test_lines_of_an_order_agree(shop):
    imported(shop, PRODUCTS)

    file = imported(
        shop,
        "order_ref,ordered_at,sku,quantity,price\n"
        "1,2026-01-01,mug,1,1\n1,2026-01-02,tea-50,1,1\n1,2026-01-01,mug,4,1\n",
    )

    assert [(line, column) for line, column, _ in errors(file)] == [
        (3, "ordered_at"),
        (4, "sku"),
    ]
    assert Order.objects.get(order_ref="1").total_price == Decimal(1)
