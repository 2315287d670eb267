"""What buyers say of a product."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import generics, permissions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api.found import or_not_found, person_of
from catalog.api.products import product_of
from catalog.models import ProductReview
from catalog.queries.reviews import approved_reviews, my_review
from catalog.services import reviews as services
from shop.api.pagination import NewestFirst


class ReviewSerializer(serializers.ModelSerializer[ProductReview]):
    """A review that is shown, or one's own that waits for approval."""

    writer = serializers.CharField(source="user.first_name", default="", read_only=True)

    class Meta:
        model = ProductReview
        fields = (
            "id",
            "rating",
            "title",
            "review",
            "writer",
            "is_verified_purchase",
            "is_approved",
            "helpful_count",
            "event_time",
        )
        read_only_fields = fields


class WriteReviewSerializer(serializers.Serializer[Any]):
    rating = serializers.IntegerField(min_value=1, max_value=5)
    title = serializers.CharField(
        max_length=services.LONGEST_TITLE, allow_blank=True, default=""
    )
    review = serializers.CharField(
        max_length=services.LONGEST_REVIEW, allow_blank=True, default=""
    )


class VoteSerializer(serializers.Serializer[Any]):
    """How many people find the review helpful."""

    helpful_count = serializers.IntegerField()


class ReviewFilter(filters.FilterSet):
    rating = filters.NumberFilter(min_value=1, max_value=5)

    class Meta:
        model = ProductReview
        fields = ("rating", "is_verified_purchase")


class ByTime(NewestFirst):
    ordering: Any = ("-event_time", "-id")


class ReviewListView(generics.ListAPIView[ProductReview]):
    """The reviews of a product, the newest first; `POST` writes or changes one's own."""

    queryset = ProductReview.objects.none()
    permission_classes = (permissions.IsAuthenticatedOrReadOnly,)
    serializer_class = ReviewSerializer
    pagination_class = ByTime
    filterset_class = ReviewFilter

    def get_queryset(self) -> QuerySet[ProductReview]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        product = product_of(self.kwargs["key"])
        shown = approved_reviews(reader_id=None).filter(product=product)
        # All that a serializer reads; the page shows fewer columns.
        return shown.only(*ReviewSerializer.Meta.fields[:4], *ReviewSerializer.Meta.fields[5:], "user__first_name")  # fmt: skip

    @extend_schema(
        request=WriteReviewSerializer,
        responses={
            200: OpenApiResponse(
                ReviewSerializer, "The one written before is changed."
            ),
            201: ReviewSerializer,
        },
    )
    def post(self, request: Request, key: str) -> Response:
        sent = WriteReviewSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        product, person = product_of(key), person_of(request)
        before = my_review(product_id=product.pk, user_id=person)
        with or_not_found():
            written = services.write_review(
                product_id=product.pk,
                user_id=person,
                now=timezone.now(),
                **sent.validated_data,
            )
        return Response(
            ReviewSerializer(written).data,
            status=HTTPStatus.OK if before else HTTPStatus.CREATED,
        )


class ReviewView(APIView):
    """One's own review."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, review_id: UUID) -> Response:
        with or_not_found():
            services.delete_review(
                review_id=review_id, user_id=person_of(request), now=timezone.now()
            )
        return Response(status=HTTPStatus.NO_CONTENT)


class VoteView(APIView):
    """Whether a review helped the account that asks. May be repeated."""

    @extend_schema(request=None, responses=VoteSerializer)
    def put(self, request: Request, review_id: UUID) -> Response:
        return self._vote(request, review_id, is_helpful=True)

    @extend_schema(request=None, responses={200: VoteSerializer})
    def delete(self, request: Request, review_id: UUID) -> Response:
        return self._vote(request, review_id, is_helpful=False)

    def _vote(self, request: Request, review_id: UUID, *, is_helpful: bool) -> Response:
        with or_not_found():
            count = services.set_vote(
                review_id=review_id, user_id=person_of(request), is_helpful=is_helpful
            )
        return Response({"helpful_count": count})
