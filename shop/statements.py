"""Reads whose plan PostgreSQL may keep.

Django merges the values into the text of a statement, so that each is parsed and planned anew:
for a page's larger statements that takes longer than running them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.backends.postgresql.base import ServerBindingCursor

Row = TypeVar("Row", bound=models.Model)


def read_prepared(
    sql: str, values: Sequence[Any] | Mapping[str, Any] = ()
) -> list[tuple[Any, ...]]:
    """All rows of a SELECT that is prepared once it has come some times on a connection.

    Only for statements that are to run the same way whatever the values are: rows found by a
    key, or sets that are read whole. One that sorts and stops early needs a plan for its values
    and goes through an ordinary cursor.
    """
    connection.ensure_connection()
    # Django's own wrapper, so that the statement is logged and counted as any other.
    cursor: Any = ServerBindingCursor(connection.connection)  # type: ignore[call-arg]
    is_watched = connection.queries_logged
    wrap = connection.make_debug_cursor if is_watched else connection.make_cursor
    with wrap(cursor) as reader:
        reader.execute(sql, values)
        rows: list[tuple[Any, ...]] = reader.fetchall()
    return rows


@dataclass(frozen=True)
class Columns(Generic[Row]):
    """What a statement reads of a table, and makes an object of again."""

    model: type[Row]
    fields: tuple[models.Field[Any, Any], ...]

    @classmethod
    def of(cls, model: type[Row], *, without: Sequence[str] = ()) -> Columns[Row]:
        """without: names of fields that stay deferred."""
        fields = model._meta.concrete_fields
        return cls(model, tuple(f for f in fields if f.name not in without))

    @property
    def width(self) -> int:
        return len(self.fields)

    def sql(self, alias: str) -> str:
        return ", ".join(f"{alias}.{field.column}" for field in self.fields)

    def made(self, row: Sequence[Any]) -> Row:
        """row: begins with the values of `sql`."""
        values = list(row[: self.width])
        for place, field in enumerate(self.fields):
            for convert in field.get_db_converters(connection):
                values[place] = convert(values[place], None, connection)
        names = [field.attname for field in self.fields]
        return self.model.from_db(DEFAULT_DB_ALIAS, names, values)
