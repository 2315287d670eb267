"""What a shop's pages of numbers show, worked out from what was read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.queries.shops import ShopDay, ShopDays
from shop.money import format_money

WIDTH, HEIGHT = 720, 160
REFUNDS = gettext_lazy("Refunds")
TURNED = {"up": "down", "down": "up"}
RANGES = {"7": 7, "30": 30, "90": 90, "365": 365}
DEFAULT_RANGE = "30"
# In a sheet, or told to a program.
MOST_PROMOTIONS = 1_000


@dataclass(frozen=True)
class Period:
    """Days of the shop's clock, [start, end); asked: of RANGES."""

    start: date
    end: date
    asked: str

    @property
    def last(self) -> date:
        return self.end - timedelta(days=1)


@dataclass(frozen=True)
class Figure:
    """direction: "up", "down", "same" or "new", for the colour; the words say it too.

    Up is good, so of what a shop would rather have less of it is turned round.
    """

    label: str
    value: str
    change: str
    direction: str


@dataclass(frozen=True)
class Bar:
    day: date
    value: str
    x: float
    y: float
    width: float
    height: float


def period_of(*, asked: str, zone: ZoneInfo, now: datetime) -> Period:
    """Up to today, included; the usual one where none of RANGES is asked for."""
    asked = asked if asked in RANGES else DEFAULT_RANGE
    end = now.astimezone(zone).date() + timedelta(days=1)
    return Period(end - timedelta(days=RANGES[asked]), end, asked)


def change(now: Decimal | int, before: Decimal | int) -> tuple[str, str]:
    """In words and as a direction: never by colour alone."""
    if now == before:
        return _("as before"), "same"
    if not before:
        return _("none before"), "new"
    percent = abs((Decimal(now) - Decimal(before)) / Decimal(before) * 100)
    figure = {"figure": formats.number_format(percent, 0, force_grouping=True)}
    if now > before:
        return _("▲ %(figure)s %% more") % figure, "up"
    return _("▼ %(figure)s %% less") % figure, "down"


def figures(now: ShopDays, before: ShopDays, currency: str) -> list[Figure]:
    """Revenue, orders, their mean, refunds: of a period and of the one before it."""

    def money(amount: Any) -> str:
        return format_money(Decimal(amount), currency)

    def mean(days: ShopDays) -> Decimal:
        orders = days.total("orders")
        return Decimal(days.total("revenue")) / orders if orders else Decimal(0)

    made: list[tuple[Any, Any, Any, Callable[[Any], str]]] = [
        (_("Revenue"), now.total("revenue"), before.total("revenue"), money),
        (_("Orders"), now.total("orders"), before.total("orders"), _count),
        (_("Average order"), mean(now), mean(before), money),
        (REFUNDS, now.total("refunded"), before.total("refunded"), money),
        (
            _("Revenue with promotions"),
            now.total("promoted_revenue"),
            before.total("promoted_revenue"),
            money,
        ),
    ]
    found = []
    for label, value, was, show in made:
        words, direction = change(value, was)
        if label is REFUNDS:
            direction = TURNED.get(direction, direction)
        found.append(Figure(str(label), show(value), words, direction))
    return found


def bars(days: Sequence[ShopDay], currency: str) -> list[Bar]:
    """Revenue a day, in a field of WIDTH by HEIGHT; what was lost is no bar."""
    top = max((day.revenue for day in days), default=Decimal(0))
    slot = WIDTH / max(len(days), 1)
    made = []
    for place, day in enumerate(days):
        height = round(float(max(day.revenue, Decimal(0)) / top) * HEIGHT, 2) if top > 0 else 0.0  # fmt: skip
        made.append(
            Bar(
                day=day.day,
                value=format_money(day.revenue, currency),
                x=round(place * slot + slot * 0.1, 2),
                y=round(HEIGHT - height, 2),
                width=round(slot * 0.8, 2),
                height=height,
            )
        )
    return made


def _count(number: Any) -> str:
    return str(formats.number_format(number, 0, force_grouping=True))
