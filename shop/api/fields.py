"""Fields of serializers that several apps have."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import models
from rest_framework import serializers

Row = TypeVar("Row", bound=models.Model)


class KnownSlugField(serializers.SlugRelatedField[Row]):
    """A row by its slug; what PostgreSQL cannot even look for is as unknown as the rest."""

    def to_internal_value(self, data: Any) -> Row:
        if "\0" in str(data):
            self.fail("does_not_exist", slug_name=self.slug_field, value=str(data))
        row: Row = super().to_internal_value(data)
        return row
