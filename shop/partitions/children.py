"""Which children a partitioned table has, read from PostgreSQL's own catalog."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.apps import apps
from django.db import connection
from django.db.models import Model

from shop.partitions.declaration import Every, Partitioning
from shop.partitions.windows import window_at

EVER = datetime.max.replace(tzinfo=UTC)
BEGINNING = datetime.min.replace(tzinfo=UTC)
STRAYS_COUNTED = 100_000

# PostgreSQL prints a bound in the session's time zone, and reads it back so; a date has no
# zone, its midnight is UTC's. The answer is UTC without a zone, because Django takes every
# instant it reads for UTC, also in a session that prints it in another zone.
CHILDREN = """
SELECT child.relname,
       child.oid::bigint,
       pg_relation_filenode(child.oid)::bigint,
       pg_get_expr(child.relpartbound, child.oid) = 'DEFAULT',
       CASE WHEN by_column.atttypid = 'timestamptz'::regtype
            THEN bound.lower::timestamptz AT TIME ZONE 'UTC'
            ELSE bound.lower::timestamp END,
       CASE WHEN by_column.atttypid = 'timestamptz'::regtype
            THEN bound.upper::timestamptz AT TIME ZONE 'UTC'
            ELSE bound.upper::timestamp END,
       CASE WHEN child.reltuples >= 0 THEN child.reltuples::bigint
            ELSE pg_stat_get_live_tuples(child.oid) END,
       pg_total_relation_size(child.oid)
  FROM pg_inherits AS link
  JOIN pg_class AS child ON child.oid = link.inhrelid
  JOIN pg_attribute AS by_column
    ON by_column.attrelid = link.inhparent AND by_column.attname = %(by)s
 CROSS JOIN LATERAL (
       SELECT (regexp_match(text, $$FROM \\('([^']+)'\\)$$))[1] AS lower,
              (regexp_match(text, $$TO \\('([^']+)'\\)$$))[1] AS upper
         FROM pg_get_expr(child.relpartbound, child.oid) AS text) AS bound
 WHERE link.inhparent = %(table)s::regclass
"""
COLUMNS = """
SELECT attname, attgenerated <> ''
  FROM pg_attribute
 WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
 ORDER BY attnum
"""


@dataclass(frozen=True)
class Child:
    """One child table. `rows` is the planner's estimate, `size` is in bytes with indexes.

    `start` and `end` are None for the default partition.
    """

    name: str
    oid: int
    filenode: int
    start: datetime | None
    end: datetime | None
    rows: int
    size: int

    @property
    def is_default(self) -> bool:
        return self.start is None

    @property
    def span(self) -> tuple[datetime, datetime]:
        """`[start, end)`; ValueError for the default partition, which has none."""
        if self.start is None or self.end is None:
            raise ValueError(f"{self.name} is a default partition.")
        return self.start, self.end

    @property
    def every(self) -> Every | None:
        """Its grain; None for the default partition and for bounds made by hand."""
        if self.start is None:
            return None
        for every in Every:
            window = window_at(self.start, every)
            if (window.start, window.end) == self.span:
                return every
        return None


def partitioned_models() -> list[type[Model]]:
    """Every model that declares `partitioning`, by table name."""
    found = [
        model
        for model in apps.get_models()
        if hasattr(model, "partitioning") and not model._meta.proxy
    ]
    return sorted(found, key=table_of)


def partitioning_of(model: type[Model]) -> Partitioning:
    """What the model declares; AttributeError where it does not."""
    declared: Partitioning = model.partitioning  # type: ignore[attr-defined]
    return declared


def table_of(model: type[Model]) -> str:
    return model._meta.db_table


def children_of(model: type[Model]) -> list[Child]:
    """All children in order of their bounds, the default partition last."""
    with connection.cursor() as cursor:
        cursor.execute(
            CHILDREN, {"table": table_of(model), "by": partitioning_of(model).by}
        )
        found = [_child(*row) for row in cursor.fetchall()]
    return sorted(found, key=lambda child: (child.start or EVER, child.name))


def _child(
    name: str,
    oid: int,
    filenode: int,
    is_default: bool,
    start: datetime | None,
    end: datetime | None,
    rows: int,
    size: int,
) -> Child:
    if not is_default:
        # MINVALUE and MAXVALUE, which a child made by hand may have.
        start = start.replace(tzinfo=UTC) if start else BEGINNING
        end = end.replace(tzinfo=UTC) if end else EVER
    return Child(name, oid, filenode, start, end, rows, size)


def ranges_of(model: type[Model]) -> list[Child]:
    """The children that have bounds, in order."""
    return [child for child in children_of(model) if not child.is_default]


def default_of(model: type[Model]) -> str | None:
    """The name of the default partition."""
    for child in children_of(model):
        if child.is_default:
            return child.name
    return None


def exact_rows(child: Child) -> int:
    """Counted one by one: slow on a large child."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM ONLY "{child.name}"')
        count: int = cursor.fetchone()[0]
    return count


def stray_counts(
    models: Iterable[type[Model]] | None = None,
) -> dict[str, int]:
    """Rows in the default partitions, by table; tables without any are left out.

    Counts up to 100,000 a table, which is bad enough to know.
    """
    counts = {}
    with connection.cursor() as cursor:
        for model in partitioned_models() if models is None else models:
            default = default_of(model)
            if default is None:
                continue
            cursor.execute(
                "SELECT count(*) FROM"
                f' (SELECT FROM ONLY "{default}" LIMIT {STRAYS_COUNTED}) AS strays'
            )
            counts[table_of(model)] = cursor.fetchone()[0]
    return {table: count for table, count in counts.items() if count}


def stored_columns(table: str) -> list[str]:
    """The columns that an INSERT may name: all but the generated ones."""
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS, [table])
        return [name for name, is_generated in cursor.fetchall() if not is_generated]
