"""A shop's day and its numbers, behind its counter."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from users.counter import Seller, seller_view
from users.rights import Right


@require_safe
@seller_view(Right.SEE_SHOP)
def home(request: HttpRequest, seller: Seller) -> HttpResponse:
    """Where a day behind the counter begins."""
    context = {"shop": seller.shop, "now": timezone.now()}
    return render(request, "analytics/sell_home.html", context)
