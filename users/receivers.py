"""What follows from a log-in, a log-out, a new password and a new e-mail address.

The account library tells of them by Django signals, not by our outbox: they need the request.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.signals import (
    email_changed,
    email_confirmed,
    password_changed,
    password_reset,
    password_set,
)
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.core.exceptions import PermissionDenied
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from shop.events import receives
from users.events import ShopStatusChanged
from users.models import User, UserProfile, UserSession
from users.services.accounts import LANGUAGE, TIMEZONE, follow_email
from users.services.sessions import (
    SEEN_AT,
    SESSION_ROW,
    end_other_sessions,
    end_session,
    open_session,
)
from users.tasks import tell_owners


@receiver(user_logged_in)
def keep_log_in(request: HttpRequest | None, user: User, **_: Any) -> None:
    session = getattr(request, "session", None)
    if request is None or session is None:
        return
    if not session.session_key:
        session.create()
    now = timezone.now()
    row = open_session(
        user_id=user.pk,
        session_key=session.session_key,
        user_agent=request.META.get("HTTP_USER_AGENT", ""),
        ip_address=client_address(request),
        expires_at=session.get_expiry_date(),
        now=now,
    )
    session[SESSION_ROW] = str(row.pk)
    session[SEEN_AT] = now.timestamp()
    profile = UserProfile.objects.filter(user=user).first()
    session[TIMEZONE] = profile.timezone if profile else ""
    session[LANGUAGE] = profile.language if profile else ""


@receiver(user_logged_out)
def keep_log_out(request: HttpRequest | None, user: User | None, **_: Any) -> None:
    row_id = _row_of(request)
    if user is None or row_id is None:
        return
    try:
        end_session(user_id=user.pk, session_id=row_id, now=timezone.now())
    except UserSession.DoesNotExist:
        # Ended from another device in the same moment.
        return


@receiver([password_changed, password_set, password_reset])
def end_the_others(request: HttpRequest, user: User, **_: Any) -> None:
    """Whoever knew the old password is out; after a reset, everybody is."""
    keep = _row_of(request) if request.user.is_authenticated else None
    end_other_sessions(user_id=user.pk, keep=keep, now=timezone.now())


@receiver(email_confirmed)
def follow_confirmed(email_address: Any, **_: Any) -> None:
    follow_email(user_id=email_address.user_id)


@receiver(email_changed)
def follow_changed(user: User, **_: Any) -> None:
    follow_email(user_id=user.pk)


@receives(ShopStatusChanged)
def tell_the_owners(event: ShopStatusChanged) -> None:
    """Of what the market decided; that they opened the shop they know."""
    if event.data["before"]:
        tell_owners.delay(
            shop_id=str(event.entity_id),
            about=str(event.id),
            status=event.data["status"],
            before=event.data["before"],
            reason=event.data.get("reason", ""),
        )


def client_address(request: HttpRequest) -> str | None:
    """Whence the request came, as far as the proxies in front are trusted to say."""
    try:
        return str(get_adapter(request).get_client_ip(request))
    except PermissionDenied:
        return None


def _row_of(request: HttpRequest | None) -> UUID | None:
    session = getattr(request, "session", None)
    row_id = session.get(SESSION_ROW) if session is not None else None
    return UUID(row_id) if row_id else None
