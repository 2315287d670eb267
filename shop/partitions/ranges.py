"""Children for a range of time, and the way home for rows that came before their child.

A child is made as a table of its own and then attached. `CREATE TABLE … PARTITION OF` would
keep readers of the whole table out; and PostgreSQL refuses both while the default partition
holds rows of the range, so those are moved in the same transaction.

ATTACH alone would let writers go on, but an INSERT that is on its way into the default
partition, decided before the new child was there, then fails with a check violation. The
parent is therefore locked against writers (not readers) for those milliseconds: they wait,
look again, and find the child.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection
from django.db.models import Model
from django.utils import timezone

from shop.errors import DomainError
from shop.partitions.children import (
    default_of,
    partitioning_of,
    ranges_of,
    stored_columns,
    table_of,
)
from shop.partitions.declaration import Every
from shop.partitions.locks import WAIT_S, alone, lock_children, lock_parent
from shop.partitions.windows import (
    Window,
    as_instant,
    free_windows,
    grain_at,
    window_at,
    windows_between,
    windows_by_age,
)

# Children made under one lock; more would keep writers waiting for longer.
AT_ONCE = 24
# A typing error in one date must not make a table for each month since the year 1.
MOST_CHILDREN = 2_000
AHEAD = {Every.HOUR: 48, Every.DAY: 14, Every.MONTH: 3}
FINEST_OF_DATES = Every.DAY
LIKE = "INCLUDING ALL EXCLUDING IDENTITY"


class RangeTooWide(DomainError):
    """The range would need thousands of children: most likely a wrong date."""

    code = "partition_range_too_wide"

    def __init__(self, table: str, start: datetime, end: datetime) -> None:
        super().__init__(
            f"{table} would need more than {MOST_CHILDREN} partitions between"
            f" {start:%Y-%m-%d} and {end:%Y-%m-%d}. Look for a wrong date."
        )


class NameTaken(DomainError):
    """A table has the name of a partition and is none."""

    code = "partition_name_taken"

    def __init__(self, table: str, name: str) -> None:
        super().__init__(
            f"A table {name} exists and is no partition of {table}."
            " Attach it, rename it or drop it."
        )


@dataclass(frozen=True)
class Made:
    """A new child, and how many rows came over from the default partition."""

    name: str
    moved: int


# ------------------------------------------------------------------ making
def ensure_range(
    model: type[Model],
    start: datetime | date,
    end: datetime | date,
    *,
    every: Every | None = None,
    now: datetime | None = None,
    wait_s: float = WAIT_S,
) -> list[str]:
    """Make the missing children of `[start, end)`; returns their names.

    The grain follows the age (`settings.PARTITION_HOT`), or is `every` where that is given.
    Dates stand for their first instant in UTC. May be repeated, and asked by several
    processes at once; when nothing is missing it takes no lock. Call it before, not inside,
    the transaction that writes. Raises RangeTooWide, NameTaken, or PartitionsBusy when
    others hold the table for more than `wait_s` seconds: rows may still be written then,
    and go to the default partition until the next maintenance.
    """
    made = _ensure(
        model,
        as_instant(start),
        as_instant(end),
        every=every,
        now=now or timezone.now(),
        wait_s=wait_s,
    )
    return [child.name for child in made]


def ensure_ahead(
    model: type[Model],
    *,
    now: datetime,
    count: int | None = None,
    wait_s: float = WAIT_S,
) -> list[str]:
    """Make the children from now on: 48 hours, 14 days or 3 months, or `count` of them."""
    every = partitioning_of(model).every
    end = now
    for _ in range(AHEAD[every] if count is None else count):
        end = window_at(end, every).end
    return ensure_range(model, now, end, now=now, wait_s=wait_s)


def _ensure(
    model: type[Model],
    start: datetime,
    end: datetime,
    *,
    every: Every | None,
    now: datetime,
    wait_s: float,
) -> list[Made]:
    made: list[Made] = []

    def make_some(cursor: Any) -> list[Made]:
        # Looked at again under the lock: another process may have been quicker.
        missing = _missing(model, start, end, every=every, now=now)
        return _make(cursor, model, missing[:AT_ONCE])

    while _missing(model, start, end, every=every, now=now):
        made += alone(table_of(model), make_some, wait_s=wait_s)
    return made


def _missing(
    model: type[Model],
    start: datetime,
    end: datetime,
    *,
    every: Every | None,
    now: datetime,
) -> list[Window]:
    finest = partitioning_of(model).every
    wanted = (
        windows_between(start, end, every)
        if every is not None
        else windows_by_age(start, end, finest=finest, now=now)
    )
    taken = [child.span for child in ranges_of(model)]
    smallest = _smallest(model)
    missing: list[Window] = []
    for window in wanted:
        missing += free_windows(window, taken, finest=smallest, start=start, end=end)
        if len(missing) > MOST_CHILDREN:
            raise RangeTooWide(table_of(model), start, end)
    return missing


def _smallest(model: type[Model]) -> Every:
    field = model._meta.get_field(partitioning_of(model).by)
    is_date = field.get_internal_type() == "DateField"
    return FINEST_OF_DATES if is_date else Every.HOUR


def _make(cursor: Any, model: type[Model], windows: Iterable[Window]) -> list[Made]:
    table = table_of(model)
    named = [(window.child_of(table), window) for window in windows]
    if not named:
        return []
    for name, _ in named:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name])
        if cursor.fetchone()[0]:
            raise NameTaken(table, name)
        cursor.execute(f'CREATE TABLE "{name}" (LIKE "{table}" {LIKE})')
    default = default_of(model)
    lock_parent(cursor, table, "SHARE ROW EXCLUSIVE")
    lock_children(cursor, [default] if default else [])
    return [Made(name, attach(cursor, model, name, window)) for name, window in named]


def attach(cursor: Any, model: type[Model], name: str, window: Window) -> int:
    """Bring the default partition's rows of the window into table `name`, and attach it.

    The caller holds the parent and the default partition. Returns the rows moved.
    """
    table, by = table_of(model), partitioning_of(model).by
    lower, upper = bound(model, window.start), bound(model, window.end)
    default = default_of(model)
    moved = 0
    if default is not None:
        columns = ", ".join(f'"{column}"' for column in stored_columns(table))
        cursor.execute(
            f'WITH moved AS (DELETE FROM ONLY "{default}"'
            f' WHERE "{by}" >= %s AND "{by}" < %s RETURNING {columns})'
            f' INSERT INTO "{name}" ({columns}) SELECT {columns} FROM moved',
            [lower, upper],
        )
        moved = cursor.rowcount
    cursor.execute(
        f'ALTER TABLE "{table}" ATTACH PARTITION "{name}"'
        f" FOR VALUES FROM ('{lower}') TO ('{upper}')"
    )
    return moved


def bound(model: type[Model], moment: datetime) -> str:
    """As SQL reads it: a date, or an instant with its zone, whatever the session's is."""
    if _smallest(model) is FINEST_OF_DATES:
        return moment.date().isoformat()
    return moment.isoformat()


