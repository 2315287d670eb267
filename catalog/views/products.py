"""A product's own page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from catalog.models import Product, ProductVariant
from catalog.queries import listings
from catalog.queries import products as queries
from catalog.structured_data import product_data
from catalog.views.fragments import varied


@require_safe
def product(request: HttpRequest, slug: str) -> HttpResponse:
    on_sale = Product.objects.on_sale().select_related("shop", "brand", "category")
    found = get_object_or_404(on_sale, slug=slug)
    variants = queries.product_variants(product=found)
    context = {
        "product": found,
        "variants": variants,
        "chosen": _chosen(variants, request.GET.get("variant", "")),
    }
    if request.htmx.target == "offer" and not request.htmx.history_restore_request:  # type: ignore[attr-defined]
        return varied(render(request, "catalog/_offer.html", context))
    path = queries.category_of_product(product=found)
    images = queries.product_images(product=found)
    reviews = queries.product_reviews(product=found)
    context |= {
        "path": path,
        "current_department_id": path[0].id if path else None,
        "images": images,
        "shown": _shown(images, request.GET.get("picture", "")),
        "reviews": reviews,
        "others": listings.others_of_shop(product=found),
        "structured_data": product_data(request, found, variants, images, reviews),
    }
    return varied(render(request, "catalog/product.html", context))


def _chosen(variants: list[ProductVariant], sku: str) -> ProductVariant | None:
    """The variant asked for, else the first that can be bought, else the first."""
    for variant in variants:
        if variant.sku == sku:
            return variant
    return next((v for v in variants if v.can_sell(1)), next(iter(variants), None))


def _shown(images: list[Any], number: str) -> Any:
    """The picture asked for by its place, counted from 1; else the first."""
    wanted = int(number[:4]) if number.isascii() and number.isdigit() else 1
    return images[wanted - 1] if 0 < wanted <= len(images) else next(iter(images), None)
