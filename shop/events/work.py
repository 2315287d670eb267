"""The relay's look for work: over all partitions, every second, at next to no cost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from shop.models import GlobalEvent

BATCH = 200
NAME = "soko_unpublished"
# Unpublished events whose entity does not wait for a receiver, in order. Always from the
# beginning: a long transaction commits a low position late, and an event of the same entity
# may have come after it. The subquery in COALESCE cannot become a join, which would read
# and sort the whole backlog for each batch.
# Planned once a session: planning over hundreds of partitions costs far more than reading.
PREPARE = f"""
PREPARE {NAME} (timestamptz) AS
SELECT event_id, event_time, event_type, stream, entity_id, entity_type, actor_id, data,
       published_at, position,
       EXISTS (SELECT FROM event_deliveries AS known
                WHERE known.event_id = event.event_id) AS is_streamed
  FROM global_events AS event
 WHERE published_at IS NULL
   AND coalesce((SELECT false FROM event_deliveries AS waiting
                  WHERE waiting.entity_id = event.entity_id
                    AND waiting.done_at IS NULL AND waiting.parked_at IS NULL
                    AND waiting.next_attempt_at > $1
                  LIMIT 1), true)
 ORDER BY position
 LIMIT {BATCH}
"""
# The plan must stay right for a backlog of a million, which it cannot foresee.
PLANNER = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_sort": "off",
}


def next_batch() -> list[GlobalEvent]:
    """The first events to relay; empty when there are none that do not wait.

    Each has `is_streamed`: whether a relay has met it before.
    """
    with _prepared():
        found = GlobalEvent.objects.raw(f"EXECUTE {NAME} (%s)", [timezone.now()])
        return list(found)


def explain_batch(options: str = "COSTS OFF") -> str:
    """How PostgreSQL looks for the next batch."""
    with _prepared() as cursor:
        now = [timezone.now()]
        cursor.execute(f"EXPLAIN ({options}) EXECUTE {NAME} (%s)", now)
        return "\n".join(line for (line,) in cursor.fetchall())


@contextmanager
def _prepared() -> Iterator[Any]:
    with transaction.atomic(), connection.cursor() as cursor:
        for name, value in PLANNER.items():
            cursor.execute(f"SET LOCAL {name} = '{value}'")
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE name = %s", [NAME]
        )
        if not cursor.fetchone()[0]:
            cursor.execute(PREPARE)
        yield cursor
