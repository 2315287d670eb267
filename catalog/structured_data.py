"""What search engines read of a page (https://schema.org, JSON-LD)."""

from collections.abc import Sequence
from typing import Any

from django.core.files.storage import default_storage
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from catalog.models import Product, ProductImage
from catalog.queries.choices import VariantRow
from catalog.queries.listings import Crumb
from catalog.queries.products import ProductPage
from catalog.queries.reviews import Reviews
from shop.models import Shop

CONTEXT = "https://schema.org"
# What is told of one by one.
MOST_VARIANTS = 30
# Names of options that the vocabulary has a property for.
VARIES_BY = {
    "colour": "color",
    "color": "color",
    "size": "size",
    "material": "material",
    "pattern": "pattern",
}


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
    page: ProductPage,
    variants: Sequence[VariantRow],
    images: Sequence[ProductImage],
    reviews: Reviews,
) -> dict[str, Any]:
    """A Product with one offer, or a ProductGroup with its variants.

    Of more variants than MOST_VARIANTS, what they cost together.
    """
    product = page.product
    address = request.build_absolute_uri(product.get_absolute_url())
    data: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "ProductGroup" if len(variants) > 1 else "Product",
        "@id": f"{address}#product",
        "name": product.name,
        "description": product.short_description or product.description,
        "url": address,
        "image": [
            request.build_absolute_uri(default_storage.url(image.src.name))
            for image in images
        ],
    }
    if len(variants) > 1:
        data["productGroupID"] = product.sku
        if names := [_option_name(name) for name in product.option_names]:
            data["variesBy"] = names
    else:
        data["sku"] = product.sku
    if 1 < len(variants) <= MOST_VARIANTS:
        data["hasVariant"] = [
            _variant(product, variant, address, data["image"]) for variant in variants
        ]
    elif len(variants) > MOST_VARIANTS:
        data["offers"] = _offers_together(product, variants)
    elif variants:
        data["offers"] = _offer(product, variants[0], address)
    if product.brand:
        data["brand"] = {"@type": "Brand", "name": product.brand.name}
    if reviews.count:
        data["aggregateRating"] = _rating(reviews.average, reviews.count)
    return data


def organization_data(request: HttpRequest, name: str) -> dict[str, Any]:
    """The market itself."""
    return {
        "@context": CONTEXT,
        "@type": "Organization",
        "name": name,
        "url": request.build_absolute_uri("/"),
    }


def _option_name(name: str) -> str:
    """Search engines know these words by their address."""
    known = VARIES_BY.get(name.casefold())
    return f"{CONTEXT}/{known}" if known else name


def _variant(
    product: Product, variant: VariantRow, address: str, images: list[str]
) -> dict[str, Any]:
    data: dict[str, Any] = {
        "@type": "Product",
        "sku": variant.sku,
        "name": f"{product.name}, {variant.name}" if variant.name else product.name,
        "image": images[:1],
        "offers": _offer(product, variant, address),
    }
    values = (variant.option1, variant.option2, variant.option3)
    for name, value in zip(product.option_names, values, strict=False):
        if (known := VARIES_BY.get(name.casefold())) and value:
            data[known] = value
    return data


def _offer(product: Product, variant: VariantRow, address: str) -> dict[str, Any]:
    is_there = variant.can_sell(1) and not product.shop.is_closed_at(timezone.now())
    stock = "InStock" if is_there else "OutOfStock"
    return {
        "@type": "Offer",
        "sku": variant.sku,
        "price": str(variant.price),
        "priceCurrency": product.currency,
        "availability": f"{CONTEXT}/{stock}",
        "itemCondition": f"{CONTEXT}/NewCondition",
        "url": f"{address}?{urlencode({'variant': variant.sku})}",
        "seller": {"@type": "Organization", "name": product.shop.name},
    }


def _offers_together(
    product: Product, variants: Sequence[VariantRow]
) -> dict[str, Any]:
    is_closed = product.shop.is_closed_at(timezone.now())
    is_there = not is_closed and any(variant.can_sell(1) for variant in variants)
    return {
        "@type": "AggregateOffer",
        "lowPrice": str(min(variant.price for variant in variants)),
        "highPrice": str(max(variant.price for variant in variants)),
        "offerCount": len(variants),
        "priceCurrency": product.currency,
        "availability": f"{CONTEXT}/{'InStock' if is_there else 'OutOfStock'}",
        "seller": {"@type": "Organization", "name": product.shop.name},
    }


def _rating(average: Any, count: int) -> dict[str, Any]:
    return {
        "@type": "AggregateRating",
        "ratingValue": str(average),
        "reviewCount": count,
    }
