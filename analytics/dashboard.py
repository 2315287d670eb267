"""The operator's dashboard on the admin's home: what is asked, and how it is drawn."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.cache import cache
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest
from django.utils import formats, timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from analytics.queries.market import (
    Best,
    Currency,
    Day,
    best_products,
    best_shops,
    customers_between,
    days_between,
    freshness,
    selling_currencies,
)
from shop.admin.columns import page_of
from shop.money import format_money

RANGES = {"7": 7, "30": 30, "90": 90, "year": 365}
RANGE_CHOICES = [
    ("7", _("7 days")),
    ("30", _("30 days")),
    ("90", _("90 days")),
    ("year", _("One year")),
    ("all", _("Everything")),
    ("custom", _("From … to …")),
]
COMPARE_CHOICES = [
    ("before", _("the period before")),
    ("year", _("the same days a year ago")),
    ("none", _("nothing")),
]
DEFAULT_RANGE = "30"
# How long a range may be for bars of days, of weeks, of months; longer ones show years.
MOST_DAYS, MOST_WEEKS, MOST_MONTHS = 92, 371, 3_700
# Sales are not older; so a mistyped year is refused, not drawn as two thousand bars.
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2199, 12, 31)
WITHIN = (
    MinValueValidator(FIRST_DAY, _("Give a day from 1970 on.")),
    MaxValueValidator(LAST_DAY, _("Give a day before 2200.")),
)
BEST = 8
CACHE_S = 60 * 60
# Currencies whose figures are kept ready, those with the most orders.
MOST_WARM = 3
WIDTH, HEIGHT = 720, 200
# Of a power of ten.
TOPS = [Decimal(top) for top in ("1", "1.5", "2", "2.5", "3", "4", "5", "6", "8", "10")]
NOTHING = Day(date.min, Decimal(0), 0, Decimal(0))


class DashboardForm(forms.Form):
    """What of the market to show. Dates are UTC days, both included."""

    range = forms.ChoiceField(label=_("Range"), choices=RANGE_CHOICES, required=False)
    start = forms.DateField(
        label=_("From"),
        required=False,
        validators=WITHIN,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    end = forms.DateField(
        label=_("To"),
        required=False,
        validators=WITHIN,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    compare = forms.ChoiceField(
        label=_("Compared with"), choices=COMPARE_CHOICES, required=False
    )
    currency = forms.ChoiceField(label=_("Currency"), required=False)

    def __init__(self, data: Any, currencies: Sequence[Currency]) -> None:
        # What was not asked for takes its usual value, so that the form shows it.
        usual = {"range": DEFAULT_RANGE, "compare": "before"}
        if currencies:
            usual["currency"] = currencies[0].code
        asked = {name: data[name] for name in self.base_fields if data.get(name)}
        if {"start", "end"} <= asked.keys() and "range" not in asked:
            usual["range"] = "custom"
        super().__init__({**usual, **asked})
        self.fields["currency"].choices = [  # type: ignore[attr-defined]
            (found.code, found.code) for found in currencies
        ]

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or self.cleaned_data
        if asked.get("range") == "custom":
            start, end = asked.get("start"), asked.get("end")
            if self.errors:
                return asked
            if not start or not end:
                raise forms.ValidationError(_("Give both days of the range."))
            if start > end:
                raise forms.ValidationError(_("The first day comes before the last."))
        return asked


@dataclass(frozen=True)
class Period:
    """UTC days, `[start, end)`."""

    start: date
    end: date

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    @property
    def last(self) -> date:
        return self.end - timedelta(days=1)

    def __str__(self) -> str:
        first = formats.date_format(self.start, "j M Y")
        last = formats.date_format(self.last, "j M Y")
        return first if self.days == 1 else f"{first} – {last}"


@dataclass(frozen=True)
class Tile:
    """One figure, and how it stands to the one it is compared with."""

    label: Any
    value: str
    change: str
    before: str
    direction: str


@dataclass(frozen=True)
class Bar:
    """One period of a chart: its words for the table, and its shape."""

    label: str
    value: str
    before: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Chart:
    """Bars of the period, a line of the one it is compared with; a table of both."""

    title: Any
    total: str
    top: str
    peak: Bar | None
    bars: list[Bar]
    line: str
    first: str
    middle: str
    last: str


# ------------------------------------------------------------------ periods
def _asked_period(
    asked: dict[str, Any], currency: Currency, today: date
) -> tuple[Period, str]:
    """The range, and a sentence where it is not the one before today."""
    tomorrow = today + timedelta(days=1)
    if asked["range"] == "custom":
        return Period(asked["start"], asked["end"] + timedelta(days=1)), ""
    if asked["range"] == "all":
        return Period(currency.first, currency.last + timedelta(days=1)), ""
    days = timedelta(days=RANGES[asked["range"] or DEFAULT_RANGE])
    if currency.last >= tomorrow - days:
        return Period(tomorrow - days, tomorrow), ""
    end = currency.last + timedelta(days=1)
    last = formats.date_format(currency.last, "j F Y")
    return Period(end - days, end), gettext(
        "Nothing was sold in %(currency)s in the %(days)s days to today; these are the"
        " %(days)s days to the last sale, on %(last)s."
    ) % {"currency": currency.code, "days": days.days, "last": last}


def _compared_period(period: Period, asked: dict[str, Any]) -> Period | None:
    compare = asked["compare"]
    # Before everything there is nothing.
    if compare == "none" or (compare == "before" and asked["range"] == "all"):
        return None
    # 52 weeks: a Monday stands against a Monday.
    back = timedelta(days=364 if compare == "year" else period.days)
    return Period(period.start - back, period.end - back)


# ------------------------------------------------------------------ figures
def _change(now: Decimal | int, before: Decimal | int) -> tuple[str, str]:
    """A change in words and as a direction: never by colour alone."""
    if before == now:
        return gettext("no change"), "same"
    if not before:
        return gettext("none before"), "up"
    percent = abs((Decimal(now) - Decimal(before)) / Decimal(before) * 100)
    percent = percent.quantize(Decimal("0.1"))
    figure = {"figure": formats.number_format(percent, 1, force_grouping=True)}
    if now > before:
        return gettext("▲ %(figure)s %% more") % figure, "up"
    return gettext("▼ %(figure)s %% less") % figure, "down"


def _tile(label: Any, now: Any, before: Any, show: Any, *, is_compared: bool) -> Tile:
    change, direction = _change(now, before) if is_compared else ("", "same")
    was = gettext("%(value)s before") % {"value": show(before)} if is_compared else ""
    return Tile(label, show(now), change, was, direction)


def _count(number: int) -> str:
    return str(formats.number_format(number, 0, force_grouping=True))


def _tiles(
    days: list[Day],
    earlier: list[Day],
    customers: tuple[int, int],
    currency: str,
    *,
    is_compared: bool,
) -> list[Tile]:
    def money(amount: Decimal) -> str:
        return format_money(amount, currency)

    def total(rows: list[Day], name: str) -> Any:
        return sum((getattr(row, name) for row in rows), type(getattr(NOTHING, name))())

    def average(rows: list[Day]) -> Decimal:
        orders = total(rows, "orders")
        return Decimal(total(rows, "revenue")) / orders if orders else Decimal(0)

    figures = [
        (_("Revenue"), total(days, "revenue"), total(earlier, "revenue"), money),
        (_("Orders"), total(days, "orders"), total(earlier, "orders"), _count),
        (_("Average order"), average(days), average(earlier), money),
        (_("Customers"), *customers, _count),
        (_("Refunds"), total(days, "refunds"), total(earlier, "refunds"), money),
    ]
    return [
        _tile(label, now, before, show, is_compared=is_compared)
        for label, now, before, show in figures
    ]


# ------------------------------------------------------------------ charts
def _buckets(period: Period) -> list[Period]:
    """Days, weeks, months or years of the period, as many as a chart has room for."""
    step = 1 if period.days <= MOST_DAYS else 7
    found, start = [], period.start
    while start < period.end:
        if period.days > MOST_MONTHS:
            following = date(start.year + 1, 1, 1)
        elif period.days > MOST_WEEKS:
            following = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
        else:
            following = start + timedelta(days=step)
        found.append(Period(start, min(following, period.end)))
        start = following
    return found


def _label(bucket: Period, period: Period) -> str:
    if period.days > MOST_MONTHS:
        return str(bucket.start.year)
    if period.days > MOST_WEEKS:
        return formats.date_format(bucket.start, "M Y")
    return formats.date_format(bucket.start, "j M" if period.days < 365 else "j M Y")


def _sums(days: list[Day], name: str, buckets: list[Period]) -> list[Any]:
    """What the days of each bucket add up to; the buckets follow on each other."""
    starts, sums = [bucket.start for bucket in buckets], [0] * len(buckets)
    for day in days:
        sums[bisect_right(starts, day.date) - 1] += getattr(day, name)
    return sums


def _round_top(value: Decimal) -> Decimal:
    """The next round figure, whose half is one too."""
    if value <= 0:
        return Decimal(1)
    power = Decimal(10) ** (value.adjusted())
    return next(step * power for step in TOPS if step * power >= value)


def _chart(
    title: Any,
    name: str,
    days: list[Day],
    earlier: list[Day],
    period: Period,
    compared: Period | None,
    show: Any,
) -> Chart:
    buckets = _buckets(period)
    now = _sums(days, name, buckets)
    before: list[Any] = []
    if compared is not None:
        back = period.start - compared.start
        moved = [Period(each.start - back, each.end - back) for each in buckets]
        before = _sums(earlier, name, moved)
    top = _round_top(Decimal(max([*now, *before, 0])))
    slot = WIDTH / max(len(buckets), 1)

    def height(value: Any) -> float:
        return round(float(max(Decimal(value), Decimal(0)) / top) * HEIGHT, 2)

    bars = [
        Bar(
            label=_label(bucket, period),
            value=show(value),
            before=show(before[index]) if before else "",
            x=round(index * slot + slot * 0.12, 2),
            y=round(HEIGHT - height(value), 2),
            width=round(slot * 0.76, 2),
            height=height(value),
        )
        for index, (bucket, value) in enumerate(zip(buckets, now, strict=True))
    ]
    points = [
        f"{(index + 0.5) * slot:.2f},{HEIGHT - height(value):.2f}"
        for index, value in enumerate(before)
    ]
    highest = max(range(len(now)), key=lambda index: now[index])
    return Chart(
        title=title,
        total=show(sum(now)),
        top=show(top),
        peak=bars[highest] if now[highest] else None,
        bars=bars,
        line=" ".join(points),
        first=bars[0].label,
        middle=bars[len(bars) // 2].label if len(bars) > 2 else "",
        last=bars[-1].label if len(bars) > 1 else "",
    )


@dataclass(frozen=True)
class Ranked:
    """A row of a table of the best: `share` is of the first, from 0 to 100."""

    name: str
    link: str
    value: str
    count: str
    change: str
    direction: str
    share: float


def _ranked(
    rows: list[Best], label: str, currency: str, *, is_compared: bool
) -> list[Ranked]:
    most = max((row.revenue for row in rows), default=Decimal(0))
    ranked = []
    for row in rows:
        change, direction = (
            _change(row.revenue, row.before) if is_compared else ("", "same")
        )
        ranked.append(
            Ranked(
                name=row.name,
                link=page_of(label, row.key) or "",
                value=format_money(row.revenue, currency),
                count=_count(row.count),
                change=change,
                direction=direction,
                share=round(float(row.revenue / most) * 100, 1) if most > 0 else 0.0,
            )
        )
    return ranked


# ------------------------------------------------------------------ the page
def _board(period: Period, compared: Period | None, currency: str) -> dict[str, Any]:
    """All figures of the page; they change only when a rollup writes."""
    spans = (
        (period.start, period.end),
        (compared.start, compared.end) if compared else None,
    )
    days, earlier = days_between(currency, *spans)

    def money(amount: Any) -> str:
        return format_money(Decimal(amount), currency)

    def chart(title: Any, name: str, show: Any) -> Chart:
        return _chart(title, name, days, earlier, period, compared, show)

    customers = customers_between(currency, *spans)
    is_compared = compared is not None
    return {
        "tiles": _tiles(days, earlier, customers, currency, is_compared=is_compared),
        "charts": [
            chart(_("Revenue"), "revenue", money),
            chart(_("Orders"), "orders", _count),
        ],
        "tables": [
            {
                "title": _("Best shops"),
                "noun": _("Shop"),
                "unit": _("Orders"),
                "rows": _ranked(
                    best_shops(currency, *spans, BEST),
                    "shop.shop",
                    currency,
                    is_compared=is_compared,
                ),
            },
            {
                "title": _("Best products"),
                "noun": _("Product"),
                "unit": _("Units"),
                "rows": _ranked(
                    best_products(currency, *spans, BEST),
                    "catalog.product",
                    currency,
                    is_compared=is_compared,
                ),
            },
        ],
    }


def may_see(request: HttpRequest) -> bool:
    """Whoever may see the market's daily figures may see the dashboard."""
    return request.user.has_perm("analytics.view_salesmetrics")


