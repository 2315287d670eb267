"""The partitions of every table, as an operator sees them: bounds, rows, size, strays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from shop.partitions.children import (
    Child,
    children_of,
    partitioned_models,
    partitioning_of,
    stray_counts,
    table_of,
)
from shop.partitions.declaration import Every

PER_PAGE = 200
MAY_LOOK = "shop.view_globalevent"


@dataclass(frozen=True)
class PartitionedTable:
    """One line of the page; rows are PostgreSQL's estimate, size is in bytes."""

    name: str
    every: Every
    keep_days: int | None
    count: int
    start: datetime | None
    end: datetime | None
    rows: int
    size: int
    strays: int


def partitioned_tables() -> list[PartitionedTable]:
    """Every partitioned table, by name."""
    strays = stray_counts()
    return [
        _summary(model, children_of(model), strays.get(table_of(model), 0))
        for model in partitioned_models()
    ]


def _summary(
    model: type[Model], children: list[Child], strays: int
) -> PartitionedTable:
    declared = partitioning_of(model)
    bounded = [child for child in children if not child.is_default]
    return PartitionedTable(
        name=table_of(model),
        every=declared.every,
        keep_days=declared.keep.days if declared.keep else None,
        count=len(bounded),
        start=bounded[0].start if bounded else None,
        end=bounded[-1].end if bounded else None,
        rows=sum(child.rows for child in children),
        size=sum(child.size for child in children),
        strays=strays,
    )


def partitions(request: HttpRequest) -> HttpResponse:
    """All tables, or with `?table=` the partitions of one, newest first."""
    if not request.user.has_perm(MAY_LOOK):
        raise PermissionDenied
    table = request.GET.get("table", "")
    context: dict[str, Any] = admin.site.each_context(request)
    if table:
        context |= {"title": f"Partitions of {table}", **_of_table(request, table)}
    else:
        context |= {"title": "Partitions", "tables": partitioned_tables()}
    return TemplateResponse(request, "admin/shop/partitions.html", context)


def _of_table(request: HttpRequest, table: str) -> dict[str, Any]:
    models = {table_of(model): model for model in partitioned_models()}
    if table not in models:
        raise Http404(f"No partitioned table {table}.")
    children = list(reversed(children_of(models[table])))
    pages = Paginator(children, PER_PAGE)
    return {"table": table, "page": pages.get_page(request.GET.get("page"))}
