"""An order's one-page history in the admin."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from orders.models import Order
from payments.order_story import order_story
from shop.admin.columns import page_of

MAY_LOOK = ["orders.view_order", "payments.view_payment"]


@require_safe
def order_story_page(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Items, money, parcels, returns, mails, news, and who did what: the oldest first."""
    if not request.user.has_perms(MAY_LOOK):
        raise PermissionDenied
    orders = Order.objects.select_related("shop", "customer", "user")
    order = get_object_or_404(orders, pk=order_id)
    story = order_story(order=order, now=timezone.now())
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": f"History of {order.order_number}",
        "story": story,
        "order": order,
        "entries": [
            (entry, page_of(entry.row._meta.label_lower, entry.row.pk))
            if entry.row is not None
            else (entry, None)
            for entry in story.entries
        ],
    }
    return TemplateResponse(request, "admin/payments/order_story.html", context)
