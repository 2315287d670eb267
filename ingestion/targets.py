"""The tables that importers write, by the word `ingestion_records` uses for their rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Model


@dataclass(frozen=True)
class Target:
    """label: `app.Model`. noun and called: what a person calls such a row, and by what."""

    label: str
    noun: str
    called: str

    @property
    def model(self) -> type[Model]:
        return apps.get_model(self.label)

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def key(self) -> Any:
        return self.model._meta.pk


# In the order they are written; an undo goes the other way.
TARGETS: dict[str, Target] = {
    "shop": Target("shop.Shop", "shop", "name"),
    "category": Target("catalog.Category", "category", "name"),
    "brand": Target("catalog.Brand", "brand", "name"),
    "product": Target("catalog.Product", "product", "sku"),
    "product_variant": Target("catalog.ProductVariant", "variant", "sku"),
    "product_image": Target("catalog.ProductImage", "picture", "id"),
    "price_change": Target("catalog.PriceChange", "price change", "id"),
    "inventory_log": Target("catalog.InventoryLog", "stock movement", "id"),
    "customer": Target("orders.Customer", "customer", "id"),
    "external_reference": Target("ingestion.ExternalReference", "reference", "ref"),
    "checkout": Target("orders.Checkout", "checkout", "id"),
    "order": Target("orders.Order", "order", "order_number"),
    "order_item": Target("orders.OrderItem", "order line", "id"),
    "shipping_address": Target("orders.ShippingAddress", "address", "id"),
    "order_tracking": Target("orders.OrderTracking", "parcel", "id"),
    "payment": Target("payments.Payment", "payment", "id"),
    "order_return": Target("orders.OrderReturn", "return", "id"),
    "order_return_item": Target("orders.OrderReturnItem", "return line", "id"),
    "product_review": Target("catalog.ProductReview", "review", "id"),
}
