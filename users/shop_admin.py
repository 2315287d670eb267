"""Shops in the admin: let in, refused, suspended, opened again, each with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from shop.admin.base import HistoryAdmin
from shop.admin.columns import badge, link
from shop.admin.shops import ShopAdmin
from shop.errors import DomainError
from shop.ids import parse_id
from shop.models import Shop, ShopStatus
from users.models import ShopInvitation, ShopMessage
from users.services.shops import MOST_TEXT, set_shop_status

AT_ONCE = 100


@dataclass(frozen=True)
class Decision:
    """words: of the button. done: of the history. since: from which states it leads."""

    words: str
    done: str
    status: ShopStatus
    since: frozenset[str]
    needs_reason: bool = True


DECISIONS = {
    "approve": Decision(
        words="Approve",
        done="Approved",
        status=ShopStatus.ACTIVE,
        since=frozenset({ShopStatus.PENDING}),
        needs_reason=False,
    ),
    "refuse": Decision(
        words="Refuse",
        done="Refused",
        status=ShopStatus.CLOSED,
        since=frozenset({ShopStatus.PENDING}),
    ),
    "suspend": Decision(
        words="Suspend",
        done="Suspended",
        status=ShopStatus.SUSPENDED,
        since=frozenset({ShopStatus.ACTIVE}),
    ),
    "open_again": Decision(
        words="Open again",
        done="Opened again",
        status=ShopStatus.ACTIVE,
        since=frozenset({ShopStatus.SUSPENDED, ShopStatus.CLOSED}),
        needs_reason=False,
    ),
    "close": Decision(
        words="Close",
        done="Closed",
        status=ShopStatus.CLOSED,
        since=frozenset({ShopStatus.ACTIVE, ShopStatus.SUSPENDED}),
    ),
}

admin.site.unregister(Shop)


@admin.register(Shop)
class DecidedShopAdmin(ShopAdmin):
    """The status follows from decisions; who made which, when and why stands in the history."""

    actions = tuple(DECISIONS)
    readonly_fields: Any = (
        *ShopAdmin.readonly_fields,
        *("status", "decisions", "status_reason", "status_changed_at"),
    )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is decided stands first; there is nothing to decide of a shop not written."""
        decided = ("status", "decisions", "status_reason", "status_changed_at")
        names = [*super().get_fields(request, obj)]
        rest = [name for name in names if name not in decided]
        # What nobody comes for.
        rest.sort(key=lambda name: name in {"event_time", "extra_data"})
        return [*decided, *rest] if obj else rest

    @admin.display(description="decide")
    def decisions(self, shop: Shop) -> SafeString:
        """What may be decided of it now."""
        ways = [
            (f"{self._address(name)}?{urlencode({'id': str(shop.pk)})}", decision.words)
            for name, decision in DECISIONS.items()
            if shop.status in decision.since
        ]
        return format_html_join(
            " · ",
            '<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>',
            ways,
        )

    @admin.action(description="Approve", permissions=["change"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Shop]) -> HttpResponse:
        return self._ask("approve", queryset)

    @admin.action(description="Refuse", permissions=["change"])
    def refuse(self, request: HttpRequest, queryset: QuerySet[Shop]) -> HttpResponse:
        return self._ask("refuse", queryset)

    @admin.action(description="Suspend", permissions=["change"])
    def suspend(self, request: HttpRequest, queryset: QuerySet[Shop]) -> HttpResponse:
        return self._ask("suspend", queryset)

    @admin.action(description="Open again", permissions=["change"])
    def open_again(
        self, request: HttpRequest, queryset: QuerySet[Shop]
    ) -> HttpResponse:
        return self._ask("open_again", queryset)

    @admin.action(description="Close", permissions=["change"])
    def close(self, request: HttpRequest, queryset: QuerySet[Shop]) -> HttpResponse:
        return self._ask("close", queryset)

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "decide/<str:name>/",
            self.admin_site.admin_view(self.decide),
            name="shop_shop_decide",
        )
        return [own, *super().get_urls()]

    def decide(self, request: HttpRequest, name: str) -> HttpResponse:
        """Ask for the reason, then decide about each of the shops."""
        decision = DECISIONS.get(name)
        if decision is None:
            raise Http404
        if not self.has_change_permission(request):
            raise PermissionDenied
        sent = request.POST if request.method == "POST" else request.GET
        keys = [key for one in sent.getlist("id")[:AT_ONCE] if (key := parse_id(one))]
        shops = list(Shop.objects.filter(pk__in=keys).order_by("pk"))
        if not shops:
            raise Http404
        reason = request.POST.get("reason", "").replace("\0", "").strip()
        error = ""
        if request.method == "POST":
            if len(reason) > MOST_TEXT:
                error = f"Write at most {MOST_TEXT} characters."
            elif decision.needs_reason and not reason:
                error = "Write the reason: the people of the shop will read it."
            else:
                for shop in shops:
                    self._decide(request, shop, decision, reason)
                return self._back(shops)
        context = {
            **self.admin_site.each_context(request),
            "title": decision.words,
            "decision": decision,
            "shops": shops,
            "reason": reason[:MOST_TEXT],
            "error": error,
            "most": MOST_TEXT,
        }
        return render(request, "admin/users/shop_decision.html", context)

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """The history tells from what to what the commission went."""
        told = super().construct_change_message(request, form, formsets, add)
        if add or "commission_rate" not in form.changed_data:
            return told
        before, after = form.initial["commission_rate"], form.instance.commission_rate
        others = [name for name in form.changed_data if name != "commission_rate"]
        also = f" Also changed: {', '.join(others)}." if others else ""
        return f"Commission from {before} to {after}.{also}"

    def _decide(
        self, request: HttpRequest, shop: Shop, decision: Decision, reason: str
    ) -> None:
        if shop.status not in decision.since:
            words = (
                f"{shop}: a shop that is {shop.get_status_display().lower()} stays so."
            )
            messages.error(request, words)
            return
        try:
            set_shop_status(
                shop_id=shop.pk,
                status=decision.status,
                reason=reason,
                by=request.user,  # type: ignore[arg-type]
                now=timezone.now(),
            )
        except DomainError as refusal:
            messages.error(request, f"{shop}: {refusal.message}")
            return
        told = f"{decision.done}. {reason}".strip()
        self.log_change(request, shop, told)
        messages.success(request, f"{shop}: {decision.done.lower()}.")

    def _ask(self, name: str, queryset: QuerySet[Shop]) -> HttpResponse:
        keys = [
            ("id", str(key)) for key in queryset.values_list("pk", flat=True)[:AT_ONCE]
        ]
        return redirect(f"{self._address(name)}?{urlencode(keys)}")

    def _address(self, name: str) -> str:
        return reverse("admin:shop_shop_decide", args=[name])

    def _back(self, shops: list[Shop]) -> HttpResponseRedirect:
        if len(shops) == 1:
            return redirect("admin:shop_shop_change", shops[0].pk)
        return redirect("admin:shop_shop_changelist")


@admin.register(ShopInvitation)
class ShopInvitationAdmin(HistoryAdmin):
    """Who was asked to work where; the link's key is kept nowhere."""

    list_display = ("id", link("shop"), badge("role"), link("invited_by"), "expires_at")
    hidden = (*HistoryAdmin.hidden, "key_hash")
    search_ids = ("shop_id",)
    search_help_text = "The id of a shop, or of an invitation."


@admin.register(ShopMessage)
class ShopMessageAdmin(HistoryAdmin):
    """What owners were written about their shops."""

    list_display = ("id", link("shop"), link("user"), "claimed_at", "sent_at")
    search_ids = ("shop_id",)
    search_help_text = "The id of a shop, or of a message."
