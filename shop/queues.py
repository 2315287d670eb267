"""How the background stands: what waits, who works, and how far the news has come."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import redis
from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError as BrokerError

from shop.health import BEAT_LOCK, WORKER_HEARTBEAT
from shop.models import EventDelivery, FailedTask, GlobalEvent, Job, JobState
from shop.models.job import AT_WORK

TIMEOUT_S = 2
PING_S = 1.0
# A number beyond which it is the same to an operator.
MOST_COUNTED = 1000
# As far back as an event that is not handed on is looked for: older ones are an outage.
LOOKED_BACK = timedelta(days=2)


@dataclass(frozen=True)
class Queues:
    """waiting, taken: tasks in Redis. workers: their names. None: Redis does not answer."""

    waiting: int | None
    taken: int | None
    is_scheduled: bool = False
    worked_at: datetime | None = None
    workers: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Outbox:
    """events: committed, not handed on (MOST_COUNTED at most). lag: of the oldest one."""

    events: int
    oldest: datetime | None
    lag: timedelta | None
    parked: int


@dataclass(frozen=True)
class Work:
    """Counted up to MOST_COUNTED each."""

    queued: int
    running: int
    failed: int
    failed_tasks: int


def queues() -> Queues:
    prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS.get("global_keyprefix", "")
    name = current_app.conf.task_default_queue
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL,
            socket_connect_timeout=TIMEOUT_S,
            socket_timeout=TIMEOUT_S,
        ) as client:
            waiting = int(client.llen(f"{prefix}{name}"))
            taken = int(client.hlen(f"{prefix}unacked"))
            beats = bool(client.exists(BEAT_LOCK))
            last: bytes | None = client.get(WORKER_HEARTBEAT)
    except redis.RedisError:
        return Queues(waiting=None, taken=None)
    return Queues(
        waiting=waiting,
        taken=taken,
        is_scheduled=beats,
        worked_at=datetime.fromisoformat(last.decode()) if last else None,
        workers=_workers(),
    )


def _workers() -> list[str]:
    try:
        answers = current_app.control.ping(timeout=PING_S)
    except BrokerError:
        return []
    return sorted(name for answer in answers or [] for name in answer)


def outbox(*, now: datetime) -> Outbox:
    """Bounded: an outage of days is said by its first thousand events."""
    waiting = GlobalEvent.objects.filter(
        published_at=None, event_time__gte=now - LOOKED_BACK
    ).order_by("event_time")
    times = list(waiting.values_list("event_time", flat=True)[:MOST_COUNTED])
    parked = EventDelivery.objects.filter(parked_at__isnull=False, done_at=None)
    return Outbox(
        events=len(times),
        oldest=times[0] if times else None,
        lag=max(now - times[0], timedelta()) if times else None,
        parked=parked[:MOST_COUNTED].count(),
    )


def work() -> Work:
    states = list(
        Job.objects.filter(state__in=AT_WORK).values_list("state", flat=True)[
            :MOST_COUNTED
        ]
    )
    return Work(
        queued=states.count(JobState.QUEUED),
        running=states.count(JobState.RUNNING),
        failed=Job.objects.filter(state=JobState.FAILED)[:MOST_COUNTED].count(),
        failed_tasks=FailedTask.objects.filter(retried_at=None)[:MOST_COUNTED].count(),
    )
