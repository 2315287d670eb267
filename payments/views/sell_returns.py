"""The money of a return, behind the counter."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from orders.queries.sell_returns import is_refund_due, shop_returns
from payments.models import Refund, RefundStatus
from payments.sell_forms import RefundReturnForm
from payments.services.return_refunds import refund_return, return_refund
from shop.errors import DomainError
from shop.money import format_money
from users.counter import Seller, seller_view
from users.rights import Right


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@seller_view(Right.REFUND)
def refund(request: HttpRequest, seller: Seller, return_id: UUID) -> HttpResponse:
    """What is due is worked out here; a second click gives nothing twice."""
    mine = shop_returns(shop_id=seller.shop.pk).select_related("order")
    back = get_object_or_404(mine, pk=return_id)
    if _is_settled(back.pk):
        if request.method != "POST":
            messages.info(request, _("The money for this return went back already."))
        return redirect("sell:return", seller.shop.slug, back.pk)
    if not is_refund_due(back):
        messages.error(request, _("First note that the goods are back."))
        return redirect("sell:return", seller.shop.slug, back.pk)
    owed = return_refund(back=back)
    form = RefundReturnForm(
        request.POST or None, most=owed.greatest, initial={"expected": owed.due}
    )
    if form.is_valid():
        try:
            refunds = refund_return(
                return_id=back.pk,
                by=seller.user,
                now=timezone.now(),
                **form.cleaned_data,
            )
        except DomainError as refusal:
            form.add_error(None, refusal.message)
            # What is due by now is agreed to anew.
            form.data = {**request.POST.dict(), "expected": str(owed.due)}
        else:
            _tell(request, refunds)
            return redirect("sell:return", seller.shop.slug, back.pk)
    context = {"back": back, "order": back.order, "owed": owed, "form": form}
    return render(request, "payments/sell_return_refund.html", context)


def _is_settled(return_id: UUID) -> bool:
    kept = Refund.objects.filter(order_return_id=return_id)
    return bool(kept.exclude(status=RefundStatus.FAILED).exists())


def _tell(request: HttpRequest, refunds: list[Any]) -> None:
    amount = sum(refund.amount for refund in refunds)
    told = {"amount": format_money(amount, refunds[0].currency)}
    states = {refund.status for refund in refunds}
    if RefundStatus.FAILED in states:
        messages.error(
            request, _("%(amount)s could not be given back: the bank refused.") % told
        )
    elif RefundStatus.PENDING in states:
        messages.success(request, _("%(amount)s is on its way back.") % told)
    else:
        messages.success(request, _("%(amount)s was given back.") % told)
