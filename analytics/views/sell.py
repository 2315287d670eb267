"""A shop's day and its numbers, behind its counter."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from analytics import shop_board
from analytics.queries import promotions as promotion_queries
from analytics.queries import shops as queries
from orders.models import Promotion
from orders.queries.first_steps import first_steps
from shop.models import Shop
from users.counter import Seller, seller_view
from users.rights import Right

SHOWN = 10
# Of a promotion, in its table.
DAYS_SHOWN = 30
WEEK = timedelta(days=7)
# Whoever paid so long ago asks where it is.
LATE_AFTER = timedelta(days=2)
# What a spreadsheet would take for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@require_safe
@seller_view(Right.SEE_SHOP)
def home(request: HttpRequest, seller: Seller) -> HttpResponse:
    """Where a day behind the counter begins: what waits, and how today goes."""
    shop, now = seller.shop, timezone.now()
    zone = ZoneInfo(shop.timezone)
    context: dict[str, Any] = {
        "shop": shop,
        "now": now.astimezone(zone),
        "check_list": first_steps(shop=shop),
        "waiting": queries.waiting_orders(
            shop_id=shop.pk, now=now, late_after=LATE_AFTER
        ),
        "low_stock": queries.low_stock_of(shop_id=shop.pk, most=SHOWN),
    }
    if seller.may(Right.SEE_NUMBERS):
        context |= _today(shop, now, zone)
    return render(request, "analytics/sell_home.html", context)


@require_safe
@seller_view(Right.SEE_NUMBERS)
def numbers(request: HttpRequest, seller: Seller) -> HttpResponse:
    """A period of whole days of the shop's clock, beside the one before it."""
    shop = seller.shop
    period = _period(request, shop)
    start, end = period.start, period.end
    days = _days(shop, start, end)
    promotions = promotion_queries.best_promotions_of(
        shop_id=shop.pk, start=start, end=end, most=SHOWN + 1
    )
    utc: dict[str, Any] = {"start": _utc(start), "end": _utc(end), "most": SHOWN}
    context = {
        "shop": shop,
        "ranges": list(shop_board.RANGES),
        "asked": period.asked,
        "start": start,
        "last": period.last,
        "computed_at": days.computed_at,
        "figures": shop_board.figures(
            days, _days(shop, start - (end - start), start), shop.currency
        ),
        "bars": shop_board.bars(days.days, shop.currency),
        "days": days.days,
        "promotions": promotions[:SHOWN],
        "has_more_promotions": len(promotions) > SHOWN,
        "best": queries.best_products_of(shop_id=shop.pk, **utc),
        "slow": queries.slow_products_of(shop_id=shop.pk, **utc),
    }
    return render(request, "analytics/sell_numbers.html", context)


@require_safe
@seller_view(Right.SEE_NUMBERS)
def numbers_csv(request: HttpRequest, seller: Seller) -> HttpResponse:
    """The days of the page, as a sheet."""
    shop = seller.shop
    period = _period(request, shop)
    response = _file(f"{shop.slug}-{period.start}-{period.last}.csv")
    sheet = csv.writer(response)
    sheet.writerow(
        ["day", "orders", "revenue", "items", "refunded", "promoted_orders",
         "promoted_revenue", "currency"]
    )  # fmt: skip
    for day in _days(shop, period.start, period.end).days:
        sheet.writerow(
            [day.day, day.orders, day.revenue, day.items, day.refunded,
             day.promoted_orders, day.promoted_revenue, shop.currency]
        )  # fmt: skip
    return response


@require_safe
@seller_view(Right.SEE_NUMBERS)
def promotions_csv(request: HttpRequest, seller: Seller) -> HttpResponse:
    """The promotions of the page, with those that it has no room for."""
    shop = seller.shop
    period = _period(request, shop)
    response = _file(f"{shop.slug}-promotions-{period.start}-{period.last}.csv")
    sheet = csv.writer(response)
    sheet.writerow(["promotion", "orders", "discount", "revenue", "currency"])
    for row in promotion_queries.best_promotions_of(
        shop_id=shop.pk,
        start=period.start,
        end=period.end,
        most=shop_board.MOST_PROMOTIONS,
    ):
        name = f"'{row.name}" if row.name.startswith(FORMULA) else row.name
        sheet.writerow([name, row.orders, row.discount, row.revenue, shop.currency])
    return response


@never_cache
@require_safe
@seller_view(Right.PROMOTE)
def promotion_results(
    request: HttpRequest, seller: Seller, promotion_id: UUID
) -> HttpResponse:
    """What a promotion brought in; asked by HTMX, that part alone."""
    found = get_object_or_404(Promotion, pk=promotion_id, shop=seller.shop)
    results = promotion_queries.promotion_results(promotion_id=found.pk)
    context = {
        "promotion": found,
        "shop": seller.shop,
        "results": results,
        "days": results.days[:DAYS_SHOWN],
    }
    is_part = request.headers.get("HX-Request")
    name = "_sell_promotion_results" if is_part else "sell_promotion_results"
    return render(request, f"analytics/{name}.html", context)


def _today(shop: Shop, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """Today so far, against the same weekday up to the same minute."""
    day = now.astimezone(zone).date()
    today = queries.sold_between(
        shop_id=shop.pk, start=queries.midnight(day, zone), end=now
    )
    before = queries.sold_between(
        shop_id=shop.pk, start=queries.midnight(day - WEEK, zone), end=now - WEEK
    )
    days = _days(shop, day - timedelta(days=29), day + timedelta(days=1))
    return {
        "today": today,
        "revenue_change": shop_board.change(today.revenue, before.revenue),
        "orders_change": shop_board.change(today.orders, before.orders),
        "bars": shop_board.bars(days.days, shop.currency),
        # Of a shop that has sold nothing there is nothing to draw.
        "month": days if any(one.revenue for one in days.days) else None,
    }


def _file(name: str) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _period(request: HttpRequest, shop: Shop) -> shop_board.Period:
    return shop_board.period_of(
        asked=request.GET.get("days", ""),
        zone=ZoneInfo(shop.timezone),
        now=timezone.now(),
    )


def _days(shop: Shop, start: date, end: date) -> queries.ShopDays:
    return queries.shop_days(
        shop_id=shop.pk, zone=ZoneInfo(shop.timezone), start=start, end=end
    )


def _utc(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
