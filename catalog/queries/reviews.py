"""What buyers say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet, Value
from django.utils.translation import gettext_lazy as _

from catalog.models import ProductReview, ReviewVote
from catalog.models.review import small_name

PER_PAGE = 10
# On the product's own page.
FIRST_SHOWN = 5
# Nobody reads further by hand, and a deep page costs as much as all before it.
LAST_PAGE = 200
RATINGS = (5, 4, 3, 2, 1)
SORTS: dict[str, tuple[Any, str]] = {
    "new": (_("Newest"), "event_time DESC, id DESC"),
    "helpful": (_("Most helpful"), "helpful_count DESC, event_time DESC, id DESC"),
    "high": (_("Best first"), "rating DESC, event_time DESC, id DESC"),
    "low": (_("Worst first"), "rating, event_time DESC, id DESC"),
}
DEFAULT_SORT = "new"
SHOWN = """
WITH shown AS (
    SELECT id, event_time, product_id, user_id, rating, title, review, helpful_count,
           is_verified_purchase, answer, answered_at
      FROM product_reviews
     WHERE product_id = %(product_id)s AND is_approved
       AND (%(stars)s = 0 OR rating = %(stars)s)
     ORDER BY {order} LIMIT %(most)s OFFSET %(start)s
)
SELECT shown.*, users.first_name AS writer, users.avatar AS writer_avatar,
       (SELECT jsonb_agg(jsonb_build_array(id, src, width, height, alt)
                         ORDER BY position, id)
          FROM review_images WHERE review_id = shown.id) AS photo_rows,
       EXISTS (SELECT FROM review_votes AS vote
                WHERE vote.review_id = shown.id AND vote.user_id = %(reader_id)s
       ) AS is_voted
  FROM shown LEFT JOIN users ON users.id = shown.user_id
 ORDER BY {order}
"""


@dataclass(frozen=True)
class AskedReviews:
    """What an address asks for. stars: 1 to 5, 0 for all."""

    stars: int = 0
    sort: str = DEFAULT_SORT
    page: int = 1


@dataclass(frozen=True, slots=True)
class Photo:
    """Of a review. src: the path of a stored file; sides in pixels; alt may be empty."""

    id: UUID
    src: str
    width: int
    height: int
    alt: str

    @property
    def small(self) -> str:
        return small_name(self.src)


@dataclass(frozen=True)
class RatingShare:
    """How many reviews gave so many stars, and what per cent of all that is."""

    stars: int
    count: int
    percent: int


@dataclass(frozen=True)
class Reviews:
    """A page of the approved reviews of a product, and how all of them are spread.

    found: as many as the filter leaves; last: the number of the last page of them.
    """

    rows: list[ProductReview]
    shares: list[RatingShare]
    count: int
    average: Decimal
    asked: AskedReviews
    found: int
    last: int

    @property
    def has_next(self) -> bool:
        return self.asked.page < self.last

    @property
    def next_page(self) -> int:
        return self.asked.page + 1

    @property
    def previous_page(self) -> int:
        return self.asked.page - 1

    @property
    def sorts(self) -> list[tuple[str, Any]]:
        return [(name, label) for name, (label, _order) in SORTS.items()]


def product_reviews(
    *,
    product_id: UUID,
    counts: Mapping[int, int],
    asked: AskedReviews,
    reader_id: UUID | None,
    per_page: int = PER_PAGE,
) -> Reviews:
    """counts: stars -> approved reviews. One statement, none where there is nothing.

    Each row has `writer`, a first name or None, with `writer_avatar`, the path of a picture or
    None or empty; `photos`, a list of Photo; `is_voted`: its reader finds it helpful.
    """
    count = sum(counts.values())
    found = counts.get(asked.stars, 0) if asked.stars else count
    last = min(max(1, -(-found // per_page)), LAST_PAGE)
    asked = AskedReviews(asked.stars, asked.sort, min(asked.page, last))
    values = {
        "product_id": product_id,
        "stars": asked.stars,
        "reader_id": reader_id,
        "most": per_page,
        "start": (asked.page - 1) * per_page,
    }
    statement = SHOWN.format(order=SORTS[asked.sort][1])
    total = sum(stars * number for stars, number in counts.items())
    rows = list(ProductReview.objects.raw(statement, values)) if found else []
    for row in rows:
        # Django leaves the JSON of a raw statement as text.
        kept = json.loads(getattr(row, "photo_rows", None) or "[]")
        shown = [Photo(UUID(id_), *rest) for id_, *rest in kept]
        setattr(row, "photos", shown)  # noqa: B010 - not a field of the model
    return Reviews(
        rows=rows,
        shares=[
            RatingShare(
                stars=stars,
                count=counts.get(stars, 0),
                percent=round(100 * counts.get(stars, 0) / (count or 1)),
            )
            for stars in RATINGS
        ],
        count=count,
        average=round(Decimal(total) / (count or 1), 2),
        asked=asked,
        found=found,
        last=last,
    )


def approved_reviews(*, reader_id: UUID | None) -> QuerySet[ProductReview]:
    """With their writers and `is_voted`."""
    shown = ProductReview.objects.filter(is_approved=True).select_related("user")
    shown = shown.only(
        "id", "event_time", "product_id", "rating", "title", "review", "helpful_count",
        "is_verified_purchase", "user__first_name", "answer", "answered_at",
    )  # fmt: skip
    if reader_id is None:
        return shown.annotate(is_voted=Value(False))
    votes = ReviewVote.objects.filter(review=OuterRef("pk"), user_id=reader_id)
    return shown.annotate(is_voted=Exists(votes))


def my_review(*, product_id: UUID, user_id: UUID) -> ProductReview | None:
    return reviews_by(user_id=user_id).filter(product_id=product_id).first()


def reviews_by(*, user_id: UUID) -> QuerySet[ProductReview]:
    """What a person wrote here of products, the newest first."""
    mine = ProductReview.objects.filter(
        user_id=user_id, product__isnull=False, customer_id=None, review_ref=None
    )
    mine = mine.select_related("product").prefetch_related("images")
    return mine.order_by("-event_time", "-id")
