"""Looking a row up by its key alone, without reading every child."""

from __future__ import annotations

from datetime import datetime
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
    window = _window(rows, key)
    found = rows.filter(pk=key)
    return found if window is None else found.filter(**window)


def by_key(rows: QuerySet[Row], key: UUID) -> Row | None:
    """The row with this key: near its instant first, then wherever it is; None if nowhere."""
    found = near_key(rows, key).first()
    if found is None and _window(rows, key) is not None:
        found = rows.filter(pk=key).first()
    return found


def _window(rows: QuerySet[Row], key: UUID) -> dict[str, datetime] | None:
    """Where to look first; None where there is nowhere but everywhere."""
    declared, window = getattr(rows.model, "partitioning", None), window_of(key)
    if declared is None or window is None:
        return None
    start, end = window
    return {f"{declared.by}__gte": start, f"{declared.by}__lt": end}
