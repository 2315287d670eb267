"""What search engines read of a page (https://schema.org, JSON-LD)."""

from collections.abc import Sequence
from typing import Any

from django.core.files.storage import default_storage
from django.http import HttpRequest
from django.urls import reverse

from catalog.models import Product, ProductImage, ProductVariant
from catalog.queries.listings import Crumb
from catalog.queries.products import Reviews
from shop.models import Shop

CONTEXT = "https://schema.org"


def breadcrumbs_data(request: HttpRequest, path: Sequence[Crumb]) -> dict[str, Any]:
    steps = [
        {
            "@type": "ListItem",
            "position": place,
            "name": crumb.name,
            "item": request.build_absolute_uri(
                reverse("catalog:category", args=[crumb.slug])
            ),
        }
        for place, crumb in enumerate(path, start=1)
    ]
    return {"@context": CONTEXT, "@type": "BreadcrumbList", "itemListElement": steps}


def shop_data(request: HttpRequest, shop: Shop) -> dict[str, Any]:
    data: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "Store",
        "name": shop.name,
        "description": shop.description,
        "url": request.build_absolute_uri(shop.get_absolute_url()),
    }
    if shop.review_count:
        data["aggregateRating"] = _rating(shop.rating_average, shop.review_count)
    return data


def product_data(
    request: HttpRequest,
    product: Product,
    variants: Sequence[ProductVariant],
    images: Sequence[ProductImage],
    reviews: Reviews,
) -> dict[str, Any]:
    data: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "Product",
        "name": product.name,
        "sku": product.sku,
        "description": product.short_description or product.description,
        "image": [
            request.build_absolute_uri(default_storage.url(image.src.name))
            for image in images
        ],
        "offers": [_offer(request, product, variant) for variant in variants],
    }
    if product.brand:
        data["brand"] = {"@type": "Brand", "name": product.brand.name}
    if reviews.count:
        data["aggregateRating"] = _rating(reviews.average, reviews.count)
    return data


def _offer(
    request: HttpRequest, product: Product, variant: ProductVariant
) -> dict[str, Any]:
    stock = "InStock" if variant.can_sell(1) else "OutOfStock"
    return {
        "@type": "Offer",
        "sku": variant.sku,
        "price": str(variant.price),
        "priceCurrency": product.currency,
        "availability": f"{CONTEXT}/{stock}",
        "url": request.build_absolute_uri(product.get_absolute_url()),
        "seller": {"@type": "Organization", "name": product.shop.name},
    }


def _rating(average: Any, count: int) -> dict[str, Any]:
    return {
        "@type": "AggregateRating",
        "ratingValue": str(average),
        "reviewCount": count,
    }
