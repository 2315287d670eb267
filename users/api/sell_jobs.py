"""Jobs of a shop, for programs: poll `state` until it is no longer queued or running."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from shop.api.pagination import NewestFirst
from shop.models import Job, JobRow
from shop.services import jobs
from users.api.counter import OfShop
from users.rights import Right


class JobSerializer(serializers.ModelSerializer[Job]):
    """Work on many rows. `done_rows` and `refused_rows` grow until they are `total_rows`."""

    class Meta:
        model = Job
        fields: tuple[str, ...] = (
            "id",
            "kind",
            "params",
            "state",
            "total_rows",
            "done_rows",
            "refused_rows",
            "undo_of",
            "created_at",
            "started_at",
            "ended_at",
        )
        read_only_fields = fields


class JobRowSerializer(serializers.ModelSerializer[JobRow]):
    """What came of one entity; `message` says why it was refused."""

    class Meta:
        model = JobRow
        fields = ("entity_id", "label", "state", "message", "before", "after")
        read_only_fields = fields


class InOrder(NewestFirst):
    ordering: Any = "id"


class JobViewSet(
    OfShop,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[Job],
):
    """What runs or ran in the background, of the kinds that your role may do."""

    queryset = Job.objects.none()
    serializer_class = JobSerializer
    pagination_class = NewestFirst
    filterset_fields = ("state", "kind")
    lookup_url_kwarg = "job_id"
    rights: ClassVar[dict[str, Right]] = dict.fromkeys(
        ("list", "retrieve", "rows", "cancel", "undo", "options", "metadata"),
        Right.SEE_SHOP,
    )

    def get_queryset(self) -> QuerySet[Job]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        kinds = jobs.kinds_with(self.seller.rights)
        return Job.objects.filter(shop=self.seller.shop, kind__in=kinds)

    @extend_schema(responses=JobRowSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=InOrder, filter_backends=[])
    def rows(self, request: Request, **_: Any) -> Response:
        """Every row and what came of it, in the order they are done in."""
        rows: Any = JobRow.objects.filter(job=self.get_object())
        page = self.paginate_queryset(rows) or []
        return self.get_paginated_response(JobRowSerializer(page, many=True).data)

    @extend_schema(request=None, responses=JobSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, **_: Any) -> Response:
        """Stop it; what is done stays. May be repeated."""
        job = jobs.cancel_job(job_id=self.get_object().pk, now=timezone.now())
        return Response(JobSerializer(job).data)

    @extend_schema(request=None, responses={202: JobSerializer})
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, **_: Any) -> Response:
        """Open the job that takes it back, where nobody changed the value since."""
        job = jobs.undo_job(
            job_id=self.get_object().pk, by=self.seller.user, now=timezone.now()
        )
        return Response(JobSerializer(job).data, status=HTTPStatus.ACCEPTED)


JOBS = "sell/<slug:shop>/jobs/"
urlpatterns = [
    path(JOBS, JobViewSet.as_view({"get": "list"}), name="sell-jobs"),
    path(
        JOBS + "<uuid:job_id>/",
        JobViewSet.as_view({"get": "retrieve"}),
        name="sell-job",
    ),
    path(
        JOBS + "<uuid:job_id>/rows/",
        JobViewSet.as_view({"get": "rows"}, pagination_class=InOrder),
        name="sell-job-rows",
    ),
    path(
        JOBS + "<uuid:job_id>/cancel/",
        JobViewSet.as_view({"post": "cancel"}),
        name="sell-job-cancel",
    ),
    path(
        JOBS + "<uuid:job_id>/undo/",
        JobViewSet.as_view({"post": "undo"}),
        name="sell-job-undo",
    ),
]
