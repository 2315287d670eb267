"""Jobs over many rows: what a shop asked for, and what became of each row."""

from django.contrib import admin

from shop.admin.base import HistoryAdmin
from shop.admin.columns import badge, link, reference
from shop.admin.filters import choices, days
from shop.models import Job, JobRow


@admin.register(Job)
class JobAdmin(HistoryAdmin):
    list_display = (
        "created_at",
        link("shop"),
        "kind",
        badge("state"),
        "done_rows",
        "refused_rows",
        "total_rows",
        link("created_by"),
    )
    list_filter = (choices("state"), days("created_at"))
    search_fields = ("=kind",)
    search_help_text = "A kind of job, or the id of a shop or of the job."
    search_ids = ("shop_id",)


@admin.register(JobRow)
class JobRowAdmin(HistoryAdmin):
    list_display = ("label", link("job"), badge("state"), reference("entity_id"))
    list_filter = (choices("state"),)
    search_help_text = "The id of a job, or of what a row is about."
    search_ids = ("job_id", "entity_id")
