"""Prove the figures: compute every cell again from the raw rows, in two ways, and compare.

First the rollup's own statement, into an empty table, which covers every column; then queries
written apart from it (`sql/checks/`), which would not share its mistakes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection, transaction

from analytics.rollups import IN_MONTHS, MONTHS, SQL, Rollup, write_rows

FRESH = "rollup_fresh"
# The months that hold a day of the range, beside what their days add up to.
SUMMED = f"""
SELECT month, product_id, currency, stored.total_revenue, summed.total_revenue,
       stored.total_units, summed.total_units
  FROM (SELECT * FROM sales_aggregates_monthly WHERE {IN_MONTHS}) AS stored
  FULL JOIN ({MONTHS}) AS summed USING (month, product_id, currency)
"""


@dataclass(frozen=True)
class Difference:
    """The first cell that is not what the raw rows say; None: there is no such row."""

    table: str
    bucket: Any
    subject: str
    column: str
    stored: Any
    expected: Any

    def __str__(self) -> str:
        return (
            f"{self.table}, {self.bucket}, {self.subject}: {self.column} is"
            f" {_shown(self.stored)}, expected {_shown(self.expected)}"
        )


@dataclass(frozen=True)
class Verified:
    """How many cells of a range are right; `difference` is the first that is not."""

    cells: int
    difference: Difference | None = None


def _shown(value: Any) -> str:
    return "not there" if value is None else str(value)


def months(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The range, cut where a month begins."""
    while start < end:
        following = (start.year + start.month // 12, start.month % 12 + 1)
        cut = start.replace(
            year=following[0],
            month=following[1],
            day=1,
            hour=0,
            minute=0,
            second=0,
            microsecond=0,
        )
        yield start, min(cut, end)
        start = cut


def verify(
    *,
    rollups: Sequence[Rollup],
    start: datetime,
    end: datetime,
    report: Callable[[Rollup, datetime], None] = lambda rollup, month: None,
) -> Verified:
    """Compare every cell of `[start, end)`; stops at the first difference. Writes nothing."""
    cells = 0
    for rollup in rollups:
        for first, last in months(rollup.floor(start), rollup.ceil(end)):
            found = _verify_part(rollup, first, last)
            cells += found.cells
            if found.difference is not None:
                return Verified(cells, found.difference)
            report(rollup, first)
    return Verified(cells)


def _verify_part(rollup: Rollup, start: datetime, end: datetime) -> Verified:
    is_nested = connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if not is_nested:
            # One sight of the raw rows and of the figures, while others go on selling.
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{FRESH}")
        cursor.execute(
            f"CREATE TEMPORARY TABLE {FRESH} (LIKE {rollup.table}"
            " INCLUDING DEFAULTS INCLUDING GENERATED) ON COMMIT DROP"
        )
        write_rows(rollup, start, end, into=FRESH)
        difference = _compare(rollup, start, end, FRESH, rollup.figures, fill=False)
        for check in checks_of(rollup) if difference is None else ():
            columns = _columns(rollup, check)
            difference = _compare(rollup, start, end, f"({check})", columns, fill=True)
            if difference is not None:
                break
        cursor.execute(
            f"SELECT count(*) FROM {rollup.table} WHERE {rollup.in_range}",
            rollup.params(start, end),
        )
        rows = cursor.fetchone()[0]
        cells = rows * (len(rollup.figures) - len(rollup.key))
        if rollup.name == "sales_aggregates_daily" and difference is None:
            found = _verify_months(rollup.params(start, end))
            cells, difference = cells + found.cells, found.difference
    return Verified(cells, difference)


def _verify_months(params: dict[str, Any]) -> Verified:
    """The monthly sums against the daily rows they are made of."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({SUMMED}) AS found", params)
        months = cursor.fetchone()[0]
        cursor.execute(
            f"{SUMMED} WHERE (stored.total_revenue, stored.total_units)"
            " IS DISTINCT FROM (summed.total_revenue, summed.total_units)"
            " ORDER BY 1, 2, 3 LIMIT 1",
            params,
        )
        row = cursor.fetchone()
    if row is None:
        return Verified(2 * months)
    month, product, currency, *figures = row
    at = 0 if figures[0] != figures[1] else 2
    return Verified(
        2 * months,
        Difference(
            "sales_aggregates_monthly",
            month,
            f"{product}, {currency}",
            ("total_revenue", "", "total_units")[at],
            figures[at],
            figures[at + 1],
        ),
    )


@cache
def checks_of(rollup: Rollup) -> tuple[str, ...]:
    """The queries that check the rollup's columns apart from its own statement."""
    name = rollup.name if rollup.subject == "sales" else f"{rollup.subject}_*"
    return tuple(
        path.read_text().replace("{table}", rollup.table)
        for path in sorted((SQL / "checks").glob(f"{name}.sql"))
    )


@cache
def _columns(rollup: Rollup, check: str) -> tuple[str, ...]:
    from_epoch = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT * FROM ({check}) AS checked LIMIT 0",
            rollup.params(from_epoch, from_epoch),
        )
        return tuple(column.name for column in cursor.description or ())


def _compare(
    rollup: Rollup,
    start: datetime,
    end: datetime,
    source: str,
    columns: Sequence[str],
    *,
    fill: bool,
) -> Difference | None:
    """fill: where the source has no row, its figures are what a row's are by default."""
    figures = [column for column in columns if column not in rollup.key]
    stored = [f"stored.{column}" for column in figures]
    expected = [
        f"coalesce(expected.{column}, {_default(column)})"
        if fill
        else f"expected.{column}"
        for column in figures
    ]
    there = [
        f"coalesce({column}, {_default(column[7:])})" if fill else column
        for column in stored
    ]
    keys = ", ".join(rollup.key)
    source = source if fill else f"(SELECT * FROM {source})"
    query = (
        f"SELECT {keys}, {', '.join(stored)}, {', '.join(expected)}"
        f"  FROM (SELECT * FROM {rollup.table} WHERE {rollup.in_range}) AS stored"
        f"  FULL JOIN {source} AS expected USING ({keys})"
        f" WHERE ROW({', '.join(there)}) IS DISTINCT FROM ROW({', '.join(expected)})"
        f" ORDER BY {keys} LIMIT 1"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, rollup.params(start, end))
        row = cursor.fetchone()
    if row is None:
        return None
    found, rest = row[: len(rollup.key)], row[len(rollup.key) :]
    for column, ours, theirs in zip(
        figures, rest[: len(figures)], rest[len(figures) :], strict=True
    ):
        if ours != theirs:
            subject = ", ".join(str(part) for part in found[1:])
            return Difference(rollup.table, found[0], subject, column, ours, theirs)
    raise AssertionError("rows differ, but none of their cells")


def _default(column: str) -> str:
    return "'{}'" if column == "customer_sketch" else "0"
