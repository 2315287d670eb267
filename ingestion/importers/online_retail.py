"""Online Retail (UCI Machine Learning Repository, data set 352): the lines of a wholesaler's
invoices, CC BY 4.0.

What a line becomes follows from its quantity and price, not from its invoice's first letter:

- quantity > 0, price >= 0: an item of the order named after the invoice;
- quantity × price < 0 (cancelled invoices, and the two "Adjust bad debt" lines of -11,062.06):
  a line of a return, refunded at the invoice's time. The return belongs to the order of its
  own (credit) invoice, an order of 0.00 without items where the invoice sells nothing: one
  credit invoice takes back goods of several orders. Which item comes back stands on the
  return's line: the same buyer's latest earlier item of that stock code that has enough left,
  looked for line by line in the file's order; none where there is none;
- quantity < 0, price 0 (damaged, lost, found, thrown away): a correction in the stock ledger.

A stock code is a product with one variant, stock untracked (the file has no opening stock, so
levels run below zero). Its name and price are those of its latest sale with a price; until it
has one, of its latest line with a description, and 0.00. The last word is spoken when the file
ends, from all its sales, so that the order of files and chunks does not matter. That price is the
first of its history, from its first line on; what single buyers paid meanwhile is no change of
it. A later file that ends with another price changes it.

A buyer is the keyed hash of `CustomerID`; an invoice without one has a buyer of its own,
because guests are not one person. Times are taken as UTC. A unit price is rounded to the cent
(four lines of the published file say 0.001).

A line is known again by its invoice, its stock code and the how-manieth line with both it is.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from catalog.models import InventoryLog, PriceChange
from ingestion.importers.declaration import Column, Importer, Sheet
from ingestion.importers.hashes import KeyedHashes
from ingestion.importers.own_shop import OwnShop
from ingestion.importers.types import Moment, Number, Pattern, Text, Whole
from shop.models import GlobalEntity, Shop

if TYPE_CHECKING:
    from ingestion.models import IngestionFile

SLUG = "online-retail"
HOUSE = OwnShop(slug=SLUG, name="Online Retail", currency="GBP", country="GB")
MOST_UNITS = 1_000_000
LONGEST_PREFIX = 30


class OnlineRetail(Importer):
    kind = "online-retail"
    label = "Online Retail (invoice lines)"
    # It holds customer numbers, which the tables do not keep.
    keep_upload = timedelta(days=90)
    sheets = (
        Sheet(
            name="lines",
            columns=(
                Column("invoice", ("InvoiceNo", "Invoice"), Text(32)),
                Column("stock_code", ("StockCode",), Text(100)),
                Column("description", ("Description",), Text(255), required=False),
                Column("quantity", ("Quantity",), Whole(-MOST_UNITS, MOST_UNITS)),
                Column("invoiced_at", ("InvoiceDate",), Moment(american=True)),
                Column(
                    "unit_price", ("UnitPrice", "Price"), Number("-999999", "999999")
                ),
                Column(
                    "customer",
                    ("CustomerID",),
                    Pattern(r"[0-9A-Za-z-]+(\.0)?", "a customer number", 40),
                    required=False,
                    personal=True,
                ),
                Column("country", ("Country",), Text(100), required=False),
            ),
            rules=("online_retail/rules.sql",),
            steps=(
                "online_retail/lines.sql",
                KeyedHashes("buyer", f"{SLUG}:", source="line"),
                "online_retail/products.sql",
                "online_retail/variants.sql",
                "online_retail/shelf.sql",
                "online_retail/customers.sql",
                "online_retail/orders.sql",
                "online_retail/placed.sql",
                "online_retail/new_items.sql",
                "online_retail/items.sql",
                "online_retail/totals.sql",
                "online_retail/back.sql",
                "online_retail/candidates.sql",
                "online_retail/matches.sql",
                "online_retail/returns.sql",
                "online_retail/return_items.sql",
                "online_retail/refund_totals.sql",
                "online_retail/stock_locks.sql",
                "online_retail/stock.sql",
            ),
            finish=(
                "online_retail/finish_products.sql",
                "online_retail/finish_first_prices.sql",
                "online_retail/finish_customers.sql",
            ),
            together="invoice",
            moments={"invoiced_at": (GlobalEntity, InventoryLog, PriceChange)},
        ),
    )

    def shop_for(
        self, *, shop: Shop | None, uploaded_by: Any, may_create: bool
    ) -> Shop | None:
        """The named shop, or the one called “Online Retail”. Raises NoShop."""
        return HOUSE.get(shop=shop, uploaded_by=uploaded_by, may_create=may_create)

    def params(self, *, file: IngestionFile, shop: Shop | None) -> dict[str, Any]:
        return {"number_prefix": number_prefix(shop) if shop else None}


def number_prefix(shop: Shop) -> str:
    """What the numbers of a shop's imported orders begin with; short, and its own."""
    if len(shop.slug) <= LONGEST_PREFIX:
        return shop.slug
    return f"{shop.slug[: LONGEST_PREFIX - 9]}-{str(shop.pk)[-8:]}"
