"""Rebuild the figures: take the dirty marks, plan the buckets, build them piece by piece.

Every step is one transaction under one advisory lock, so any number of workers and commands
may run at once and be killed anywhere: what is not marked `done` is built again, whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.models import Min
from django.utils import timezone

from analytics.models import RollupRun, RollupStatus
from analytics.rollups import (
    DAY,
    HOUR,
    ROLLUPS,
    SQL,
    Rollup,
    delete_rows,
    sum_months,
    write_rows,
)
from shop.errors import DomainError
from shop.partitions.ranges import ensure_range

log = structlog.get_logger(__name__)

LOCK = "hashtext('soko.rollups')"
COLLECT = (SQL / "collect_marks.sql").read_text()
PLAN = (SQL / "plan_buckets.sql").read_text()
NEXT_ORDERS = (SQL / "next_orders.sql").read_text()
MANY_ROWS = 10_000
# Pending buckets this near to each other are built by one statement.
NEAR = {HOUR: timedelta(days=1), DAY: timedelta(days=7)}
COUNT_ROWS = """
INSERT INTO rollup_runs (rollup, period_start, period_end, status, rows, started_at, finished_at)
SELECT %(rollup)s, {bucket_start}, {bucket_start} + %(step)s::interval, 'done', count(*),
       now(), clock_timestamp()
  FROM {table}
 WHERE {in_range}
 GROUP BY 2
    ON CONFLICT (rollup, period_start) DO UPDATE
       SET status = 'done', rows = excluded.rows, started_at = excluded.started_at,
           finished_at = excluded.finished_at, error = ''
"""


class Busy(Exception):
    """Somebody else is building; they, or the next run, will do what is left."""


@dataclass(frozen=True)
class Piece:
    """Buckets of one rollup that are built together: `[start, end)`, within one month."""

    rollup: Rollup
    start: datetime
    end: datetime
    buckets: int


@dataclass(frozen=True)
class Outcome:
    """What a piece came to; `error` is empty when it was built."""

    piece: Piece
    rows: int
    error: str = ""


def _take_turn(*, wait: bool) -> None:
    """Hold the rollups' lock until the transaction ends. Raises Busy, if not told to wait."""
    with connection.cursor() as cursor:
        if wait:
            cursor.execute(f"SELECT pg_advisory_xact_lock({LOCK})")
            return
        cursor.execute(f"SELECT pg_try_advisory_xact_lock({LOCK})")
        if not cursor.fetchone()[0]:
            raise Busy


def _declared(rollups: Sequence[Rollup]) -> dict[str, Any]:
    return {
        "names": [rollup.name for rollup in rollups],
        "grains": [rollup.grain for rollup in rollups],
        "subjects": [rollup.subject for rollup in rollups],
    }


@transaction.atomic
def collect_marks(*, wait: bool = True) -> int:
    """Turn the dirty marks into pending runs; how many runs became pending.

    Always for every rollup: a mark is gone once it is taken. May be repeated.
    """
    _take_turn(wait=wait)
    with connection.cursor() as cursor:
        cursor.execute(COLLECT, _declared(list(ROLLUPS.values())))
        return int(cursor.rowcount)


@transaction.atomic
def plan_range(
    *, rollups: Sequence[Rollup], start: datetime, end: datetime, again: bool
) -> int:
    """Make every bucket of `[start, end)` pending; how many.

    Without `again` only those that were never built, or not to the end.
    """
    _take_turn(wait=True)
    with connection.cursor() as cursor:
        cursor.execute(
            PLAN,
            _declared(rollups) | {"start": start, "end": end, "again": again},
        )
        return int(cursor.rowcount)


def pieces(
    *,
    rollups: Sequence[Rollup],
    start: datetime | None = None,
    end: datetime | None = None,
) -> Iterator[Piece]:
    """What is not built, in order of the rollups and of time."""
    for rollup in rollups:
        unfinished = RollupRun.objects.filter(rollup=rollup.name).exclude(
            status=RollupStatus.DONE
        )
        if start is not None:
            unfinished = unfinished.filter(period_start__gte=start)
        if end is not None:
            unfinished = unfinished.filter(period_start__lt=end)
        starts = unfinished.order_by("period_start")
        yield from _grouped(rollup, starts.values_list("period_start", flat=True))


def _grouped(rollup: Rollup, starts: Iterable[datetime]) -> Iterator[Piece]:
    group: list[datetime] = []
    for start in starts:
        is_apart = group and (
            start - group[-1] > NEAR[rollup.step] or start.month != group[0].month
        )
        if is_apart:
            yield _piece(rollup, group)
            group = []
        group.append(start)
    if group:
        yield _piece(rollup, group)


def _piece(rollup: Rollup, starts: list[datetime]) -> Piece:
    return Piece(rollup, starts[0], starts[-1] + rollup.step, len(starts))


