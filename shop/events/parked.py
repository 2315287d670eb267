"""Receivers that failed too often: an operator tries them again or lets them be."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from shop.models import EventDelivery, GlobalEvent


@transaction.atomic
def retry_parked(*, delivery_ids: Iterable[UUID], now: datetime) -> int:
    """Hand these to the relay again, with all their attempts; returns how many.

    The event's other receivers keep their marks and do not run again. Safe to repeat.
    """
    deliveries = _lock(delivery_ids)
    for delivery in deliveries:
        delivery.parked_at, delivery.next_attempt_at = None, now
        delivery.attempts = 0
        delivery.save(update_fields=["parked_at", "next_attempt_at", "attempts"])
        GlobalEvent.objects.filter(
            event_time=delivery.event_time, event_id=delivery.event_id
        ).update(published_at=None)
    return len(deliveries)


@transaction.atomic
def give_up_parked(*, delivery_ids: Iterable[UUID]) -> int:
    """Forget these; their receivers never run for the event. Returns how many."""
    deliveries = _lock(delivery_ids)
    events = {delivery.event_id for delivery in deliveries}
    EventDelivery.objects.filter(id__in=[row.id for row in deliveries]).delete()
    still_parked = EventDelivery.objects.filter(
        event_id__in=events, done_at__isnull=True
    ).values_list("event_id", flat=True)
    # Marks of receivers that ran were kept for the parked ones only.
    EventDelivery.objects.filter(event_id__in=events - set(still_parked)).delete()
    return len(deliveries)


def _lock(delivery_ids: Iterable[UUID]) -> list[EventDelivery]:
    rows = EventDelivery.objects.filter(
        id__in=list(delivery_ids), parked_at__isnull=False
    )
    return list(rows.order_by("id").select_for_update())
