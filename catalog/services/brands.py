"""Brands that are one: merged into the one that stays, with whatever refers to them."""

from __future__ import annotations

import time
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from catalog.errors import CannotMerge
from catalog.events import BrandMerged
from catalog.models import Brand, Product
from shop.events import publish

MOST_AT_ONCE = 50
CHUNK = 1000
# By key, so that two who change the same products wait for each other in one order.
MOVE = """
WITH held AS (
    SELECT id FROM products WHERE brand_id = %s
     ORDER BY id LIMIT %s FOR NO KEY UPDATE
)
UPDATE products AS product SET brand_id = %s, updated_at = now()
  FROM held WHERE product.id = held.id
"""


@transaction.atomic
def merge_brands(
    *,
    into_id: UUID,
    brand_ids: Collection[UUID],
    expected: int | None,
    by: Any,
    now: datetime,
) -> Brand:
    """Others become names of the one that stays; the first thousand products of each follow
    at once, the rest in the background.

    expected: how many products were shown to whoever said yes. May be repeated. Raises
    CannotMerge, with nothing written.
    """
    wanted = {into_id, *brand_ids}
    if len(wanted) < 2:
        raise CannotMerge(_("Choose at least two brands."))
    if len(wanted) > MOST_AT_ONCE:
        raise CannotMerge(
            _("Merge at most %(most)d brands at once.") % {"most": MOST_AT_ONCE}
        )
    # Against the key itself: a product that is being given a brand is waited for.
    rows = Brand.objects.select_for_update().filter(pk__in=wanted).order_by("pk")
    found = {row.pk: row for row in rows}
    if len(found) < len(wanted):
        raise CannotMerge(_("One of these brands is gone. Choose again."))
    into = found.pop(into_id)
    if into.merged_into_id is not None:
        raise CannotMerge(_("The one that stays was merged into another meanwhile."))
    going = [row for row in found.values() if row.merged_into_id != into.pk]
    if any(row.merged_into_id for row in going):
        raise CannotMerge(_("One of these brands was merged already. Choose again."))
    moved = products_of([row.pk for row in going])
    if expected is not None and moved != expected:
        raise CannotMerge(
            _("By now the number of products to move is %(found)d. Look again.")
            % {"found": moved}
        )
    for row in going:
        _merge(row, into, by, now)
    return into


def products_of(brand_ids: Collection[UUID]) -> int:
    return Product.objects.filter(brand__in=list(brand_ids)).count()


def _merge(brand: Brand, into: Brand, by: Any, now: datetime) -> None:
    brand.is_active, brand.merged_into = False, into
    brand.save(update_fields=["is_active", "merged_into", "updated_at"])
    # What was merged into it earlier leads to its place at one step.
    Brand.objects.filter(merged_into=brand).update(merged_into=into)
    _move(brand.pk, into.pk)
    publish(BrandMerged, entity=brand, at=now, actor=by, data={"into": into.pk})


def move_products(*, brand_id: UUID, budget_s: float) -> bool:
    """The products that a merged brand still has; True when there are more. Safe to repeat."""
    ends = time.monotonic() + budget_s
    into_id = Brand.objects.values_list("merged_into", flat=True).get(pk=brand_id)
    if into_id is None:
        return False
    while _move(brand_id, into_id) == CHUNK:
        if time.monotonic() >= ends:
            return True
    return False


@transaction.atomic
def _move(brand_id: UUID, into_id: UUID) -> int:
    with connection.cursor() as cursor:
        cursor.execute(MOVE, [brand_id, CHUNK, into_id])
        return int(cursor.rowcount)
