"""Older children into coarser ones, while others read and write them.

The simplest correct way would lock the table, copy and swap: nobody could take an order
while a month is copied. Locking only the children that are copied does not work either: a
writer who waits for one holds the parent already, so the swap could never lock that.

So the copy is made beside the running table, and a trigger on each old child notes the keys
of the rows that change meanwhile. The swap then locks the parent, brings the noted keys up to
date in the copy, drops the old children and attaches the copy, in one transaction of
milliseconds. Killed before its commit, the table is as it was; what was left lying about is
cleared by the next merge.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import ProgrammingError, connection, transaction
from django.db.models import Model
from psycopg.errors import UndefinedTable

from shop.partitions.children import (
    Child,
    default_of,
    partitioning_of,
    ranges_of,
    stored_columns,
    table_of,
)
from shop.partitions.declaration import Every
from shop.partitions.locks import (
    WAIT_S,
    PartitionsBusy,
    alone,
    lock_children,
    lock_parent,
)
from shop.partitions.ranges import LIKE, attach, bound
from shop.partitions.windows import Window, grain_at, window_at

# From fine to coarse.
ORDER = list(Every)
CLEARING_S = 5.0
COPY, CHANGES = "_merging", "_changes"

REMEMBER = """
CREATE FUNCTION {changes}() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN INSERT INTO {changes} VALUES ({old}); END IF;
    IF TG_OP <> 'DELETE' THEN INSERT INTO {changes} VALUES ({new}); END IF;
    RETURN NULL;
END $$
"""
LEFTOVERS = """
SELECT relname FROM pg_class
 WHERE relnamespace = %s::regnamespace AND relkind = 'r' AND relname ~ %s
 ORDER BY relname
"""


@dataclass(frozen=True)
class Group:
    """Children of one table that are to become one; `rows` is an estimate."""

    table: str
    name: str
    window: Window
    children: tuple[Child, ...]

    @property
    def rows(self) -> int:
        return sum(child.rows for child in self.children)


class _TableChanged(Exception):
    """Children came, went or were emptied while the copy was made."""


def due_groups(model: type[Model], *, now: datetime) -> list[Group]:
    """What `merge` would do: children finer than their age asks, oldest first."""
    table, finest = table_of(model), partitioning_of(model).every
    children = ranges_of(model)
    windows = set()
    for child in children:
        start, _ = child.span
        wanted = grain_at(start, finest=finest, now=now)
        if child.every is not None and ORDER.index(child.every) < ORDER.index(wanted):
            windows.add(window_at(start, wanted))
    groups = []
    for window in sorted(windows):
        inside = _within(children, window)
        touching = [
            child
            for child in children
            if child.span[0] < window.end and window.start < child.span[1]
        ]
        # A child across the window's edge was made by hand; it stays as it is.
        if inside == touching:
            groups.append(Group(table, window.child_of(table), window, tuple(inside)))
    return groups


def _within(children: list[Child], window: Window) -> list[Child]:
    return [
        child
        for child in children
        if window.start <= child.span[0] and child.span[1] <= window.end
    ]


def merge(model: type[Model], group: Group, *, wait_s: float = WAIT_S) -> int | None:
    """Make one child of a group; returns its rows.

    None when another merge of the table is at work, or when the group's children came,
    went or were emptied meanwhile: the next merge looks again. Safe to
    repeat after a kill at any point. Raises PartitionsBusy when the table was never free
    for the swap; everything is as before then. Not inside a transaction. The session must
    be kept for the whole merge: no pooler that hands it on with each transaction.
    """
    with _only_one(group.table) as is_mine:
        if not is_mine:
            return None
        clear_leftovers(model, wait_s=wait_s)
        try:
            return _Merge(model, group, wait_s).run()
        except _TableChanged:
            return None
        except ProgrammingError as error:
            # Retention dropped a child before it could be copied.
            if isinstance(error.__cause__, UndefinedTable):
                return None
            raise
        finally:
            # Else the next merge does it; the notes that writers take do no harm.
            with suppress(PartitionsBusy):
                clear_leftovers(model, wait_s=min(wait_s, CLEARING_S))


@contextmanager
def _only_one(table: str) -> Iterator[bool]:
    """One merge for a table; the lock is the session's, so that a kill gives it back."""
    key = "hashtext('soko merge'), hashtext(%s)"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_lock({key})", [table])
        is_mine: bool = cursor.fetchone()[0]
        try:
            yield is_mine
        finally:
            if is_mine:
                cursor.execute(f"SELECT pg_advisory_unlock({key})", [table])


def clear_leftovers(model: type[Model], *, wait_s: float) -> None:
    """Drop what a killed merge left: its copy, its notes and its triggers.

    Raises PartitionsBusy; what is left then is dropped by the next call.
    """
    table = table_of(model)
    with connection.cursor() as cursor:
        pattern = f"^{table}_p[0-9_]+({COPY}|{CHANGES})$"
        cursor.execute(LEFTOVERS, [settings.SCHEMA, pattern])
        names = [name for (name,) in cursor.fetchall()]
    for name in names:
        if name.endswith(COPY):
            _run(f'DROP TABLE IF EXISTS "{name}"')
        else:
            _drop_triggers(table, name, wait_s=wait_s)
            _run(f'DROP FUNCTION IF EXISTS "{name}"()')
            # Last: as long as it stands, a clearing that is killed begins again.
            _run(f'DROP TABLE IF EXISTS "{name}"')


def _drop_triggers(table: str, name: str, *, wait_s: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
            " WHERE tgname = %s",
            [name],
        )
        children = [child for (child,) in cursor.fetchall()]
    for child in children:
        drop = f'DROP TRIGGER IF EXISTS "{name}" ON "{child}"'
        _run_alone(table, drop, wait_s=wait_s)


