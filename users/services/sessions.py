"""Where people are logged in. The rows here are the truth: a session without one ends.

Django's session names its row (`SESSION_ROW`), because its own key changes with the password.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import import_module
from uuid import UUID

from django.conf import settings
from django.core.cache import caches
from django.db import transaction

from users.models import UserSession
from users.services.devices import describe_device

SESSION_ROW = "user_session"
SEEN_AT = "seen_at"
# How stale "last seen" may be, and how long a session lives that was ended in the one instant
# in which another request read it from the cache.
ACTIVITY_EVERY = timedelta(minutes=1)
RETENTION = timedelta(days=90)
ROWS_AT_ONCE = 1000


@transaction.atomic
def open_session(
    *,
    user_id: UUID,
    session_key: str,
    user_agent: str,
    ip_address: str | None,
    expires_at: datetime,
    now: datetime,
) -> UserSession:
    """Somebody logged in. Repeated with the same key it is the same row, opened anew."""
    device = describe_device(user_agent=user_agent)
    session, _ = UserSession.objects.update_or_create(
        session_id=session_key,
        defaults={
            "user_id": user_id,
            "device_type": device.kind,
            "device_info": {"browser": device.browser, "system": device.system},
            "ip_address": ip_address,
            "last_activity": now,
            "expires_at": expires_at,
        },
    )
    return session


def touch_session(
    *,
    session_id: UUID,
    session_key: str,
    ip_address: str | None,
    expires_at: datetime,
    now: datetime,
) -> bool:
    """The person is there. False when the session was ended meanwhile, or is unknown."""
    # One conditional UPDATE: an ended session cannot come back between a check and a write.
    touched = UserSession.objects.open_at(now).filter(pk=session_id)
    return bool(
        touched.update(
            session_id=session_key,
            ip_address=ip_address,
            last_activity=now,
            expires_at=expires_at,
        )
    )


@transaction.atomic
def end_session(*, user_id: UUID, session_id: UUID, now: datetime) -> None:
    """Log one of a person's browsers out. Raises UserSession.DoesNotExist for no such one."""
    open_ones = UserSession.objects.select_for_update().filter(user_id=user_id)
    _end([open_ones.open_at(now).get(pk=session_id)], now)


@transaction.atomic
def end_other_sessions(*, user_id: UUID, keep: UUID | None, now: datetime) -> int:
    """Log all of a person's browsers out but one; None keeps none. Returns how many ended."""
    open_ones = UserSession.objects.select_for_update().filter(user_id=user_id)
    others = open_ones.open_at(now).order_by("id")
    if keep is not None:
        others = others.exclude(pk=keep)
    ended = list(others)
    _end(ended, now)
    return len(ended)


def _end(sessions: list[UserSession], now: datetime) -> None:
    keys = [session.session_id for session in sessions]
    UserSession.objects.filter(pk__in=[session.pk for session in sessions]).update(
        expires_at=now
    )
    # After the commit, else a request in between would put it back into the cache.
    transaction.on_commit(lambda: _forget(keys))


def _forget(keys: list[str]) -> None:
    store = import_module(settings.SESSION_ENGINE).SessionStore
    store.get_model_class().objects.filter(session_key__in=keys).delete()
    copies = [store.cache_key_prefix + key for key in keys]
    caches[settings.SESSION_CACHE_ALIAS].delete_many(copies)


def drop_ended_sessions(*, now: datetime) -> int:
    """Delete what ended before the retention, and Django's own expired sessions.

    Returns how many rows of ours went. Safe to repeat; a thousand rows a transaction.
    """
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    old = UserSession.objects.filter(expires_at__lt=now - RETENTION)
    dropped = 0
    while keys := list(old.values_list("pk", flat=True)[:ROWS_AT_ONCE]):
        dropped += UserSession.objects.filter(pk__in=keys).delete()[0]
    return dropped
