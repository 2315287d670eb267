"""Columns and indexes that every app uses, so that a kind of value is declared one way."""

from decimal import Decimal
from typing import Any

from django.contrib.postgres.indexes import GinIndex as PostgresGinIndex
from django.db import models
from django.db.models.functions import Now

from shop.ids import uuid7


class UUIDv7(models.Func):
    """PostgreSQL 18's `uuidv7()`, so that COPY and INSERT … SELECT get keys too."""

    function = "uuidv7"
    output_field = models.UUIDField()


class NextPosition(models.Func):
    """The next place in the outbox's order."""

    template = "nextval('global_events_position_seq')"
    output_field = models.BigIntegerField()


class Index(models.Index):
    """An index with the documented name, `idx_<table>_<columns>`, whatever its length."""

    max_name_length = 63


class GinIndex(PostgresGinIndex):
    max_name_length = 63


class HourField(models.DateTimeField):  # type: ignore[type-arg]
    """An hour without a time zone, read `YYYY-MM-DDThh:00:00`; the hour is UTC's."""

    def db_type(self, connection: Any) -> str:
        return "timestamp without time zone"


class UTCHour(models.Func):
    template = "date_trunc('hour', %(expressions)s AT TIME ZONE 'UTC')"
    output_field = HourField()


class UTCDay(models.Func):
    template = "(%(expressions)s AT TIME ZONE 'UTC')::date"
    output_field = models.DateField()


def both(value: Any) -> dict[str, Any]:
    """The same default in Python and in the database, for rows that SQL writes."""
    return {"default": value, "db_default": value}


def key_field(**options: Any) -> Any:
    return models.UUIDField(
        default=uuid7, db_default=UUIDv7(), editable=False, **options
    )


def key() -> Any:
    """The `id` column: a version-7 UUID."""
    return key_field(primary_key=True)


def written_at() -> Any:
    """When the row was written."""
    return models.DateTimeField(db_default=Now(), editable=False)


def changed_at() -> Any:
    """When the row was last changed through a model; SQL sets it itself."""
    return models.DateTimeField(auto_now=True, db_default=Now(), editable=False)


def text(max_length: int | None = None, **options: Any) -> Any:
    """A line of text, empty rather than null."""
    options = {"blank": True, **both(""), **options}
    return models.CharField(max_length=max_length, **options)


def long_text(**options: Any) -> Any:
    """Paragraphs, empty rather than null."""
    return models.TextField(blank=True, **both(""), **options)


def required_text(max_length: int = 255, **options: Any) -> Any:
    return models.CharField(max_length=max_length, **options)


def moment(**options: Any) -> Any:
    """An instant that may not have come yet."""
    return models.DateTimeField(null=True, blank=True, **options)


def document(**options: Any) -> Any:
    """Free-form JSON, `{}` when empty."""
    return models.JSONField(default=dict, db_default={}, blank=True, **options)


def money(**options: Any) -> Any:
    """`numeric(12,2)`; the currency stands in a column beside it."""
    options = {**both(Decimal("0.00")), **options}
    return models.DecimalField(max_digits=12, decimal_places=2, **options)


def optional_money(**options: Any) -> Any:
    return models.DecimalField(
        max_digits=12, decimal_places=2, null=True, blank=True, **options
    )


def ratio(digits: int = 5, places: int = 4) -> Any:
    """`numeric(5,4)` by default: a share of one."""
    return models.DecimalField(
        max_digits=digits, decimal_places=places, **both(Decimal(0))
    )


def count(**options: Any) -> Any:
    return models.IntegerField(**both(0), **options)


def currency(**options: Any) -> Any:
    """ISO 4217, three letters."""
    return models.CharField(max_length=3, **options)


def country(**options: Any) -> Any:
    """ISO 3166-1 alpha-2, two letters; empty when unknown."""
    return models.CharField(max_length=2, blank=True, **both(""), **options)


def choice(choices: type[models.TextChoices], default: str, **options: Any) -> Any:
    return models.CharField(
        max_length=32, choices=choices.choices, **both(default), **options
    )


def day_key(column: str = "event_time") -> Any:
    """`partition_key` of a table with a child a day."""
    return models.GeneratedField(
        expression=UTCDay(models.F(column)),
        output_field=models.DateField(),
        db_persist=True,
    )


def hour_key(column: str = "event_time") -> Any:
    """`partition_key` of a table with a child an hour."""
    return models.GeneratedField(
        expression=UTCHour(models.F(column)),
        output_field=HourField(),
        db_persist=True,
    )
