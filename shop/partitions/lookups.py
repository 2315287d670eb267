"""Looking a row up by its key alone, without reading every child."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from shop.ids import window_of

Row = TypeVar("Row", bound=Model)


def near_key(rows: QuerySet[Row], key: UUID) -> QuerySet[Row]:
    """The row with this key, if it happened within a day of the instant the key carries.

    PostgreSQL then reads the children of those days alone. All children are read for a key
    that carries no instant (any version but 7), and where the model has no partitions.
    """
    found = rows.filter(pk=key)
    declared, window = getattr(rows.model, "partitioning", None), window_of(key)
    if declared is None or window is None:
        return found
    start, end = window
    by = declared.by
    return found.filter(**{f"{by}__gte": start, f"{by}__lt": end})


def by_key(rows: QuerySet[Row], key: UUID) -> Row | None:
    """The row with this key: near its instant first, then wherever it is; None if nowhere."""
    return near_key(rows, key).first() or rows.filter(pk=key).first()
