"""Tasks that failed for good: noted by the workers, tried again by operators."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from shop.models import FailedTask

MOST_ERROR = 500
KEPT = timedelta(days=30)
DROPPED_AT_ONCE = 1000


def note_failure(
    *,
    task: str,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    error: BaseException,
    now: datetime,
) -> None:
    """Each call is another failure."""
    words = f"{type(error).__name__}: {error}".replace("\0", "")
    FailedTask.objects.create(
        task=task[:200],
        args=_plain(list(args)),
        kwargs=_plain(dict(kwargs)),
        error=words[:MOST_ERROR],
        failed_at=now,
    )


@transaction.atomic
def take_failed(
    *, task_ids: Iterable[UUID], by: Any, now: datetime
) -> list[FailedTask]:
    """Those that nobody has tried again yet, marked as tried: two operators queue one once."""
    rows = FailedTask.objects.select_for_update().filter(
        pk__in=list(task_ids), retried_at=None
    )
    taken = list(rows.order_by("pk"))
    for row in taken:
        row.retried_at, row.retried_by = now, by
    FailedTask.objects.bulk_update(taken, ["retried_at", "retried_by"])
    return taken


def give_back(*, task_ids: Iterable[UUID]) -> None:
    """They could not be queued after all."""
    FailedTask.objects.filter(pk__in=list(task_ids)).update(
        retried_at=None, retried_by=None
    )


def drop_old_failures(*, now: datetime) -> int:
    """Forget what failed a month ago; returns how many. Safe to repeat."""
    old = FailedTask.objects.filter(failed_at__lt=now - KEPT).order_by("failed_at")
    dropped = 0
    while keys := list(old.values_list("pk", flat=True)[:DROPPED_AT_ONCE]):
        dropped += FailedTask.objects.filter(pk__in=keys).delete()[0]
    return dropped


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, cls=DjangoJSONEncoder).replace("\\u0000", ""))
