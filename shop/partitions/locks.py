"""Short transactions that change the set of a table's children while others use it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import OperationalError, connection, transaction
from psycopg import errors

from shop.errors import DomainError

Result = TypeVar("Result")
FIRST_WAIT_MS = 250
LONGEST_WAIT_MS = 4_000
WAIT_S = 60.0
TRY_AGAIN = (errors.LockNotAvailable, errors.DeadlockDetected)


class PartitionsBusy(DomainError):
    """Others held the table for too long. Nothing was changed; try again later."""

    code = "partitions_busy"

    def __init__(self, table: str) -> None:
        super().__init__(
            f"The partitions of {table} could not be changed because other work held"
            " the table all the time. Nothing was changed; try again in a quiet moment."
        )


def alone(table: str, work: Callable[[Any], Result], *, wait_s: float) -> Result:
    """Run `work(cursor)` in its own transaction, one at a time for each table.

    `work` takes its table locks itself, the parent's first. When it does not get one soon,
    it is rolled back and run again after a pause, for up to `wait_s` seconds; then
    PartitionsBusy. A waiting lock makes everybody behind it wait too, so each try is
    short, and only grows where short ones do not get through. Refused with RuntimeError
    inside another transaction, which would hold the locks until it ends.
    """
    give_up_at = time.monotonic() + wait_s
    wait_ms = FIRST_WAIT_MS
    while True:
        try:
            with transaction.atomic(durable=True), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = {wait_ms}")
                cursor.execute(
                    "SELECT pg_advisory_xact_lock("
                    "hashtext('soko partitions'), hashtext(%s))",
                    [table],
                )
                return work(cursor)
        except OperationalError as error:
            if not isinstance(error.__cause__, TRY_AGAIN):
                raise
        if time.monotonic() > give_up_at:
            raise PartitionsBusy(table)
        time.sleep(random.uniform(0.5, 1.5) * FIRST_WAIT_MS / 1000)
        wait_ms = min(wait_ms * 2, LONGEST_WAIT_MS)


def lock_parent(cursor: Any, table: str, mode: str) -> None:
    """Waits; must be the first lock of its transaction, so that it cannot deadlock."""
    cursor.execute(f'LOCK TABLE ONLY "{table}" IN {mode} MODE')


def lock_children(cursor: Any, names: list[str]) -> None:
    """Does not wait: somebody who holds a child may next want the parent, which is ours."""
    if names:
        tables = ", ".join(f'ONLY "{name}"' for name in names)
        cursor.execute(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE NOWAIT")
