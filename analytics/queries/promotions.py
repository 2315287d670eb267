"""What promotions brought in, from the rollup of their UTC days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from analytics.models import Conversion, ConversionSource

# Grain: promotion. Money in the shop's currency.
BEST = """
SELECT promotion.id, promotion.name, sum(day.conversions), sum(day.revenue),
       sum(day.discount)
  FROM promotions AS promotion
  JOIN fact_conversions AS day ON day.source_id = promotion.id
 WHERE promotion.shop_id = %(shop_id)s AND day.source_type = 'promotion'
   AND day.date >= %(start)s AND day.date < %(end)s
 GROUP BY promotion.id ORDER BY 4 DESC, 3 DESC, 1 LIMIT %(most)s
"""


@dataclass(frozen=True)
class PromotionRow:
    """Of the orders that used it: how many, what was paid for them, what it took off."""

    id: UUID
    name: str
    orders: int
    revenue: Decimal
    discount: Decimal


@dataclass(frozen=True)
class PromotionDay:
    """A UTC day on which somebody used it."""

    day: date
    orders: int
    revenue: Decimal
    discount: Decimal


@dataclass(frozen=True)
class PromotionResults:
    """All days that are kept, the latest first.

    Cancelled orders count as never placed; what was given back since is not taken away.
    """

    days: list[PromotionDay]

    @property
    def orders(self) -> int:
        return sum(day.orders for day in self.days)

    @property
    def revenue(self) -> Decimal:
        return sum((day.revenue for day in self.days), Decimal(0))

    @property
    def discount(self) -> Decimal:
        return sum((day.discount for day in self.days), Decimal(0))

    @property
    def average(self) -> Decimal:
        """An order's worth."""
        return self.revenue / self.orders if self.orders else Decimal(0)


def best_promotions_of(
    *, shop_id: UUID, start: date, end: date, most: int
) -> list[PromotionRow]:
    """Of the UTC days [start, end): what brought in the most comes first."""
    values: dict[str, Any] = {
        "shop_id": shop_id,
        "start": start,
        "end": end,
        "most": most,
    }
    with connection.cursor() as cursor:
        cursor.execute(BEST, values)
        return [PromotionRow(*row) for row in cursor.fetchall()]


def promotion_results(*, promotion_id: UUID) -> PromotionResults:
    rows = Conversion.objects.filter(
        source_type=ConversionSource.PROMOTION, source_id=promotion_id
    )
    figures = rows.values_list("date", "conversions", "revenue", "discount")
    return PromotionResults([PromotionDay(*row) for row in figures.order_by("-date")])
