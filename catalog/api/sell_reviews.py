"""A shop's reviews, for programs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, ClassVar

from django.http import Http404
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import ProductReview, ReportReason
from catalog.queries.sell_reviews import (
    ListedReview,
    ReviewTab,
    listed_review,
    listed_reviews,
    review_counts,
)
from catalog.services import reviews as services
from users.api.counter import OfShop
from users.rights import Right


class ReportSerializer(serializers.Serializer[Any]):
    """was_kept: null until the operators have decided."""

    reason = serializers.CharField()
    words = serializers.CharField()
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    was_kept = serializers.BooleanField(allow_null=True)


class SellReviewSerializer(serializers.Serializer[Any]):
    """writer: a first name, as everybody sees it. report: the last one, or null."""

    id = serializers.UUIDField(source="review.pk")
    product = serializers.UUIDField(source="review.product_id", allow_null=True)
    rating = serializers.IntegerField(source="review.rating")
    title = serializers.CharField(source="review.title")
    review = serializers.CharField(source="review.review")
    writer = serializers.CharField()
    is_verified_purchase = serializers.BooleanField(
        source="review.is_verified_purchase"
    )
    is_approved = serializers.BooleanField(source="review.is_approved")
    event_time = serializers.DateTimeField(source="review.event_time")
    answer = serializers.CharField(source="review.answer")
    answered_at = serializers.DateTimeField(
        source="review.answered_at", allow_null=True
    )
    report = ReportSerializer(allow_null=True)


class ReviewPageSerializer(serializers.Serializer[Any]):
    """Newest first. next, previous: cursors; empty at that end of the list."""

    results = SellReviewSerializer(many=True)
    next = serializers.CharField()
    previous = serializers.CharField()
    counts = serializers.DictField(
        child=serializers.IntegerField(), help_text="What waits, counted to 100."
    )


class ReviewSearchSerializer(serializers.Serializer[Any]):
    tab = serializers.ChoiceField(
        choices=[(tab.value, tab.value) for tab in ReviewTab],
        default=ReviewTab.TO_ANSWER.value,
    )
    stars = serializers.IntegerField(min_value=0, max_value=5, default=0)
    cursor = serializers.CharField(default="", allow_blank=True, max_length=1000)


class WriteAnswerSerializer(serializers.Serializer[Any]):
    """seen: the answer that is changed; refused when it is another one by now."""

    answer = serializers.CharField(max_length=services.LONGEST_ANSWER)
    seen = serializers.CharField(
        default="", allow_blank=True, max_length=services.LONGEST_ANSWER
    )


class WriteReportSerializer(serializers.Serializer[Any]):
    reason = serializers.ChoiceField(choices=ReportReason.choices)
    words = serializers.CharField(
        default="", allow_blank=True, max_length=services.LONGEST_REPORT
    )


class SellReviewViewSet(OfShop, viewsets.GenericViewSet[ProductReview]):
    """What buyers say of the shop's products. What is another shop's is not found."""

    queryset = ProductReview.objects.none()
    serializer_class = SellReviewSerializer
    pagination_class = None
    filter_backends = ()
    rights: ClassVar[dict[str, Right]] = dict.fromkeys(
        (
            *("list", "retrieve", "answer", "remove_answer", "report"),
            *("options", "metadata"),
        ),
        Right.ANSWER_REVIEWS,
    )

    @extend_schema(parameters=[ReviewSearchSerializer], responses=ReviewPageSerializer)
    def list(self, request: Request, **_: Any) -> Response:
        """Thirty a page; by itself, what waits for an answer."""
        sent = ReviewSearchSerializer(data=request.query_params)
        sent.is_valid(raise_exception=True)
        wanted = sent.validated_data
        shop_id = self.seller.shop.pk
        page, rows = listed_reviews(
            shop_id=shop_id,
            tab=ReviewTab(wanted["tab"]),
            stars=wanted["stars"],
            cursor=wanted["cursor"],
        )
        return Response(
            {
                "results": SellReviewSerializer(rows, many=True).data,
                "next": page.next,
                "previous": page.previous,
                "counts": {
                    tab.value: count
                    for tab, count in review_counts(shop_id=shop_id).items()
                },
            }
        )

    def retrieve(self, request: Request, **_: Any) -> Response:
        return Response(SellReviewSerializer(self._find()).data)

    @extend_schema(request=WriteAnswerSerializer)
    def answer(self, request: Request, **_: Any) -> Response:
        """Answer it, or change the answer."""
        found = self._find()
        payload = WriteAnswerSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        services.answer_review(
            shop_id=self.seller.shop.pk,
            review_id=found.review.pk,
            by=self.seller.user,
            now=timezone.now(),
            **payload.validated_data,
        )
        return Response(SellReviewSerializer(self._find()).data)

    @extend_schema(responses={204: None})
    def remove_answer(self, request: Request, **_: Any) -> Response:
        """Take the answer back. May be repeated."""
        services.remove_answer(
            shop_id=self.seller.shop.pk,
            review_id=self._find().review.pk,
            by=self.seller.user,
            now=timezone.now(),
        )
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(request=WriteReportSerializer, responses={201: ReportSerializer})
    def report(self, request: Request, **_: Any) -> Response:
        """Ask the operators to look at it. May be repeated while it is open."""
        found = self._find()
        payload = WriteReportSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        opened = services.report_review(
            shop_id=self.seller.shop.pk,
            review_id=found.review.pk,
            by=self.seller.user,
            now=timezone.now(),
            **payload.validated_data,
        )
        return Response(ReportSerializer(opened).data, status=HTTPStatus.CREATED)

    def _find(self) -> ListedReview:
        shop_id = self.seller.shop.pk
        found = listed_review(shop_id=shop_id, review_id=self.kwargs["review_id"])
        if found is None:
            raise Http404
        return found


REVIEWS = "sell/<slug:shop>/reviews/"
REVIEW = f"{REVIEWS}<uuid:review_id>/"
one = SellReviewViewSet.as_view

urlpatterns = [
    path(REVIEWS, one({"get": "list"}), name="sell-reviews"),
    path(REVIEW, one({"get": "retrieve"}), name="sell-review"),
    path(
        f"{REVIEW}answer/",
        one({"put": "answer", "delete": "remove_answer"}),
        name="sell-review-answer",
    ),
    path(f"{REVIEW}report/", one({"post": "report"}), name="sell-review-report"),
]
