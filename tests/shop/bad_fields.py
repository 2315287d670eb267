"""What a door of the market takes, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.orders.purchases import ADDRESS

NOTHING: dict[str, Any] = {}


@dataclass(frozen=True)
class Field:
    """kind: which values are wrong for it. most: characters."""

    valid: Any
    kind: str
    most: int = 0


@dataclass(frozen=True)
class Sent:
    """fields: dotted path -> field. form: how they are sent."""

    fields: Mapping[str, Field] = field(default_factory=dict)
    form: str = "form"
    needs_key: bool = False


@dataclass(frozen=True)
class Door:
    """args: of one's own things. others: of somebody else's, which are not found.

    sends: method -> what it takes; every method that is not here is refused.
    """

    who: str = "guest"
    args: Mapping[str, Any] = field(default_factory=dict)
    others: Mapping[str, Any] = field(default_factory=dict)
    is_read: bool = True
    sends: Mapping[str, Sent] = field(default_factory=dict)
    query: str = ""


def id_field(row: Any) -> Field:
    return Field(str(row.pk), "key")


def address_fields(*, is_json: bool, at: str = "") -> dict[str, Field]:
    most = {"zip": 20, "first_name": 150, "last_name": 150, "city": 100}
    kinds = {"country": "country"}
    return {
        at + name: Field(value, kinds.get(name, "text"), most.get(name, 255))
        for name, value in {**ADDRESS, "phone": "+254712345678"}.items()
    }
