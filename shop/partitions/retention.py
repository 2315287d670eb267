"""Dropping what is older than a model keeps, whole children at a time."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import Model

from shop.partitions.children import (
    Child,
    default_of,
    partitioning_of,
    ranges_of,
    table_of,
)
from shop.partitions.locks import WAIT_S, alone, lock_children, lock_parent


def expired_children(model: type[Model], *, now: datetime) -> list[Child]:
    """Those whose every row is older than the model's `keep`; none where it keeps all."""
    keep = partitioning_of(model).keep
    if keep is None:
        return []
    return [child for child in ranges_of(model) if child.span[1] <= now - keep]


def drop_child(model: type[Model], child: Child, *, wait_s: float = WAIT_S) -> bool:
    """Drop a child with its rows; False when it is gone already.

    Raises PartitionsBusy when others hold the table for more than `wait_s` seconds.
    """
    drop = partial(_drop, model=model, child=child)
    return alone(table_of(model), drop, wait_s=wait_s)


def _drop(cursor: Any, *, model: type[Model], child: Child) -> bool:
    lock_parent(cursor, table_of(model), "ACCESS EXCLUSIVE")
    # By oid: a merge may have given the name to another table meanwhile.
    if child.oid not in {known.oid for known in ranges_of(model)}:
        return False
    default = default_of(model)
    lock_children(cursor, [child.name, *([default] if default else [])])
    cursor.execute(f'DROP TABLE "{child.name}"')
    return True
