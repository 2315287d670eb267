"""From the outbox to the streams and the receivers: at least once, in order, by one.

Every step can be killed and taken up again; docs/events.md says what then happens.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

import redis
import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from shop.events import deliveries, streams
from shop.events.receivers import Receiver, receivers_of
from shop.events.work import next_batch
from shop.models import EventDelivery, EventRelay, GlobalEvent

RUN_S = 5.0
MEND_ATTEMPTS = 3
# A receiver that waits for somebody's lock must not stop everybody's news. And a commit
# need not wait for the disk: a crash of PostgreSQL then forgets the last changes together
# with their marks, never one without the other, and the relay makes them again.
SETTINGS = {"lock_timeout": "5s", "synchronous_commit": "off"}
LOCK_KEY = "hashtext('soko events'), hashtext('relay')"
DIED = "The worker ended while this receiver ran."

log = structlog.get_logger(__name__)


class StreamsAway(Exception):
    """Redis does not answer, or refuses to write."""


def relay(*, run_s: float = RUN_S) -> int:
    """Relay what is committed for up to `run_s` seconds; returns the events handed on.

    0 at once when another relay is at work. While Redis is away nothing is handed on and
    no receiver's attempt is counted. Safe to repeat and to kill. The session must be kept
    for the whole run: no pooler that hands it on with each transaction.
    """
    try:
        with _alone() as is_mine:
            return _Run(time.monotonic() + run_s).work() if is_mine else 0
    except (OperationalError, InterfaceError) as error:
        log.warning("events wait for the database", reason=str(error).strip())
        if not connection.in_atomic_block:
            connection.close()
        return 0


@contextmanager
def _alone() -> Iterator[bool]:
    """One relay at a time; the lock is the session's, so that a kill gives it back."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_lock({LOCK_KEY})")
        is_mine: bool = cursor.fetchone()[0]
        if not is_mine:
            yield False
            return
        try:
            for name, value in SETTINGS.items():
                cursor.execute(f"SET {name} = '{value}'")
            yield True
        finally:
            for name in SETTINGS:
                cursor.execute(f"RESET {name}")
            cursor.execute(f"SELECT pg_advisory_unlock({LOCK_KEY})")


