"""All orders that match, at once: how many, the first ones, then a job."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from orders.queries.sell_orders import OrderSearch
from orders.sell_forms import ManyForm, OrderSearchForm
from orders.services.many import ManyAction, change_orders, orders_for
from shop.errors import DomainError
from shop.ids import parse_id, uuid7
from users.counter import Seller, seller_view
from users.rights import Right

PREVIEWED = 10
SEARCHED = ("tab", "q", "payment", "country", "since", "until")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@seller_view(Right.PACK_ORDERS)
def orders_all(request: HttpRequest, seller: Seller) -> HttpResponse:
    """Confirmed with the number that was shown; another number by then is shown again."""
    sent = request.POST if request.method == "POST" else request.GET
    search = OrderSearchForm(sent).search
    back = reverse("sell:orders", args=[seller.shop.slug])
    back = f"{back}?{urlencode(_said(sent))}"
    do = sent.get("do")
    action = ManyAction.DELIVER if do == ManyAction.DELIVER else ManyAction.SEND
    form = ManyForm(request.POST or None, action=action)
    if form.is_valid():
        job = _open(request, seller, search, action, form)
        if job is not None:
            return redirect("sell:job", seller.shop.slug, job.pk)
    found = orders_for(shop=seller.shop, search=search, action=action)
    count = found.count()
    if not count:
        messages.error(request, _("No order of this list can be sent or delivered."))
        return redirect(back)
    context = {
        "form": form,
        "action": action,
        "count": count,
        "first": list(found[:PREVIEWED]),
        "said": [*_said(sent), ("do", action.value)],
        "token": uuid7(),
        "back": back,
    }
    return render(request, "orders/sell_orders_all.html", context)


def _open(
    request: HttpRequest,
    seller: Seller,
    search: OrderSearch,
    action: ManyAction,
    form: ManyForm,
) -> Any:
    """None, with a message, when it was refused."""
    expected = request.POST.get("expected", "")
    try:
        return change_orders(
            shop=seller.shop,
            search=search,
            action=action,
            carrier=form.cleaned_data.get("carrier", ""),
            by=seller.user,
            expected=int(expected)
            if expected.isdecimal() and len(expected) < 10
            else 0,
            token=parse_id(request.POST.get("token", "")),
            now=timezone.now(),
        )
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return None


def _said(sent: QueryDict) -> list[tuple[str, str]]:
    return [(name, str(sent[name])) for name in SEARCHED if sent.get(name)]
