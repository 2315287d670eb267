"""Jobs of a shop: what runs or ran in the background, row by row, stopped and undone."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from shop.errors import DomainError
from shop.keyset import keyset_page
from shop.models import Job, JobRow, RowState
from shop.services import jobs
from users.counter import Seller, seller_view
from users.rights import Right

PAGE = 50
ROWS_A_PAGE = 100
# What a spreadsheet would take for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class ResultTab:
    """Rows of one outcome, and how many there are of them."""

    state: str
    label: str | Promise
    count: int


@dataclass(frozen=True)
class JobResult:
    """A row as it is read."""

    label: str
    message: str
    before: str
    after: str


@require_safe
@seller_view(Right.SEE_SHOP)
def job_list(request: HttpRequest, seller: Seller) -> HttpResponse:
    """The newest first; nothing else is looked for here."""
    page = keyset_page(
        jobs_of(seller), order=["-id"], cursor=request.GET.get("at", ""), size=PAGE
    )
    context = {"page": page, "at_work": any(job.is_at_work for job in page.rows)}
    return render(request, "users/sell_jobs.html", context)


@require_safe
@seller_view(Right.SEE_SHOP)
def job_detail(request: HttpRequest, seller: Seller, job_id: UUID) -> HttpResponse:
    """How far it is; asked by HTMX, only that, and no more when it has ended."""
    job = _job(seller, job_id)
    context = {"job": job, "can_undo": _can_undo(job)}
    if request.headers.get("HX-Request") and job.is_at_work:
        return render(request, "users/_sell_job_progress.html", context)
    answer = render(request, "users/sell_job.html", context | _results(request, job))
    if request.headers.get("HX-Request"):
        # It has ended: the whole page has more to say now.
        answer = HttpResponse(headers={"HX-Refresh": "true"})
    return answer


@require_POST
@seller_view(Right.SEE_SHOP)
def cancel(request: HttpRequest, seller: Seller, job_id: UUID) -> HttpResponse:
    job = jobs.cancel_job(job_id=_job(seller, job_id).pk, now=timezone.now())
    messages.success(request, _("Stopped. What was done by then stays as it is."))
    return redirect("sell:job", seller.shop.slug, job.pk)


@require_POST
@seller_view(Right.SEE_SHOP)
def undo(request: HttpRequest, seller: Seller, job_id: UUID) -> HttpResponse:
    job = _job(seller, job_id)
    try:
        job = jobs.undo_job(job_id=job.pk, by=seller.user, now=timezone.now())
    except DomainError as refusal:
        messages.error(request, refusal.message)
    return redirect("sell:job", seller.shop.slug, job.pk)


@require_safe
@seller_view(Right.SEE_SHOP)
def results(request: HttpRequest, seller: Seller, job_id: UUID) -> Any:
    """All rows as CSV: what, its outcome, and why not."""
    job = _job(seller, job_id)
    answer = StreamingHttpResponse(_lines(job), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="job-{job.pk}.csv"'
    return answer


def jobs_of(seller: Seller) -> QuerySet[Job]:
    """Those of the shop whose kind the seller's role may do."""
    kinds = jobs.kinds_with(seller.rights)
    found = Job.objects.filter(shop=seller.shop, kind__in=kinds)
    return found.select_related("created_by", "undo_of")


def _job(seller: Seller, job_id: UUID) -> Job:
    job = jobs_of(seller).filter(pk=job_id).first()
    if job is None:
        raise Http404
    return job


def _can_undo(job: Job) -> bool:
    kind = jobs.kind_of(job.kind)
    if job.is_at_work or job.undo_of_id or kind.undo is None:
        return False
    left = JobRow.objects.filter(job=job, state=RowState.DONE, after__isnull=False)
    return left.exists()


def _results(request: HttpRequest, job: Job) -> dict[str, Any]:
    tabs = _tabs(job)
    # What needs somebody's eye stands first.
    chosen = request.GET.get("rows", "")
    if chosen not in {tab.state for tab in tabs}:
        chosen = tabs[0].state if tabs else RowState.DONE
    rows = JobRow.objects.filter(job=job, state=chosen).defer("wanted")
    cursor = request.GET.get("at", "")
    page = keyset_page(rows, order=["id"], cursor=cursor, size=ROWS_A_PAGE)
    shown = jobs.kind_of(job.kind).shown
    results = [
        JobResult(
            row.label,
            row.message,
            shown(row.before, job.params),
            shown(row.after, job.params),
        )
        for row in page.rows
    ]
    return {"tabs": tabs, "chosen": chosen, "page": page, "results": results}


def _tabs(job: Job) -> list[ResultTab]:
    undone = 0
    if not job.undo_of_id and not job.is_at_work:
        undone = sum(job.undos.values_list("done_rows", flat=True))
    waiting = job.total_rows - job.handled_rows
    labels: list[tuple[str, str | Promise, int]] = [
        (RowState.REFUSED, gettext_lazy("Refused"), job.refused_rows),
        (RowState.DONE, pgettext_lazy("rows", "Done"), job.done_rows - undone),
        (RowState.UNDONE, gettext_lazy("Undone"), undone),
        (RowState.WAITING, pgettext_lazy("rows", "Not done"), waiting),
    ]
    return [ResultTab(*label) for label in labels if label[2] > 0]


class _Echo:
    """What csv writes to: gives the line back."""

    def write(self, line: str) -> str:
        return line


def _lines(job: Job) -> Iterator[str]:
    writer = csv.writer(_Echo())
    shown = jobs.kind_of(job.kind).shown
    yield "\ufeff" + writer.writerow(
        [_("What"), _("Outcome"), _("Reason"), _("Before"), _("After")]
    )
    rows = JobRow.objects.filter(job=job).order_by("id").defer("wanted")
    for row in rows.iterator(chunk_size=2000):
        values = [shown(value, job.params) for value in (row.before, row.after)]
        cells = [row.label, row.state, row.message, *values]
        yield writer.writerow([_safe(cell) for cell in cells])


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell
