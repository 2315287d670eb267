"""The eight Redis streams: a bounded copy of the news for whoever wants to follow it.

PostgreSQL knows the last event it wrote to each stream, its tail. A tail that is not what
it should be tells of a wipe, a restart that lost its end, or a relay that was killed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import redis
import structlog
from django.conf import settings
from django.db.models import Exists, OuterRef
from redis.backoff import NoBackoff
from redis.retry import Retry

from shop.models import EventDelivery, GlobalEvent, Stream

# Entries a stream keeps at least, and how many events a wiped Redis gets back.
LENGTH = 10_000
CONNECT_TIMEOUT_S = 2
TIMEOUT_S = 5
CHUNK = 200
FIELDS = 8
# Looking at the tail and appending must be one step: Redis may restart in between.
APPEND = f"""
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if (last and last[2][2] or '') ~= ARGV[1] then return 0 end
for first = 3, #ARGV, {FIELDS * 2} do
    redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*',
               unpack(ARGV, first, first + {FIELDS * 2 - 1}))
end
return 1
"""

log = structlog.get_logger(__name__)


class TailMoved(Exception):
    """A stream does not end with the event it should: mend it first."""


def connect() -> redis.Redis:
    """A client that reports a broken connection rather than trying again by itself."""
    return redis.Redis.from_url(
        settings.REDIS_URL,
        decode_responses=True,
        socket_connect_timeout=CONNECT_TIMEOUT_S,
        socket_timeout=TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
    )


def append(
    client: redis.Redis, rows: Sequence[GlobalEvent], tails: Mapping[str, str]
) -> dict[str, str]:
    """Add events in this order; returns the new tails.

    Repeating adds them again: readers tell them apart by `id`. Raises TailMoved, perhaps
    with some streams done, and redis.RedisError, perhaps with all done.
    """
    tails = dict(tails)
    for name in dict.fromkeys(row.stream for row in rows):
        mine = [row for row in rows if row.stream == name]
        for start in range(0, len(mine), CHUNK):
            chunk = mine[start : start + CHUNK]
            entries = [part for row in chunk for part in _entry(row)]
            if not client.eval(APPEND, 1, name, tails.get(name, ""), LENGTH, *entries):
                raise TailMoved(name)
            tails[name] = str(chunk[-1].event_id)
    return tails


def mend(client: redis.Redis, tails: Mapping[str, str]) -> dict[str, str]:
    """Give streams with a wrong tail what they miss of the newest events.

    Returns the tails as they are now. Safe to repeat. Raises TailMoved when Redis changes
    meanwhile, and redis.RedisError.
    """
    found = _tails(client)
    wrong = [name for name in Stream.values if found.get(name) != tails.get(name)]
    if not wrong:
        return found
    relayed = [row for row in _relayed() if row.stream in wrong]
    present = {entry.get("id") for name in wrong for entry in _entries(client, name)}
    missing = [row for row in relayed if str(row.event_id) not in present]
    found = append(client, missing, found)
    if missing:
        log.warning("streams were refilled", streams=wrong, events=len(missing))
    return found


def _tails(client: redis.Redis) -> dict[str, str]:
    pipeline = client.pipeline(transaction=False)
    for name in Stream.values:
        pipeline.xrevrange(name, count=1)
    answers = zip(Stream.values, pipeline.execute(), strict=True)
    return {name: found[0][1].get("id", "") for name, found in answers if found}


def _entries(client: redis.Redis, name: str) -> list[dict[str, str]]:
    found: Any = client.xrange(name)
    return [entry for _, entry in found]


def _relayed() -> list[GlobalEvent]:
    """The newest events that were in the streams before, in their order."""
    newest = GlobalEvent.objects.filter(published_at__isnull=False).order_by(
        "-event_time", "-event_id"
    )
    deliveries = EventDelivery.objects.filter(event_id=OuterRef("event_id"))
    waiting = GlobalEvent.objects.filter(
        Exists(deliveries), published_at__isnull=True
    ).order_by("position")
    rows = [*newest[:LENGTH], *waiting[:LENGTH]]
    return sorted(rows, key=lambda row: row.position)


def _entry(row: GlobalEvent) -> list[str]:
    entry = {
        "id": str(row.event_id),
        "type": row.event_type,
        "at": row.event_time.isoformat(),
        "entity_id": str(row.entity_id),
        "entity_type": row.entity_type,
        "actor_id": str(row.actor_id or ""),
        "position": str(row.position),
        "data": json.dumps(row.data),
    }
    return [part for pair in entry.items() for part in pair]
