"""Where a shop sends and for how much, and its tax, behind its counter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from orders.errors import SettingRefused
from orders.models import DeliveryMethod, DeliveryZone, TaxRate
from orders.queries.sell_settings import shop_tax_rates, shop_zones
from orders.services import delivery_settings as services
from orders.setting_forms import IncludedForm, MethodForm, RateForm, ZoneForm
from users.counter import Seller, seller_view
from users.rights import Right
from users.services.shops import change_shop

FORM = ["GET", "HEAD", "POST"]


@never_cache
@require_safe
@seller_view(Right.SETTINGS)
def delivery(request: HttpRequest, seller: Seller) -> HttpResponse:
    """The zones of a shop, with what it takes for sending there."""
    context = {"zones": shop_zones(shop_id=seller.shop.pk)}
    return render(request, "orders/sell_delivery.html", context)


@never_cache
@require_http_methods(FORM)
@seller_view(Right.SETTINGS)
def zone(
    request: HttpRequest, seller: Seller, zone_id: UUID | None = None
) -> HttpResponse:
    """A new zone, or the change of one; the button "remove" takes it away."""
    found = zone_id and get_object_or_404(DeliveryZone, pk=zone_id, shop=seller.shop)
    if found and "remove" in request.POST:
        services.remove_zone(shop_id=seller.shop.pk, zone_id=found.pk)
        messages.success(request, _("The zone is removed."))
        return redirect("sell:delivery", seller.shop.slug)
    form = ZoneForm(request.POST or None, zone=found or None)
    if _saved(
        form, services.save_zone, shop_id=seller.shop.pk, zone_id=found.pk if found else None
    ):  # fmt: skip
        messages.success(request, _("The zone is kept."))
        return redirect("sell:delivery", seller.shop.slug)
    return render(request, "orders/sell_zone.html", {"form": form, "zone": found})


@never_cache
@require_http_methods(FORM)
@seller_view(Right.SETTINGS)
def method(
    request: HttpRequest, seller: Seller, zone_id: UUID, method_id: UUID | None = None
) -> HttpResponse:
    """A way to send to a zone; the button "remove" takes it away."""
    of_zone = get_object_or_404(DeliveryZone, pk=zone_id, shop=seller.shop)
    found = method_id and get_object_or_404(DeliveryMethod, pk=method_id, zone=of_zone)
    if found and "remove" in request.POST:
        services.remove_method(shop_id=seller.shop.pk, method_id=found.pk)
        messages.success(request, _("This way to send is removed."))
        return redirect("sell:delivery", seller.shop.slug)
    names = ("name", "price", "free_from", "min_days", "max_days", "is_active")
    initial = {name: getattr(found, name) for name in names} if found else None
    form = MethodForm(request.POST or None, initial=initial)
    whose = {
        "shop_id": seller.shop.pk,
        "zone_id": of_zone.pk,
        "method_id": found.pk if found else None,
    }
    if _saved(form, services.save_method, **whose):
        messages.success(request, _("This way to send is kept."))
        return redirect("sell:delivery", seller.shop.slug)
    context = {"form": form, "zone": of_zone, "method": found}
    return render(request, "orders/sell_method.html", context)


@never_cache
@require_http_methods(FORM)
@seller_view(Right.SETTINGS)
def taxes(request: HttpRequest, seller: Seller) -> HttpResponse:
    """Whether prices include tax, the shop's own rates, and the market's at home."""
    shop = seller.shop
    initial = {"prices_include_tax": "yes" if shop.prices_include_tax else "no"}
    form = IncludedForm(request.POST or None, initial=initial)
    if form.is_valid():
        change_shop(shop_id=shop.pk, changes=form.cleaned_data, now=timezone.now())
        messages.success(request, _("It is kept. Open checkouts follow it."))
        return redirect("sell:taxes", shop.slug)
    own, market = shop_tax_rates(shop_id=shop.pk, country=shop.country)
    context = {"form": form, "own": own, "market": market}
    return render(request, "orders/sell_taxes.html", context)


@never_cache
@require_http_methods(FORM)
@seller_view(Right.SETTINGS)
def tax_rate(
    request: HttpRequest, seller: Seller, rate_id: UUID | None = None
) -> HttpResponse:
    """A rate of the shop's own; the button "remove" takes it away."""
    found = rate_id and get_object_or_404(TaxRate, pk=rate_id, shop=seller.shop)
    if found and "remove" in request.POST:
        services.remove_rate(shop_id=seller.shop.pk, rate_id=found.pk)
        messages.success(request, _("The rate is removed. The market’s holds again."))
        return redirect("sell:taxes", seller.shop.slug)
    form = RateForm(request.POST or None, rate=found or None)
    if _saved(
        form, services.save_rate, shop_id=seller.shop.pk, rate_id=found.pk if found else None
    ):  # fmt: skip
        messages.success(request, _("The rate is kept."))
        return redirect("sell:taxes", seller.shop.slug)
    return render(request, "orders/sell_tax_rate.html", {"form": form, "rate": found})


def _saved(form: Any, service: Callable[..., Any], **whose: Any) -> bool:
    """False with the refusal beside its field."""
    if not form.is_valid():
        return False
    try:
        service(**whose, **form.values)
    except SettingRefused as refusal:
        shown: forms.Form = form
        field = "percent" if refusal.field == "rate" else refusal.field
        shown.add_error(field if field in shown.fields else None, refusal.message)
        return False
    return True
