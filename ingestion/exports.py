"""A shop's products in Soko's own format, so that the file imports again and changes nothing.

A value that the format cannot hold, such as a tag with a comma in it, is left out: an empty
cell leaves what the shop has.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from catalog.models import Brand, Category, Product, ProductVariant
from ingestion.importers.soko import DEEPEST_CATEGORY, PRODUCTS
from ingestion.importers.types import UNREADABLE
from ingestion.services.staging import FORMULA

# Not fetched again, and kept with the product as it came.
LEFT_OUT = {"image_url"}
COLUMNS = [column.name for column in PRODUCTS.columns if column.name not in LEFT_OUT]
ROWS_A_READ = 2000
MOST_PATH = 1000


class _Echo:
    """What csv writes to: gives the line back."""

    def write(self, line: str) -> str:
        return line


def product_lines(*, products: QuerySet[Product]) -> Iterator[str]:
    """The lines of a CSV file, heading first: a row for each variant of the products.

    Variants of one product stand together. Memory does not grow with the shop.
    """
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS)
    paths, brands = _category_paths(), _brand_names()
    for rows in _by_product(products):
        for place, row in enumerate(rows):
            cells = _cells(row, rows, paths, brands, is_first=place == 0)
            yield writer.writerow([cells.get(name, "") for name in COLUMNS])


def _by_product(products: QuerySet[Product]) -> Iterator[list[Any]]:
    variants = (
        ProductVariant.objects.filter(product_id__in=products.values("pk"))
        .select_related("product")
        .defer("product__search_vector", "product__attributes")
        .order_by("product_id", "position", "id")
    )
    rows: list[Any] = []
    for row in variants.iterator(chunk_size=ROWS_A_READ):
        if rows and rows[0].product_id != row.product_id:
            yield rows
            rows = []
        rows.append(row)
    if rows:
        yield rows


def _cells(
    row: Any,
    rows: list[Any],
    paths: Mapping[UUID, str],
    brands: Mapping[UUID, str],
    *,
    is_first: bool,
) -> dict[str, str]:
    product = row.product
    cells = {
        "sku": row.sku,
        "name": product.name,
        "price": _amount(row.price),
        "handle": product.sku,
        "compare_price": _amount(row.compare_price),
        "cost_price": _amount(row.cost_price),
        "currency": product.currency,
        "status": product.status,
        "weight_g": _weight(row, rows),
        "barcode": row.barcode,
        "option1": row.option1,
        "option2": row.option2,
        "option3": row.option3,
        "stock": _stock(row),
    }
    if is_first:
        # The product's own columns are taken from the first row that fills them.
        cells |= {
            "description": product.description,
            "category": paths.get(product.category_id, ""),
            "brand": brands.get(product.brand_id, ""),
            "tags": _tags(product.tags),
        }
    return {name: _text(name, value) for name, value in cells.items()}


def _text(name: str, value: str) -> str:
    """As it comes back the same: opened in a spreadsheet it is text, and not a formula."""
    if name in {"sku", "name", "handle"}:
        # Needed, whatever they are.
        return _safe(value)
    if value != value.strip() or UNREADABLE in value or value.startswith("'"):
        return ""
    return _safe(value)


def _safe(value: str) -> str:
    return f"'{value}" if value.startswith(FORMULA) else value


def _amount(amount: Decimal | None) -> str:
    return "" if amount is None else str(amount)


def _weight(row: Any, rows: list[Any]) -> str:
    """The first one becomes the product's own: none is written where that is another."""
    weights = [one.weight for one in rows if one.weight is not None]
    if row.weight is None or weights[0] != row.product.weight:
        return ""
    return str(row.weight)


def _stock(row: Any) -> str:
    if not row.inventory_tracking or row.inventory_quantity < 0:
        return ""
    return str(row.inventory_quantity)


def _tags(tags: list[str]) -> str:
    is_plain = all(tag and tag == tag.strip() and "," not in tag for tag in tags)
    return ", ".join(tags) if is_plain else ""


def _category_paths() -> dict[UUID, str]:
    """Those that an import finds again by their path, in any spelling of capitals."""
    rows = {row.pk: row for row in Category.objects.only("name", "parent_id")}
    paths: dict[UUID, str] = {}
    first: dict[str, UUID] = {}
    for key in sorted(rows):
        path = _path(key, rows)
        if path:
            paths[key] = path
            first.setdefault(path.lower(), key)
    return {key: path for key, path in paths.items() if first[path.lower()] == key}


def _path(key: UUID, rows: Mapping[UUID, Any]) -> str:
    names: list[str] = []
    step: UUID | None = key
    while step is not None and len(names) <= DEEPEST_CATEGORY:
        names.append(rows[step].name)
        step = rows[step].parent_id
    is_plain = all(name and name == name.strip() and ">" not in name for name in names)
    path = " > ".join(reversed(names))
    fits = len(names) <= DEEPEST_CATEGORY and len(path) <= MOST_PATH
    return path if is_plain and fits else ""


def _brand_names() -> dict[UUID, str]:
    """Those that an import finds again by name; of two spellings the older."""
    names: dict[str, tuple[UUID, str]] = {}
    for key, name in Brand.objects.order_by("pk").values_list("pk", "name"):
        names.setdefault(name.lower(), (key, name))
    return dict(names.values())
