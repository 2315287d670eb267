"""Dropping what is older than a model keeps, whole children at a time."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from django.db import ProgrammingError, connection
from django.db.models import Model
from psycopg.errors import UndefinedTable

from shop.partitions.children import (
    Child,
    default_of,
    partitioning_of,
    ranges_of,
    table_of,
)
from shop.partitions.locks import WAIT_S, alone, lock_children, lock_parent


def outlived_children(model: type[Model], *, now: datetime) -> list[Child]:
    """Those that end longer ago than the model keeps rows; none where it keeps all."""
    keep = partitioning_of(model).keep
    if keep is None:
        return []
    return [child for child in ranges_of(model) if child.span[1] <= now - keep]


def expired_children(model: type[Model], *, now: datetime) -> list[Child]:
    """The outlived ones without a row that was written more lately than the model keeps."""
    return [
        child
        for child in outlived_children(model, now=now)
        if _is_expired(model, child, now=now)
    ]


def drop_child(
    model: type[Model], child: Child, *, now: datetime, wait_s: float = WAIT_S
) -> bool:
    """Drop an expired child with its rows; False when it is gone, or was written to.

    Raises PartitionsBusy when others hold the table for more than `wait_s` seconds.
    """
    drop = partial(_drop, model=model, child=child, now=now)
    return alone(table_of(model), drop, wait_s=wait_s)


def _drop(cursor: Any, *, model: type[Model], child: Child, now: datetime) -> bool:
    lock_parent(cursor, table_of(model), "ACCESS EXCLUSIVE")
    # By oid: a merge may have given the name to another table meanwhile.
    if child.oid not in {known.oid for known in ranges_of(model)}:
        return False
    default = default_of(model)
    lock_children(cursor, [child.name, *([default] if default else [])])
    # Again, now that nobody can write: an import may have come in between.
    if _has_late_rows(cursor, model, child, now=now):
        return False
    cursor.execute(f'DROP TABLE "{child.name}"')
    return True


def _is_expired(model: type[Model], child: Child, *, now: datetime) -> bool:
    try:
        with connection.cursor() as cursor:
            return not _has_late_rows(cursor, model, child, now=now)
    except ProgrammingError as error:
        # A merge took it in meanwhile; the next look sees what it became.
        if isinstance(error.__cause__, UndefinedTable):
            return False
        raise


def _has_late_rows(
    cursor: Any, model: type[Model], child: Child, *, now: datetime
) -> bool:
    """Stops at the first such row; reads a child that has none once, before it goes."""
    declared = partitioning_of(model)
    if declared.written is None or declared.keep is None:
        return False
    cursor.execute(
        f'SELECT EXISTS (SELECT FROM ONLY "{child.name}" WHERE "{declared.written}" > %s)',
        [now - declared.keep],
    )
    found: bool = cursor.fetchone()[0]
    return found