def _run(statement: str) -> int:
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(statement)
        rows: int = cursor.rowcount
        return rows


def _run_alone(table: str, statement: str, *, wait_s: float) -> None:
    """For a statement that needs a lock which others may hold."""

    def work(cursor: Any) -> None:
        cursor.execute(statement)

    alone(table, work, wait_s=wait_s)


class _Merge:
    """The steps of one merge, each in its own transaction."""

    def __init__(self, model: type[Model], group: Group, wait_s: float) -> None:
        self.model, self.group, self.wait_s = model, group, wait_s
        self.table = group.table
        self.copy = f"{group.name}{COPY}"
        self.changes = f"{group.name}{CHANGES}"
        self.key = [f'"{column}"' for column in partitioning_of(model).key]
        self.columns = ", ".join(f'"{name}"' for name in stored_columns(self.table))

    def run(self) -> int:
        self._make_tables()
        for child in self.group.children:
            self._watch(child)
        copied = sum(
            _run(
                f'INSERT INTO "{self.copy}" ({self.columns})'
                f' SELECT {self.columns} FROM ONLY "{child.name}"'
            )
            for child in self.group.children
        )
        self._add_foreign_keys()
        _run(f'ANALYZE "{self.copy}"')
        return copied + alone(self.table, self._swap, wait_s=self.wait_s)

    @transaction.atomic(durable=True)
    def _make_tables(self) -> None:
        by = f'"{partitioning_of(self.model).by}"'
        window = self.group.window
        lower, upper = bound(self.model, window.start), bound(self.model, window.end)
        changes = f'"{settings.SCHEMA}"."{self.changes}"'
        keys = ", ".join(self.key)
        remember = REMEMBER.format(
            changes=changes,
            old=", ".join(f"OLD.{column}" for column in self.key),
            new=", ".join(f"NEW.{column}" for column in self.key),
        )
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE TABLE "{self.copy}" (LIKE "{self.table}" {LIKE})')
            # Proves the bounds beforehand, so that ATTACH need not read the rows.
            cursor.execute(
                f'ALTER TABLE "{self.copy}" ADD CONSTRAINT "{self.copy}"'
                f" CHECK ({by} >= '{lower}' AND {by} < '{upper}')"
            )
            cursor.execute(
                f'CREATE TABLE "{self.changes}" AS'
                f' SELECT {keys} FROM ONLY "{self.table}" WHERE false'
            )
            cursor.execute(remember)

    def _watch(self, child: Child) -> None:
        """One child at a time: whoever waits for two locks can deadlock with a writer."""
        sql = (
            f'CREATE TRIGGER "{self.changes}" AFTER INSERT OR UPDATE OR DELETE'
            f' ON "{child.name}" FOR EACH ROW EXECUTE FUNCTION "{self.changes}"()'
        )
        _run_alone(self.table, sql, wait_s=self.wait_s)

    def _add_foreign_keys(self) -> None:
        """Before the swap: ATTACH would check every row of a key that it has to make."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
                " WHERE conrelid = %s::regclass AND contype = 'f'",
                [self.table],
            )
            keys = cursor.fetchall()
        for name, definition in keys:
            add = f'ALTER TABLE "{self.copy}" ADD CONSTRAINT "{name}" {definition}'
            _run_alone(self.table, f"{add} NOT VALID", wait_s=self.wait_s)
            _run(f'ALTER TABLE "{self.copy}" VALIDATE CONSTRAINT "{name}"')

    def _swap(self, cursor: Any) -> int:
        """Returns how many rows came in addition to those copied before."""
        default = default_of(self.model)
        names = [child.name for child in self.group.children]
        lock_parent(cursor, self.table, "ACCESS EXCLUSIVE")
        self._check_unchanged()
        others = [self.copy, self.changes, *([default] if default else [])]
        lock_children(cursor, [*names, *others])
        added = self._bring_up_to_date(cursor)
        tables = ", ".join(f'"{name}"' for name in names)
        cursor.execute(f"DROP TABLE {tables}")
        moved = attach(cursor, self.model, self.copy, self.group.window)
        cursor.execute(f'ALTER TABLE "{self.copy}" DROP CONSTRAINT "{self.copy}"')
        cursor.execute(f'ALTER TABLE "{self.copy}" RENAME TO "{self.group.name}"')
        cursor.execute(f'DROP FUNCTION "{self.changes}"()')
        cursor.execute(f'DROP TABLE "{self.changes}"')
        return added + moved

    def _check_unchanged(self) -> None:
        """The children are those that were copied. TRUNCATE gives one a new file."""
        now_inside = _within(ranges_of(self.model), self.group.window)
        copied = [(child.oid, child.filenode) for child in self.group.children]
        if [(child.oid, child.filenode) for child in now_inside] != copied:
            raise _TableChanged

    def _bring_up_to_date(self, cursor: Any) -> int:
        keys = ", ".join(self.key)
        noted = f'(SELECT DISTINCT {keys} FROM "{self.changes}") AS noted'
        same = " AND ".join(f"row.{column} = noted.{column}" for column in self.key)
        cursor.execute(f'DELETE FROM "{self.copy}" AS row USING {noted} WHERE {same}')
        added: int = -cursor.rowcount
        renewed = ", ".join(f"row.{column}" for column in self.columns.split(", "))
        for child in self.group.children:
            cursor.execute(
                f'INSERT INTO "{self.copy}" ({self.columns}) SELECT {renewed}'
                f' FROM ONLY "{child.name}" AS row JOIN {noted} ON {same}'
            )
            added += cursor.rowcount
        return added
