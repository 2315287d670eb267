"""The imports' API: upload, follow, read the errors, fetch the rows to correct, take back."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins, permissions, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from ingestion import quota
from ingestion.api.serializers import (
    IngestionFileSerializer,
    RowErrorSerializer,
    UploadedFileSerializer,
    UploadSerializer,
)
from ingestion.downloads import corrected_response
from ingestion.models import IngestionFile
from ingestion.queries import (
    errors_of,
    files_for,
    may_see_all,
    may_upload_anything,
    shops_of,
)
from ingestion.services.undo import undo_import
from ingestion.services.uploads import receive_file
from shop.api.pagination import NewestFirst
from shop.api.parsers import BoundedJSONParser


class ByLine(NewestFirst):
    ordering: Any = ("line", "id")


class MayIngest(permissions.BasePermission):
    """Operators, and who may change a shop's products. Whose files, the queryset says."""

    message = "Only operators and people who may change a shop's products import files."

    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        if not user.is_authenticated:
            return False
        is_change = view.action in {"create", "undo"}
        is_operator = may_upload_anything if is_change else may_see_all
        return is_operator(user) or shops_of(user).exists()


class IngestionFileViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[IngestionFile],
):
    """Files that came in. Poll `status_url` until `status` is no longer pending or processing."""

    queryset = IngestionFile.objects.none()
    serializer_class = IngestionFileSerializer
    permission_classes = (MayIngest,)
    parser_classes = (MultiPartParser,)
    filterset_fields = ("kind", "status", "is_check")

    def get_queryset(self) -> QuerySet[IngestionFile]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return files_for(self.request.user)

    @extend_schema(
        request={"multipart/form-data": UploadSerializer},
        responses={
            200: OpenApiResponse(
                UploadedFileSerializer, "This content came before; nothing was begun."
            ),
            202: OpenApiResponse(UploadedFileSerializer, "Kept; a worker imports it."),
        },
    )
    def create(self, request: Request) -> Response:
        """Upload a file. The same content for the same shop is imported once."""
        if quota.is_too_large(request):
            raise serializers.ValidationError({"file": quota.too_large()})
        payload = UploadSerializer(data=request.data, context={"request": request})
        payload.is_valid(raise_exception=True)
        upload = payload.validated_data["file"]
        receipt = receive_file(
            stream=upload,
            filename=upload.name,
            kind=payload.validated_data["kind"],
            shop=payload.validated_data.get("shop"),
            is_check=payload.validated_data["is_check"],
            uploaded_by=request.user,
            now=timezone.now(),
        )
        context = {"request": request, "already_imported": not receipt.is_new}
        body = UploadedFileSerializer(receipt.file, context=context).data
        return Response(
            body,
            status=HTTPStatus.ACCEPTED if receipt.is_new else HTTPStatus.OK,
            headers={"Location": body["status_url"]},
        )

    @extend_schema(responses=RowErrorSerializer(many=True), filters=False)
    @action(
        detail=True,
        pagination_class=ByLine,
        filter_backends=[],
        serializer_class=RowErrorSerializer,
    )
    def errors(self, request: Request, pk: str) -> Response:
        """Why rows were not taken, in the order of their lines."""
        errors: Any = errors_of(self.get_object())
        page = self.paginate_queryset(errors) or []
        return self.get_paginated_response(RowErrorSerializer(page, many=True).data)

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR}, filters=False)
    @action(detail=True)
    def corrected(self, request: Request, pk: str) -> StreamingHttpResponse:
        """The rows that failed, with the reasons; mend them and upload the file again."""
        return corrected_response(self.get_object())

    @extend_schema(request=None, responses=IngestionFileSerializer)
    @action(
        detail=True,
        methods=["post"],
        parser_classes=[BoundedJSONParser, MultiPartParser],
    )
    def undo(self, request: Request, pk: str) -> Response:
        """Take back what the file brought, all of it or nothing. May be repeated."""
        file = undo_import(
            file_id=self.get_object().pk, now=timezone.now(), actor=request.user
        )
        context = {"request": request}
        return Response(IngestionFileSerializer(file, context=context).data)
