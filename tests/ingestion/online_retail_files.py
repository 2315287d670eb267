"""Small Online Retail files, written by hand, and what they leave in the database."""

from __future__ import annotations

import csv
import io
import random
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from ingestion.models import IngestionFile
from ingestion.services.imports import run_import
from ingestion.services.uploads import Receipt, receive_file

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
HEADING = (
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
)
# Names first, then what of each row says the same in two imports, keys aside.
SNAPSHOTS = {
    "products": "SELECT sku, name, price, currency, status, event_time FROM products",
    "variants": (
        "SELECT sku, price, inventory_quantity, inventory_policy FROM product_variants"
    ),
    "customers": (
        "SELECT email_hash, region, first_order_at, last_order_at FROM customers"
    ),
    "orders": (
        "SELECT order_ref, order_number, email_hash, event_time, status, total_price,"
        " subtotal_price, orders.extra_data::text FROM orders"
        " JOIN customers ON customers.id = customer_id"
    ),
    "items": (
        "SELECT order_ref, item_ref, sku, name, quantity, price, category"
        " FROM order_items JOIN orders ON orders.id = order_id"
    ),
    "returns": (
        "SELECT order_ref, return_ref, refund_total, order_returns.event_time,"
        " order_returns.status FROM order_returns JOIN orders ON orders.id = order_id"
    ),
    "return_items": (
        "SELECT return_ref, line.item_ref, line.quantity, line.price, sold.order_ref,"
        " item.item_ref FROM order_return_items AS line"
        " JOIN order_returns AS back ON back.id = line.order_return_id"
        " LEFT JOIN order_items AS item ON item.id = line.order_item_id"
        " LEFT JOIN orders AS sold ON sold.id = item.order_id"
    ),
    "stock": (
        "SELECT sku, inventory_logs.id::text, old_quantity, new_quantity, adjustment,"
        " reason, notes, inventory_logs.created_at FROM inventory_logs"
        " JOIN product_variants ON product_variants.id = variant_id"
    ),
    "register": (
        "SELECT entity_type, event_time, count(*) FROM global_entities"
        " WHERE NOT extra_data ? 'deleted_at' AND entity_type NOT IN ('shop', 'user')"
        " GROUP BY 1, 2"
    ),
    "prices": (
        "SELECT sku, old_price, new_price FROM price_history"
        " JOIN product_variants ON product_variants.id = variant_id"
    ),
}
BOOKS = {
    "records": "SELECT line, entity_type, action FROM ingestion_records",
    "errors": 'SELECT line, "column", value, message FROM ingestion_row_errors',
    "files": (
        "SELECT status, total_rows, processed_rows, failed_rows, created_rows,"
        " updated_rows, unchanged_rows, cursor_line FROM ingestion_files"
    ),
}


def table(*lines: str, heading: str = HEADING) -> bytes:
    return "\n".join([heading, *lines, ""]).encode()


def receive(content: bytes, **options: Any) -> Receipt:
    options = {"filename": "lines.csv", "kind": "online-retail", **options}
    return receive_file(stream=io.BytesIO(content), now=NOON, queue=False, **options)


def load(
    content: bytes, *, chunk_lines: int = 20_000, told: Any = None, **options: Any
) -> IngestionFile:
    receipt = receive(content, **options)
    run = run_import(
        file_id=receipt.file.pk,
        clock=timezone.now,
        chunk_lines=chunk_lines,
        progress=told,
    )
    return run.file


def counts(file: IngestionFile) -> tuple[int, ...]:
    """Created, updated, unchanged, failed."""
    return (
        file.created_rows,
        file.updated_rows,
        file.unchanged_rows,
        file.failed_rows,
    )


def snapshot(*, books: bool = False) -> dict[str, list[Any]]:
    """Every table an import writes, by natural keys."""
    queries = SNAPSHOTS | (BOOKS if books else {})
    found = {}
    with connection.cursor() as cursor:
        for name, query in queries.items():
            cursor.execute(query)
            found[name] = sorted(cursor.fetchall(), key=repr)
    return found


def mixed_lines(count: int, seed: int = 7) -> list[str]:
    """Invoices of 1 to 9 lines with repeats, returns, corrections, guests and errors."""
    chance = random.Random(seed)
    lines: list[list[str]] = []
    invoice = 500_000
    while len(lines) < count:
        invoice += 1
        at = f"2011-{1 + invoice % 12:02}-{1 + invoice % 28:02} 09:{invoice % 60:02}:00"
        customer = chance.choice(["", "17850.0", "13047", "12583.0"])
        kind = chance.choice(["sale"] * 6 + ["return", "stock"])
        for _ in range(chance.randint(1, 9)):
            code = f"C{chance.randint(1, 15)}"
            units = chance.randint(1, 9)
            price = chance.choice(["0.85", "2.1", "4.25", "0.0"])
            if chance.random() < 0.04:
                price = "free"
            if kind == "stock":
                units, price = -units, "0.0"
            elif kind == "return":
                units, price = -units, "2.1"
            name = f"{'C' if kind == 'return' else ''}{invoice}"
            lines.append(
                [name, code, f"THING {code}", str(units), at, price, customer, "France"]
            )
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(lines[:count])
    return buffer.getvalue().splitlines()
