"""Reads over the rollups and the rows they are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Max, Min, Sum

from analytics.models import RollupMark, RollupRun, SalesMetrics
from shop.partitions.windows import as_instant

# Each of these is one look at the end of an index.
EXTENT = """
SELECT min(moment), max(moment) FROM (
    SELECT min(event_time) FROM orders UNION ALL SELECT max(event_time) FROM orders
    UNION ALL SELECT min(event_time) FROM payments
    UNION ALL SELECT max(event_time) FROM payments
    UNION ALL SELECT min(processed_at) FROM refunds
    UNION ALL SELECT max(processed_at) FROM refunds
    UNION ALL SELECT min(event_time) FROM order_returns
    UNION ALL SELECT max(event_time) FROM order_returns
    UNION ALL SELECT min(event_time) FROM product_reviews
    UNION ALL SELECT max(event_time) FROM product_reviews
    UNION ALL SELECT min(created_at) FROM inventory_logs
    UNION ALL SELECT max(created_at) FROM inventory_logs
    UNION ALL SELECT min(changed_at) FROM price_history
    UNION ALL SELECT max(changed_at) FROM price_history
    UNION ALL SELECT min(period_start) FROM rollup_runs
    UNION ALL SELECT max(period_start) FROM rollup_runs
) AS extent(moment)
"""


def extent_of_data() -> tuple[datetime, datetime] | None:
    """The first and the last instant that any figure speaks of; None when there is none."""
    with connection.cursor() as cursor:
        cursor.execute(EXTENT)
        first, last = cursor.fetchone()
    return None if first is None else (first, last)


# ------------------------------------------------------------------ the dashboard
Span = tuple[date, date]


@dataclass(frozen=True)
class Currency:
    """A currency that something was sold in, from the first day to the last."""

    code: str
    first: date
    last: date


@dataclass(frozen=True)
class Freshness:
    """When a figure was last computed, and whether changes wait to be."""

    at: datetime | None
    is_behind: bool

    @property
    def stamp(self) -> str:
        return self.at.isoformat() if self.at else ""


@dataclass(frozen=True)
class Day:
    """One UTC day of the market in one currency."""

    date: date
    revenue: Decimal
    orders: int
    refunds: Decimal


@dataclass(frozen=True)
class Best:
    """A shop or a product: revenue of the period and of the one it is compared with."""

    key: UUID
    name: str
    revenue: Decimal
    count: int
    before: Decimal


def selling_currencies() -> list[Currency]:
    """The currencies of all sales, the one with the most orders first."""
    found = (
        SalesMetrics.objects.values("currency")
        .annotate(first=Min("date"), last=Max("date"), orders=Sum("order_count"))
        .order_by("-orders", "currency")
    )
    return [Currency(row["currency"], row["first"], row["last"]) for row in found]


def freshness() -> Freshness:
    at = RollupRun.objects.aggregate(at=Max("finished_at"))["at"]
    return Freshness(at, RollupMark.objects.exists())


def _hull(span: Span, other: Span | None) -> Span:
    return span if other is None else (min(span[0], other[0]), max(span[1], other[1]))


def _fetch(query: str, params: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return list(cursor.fetchall())


def _params(currency: str, span: Span, other: Span | None) -> dict[str, Any]:
    """Both spans as instants; without another one, an empty one stands for it."""
    other = other or (span[0], span[0])
    first, last = _hull(span, other)
    names = ("start", "end", "start_before", "end_before", "first", "last")
    moments = [as_instant(day) for day in (*span, *other, first, last)]
    return {"currency": currency, **dict(zip(names, moments, strict=True))}


def days_between(
    currency: str, span: Span, other: Span | None
) -> tuple[list[Day], list[Day]]:
    """The days with sales or refunds of a span, and of the one it is compared with."""
    rows = _fetch(
        """
        SELECT date, sum(sales), sum(orders), sum(refunds) FROM (
            SELECT date, total_sales AS sales, order_count AS orders, 0 AS refunds
              FROM sales_metrics
             WHERE currency = %(currency)s
               AND date >= %(first)s::date AND date < %(last)s::date
            UNION ALL
            SELECT (event_time AT TIME ZONE 'UTC')::date, 0, 0, sum(refund_value)
              FROM shop_metrics_daily
             WHERE currency = %(currency)s AND refund_value > 0
               AND event_time >= %(first)s AND event_time < %(last)s
             GROUP BY 1) AS day
         GROUP BY date ORDER BY date
        """,
        _params(currency, span, other),
    )
    days = [Day(*row) for row in rows]
    ours = [day for day in days if span[0] <= day.date < span[1]]
    if other is None:
        return ours, []
    return ours, [day for day in days if other[0] <= day.date < other[1]]


def customers_between(currency: str, span: Span, other: Span | None) -> tuple[int, int]:
    """Different customers of a span, and of the one it is compared with; exact."""
    query = """
        SELECT count(DISTINCT customer) FROM shop_metrics_daily
         CROSS JOIN unnest(customer_sketch) AS customer
         WHERE currency = %(currency)s
           AND event_time >= %(start)s AND event_time < %(end)s
    """
    now = _fetch(query, _params(currency, span, None))[0][0]
    if other is None:
        return now, 0
    return now, _fetch(query, _params(currency, other, None))[0][0]


def best_shops(currency: str, span: Span, other: Span | None, most: int) -> list[Best]:
    """The shops with the most revenue, and their orders."""
    rows = _fetch(
        """
        SELECT best.shop_id, shop.name, best.revenue, best.orders, coalesce(best.before, 0)
          FROM (SELECT shop_id,
                       sum(revenue) FILTER (WHERE event_time >= %(start)s
                                              AND event_time < %(end)s) AS revenue,
                       sum(order_count) FILTER (WHERE event_time >= %(start)s
                                                  AND event_time < %(end)s) AS orders,
                       sum(revenue) FILTER (WHERE event_time >= %(start_before)s
                                              AND event_time < %(end_before)s) AS before
                  FROM shop_metrics_daily
                 WHERE currency = %(currency)s
                   AND event_time >= %(first)s AND event_time < %(last)s
                 GROUP BY shop_id) AS best
          JOIN shops AS shop ON shop.id = best.shop_id
         WHERE best.revenue > 0
         ORDER BY best.revenue DESC, shop.name LIMIT %(most)s
        """,
        _params(currency, span, other) | {"most": most},
    )
    return [Best(*row) for row in rows]


def _whole_months(span: Span) -> Span:
    """The months that lie wholly in the span; an empty span at its end where none does."""
    first = span[0].replace(day=1)
    if first < span[0]:
        first = (first + timedelta(days=32)).replace(day=1)
    last = span[1].replace(day=1)
    return (first, last) if first < last else (span[1], span[1])


def best_products(
    currency: str, span: Span, other: Span | None, most: int
) -> list[Best]:
    """The products with the most revenue, and the units sold.

    Whole months come from their sums, the days around them from the daily rows.
    """
    first_month, last_month = _whole_months(span)
    rows = _fetch(
        """
        WITH best AS MATERIALIZED (
            SELECT product_id, sum(total_revenue) AS revenue, sum(total_units) AS units
              FROM (SELECT product_id, total_revenue, total_units
                      FROM sales_aggregates_monthly
                     WHERE currency = %(currency)s
                       AND month >= %(first_month)s AND month < %(last_month)s
                    UNION ALL
                    SELECT product_id, total_revenue, total_units
                      FROM sales_aggregates_daily
                     WHERE currency = %(currency)s
                       AND date >= %(start)s::date AND date < %(first_month)s
                    UNION ALL
                    SELECT product_id, total_revenue, total_units
                      FROM sales_aggregates_daily
                     WHERE currency = %(currency)s
                       AND date >= %(last_month)s AND date < %(end)s::date) AS part
             GROUP BY product_id
             ORDER BY revenue DESC, product_id LIMIT %(most)s)
        SELECT best.product_id, product.name, best.revenue, best.units, coalesce((
                   SELECT sum(total_revenue) FROM sales_aggregates_daily AS sold
                    WHERE sold.product_id = best.product_id
                      AND sold.date >= %(start_before)s::date
                      AND sold.date <  %(end_before)s::date), 0)
          FROM best
          JOIN products AS product ON product.id = best.product_id
         ORDER BY best.revenue DESC, best.product_id
        """,
        _params(currency, span, other)
        | {"most": most, "first_month": first_month, "last_month": last_month},
    )
    return [Best(*row) for row in rows]
