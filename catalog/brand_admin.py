"""Merging brands in the admin: which one stays, and how many products will be its."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from catalog.models import Brand, Product
from catalog.services.brands import MOST_AT_ONCE, merge_brands
from shop.errors import DomainError
from shop.ids import parse_id


class BrandMerge:
    """Mixed into the brands' admin: an action over a selection, and the page it leads to."""

    admin_site: Any

    @admin.action(description="Merge into one of them", permissions=["change"])
    def merge(self, request: HttpRequest, queryset: QuerySet[Brand]) -> HttpResponse:
        keys = queryset.values_list("pk", flat=True)[: MOST_AT_ONCE + 1]
        query = urlencode([("id", str(key)) for key in keys])
        return redirect(f"{reverse('admin:merge_brands')}?{query}")

    def get_custom_urls(self) -> Any:
        return (("merge/", "merge_brands", self.merge_page),)

    def merge_page(self, request: HttpRequest, **_: Any) -> HttpResponse:
        """Asks which one stays; a POST merges if the numbers are those that were shown."""
        page: Any = self
        if not page.has_change_permission(request):
            raise PermissionDenied
        sent = request.POST if request.method == "POST" else request.GET
        keys = {
            key
            for one in sent.getlist("id")[: MOST_AT_ONCE + 1]
            if (key := parse_id(one))
        }
        brands = _with_counts(keys)
        if len(brands) < 2:
            messages.error(request, "Choose at least two brands that are not merged.")
            return redirect("admin:catalog_brand_changelist")
        error = ""
        if request.method == "POST":
            into = parse_id(request.POST.get("into", ""))
            if into not in {brand.pk for brand in brands}:
                error = "Choose the brand that stays."
            else:
                try:
                    return self._merge(request, into, brands)
                except DomainError as refusal:
                    error, brands = refusal.message, _with_counts(keys)
        largest = max(brands, key=lambda brand: brand.products_count)  # type: ignore[attr-defined]
        context = {
            **self.admin_site.each_context(request),
            "title": "Merge brands",
            "brands": brands,
            "chosen": parse_id(sent.get("into", "")) or largest.pk,
            "error": error,
        }
        return TemplateResponse(request, "admin/catalog/merge_brands.html", context)

    def _merge(
        self, request: HttpRequest, into_id: Any, brands: list[Brand]
    ) -> HttpResponse:
        shown = {
            str(brand.pk): request.POST.get(f"count-{brand.pk}", "") for brand in brands
        }
        shown.pop(str(into_id))
        expected = sum(int(count) for count in shown.values() if count.isdecimal())
        stayed = merge_brands(
            into_id=into_id,
            brand_ids=[brand.pk for brand in brands],
            expected=expected,
            by=request.user,
            now=timezone.now(),
        )
        page: Any = self
        names = ", ".join(brand.name for brand in brands if brand.pk != stayed.pk)
        page.log_change(request, stayed, f"Took in {names}, with {expected} products.")
        messages.success(
            request,
            f"{names}: now {stayed}. {expected} products are moved; where there are"
            " thousands, the last ones follow within minutes.",
        )
        return redirect("admin:catalog_brand_change", stayed.pk)


def _with_counts(keys: set[UUID]) -> list[Brand]:
    """Those that are not merged yet, by name, with `products_count`."""
    counted = (
        Product.objects.filter(brand=OuterRef("pk"))
        .order_by()
        .values("brand")
        .annotate(n=Count("pk"))
        .values("n")
    )
    found = Brand.objects.filter(pk__in=keys, merged_into=None)
    return list(
        found.annotate(products_count=Coalesce(Subquery(counted), 0)).order_by("name")
    )