def build(piece: Piece, *, wait: bool = True) -> Outcome:
    """Build one piece. An error of the database is kept with its runs, and returned.

    May be repeated, and by two at once: whoever comes second finds it built.
    """
    piece_runs = RollupRun.objects.filter(
        rollup=piece.rollup.name,
        period_start__gte=piece.start,
        period_start__lt=piece.end,
    )
    unfinished = piece_runs.exclude(status=RollupStatus.DONE)
    _make_room(piece)
    unfinished.update(status=RollupStatus.RUNNING, started_at=timezone.now())
    try:
        return Outcome(piece, _build(piece, wait=wait))
    except OperationalError:
        # The server went away or told us to stop: nothing is known of the bucket itself.
        raise
    except DatabaseError as error:
        log.exception(
            "rollup failed", rollup=piece.rollup.name, start=piece.start.isoformat()
        )
        reason = str(error).strip().splitlines()[0]
        unfinished.update(
            status=RollupStatus.FAILED, error=reason, finished_at=timezone.now()
        )
        return Outcome(piece, 0, reason)


def _make_room(piece: Piece) -> None:
    """Partitions for the rows to come; without, the default one takes them for a while."""
    if not hasattr(piece.rollup.model, "partitioning"):
        return
    try:
        ensure_range(piece.rollup.model, piece.start, piece.end)
    except DomainError as error:
        log.warning("no partition made", table=piece.rollup.table, reason=error.message)


@transaction.atomic
def _build(piece: Piece, *, wait: bool) -> int:
    rollup, start, end = piece.rollup, piece.start, piece.end
    _take_turn(wait=wait)
    runs = RollupRun.objects.filter(
        rollup=rollup.name, period_start__gte=start, period_start__lt=end
    )
    if not runs.exclude(status=RollupStatus.DONE).exists():
        return 0
    if rollup.subject == "shop":
        _remember_buyers(rollup, start, end)
    delete_rows(rollup, start, end)
    rows = write_rows(rollup, start, end, into=rollup.table)
    if rollup.subject == "shop":
        _doubt_next_orders(rollup, start, end)
    if rollup.name == "sales_aggregates_daily":
        sum_months(start, end)
    now = timezone.now()
    runs.update(status=RollupStatus.DONE, rows=0, error="", finished_at=now)
    with connection.cursor() as cursor:
        cursor.execute(
            COUNT_ROWS.format(
                bucket_start=rollup.bucket_start,
                table=rollup.table,
                in_range=rollup.in_range,
            ),
            rollup.params(start, end),
        )
    return rows


def _remember_buyers(rollup: Rollup, start: datetime, end: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE rollup_before ON COMMIT DROP AS"
            f" SELECT event_time, shop_id, customer_sketch FROM {rollup.table}"
            f" WHERE {rollup.in_range}",
            rollup.params(start, end),
        )


def _doubt_next_orders(rollup: Rollup, start: datetime, end: datetime) -> None:
    """Whether a customer is new depends on what is before: their next order's bucket too."""
    params = rollup.params(start, end) | {"built": rollup.name}
    shop = NEXT_ORDERS.format(table=rollup.table, scope="shop_id", its="shop.id")
    market = NEXT_ORDERS.format(
        table=rollup.table, scope="currency", its="shop.currency"
    )
    with connection.cursor() as cursor:
        cursor.execute(shop, params)
        if rollup.step == DAY:
            cursor.execute(market, params | {"rollup": "sales_metrics"})
        cursor.execute("DROP TABLE rollup_before")


def work_off(
    *,
    rollups: Sequence[Rollup],
    start: datetime | None = None,
    end: datetime | None = None,
    wait: bool = True,
    report: Callable[[Outcome], None] = lambda outcome: None,
    until: Callable[[], bool] = lambda: False,
) -> bool:
    """Build what is not built; True when nothing is left but what failed just now.

    A build may show that another bucket is wrong, so it looks again until none is. `until`
    is asked before each piece, and stops the work when it says yes. Raises Busy.
    """
    failed: set[tuple[str, datetime]] = set()
    while True:
        left = [
            piece
            for piece in pieces(rollups=rollups, start=start, end=end)
            if (piece.rollup.name, piece.start) not in failed
        ]
        if not left:
            return True
        for piece in left:
            if until():
                return False
            outcome = build(piece, wait=wait)
            if outcome.error:
                failed.add((piece.rollup.name, piece.start))
            report(outcome)


def tidy(rollups: Sequence[Rollup], *, rows: int) -> None:
    """After a large build: let the planner know the tables, and indexes answer alone.

    Autovacuum would, minutes later. Nothing inside a transaction, where it cannot run.
    """
    if rows < MANY_ROWS or connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        tables = [rollup.table for rollup in rollups]
        if ROLLUPS["sales_aggregates_daily"] in rollups:
            tables.append("sales_aggregates_monthly")
        for table in (*tables, "rollup_runs"):
            cursor.execute(f"VACUUM (ANALYZE) {table}")


def first_bucket() -> datetime | None:
    """The start of the earliest bucket of any rollup; None before the first was planned."""
    first: datetime | None = RollupRun.objects.aggregate(first=Min("period_start"))[
        "first"
    ]
    return first
