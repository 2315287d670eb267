"""The copy of a cart in Redis: the hash `cart:<user id>`, or `cart:session:<token>` of a guest.

PostgreSQL has the cart; this is for what every page shows of it. A copy is written after
the commit, never over that of a later version, and lives as long as its cart. Without Redis
there is none, and readers go to the tables.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import structlog
from django.core.cache import caches
from redis.exceptions import RedisError

# Prices and names move without the cart, and a write may have been lost.
GOOD_FOR = timedelta(minutes=10)
# How long it is remembered that there is no cart.
EMPTY_LIFE = timedelta(days=1)
SHOWN = 4
ITEM = "item:"
# Leaves a copy of a later version as it is.
KEEP = """
local kept = tonumber(redis.call('HGET', KEYS[1], 'version') or '-1')
if kept > tonumber(ARGV[1]) then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], unpack(ARGV, 3))
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1
"""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class CopiedItem:
    item_id: UUID
    variant_id: UUID
    sku: str
    name: str
    product_slug: str
    shop_name: str
    quantity: int
    price: Decimal

    @property
    def amount(self) -> Decimal:
        return self.price * self.quantity


@dataclass(frozen=True, kw_only=True)
class CartCopy:
    """A cart as it stood at `copied_at`; without items where there is none to fill."""

    version: int
    currency: str
    items: tuple[CopiedItem, ...]
    copied_at: datetime
    expires_at: datetime | None = None

    @property
    def count(self) -> int:
        """Units."""
        return sum(item.quantity for item in self.items)

    @property
    def total(self) -> Decimal:
        """Before discounts, delivery and tax."""
        return sum((item.amount for item in self.items), Decimal("0.00"))

    @property
    def newest(self) -> tuple[CopiedItem, ...]:
        """The last few that came into it, the newest first."""
        return self.items[: -SHOWN - 1 : -1]

    @property
    def others(self) -> int:
        """Units of the items that are not among the newest."""
        return sum(item.quantity for item in self.items[:-SHOWN])

    def is_good_at(self, moment: datetime) -> bool:
        if self.expires_at is not None and self.expires_at <= moment:
            return False
        return self.copied_at <= moment < self.copied_at + GOOD_FOR


def load_copy(*, user_id: UUID | None, token: str) -> CartCopy | None:
    """None where there is none, where it cannot be read, and without Redis."""
    try:
        kept = _redis().hgetall(_key(user_id, token))
    except (RedisError, NotImplementedError) as error:
        log.info("cart_copy_not_read", reason=str(error))
        return None
    if not kept:
        return None
    try:
        return _from_hash({name.decode(): text.decode() for name, text in kept.items()})
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError):
        return None


def keep_copy(*, user_id: UUID | None, token: str, copy: CartCopy) -> None:
    """May be repeated, and come late: a later version stays. Does nothing without Redis."""
    life = EMPTY_LIFE
    if copy.expires_at is not None:
        life = copy.expires_at - copy.copied_at
    values = [part for pair in _as_hash(copy).items() for part in pair]
    try:
        _redis().eval(
            KEEP,
            1,
            _key(user_id, token),
            copy.version,
            max(int(life.total_seconds()), 1),
            *values,
        )
    except (RedisError, NotImplementedError) as error:
        log.info("cart_copy_not_written", reason=str(error))


def _redis() -> Any:
    """Raises NotImplementedError where the cache is not Redis."""
    cache: Any = caches["default"]
    if not hasattr(cache, "client"):
        raise NotImplementedError("The cache is not Redis.")
    return cache.client.get_client(write=True)


def _key(user_id: UUID | None, token: str) -> str:
    owner = str(user_id) if user_id else f"session:{token}"
    return f"{caches['default'].key_prefix}:cart:{owner}"


def _as_hash(copy: CartCopy) -> dict[str, str]:
    until = copy.expires_at.isoformat() if copy.expires_at else ""
    about = {
        "version": str(copy.version),
        "currency": copy.currency,
        "copied_at": copy.copied_at.isoformat(),
        "expires_at": until,
    }
    items = {
        f"{ITEM}{item.item_id}": json.dumps(asdict(item), default=str)
        for item in copy.items
    }
    return about | items


def _from_hash(kept: dict[str, str]) -> CartCopy:
    items = [
        _item(json.loads(text)) for name, text in kept.items() if name.startswith(ITEM)
    ]
    until = kept["expires_at"]
    return CartCopy(
        version=int(kept["version"]),
        currency=kept["currency"],
        items=tuple(sorted(items, key=lambda item: item.item_id)),
        copied_at=datetime.fromisoformat(kept["copied_at"]),
        expires_at=datetime.fromisoformat(until) if until else None,
    )


def _item(row: dict[str, Any]) -> CopiedItem:
    ids = {name: UUID(row[name]) for name in ("item_id", "variant_id")}
    return CopiedItem(**{**row, **ids, "price": Decimal(row["price"])})
