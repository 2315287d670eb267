"""Scheduled work of the accounts; each task calls one service."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from users.services import sessions, shop_news
from users.shop_mail import send_decision


@shared_task
def drop_ended_sessions() -> None:
    """Delete sessions that ended before the retention. Safe to repeat."""
    sessions.drop_ended_sessions(now=timezone.now())


# SMTP's errors are OSErrors; a server that is away is tried for about an hour.
@shared_task(
    acks_late=True,
    autoretry_for=(OSError, shop_news.BeingSent),
    retry_backoff=30,
    max_retries=7,
)
def tell_owners(
    *, shop_id: str, about: str, status: str, before: str, reason: str
) -> None:
    """What was decided about their shop. Safe to repeat."""
    shop_news.tell_owners(
        shop_id=UUID(shop_id),
        about=about,
        status=status,
        before=before,
        reason=reason,
        send=send_decision,
        now=timezone.now(),
    )
