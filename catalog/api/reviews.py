"""What buyers say of a product."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import exceptions, generics, permissions, serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api.found import or_not_found, person_of
from catalog.api.products import product_of
from catalog.limits import may_send_photos
from catalog.models import ProductReview, ReviewImage
from catalog.queries.reviews import approved_reviews, my_review, reviews_by
from catalog.services import reviews as services
from shop.api.pagination import NewestFirst
from shop.forms import PICTURE_BYTES
from shop.pictures import NotAPicture, clean_picture


class PhotoSerializer(serializers.Serializer[Any]):
    """A photo of a review; `small_url` is a copy of at most 240 pixels a side."""

    id = serializers.UUIDField()
    url = serializers.SerializerMethodField()
    small_url = serializers.SerializerMethodField()
    alt = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()

    def get_url(self, photo: ReviewImage) -> str:
        return self._address(str(photo.src))

    def get_small_url(self, photo: ReviewImage) -> str:
        return self._address(photo.small)

    def _address(self, name: str) -> str:
        address = default_storage.url(name)
        absolute: str = self.context["request"].build_absolute_uri(address)
        return absolute


class SendPhotoSerializer(serializers.Serializer[Any]):
    """photo: a file of a multipart request; alt: what it shows."""

    photo = serializers.FileField()
    alt = serializers.CharField(
        max_length=services.LONGEST_ALT, allow_blank=True, default=""
    )

    def validate_photo(self, file: Any) -> bytes:
        if file.size > PICTURE_BYTES:
            raise serializers.ValidationError(
                _("This is larger than %(most)d MB.")
                % {"most": PICTURE_BYTES // 1024**2}
            )
        try:
            return clean_picture(content=file.read())
        except NotAPicture as refusal:
            raise serializers.ValidationError(refusal.message) from refusal


class ReviewSerializer(serializers.ModelSerializer[ProductReview]):
    """A review that is shown, or one's own that waits for approval. answer: the shop's."""

    writer = serializers.CharField(source="user.first_name", default="", read_only=True)
    photos = PhotoSerializer(source="images", many=True, read_only=True)

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
            "photos",
            "answer",
            "answered_at",
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
        columns = set(ReviewSerializer.Meta.fields) - {"writer", "photos"}
        shown = shown.only(*columns, "user__first_name")
        return shown.prefetch_related("images")

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
            ReviewSerializer(written, context={"request": request}).data,
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


class PhotosView(APIView):
    """Photos of one's own review; as with a change of its words, it may wait to be read."""

    parser_classes = (MultiPartParser,)

    @extend_schema(request=SendPhotoSerializer, responses={201: PhotoSerializer})
    def post(self, request: Request, review_id: UUID) -> Response:
        mine = reviews_by(user_id=person_of(request))
        review = generics.get_object_or_404(mine, pk=review_id)
        assert review.product_id is not None  # As reviews_by finds them.
        if not may_send_photos(request):
            raise exceptions.Throttled(wait=3600)
        sent = SendPhotoSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        photos = services.Photos(
            new=[sent.validated_data["photo"]], alt=sent.validated_data["alt"]
        )
        with or_not_found():
            written = services.write_review(
                product_id=review.product_id,
                user_id=person_of(request),
                rating=review.rating,
                title=review.title,
                review=review.review,
                photos=photos,
                now=timezone.now(),
            )
        last = written.images.last()
        body = PhotoSerializer(last, context={"request": request}).data
        return Response(body, status=HTTPStatus.CREATED)


class PhotoView(APIView):
    """A photo of one's own review."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, review_id: UUID, photo_id: UUID) -> Response:
        with or_not_found():
            services.delete_photo(
                photo_id=photo_id, review_id=review_id, user_id=person_of(request)
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
