"""The register's three uses: what is this id, what came of one type, what came on one day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.apps import apps
from django.db.models import Count, Q
from django.db.models.functions import ExtractHour

from shop.entities import Entity, EntityType
from shop.models import GlobalEntity
from shop.models.registry import GlobalEntityQuerySet

ROWS_A_PAGE = 200


@dataclass(frozen=True)
class Resolved:
    """What an id is. `row` is None for a deleted entity, which has `deleted_at`."""

    entity_id: UUID
    entity_type: EntityType
    event_time: datetime
    registered_at: datetime
    deleted_at: datetime | None
    row: Entity | None


@dataclass(frozen=True)
class HourCount:
    """Entities of one type that came in one UTC hour, 0 to 23; `deleted` of them are gone."""

    hour: int
    entity_type: EntityType
    entities: int
    deleted: int


@dataclass(frozen=True)
class Page:
    """Some rows, oldest first; `after` asks for the next ones, None at the end."""

    rows: tuple[GlobalEntity, ...]
    after: tuple[datetime, UUID] | None


@dataclass(frozen=True)
class DayAudit:
    """What came on one UTC day: all counts, by hour and type, and the first page of rows."""

    day: date
    counts: tuple[HourCount, ...]
    page: Page


def resolve(entity_id: UUID) -> Resolved | None:
    """An id's type and row; None when no entity ever had it."""
    found = GlobalEntity.objects.resolve(entity_id)
    if found is None:
        return None
    model = model_of(EntityType(found.entity_type))
    return Resolved(
        entity_id=found.entity_id,
        entity_type=EntityType(found.entity_type),
        event_time=found.event_time,
        registered_at=found.created_at,
        deleted_at=found.deleted_at,
        row=model._base_manager.filter(pk=entity_id).first() if model else None,
    )


def model_of(entity_type: EntityType) -> type[Entity] | None:
    """The model whose rows have this type; None while no app brings one."""
    for model in apps.get_models():
        if issubclass(model, Entity) and model.entity_type == entity_type:
            return model
    return None


def entities_of_type(
    entity_type: EntityType, start: datetime, end: datetime
) -> GlobalEntityQuerySet:
    """Those that happened in `[start, end)`, oldest first; deleted ones have `deleted_at`."""
    found = GlobalEntity.objects.of_type(entity_type, start, end)
    return found.order_by("event_time", "entity_id")


def audit_of_day(day: date, *, limit: int = ROWS_A_PAGE) -> DayAudit:
    """What came on a UTC day; further pages of its rows come from `page_of_day`."""
    return DayAudit(
        day=day, counts=counts_of_day(day), page=page_of_day(day, limit=limit)
    )


def counts_of_day(day: date) -> tuple[HourCount, ...]:
    """How many came in each hour of a UTC day, by type; hours without any are left out."""
    counts = (
        _of_day(day)
        .annotate(hour=ExtractHour("event_time", tzinfo=UTC))
        .values_list("hour", "entity_type")
        .annotate(
            entities=Count("entity_id"),
            deleted=Count("entity_id", filter=Q(extra_data__has_key="deleted_at")),
        )
        .order_by("hour", "entity_type")
    )
    return tuple(
        HourCount(hour, EntityType(entity_type), entities, deleted)
        for hour, entity_type, entities, deleted in counts
    )


def page_of_day(
    day: date,
    *,
    after: tuple[datetime, UUID] | None = None,
    limit: int = ROWS_A_PAGE,
) -> Page:
    """Up to `limit` rows of a UTC day behind `after`; the last page costs what the first does."""
    rows = _of_day(day)
    if after is not None:
        moment, entity_id = after
        behind = Q(event_time__gt=moment) | Q(entity_id__gt=entity_id)
        rows = rows.filter(behind, event_time__gte=moment)
    found = tuple(rows.order_by("event_time", "entity_id")[: limit + 1])
    shown, has_more = found[:limit], len(found) > limit
    last = (shown[-1].event_time, shown[-1].entity_id) if has_more else None
    return Page(rows=shown, after=last)


def _of_day(day: date) -> GlobalEntityQuerySet:
    start = datetime.combine(day, time.min, tzinfo=UTC)
    end = start + timedelta(days=1)
    return GlobalEntity.objects.filter(event_time__gte=start, event_time__lt=end)