# ------------------------------------------------------------------ strays
@dataclass(frozen=True)
class Homecoming:
    """Rows brought home from the default partition of a table, and the children made."""

    table: str
    rows: int
    children: list[str]


def bring_strays_home(
    model: type[Model], *, now: datetime, wait_s: float = WAIT_S
) -> Homecoming:
    """Make the children that the default partition's rows belong in, and move them there.

    The rows of one child move in one transaction, so nobody sees them twice or not at all.
    Rows dated outside the years 1 to 9998, or infinite, stay. Repeatable.
    """
    made: list[Made] = []
    for window in _homes(model, now=now):
        made += _ensure(
            model, window.start, window.end, every=None, now=now, wait_s=wait_s
        )
    rows = sum(child.moved for child in made)
    return Homecoming(table_of(model), rows, [child.name for child in made])


def _homes(model: type[Model], *, now: datetime) -> list[Window]:
    """Where the strays belong: windows by age, without repeats."""
    default, by = default_of(model), partitioning_of(model).by
    if default is None:
        return []
    finest = partitioning_of(model).every
    is_date = _smallest(model) is FINEST_OF_DATES
    instant = f'"{by}"::timestamp' if is_date else f"\"{by}\" AT TIME ZONE 'UTC'"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT date_trunc(%s, {instant})"
            f' FROM ONLY "{default}"'
            f" WHERE \"{by}\" >= '0001-01-02' AND \"{by}\" < '9998-12-01'",
            [finest.value],
        )
        moments = [moment.replace(tzinfo=UTC) for (moment,) in cursor.fetchall()]
    return sorted(
        {
            window_at(moment, grain_at(moment, finest=finest, now=now))
            for moment in moments
        }
    )
