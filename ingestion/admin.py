"""Files in, for operators: bring one in, watch it, read its errors, take it back."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import content_disposition_header
from django.utils.safestring import SafeString
from unfold.decorators import display

from ingestion import quota
from ingestion.downloads import corrected_response
from ingestion.forms import UploadForm
from ingestion.importers.soko import Soko
from ingestion.models import (
    ExternalReference,
    FileStatus,
    IngestionFile,
    IngestionRecord,
    IngestionRowError,
    RawApiResponse,
    SyncCursor,
)
from ingestion.queries import errors_of, untold_rows, written_by
from ingestion.services.examples import sheet_names, template_csv
from ingestion.services.undo import undo_import
from ingestion.services.uploads import UNFINISHED, Receipt, receive_file
from shop.admin.base import HistoryAdmin, ModelAdmin
from shop.admin.columns import badge, link, reference
from shop.admin.filters import choices, days, yes_no
from shop.admin.paging import BoundedPaginator
from shop.errors import DomainError
from shop.ids import parse_id

ERRORS_A_PAGE = 50


@admin.register(IngestionFile)
class IngestionFileAdmin(HistoryAdmin):
    """The row's own page is its progress; adding one is an upload."""

    list_display = (
        "filename",
        "kind",
        "sheet",
        link("shop"),
        badge(),
        "rows",
        "failed",
        "purpose",
        "created_at",
    )
    list_filter = (
        choices("status"),
        ("kind", admin.AllValuesFieldListFilter),
        yes_no("is_check"),
        days("created_at"),
    )
    search_fields = ("=content_hash",)
    search_help_text = "The SHA-256 of a file, or an id."
    search_ids = ("shop_id",)
    allows_add = True

    @display(description="rows")
    def rows(self, file: IngestionFile) -> SafeString:
        if file.status == FileStatus.PROCESSING and file.total_rows:
            shown = f"{file.processed_rows:,} of {file.total_rows:,}"
        else:
            shown = f"{file.processed_rows:,}"
        return format_html('<span class="figure">{}</span>', shown)

    @display(description="failed")
    def failed(self, file: IngestionFile) -> SafeString:
        return format_html('<span class="figure">{}</span>', f"{file.failed_rows:,}")

    def get_custom_urls(self) -> Any:
        return (
            ("template/<slug:sheet>.csv", "ingestion_template", self.template),
            ("<uuid:key>/progress/", "ingestion_progress", self.progress),
            ("<uuid:key>/corrected.csv", "ingestion_corrected", self.corrected),
            ("<uuid:key>/undo/", "ingestion_undo", self.undo),
        )

    @display(description="purpose")
    def purpose(self, file: IngestionFile) -> str:
        return "Check" if file.is_check else "Import"

    # ------------------------------------------------------------------ in
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The upload page. The file is streamed to disk; it is never held in memory."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST":
            form = UploadForm(request.POST, request.FILES)
            receipt = self._receive(request, form)
            if receipt is not None:
                return redirect(page_of(receipt.file))
        context = {
            "title": "Bring a file in",
            "form": form,
            "sheets": sheet_names(),
            "most_mb": quota.most_mb(),
        }
        return self._page(request, "ingestion/upload.html", context)

    def _receive(self, request: HttpRequest, form: UploadForm) -> Receipt | None:
        """The upload's receipt; None when the form says what is wrong."""
        if quota.is_too_large(request):
            form.errors.pop("file", None)
            form.add_error("file", quota.too_large())
            return None
        if not form.is_valid():
            return None
        upload = form.cleaned_data["file"]
        try:
            receipt = receive_file(
                stream=upload,
                filename=upload.name,
                kind=form.cleaned_data["kind"],
                shop=form.cleaned_data["shop"],
                is_check=form.cleaned_data["is_check"],
                uploaded_by=request.user,
                now=timezone.now(),
            )
        except DomainError as refusal:
            form.add_error(
                "shop" if refusal.code == "no_shop" else "file", refusal.message
            )
            return None
        if not receipt.is_new:
            messages.info(
                request,
                "This content came before: nothing was changed. This is its import.",
            )
        return receipt

    def template(self, request: HttpRequest, sheet: str, **_: Any) -> HttpResponse:
        """A Soko CSV to fill in."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if sheet not in sheet_names():
            raise Http404(f"There is no template {sheet}.")
        return HttpResponse(
            template_csv(sheet=Soko().sheet_named(sheet)),
            content_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": content_disposition_header(
                    True, f"soko-{sheet}.csv"
                )
            },
        )

    # ------------------------------------------------------------------ how it goes
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """Progress, counts and errors; complete without any script."""
        key = parse_id(object_id)
        if key is None:
            raise Http404("No such file.")
        file = self._file(request, key)
        context = {"title": file.filename, **self._shown(request, file)}
        return self._page(request, "ingestion/file.html", context)

    def progress(self, request: HttpRequest, key: Any, **_: Any) -> HttpResponse:
        """The fragment that the page asks for again while the import runs."""
        file = self._file(request, key)
        if not getattr(request, "htmx", False):
            return redirect(page_of(file))
        context = self._shown(request, file)
        return TemplateResponse(request, "ingestion/_progress.html", context)

    def corrected(self, request: HttpRequest, key: Any, **_: Any) -> HttpResponseBase:
        """The rows that failed, with their reasons, as a download."""
        file = self._file(request, key)
        try:
            return corrected_response(file)
        except DomainError as refusal:
            messages.error(request, refusal.message)
            return redirect(page_of(file))

    def undo(self, request: HttpRequest, key: Any, **_: Any) -> HttpResponse:
        """Asks, and on POST takes the import back."""
        file = self._file(request, key)
        if not self.may_undo(request):
            raise PermissionDenied
        if request.method == "POST":
            try:
                undo_import(file_id=file.pk, now=timezone.now(), actor=request.user)
                messages.success(request, f"“{file.filename}” was taken back.")
            except DomainError as refusal:
                messages.error(request, refusal.message)
            return redirect(page_of(file))
        context = {
            "title": f"Take back {file.filename}?",
            "file": file,
            "written": written_by(file),
            "page_url": page_of(file),
        }
        return self._page(request, "ingestion/undo.html", context)

    def may_undo(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("ingestion.delete_ingestionfile"))

    def _file(self, request: HttpRequest, key: Any) -> IngestionFile:
        """The file, with its shop and uploader, or 404."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        files = self.get_queryset(request).select_related("shop", "uploaded_by")
        file: IngestionFile | None = files.filter(pk=key).first()
        if file is None:
            raise Http404("No such file.")
        return file

    def _shown(self, request: HttpRequest, file: IngestionFile) -> dict[str, Any]:
        asked = request.GET.get("page", "1")
        number = int(asked) if asked.isdecimal() and len(asked) < 7 else 1
        pages = BoundedPaginator(errors_of(file), ERRORS_A_PAGE, page=number)
        is_running = file.status in UNFINISHED
        return {
            "file": file,
            "errors": pages.get_page(number),
            "untold": untold_rows(file),
            "page_url": page_of(file),
            "progress_url": f"{reverse('admin:ingestion_progress', args=[file.pk])}"
            + (f"?{urlencode({'page': number})}" if number > 1 else ""),
            "is_running": is_running,
            "tone": TONES[file.status],
            "may_correct": bool(file.failed_rows and not is_running),
            "may_undo": self.may_undo(request)
            and not file.is_check
            and file.status in (FileStatus.COMPLETED, FileStatus.FAILED)
            and bool(file.created_rows or file.updated_rows),
            "counts": (
                ("Created", file.created_rows),
                ("Updated", file.updated_rows),
                ("Unchanged", file.unchanged_rows),
                ("Failed", file.failed_rows),
            ),
        }

    def _page(
        self, request: HttpRequest, template: str, context: dict[str, Any]
    ) -> HttpResponse:
        whole = self.admin_site.each_context(request) | {"opts": self.opts} | context
        return TemplateResponse(request, template, whole)


