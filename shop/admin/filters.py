"""Filters of the lists that never offer thousands of choices."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import DateTimeField, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import (
    BooleanRadioFilter,
    ChoicesCheckboxFilter,
    RangeDateFilter,
)
from unfold.utils import parse_date_str


class DayRange(RangeDateFilter):
    """From one UTC day to another, both included."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first = self._day("from")
        last = self._day("to")
        if first:
            queryset = queryset.filter(
                **{f"{self.field_path}__gte": self._start(first)}
            )
        if last:
            after = self._start(last + timedelta(days=1))
            queryset = queryset.filter(**{f"{self.field_path}__lt": after})
        return queryset

    def _day(self, end: str) -> date | None:
        value = self.used_parameters.get(f"{self.field_path}_{end}")
        found = parse_date_str(value) if isinstance(value, str) and value else None
        return found.date() if isinstance(found, datetime) else found

    def _start(self, day: date) -> date | datetime:
        if isinstance(self.field, DateTimeField):
            return datetime.combine(day, time.min, tzinfo=UTC)
        return day


class Given(admin.SimpleListFilter):
    """Whether an optional column has a value; use `Given.on(field, title)`."""

    column = ""

    @classmethod
    def on(cls, column: str, title: str) -> type["Given"]:
        return type(
            f"{column.title().replace('_', '')}Given",
            (cls,),
            {"column": column, "title": title, "parameter_name": f"has_{column}"},
        )

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", "Yes"), ("0", "No")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in ("0", "1"):
            return queryset.filter(**{f"{self.column}__isnull": self.value() == "0"})
        return queryset


def days(field: str) -> tuple[str, type[DayRange]]:
    return field, DayRange


def choices(field: str) -> tuple[str, type[ChoicesCheckboxFilter]]:
    return field, ChoicesCheckboxFilter


def yes_no(field: str) -> tuple[str, type[BooleanRadioFilter]]:
    return field, BooleanRadioFilter
