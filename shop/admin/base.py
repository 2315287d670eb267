"""The admin classes that every app's admin starts from.

They never count a large table, join what a list shows, offer foreign keys as a search, find
a row by its id from any search box, and look up rows of partitioned tables by their instant.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.admin import ShowFacets
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold import admin as unfold
from unfold.views import ChangeList

from shop.admin.paging import BoundedPaginator
from shop.ids import parse_id
from shop.partitions import by_key, near_key

# Carries a row's instant in the link to its page, because its table is partitioned by it.
INSTANT = "at"
# Parents that one search follows.
FEW = 20


def found_by(model: type[models.Model], column: str) -> bool:
    """Whether an index of the table begins with the column."""
    partitioning = getattr(model, "partitioning", None)
    names = [
        index.fields[0].lstrip("-") for index in model._meta.indexes if index.fields
    ]
    names.append(partitioning.key[0] if partitioning else model._meta.pk.name)
    field: Any = model._meta.get_field(column)
    return column in names or field.db_index or field.unique and not partitioning


def belonging_to(parents: QuerySet[Any], path: str) -> Q:
    """Rows whose `path` is one of a few parents, which are found first, by their own index.

    A condition that reached through the join would read the whole table beside an OR.
    """
    keys = parents.values_list("pk", flat=True)[:FEW]
    return Q(**{f"{path}_id__in": list(keys)})


def row_with_id(rows: QuerySet[Any], key: UUID) -> Any:
    """The row with this primary key, out of as few partitions as the key allows.

    A table that has no index on the key alone is read no further than near its instant.
    """
    model = rows.model
    if not hasattr(model, "partitioning") or found_by(model, model._meta.pk.name):
        return by_key(rows, key)
    return near_key(rows, key).first()


class PartitionedChangeList(ChangeList):
    """Links that say the row's instant, so that its page reads one partition."""

    def url_for_result(self, result: Any) -> str:
        instant = getattr(result, self.model.partitioning.by)
        return f"{super().url_for_result(result)}?{urlencode({INSTANT: instant.isoformat()})}"


class Linked:
    """What pages and inlines share: foreign keys as a search, own columns read-only."""

    # Never shown: they say nothing to a person, or too much.
    hidden: tuple[str, ...] = ("search_vector", "email_hash", "partition_key")
    # What a person types without a scheme.
    formfield_overrides: ClassVar[Any] = {models.URLField: {"assume_scheme": "https"}}
    model: type[models.Model]
    admin_site: Any

    def get_autocomplete_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Each foreign key whose target can be searched in the admin."""
        return tuple(
            field.name
            for field in self.model._meta.fields
            if isinstance(field, models.ForeignKey)
            and getattr(self._admin_of(field.remote_field.model), "search_fields", None)
        )

    def _admin_of(self, model: Any) -> Any:
        return self.admin_site._registry.get(model)

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> Any:
        """Those named, and the hidden ones."""
        named = super().get_exclude(request, obj) or ()  # type: ignore[misc]
        own = {field.name for field in self.model._meta.get_fields()}
        return [*named, *(name for name in self.hidden if name in own)]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Those named, and every column that no form may write."""
        named = tuple(super().get_readonly_fields(request, obj))  # type: ignore[misc]
        kept = [
            field.name
            for field in self.model._meta.concrete_fields
            if not field.editable and field.name not in (*self.hidden, *named)
        ]
        # A row that is not written yet has no key and no instants to show.
        return (*named, *kept) if obj is not None else named