# What a state means to whoever waits.
TONES = {
    FileStatus.PENDING: "waits",
    FileStatus.PROCESSING: "runs",
    FileStatus.COMPLETED: "good",
    FileStatus.FAILED: "bad",
    FileStatus.UNDONE: "waits",
}


def page_of(file: IngestionFile) -> str:
    return reverse("admin:ingestion_ingestionfile_change", args=[file.pk])


@admin.register(IngestionRowError)
class IngestionRowErrorAdmin(HistoryAdmin):
    list_display = (link("file"), "line", "column", "value", "message")
    search_ids = ("file_id",)
    search_help_text = "The id of a file, or of an error."


@admin.register(IngestionRecord)
class IngestionRecordAdmin(HistoryAdmin):
    list_display = (
        link("file"),
        "line",
        "entity_type",
        reference("entity_id", title="row"),
        "action",
    )
    search_ids = ("file_id", "entity_id")
    search_help_text = "The id of a file, or of what it wrote."


@admin.register(ExternalReference)
class ExternalReferenceAdmin(HistoryAdmin):
    list_display = ("source", "kind", "ref", reference("entity_id", title="row"))
    search_ids = ("entity_id",)
    search_help_text = "The id of what it stands for."


@admin.register(RawApiResponse)
class RawApiResponseAdmin(HistoryAdmin):
    list_display = ("timestamp", "endpoint", "api_version")
    list_filter = (days("timestamp"),)


@admin.register(SyncCursor)
class SyncCursorAdmin(ModelAdmin):
    list_display = ("source", "resource", "synced_at")
    allows_add = False
