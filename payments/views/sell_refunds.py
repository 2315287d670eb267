"""Money and changes of an order behind the counter: refunds by item, and edits before it goes."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from orders.models import Order, OrderStatus
from orders.queries.sell_orders import sell_order, shop_orders, wares_of
from orders.sell_forms import HOUR
from orders.services.drafts import USUAL_HOLD
from payments.models import Refund, RefundStatus
from payments.sell_forms import ConfirmEditForm, RefundForm, units_sent
from payments.services.editing import EditPreview, edit_order, preview_edit
from payments.services.item_refunds import (
    ZERO,
    RefundPreview,
    preview_refund,
    refund_items,
    refund_plan,
)
from shop.errors import DomainError
from shop.money import format_money
from users.counter import Seller, seller_view
from users.rights import Right

GET_POST = ["GET", "HEAD", "POST"]
# Found at once, to be added.
WARES = 10
# A number typed as a thousand digits is no number of units.
MOST_FIGURES = 9


@never_cache
@require_http_methods(GET_POST)
@seller_view(Right.REFUND)
def refund(request: HttpRequest, seller: Seller, order_id: UUID) -> HttpResponse:
    """Worked out first, then given back; a second click gives nothing twice."""
    found = _find(seller, order_id)
    plan = refund_plan(order=found)
    form = RefundForm(
        request.POST or None, plan=plan, initial={"key": secrets.token_urlsafe(16)}
    )
    preview: RefundPreview | None = None
    if form.is_valid():
        sent = form.cleaned_data
        wanted: dict[str, Any] = {
            "lines": form.lines,
            "delivery": sent["delivery"] or ZERO,
            "amount": sent["amount"],
        }
        try:
            if request.POST.get("do") == "refund":
                return _give_back(request, seller, found, form, wanted)
            preview = preview_refund(plan=plan, **wanted)
        except DomainError as refusal:
            form.add_error(None, refusal.message)
    elif request.method == "POST" and _was_done(request, found):
        # A second click: what it asked for is given already, and no longer left.
        return redirect("sell:order", seller.shop.slug, found.pk)
    context = {"order": found, "plan": plan, "form": form, "preview": preview}
    return render(request, "payments/sell_refund.html", context)


def _give_back(
    request: HttpRequest,
    seller: Seller,
    found: Order,
    form: RefundForm,
    wanted: dict[str, Any],
) -> HttpResponse:
    refunds = refund_items(
        order_id=found.pk,
        reason=form.cleaned_data["reason"],
        expected=form.cleaned_data["expected"],
        by=seller.user,
        now=timezone.now(),
        key=_key(form.cleaned_data["key"]),
        **wanted,
    )
    _tell(request, refunds, found.currency)
    return redirect("sell:order", seller.shop.slug, found.pk)


def _tell(request: HttpRequest, refunds: Sequence[Refund], currency: str) -> None:
    if not refunds:
        return
    amount = sum((refund.amount for refund in refunds), ZERO)
    told = {"amount": format_money(amount, currency)}
    states = {refund.status for refund in refunds}
    if RefundStatus.FAILED in states:
        messages.error(
            request, _("%(amount)s could not be given back: the bank refused.") % told
        )
    elif RefundStatus.PENDING in states:
        messages.success(request, _("%(amount)s is on its way back.") % told)
    else:
        messages.success(request, _("%(amount)s was given back.") % told)


def _key(text: str) -> str:
    return f"sell:{text}" if text else ""


def _was_done(request: HttpRequest, found: Order) -> bool:
    key = _key(request.POST.get("key", ""))
    if not key or "\0" in key:
        return False
    return bool(found.payments.filter(refunds__idempotency_key=key).exists())


@never_cache
@require_http_methods(GET_POST)
@seller_view(Right.CHANGE_ORDERS)
def edit(request: HttpRequest, seller: Seller, order_id: UUID) -> HttpResponse:
    """Units out, variants in; the difference is shown before anybody agrees to it."""
    found = _find(seller, order_id)
    view = sell_order(order=found, now=timezone.now())
    if not view.can_edit:
        messages.error(request, _("This order was sent or ended. It stays as it is."))
        return redirect("sell:order", seller.shop.slug, found.pk)
    sent = request.POST if request.method == "POST" else request.GET
    remove: dict[UUID, int] = {}
    add: dict[UUID, int] = {}
    refusal, preview = "", None
    confirm = ConfirmEditForm(
        request.POST or None,
        initial={"key": secrets.token_urlsafe(16), "hold": USUAL_HOLD},
    )
    try:
        if any(len(value) > MOST_FIGURES for value in _numbers(sent)):
            raise ValueError
        remove, add = units_sent(sent, "remove-"), units_sent(sent, "add-")
        if request.method == "POST" and confirm.is_valid():
            return _edit(request, seller, found, confirm, remove, add)
        if remove or add:
            preview = preview_edit(
                order=found, remove=remove, add=add, by=seller.user, now=timezone.now()
            )
    except ValueError:
        refusal = _("Write the quantity as a whole number.")
    except DomainError as refused:
        refusal = refused.message
    context = {
        "order": found,
        "view": view,
        "rows": [(one, remove.get(one.item.pk, 0)) for one in view.unsent],
        "add": add,
        "q": sent.get("q", ""),
        "wares": wares_of(shop_id=seller.shop.pk, text=sent.get("q", ""), limit=WARES),
        "preview": preview,
        "confirm": _confirm(confirm, preview),
        "hidden": [
            *((f"remove-{item_id}", units) for item_id, units in remove.items()),
            *((f"add-{variant_id}", units) for variant_id, units in add.items()),
        ],
        "refusal": refusal,
    }
    return render(request, "payments/sell_edit.html", context)


def _edit(
    request: HttpRequest,
    seller: Seller,
    found: Order,
    confirm: ConfirmEditForm,
    remove: dict[UUID, int],
    add: dict[UUID, int],
) -> HttpResponse:
    agreed = confirm.cleaned_data
    done = edit_order(
        order_id=found.pk,
        remove=remove,
        add=add,
        expected_refund=agreed["expected_refund"],
        expected_due=agreed["expected_due"],
        restock=agreed["restock"],
        hold=agreed["hold"] or USUAL_HOLD,
        by=seller.user,
        now=timezone.now(),
        key=agreed["key"],
    )
    messages.success(request, _("The order is changed."))
    _tell(request, done.refunds, found.currency)
    if done.addition is not None and done.addition.status == OrderStatus.PENDING:
        messages.success(
            request, _("The buyer is sent the link to pay what was added.")
        )
    return redirect("sell:order", seller.shop.slug, found.pk)


def _confirm(form: ConfirmEditForm, preview: EditPreview | None) -> ConfirmEditForm:
    """What is agreed to is what is shown."""
    if preview is None:
        return form
    return ConfirmEditForm(
        initial={
            "key": form["key"].value() or secrets.token_urlsafe(16),
            "expected_refund": preview.refund,
            "expected_due": preview.due,
            "restock": True,
            "hold": USUAL_HOLD // HOUR,
        }
    )


def _numbers(sent: Any) -> list[str]:
    return [
        str(value).strip()
        for name, value in sent.items()
        if name.startswith(("remove-", "add-"))
    ]


def _find(seller: Seller, order_id: UUID) -> Order:
    mine = shop_orders(shop_id=seller.shop.pk).select_related(
        "shop", "checkout__adds_to"
    )
    return get_object_or_404(mine, pk=order_id)
