"""The tree of departments: what stands where, and in which order.

Whoever changes the tree holds one lock, the one that the table's own check of circles takes,
so that two moves that are harmless alone see each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID

from django.db import connection, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from catalog.errors import CategoryRefused
from catalog.models import Category
from shop.ids import uuid7

MOST_NAME = 255
# As deep as pages show it: a shopper does not follow further.
MOST_DEPTH = 20


class Way(StrEnum):
    """One step: among its siblings, below the one before it, or out beside its parent."""

    UP = "up"
    DOWN = "down"
    IN = "in"
    OUT = "out"


@transaction.atomic
def move_category(
    *, category_id: UUID, parent_id: UUID | None, before_id: UUID | None = None
) -> Category:
    """Put it below a parent (None: at the top), before a sibling or at the end.

    May be repeated. Raises CategoryRefused for a place below itself or too deep, and
    Category.DoesNotExist for ids that are not there.
    """
    _hold_tree()
    category = Category.objects.get(pk=category_id)
    _check_place(category, parent_id)
    siblings = [one for one in _children(parent_id) if one.pk != category.pk]
    place = next(
        (at for at, one in enumerate(siblings) if one.pk == before_id), len(siblings)
    )
    if category.parent_id != parent_id:
        category.parent_id = parent_id
        category.save(update_fields=["parent", "updated_at"])
    _number([*siblings[:place], category, *siblings[place:]])
    return category


@transaction.atomic
def shift_category(*, category_id: UUID, way: Way) -> Category:
    """One step; at the edge it stays where it is. Raises what `move_category` raises."""
    _hold_tree()
    category = Category.objects.select_related("parent").get(pk=category_id)
    siblings = _children(category.parent_id)
    at = [one.pk for one in siblings].index(category.pk)
    if way is Way.UP and at > 0:
        return _put(category, category.parent_id, siblings[at - 1])
    if way is Way.DOWN and at + 1 < len(siblings):
        return _put(category, category.parent_id, _get(siblings, at + 2))
    if way is Way.IN and at > 0:
        return _put(category, siblings[at - 1].pk, None)
    if way is Way.OUT and category.parent is not None:
        parent = category.parent
        uncles = _children(parent.parent_id)
        behind = [one.pk for one in uncles].index(parent.pk) + 1
        return _put(category, parent.parent_id, _get(uncles, behind))
    return category


@transaction.atomic
def add_category(*, name: str, parent_id: UUID | None) -> Category:
    """At the end of its siblings. Raises CategoryRefused; each call adds another one."""
    text = _checked_name(name)
    _hold_tree()
    if parent_id is not None and not Category.objects.filter(pk=parent_id).exists():
        raise CategoryRefused(_("The department it belongs below is gone."))
    siblings = _children(parent_id)
    _check_twin(siblings, text)
    category = Category(name=text, parent_id=parent_id, slug=_free_slug(text))
    _check_place(category, parent_id)
    category.sort_order = len(siblings)
    category.save()
    _number([*siblings, category])
    return category


@transaction.atomic
def rename_category(*, category_id: UUID, name: str) -> Category:
    """Its address stays, so that links to it do. Raises CategoryRefused."""
    text = _checked_name(name)
    _hold_tree()
    category = Category.objects.get(pk=category_id)
    siblings = _children(category.parent_id)
    _check_twin([one for one in siblings if one.pk != category.pk], text)
    category.name = text
    category.save(update_fields=["name", "updated_at"])
    return category


@transaction.atomic
def show_category(*, category_id: UUID, is_active: bool) -> Category:
    """Whether shoppers find it; may be repeated."""
    category = Category.objects.select_for_update().get(pk=category_id)
    category.is_active = is_active
    category.save(update_fields=["is_active", "updated_at"])
    return category


def _hold_tree() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('categories'))")


def _put(
    category: Category, parent_id: UUID | None, before: Category | None
) -> Category:
    return move_category(
        category_id=category.pk,
        parent_id=parent_id,
        before_id=before.pk if before else None,
    )


def _get(siblings: list[Category], at: int) -> Category | None:
    return siblings[at] if at < len(siblings) else None


def _children(parent_id: UUID | None) -> list[Category]:
    return list(
        Category.objects.filter(parent=parent_id).order_by("sort_order", "name", "pk")
    )


def _number(siblings: list[Category]) -> None:
    """0, 1, 2 …, whatever numbers they had; only those that differ are written."""
    changed = [one for at, one in enumerate(siblings) if one.sort_order != at]
    places = {one.pk: at for at, one in enumerate(siblings)}
    for one in changed:
        one.sort_order = places[one.pk]
    Category.objects.bulk_update(changed, ["sort_order"])


def _check_place(category: Category, parent_id: UUID | None) -> None:
    """Reads the keys of the whole tree, which has thousands of rows at most."""
    if parent_id is None:
        return
    parents = dict(Category.objects.values_list("pk", "parent_id"))
    if parent_id not in parents:
        raise CategoryRefused(_("The department it belongs below is gone."))
    path = _path(parents, parent_id)
    if category.pk in path:
        raise CategoryRefused(_("A department cannot stand below itself."))
    below = [_path(parents, key) for key in parents]
    height = max(
        (len(one) - one.index(category.pk) for one in below if category.pk in one),
        default=1,
    )
    if len(path) + height > MOST_DEPTH:
        raise CategoryRefused(
            _("That is deeper than %(most)d levels.") % {"most": MOST_DEPTH}
        )


def _path(parents: Mapping[UUID, UUID | None], key: UUID) -> list[UUID]:
    """From the top down to the key."""
    path = [key]
    while (above := parents[path[-1]]) is not None:
        path.append(above)
    return path[::-1]


def _checked_name(name: str) -> str:
    text = " ".join(name.replace("\0", "").split())
    if not text:
        raise CategoryRefused(_("Write a name."))
    if len(text) > MOST_NAME:
        raise CategoryRefused(
            _("Write at most %(most)d characters.") % {"most": MOST_NAME}
        )
    return text


def _check_twin(siblings: list[Category], name: str) -> None:
    if any(one.name.casefold() == name.casefold() for one in siblings):
        raise CategoryRefused(_("A department of this name stands here already."))


def _free_slug(name: str) -> str:
    slug = slugify(name)[:200] or "department"
    if not Category.objects.filter(slug=slug).exists():
        return slug
    return f"{slug}-{uuid7().hex[-6:]}"
