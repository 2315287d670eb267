"""One event, one receiver: run it once, note a failure, try again later, park it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.db.transaction import TransactionManagementError
from django.utils import timezone
from psycopg.pq import TransactionStatus

from shop.events.receivers import Receiver
from shop.models import EventDelivery, GlobalEvent

# 1, 2, 4 … seconds, then every five minutes: a quarter of an hour in all.
FIRST_PAUSE_S = 1
LONGEST_PAUSE_S = 300
MAX_ATTEMPTS = 11
ERROR_LENGTH = 2000

# Locks the event: whoever has published it meanwhile has dropped its marks too.
CLAIM = """
INSERT INTO event_deliveries
       (event_id, event_time, event_type, entity_id, receiver, done_at)
SELECT event_id, event_time, event_type, entity_id, %(receiver)s, clock_timestamp()
  FROM global_events
 WHERE event_time = %(event_time)s AND event_id = %(event_id)s
   AND published_at IS NULL
   FOR NO KEY UPDATE
    ON CONFLICT (event_id, receiver) DO UPDATE
   SET done_at = EXCLUDED.done_at, next_attempt_at = NULL, error = ''
 WHERE event_deliveries.done_at IS NULL AND event_deliveries.parked_at IS NULL
"""
PUBLISH = """
UPDATE global_events SET published_at = clock_timestamp()
 WHERE event_time = %s AND event_id = %s
"""


@transaction.atomic
def run_once(row: GlobalEvent, receiver: Receiver) -> bool:
    """Run a receiver, its changes and the mark in one transaction.

    False when it has run before, however that came about. Raises what the receiver raises,
    with nothing written.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            CLAIM,
            {
                "receiver": receiver.name,
                "event_time": row.event_time,
                "event_id": row.event_id,
            },
        )
        if not cursor.rowcount:
            return False
    receiver(row)
    if connection.connection.info.transaction_status == TransactionStatus.INERROR:
        # COMMIT would roll back without a word, and the event would count as handled.
        raise TransactionManagementError(
            "The receiver went on after a database error. Let it raise, or wrap the"
            " statement that may fail in transaction.atomic()."
        )
    return True


@transaction.atomic
def count_attempt(row: GlobalEvent, receiver: Receiver, error: str) -> EventDelivery:
    """Note a failed attempt: the next one is due after a pause, or it is parked."""
    delivery, _ = EventDelivery.objects.select_for_update().get_or_create(
        event_id=row.event_id, receiver=receiver.name, defaults=_facts(row)
    )
    if delivery.done_at or delivery.parked_at:
        return delivery
    now = timezone.now()
    delivery.error = error[:ERROR_LENGTH]
    delivery.attempts += 1
    if delivery.attempts >= MAX_ATTEMPTS:
        delivery.next_attempt_at, delivery.parked_at = None, now
    else:
        pause_s = min(FIRST_PAUSE_S * 2 ** (delivery.attempts - 1), LONGEST_PAUSE_S)
        delivery.next_attempt_at = now + timedelta(seconds=pause_s)
    delivery.save()
    return delivery


def explain(row: GlobalEvent, receiver: Receiver, error: str) -> EventDelivery:
    """Say why the attempt failed that was counted before it was made."""
    delivery = EventDelivery.objects.get(event_id=row.event_id, receiver=receiver.name)
    delivery.error = error[:ERROR_LENGTH]
    delivery.save(update_fields=["error"])
    return delivery


def hold(rows: Iterable[tuple[GlobalEvent, Sequence[Receiver]]]) -> None:
    """Mark events that are in the streams and still wait for their receivers."""
    now = timezone.now()
    EventDelivery.objects.bulk_create(
        [
            EventDelivery(
                event_id=row.event_id,
                receiver=receiver.name,
                next_attempt_at=now,
                **_facts(row),
            )
            for row, receivers in rows
            for receiver in receivers
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def settle(rows: Sequence[GlobalEvent]) -> None:
    """These events are handed on. Their marks go, unless a receiver is parked."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.executemany(PUBLISH, [(row.event_time, row.event_id) for row in rows])
    parked = EventDelivery.objects.filter(
        event_id=OuterRef("event_id"), parked_at__isnull=False
    )
    EventDelivery.objects.filter(event_id__in=[row.event_id for row in rows]).exclude(
        Exists(parked)
    ).delete()


def deliveries_of(row: GlobalEvent) -> dict[str, EventDelivery]:
    """Receiver name -> how far it has come."""
    found = EventDelivery.objects.filter(event_id=row.event_id)
    return {delivery.receiver: delivery for delivery in found}


def _facts(row: GlobalEvent) -> dict[str, object]:
    return {
        "event_time": row.event_time,
        "event_type": row.event_type,
        "entity_id": row.entity_id,
    }