def callback(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the admin's home shows beside its list of pages; reads the rollups alone."""
    if may_see(request):
        context["board"] = dashboard(request.GET, now=timezone.now())
    return context


def dashboard(asked: Any, *, now: datetime) -> dict[str, Any]:
    """The page's words and figures for what was asked (`DashboardForm`'s fields)."""
    currencies = selling_currencies()
    form = DashboardForm(asked, currencies)
    fresh = freshness()
    board: dict[str, Any] = {"form": form, "fresh": fresh, "currencies": currencies}
    if not currencies or not form.is_valid():
        return board
    chosen = form.cleaned_data
    currency = next(each for each in currencies if each.code == chosen["currency"])
    today = now.astimezone(UTC).date()
    period, note = _asked_period(chosen, currency, today)
    compared = _compared_period(period, chosen)
    days = [period.start, period.end]
    days += [compared.start, compared.end] if compared else []
    # Amounts and months are kept as the reader's language writes them.
    parts = [currency.code, *days, get_language(), fresh.stamp]
    key = ":".join(["board", *map(str, parts)])
    figures = cache.get(key)
    if figures is None:
        figures = _board(period, compared, currency.code)
        cache.set(key, figures, CACHE_S)
    return (
        board
        | figures
        | {
            "currency": currency.code,
            "period": str(period),
            "compared": str(compared) if compared else "",
            "note": note,
        }
    )


def warm_dashboards(*, now: datetime) -> None:
    """Keep the usual ranges ready, so that nobody waits for the sums; after a rollup."""
    for currency in selling_currencies()[:MOST_WARM]:
        for name in (*RANGES, "all"):
            dashboard({"range": name, "currency": currency.code}, now=now)
