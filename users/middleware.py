"""Ends sessions that were ended elsewhere, keeps the rest fresh, and dates pages as people do."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from users.receivers import client_address, keep_log_in
from users.services.accounts import LANGUAGE, TIMEZONE
from users.services.sessions import (
    ACTIVITY_EVERY,
    SEEN_AT,
    SESSION_ROW,
    touch_session,
)


def keep_session(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        # Without the cookie nobody is logged in, and the session need not be looked at.
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return get_response(request)
        _keep(request)
        zone = _zone(request.session.get(TIMEZONE, ""))
        language = request.session.get(LANGUAGE, "")
        if language and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
            translation.activate(language)
            request.LANGUAGE_CODE = translation.get_language()
        with timezone.override(zone):
            return get_response(request)

    return middleware


def _keep(request: HttpRequest) -> None:
    session = request.session
    if SESSION_KEY not in session:
        return
    if SESSION_ROW not in session:
        # Logged in before sessions were kept.
        if request.user.is_authenticated:
            keep_log_in(request=request, user=request.user)
        return
    now = timezone.now()
    if now.timestamp() - session.get(SEEN_AT, 0) < ACTIVITY_EVERY.total_seconds():
        return
    is_open = touch_session(
        session_id=UUID(session[SESSION_ROW]),
        session_key=session.session_key or "",
        ip_address=client_address(request),
        expires_at=session.get_expiry_date(),
        now=now,
    )
    if is_open:
        session[SEEN_AT] = now.timestamp()
    else:
        logout(request)


def _zone(name: str) -> zoneinfo.ZoneInfo | None:
    try:
        return zoneinfo.ZoneInfo(name) if name else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return None
