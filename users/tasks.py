"""Scheduled work of the accounts; each task calls one service."""

from celery import shared_task
from django.utils import timezone

from users.services import sessions


@shared_task
def drop_ended_sessions() -> None:
    """Delete sessions that ended before the retention. Safe to repeat."""
    sessions.drop_ended_sessions(now=timezone.now())
