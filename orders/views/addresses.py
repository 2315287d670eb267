"""The address book."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from orders.errors import AddressBookFull
from orders.forms import AddressBookForm
from orders.models import ShippingAddress
from orders.services.addresses import (
    add_address,
    address_lines,
    change_address,
    delete_address,
    set_default_address,
)


@never_cache
@login_required
@require_safe
def addresses(request: HttpRequest) -> HttpResponse:
    """The addresses a person keeps, the default first."""
    book = ShippingAddress.objects.in_book_of(_person(request))
    shown = [(one, address_lines(address=one)) for one in book]
    return render(request, "orders/addresses.html", {"book": shown})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_address(request: HttpRequest) -> HttpResponse:
    country = request.GET.get("country") or settings.MARKET_COUNTRY
    form = _form(request, country=country)
    if form.is_valid():
        try:
            add_address(
                user_id=_person(request),
                data=form.data_for_service(),
                is_default=form.cleaned_data["is_default"],
            )
        except AddressBookFull as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("The address is kept."))
            return redirect("orders:addresses")
    return _page(request, form, None)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_address(request: HttpRequest, address_id: UUID) -> HttpResponse:
    address = _own(request, address_id)
    form = _form(
        request,
        country=address.country or settings.MARKET_COUNTRY,
        initial={name: getattr(address, name) for name in (*FIELDS, "is_default")},
    )
    if form.is_valid():
        try:
            change_address(
                user_id=_person(request),
                address_id=address.pk,
                data=form.data_for_service(),
                is_default=form.cleaned_data["is_default"],
            )
        except ShippingAddress.DoesNotExist:
            # Deleted in another window meanwhile.
            raise Http404 from None
        messages.success(request, _("The address is changed."))
        return redirect("orders:addresses")
    return _page(request, form, address)


@login_required
@require_POST
def make_default(request: HttpRequest, address_id: UUID) -> HttpResponse:
    try:
        set_default_address(user_id=_person(request), address_id=address_id)
    except ShippingAddress.DoesNotExist:
        raise Http404 from None
    return redirect("orders:addresses")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def remove_address(request: HttpRequest, address_id: UUID) -> HttpResponse:
    """Asks first; a parcel on its way keeps its own copy of the address."""
    address = _own(request, address_id)
    if request.method == "POST":
        delete_address(user_id=_person(request), address_id=address.pk)
        messages.success(request, _("The address is deleted."))
        return redirect("orders:addresses")
    lines = address_lines(address=address)
    return render(
        request, "orders/address_delete.html", {"address": address, "lines": lines}
    )


FIELDS = (
    *("country", "first_name", "last_name", "company", "address1", "address2"),
    *("city", "province", "zip", "phone"),
)


def _person(request: HttpRequest) -> UUID:
    """Whose pages these are; strangers are sent to log in before."""
    return cast(UUID, request.user.pk)


def _own(request: HttpRequest, address_id: UUID) -> ShippingAddress:
    book = ShippingAddress.objects.in_book_of(_person(request))
    return get_object_or_404(book, pk=address_id)


def _form(request: HttpRequest, **options: Any) -> AddressBookForm:
    """Bound when the address was sent; only redrawn when the country was changed."""
    if request.method != "POST":
        return AddressBookForm(**options)
    if "redraw" not in request.POST:
        return AddressBookForm(request.POST, **options)
    sent = {name: value for name, value in request.POST.items() if name in FIELDS}
    sent["is_default"] = request.POST.get("is_default", "")
    return AddressBookForm(
        **{**options, "country": sent.get("country", ""), "initial": sent}
    )


def _page(
    request: HttpRequest, form: AddressBookForm, address: ShippingAddress | None
) -> HttpResponse:
    name = "orders/address_form.html"
    if request.htmx and "redraw" in request.POST:  # type: ignore[attr-defined]
        name = "orders/_address_fields.html"
    return render(request, name, {"form": form, "address": address})
