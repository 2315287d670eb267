"""What a buyer sees of their orders."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from orders.models import Order
from shop.paging import BoundedPages

ORDERS_PER_PAGE = 20


@never_cache
@login_required
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """Who is logged in, and what they ordered."""
    orders = Order.objects.for_customer(request.user).filter(deleted_at=None)
    # Those of one purchase have one time: then as they stood in the cart.
    orders = orders.select_related("shop").order_by("-event_time", "order_number")
    pages = BoundedPages(orders, ORDERS_PER_PAGE)
    page = pages.get_page(request.GET.get("page"))
    return render(request, "orders/account.html", {"page": page})
