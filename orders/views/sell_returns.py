"""A shop's returns behind its counter: answered, received, looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from orders.models import OrderReturn, OrderReturnPhoto, ReturnStatus
from orders.queries.sell_orders import MOST_COUNTED
from orders.queries.sell_returns import (
    SellReturn,
    listed_returns,
    return_counts,
    sell_return,
    shop_returns,
)
from orders.sell_return_forms import (
    ApproveReturnForm,
    ReceiveReturnForm,
    RefuseReturnForm,
)
from orders.services import returns as services
from orders.services.addresses import address_lines
from shop.errors import DomainError
from users.counter import Seller, seller_view
from users.rights import Right

TABS = {
    ReturnStatus.REQUESTED: gettext_lazy("To answer"),
    ReturnStatus.APPROVED: gettext_lazy("On their way"),
    ReturnStatus.RECEIVED: gettext_lazy("To pay back"),
    ReturnStatus.REFUNDED: gettext_lazy("Paid back"),
    ReturnStatus.REJECTED: gettext_lazy("Refused"),
}


@never_cache
@require_safe
@seller_view(Right.RECEIVE_RETURNS)
def returns(request: HttpRequest, seller: Seller) -> HttpResponse:
    """By state; what waits longest first."""
    asked = request.GET.get("tab", "")
    tab = ReturnStatus(asked) if asked in TABS else ReturnStatus.REQUESTED
    page, rows = listed_returns(
        shop_id=seller.shop.pk,
        tab=tab,
        now=timezone.now(),
        cursor=request.GET.get("cursor", ""),
    )
    counts = return_counts(shop_id=seller.shop.pk)
    context = {
        "tab": tab,
        "tabs": [
            (name, label, _count(counts.get(name, 0))) for name, label in TABS.items()
        ],
        "page": page,
        "rows": rows,
    }
    return render(request, "orders/sell_returns.html", context)


@never_cache
@require_safe
@seller_view(Right.RECEIVE_RETURNS)
def one_return(request: HttpRequest, seller: Seller, return_id: UUID) -> HttpResponse:
    return _page(request, seller, _find(seller, return_id))


@require_POST
@seller_view(Right.DECIDE_RETURNS)
def approve(request: HttpRequest, seller: Seller, return_id: UUID) -> HttpResponse:
    """With where to send it."""
    back = _find(seller, return_id)
    form = ApproveReturnForm(request.POST, prefix="approve")
    return _answer(
        request,
        seller,
        back,
        form,
        name="approve_form",
        do=lambda: services.approve_return(
            return_id=back.pk,
            by=seller.user,
            now=timezone.now(),
            answer=form.cleaned_data["answer"],
        ),
        done=_("The buyer is told where to send it."),
    )


@require_POST
@seller_view(Right.DECIDE_RETURNS)
def refuse(request: HttpRequest, seller: Seller, return_id: UUID) -> HttpResponse:
    """With why."""
    back = _find(seller, return_id)
    form = RefuseReturnForm(request.POST, prefix="refuse")
    return _answer(
        request,
        seller,
        back,
        form,
        name="refuse_form",
        do=lambda: services.refuse_return(
            return_id=back.pk,
            by=seller.user,
            now=timezone.now(),
            answer=form.cleaned_data["answer"],
        ),
        done=_("The return is refused, and the buyer is told why."),
    )


@require_POST
@seller_view(Right.RECEIVE_RETURNS)
def sent_back(request: HttpRequest, seller: Seller, return_id: UUID) -> HttpResponse:
    """The buyer showed that the goods are on their way."""
    back = _find(seller, return_id)
    try:
        services.note_sent_back(return_id=back.pk, by=seller.user, now=timezone.now())
    except DomainError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("It is noted that the goods are on their way."))
    return redirect("sell:return", seller.shop.slug, back.pk)


@require_POST
@seller_view(Right.RECEIVE_RETURNS)
def receive(request: HttpRequest, seller: Seller, return_id: UUID) -> HttpResponse:
    """The goods are there, and somebody looked at them."""
    back = _find(seller, return_id)
    lines = list(back.lines.select_related("order_item").order_by("id"))
    form = ReceiveReturnForm(request.POST, lines=lines)
    return _answer(
        request,
        seller,
        back,
        form,
        name="receive_form",
        do=lambda: services.receive_return(
            return_id=back.pk,
            restock=form.restock,
            inspected=form.inspected,
            by=seller.user,
            now=timezone.now(),
        ),
        done=_("The return is received."),
    )


@never_cache
@require_safe
@seller_view(Right.RECEIVE_RETURNS)
def photo(request: HttpRequest, seller: Seller, photo_id: UUID) -> HttpResponse:
    """Of a return of this shop; never under a public address."""
    mine = OrderReturnPhoto.objects.filter(
        order_return__in=shop_returns(shop_id=seller.shop.pk)
    )
    found = get_object_or_404(mine, pk=photo_id)
    response = HttpResponse(found.photo.read(), content_type="image/webp")
    response["Content-Disposition"] = "inline"
    return response


# ------------------------------------------------------------------ what they share


def _find(seller: Seller, return_id: UUID) -> OrderReturn:
    mine = shop_returns(shop_id=seller.shop.pk).select_related("order")
    return get_object_or_404(mine, pk=return_id)


def _answer(
    request: HttpRequest,
    seller: Seller,
    back: OrderReturn,
    form: Form,
    *,
    name: str,
    do: Callable[[], Any],
    done: str,
) -> HttpResponse:
    """A step that a form asks for; what is refused is said above its fields."""
    if form.is_valid():
        try:
            do()
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, done)
            return redirect("sell:return", seller.shop.slug, back.pk)
    return _page(request, seller, _find(seller, back.pk), **{name: form})


def _page(
    request: HttpRequest, seller: Seller, back: OrderReturn, **forms: Form
) -> HttpResponse:
    view = sell_return(back=back, now=timezone.now())
    lines = address_lines(address=seller.shop.address) if seller.shop.address else []
    answer = view.usual_answer or "\n".join([seller.shop.name, *lines])
    context = {
        "back": back,
        "order": back.order,
        "view": view,
        "approve_form": ApproveReturnForm(prefix="approve", initial={"answer": answer}),
        "refuse_form": RefuseReturnForm(prefix="refuse"),
        "receive_form": _receive_form(view),
        **forms,
    }
    return render(request, "orders/sell_return.html", context)


def _receive_form(view: SellReturn) -> ReceiveReturnForm:
    return ReceiveReturnForm(lines=view.lines)


def _count(count: int) -> str:
    if not count:
        return ""
    return f"{MOST_COUNTED - 1}+" if count >= MOST_COUNTED else str(count)
