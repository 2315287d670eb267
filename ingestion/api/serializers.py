"""Shapes of the imports' API."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.reverse import reverse

from ingestion.importers import REGISTRY, importer_of
from ingestion.models import IngestionFile, IngestionRowError
from ingestion.queries import may_upload_anything, shops_for_upload
from shop.api.fields import KnownSlugField
from shop.models import Shop


class IngestionFileSerializer(serializers.ModelSerializer[IngestionFile]):
    """An import: how far it is, and what became of its rows."""

    shop: serializers.SlugRelatedField[Shop] = serializers.SlugRelatedField(
        slug_field="slug", read_only=True, allow_null=True
    )
    status_url = serializers.SerializerMethodField()
    errors_url = serializers.SerializerMethodField()
    corrected_url = serializers.SerializerMethodField(allow_null=True)

    class Meta:
        model = IngestionFile
        fields: tuple[str, ...] = (
            "id",
            "kind",
            "sheet",
            "shop",
            "filename",
            "content_hash",
            "size_bytes",
            "is_check",
            "status",
            "error_message",
            "total_rows",
            "processed_rows",
            "created_rows",
            "updated_rows",
            "unchanged_rows",
            "failed_rows",
            "created_at",
            "started_at",
            "completed_at",
            "status_url",
            "errors_url",
            "corrected_url",
        )
        read_only_fields = fields

    def get_status_url(self, file: IngestionFile) -> str:
        return self._url("v1:ingestion-file-detail", file)

    def get_errors_url(self, file: IngestionFile) -> str:
        return self._url("v1:ingestion-file-errors", file)

    def get_corrected_url(self, file: IngestionFile) -> str | None:
        """The rows that failed, as a CSV to mend; null while there are none."""
        if not file.failed_rows:
            return None
        return self._url("v1:ingestion-file-corrected", file)

    def _url(self, name: str, file: IngestionFile) -> str:
        return reverse(name, args=[file.pk], request=self.context.get("request"))


class UploadedFileSerializer(IngestionFileSerializer):
    """The answer to an upload."""

    already_imported = serializers.SerializerMethodField()

    class Meta(IngestionFileSerializer.Meta):
        fields = (*IngestionFileSerializer.Meta.fields, "already_imported")
        read_only_fields = fields

    def get_already_imported(self, file: IngestionFile) -> bool:
        """Whether this content came before, so that nothing was begun."""
        return bool(self.context.get("already_imported"))


class RowErrorSerializer(serializers.ModelSerializer[IngestionRowError]):
    """Why a line was not taken; a line has an error a column."""

    class Meta:
        model = IngestionRowError
        fields = ("line", "column", "value", "message")
        read_only_fields = fields


class ShopField(KnownSlugField[Shop]):
    """A shop the person may upload into; another one's slug is as unknown as a wrong one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(slug_field="slug", queryset=Shop.objects.all(), **options)

    def get_queryset(self) -> QuerySet[Shop]:
        return shops_for_upload(self.context["request"].user)


class UploadSerializer(serializers.Serializer[Any]):
    """A file to import, as multipart/form-data."""

    kind = serializers.ChoiceField(
        choices=[(kind, importer.label) for kind, importer in REGISTRY.items()]
    )
    shop = ShopField(required=False, help_text="The slug of the shop it is for.")
    is_check = serializers.BooleanField(
        default=False, help_text="Check and count everything, keep nothing."
    )
    file = serializers.FileField(allow_empty_file=True, use_url=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if may_upload_anything(self.context["request"].user):
            return attrs
        if not importer_of(attrs["kind"]).for_shops:
            raise serializers.ValidationError(
                {"kind": "Only operators may import this kind of file."}
            )
        if attrs.get("shop") is None:
            raise serializers.ValidationError({"shop": "Name your shop."})
        return attrs
