"""Writing news into the outbox, in the transaction of the change it tells of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.db import connection, models
from django.db.transaction import TransactionManagementError

from shop.events.event import Event
from shop.models import GlobalEvent

AnyEvent = TypeVar("AnyEvent", bound=Event)
ROWS_A_STATEMENT = 1000


def publish(
    event_class: type[AnyEvent],
    *,
    entity: models.Model,
    at: datetime,
    actor: Any = None,
    data: Mapping[str, Any] | None = None,
) -> AnyEvent:
    """Tell what happened to an entity; it commits or rolls back with the change.

    Change or lock the entity's row first: that is what puts the events of one entity in
    order. Each call is another event. Raises TransactionManagementError outside of a
    transaction, and what `Event.about` raises.
    """
    event = event_class.about(entity, at=at, actor=actor, data=data)
    publish_many([event])
    return event


def publish_many(events: Iterable[Event]) -> int:
    """The same for many, made with `Event.about`, in this order; returns how many.

    A writer that never has its rows in Python inserts into `global_events` by
    `INSERT … SELECT` instead; docs/events.md has the statement.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError(
            "publish() must run inside the transaction of the change it tells of: wrap"
            " both in transaction.atomic(). Otherwise a crash in between loses the news."
        )
    rows = [event.to_row() for event in events]
    GlobalEvent.objects.bulk_create(rows, batch_size=ROWS_A_STATEMENT)
    return len(rows)
