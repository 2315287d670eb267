"""What a shop sees of its own numbers: the days of its own clock, from the rollups' hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

# An hour belongs to the day it begins in: where a zone is off by half an hour, so is the
# border of its days.
DAYS = """
SELECT (event_time AT TIME ZONE %(zone)s)::date, sum(order_count), sum(revenue),
       sum(item_count), sum(refund_value), sum(promotion_usage_count),
       sum(promotion_revenue), max(computed_at)
  FROM shop_metrics_hourly
 WHERE shop_id = %(shop_id)s AND event_time >= %(start)s AND event_time < %(end)s
 GROUP BY 1
"""
# Straight from the orders, as the rollup counts them: a day has few, and today's last minutes
# are not rolled up yet.
SO_FAR = """
SELECT count(*), coalesce(sum(placed.total_price), 0)
  FROM orders AS placed
 WHERE placed.shop_id = %(shop_id)s
   AND placed.event_time >= %(start)s AND placed.event_time < %(end)s
   AND placed.status <> 'cancelled' AND placed.deleted_at IS NULL
   AND EXISTS (SELECT FROM order_items AS item WHERE item.order_id = placed.id)
"""
WAITING = """
SELECT count(*) FILTER (WHERE status = 'processing'),
       count(*) FILTER (WHERE status = 'processing' AND event_time < %(late)s)
  FROM (SELECT status, event_time FROM orders
         WHERE shop_id = %(shop_id)s AND status = 'processing' AND deleted_at IS NULL
         LIMIT %(most)s) AS waiting
"""
# Grain: product. Units and money of the days' rollup, in the shop's currency.
BEST = """
SELECT product.id, product.name, sum(day.units_sold), sum(day.revenue),
       (SELECT coalesce(sum(greatest(variant.inventory_quantity
                                     - variant.reserved_quantity, 0)), 0)
          FROM product_variants AS variant WHERE variant.product_id = product.id)
  FROM product_metrics_daily AS day
  JOIN products AS product ON product.id = day.product_id AND product.shop_id = %(shop_id)s
 WHERE day.event_time >= %(start)s AND day.event_time < %(end)s AND day.units_sold > 0
 GROUP BY product.id ORDER BY 4 DESC, 1 LIMIT %(most)s
"""
# On the shelf for the whole time and never sold in it, what ties up the most money first.
SLOW = """
SELECT product.id, product.name, 0, 0::numeric, shelf.units
  FROM products AS product,
       LATERAL (SELECT sum(variant.inventory_quantity) AS units,
                       sum(variant.inventory_quantity * variant.price) AS worth
                  FROM product_variants AS variant
                 WHERE variant.product_id = product.id AND variant.inventory_tracking) AS shelf
 WHERE product.shop_id = %(shop_id)s AND product.status = 'active'
   AND product.created_at < %(start)s AND shelf.units > 0
   AND NOT EXISTS (SELECT FROM product_metrics_daily AS day
                    WHERE day.product_id = product.id AND day.units_sold > 0
                      AND day.event_time >= %(start)s AND day.event_time < %(end)s)
 ORDER BY shelf.worth DESC, product.id LIMIT %(most)s
"""
LOW_STOCK = """
SELECT product.id, product.name, variant.id, variant.name, variant.sku,
       variant.inventory_quantity - variant.reserved_quantity
  FROM product_variants AS variant
  JOIN shops AS shop ON shop.id = variant.shop_id
  JOIN products AS product ON product.id = variant.product_id
 WHERE variant.shop_id = %(shop_id)s AND product.status = 'active'
   AND variant.is_active
   AND variant.inventory_tracking AND variant.inventory_policy <> 'continue'
   AND variant.inventory_quantity - variant.reserved_quantity
       <= coalesce(variant.low_stock_threshold, shop.low_stock_threshold)
 ORDER BY 6, product.name, variant.id LIMIT %(most)s
"""
MOST_COUNTED = 1_000


@dataclass(frozen=True)
class ShopDay:
    """A day of the shop's clock; money in its currency."""

    day: date
    orders: int = 0
    revenue: Decimal = Decimal(0)
    items: int = 0
    refunded: Decimal = Decimal(0)
    promoted_orders: int = 0
    promoted_revenue: Decimal = Decimal(0)


@dataclass(frozen=True)
class ShopDays:
    """Every day of [start, end), and when the newest figure was computed."""

    days: list[ShopDay]
    computed_at: datetime | None

    def total(self, name: str) -> Any:
        return sum((getattr(day, name) for day in self.days), Decimal(0))


@dataclass(frozen=True)
class SoFar:
    orders: int
    revenue: Decimal


@dataclass(frozen=True)
class Waiting:
    """Paid and not sent: all, and those that wait for long. Counted up to MOST_COUNTED."""

    orders: int
    late: int


@dataclass(frozen=True)
class ProductRow:
    id: UUID
    name: str
    units: int
    revenue: Decimal
    left: int


@dataclass(frozen=True)
class LowStock:
    product_id: UUID
    product: str
    variant_id: UUID
    variant: str
    sku: str
    left: int


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a day of the shop's clock begins."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def shop_days(*, shop_id: UUID, zone: ZoneInfo, start: date, end: date) -> ShopDays:
    """The days of [start, end), those without a sale too; one statement."""
    rows = _fetch(
        DAYS,
        shop_id=shop_id,
        zone=zone.key,
        start=midnight(start, zone),
        end=midnight(end, zone),
    )
    known = {row[0]: ShopDay(*row[:7]) for row in rows}
    days = [start + timedelta(days=n) for n in range((end - start).days)]
    return ShopDays(
        days=[known.get(day, ShopDay(day)) for day in days],
        computed_at=max((row[7] for row in rows), default=None),
    )


def sold_between(*, shop_id: UUID, start: datetime, end: datetime) -> SoFar:
    """Exact to the second; for spans of a day or so."""
    [row] = _fetch(SO_FAR, shop_id=shop_id, start=start, end=end)
    return SoFar(*row)


def waiting_orders(*, shop_id: UUID, now: datetime, late_after: timedelta) -> Waiting:
    [row] = _fetch(WAITING, shop_id=shop_id, late=now - late_after, most=MOST_COUNTED)
    return Waiting(*row)


def best_products_of(
    *, shop_id: UUID, start: datetime, end: datetime, most: int
) -> list[ProductRow]:
    """start, end: borders of UTC days, which the products' rollup knows."""
    return _products(BEST, shop_id, start, end, most)


def slow_products_of(
    *, shop_id: UUID, start: datetime, end: datetime, most: int
) -> list[ProductRow]:
    return _products(SLOW, shop_id, start, end, most)


def low_stock_of(*, shop_id: UUID, most: int) -> list[LowStock]:
    rows = _fetch(LOW_STOCK, shop_id=shop_id, most=most)
    return [LowStock(*row) for row in rows]


def _products(
    sql: str, shop_id: UUID, start: datetime, end: datetime, most: int
) -> list[ProductRow]:
    rows = _fetch(sql, shop_id=shop_id, start=start, end=end, most=most)
    return [ProductRow(*row) for row in rows]


def _fetch(sql: str, **values: Any) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()
