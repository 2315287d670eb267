"""Soko's own CSV: a shop's products, stock, prices and orders. `docs/formats.md` describes it.

The four tables are told apart by their headings. An empty cell, or a column that is not there,
leaves what the shop has; a value replaces it. Rows are known again by SKU, orders by their
reference and SKU, so a file may be sent again with other values.

Categories and brands are made on demand, and tags with them. Pictures are not fetched: the
address is kept with the product. Orders are history: they move no stock and take no money.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from ingestion.errors import NoShop
from ingestion.importers.declaration import SQL_DIR, Column, Importer, Sheet
from ingestion.importers.hashes import KeyedHashes
from ingestion.importers.online_retail import number_prefix
from ingestion.importers.types import Choice, Moment, Number, Pattern, Text, Whole
from shop.models import GlobalEntity, Shop

if TYPE_CHECKING:
    from ingestion.models import IngestionFile

# PostgreSQL's regular expressions.
EMAIL = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}"
ADDRESS = r"https?://[^[:space:]\"<>]+"
CURRENCY = Pattern("[A-Za-z]+", "a currency such as USD", length=3)
PRICE = Number(least="0", places=2)
DEEPEST_CATEGORY = 8


def _optional(name: str, type: Any, *more: str) -> Column:
    return Column(name, (name, *more), type, required=False, in_every_file=False)


SKU = Column("sku", ("sku",), Text(100))


def make_categories(cursor: Any, params: Mapping[str, Any]) -> None:
    """A step: finds or makes the categories of `branch`, parents before children."""
    cursor.execute("SELECT coalesce(max(depth), 0) FROM branch")
    deepest = cursor.fetchone()[0]
    for depth in range(1, deepest + 1):
        for name in ("categories_found", "categories_made", "categories_found"):
            statement = (SQL_DIR / "soko" / f"{name}.sql").read_text(encoding="utf-8")
            cursor.execute(statement, {**params, "depth": depth})


PRODUCTS = Sheet(
    name="products",
    columns=(
        SKU,
        Column("name", ("name",), Text(255)),
        Column("price", ("price",), PRICE),
        _optional("handle", Text(100)),
        _optional("description", Text(50_000)),
        _optional("compare_price", PRICE),
        _optional("cost_price", PRICE),
        _optional("currency", CURRENCY),
        _optional("category", Text(1000)),
        _optional("brand", Text(255)),
        _optional("tags", Text(2000)),
        _optional("status", Choice(("draft", "active", "archived"))),
        _optional("weight_g", Number("0", "999999", places=2)),
        _optional("barcode", Text(100)),
        _optional("option1", Text(100)),
        _optional("option2", Text(100)),
        _optional("option3", Text(100)),
        _optional("stock", Whole(least=0)),
        _optional(
            "image_url", Pattern(ADDRESS, "an address that begins with https://")
        ),
    ),
    rules=(
        "soko/turn.sql",
        "soko/sku_rules.sql",
        "soko/product_rules.sql",
        "soko/product_stock_rules.sql",
    ),
    steps=(
        "soko/listed.sql",
        "soko/branch.sql",
        make_categories,
        "soko/brands.sql",
        "soko/offered.sql",
        "soko/products_changed.sql",
        "soko/products_made.sql",
        "soko/tags.sql",
        "soko/variants_changed.sql",
        "soko/variants_made.sql",
        "soko/product_prices.sql",
        "soko/variants_unchanged.sql",
    ),
    together="handle",
    exported=True,
)

STOCK = Sheet(
    name="stock",
    columns=(
        SKU,
        Column("quantity", ("quantity",), Whole(least=0)),
        _optional("reason", Choice(("count", "correction", "damage", "import"))),
        _optional("notes", Text(1000)),
    ),
    rules=(
        "soko/turn.sql",
        "soko/sku_rules.sql",
        "soko/known_rules.sql",
        "soko/stock_rules.sql",
    ),
    steps=("soko/stock.sql", "soko/variants_unchanged.sql"),
)

PRICES = Sheet(
    name="prices",
    columns=(
        SKU,
        Column("price", ("price",), PRICE),
        _optional("compare_price", PRICE),
    ),
    rules=("soko/turn.sql", "soko/sku_rules.sql", "soko/known_rules.sql"),
    steps=(
        "soko/prices.sql",
        "soko/product_prices.sql",
        "soko/variants_unchanged.sql",
    ),
)

ORDERS = Sheet(
    name="orders",
    columns=(
        Column("order_ref", ("order_ref",), Text(64)),
        Column("ordered_at", ("ordered_at",), Moment()),
        SKU,
        Column("quantity", ("quantity",), Whole(least=1, most=1_000_000)),
        Column("price", ("price",), PRICE),
        Column(
            "customer_email",
            ("customer_email", "email"),
            Pattern(EMAIL, "an e-mail address", lower=True),
            required=False,
            in_every_file=False,
            personal=True,
        ),
        _optional("currency", CURRENCY),
        _optional("discount", PRICE),
        _optional("shipping", PRICE),
        _optional("tax", PRICE),
        _optional(
            "payment_method",
            Choice(("mpesa", "paystack", "card", "bank_transfer", "other")),
        ),
        _optional(
            "status",
            Choice(
                (
                    "pending",
                    "processing",
                    "shipped",
                    "delivered",
                    "cancelled",
                    "refunded",
                )
            ),
        ),
    ),
    rules=(
        "soko/turn.sql",
        "soko/known_rules.sql",
        "soko/order_rules.sql",
        "soko/order_same_rules.sql",
    ),
    steps=(
        "soko/bought.sql",
        KeyedHashes("buyer", "", source="bought"),
        "soko/customers.sql",
        "soko/orders_made.sql",
        "soko/order_items.sql",
        "soko/orders_changed.sql",
    ),
    together="order_ref",
    moments={"ordered_at": (GlobalEntity,)},
)


# Rows of the templates; an import takes them as they are, into an empty shop, in this order.
EXAMPLES: dict[str, tuple[dict[str, str], ...]] = {
    "products": (
        {
            "sku": "TEA-50",
            "name": "Green tea",
            "price": "4.50",
            "handle": "green-tea",
            "description": "First flush, loose leaves.",
            "compare_price": "5.00",
            "cost_price": "2.10",
            "category": "Kitchen > Tea > Green tea",
            "brand": "Acme",
            "tags": "green, loose",
            "status": "active",
            "weight_g": "50",
            "barcode": "4006381333931",
            "option1": "50 g",
            "stock": "12",
        },
        {
            "sku": "TEA-100",
            "name": "Green tea",
            "price": "8.00",
            "handle": "green-tea",
            "weight_g": "100",
            "option1": "100 g",
            "stock": "4",
        },
    ),
    "stock": (
        {"sku": "TEA-50", "quantity": "10", "reason": "damage", "notes": "wet"},
        {"sku": "TEA-100", "quantity": "7"},
    ),
    "prices": ({"sku": "TEA-50", "price": "4.20", "compare_price": "5.00"},),
    "orders": (
        {
            "order_ref": "1001",
            "ordered_at": "2026-03-01 10:15:00",
            "sku": "TEA-50",
            "quantity": "2",
            "price": "4.50",
            "customer_email": "ada@example.com",
            "discount": "1.00",
            "shipping": "3.00",
            "tax": "0.80",
            "payment_method": "card",
            "status": "delivered",
        },
    ),
}


class Soko(Importer):
    kind = "soko"
    label = "Soko CSV (products, stock, prices or orders)"
    for_shops = True
    # Orders hold e-mail addresses, which the tables do not keep.
    keep_upload = timedelta(days=30)
    sheets: ClassVar[tuple[Sheet, ...]] = (PRODUCTS, STOCK, PRICES, ORDERS)

    def shop_for(
        self, *, shop: Shop | None, uploaded_by: Any, may_create: bool
    ) -> Shop | None:
        """The named shop: these files never make one. Raises NoShop without it."""
        if shop is None:
            raise NoShop("A Soko CSV belongs to a shop. Choose the shop it is for.")
        return shop

    def params(self, *, file: IngestionFile, shop: Shop | None) -> dict[str, Any]:
        return {"number_prefix": number_prefix(shop) if shop else None}
