"""Seeing the site as somebody: asked for on their page in the admin, and what came of it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from unfold.decorators import action

from shop.admin.base import HistoryAdmin, HistoryInline
from shop.admin.columns import link, link_to
from shop.admin.filters import days
from shop.errors import DomainError
from shop.ids import parse_id
from users.impersonation import remember
from users.models import ImpersonatedRequest, Impersonation, User
from users.services.impersonation import (
    LASTS,
    MOST_REASON,
    check_target,
    is_allowed,
    start_impersonation,
)


class SeeingAs:
    """For the page of a person: the button, the form that asks why, and the start."""

    admin_site: Any

    def has_impersonate_permission(
        self, request: HttpRequest, object_id: Any = None
    ) -> bool:
        """The button stands on the pages of those it works for."""
        if not is_allowed(operator=request.user):  # type: ignore[arg-type]
            return False
        key = parse_id(str(object_id)) if object_id else None
        user = User.objects.filter(pk=key).first() if key else None
        return object_id is None or (
            user is not None and self._refusal(request, user) == ""
        )

    @action(
        description="See the site as them",
        url_path="see-as",
        permissions=["impersonate"],
        icon="visibility",
    )
    def see_as(self, request: HttpRequest, object_id: str) -> HttpResponse:
        key = parse_id(str(object_id))
        user = User.objects.filter(pk=key).first() if key else None
        if user is None:
            raise Http404
        if not is_allowed(operator=request.user):  # type: ignore[arg-type]
            raise PermissionDenied
        error = self._refusal(request, user)
        if error:
            messages.error(request, error)
            return redirect("admin:users_user_change", user.pk)
        reason = request.POST.get("reason", "")
        if request.method == "POST":
            try:
                return self._start(request, user, reason)
            except DomainError as refusal:
                error = refusal.message
        context = {
            **self.admin_site.each_context(request),
            "title": "See the site as somebody",
            "person": user,
            "reason": reason[:MOST_REASON],
            "error": error,
            "most": MOST_REASON,
            "minutes": int(LASTS.total_seconds() // 60),
        }
        return render(request, "admin/users/see_as.html", context)

    def _refusal(self, request: HttpRequest, user: User) -> str:
        operator: Any = request.user
        try:
            check_target(operator=operator, user=user, now=timezone.now())
        except DomainError as refusal:
            return refusal.message
        return ""

    def _start(self, request: HttpRequest, user: User, reason: str) -> HttpResponse:
        started = start_impersonation(
            operator=request.user,  # type: ignore[arg-type]
            user_id=user.pk,
            reason=reason,
            now=timezone.now(),
        )
        remember(request, started.pk)
        page: Any = self
        page.log_change(request, user, f"Saw the site as them. {started.reason}")
        return redirect("/")


class _Seen(HistoryInline):
    model = Impersonation
    readonly_fields = ("since", "expires_at", "ended_at", "reason")
    per_page = 10

    def get_ordering(self, request: HttpRequest) -> Any:
        return ("-started_at",)

    @admin.display(description="since")
    def since(self, row: Impersonation) -> Any:
        return link_to(row)


class SeenAsThem(_Seen):
    """Operators who saw the site as this person."""

    fk_name = "user"
    fields = ("since", "operator", "reason", "expires_at", "ended_at")
    joined = ("operator",)
    verbose_name_plural = "seen as them"


class SawAsOthers(_Seen):
    """As whom this operator saw the site."""

    fk_name = "operator"
    fields = ("since", "user", "reason", "expires_at", "ended_at")
    joined = ("user",)
    verbose_name_plural = "saw the site as"


class Requests(HistoryInline):
    model = ImpersonatedRequest
    fields = ("at", "method", "route", "object_id", "status")
    per_page = 100
    tab = False
    verbose_name_plural = "what was done"

    def get_ordering(self, request: HttpRequest) -> Any:
        return ("at", "id")


@admin.register(Impersonation)
class ImpersonationAdmin(HistoryAdmin):
    """Which operator saw the site as whom, and what they did there."""

    list_display = (
        "started_at",
        link("operator"),
        link("user"),
        "reason",
        "expires_at",
        "ended_at",
    )
    list_filter = (days("started_at"),)
    search_ids = ("operator_id", "user_id")
    search_help_text = "The id of an operator, of a person, or of the line."
    inlines = (Requests,)
    hidden = (*HistoryAdmin.hidden, "session")


@admin.register(ImpersonatedRequest)
class ImpersonatedRequestAdmin(HistoryAdmin):
    """What operators changed as somebody else, by what it was done to."""

    list_display = (
        "at",
        "method",
        "route",
        "object_id",
        "status",
        link("impersonation__operator", "operator"),
        link("impersonation__user", "for"),
    )
    search_ids = ("object_id", "impersonation_id")
    search_help_text = "The id of what was changed, or of an impersonation."
