"""Money in the admin: read, never written. Services alone move it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from orders.models import Order
from payments import commission_admin  # noqa: F401 - registers the rules
from payments.models import (
    FraudFlag,
    GatewayWebhook,
    LedgerEntry,
    Payment,
    PaymentAttempt,
    PaymentMethod,
    Payout,
    Refund,
    RefundItem,
    SimulatedCharge,
)
from shop.admin.base import HistoryAdmin, HistoryInline, ModelAdmin, belonging_to
from shop.admin.columns import badge, link, money, short_id
from shop.admin.filters import choices, days, yes_no


class Attempts(HistoryInline):
    model = PaymentAttempt
    fields = ("attempt_number", "created_at", "status", "failure_reason")
    ordering = ("attempt_number",)
    verbose_name_plural = "attempts"


class Refunds(HistoryInline):
    model = Refund
    fk_name = "payment"
    fields = (
        "created_at",
        "status",
        "amount",
        "currency",
        "reason",
        "kept_for",
        "processed_at",
    )
    verbose_name_plural = "refunds"


class FraudFlags(HistoryInline):
    model = FraudFlag
    fields = ("created_at", "risk_score", "is_resolved", "resolution_notes")
    verbose_name_plural = "fraud flags"


@admin.register(Payment)
class PaymentAdmin(HistoryAdmin):
    list_display = (
        "event_time",
        link("order"),
        money("amount"),
        badge(),
        "gateway",
        "gateway_transaction_id",
        "processed_at",
    )
    list_filter = (choices("status"), days("event_time"))
    ordering = ("-event_time",)
    search_fields = ("=gateway_transaction_id",)
    search_help_text = "An order number, a gateway's transaction, or an id."
    search_ids = ("order_id", "checkout_id", "payment_method_id")
    inlines = (Attempts, Refunds, FraudFlags)

    def search(self, term: str) -> Q:
        orders = Order.objects.filter(order_number__in={term, term.upper()})
        return super().search(term) | belonging_to(orders, "order")


@admin.register(PaymentAttempt)
class PaymentAttemptAdmin(HistoryAdmin):
    list_display = ("created_at", link("payment"), "attempt_number", badge())
    list_filter = (choices("status"),)
    search_ids = ("payment_id",)
    search_help_text = "The id of a payment, or of the attempt."


@admin.register(PaymentMethod)
class PaymentMethodAdmin(HistoryAdmin):
    """The last four digits at most; the provider's token stays hidden."""

    list_display = ("id", link("user"), "type", "brand", "last4", "is_default")
    list_filter = (choices("type"),)
    hidden = (*HistoryAdmin.hidden, "gateway_id", "billing_address", "metadata")
    search_ids = ("user_id",)
    search_help_text = "The id of a person, or of the way to pay."


@admin.register(Refund)
class RefundAdmin(HistoryAdmin):
    list_display = (
        "created_at",
        link("payment"),
        money("amount"),
        badge(),
        link("processed_by"),
        "processed_at",
    )
    list_filter = (choices("status"), days("processed_at"))
    search_ids = ("payment_id", "order_return_id", "kept_for_id", "became_id")
    search_help_text = "The id of a payment, of a return, of the order it is kept for, or of the refund."


@admin.register(RefundItem)
class RefundItemAdmin(HistoryAdmin):
    """Units of an order's lines whose money a refund gave back."""

    list_display = ("id", link("refund"), link("order_item"), "quantity", "amount")
    search_ids = ("refund_id", "order_item_id")
    search_help_text = "The id of a refund, of an order's line, or of the row."


@admin.register(FraudFlag)
class FraudFlagAdmin(ModelAdmin):
    """A flag is raised by the rules; here somebody says what came of it."""

    list_display = (
        "created_at",
        link("payment"),
        "risk_score",
        "is_resolved",
        link("resolved_by"),
    )
    list_filter = (yes_no("is_resolved"),)
    search_ids = ("payment_id",)
    search_help_text = "The id of a payment, or of the flag."
    allows_add = False
    allows_delete = False
    readonly_fields = ("payment", "risk_score", "flags", "resolved_by", "resolved_at")

    def save_model(
        self, request: HttpRequest, obj: FraudFlag, form: Any, change: bool
    ) -> None:
        if "is_resolved" in form.changed_data:
            obj.resolved_by = request.user if obj.is_resolved else None  # type: ignore[assignment]
            obj.resolved_at = timezone.now() if obj.is_resolved else None
        super().save_model(request, obj, form, change)


@admin.register(GatewayWebhook)
class GatewayWebhookAdmin(HistoryAdmin):
    list_display = (
        "received_at",
        "gateway",
        "event_id",
        "signature_ok",
        "processed_at",
        "error",
    )
    list_filter = (yes_no("signature_ok"),)
    search_fields = ("=event_id",)
    search_help_text = "The gateway's own id of the call, or an id."


@admin.register(LedgerEntry)
class LedgerEntryAdmin(HistoryAdmin):
    list_display = (
        "created_at",
        "account",
        money("amount"),
        link("shop"),
        link("payment"),
        link("refund"),
        "movement",
    )
    search_ids = ("transaction_id", "shop_id", "payment_id", "refund_id")
    search_help_text = "The id of a movement, shop, payment or refund."

    @admin.display(description="movement")
    def movement(self, entry: LedgerEntry) -> str:
        return short_id(entry.transaction_id, f"?q={entry.transaction_id}")


@admin.register(Payout)
class PayoutAdmin(HistoryAdmin):
    list_display = (
        "period_end",
        link("shop"),
        money("amount"),
        badge(),
        "period_start",
        "reference",
    )
    list_filter = (choices("status"), days("period_end"))
    search_ids = ("shop_id",)
    search_help_text = "The id of a shop, or of the payout."


@admin.register(SimulatedCharge)
class SimulatedChargeAdmin(HistoryAdmin):
    """The test gateway's own books."""

    list_display = ("created_at", money("amount"), badge("state"), "key")
    list_filter = (choices("state"),)
    hidden = (*HistoryAdmin.hidden, "return_url")
    search_fields = ("=key",)
    search_help_text = "The key of an attempt, or an id."
