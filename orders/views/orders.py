"""An order after it was placed: followed, cancelled, sent back, bought again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from orders.downloads import invoice_response
from orders.forms import FindOrderForm, ReturnForm
from orders.models import Order, OrderReturnPhoto
from orders.queries.order_page import OrderPage, order_page
from orders.queries.taken_off import discounts_of
from orders.services import cart as carts
from orders.services import orders as services
from orders.services import returns
from orders.services.addresses import address_lines
from orders.visitor import (
    KNOWN,
    remember,
    visible_orders,
    visitor_of,
    with_token,
)
from shop.errors import DomainError
from shop.rate_limits import is_within_limit

MOST_KNOWN = 20
TRIES, TRIES_PERIOD_S = 10, 15 * 60

Page = Callable[..., HttpResponse]


def of_visitor(page: Page) -> Page:
    """Gives a page the order in its address, where the visitor may see it."""

    @wraps(page)
    def view(request: HttpRequest, order_id: UUID, **more: Any) -> HttpResponse:
        orders = visible_orders(request).select_related("shop", "checkout__adds_to")
        return page(request, get_object_or_404(orders, pk=order_id), **more)

    return view


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def find_order(request: HttpRequest) -> HttpResponse:
    """For guests: by number and e-mail. One answer, whether the order exists or not."""
    # Mails lead here with the number filled in.
    initial = {"number": request.GET.get("number", "")[:64]}
    form = FindOrderForm(request.POST or None, initial=initial)
    if form.is_valid():
        who = request.META.get("REMOTE_ADDR", "")
        if not is_within_limit(
            what="find_order", who=who, most=TRIES, period_s=TRIES_PERIOD_S
        ):
            form.add_error(None, _("Too many tries. Wait a quarter of an hour."))
        elif found := _found(form):
            known = [one for one in request.session.get(KNOWN, []) if one != found]
            request.session[KNOWN] = [*known, found][-MOST_KNOWN:]
            return redirect("orders:order", found)
        else:
            form.add_error(
                None,
                _(
                    "No order has this number and this e-mail address. Both stand in"
                    " the confirmation you were sent."
                ),
            )
    return render(request, "orders/find_order.html", {"form": form})


def _found(form: FindOrderForm) -> str:
    """The order's id as the session keeps it; empty when nothing fits."""
    pk = (
        Order.objects.filter(
            order_number=form.cleaned_data["number"],
            email__iexact=form.cleaned_data["email"],
            deleted_at=None,
        )
        .exclude(email="")
        .values_list("pk", flat=True)
        .first()
    )
    return str(pk) if pk else ""


@never_cache
@require_safe
@of_visitor
def order(request: HttpRequest, order: Order) -> HttpResponse:
    context = {
        "view": order_page(order=order, now=timezone.now()),
        "discounts": discounts_of(order=order),
        "lines": _lines(order.shipping_address),
    }
    return render(request, "orders/order.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@of_visitor
def cancel(request: HttpRequest, order: Order) -> HttpResponse:
    """Asks first."""
    if request.method == "POST":
        try:
            services.cancel_order(
                order_id=order.pk,
                reason=request.POST.get("reason", ""),
                by=_person(request),
                now=timezone.now(),
            )
        except DomainError as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, _("The order is cancelled."))
        return redirect("orders:order", order.pk)
    if not order_page(order=order, now=timezone.now()).can_cancel:
        return redirect("orders:order", order.pk)
    return render(request, "orders/cancel.html", {"order": order})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@of_visitor
def send_back(request: HttpRequest, order: Order) -> HttpResponse:
    """Ask the shop to take units back: how many of what, why, with photos."""
    view = order_page(order=order, now=timezone.now())
    if not view.can_return:
        return redirect("orders:order", order.pk)
    form = _return_form(request, view)
    if form.is_valid():
        try:
            returns.request_return(
                order_id=order.pk,
                quantities=form.quantities,
                reason=form.cleaned_data["reason"],
                photos=form.cleaned_data["photos"],
                by=_person(request),
                now=timezone.now(),
            )
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("The shop has your request and will answer."))
            return redirect("orders:order", order.pk)
    context = {"order": order, "view": view, "form": form}
    return render(request, "orders/return.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@of_visitor
def withdraw(request: HttpRequest, order: Order) -> HttpResponse:
    """The EU's right to step back without a reason (Directive 2011/83/EU, article 11a)."""
    view = order_page(order=order, now=timezone.now())
    if not view.can_withdraw:
        return redirect("orders:order", order.pk)
    form = _return_form(request, view, is_withdrawal=True)
    if form.is_valid():
        try:
            returns.withdraw(
                order_id=order.pk,
                quantities=form.quantities,
                by=_person(request),
                now=timezone.now(),
            )
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("You have withdrawn from the purchase."))
            return redirect("orders:order", order.pk)
    context = {"order": order, "view": view, "form": form}
    return render(request, "orders/withdraw.html", context)


@never_cache
@require_safe
def return_photo(request: HttpRequest, photo_id: UUID) -> HttpResponse:
    """For whoever may see the order; never under a public address."""
    orders = visible_orders(request)
    photo = get_object_or_404(
        OrderReturnPhoto.objects.filter(order_return__order__in=orders), pk=photo_id
    )
    response = HttpResponse(photo.photo.read(), content_type="image/webp")
    response["Content-Disposition"] = "inline"
    return response


@never_cache
@require_safe
@of_visitor
def invoice(request: HttpRequest, order: Order) -> HttpResponse:
    """The PDF."""
    return invoice_response(order=order)


@require_POST
@of_visitor
def reorder(request: HttpRequest, order: Order) -> HttpResponse:
    """The same again, at today's prices."""
    visitor = with_token(visitor_of(request))
    again = carts.reorder(
        order_id=order.pk,
        user_id=visitor.user_id,
        token=visitor.token,
        now=timezone.now(),
    )
    if again.gone:
        gone = ", ".join(again.gone)
        messages.warning(
            request, _("Not to be had any more: %(gone)s.") % {"gone": gone}
        )
    if again.added:
        added = ngettext(
            "%(count)d item is in your cart.",
            "%(count)d items are in your cart.",
            again.added,
        )
        messages.success(request, added % {"count": again.added})
    response = redirect("orders:cart")
    remember(response, visitor)
    return response


# ------------------------------------------------------------------ what they share
def _person(request: HttpRequest) -> Any:
    return request.user if request.user.is_authenticated else None


def _lines(address: Mapping[str, str]) -> list[str]:
    return list(address_lines(address=address)) if address else []


def _return_form(
    request: HttpRequest, view: OrderPage, *, is_withdrawal: bool = False
) -> ReturnForm:
    return ReturnForm(
        request.POST or None,
        request.FILES or None,
        items=[(item, view.returnable[item.pk]) for item in view.items],
        is_withdrawal=is_withdrawal,
    )
