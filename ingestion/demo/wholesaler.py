"""The wholesaler: a real shop's invoices, through the same door as everybody's files."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from catalog.models import Category
from ingestion.demo.catalogue import FOLDER, GIFTS, WHOLESALER
from ingestion.models import FileStatus, IngestionFile
from ingestion.services.imports import run_import
from ingestion.services.uploads import receive_file
from shop.models import Shop

SAMPLE = FOLDER / "online_retail_sample.csv.gz"
LAST_DAY = date(2011, 12, 9)
WEEK = timedelta(days=7)
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"
# The first kind whose words the name holds.
KINDS = {
    "Christmas": "christmas|xmas|advent|santa|reindeer|snowflake",
    "Lights and candles": "light|candle|lantern|lamp|holder",
    "Bags and boxes": "bag|box|tin|basket|purse|shopper|case",
    "Tea and kitchen": (
        "tea|mug|cup|cake|kitchen|plate|bowl|jar|jam|egg|apron|recipe|spoon|glass|bottle"
        "|lunch|baking|napkin|dish|cutlery|jug"
    ),
    "Party and paper": "bunting|card|paper|wrap|party|ribbon|napkins|gift|sticker|chalk",
    "Signs and clocks": "sign|clock|frame|doormat|hook|hanger|drawer knob",
    "Toys": "toy|game|doll|puzzle|skipping|dominoes|playhouse|children|kids|bear",
}
OTHERS = "Small delights"
SORT_INTO = """
UPDATE products SET category_id = %(category)s, updated_at = now()
 WHERE shop_id = %(shop)s AND category_id IS NULL AND name ~* %(words)s
"""


class NotImported(Exception):
    """The sample did not come in; the message says why."""


def import_invoices(*, now: datetime, progress: Callable[[int], None]) -> None:
    """Bring in the sample's invoices, the last of them of the week before the demo's start.

    May be repeated, and goes on where a kill stopped it. Raises NotImported.
    """
    shop = Shop.objects.get(slug=WHOLESALER)
    receipt = receive_file(
        # The shop's own start, not today's: a repetition tomorrow is the same file.
        stream=io.BytesIO(_moved_to(shop.created_at.date())),
        filename="online_retail_sample.csv",
        kind="online-retail",
        shop=shop,
        now=now,
        queue=False,
    )

    def report(file: IngestionFile) -> None:
        progress(file.cursor_line)

    run = run_import(file_id=receipt.file.pk, clock=timezone.now, progress=report)
    if run.file.status != FileStatus.COMPLETED:
        raise NotImported(run.file.error_message or "Another process has it in hand.")
    _sort_into_categories(shop)


def lines_of_sample() -> int:
    with gzip.open(SAMPLE, "rt", encoding="utf-8", newline="") as file:
        return sum(1 for _ in file)


def _moved_to(day: date) -> bytes:
    """The sample with every time moved by the same whole weeks, so that weekdays stay."""
    weeks = (day - timedelta(days=1) - LAST_DAY) // WEEK
    moved = io.StringIO()
    with gzip.open(SAMPLE, "rt", encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        writer = csv.DictWriter(moved, rows.fieldnames or [], lineterminator="\n")
        writer.writeheader()
        for row in rows:
            then = datetime.strptime(row["InvoiceDate"], TIME_FORMAT)
            row["InvoiceDate"] = (then + weeks * WEEK).strftime(TIME_FORMAT)
            writer.writerow(row)
    return moved.getvalue().encode()


@transaction.atomic
def _sort_into_categories(shop: Shop) -> None:
    gifts = Category.objects.get(name=GIFTS, parent=None)
    with connection.cursor() as cursor:
        for place, (name, words) in enumerate([*KINDS.items(), (OTHERS, ".")]):
            slug = "gifts-" + name.lower().replace(" ", "-")
            category, _ = Category.objects.get_or_create(
                slug=slug,
                defaults={"name": name, "parent": gifts, "sort_order": place},
            )
            pattern = words if words == "." else rf"\m({words})"
            cursor.execute(
                SORT_INTO, {"category": category.pk, "shop": shop.pk, "words": pattern}
            )
