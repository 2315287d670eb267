"""What the house remembers: changes of rows, requests, and what operators did."""

from django.contrib import admin
from django.contrib.admin.models import LogEntry

from shop.admin.base import HistoryAdmin
from shop.admin.columns import link, reference
from shop.admin.filters import choices, days
from shop.models import AuditEntry, IdempotencyKey


@admin.register(AuditEntry)
class AuditEntryAdmin(HistoryAdmin):
    list_display = (
        "timestamp",
        "operation",
        "table_name",
        "row_id",
        reference("user_id", "users.user", "by"),
    )
    list_filter = (choices("operation"), days("timestamp"))
    search_fields = ("=table_name",)
    search_help_text = "A table, or the id of a row or of a person."
    search_ids = ("row_id", "user_id")


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(HistoryAdmin):
    """Requests that may be sent again; the answer kept for them stays hidden."""

    list_display = ("created_at", "scope", "key", "response_status", "expires_at")
    list_filter = (days("expires_at"),)
    hidden = (*HistoryAdmin.hidden, "response_body", "request_hash")
    search_help_text = "An id."


@admin.register(LogEntry)
class LogEntryAdmin(HistoryAdmin):
    """What operators did in the admin."""

    list_display = (
        "action_time",
        link("user"),
        "content_type",
        "object_repr",
        "action",
    )
    list_filter = (choices("action_flag"), days("action_time"))
    list_select_related = ("content_type",)
    search_help_text = "The id of a person, or of what was changed."
    search_ids = ("user_id", "object_id")

    @admin.display(description="what")
    def action(self, entry: LogEntry) -> str:
        return entry.get_change_message()
