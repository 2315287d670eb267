"""Amounts as the API says them: a text with two decimals."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class MoneyField(serializers.DecimalField):
    """Read only, of any size: sums are larger than what one row can hold."""

    def __init__(self, **options: Any) -> None:
        options = {"max_digits": None, "decimal_places": 2, "read_only": True} | options
        super().__init__(**options)
