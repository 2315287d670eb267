"""Pages of a long list by the keys of their rows: the last page costs what the first does.

A page is found by the values of its neighbour's sort columns instead of by counting rows
(https://use-the-index-luke.com/no-offset), so nothing shifts while rows come and go.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q, QuerySet

Row = TypeVar("Row", bound=models.Model)

LAST = "last"
BEFORE, AFTER = "b", "a"
MOST_CURSOR = 1_000


@dataclass(frozen=True)
class KeysetPage(Generic[Row]):
    """previous, next: cursors for an address; empty at that end of the list."""

    rows: list[Row]
    previous: str
    next: str

    @property
    def has_others(self) -> bool:
        return bool(self.previous or self.next)


def keyset_page(
    rows: QuerySet[Row], *, order: Sequence[str], cursor: str = "", size: int = 50
) -> KeysetPage[Row]:
    """One page, one statement.

    order: names of columns of the row itself that are never null, `-` before those that fall;
    the last is unique. An index on them in that order makes every page cheap.
    cursor: of a page before, "last", or empty for the first; what cannot be read is the first.
    """
    way, values = _read(cursor, rows.model, order)
    is_backward = way == BEFORE
    names = [_turned(name) for name in order] if is_backward else list(order)
    wanted = rows.filter(_beyond(names, values)) if values else rows
    found = list(wanted.order_by(*names)[: size + 1])
    if values and is_backward and not found:
        # What was before is gone meanwhile.
        return keyset_page(rows, order=order, size=size)
    has_more = len(found) > size
    found = found[:size]
    if is_backward:
        found.reverse()
    has_before = has_more if is_backward else bool(values)
    has_after = has_more if not is_backward else bool(values)
    return KeysetPage(
        rows=found,
        previous=_cursor(BEFORE, found[0], order) if found and has_before else "",
        next=_cursor(AFTER, found[-1], order) if found and has_after else "",
    )


def _turned(name: str) -> str:
    return name.removeprefix("-") if name.startswith("-") else f"-{name}"


def _beyond(order: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows that come after those values, as a disjunction that an index on the first serves."""
    found = Q()
    equal = Q()
    for name, value in zip(order, values, strict=True):
        field = name.removeprefix("-")
        way = "lt" if name.startswith("-") else "gt"
        found |= equal & Q(**{f"{field}__{way}": value})
        equal &= Q(**{field: value})
    first = order[0].removeprefix("-")
    bound = "lte" if order[0].startswith("-") else "gte"
    return Q(**{f"{first}__{bound}": values[0]}) & found


def _cursor(way: str, row: models.Model, order: Sequence[str]) -> str:
    values = [getattr(row, name.removeprefix("-")) for name in order]
    text = json.dumps([way, *values], cls=_Exact, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


class _Exact(DjangoJSONEncoder):
    """Django's own cuts instants to milliseconds."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if hasattr(o, "isoformat") else super().default(o)


def _read(
    cursor: str, model: type[models.Model], order: Sequence[str]
) -> tuple[str, list[Any]]:
    if cursor == LAST:
        return BEFORE, []
    if not cursor or len(cursor) > MOST_CURSOR:
        return AFTER, []
    try:
        way, *sent = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        fields: list[Any] = [
            model._meta.get_field(name.removeprefix("-")) for name in order
        ]
        values = [
            field.to_python(value) for field, value in zip(fields, sent, strict=True)
        ]
    except (ValueError, TypeError, ValidationError, FieldDoesNotExist):
        return AFTER, []
    if way not in {BEFORE, AFTER} or None in values:
        return AFTER, []
    return way, values
