"""Commission rules in the admin: added and ended, never changed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from payments.models import CommissionRule
from payments.services.commission import add_commission_rule, end_commission_rule
from shop.admin.base import ModelAdmin
from shop.admin.columns import link
from shop.admin.filters import days
from shop.errors import DomainError


@admin.register(CommissionRule)
class CommissionRuleAdmin(ModelAdmin):
    """Empty fields mean every shop, every category. What has ended stays as the history."""

    list_display = (
        "percentage",
        link("shop"),
        link("category"),
        "valid_from",
        "valid_until",
        "note",
        link("created_by"),
    )
    list_filter = (days("valid_from"), days("valid_until"))
    fields = ("shop", "category", "rate", "valid_from", "valid_until", "note")
    search_ids = ("shop_id", "category_id")
    search_help_text = "The id of a shop, of a category, or of a rule."
    actions = ("end",)
    allows_change = False
    allows_delete = False

    @admin.display(description="rate")
    def percentage(self, rule: CommissionRule) -> str:
        return str(rule)

    def save_model(
        self, request: HttpRequest, obj: CommissionRule, form: Any, change: bool
    ) -> None:
        made = add_commission_rule(
            shop_id=obj.shop_id,
            category_id=obj.category_id,
            rate=obj.rate,
            valid_from=obj.valid_from,
            valid_until=obj.valid_until,
            note=obj.note,
            by=request.user,
            now=timezone.now(),
        )
        obj.pk = made.pk

    def add_view(self, request: HttpRequest, *args: Any, **more: Any) -> HttpResponse:
        """What the form could not see: another rule that came meanwhile, or the past."""
        try:
            return super().add_view(request, *args, **more)
        except DomainError as refusal:
            messages.error(request, refusal.message)
            return redirect("admin:payments_commissionrule_add")

    @admin.action(description="End now", permissions=["add"])
    def end(self, request: HttpRequest, queryset: QuerySet[CommissionRule]) -> None:
        ended = 0
        for rule in queryset.order_by("pk"):
            told = f"Ended a rule of {rule}."
            left = end_commission_rule(rule_id=rule.pk, now=timezone.now())
            self.log_change(request, left or rule, told)
            ended += 1
        self.message_user(request, f"Ended: {ended}.")
