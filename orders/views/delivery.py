"""What delivery of a variant takes and costs, as a part of its product's page."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from orders.countries import country_name
from orders.models import ShippingAddress
from orders.queries.delivery import delivery_promise as read


@require_safe
def delivery_promise(request: HttpRequest, variant_id: UUID) -> HttpResponse:
    """To the buyer's own country where it is known, else to the market's."""
    country = settings.MARKET_COUNTRY
    if request.user.is_authenticated:
        book = ShippingAddress.objects.in_book_of(request.user.pk)
        own = book.filter(is_default=True).values_list("country", flat=True).first()
        country = own or country
    promise = read(variant_id=variant_id, country=country)
    if promise is None:
        raise Http404
    context = {"promise": promise, "country": country_name(country)}
    name = "_delivery_promise" if request.htmx else "delivery_promise"  # type: ignore[attr-defined]
    return render(request, f"orders/{name}.html", context)
