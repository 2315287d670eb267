"""What buyers say of a shop's products, as the shop's people work through it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from catalog.models import ProductReview, ReviewReport
from shop.keyset import KeysetPage, keyset_page

PAGE = 30
# Counts stop here: a person reads "99+".
MOST_COUNTED = 100
NEWEST = ("-event_time", "-id")


class ReviewTab(StrEnum):
    TO_ANSWER = "to_answer"
    ANSWERED = "answered"
    REPORTED = "reported"
    ALL = "all"


@dataclass(frozen=True)
class ListedReview:
    """A row of the list, with the last report of it, or None."""

    review: ProductReview
    report: ReviewReport | None

    @property
    def writer(self) -> str:
        """A first name, as everybody sees it."""
        return self.review.user.first_name if self.review.user else ""

    @property
    def is_reported(self) -> bool:
        return self.report is not None and self.report.decided_at is None


def shown_to_shop(*, shop_id: UUID) -> QuerySet[ProductReview]:
    """What everybody may read, and what was hidden after the shop reported it."""
    reported = ReviewReport.objects.filter(review__shop=shop_id).values("review")
    mine = ProductReview.objects.filter(shop_id=shop_id)
    return mine.filter(Q(is_approved=True) | Q(pk__in=reported))


def listed_reviews(
    *, shop_id: UUID, tab: ReviewTab, stars: int = 0, cursor: str = ""
) -> tuple[KeysetPage[ProductReview], list[ListedReview]]:
    """One page, newest first; three statements. stars: 1 to 5, 0 for all."""
    reviews = _in_tab(shop_id, tab).select_related("user", "product", "answered_by")
    if stars:
        reviews = reviews.filter(rating=stars)
    reviews = reviews.prefetch_related("images")
    page = keyset_page(reviews, order=NEWEST, cursor=cursor, size=PAGE)
    reports = {
        report.review_id: report
        for report in ReviewReport.objects.filter(review__in=page.rows).order_by("id")
    }
    return page, [ListedReview(row, reports.get(row.pk)) for row in page.rows]


def listed_review(*, shop_id: UUID, review_id: UUID) -> ListedReview | None:
    """None for another shop's."""
    mine = shown_to_shop(shop_id=shop_id).select_related("user", "product")
    review = mine.filter(pk=review_id).first()
    if review is None:
        return None
    return ListedReview(review, review.reports.order_by("id").last())


def review_counts(*, shop_id: UUID) -> dict[ReviewTab, int]:
    """What waits, to MOST_COUNTED; one statement."""
    few = _in_tab(shop_id, ReviewTab.TO_ANSWER).order_by().values("pk")
    sql, params = few[:MOST_COUNTED].query.sql_with_params()
    opened = ReviewReport.objects.filter(review__shop=shop_id, decided_at=None)
    more, others = opened.values("pk")[:MOST_COUNTED].query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT (SELECT count(*) FROM ({sql}) AS few),"
            f" (SELECT count(*) FROM ({more}) AS few)",
            [*params, *others],
        )
        to_answer, reported = cursor.fetchone()
    return {ReviewTab.TO_ANSWER: to_answer, ReviewTab.REPORTED: reported}


def _in_tab(shop_id: UUID, tab: ReviewTab) -> QuerySet[ProductReview]:
    """Each is served by an index that has the order of the list."""
    mine = ProductReview.objects.filter(shop_id=shop_id)
    match tab:
        case ReviewTab.TO_ANSWER:
            return mine.filter(is_approved=True, answered_at=None)
        case ReviewTab.ANSWERED:
            return mine.filter(is_approved=True, answered_at__isnull=False)
        case ReviewTab.REPORTED:
            reports = ReviewReport.objects.filter(review__shop=shop_id)
            return mine.filter(pk__in=reports.values("review"))
        case _:
            return mine.filter(is_approved=True)
