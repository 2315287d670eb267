"""The order in which the demo is made, each step whole and repeatable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from analytics.rollups import ROLLUPS
from analytics.services.calendar import extend_calendar
from analytics.services.rollups import collect_marks, pieces, work_off
from catalog.models import InventoryLog, PriceChange
from ingestion.demo.accounts import SHOPPER, make_logins, make_people
from ingestion.demo.catalogue import (
    A_YEAR,
    WHOLESALER,
    fill_catalogue,
    read_rows,
)
from ingestion.demo.lately import PURCHASES, buy_lately
from ingestion.demo.trade import trade_a_year
from ingestion.demo.wholesaler import import_invoices, lines_of_sample
from shop.models import GlobalEntity, Shop
from shop.partitions import Every, ensure_range
from shop.partitions.children import partitioning_of
from users.models import User

SEED = 20111209
DONE = "demo_filled_at"
DATED: tuple[type[Model], ...] = (GlobalEntity, InventoryLog, PriceChange)


@dataclass(frozen=True)
class Step:
    """How far a step is: `done` of `of`, in whatever the step counts."""

    name: str
    done: int
    of: int


Report = Callable[[Step], None]


def is_filled() -> bool:
    """Whether a demo stands in this database, whole."""
    return Shop.objects.filter(slug=WHOLESALER, extra_data__has_key=DONE).exists()


def fill(*, now: datetime, report: Report) -> None:
    """Fill the market. May be repeated; a killed run is taken up at its unfinished step.

    Must not run inside a transaction: the wholesaler's file is imported as any other.
    Raises NotImported.
    """
    make_logins()
    _make_room(now)
    _fill_shops(now, report)
    lines = lines_of_sample()
    report(Step("Invoices", 0, lines))
    import_invoices(
        now=now, progress=lambda line: report(Step("Invoices", line, lines))
    )
    report(Step("The last days", 0, len(PURCHASES)))
    buy_lately(now=now)
    _add_up(report)
    shop = Shop.objects.get(slug=WHOLESALER)
    shop.extra_data[DONE] = now.isoformat()
    shop.save(update_fields=["extra_data", "updated_at"])


def _make_room(now: datetime) -> None:
    """Partitions for rows as old as the demo's oldest.

    Coarse ones: hours and days of a past that comes in at once would be thousands of tables.
    """
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    this_month = today.replace(day=1)
    oldest = (now - A_YEAR - timedelta(days=62)).replace(day=1)
    figures = (rollup.model for rollup in ROLLUPS.values())
    for model in {*DATED, *(m for m in figures if hasattr(m, "partitioning"))}:
        by_month = partitioning_of(model).every == Every.MONTH
        recent = Every.MONTH if by_month else Every.DAY
        ensure_range(model, oldest, this_month, every=Every.MONTH)
        ensure_range(model, this_month, now if by_month else today, every=recent)


@transaction.atomic
def _fill_shops(now: datetime, report: Report) -> None:
    report(Step("Shops and products", 0, 2))
    if Shop.objects.filter(slug=WHOLESALER).exists():
        return
    random = Random(SEED)
    owners, buyers = make_people(random, len(read_rows("shops.csv")))
    shelf = fill_catalogue(random=random, owners=owners, now=now)
    report(Step("Orders and reviews", 1, 2))
    trade_a_year(
        random=random,
        shelf=shelf,
        people=buyers,
        shopper=User.objects.get(email=SHOPPER),
        now=now,
    )


def _add_up(report: Report) -> None:
    collect_marks()
    rollups = list(ROLLUPS.values())
    total = sum(piece.buckets for piece in pieces(rollups=rollups))
    built = 0

    def count(outcome: object) -> None:
        nonlocal built
        built += outcome.piece.buckets  # type: ignore[attr-defined]
        report(Step("Figures", built, max(total, built)))

    work_off(rollups=rollups, report=count)
    today = timezone.now().date()
    extend_calendar(first=today - timedelta(days=430), last=today)
