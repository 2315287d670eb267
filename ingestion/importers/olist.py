"""Olist, a Brazilian marketplace: nine tables of orders, sellers, products and reviews.

Any part of the set may come, and each table again; a row that needs another which is not there
is refused with the name of the file to import first. Amounts are BRL, times are taken as UTC.

- A **seller** is a shop (`olist-<seller_id>`), named after its city, as sellers have no names.
- A **product** is a card in the house shop (“Olist”, or the shop that was named): a draft with
  one variant, its department from the category, its name made of both. A seller's first item of
  it makes the seller's own product: a product belongs to one shop. Its price is that of its
  latest order; a change of it stands in the price history.
- An **order** is a checkout, and one order a shop. Until its items say which, its order stands in
  the house shop; the seller of the first item takes that order over, further sellers get orders of
  their own (`OL-<order_id>-<seller>`). Orders without items stay with the house, at 0.00.
- An **item** is a line of quantity 1; freight is the order's shipping.
- A **payment** is shared among its checkout's orders by their totals (largest remainder), so that
  every shop's money adds up and the shares sum to the payment; they carry one transaction id.
- A **review** is of the order's product when it has one, else of the shop.
- A **customer** is the keyed hash of `customer_unique_id`; `customer_id`, which Olist makes anew for
  each order, leads to it through `external_references`.
- **Places** (geolocation) put a shop on the map by the prefix of its postal code; the first wins.

Status: unavailable is cancelled with that reason; created is pending; approved, invoiced and
processing are processing. An approved order is paid.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from catalog.models import PriceChange
from ingestion.importers.declaration import Column, Importer, Sheet
from ingestion.importers.hashes import KeyedHashes
from ingestion.importers.own_shop import OwnShop
from ingestion.importers.types import Choice, Moment, Number, Pattern, Text, Whole
from shop.models import GlobalEntity, Shop

if TYPE_CHECKING:
    from ingestion.models import IngestionFile

SOURCE = "olist"
HOUSE = OwnShop(slug=SOURCE, name="Olist", currency="BRL", country="BR")
KEY = Pattern(
    "[0-9a-fA-F]+", "an Olist id of 32 hexadecimal digits", length=32, lower=True
)
STATE = Pattern("[A-Za-z]+", "a state of two letters", length=2)
ZIP = Pattern("[0-9]+", "the first five digits of a postal code", max_length=5)
STATUSES = (
    "created",
    "approved",
    "invoiced",
    "processing",
    "shipped",
    "delivered",
    "canceled",
    "unavailable",
)
# Each payment is shared among its checkout's orders, whichever file comes last.
SHARES = (
    "olist/share_touched.sql",
    "olist/share_amounts.sql",
    "olist/shares_changed.sql",
    "olist/shares_made.sql",
)
PAYMENT_TYPES = ("credit_card", "debit_card", "boleto", "voucher", "not_defined")


def _column(
    name: str, kind: Any, *, required: bool = True, personal: bool = False
) -> Column:
    return Column(name, (name,), kind, required=required, personal=personal)


class Olist(Importer):
    kind = "olist"
    label = "Olist (a marketplace's nine tables)"
    keep_upload = timedelta(days=90)
    # In the order to import them: what a later one refers to comes first.
    sheets = (
        Sheet(
            name="sellers",
            columns=(
                _column("seller_id", KEY),
                _column("seller_zip_code_prefix", ZIP),
                _column("seller_city", Text(100)),
                _column("seller_state", STATE),
            ),
            steps=("olist/sellers.sql",),
        ),
        Sheet(
            name="translation",
            columns=(
                _column("product_category_name", Text(200)),
                _column("product_category_name_english", Text(200)),
            ),
            steps=(
                "olist/translation_names.sql",
                "olist/translation_departments.sql",
                "olist/translation_unchanged.sql",
            ),
        ),
        Sheet(
            name="products",
            columns=(
                _column("product_id", KEY),
                _column("product_category_name", Text(200), required=False),
                _column("product_photos_qty", Whole(0, 1000), required=False),
                _column("product_weight_g", Number("0", "999999"), required=False),
                _column("product_length_cm", Number("0", "99999"), required=False),
                _column("product_height_cm", Number("0", "99999"), required=False),
                _column("product_width_cm", Number("0", "99999"), required=False),
            ),
            ignored=("product_name_lenght", "product_description_lenght"),
            steps=(
                "olist/departments.sql",
                "olist/product_cards.sql",
                "olist/products.sql",
                "olist/products_unchanged.sql",
            ),
        ),
        Sheet(
            name="customers",
            columns=(
                _column("customer_id", KEY, personal=True),
                _column("customer_unique_id", KEY, personal=True),
                _column("customer_state", STATE),
            ),
            ignored=("customer_zip_code_prefix", "customer_city"),
            steps=(
                KeyedHashes("customer_unique_id", f"{SOURCE}:"),
                KeyedHashes("customer_id", f"{SOURCE}-order:"),
                "olist/customer_people.sql",
                "olist/customers.sql",
                "olist/customer_known.sql",
                "olist/customer_references.sql",
                "olist/customer_orders.sql",
                "olist/customers_unchanged.sql",
            ),
        ),
        Sheet(
            name="orders",
            columns=(
                _column("order_id", KEY),
                _column("customer_id", KEY, personal=True),
                _column("order_status", Choice(STATUSES)),
                _column("order_purchase_timestamp", Moment()),
                _column("order_approved_at", Moment(), required=False),
                _column("order_delivered_carrier_date", Moment(), required=False),
                _column("order_delivered_customer_date", Moment(), required=False),
                _column(
                    "order_estimated_delivery_date",
                    Moment(future=True),
                    required=False,
                ),
            ),
            steps=(
                KeyedHashes("customer_id", f"{SOURCE}-order:"),
                "olist/order_purchases.sql",
                "olist/order_buyers.sql",
                "olist/order_checkouts.sql",
                "olist/order_links.sql",
                "olist/orders_changed.sql",
                "olist/orders_made.sql",
                "olist/orders_unchanged.sql",
                "olist/order_spans.sql",
            ),
            # Payments happen when an order is approved; a price is known from an order on.
            moments={
                "order_purchase_timestamp": (GlobalEntity, PriceChange),
                "order_approved_at": (GlobalEntity,),
            },
        ),
        Sheet(
            name="items",
            columns=(
                _column("order_id", KEY),
                _column("order_item_id", Whole(1, 10_000)),
                _column("product_id", KEY),
                _column("seller_id", KEY),
                _column("price", Number("0", "99999999", places=2)),
                _column("freight_value", Number("0", "99999999", places=2)),
            ),
            ignored=("shipping_limit_date",),
            rules=("olist/items_rules.sql",),
            steps=(
                "olist/item_sales.sql",
                "olist/offers.sql",
                "olist/seller_new.sql",
                "olist/seller_takes_over.sql",
                "olist/seller_orders.sql",
                "olist/item_rows.sql",
                "olist/items.sql",
                "olist/items_unchanged.sql",
                "olist/item_totals.sql",
                "olist/item_checkouts.sql",
                "olist/price_latest.sql",
                "olist/prices.sql",
                "olist/variant_prices.sql",
                "olist/first_prices.sql",
                *SHARES,
                "olist/rehearsed.sql",
            ),
            together="order_id",
        ),
        Sheet(
            name="payments",
            columns=(
                _column("order_id", KEY),
                _column("payment_sequential", Whole(1, 10_000)),
                _column("payment_type", Choice(PAYMENT_TYPES)),
                _column("payment_installments", Whole(0, 1000)),
                _column("payment_value", Number("0", "99999999", places=2)),
            ),
            rules=("olist/order_known.sql",),
            steps=(
                "olist/payment_rows.sql",
                "olist/payments.sql",
                "olist/payments_unchanged.sql",
                "olist/payment_methods.sql",
                *SHARES,
                "olist/rehearsed.sql",
            ),
            together="order_id",
        ),
        Sheet(
            name="reviews",
            columns=(
                _column("review_id", KEY),
                _column("order_id", KEY),
                _column("review_score", Whole(1, 5)),
                _column("review_comment_title", Text(255), required=False),
                _column("review_comment_message", Text(10_000), required=False),
                _column("review_creation_date", Moment()),
            ),
            ignored=("review_answer_timestamp",),
            rules=("olist/order_known.sql",),
            steps=(
                "olist/review_rows.sql",
                "olist/reviews.sql",
                "olist/reviews_unchanged.sql",
                "olist/rehearsed.sql",
            ),
            finish=("olist/finish_reviews.sql",),
            moments={"review_creation_date": (GlobalEntity,)},
        ),
        Sheet(
            name="geolocation",
            columns=(
                _column("geolocation_zip_code_prefix", ZIP),
                _column("geolocation_lat", Number("-90", "90", places=20)),
                _column("geolocation_lng", Number("-180", "180", places=20)),
            ),
            ignored=("geolocation_city", "geolocation_state"),
            steps=(
                "olist/places.sql",
                "olist/places_unchanged.sql",
            ),
        ),
    )

    def shop_for(
        self, *, shop: Shop | None, uploaded_by: Any, may_create: bool
    ) -> Shop | None:
        """The house shop: the named one, or “Olist”. Raises NoShop."""
        return HOUSE.get(shop=shop, uploaded_by=uploaded_by, may_create=may_create)

    def params(self, *, file: IngestionFile, shop: Shop | None) -> dict[str, Any]:
        return {
            "source": SOURCE,
            "owner_id": shop.owner_id if shop is not None else None,
        }
