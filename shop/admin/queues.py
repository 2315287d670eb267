"""The background in the admin: queues, workers, the outbox, jobs and tasks that failed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from celery import current_app
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from kombu.exceptions import OperationalError as BrokerError

from shop.admin.base import HistoryAdmin
from shop.admin.columns import link
from shop.admin.filters import Given, days
from shop.errors import DomainError
from shop.health import HEARTBEAT_LATE
from shop.models import FailedTask, Job, JobState
from shop.queues import MOST_COUNTED, outbox, queues, work
from shop.services.failures import give_back, take_failed
from shop.services.jobs import cancel_job, retry_job

SHOWN = 20
MAY_LOOK = "shop.view_job"
MAY_MEND = "shop.change_job"


@require_safe
def queue_page(request: HttpRequest) -> HttpResponse:
    """All shops' jobs that are at work or failed, the failed tasks, and how far it all is."""
    if not request.user.has_perm(MAY_LOOK):
        raise PermissionDenied
    now = timezone.now()
    jobs = Job.objects.select_related("shop", "created_by").order_by("-touched_at")
    found = queues()
    late = found.worked_at is None or now - found.worked_at > HEARTBEAT_LATE
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Jobs and queues",
        "now": now,
        "queues": found,
        "is_late": late,
        "outbox": outbox(now=now),
        "work": work(),
        "most": MOST_COUNTED,
        "at_work": list(jobs.at_work()[:SHOWN]),
        "failed": list(jobs.filter(state=JobState.FAILED)[:SHOWN]),
        "failed_tasks": list(
            FailedTask.objects.filter(retried_at=None).order_by("-failed_at")[:SHOWN]
        ),
        "may_mend": request.user.has_perm(MAY_MEND),
    }
    return TemplateResponse(request, "admin/shop/queues.html", context)


@require_POST
def change_job(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Try a failed job again, or stop one that is at work."""
    if not request.user.has_perm(MAY_MEND):
        raise PermissionDenied
    try:
        if request.POST.get("what") == "stop":
            job = cancel_job(job_id=job_id, now=timezone.now())
            told = "Stopped."
        else:
            job = retry_job(job_id=job_id, by=request.user, now=timezone.now())
            told = "Goes on where it broke."
    except Job.DoesNotExist:
        raise Http404 from None
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return redirect("queues")
    page: Any = admin.site._registry[Job]
    page.log_change(request, job, told)
    messages.success(request, f"{job.kind} of {job.shop}: {told[0].lower()}{told[1:]}")
    return redirect("queues")


@require_POST
def retry_task(request: HttpRequest, task_id: UUID) -> HttpResponse:
    if not request.user.has_perm(MAY_MEND):
        raise PermissionDenied
    if not FailedTask.objects.filter(pk=task_id).exists():
        raise Http404
    _queue_again(request, [task_id])
    return redirect("queues")


def _queue_again(request: HttpRequest, task_ids: list[UUID]) -> None:
    """Marked first, then queued: two operators at once queue each of them once."""
    taken = take_failed(task_ids=task_ids, by=request.user, now=timezone.now())
    sent = 0
    for row in taken:
        try:
            current_app.send_task(row.task, args=row.args, kwargs=row.kwargs)
        except BrokerError:
            give_back(task_ids=[one.pk for one in taken[sent:]])
            messages.error(request, "Redis does not answer: try again later.")
            break
        sent += 1
    if sent:
        messages.success(request, f"Queued again: {sent}.")
    elif not taken:
        messages.warning(request, "Somebody has tried that again already.")


@admin.register(FailedTask)
class FailedTaskAdmin(HistoryAdmin):
    list_display = ("failed_at", "task", "error", "retried_at", link("retried_by"))
    list_filter = (Given.on("retried_at", "tried again"), days("failed_at"))
    search_fields = ("=task",)
    search_help_text = "The whole name of a task, or an id."
    actions = ("try_again",)

    @admin.action(description="Try again", permissions=["mend"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[FailedTask]) -> None:
        _queue_again(request, list(queryset.values_list("pk", flat=True)))

    def has_mend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_MEND)
