"""Events and receivers of the kill test, for its worker processes and for itself."""

import random
import time

from django.db import connection

from shop.events import Event, Stream, receives

EFFECT = """
INSERT INTO kill_effects (receiver, event_id, entity_id, step)
VALUES (%s, %s, %s, %s)
"""
# Long enough that a kill often meets a receiver at work.
LONGEST_WORK_S = 0.005
FAILURES = 0.02


class CounterMoved(Event):
    type = "counter.moved"
    stream = Stream.PRODUCT


class CounterSeen(Event):
    type = "counter.seen"
    stream = Stream.SEARCH


def leave_effect(receiver: str, event: Event) -> None:
    """Between two pauses: a kill may come before the effect, and before its commit."""
    time.sleep(random.random() * LONGEST_WORK_S)
    with connection.cursor() as cursor:
        cursor.execute(
            EFFECT, [receiver, event.id, event.entity_id, event.data["step"]]
        )
    time.sleep(random.random() * LONGEST_WORK_S)


@receives(CounterMoved, CounterSeen)
def steady(event: Event) -> None:
    leave_effect("steady", event)


@receives(CounterMoved, CounterSeen)
def flaky(event: Event) -> None:
    leave_effect("flaky", event)
    if random.random() < FAILURES:
        raise RuntimeError("Failed after its effect, on purpose.")
