"""Scheduled work of the ground floor; each task calls one function."""

from uuid import UUID

import redis
from celery import shared_task
from django.conf import settings
from django.utils import timezone

from shop.events.relay import relay
from shop.partitions.maintenance import drop_expired, maintain
from shop.services import failures, idempotency, jobs

HEARTBEAT_KEY = "soko:heartbeat:worker"
HEARTBEAT_TTL_S = 24 * 3600
SOCKET_TIMEOUT_S = 5
# Leaves the rest of the task's time limit to a merge that has just begun.
MERGE_S = 5 * 60
DROP_S = 5 * 60
# Short, so that jobs take turns with other work of the same worker.
JOB_S = 20.0
RESUME_S = 60


@shared_task
def maintain_partitions() -> None:
    """Make partitions ahead, bring strays home, merge older ones. Safe to repeat."""
    maintain(now=timezone.now(), merge_s=MERGE_S)


@shared_task
def drop_expired_partitions() -> None:
    """Drop partitions whose rows are no longer kept. Safe to repeat."""
    drop_expired(now=timezone.now(), budget_s=DROP_S)


@shared_task
def drop_expired_keys() -> None:
    """Forget the answers kept for requests that are sent again. Safe to repeat."""
    idempotency.drop_expired_keys(now=timezone.now())


@shared_task(ignore_result=True, expires=5, soft_time_limit=60, time_limit=90)
def relay_events() -> None:
    """Hand committed events on, for a few seconds at most. Safe to repeat and overlap."""
    relay()


@shared_task(ignore_result=True, expires=60)
def heartbeat() -> None:
    """Say that a scheduler sends and a worker works: an ISO 8601 instant, in UTC."""
    with redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=SOCKET_TIMEOUT_S
    ) as client:
        client.set(HEARTBEAT_KEY, timezone.now().isoformat(), ex=HEARTBEAT_TTL_S)


@shared_task
def run_job(*, job_id: str) -> None:
    """Some seconds of one job; queues itself again until the job has ended. Safe to repeat."""
    if jobs.run_job(job_id=UUID(job_id), budget_s=JOB_S, clock=timezone.now):
        run_job.delay(job_id=job_id)


@shared_task
def resume_stale_jobs() -> None:
    """Queue jobs whose worker died or that nobody has begun. Safe to repeat."""
    for job_id in jobs.stale_jobs(now=timezone.now()):
        # While workers are busy the same job is not queued again and again.
        run_job.apply_async(kwargs={"job_id": str(job_id)}, expires=RESUME_S)


@shared_task
def drop_old_jobs() -> None:
    """Forget jobs that ended long ago, and tasks that failed. Safe to repeat."""
    jobs.drop_old_jobs(now=timezone.now())
    failures.drop_old_failures(now=timezone.now())
