"""Requests of an operator who sees the site as somebody: whose they are, and which are refused.

The operator stays logged in as themselves; the session names the impersonation, and each
request asks anew whether it lasts. So it ends when the operator logs out or is let go.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY as LOGGED_IN
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import ResolverMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from shop.acting import acting
from shop.api.handlers import API
from shop.api.problems import MEDIA_TYPE
from users.services.impersonation import (
    end_impersonation,
    note_answer,
    note_request,
    open_impersonation,
)

SESSION_KEY = "impersonation"
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
STOP = "users:stop_impersonation"
# What only the person themselves may do: log devices out, agree to mails, and say who works
# in their shop, which would outlast the hour.
THEIRS_ALONE = frozenset(
    {
        *("users:end_session", "users:end_other_sessions", "users:notices"),
        *("v1:account-session-detail", "v1:account-session-list", "v1:account-profile"),
        *("sell:open", "sell:invitation", "sell:members", "sell:leave"),
        *("sell:member_role", "sell:member_remove", "sell:invitation_withdraw"),
        *("v1:sell-shops", "v1:sell-invitation-accept", "v1:sell-person"),
        *("v1:sell-invitations", "v1:sell-invitation"),
    }
)


def is_sealed(match: ResolverMatch, *, path: str, method: str) -> bool:
    """Whether an address is closed to whoever sees the site as somebody.

    The admin and the account library's pages (password, e-mail, second step, keys) even to
    be read; whatever moves money, and what is the person's alone, to be changed.
    """
    module = getattr(match.func, "__module__", "")
    if path.startswith(reverse("admin:index")) or module.startswith("allauth."):
        return True
    if method in SAFE:
        return False
    view = getattr(match.func, "cls", None)
    modules = (module, view.__module__ if view else "")
    moves_money = any(name.startswith("payments.") for name in modules)
    return moves_money or match.view_name in THEIRS_ALONE


class SeeAsSomebody:
    """Stands behind the log-in and before everything that asks who is there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = _named(request)
        if key is None:
            return self.get_response(request)
        lasting = open_impersonation(
            impersonation_id=key,
            operator=request.user,  # type: ignore[arg-type]
            now=timezone.now(),
        )
        if lasting is None:
            forget(request, key)
            return self.get_response(request)
        _put_on(request, lasting)
        structlog.contextvars.bind_contextvars(operator=str(lasting.operator_id))
        with acting(lasting.operator_id):
            response = self.get_response(request)
        noted = getattr(request, "noted", None)
        if noted is not None:
            note_answer(request_id=noted, status=response.status_code)
        # A page that wears the banner is nobody's to keep.
        response["Cache-Control"] = "private, no-store"
        return response

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        lasting = getattr(request, "impersonation", None)
        match = request.resolver_match
        if lasting is None or match is None:
            return None
        method = request.method or ""
        if method not in SAFE:
            request.noted = note_request(  # type: ignore[attr-defined]
                impersonation_id=lasting.pk,
                method=method,
                route=match.view_name or match.route,
                object_id=_object_id(kwargs),
                now=timezone.now(),
            )
        if match.view_name == STOP or not is_sealed(
            match, path=request.path, method=method
        ):
            return None
        return _refused(request)


def remember(request: HttpRequest, impersonation_id: UUID) -> None:
    request.session[SESSION_KEY] = str(impersonation_id)


def forget(request: HttpRequest, impersonation_id: UUID) -> None:
    """Also from the row: what ended by the clock or elsewhere stays ended."""
    end_impersonation(impersonation_id=impersonation_id, now=timezone.now())
    request.session.pop(SESSION_KEY, None)


def _named(request: HttpRequest) -> UUID | None:
    """None for everybody else, without a look at the session of those who have none."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    session = request.session
    if LOGGED_IN not in session or SESSION_KEY not in session:
        return None
    return UUID(session[SESSION_KEY]) if request.user.is_authenticated else None


def _put_on(request: Any, lasting: Any) -> None:
    async def auser() -> Any:
        return lasting.user

    request.impersonation = lasting
    request.user = lasting.user
    request._cached_user = lasting.user
    request.auser = auser


def _object_id(kwargs: dict[str, Any]) -> str:
    """The innermost id of the address: an order's rather than its shop's."""
    ids = [str(value) for value in kwargs.values() if isinstance(value, UUID)]
    words = [str(value) for value in kwargs.values()]
    return (ids or words or [""])[-1]


def _refused(request: HttpRequest) -> HttpResponse:
    words = _(
        "Only they themselves may do this, or see it: it is closed while you see the site"
        " as somebody else."
    )
    if request.path.startswith(API):
        problem = {
            "type": "about:blank",
            "title": HTTPStatus.FORBIDDEN.phrase,
            "status": int(HTTPStatus.FORBIDDEN),
            "code": "impersonating",
            "detail": words,
            "instance": request.path,
        }
        return JsonResponse(
            problem, status=HTTPStatus.FORBIDDEN, content_type=MEDIA_TYPE
        )
    if getattr(request, "htmx", False):
        messages.error(request, words)
        return HttpResponse(
            words, status=HTTPStatus.FORBIDDEN, headers={"HX-Refresh": "true"}
        )
    return render(
        request, "users/sealed.html", {"words": words}, status=HTTPStatus.FORBIDDEN
    )
