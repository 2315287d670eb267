"""The buyers of a shop, behind its counter."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from orders.queries.sell_customers import (
    listed_customers,
    orders_of_customer,
    shop_customer,
)
from users.counter import Seller, seller_view
from users.rights import Right


@never_cache
@require_safe
@seller_view(Right.SEE_CUSTOMERS)
def customers(request: HttpRequest, seller: Seller) -> HttpResponse:
    """Who bought last stands first."""
    text = request.GET.get("q", "")
    page, rows = listed_customers(
        shop_id=seller.shop.pk, text=text, cursor=request.GET.get("cursor", "")
    )
    context = {"page": page, "rows": rows, "q": text}
    return render(request, "orders/sell_customers.html", context)


@never_cache
@require_safe
@seller_view(Right.SEE_CUSTOMERS)
def customer(request: HttpRequest, seller: Seller, customer_id: UUID) -> HttpResponse:
    """What they bought in this shop; nothing of any other."""
    found = shop_customer(shop_id=seller.shop.pk, customer_id=customer_id)
    if found is None:
        raise Http404
    page, rows = orders_of_customer(
        shop_id=seller.shop.pk,
        customer_id=customer_id,
        cursor=request.GET.get("cursor", ""),
    )
    context = {"customer": found, "page": page, "rows": rows}
    return render(request, "orders/sell_customer.html", context)
