"""The register of every entity: its list, the look-up of any id, and the audit of a day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from unfold.decorators import display

from shop.admin.base import HistoryAdmin, row_with_id
from shop.admin.columns import badge, page_of, short_id
from shop.admin.filters import choices, days
from shop.entities import Entity, EntityType
from shop.ids import moment_of, parse_id
from shop.models import GlobalEntity
from shop.queries import counts_of_day, resolve

NOT_AN_ID = (
    "That is not a UUID. It has 32 digits 0–9 and letters a–f, as in"
    " 0190b2f0-7b5a-7c3e-9f1a-2b3c4d5e6f70."
)
UNKNOWN = "Nothing has this id: it is not in the register, nor the key of another row."


def others_keyed_by_id() -> Iterator[type[models.Model]]:
    """Models of the admin that the register does not list, and whose key is a UUID."""
    for model in admin.site._registry:
        keyed = isinstance(model._meta.pk, models.UUIDField) and model._meta.managed
        if keyed and model is not GlobalEntity and not issubclass(model, Entity):
            yield model


@admin.register(GlobalEntity)
class GlobalEntityAdmin(HistoryAdmin):
    list_display = (
        "event_time",
        badge("entity_type", "type"),
        "key",
        "created_at",
        "deleted",
    )
    list_filter = (choices("entity_type"), days("event_time"))
    list_before_template = "admin/shop/lookup_box.html"
    search_help_text = "An id."

    def get_custom_urls(self) -> Any:
        return (
            ("look-up/", "lookup", self.lookup),
            ("day/", "audit_of_day", self.audit_of_day),
        )

    @display(description="id")
    def key(self, entity: GlobalEntity) -> str:
        return short_id(
            entity.entity_id, f"{reverse('admin:lookup')}?id={entity.entity_id}"
        )

    @display(description="deleted")
    def deleted(self, entity: GlobalEntity) -> datetime | None:
        return entity.deleted_at

    def lookup(self, request: HttpRequest, **_: Any) -> HttpResponse:
        """What an id is. `?id=` is what was typed; without it the page only asks."""
        self._may_look(request)
        typed = request.GET.get("id", "").strip()
        context: dict[str, Any] = {"title": "Look up an id", "typed": typed}
        if typed:
            key = parse_id(typed)
            context |= (
                {"error": NOT_AN_ID} if key is None else self._found(request, key)
            )
        return self._page(request, "admin/shop/lookup.html", context)

    def audit_of_day(self, request: HttpRequest, **_: Any) -> HttpResponse:
        """What came into being on one UTC day, by hour and type."""
        self._may_look(request)
        typed = request.GET.get("day", "").strip()
        context: dict[str, Any] = {"title": "Audit of a day"}
        try:
            day = parse_date(typed) if typed else timezone.now().astimezone(UTC).date()
        except ValueError:
            day = None
        if day is None:
            context["error"] = "That is not a day. Write it as 2030-01-31."
            context["typed"] = typed
        else:
            context |= self._day(day)
        return self._page(request, "admin/shop/audit_of_day.html", context)

    def _may_look(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _page(
        self, request: HttpRequest, template: str, context: dict[str, Any]
    ) -> HttpResponse:
        whole = self.admin_site.each_context(request) | context
        return TemplateResponse(request, template, whole)

    def _found(self, request: HttpRequest, key: UUID) -> dict[str, Any]:
        found = self._registered(request, key) or self._elsewhere(request, key)
        if found is None:
            return {"error": UNKNOWN, "carried": moment_of(key)}
        return {"found": found | {"id": key, "carried": moment_of(key)}}

    def _registered(self, request: HttpRequest, key: UUID) -> dict[str, Any] | None:
        entity = resolve(key)
        if entity is None:
            return None
        return self._shown(request, entity.row) | {
            "type": entity.entity_type.label,
            "happened": entity.event_time,
            "registered": entity.registered_at,
            "deleted": entity.deleted_at,
        }

    def _elsewhere(self, request: HttpRequest, key: UUID) -> dict[str, Any] | None:
        for model in others_keyed_by_id():
            if not self._may_view(request, model):
                continue
            row = row_with_id(model._default_manager.all(), key)
            if row is not None:
                return self._shown(request, row) | {"type": model._meta.verbose_name}
        return None

    def _shown(self, request: HttpRequest, row: models.Model | None) -> dict[str, Any]:
        if row is None or not self._may_view(request, type(row)):
            return {}
        return {"name": str(row), "url": page_of(row._meta.label_lower, row.pk)}

    def _may_view(self, request: HttpRequest, model: type[models.Model]) -> bool:
        page = self.admin_site._registry.get(model)
        return page is not None and page.has_view_permission(request)

    def _day(self, day: date) -> dict[str, Any]:
        counts = Counter(
            {(of.hour, of.entity_type): of.entities for of in counts_of_day(day)}
        )
        types = [kind for kind in EntityType if any(counts[h, kind] for h in range(24))]
        return {
            "day": day,
            "before": day - timedelta(days=1),
            "after": day + timedelta(days=1),
            "types": types,
            "hours": [
                (time(hour), [counts[hour, kind] for kind in types])
                for hour in range(24)
            ],
            "sums": [sum(counts[h, kind] for h in range(24)) for kind in types],
            "total": counts.total(),
        }