class ModelAdmin(Linked, unfold.ModelAdmin):
    """A list and a form; see the module for what it does by itself.

    search_fields: `=name` finds exactly (also in all capitals or none), `^name` a beginning.
    Name columns with an index, or of small tables. search_ids: columns with an index where
    a UUID typed in the search box is looked for besides the primary key.
    """

    paginator: Any = BoundedPaginator
    show_full_result_count = False
    # Facets count the whole table once for each choice.
    show_facets = ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 200
    list_filter_submit = True
    warn_unsaved_form = True
    # The box stands over every list, because an id finds its row anywhere.
    search_fields: ClassVar[Any] = ("pk",)
    search_help_text: ClassVar[Any] = "An id."
    search_ids: tuple[str, ...] = ()
    allows_add = True
    allows_change = True
    allows_delete = True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.allows_add and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows_change and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows_delete and super().has_delete_permission(request, obj)

    def get_paginator(
        self,
        request: HttpRequest,
        queryset: Any,
        per_page: int,
        orphans: int = 0,
        allow_empty_first_page: bool = True,
    ) -> Any:
        asked = request.GET.get("p", "1")
        return self.paginator(
            queryset,
            per_page,
            orphans,
            allow_empty_first_page,
            page=int(asked) if asked.isdecimal() else 1,
        )

    def get_list_select_related(self, request: HttpRequest) -> tuple[str, ...]:
        """What the columns of the list reach for, joined once."""
        return tuple(dict.fromkeys(self._joined(request)))

    def _joined(self, request: HttpRequest) -> Iterator[str]:
        if isinstance(self.list_select_related, (list, tuple)):
            yield from self.list_select_related
        relations = {
            field.name for field in self.model._meta.fields if field.is_relation
        }
        for name in self.get_list_display(request):
            column = name if callable(name) else getattr(self, name, None)
            yield from filter(None, getattr(column, "select_related", "").split(","))
            if name in relations:
                yield name

    def get_ordering(self, request: HttpRequest) -> Any:
        """As named; else the newest first, by an index that has them in that order."""
        if self.ordering:
            return self.ordering
        partitioning = getattr(self.model, "partitioning", None)
        name = self.model._meta.pk.name
        if partitioning and partitioning.key[0] != name:
            name = partitioning.by
        return (f"-{name}",)

    def get_sortable_by(self, request: HttpRequest) -> Any:
        """Columns an index has in order: sorting a large table by another reads it all."""
        own = {field.name for field in self.model._meta.concrete_fields}
        return [
            name
            for name in self.get_list_display(request)
            if name in own and found_by(self.model, name)
        ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        key = parse_id(term)
        condition = self.search(term) if key is None else self._by_id(key, queryset)
        return (queryset.filter(condition) if condition else queryset.none()), False

    def search(self, term: str) -> Q:
        """What to look for when the search box holds a text; an empty Q finds nothing."""
        condition = Q()
        for name in self.search_fields:
            if name.startswith("="):
                spellings = {term, term.upper(), term.lower()}
                condition |= Q(**{f"{name[1:]}__in": sorted(spellings)})
            elif name.startswith("^"):
                condition |= Q(**{f"{name[1:]}__istartswith": term})
        return condition

    def _by_id(self, key: UUID, queryset: QuerySet[Any]) -> Q:
        condition = Q()
        if isinstance(self.model._meta.pk, models.UUIDField):
            condition |= self._is(key, queryset)
        for name in self.search_ids:
            condition |= Q(**{name: key})
        return condition or self.search(str(key))

    def _is(self, key: UUID, queryset: QuerySet[Any]) -> Q:
        partitioning = getattr(self.model, "partitioning", None)
        if partitioning is None:
            return Q(pk=key)
        row = row_with_id(queryset, key)
        if row is None:
            return Q(pk__in=())
        return Q(pk=key, **{partitioning.by: getattr(row, partitioning.by)})

    def get_changelist(self, request: HttpRequest, **options: Any) -> Any:
        partitioned = hasattr(self.model, "partitioning")
        return PartitionedChangeList if partitioned else ChangeList

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        partitioning = getattr(self.model, "partitioning", None)
        if partitioning is None:
            return super().get_object(request, object_id, from_field)
        try:
            key = self.model._meta.pk.to_python(object_id)
            rows = self.get_queryset(request)
            instant = request.GET.get(INSTANT)
            if instant:
                return rows.filter(pk=key, **{partitioning.by: instant}).first()
            if isinstance(key, UUID):
                return row_with_id(rows, key)
            return rows.filter(pk=key).first()
        except (ValidationError, ValueError):
            return None


class HistoryAdmin(ModelAdmin):
    """What happened: to be read, never written."""

    allows_add = False
    allows_change = False
    allows_delete = False
    list_filter_submit = True


class _Rows(Linked):
    extra = 0
    show_change_link = True
    tab = True
    per_page = 20
    joined: tuple[str, ...] = ()

    def get_ordering(self, request: HttpRequest) -> Any:
        """Oldest first, unless named otherwise: pages of rows want one order."""
        named = super().get_ordering(request)  # type: ignore[misc]
        return named or self.model._meta.ordering or ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]
        return rows.select_related(*self.joined) if self.joined else rows


class TabularInline(_Rows, unfold.TabularInline):
    """Rows of a child, joined with `joined` so that their columns ask nothing more."""


class StackedInline(_Rows, unfold.StackedInline):
    """Rows of a child that need room."""


class HistoryInline(TabularInline):
    """Rows that are only read."""

    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
