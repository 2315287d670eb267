"""A shop's products as a file: out, in, and how an import stands."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
)
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from catalog.queries.sell_products import ProductFilter
from ingestion import quota
from ingestion.downloads import corrected_response, products_response
from ingestion.errors import UndoRefused
from ingestion.importers.soko import Soko
from ingestion.models import FileStatus, IngestionFile
from ingestion.queries import errors_of
from ingestion.services.undo import undo_import
from ingestion.services.uploads import receive_file
from shop.errors import DomainError
from shop.keyset import keyset_page
from users.counter import Seller, seller_view
from users.rights import Right

RUNNING = (FileStatus.PENDING, FileStatus.PROCESSING)
ENDED = (FileStatus.COMPLETED, FileStatus.FAILED)
FILES = 20
ERRORS = 100


class FileForm(forms.Form):
    """What a shop sends."""

    is_check = forms.BooleanField(
        label=gettext_lazy("Only check it"),
        required=False,
        help_text=gettext_lazy("Every row is tried and counted; nothing is kept."),
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,
        help_text=gettext_lazy("CSV or XLSX, also packed with gzip or zip."),
        error_messages={"required": gettext_lazy("Choose a file.")},
    )


@require_safe
@seller_view(Right.EDIT_PRODUCTS)
def export(request: HttpRequest, seller: Seller) -> Any:
    """What the list shows, as a file that imports again unchanged."""
    wanted = ProductFilter.of(request.GET)
    return products_response(shop=seller.shop, wanted=wanted)


@require_http_methods(["GET", "HEAD", "POST"])
@seller_view(Right.EDIT_PRODUCTS)
def bring_in(request: HttpRequest, seller: Seller) -> HttpResponse:
    """Upload a file; it is imported in the background."""
    form = FileForm()
    if request.method == "POST":
        form = FileForm(request.POST, request.FILES)
        if quota.is_too_large(request):
            form.add_error("file", quota.too_large())
        elif form.is_valid():
            try:
                return _received(request, seller, form)
            except DomainError as refusal:
                form.add_error("file", refusal.message)
    files = _files(seller)[:FILES]
    context = {"form": form, "files": files}
    return render(request, "ingestion/sell_import.html", context)


def _received(request: HttpRequest, seller: Seller, form: FileForm) -> HttpResponse:
    upload = form.cleaned_data["file"]
    receipt = receive_file(
        stream=upload,
        filename=upload.name,
        kind=Soko.kind,
        shop=seller.shop,
        is_check=form.cleaned_data["is_check"],
        uploaded_by=seller.user,
        now=timezone.now(),
    )
    if not receipt.is_new:
        messages.info(request, _("This file came before; this is what it brought."))
    return redirect("sell:products_file", seller.shop.slug, receipt.file.pk)


@require_safe
@seller_view(Right.EDIT_PRODUCTS)
def file_detail(request: HttpRequest, seller: Seller, file_id: UUID) -> HttpResponse:
    """How an import stands; asked by HTMX while it is running, only that."""
    file = _file(seller, file_id)
    is_running = file.status in RUNNING
    context = {
        "file": file,
        "is_running": is_running,
        "may_undo": file.status in ENDED and not file.is_check,
    }
    if request.headers.get("HX-Request"):
        if is_running:
            return render(request, "ingestion/_sell_file.html", context)
        return HttpResponse(headers={"HX-Refresh": "true"})
    context["page"] = keyset_page(
        errors_of(file).order_by(),
        order=["line", "id"],
        cursor=request.GET.get("at", ""),
        size=ERRORS,
    )
    return render(request, "ingestion/sell_file.html", context)


@require_POST
@seller_view(Right.EDIT_PRODUCTS)
def undo(request: HttpRequest, seller: Seller, file_id: UUID) -> HttpResponse:
    """Take back what a file brought, all of it or nothing."""
    file = _file(seller, file_id)
    try:
        undo_import(file_id=file.pk, now=timezone.now(), actor=seller.user)
    except UndoRefused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("What the file brought is taken back."))
    return redirect("sell:products_file", seller.shop.slug, file.pk)


@require_safe
@seller_view(Right.EDIT_PRODUCTS)
def corrected(request: HttpRequest, seller: Seller, file_id: UUID) -> Any:
    """The rows that failed, with the reasons, to mend and send again."""
    file = _file(seller, file_id)
    try:
        return corrected_response(file)
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return redirect("sell:products_file", seller.shop.slug, file.pk)


def _files(seller: Seller) -> Any:
    files = IngestionFile.objects.filter(shop=seller.shop, kind=Soko.kind)
    return files.order_by("-id")


def _file(seller: Seller, file_id: UUID) -> IngestionFile:
    file: IngestionFile | None = _files(seller).filter(pk=file_id).first()
    if file is None:
        raise Http404
    return file
