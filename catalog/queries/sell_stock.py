"""A shop's stock as its people count it: what is on the shelf, promised, free, low, and why.

The list walks the shop's variants by SKU until a page is full. There is no index on quantities:
every sale would have to keep it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import (
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce

from catalog.models import (
    InventoryLog,
    InventoryPolicy,
    Product,
    ProductStatus,
    ProductVariant,
    StockAlert,
    StockReason,
)
from catalog.queries.sell_products import names_like
from shop.keyset import KeysetPage, keyset_page
from shop.models import Shop
from users.models import User

PAGE = 50
# Counts stop here: a person reads "99+".
MOST_COUNTED = 100
LONGEST_WORDS = 100
# As many products are told by their keys.
FEW = 2_000
BARCODE = re.compile(r"[0-9]{6,20}")
PRODUCTS = Prefetch("product", Product.objects.only("name", "status"))
BY_SKU = ("sku", "id")
NEWEST = ("-created_at", "-id")
# Grain: a variant of the page. The newest line of each; partitions are read from the newest on
# until one has a line.
LAST_CHANGES = """
SELECT wanted.id, line.created_at, line.adjustment, line.reason
  FROM unnest(%(ids)s::uuid[]) AS wanted(id),
       LATERAL (SELECT created_at, adjustment, reason FROM inventory_logs
                 WHERE variant_id = wanted.id
                 ORDER BY created_at DESC, id DESC LIMIT 1) AS line
"""


class StockTab(StrEnum):
    """What a list of variants is narrowed to."""

    ALL = "all"
    LOW = "low"
    OUT = "out"
    RESERVED = "reserved"
    WAITED_FOR = "waited"
    UNTRACKED = "untracked"


# What a shop has something to do about.
COUNTED_TABS = (StockTab.LOW, StockTab.OUT, StockTab.RESERVED, StockTab.WAITED_FOR)


@dataclass(frozen=True)
class LastChange:
    at: datetime
    adjustment: int
    reason: str

    @property
    def words(self) -> str:
        """Why, for a person."""
        known = dict(StockReason.choices)
        return str(known.get(self.reason, self.reason))


@dataclass(frozen=True)
class StockLevel:
    """A variant and its numbers. free: None where the stock is not counted."""

    variant: ProductVariant
    threshold: int
    waiting: int = 0
    last: LastChange | None = None

    @property
    def free(self) -> int | None:
        if not self.variant.inventory_tracking:
            return None
        return self.variant.available_quantity

    @property
    def state(self) -> str:
        """One of in, low, out, more (sold below zero, too), untracked."""
        if self.free is None:
            return "untracked"
        if self.variant.inventory_policy == InventoryPolicy.CONTINUE:
            return "more" if self.free <= 0 else "in"
        if self.free <= 0:
            return "out"
        return "low" if self.free <= self.threshold else "in"


@dataclass(frozen=True)
class LedgerLine:
    """A movement, with who did it; empty where nobody is known."""

    log: InventoryLog
    by: str


@dataclass(frozen=True)
class Proof:
    """Whether a variant's ledger says what its level does."""

    lines: int
    total: int
    level: int

    @property
    def is_right(self) -> bool:
        return self.total == self.level


def low_variants(*, shop: Shop) -> QuerySet[Any]:
    """What a shop should order again, with `free` and `few`: low or sold out, not archived.

    What goes on being sold below zero is never low.
    """
    own = Coalesce(
        F("low_stock_threshold"),
        Value(shop.low_stock_threshold),
        output_field=IntegerField(),
    )
    counted = ProductVariant.objects.filter(
        shop=shop,
        is_active=True,
        inventory_tracking=True,
        inventory_policy=InventoryPolicy.DENY,
    ).annotate(free=F("inventory_quantity") - F("reserved_quantity"), few=own)
    return _without_archived(counted.filter(free__lte=F("few")), shop)


def _without_archived(variants: QuerySet[Any], shop: Shop) -> QuerySet[Any]:
    """The few archived products are read as a set; a join would read all of the others."""
    archived = Product.objects.filter(shop=shop, status=ProductStatus.ARCHIVED)
    return variants.exclude(product_id__in=archived.order_by().values("pk"))


def stock_of(*, shop: Shop, tab: StockTab, words: str = "") -> QuerySet[ProductVariant]:
    """Variants of the shop that match, in no order."""
    found: QuerySet[Any] = ProductVariant.objects.filter(shop=shop)
    if tab == StockTab.LOW:
        found = low_variants(shop=shop)
    elif tab == StockTab.OUT:
        found = low_variants(shop=shop).filter(free__lte=0)
    elif tab == StockTab.RESERVED:
        found = found.filter(reserved_quantity__gt=0)
    elif tab == StockTab.WAITED_FOR:
        waiting = StockAlert.objects.filter(notified_at=None, variant=OuterRef("pk"))
        found = found.filter(Exists(waiting))
    elif tab == StockTab.UNTRACKED:
        found = found.filter(inventory_tracking=False)
    if words:
        found = found.filter(_named(shop.pk, words))
    return found


