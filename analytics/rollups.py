"""The rollups: which table each fills, in what buckets, from which statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection, models

from analytics.models import (
    Conversion,
    ProductMetricsDaily,
    ProductMetricsHourly,
    SalesAggregateDaily,
    SalesMetrics,
    ShopMetricsDaily,
    ShopMetricsHourly,
    UserMetricsDaily,
    UserMetricsHourly,
)

SQL = Path(__file__).parent / "sql"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GRAINS = {HOUR: "hour", DAY: "day"}
# What the database gives a row as it is written; everything else comes from the raw rows.
WRITTEN = {"id", "computed_at", "created_at", "updated_at", "partition_key"}


@dataclass(frozen=True)
class Rollup:
    """One table of figures.

    subject: whom it tells of (user, shop, product, sales or conversion); key: the columns
    that name a cell's row, the bucket's first; statement: the SELECT of its rows from the
    raw ones.
    """

    name: str
    model: type[models.Model]
    step: timedelta
    subject: str
    key: tuple[str, ...]
    statement: str

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def grain(self) -> str:
        return GRAINS[self.step]

    @property
    def bucket(self) -> str:
        return self.key[0]

    @property
    def bucket_start(self) -> str:
        """The bucket's start as an instant, in SQL."""
        if self.bucket == "date":
            return "(date::timestamp AT TIME ZONE 'UTC')"
        return self.bucket

    @property
    def figures(self) -> tuple[str, ...]:
        """The columns that must be the same however often they are computed."""
        columns = (field.column for field in self.model._meta.local_concrete_fields)
        return tuple(column for column in columns if column and column not in WRITTEN)

    def params(self, start: datetime, end: datetime) -> dict[str, Any]:
        """What the statements are asked with, for the range `[start, end)`."""
        return {
            "rollup": self.name,
            "grain": self.grain,
            "step": f"1 {self.grain}",
            "start": start,
            "end": end,
            "start_date": start.astimezone(UTC).date(),
            "end_date": end.astimezone(UTC).date(),
        }

    @property
    def in_range(self) -> str:
        """The stored rows of a range, in SQL that prunes partitions."""
        if self.bucket == "date":
            return "date >= %(start_date)s AND date < %(end_date)s"
        return "event_time >= %(start)s AND event_time < %(end)s"

    def floor(self, moment: datetime) -> datetime:
        """The start of the bucket that holds the moment."""
        moment = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return moment.replace(hour=0) if self.step == DAY else moment

    def ceil(self, moment: datetime) -> datetime:
        """The first start of a bucket at or after the moment."""
        start = self.floor(moment)
        return start if start == moment else start + self.step


def _statement(name: str) -> str:
    return (SQL / f"{name}.sql").read_text()


def _metrics(subject: str, hourly: Any, daily: Any) -> tuple[Rollup, Rollup]:
    key, statement = ("event_time", f"{subject}_id"), _statement(f"{subject}_metrics")
    return (
        Rollup(f"{subject}_hourly", hourly, HOUR, subject, key, statement),
        Rollup(f"{subject}_daily", daily, DAY, subject, key, statement),
    )


# Shops before sales_metrics: a shop's changed buyers make its later days dirty.
ROLLUPS = {
    rollup.name: rollup
    for rollup in (
        *_metrics("user", UserMetricsHourly, UserMetricsDaily),
        *_metrics("shop", ShopMetricsHourly, ShopMetricsDaily),
        *_metrics("product", ProductMetricsHourly, ProductMetricsDaily),
        Rollup(
            "sales_aggregates_daily",
            SalesAggregateDaily,
            DAY,
            "sales",
            ("date", "product_id", "category", "payment_method"),
            _statement("sales_aggregates_daily"),
        ),
        Rollup(
            "sales_metrics",
            SalesMetrics,
            DAY,
            "sales",
            ("date", "currency"),
            _statement("sales_metrics"),
        ),
        Rollup(
            "fact_conversions",
            Conversion,
            DAY,
            "conversion",
            ("date", "source_type", "source_id"),
            _statement("fact_conversions"),
        ),
    )
}


MONTHS = _statement("sales_aggregates_monthly")
# A month that begins before the range may hold a day of it.
IN_MONTHS = (
    "month >= date_trunc('month', %(start_date)s::timestamp)::date"
    " AND month < %(end_date)s"
)


@cache
def columns_of(rollup: Rollup) -> tuple[str, ...]:
    """The columns that the rollup's statement fills; the others keep their default, 0."""
    nowhere = rollup.params(EPOCH, EPOCH)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({rollup.statement}) AS fresh LIMIT 0", nowhere)
        return tuple(column.name for column in cursor.description or ())


def write_rows(rollup: Rollup, start: datetime, end: datetime, *, into: str) -> int:
    """Compute the rows of `[start, end)` into a table shaped like the rollup's; how many."""
    columns = ", ".join(columns_of(rollup))
    with connection.cursor() as cursor:
        # A key that carries the bucket's own time, so that looking a row up by key is cheap.
        cursor.execute(
            f"INSERT INTO {into} (id, {columns})"
            f" SELECT uuidv7({rollup.bucket_start} - clock_timestamp()), {columns}"
            f" FROM ({rollup.statement}) AS fresh",
            rollup.params(start, end),
        )
        return int(cursor.rowcount)


def sum_months(start: datetime, end: datetime) -> None:
    """Sum the months that hold a day of `[start, end)` anew from the daily rows."""
    params = ROLLUPS["sales_aggregates_daily"].params(start, end)
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM sales_aggregates_monthly WHERE {IN_MONTHS}", params
        )
        cursor.execute(
            "INSERT INTO sales_aggregates_monthly"
            " (month, product_id, currency, total_revenue, total_units)"
            f" {MONTHS}",
            params,
        )


def delete_rows(rollup: Rollup, start: datetime, end: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {rollup.table} WHERE {rollup.in_range}",
            rollup.params(start, end),
        )
