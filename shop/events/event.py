"""What happened, as small classes that an app declares in its `events.py`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from shop.acting import acting_operator
from shop.ids import uuid7
from shop.models import GlobalEvent, Stream

TYPE = re.compile(r"[a-z][a-z_]*\.[a-z][a-z_]*")
TYPE_LENGTH = 64
# Events outlive the person's wish to be forgotten, and leave PostgreSQL for Redis.
PERSONAL = {
    *("address", "birthday", "card_number", "customer_name", "date_of_birth", "email"),
    *("first_name", "full_name", "iban", "ip", "ip_address", "last_name", "password"),
    *("phone", "postal_code", "street", "tax_number", "user_agent", "username"),
}

# type -> where its class is declared
_declared: dict[str, str] = {}


@dataclass(frozen=True, kw_only=True)
class Event:
    """One piece of news about one entity.

    A subclass sets `type`, noun and past verb such as `order.placed`, and `stream`. `at` is
    when it happened; `actor_id` the account that did it, None for the system. `data` is
    JSON without personal data: what a receiver needs more, it reads by `entity_id`.
    """

    type: ClassVar[str]
    stream: ClassVar[Stream]

    id: UUID
    at: datetime
    entity_id: UUID
    entity_type: str
    actor_id: UUID | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        name = getattr(cls, "type", "")
        if not TYPE.fullmatch(name) or len(name) > TYPE_LENGTH:
            raise TypeError(f"{cls.__name__}.type must read like 'order.placed'.")
        if getattr(cls, "stream", None) not in Stream:
            raise TypeError(f"{cls.__name__}.stream must be one of Stream.")
        place = f"{cls.__module__}.{cls.__qualname__}"
        if _declared.setdefault(name, place) != place:
            raise TypeError(f"{_declared[name]} tells of {name} already.")

    @classmethod
    def about(
        cls,
        entity: models.Model,
        *,
        at: datetime,
        actor: Any = None,
        data: Mapping[str, Any] | None = None,
    ) -> Self:
        """The news about a saved entity, not yet published. Repeating makes another one.

        actor: an account, or None. Raises ValueError for a naive `at`, for `data` that is not
        JSON, and for keys that name personal data.
        """
        if at.tzinfo is None:
            raise ValueError(f"{cls.type}: `at` needs a time zone.")
        told = _plain(cls.type, data or {})
        if (operator := acting_operator()) is not None:
            told["operator_id"] = str(operator)
        return cls(
            id=uuid7(at),
            at=at,
            entity_id=entity.pk,
            entity_type=str(getattr(entity, "entity_type", entity._meta.model_name)),
            actor_id=getattr(actor, "pk", None),
            data=told,
        )

    @classmethod
    def from_row(cls, row: GlobalEvent) -> Self:
        """As its receivers get it."""
        return cls(
            id=row.event_id,
            at=row.event_time,
            entity_id=row.entity_id,
            entity_type=row.entity_type,
            actor_id=row.actor_id,
            data=row.data,
        )

    def to_row(self) -> GlobalEvent:
        return GlobalEvent(
            event_id=self.id,
            event_time=self.at,
            event_type=self.type,
            stream=self.stream,
            entity_id=self.entity_id,
            entity_type=self.entity_type,
            actor_id=self.actor_id,
            data=self.data,
        )


def _plain(name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """As it will be read back: Decimal, UUID and instants are strings."""
    try:
        text = json.dumps(dict(data), cls=DjangoJSONEncoder, allow_nan=False)
    except TypeError as error:
        raise ValueError(f"{name}: {error}.") from error
    plain: dict[str, Any] = json.loads(text)
    _check(name, plain)
    return plain


def _check(name: str, value: Any) -> None:
    if isinstance(value, str) and "\0" in value:
        raise ValueError(f"{name}: PostgreSQL stores no NUL character.")
    if isinstance(value, list):
        for item in value:
            _check(name, item)
    if isinstance(value, dict):
        for key, item in value.items():
            if key.lower() in PERSONAL:
                raise ValueError(f"{name}: {key} is personal data. Send the id.")
            _check(name, [key, item])
