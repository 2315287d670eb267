"""A shop's day and its numbers, behind its counter."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from analytics import shop_board
from analytics.queries import shops as queries
from orders.queries.first_steps import first_steps
from shop.models import Shop
from users.counter import Seller, seller_view
from users.rights import Right

RANGES = {"7": 7, "30": 30, "90": 90, "365": 365}
DEFAULT_RANGE = "30"
SHOWN = 10
WEEK = timedelta(days=7)
# Whoever paid so long ago asks where it is.
LATE_AFTER = timedelta(days=2)


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
    start, end, asked = _period(request, shop)
    span = end - start
    days = _days(shop, start, end)
    utc: dict[str, Any] = {"start": _utc(start), "end": _utc(end), "most": SHOWN}
    context = {
        "shop": shop,
        "ranges": list(RANGES),
        "asked": asked,
        "start": start,
        "last": end - timedelta(days=1),
        "computed_at": days.computed_at,
        "figures": shop_board.figures(
            days, _days(shop, start - span, start), shop.currency
        ),
        "bars": shop_board.bars(days.days, shop.currency),
        "days": days.days,
        "best": queries.best_products_of(shop_id=shop.pk, **utc),
        "slow": queries.slow_products_of(shop_id=shop.pk, **utc),
    }
    return render(request, "analytics/sell_numbers.html", context)


@require_safe
@seller_view(Right.SEE_NUMBERS)
def numbers_csv(request: HttpRequest, seller: Seller) -> HttpResponse:
    """The days of the page, as a sheet."""
    shop = seller.shop
    start, end, _asked = _period(request, shop)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"{shop.slug}-{start}-{end - timedelta(days=1)}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    sheet = csv.writer(response)
    sheet.writerow(
        ["day", "orders", "revenue", "items", "refunded", "promoted_orders",
         "promoted_revenue", "currency"]
    )  # fmt: skip
    for day in _days(shop, start, end).days:
        sheet.writerow(
            [day.day, day.orders, day.revenue, day.items, day.refunded,
             day.promoted_orders, day.promoted_revenue, shop.currency]
        )  # fmt: skip
    return response


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
        "month": days,
    }


def _period(request: HttpRequest, shop: Shop) -> tuple[date, date, str]:
    """Up to today, included."""
    asked = request.GET.get("days", DEFAULT_RANGE)
    if asked not in RANGES:
        asked = DEFAULT_RANGE
    today = timezone.now().astimezone(ZoneInfo(shop.timezone)).date()
    end = today + timedelta(days=1)
    return end - timedelta(days=RANGES[asked]), end, asked


def _days(shop: Shop, start: date, end: date) -> queries.ShopDays:
    return queries.shop_days(
        shop_id=shop.pk, zone=ZoneInfo(shop.timezone), start=start, end=end
    )


def _utc(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