class _Run:
    """One relay's work, while it holds the lock."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.state, _ = EventRelay.objects.get_or_create(pk=1)
        # Events at work when a relay ended unfinished: one of them may have killed it.
        self.suspects: set[UUID] = set(self.state.working_on)

    def work(self) -> int:
        handed_on = 0
        try:
            with streams.connect() as client:
                self._append(client, [])
                self._note_return()
                while batch := next_batch():
                    handed_on += self._relay_batch(client, batch)
                    if self._is_late():
                        return handed_on
        except (StreamsAway, redis.RedisError) as error:
            self._note_absence(error)
        else:
            if self.suspects:
                # They wait behind others; should one kill again, it is met again.
                self._save(working_on=[])
        return handed_on

    def _relay_batch(self, client: redis.Redis, batch: Sequence[GlobalEvent]) -> int:
        fresh = [row for row in batch if not row.is_streamed]  # type: ignore[attr-defined]
        self._append(client, fresh)
        ids = {row.event_id for row in batch}
        self._save(working_on=[*(self.suspects | ids)])
        complete, away = self._deliver_batch(client, batch)
        with transaction.atomic():
            deliveries.settle(complete)
            self._save(working_on=[*self.suspects])
        if away:
            raise away
        return len(complete)

    def _append(self, client: redis.Redis, rows: Sequence[GlobalEvent]) -> None:
        """Add events to the streams, which are mended before when they need it."""
        for _ in range(MEND_ATTEMPTS):
            try:
                tails = streams.mend(client, self.state.tails)
                tails = streams.append(client, rows, tails)
            except streams.TailMoved:
                continue
            if tails != self.state.tails:
                self._save(tails=tails)
            return
        raise StreamsAway("The streams change under the relay.")

    def _deliver_batch(
        self, client: redis.Redis, batch: Sequence[GlobalEvent]
    ) -> tuple[list[GlobalEvent], StreamsAway | None]:
        """Returns the events that are done with; the others are marked to be met again."""
        complete, held = [], []
        waiting: set[UUID] = set()
        away: StreamsAway | None = None
        for row in batch:
            receivers = receivers_of(row.event_type)
            is_complete = not receivers
            if receivers and not (away or row.entity_id in waiting or self._is_late()):
                try:
                    is_complete = self._deliver(client, row, receivers)
                    self.suspects.discard(row.event_id)
                except StreamsAway as error:
                    away = error
            if is_complete:
                complete.append(row)
            else:
                waiting.add(row.entity_id)
                held.append((row, receivers))
        deliveries.hold(held)
        return complete, away

    def _deliver(
        self, client: redis.Redis, row: GlobalEvent, receivers: Sequence[Receiver]
    ) -> bool:
        """Run every receiver that is due; whether none is left to run."""
        is_careful = row.event_id in self.suspects
        is_known = is_careful or row.is_streamed  # type: ignore[attr-defined]
        known = deliveries.deliveries_of(row) if is_known else {}
        settled = [
            _is_settled(known.get(receiver.name))
            or self._attempt(client, row, receiver, is_careful=is_careful)
            for receiver in receivers
        ]
        return all(settled)

    def _attempt(
        self,
        client: redis.Redis,
        row: GlobalEvent,
        receiver: Receiver,
        *,
        is_careful: bool,
    ) -> bool:
        """Run a receiver; whether it is done with, by success or by being parked.

        Careful: the attempt is counted before it is made, so that a receiver which kills
        its worker is parked in the end too.
        """
        if is_careful:
            counted = deliveries.count_attempt(row, receiver, DIED)
            if _is_settled(counted):
                return True
        try:
            deliveries.run_once(row, receiver)
        except Exception as error:
            if isinstance(error, OperationalError | InterfaceError) and _is_cut():
                raise
            if _is_of_redis(error) and not _answers(client):
                raise StreamsAway(str(error)) from error
            return _failed(row, receiver, error, is_counted=is_careful)
        return True

    def _is_late(self) -> bool:
        return time.monotonic() > self.deadline

    def _note_absence(self, error: Exception) -> None:
        if self.state.streams_away_since is None:
            log.warning("events wait for Redis", reason=str(error))
            self._save(streams_away_since=timezone.now())

    def _note_return(self) -> None:
        if self.state.streams_away_since is not None:
            log.info("Redis is back", away_since=self.state.streams_away_since)
            self._save(streams_away_since=None)

    def _save(self, **values: object) -> None:
        for name, value in values.items():
            setattr(self.state, name, value)
        self.state.save(update_fields=[*values])


def _is_settled(delivery: EventDelivery | None) -> bool:
    return delivery is not None and bool(delivery.done_at or delivery.parked_at)


def _failed(
    row: GlobalEvent, receiver: Receiver, error: Exception, *, is_counted: bool
) -> bool:
    """Note a failure; whether the receiver is parked now."""
    reason = f"{type(error).__name__}: {error}"
    note = deliveries.explain if is_counted else deliveries.count_attempt
    delivery = note(row, receiver, reason)
    log.error(
        "receiver failed",
        receiver=receiver.name,
        event_id=str(row.event_id),
        event_type=row.event_type,
        attempts=delivery.attempts,
        is_parked=delivery.parked_at is not None,
        exc_info=error,
    )
    return _is_settled(delivery)


def _is_cut() -> bool:
    """Whether the connection is gone, and the lock with it."""
    return connection.connection is None or bool(connection.connection.closed)


def _is_of_redis(error: Exception) -> bool:
    return isinstance(error, redis.ConnectionError | redis.TimeoutError | BrokerError)


def _answers(client: redis.Redis) -> bool:
    try:
        client.ping()
    except redis.RedisError:
        return False
    return True
