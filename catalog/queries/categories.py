"""The tree of departments as operators see it: branch by branch, however large it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, Q

from catalog.models import Category

# So many stand open at once without being asked for.
OPEN_WHOLE = 300


@dataclass(eq=False)
class Branch:
    """A department and what is shown below it; `below` counts its children, shown or not."""

    category: Category
    depth: int
    below: int
    branches: list[Branch] = field(default_factory=list)
    is_open: bool = False


def category_branches(
    *, opened: Collection[UUID] = (), below: UUID | None = None
) -> list[Branch]:
    """The branches at the top, or below one; those opened with their children.

    A small tree is open as a whole. At most two statements.
    """
    rows = Category.objects.annotate(below=Count("children"))
    is_whole = below is None and Category.objects.count() <= OPEN_WHOLE
    if not is_whole:
        starts = Q(parent=below)
        rows = rows.filter(starts | Q(parent__in=list(opened)) if opened else starts)
    children: dict[UUID | None, list[Category]] = defaultdict(list)
    for row in rows.order_by("sort_order", "name", "pk"):
        children[row.parent_id].append(row)
    return _grow(children, below, 0)


def _grow(
    children: dict[UUID | None, list[Category]], parent_id: UUID | None, depth: int
) -> list[Branch]:
    branches = []
    for row in children.get(parent_id, ()):
        shown = _grow(children, row.pk, depth + 1)
        count: int = row.below
        branches.append(Branch(row, depth, count, shown, bool(shown)))
    return branches


def category_path(*, category_id: UUID) -> list[Category]:
    """From the top down to the department itself; empty for one that is not there."""
    chosen = Category.objects.filter(pk=category_id).first()
    if chosen is None:
        return []
    return list(Category.objects.ancestors(chosen, include_self=True))


def places_for(*, category: Category) -> list[tuple[UUID, str]]:
    """Where it may be moved: every department that is not below it, by its whole path."""
    children: dict[UUID | None, list[tuple[UUID, str]]] = defaultdict(list)
    rows = Category.objects.order_by("sort_order", "name", "pk")
    for key, parent_id, name in rows.values_list("pk", "parent_id", "name"):
        children[parent_id].append((key, name))
    places: list[tuple[UUID, str]] = []

    def walk(parent_id: UUID | None, before: str) -> None:
        for key, name in children.get(parent_id, ()):
            if key != category.pk:
                places.append((key, before + name))
                walk(key, f"{before}{name} › ")

    walk(None, "")
    return places