def _named(shop_id: UUID, words: str) -> Q:
    """Whose SKU begins so, whose barcode it is, or whose product's name has the words."""
    found = Q()
    for spelling in sorted({words, words.upper(), words.lower()}):
        found |= Q(sku__startswith=spelling)
    if BARCODE.fullmatch(words):
        # Without an index: only for what looks like one.
        mine = ProductVariant.objects.filter(shop_id=shop_id, barcode=words)
        found |= Q(pk__in=list(mine.order_by().values_list("pk", flat=True)[:FEW]))
    products = Product.objects.filter(names_like(words), shop_id=shop_id)
    ids = products.order_by().values_list("pk", flat=True)
    # Few are told by their keys, so that indexes serve each part of the whole.
    few = list(ids[: FEW + 1])
    return found | Q(product_id__in=few if len(few) <= FEW else ids)


def stock_levels(
    *, shop: Shop, tab: StockTab, words: str = "", cursor: str = "", size: int = PAGE
) -> tuple[KeysetPage[ProductVariant], list[StockLevel]]:
    """One page by SKU; four statements, and two more for words."""
    found = stock_of(shop=shop, tab=tab, words=words)
    page = keyset_page(
        # Not joined: the sort would carry all products' texts.
        found.prefetch_related(PRODUCTS),
        order=BY_SKU,
        cursor=cursor,
        size=size,
    )
    return page, levels_of(page.rows, shop=shop)


def stock_to_count(
    *, shop: Shop, tab: StockTab, words: str
) -> QuerySet[ProductVariant]:
    """What stands on a count sheet: whatever is counted and may lie on a shelf."""
    found = stock_of(shop=shop, tab=tab, words=words).filter(inventory_tracking=True)
    return _without_archived(found, shop).prefetch_related(PRODUCTS)


def levels_of(variants: Iterable[ProductVariant], *, shop: Shop) -> list[StockLevel]:
    rows = list(variants)
    ids = [row.pk for row in rows]
    waiting, changes = waiting_for(variant_ids=ids), last_changes(variant_ids=ids)
    return [
        StockLevel(
            variant=row,
            threshold=threshold_of(row, shop),
            waiting=waiting.get(row.pk, 0),
            last=changes.get(row.pk),
        )
        for row in rows
    ]


def threshold_of(variant: ProductVariant, shop: Shop) -> int:
    own = variant.low_stock_threshold
    return shop.low_stock_threshold if own is None else own


def stock_counts(*, shop: Shop) -> dict[StockTab, int]:
    """How many want something done, each counted no further than MOST_COUNTED; one statement."""
    parts = [
        stock_of(shop=shop, tab=tab).order_by().values("pk")[:MOST_COUNTED]
        for tab in COUNTED_TABS
    ]
    columns: list[str] = []
    values: list[Any] = []
    for part in parts:
        sql, params = part.query.sql_with_params()
        columns.append(f"(SELECT count(*) FROM ({sql}) AS few)")
        values += params
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)}", values)
        return dict(zip(COUNTED_TABS, cursor.fetchone(), strict=True))


def waiting_for(*, variant_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many people wait to be told that a variant is back."""
    rows = StockAlert.objects.filter(
        variant_id__in=list(variant_ids), notified_at=None
    ).order_by()
    counted = rows.values("variant_id").annotate(people=Count("id"))
    return dict(counted.values_list("variant_id", "people"))


def last_changes(*, variant_ids: Iterable[UUID]) -> dict[UUID, LastChange]:
    with connection.cursor() as cursor:
        cursor.execute(LAST_CHANGES, {"ids": list(variant_ids)})
        return {row[0]: LastChange(*row[1:]) for row in cursor.fetchall()}


# ------------------------------------------------------------------ one variant
def stocked_variant(*, shop: Shop, variant_id: UUID) -> StockLevel | None:
    """None for what is not the shop's."""
    rows = ProductVariant.objects.filter(shop=shop, pk=variant_id)
    return next(iter(levels_of(rows.select_related("product"), shop=shop)), None)


def ledger_of(*, variant_id: UUID, reason: str = "") -> QuerySet[InventoryLog]:
    """The lines of a variant; the caller has seen that it is the shop's."""
    found = InventoryLog.objects.filter(variant_id=variant_id)
    return found.filter(reason=reason) if reason else found


def ledger_page(
    *,
    shop: Shop,
    variant_id: UUID,
    reason: str = "",
    cursor: str = "",
    size: int = PAGE,
) -> tuple[KeysetPage[InventoryLog], list[LedgerLine]]:
    """Newest first; two statements."""
    found = ledger_of(variant_id=variant_id, reason=reason)
    page = keyset_page(found, order=NEWEST, cursor=cursor, size=size)
    return page, with_names(page.rows, shop=shop)


def with_names(logs: Iterable[InventoryLog], *, shop: Shop) -> list[LedgerLine]:
    """Names are told of those who work in the shop: most lines are of buyers."""
    lines = list(logs)
    ids = {line.user_id for line in lines if line.user_id}
    at_work = Q(memberships__shop=shop) | Q(pk=shop.owner_id)
    people = User.objects.filter(at_work, pk__in=ids).distinct() if ids else []
    names: dict[UUID | None, str] = {one.pk: one.get_full_name() for one in people}
    return [LedgerLine(line, names.get(line.user_id, "")) for line in lines]


def proof_of(*, variant: ProductVariant) -> Proof:
    """The sum of a variant's adjustments beside its level, as of one moment."""
    found = InventoryLog.objects.filter(variant_id=variant.pk).aggregate(
        lines=Count("id"), total=Sum("adjustment")
    )
    return Proof(found["lines"], found["total"] or 0, variant.inventory_quantity)
