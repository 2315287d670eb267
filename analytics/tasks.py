"""The rollups' place in the schedule."""

import time

import structlog
from celery import shared_task
from django.utils import timezone

from analytics.dashboard import warm_dashboards
from analytics.rollups import ROLLUPS
from analytics.services.calendar import extend_calendar
from analytics.services.rollups import (
    Busy,
    Outcome,
    collect_marks,
    first_bucket,
    work_off,
)

log = structlog.get_logger(__name__)

# Far shorter than the broker's visibility timeout; what is left goes to the next task.
TURN_S = 60


@shared_task(acks_late=True)
def roll_up_dirty() -> None:
    """Build the hours and days that changed; hands on what does not fit in its turn.

    Safe to repeat, and harmless twice at once: the second leaves the work to the first.
    """
    ends = time.monotonic() + TURN_S
    try:
        collect_marks(wait=False)
        is_done = work_off(
            rollups=list(ROLLUPS.values()),
            wait=False,
            report=_log,
            until=lambda: time.monotonic() >= ends,
        )
    except Busy:
        log.info("rollups are being built already")
        return
    if not is_done:
        roll_up_dirty.delay()
        return
    now = timezone.now()
    first = first_bucket() or now
    warm_dashboards(now=now)
    extend_calendar(first=min(first, now).date(), last=now.date())


def _log(outcome: Outcome) -> None:
    log.info(
        "rolled up",
        rollup=outcome.piece.rollup.name,
        start=outcome.piece.start.isoformat(),
        buckets=outcome.piece.buckets,
        rows=outcome.rows,
        error=outcome.error,
    )
