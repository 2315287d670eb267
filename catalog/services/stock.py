"""Stock: units are promised to a checkout, leave when it is paid, and come back.

Every function locks the variants it changes in the order of their keys and waits for them:
two carts that share variants cannot deadlock, and nobody is told to try again. Variants
whose stock is not tracked are sold without being counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from catalog.errors import (
    BelowPromised,
    InvalidChange,
    InvalidLevel,
    InvalidQuantity,
    InvalidReason,
    LevelMoved,
    NoSuchThing,
    NotCounted,
    OutOfStock,
    Shortage,
)
from catalog.models import (
    InventoryPolicy,
    ProductVariant,
    StockReason,
    StockReservation,
)

MOST_UNITS = 1_000_000
MOST_NOTES = 500
# What somebody may say about units that came or went without a sale.
CORRECTIONS = (
    StockReason.DELIVERY,
    StockReason.DAMAGE,
    StockReason.CORRECTION,
    StockReason.RETURN,
)
SQL = Path(__file__).resolve().parent.parent / "sql"
MOVE = (SQL / "move_stock.sql").read_text()
PROMISE = (SQL / "promise_stock.sql").read_text()
RELEASE = (SQL / "release_stock.sql").read_text()


@dataclass(frozen=True)
class _Shelf:
    """A locked variant."""

    id: UUID
    inventory_quantity: int
    reserved_quantity: int
    inventory_policy: str
    inventory_tracking: bool

    @property
    def left(self) -> int:
        return self.inventory_quantity - self.reserved_quantity

    @property
    def is_limited(self) -> bool:
        return self.inventory_policy != InventoryPolicy.CONTINUE


@transaction.atomic
def reserve_stock(
    *,
    checkout_id: UUID,
    quantities: Mapping[UUID, int],
    expires_at: datetime,
    now: datetime,
    lock_too: Iterable[UUID] = (),
) -> None:
    """Promise units of several variants to a checkout, all or nothing, once.

    quantities: variant id -> units. lock_too: variants that the caller's transaction moves
    afterwards, so that all are locked in one order. Raises OutOfStock with every variant that is short, and
    InvalidQuantity; promises whose time is over do not count.
    """
    _check(quantities)
    shelves = _lock({*quantities, *lock_too})
    _refuse_shortage(shelves, quantities, now)
    counted = {
        variant_id: units
        for variant_id, units in quantities.items()
        if shelves[variant_id].inventory_tracking
    }
    if not counted:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            PROMISE,
            {
                "ids": list(counted),
                "units": list(counted.values()),
                "checkout_id": checkout_id,
                "expires_at": expires_at,
            },
        )


@transaction.atomic
def release_stock(
    *, checkout_id: UUID, variant_ids: Iterable[UUID] | None = None
) -> int:
    """Take back what a checkout was promised; returns the units. May be repeated.

    variant_ids: only of these.
    """
    promised = StockReservation.objects.filter(checkout_id=checkout_id)
    if variant_ids is not None:
        promised = promised.filter(variant_id__in=list(variant_ids))
    ids = list(promised.values_list("variant_id", flat=True))
    if not ids:
        return 0
    _lock(ids)
    return sum(_release(ids, checkout_id=checkout_id).values())


@transaction.atomic
def take_stock(
    *,
    checkout_id: UUID,
    quantities: Mapping[UUID, int],
    now: datetime,
    user_id: UUID | None = None,
    orders: Mapping[UUID, UUID] | None = None,
) -> None:
    """The units of a paid checkout leave the stock, and with them its promises.

    Once for a checkout. orders: variant id -> the order that it is sold in. Where a promise is gone because its time was over, the units are
    taken from what is left; raises OutOfStock, with nothing changed, when that is too little.
    """
    _check(quantities)
    shelves = _lock(quantities)
    # Gone before anybody's overdue promises are released: these may be overdue themselves.
    promised = _redeem(checkout_id, quantities)
    wanted = {
        variant_id: units - promised.get(variant_id, 0)
        for variant_id, units in quantities.items()
    }
    _refuse_shortage(shelves, wanted, now)
    _move(
        [
            (
                variant_id,
                -units if shelves[variant_id].inventory_tracking else 0,
                -promised.get(variant_id, 0),
            )
            for variant_id, units in quantities.items()
        ],
        reason=StockReason.SALE,
        now=now,
        user_id=user_id,
        orders=orders,
    )


@transaction.atomic
def return_stock(
    *,
    quantities: Mapping[UUID, int],
    now: datetime,
    user_id: UUID | None = None,
    reason: StockReason = StockReason.RETURN,
    notes: str = "",
    order_id: UUID | None = None,
) -> None:
    """Put units back on the shelf, those of an order. Each call puts them back again."""
    _check(quantities)
    shelves = _lock(quantities)
    _move(
        [
            (shelf.id, quantities[shelf.id], 0)
            for shelf in shelves.values()
            if shelf.inventory_tracking
        ],
        reason=reason,
        now=now,
        user_id=user_id,
        notes=notes,
        orders=dict.fromkeys(quantities, order_id) if order_id else None,
    )


@transaction.atomic
def set_stock(
    *,
    levels: Mapping[UUID, int],
    now: datetime,
    user_id: UUID | None = None,
    reason: StockReason = StockReason.COUNT,
    notes: str = "",
) -> None:
    """Say how many units there are of variants, as somebody has counted them.

    levels: variant id -> units. The ledger gets the difference; the same level again writes
    nothing. Raises BelowPromised where checkouts hold more than that, and InvalidLevel.
    """
    for level in levels.values():
        if not 0 <= level <= MOST_UNITS:
            raise InvalidLevel(MOST_UNITS)
    shelves = _lock(levels)
    for shelf in shelves.values():
        if shelf.is_limited and levels[shelf.id] < shelf.reserved_quantity:
            raise BelowPromised(shelf.reserved_quantity)
    _move(
        [
            (shelf.id, levels[shelf.id] - shelf.inventory_quantity, 0)
            for shelf in shelves.values()
            if levels[shelf.id] != shelf.inventory_quantity
        ],
        reason=reason,
        now=now,
        user_id=user_id,
        notes=notes,
    )


@transaction.atomic
def count_stock(
    *,
    shop_id: UUID,
    variant_id: UUID,
    counted: int,
    seen: int | None,
    now: datetime,
    user_id: UUID | None,
    notes: str = "",
) -> int:
    """Somebody has counted a variant of the shop; returns what the level changed by.

    seen: the level that they were shown, None to count whatever it is. Raises NoSuchThing,
    NotCounted, LevelMoved when units came or went meanwhile, BelowPromised and InvalidLevel.
    """
    shelf = _shelf_of(shop_id, variant_id, seen)
    set_stock(
        levels={variant_id: counted}, now=now, user_id=user_id, notes=_noted(notes)
    )
    return counted - shelf.inventory_quantity


@transaction.atomic
def correct_stock(
    *,
    shop_id: UUID,
    variant_id: UUID,
    change: int,
    reason: StockReason,
    seen: int | None,
    now: datetime,
    user_id: UUID | None,
    notes: str = "",
) -> int:
    """Units of a variant of the shop came or went otherwise; returns the new level.

    change: below zero for what is gone. reason: one of CORRECTIONS. seen: as of `count_stock`;
    it keeps a second click from doing it twice. Raises what `count_stock` does, and
    InvalidChange.
    """
    if not change or abs(change) > MOST_UNITS:
        raise InvalidChange(MOST_UNITS)
    if reason not in CORRECTIONS:
        raise InvalidReason
    shelf = _shelf_of(shop_id, variant_id, seen)
    level = shelf.inventory_quantity + change
    if change < 0 and shelf.is_limited and level < shelf.reserved_quantity:
        raise BelowPromised(shelf.reserved_quantity, level=shelf.inventory_quantity)
    if level > MOST_UNITS:
        raise InvalidLevel(MOST_UNITS)
    _move(
        [(variant_id, change, 0)],
        reason=reason,
        now=now,
        user_id=user_id,
        notes=_noted(notes),
    )
    return level


def _shelf_of(shop_id: UUID, variant_id: UUID, seen: int | None) -> _Shelf:
    """A variant of the shop, locked; whose level is what somebody was shown."""
    if not ProductVariant.objects.filter(pk=variant_id, shop_id=shop_id).exists():
        raise NoSuchThing(_("Your shop has no such variant."))
    shelf = _lock([variant_id])[variant_id]
    if not shelf.inventory_tracking:
        raise NotCounted
    if seen is not None and seen != shelf.inventory_quantity:
        raise LevelMoved(seen=seen, level=shelf.inventory_quantity)
    return shelf


def _noted(notes: str) -> str:
    return notes.replace("\0", "").strip()[:MOST_NOTES]


@transaction.atomic
def release_expired_stock(*, now: datetime, limit: int = 1000) -> int:
    """Take back promises whose time is over, oldest first; returns the units.

    limit: of promises looked at. May be repeated, and run twice at once.
    """
    overdue = StockReservation.objects.filter(expires_at__lte=now)
    ids = set(
        overdue.order_by("expires_at").values_list("variant_id", flat=True)[:limit]
    )
    if not ids:
        return 0
    _lock(ids)
    return sum(_release(ids, until=now).values())


def _check(quantities: Mapping[UUID, int]) -> None:
    if any(not 1 <= units <= MOST_UNITS for units in quantities.values()):
        raise InvalidQuantity(MOST_UNITS)


def _lock(variant_ids: Iterable[UUID]) -> dict[UUID, _Shelf]:
    rows = (
        ProductVariant.objects.filter(id__in=list(variant_ids))
        # One lock order for every caller: two carts that share variants cannot deadlock.
        .order_by("id")
        # New order items refer to the variant meanwhile, and need not wait.
        .select_for_update(no_key=True)
        .values_list(
            "id",
            "inventory_quantity",
            "reserved_quantity",
            "inventory_policy",
            "inventory_tracking",
        )
    )
    return {row[0]: _Shelf(*row) for row in rows}


def _redeem(checkout_id: UUID, variant_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Delete a checkout's promises; the caller moves the units."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM stock_reservations"
            " WHERE checkout_id = %s AND variant_id = ANY(%s)"
            " RETURNING variant_id, quantity",
            [checkout_id, list(variant_ids)],
        )
        return dict(cursor.fetchall())


def _refuse_shortage(
    shelves: Mapping[UUID, _Shelf], wanted: Mapping[UUID, int], now: datetime
) -> None:
    """Raises OutOfStock when locked variants have too little, even of what nobody holds now."""
    if not (short := _short(shelves, wanted, {})):
        return
    freed = _release([id_ for id_ in short if id_ in shelves], until=now)
    if not (short := _short(shelves, wanted, freed)):
        return
    names = {
        row["id"]: f"{row['title']} ({row['name']})" if row["name"] else row["title"]
        for row in ProductVariant.objects.filter(id__in=short).values(
            "id", "name", title=F("product__name")
        )
    }
    raise OutOfStock(
        [
            Shortage(
                variant_id=id_,
                name=names.get(id_, str(id_)),
                wanted=wanted[id_],
                left=max(left, 0),
            )
            for id_, left in short.items()
        ]
    )


def _short(
    shelves: Mapping[UUID, _Shelf],
    wanted: Mapping[UUID, int],
    freed: Mapping[UUID, int],
) -> dict[UUID, int]:
    """The variants with too little, and what they have left."""
    short = {}
    for variant_id, units in wanted.items():
        shelf = shelves.get(variant_id)
        if shelf is None:
            short[variant_id] = 0
        elif units > 0 and shelf.inventory_tracking and shelf.is_limited:
            left = shelf.left + freed.get(variant_id, 0)
            if left < units:
                short[variant_id] = left
    return short


def _release(
    variant_ids: Iterable[UUID],
    *,
    checkout_id: UUID | None = None,
    until: datetime | None = None,
) -> dict[UUID, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            RELEASE,
            {"ids": list(variant_ids), "checkout_id": checkout_id, "until": until},
        )
        return {variant_id: int(units) for variant_id, units in cursor.fetchall()}


def _move(
    moves: list[tuple[UUID, int, int]],
    *,
    reason: StockReason,
    now: datetime,
    user_id: UUID | None,
    notes: str = "",
    orders: Mapping[UUID, UUID] | None = None,
) -> None:
    """moves: variant id, what its level changes by, what its promises change by."""
    known = orders or {}
    with connection.cursor() as cursor:
        cursor.execute(
            MOVE,
            {
                "ids": [variant_id for variant_id, *_rest in moves],
                "levels": [level for _id, level, _promise in moves],
                "promises": [promise for _id, _level, promise in moves],
                "orders": [known.get(variant_id) for variant_id, *_rest in moves],
                "reason": reason,
                "notes": notes,
                "user_id": user_id,
                "now": now,
            },
        )
