"""Keyed hashes of a column's values, so that what they stand for stays out of the tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shop.encryption import keyed_hash


@dataclass(frozen=True)
class KeyedHashes:
    """A step: makes `<column>_hash (value, hash)` of the chunk's distinct values in table `source`.

    Computed here and not in SQL, because the key must not travel to the database, where a
    statement log would keep it.
    """

    column: str
    prefix: str
    source: str = "incoming"

    def __call__(self, cursor: Any, params: Mapping[str, Any]) -> None:
        table = f"{self.column}_hash"
        cursor.execute(
            f"SELECT DISTINCT {self.column} FROM {self.source}"
            f" WHERE {self.column} IS NOT NULL"
        )
        values = [value for (value,) in cursor.fetchall()]
        cursor.execute(
            f"CREATE TEMP TABLE {table} (value text PRIMARY KEY, hash text NOT NULL)"
            " ON COMMIT DROP"
        )
        cursor.execute(
            f"INSERT INTO {table} SELECT * FROM unnest(%s::text[], %s::text[])",
            [values, [keyed_hash(self.prefix + value) for value in values]],
        )
        cursor.execute(f"ANALYZE {table}")
