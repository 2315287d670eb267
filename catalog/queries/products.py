"""What a product's own page reads."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import (
    Count,
)

from catalog.models import (
    Product,
    ProductImage,
    ProductReview,
    ProductVariant,
)
from catalog.queries.listings import Crumb, category_path

REVIEWS_SHOWN = 20
RATINGS = (5, 4, 3, 2, 1)


@dataclass(frozen=True)
class RatingShare:
    """How many reviews gave so many stars, and what per cent of all that is."""

    stars: int
    count: int
    percent: int


@dataclass(frozen=True)
class Reviews:
    """The newest reviews of a product, and how all of them are spread."""

    newest: list[ProductReview]
    shares: list[RatingShare]
    count: int
    average: Decimal


def category_of_product(*, product: Product) -> list[Crumb]:
    return category_path(slug=product.category.slug) if product.category else []


def product_variants(*, product: Product) -> list[ProductVariant]:
    return list(product.variants.order_by("position", "id"))


def product_images(*, product: Product) -> list[ProductImage]:
    return list(product.images.order_by("-is_primary", "position", "id"))


def product_reviews(*, product: Product) -> Reviews:
    """Approved ones only; two statements."""
    approved = ProductReview.objects.filter(product=product, is_approved=True)
    counts = dict(approved.order_by().values_list("rating").annotate(count=Count("id")))
    total = sum(counts.values())
    average = sum(stars * count for stars, count in counts.items()) / (total or 1)
    newest = approved.select_related("user").order_by("-event_time", "-id")
    return Reviews(
        newest=list(newest[:REVIEWS_SHOWN]),
        shares=[
            RatingShare(
                stars=stars,
                count=counts.get(stars, 0),
                percent=round(100 * counts.get(stars, 0) / (total or 1)),
            )
            for stars in RATINGS
        ],
        count=total,
        average=round(Decimal(average), 2),
    )
