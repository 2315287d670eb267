"""The calendar, `dim_time`: weekdays, weeks and public holidays of the market's days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import holidays
from django.conf import settings
from django.db import transaction
from django.db.models import Max, Min

from analytics.models import CalendarDay
from shop.models import Shop

AHEAD = timedelta(days=366)
SATURDAY = 6
BATCH = 1000


def market_countries() -> list[str]:
    """The market's own country, and those where its shops are; ISO 3166-1 alpha-2."""
    shops = Shop.objects.exclude(country="").values_list("country", flat=True)
    return sorted({settings.MARKET_COUNTRY, *shops.distinct()})


def _holidays(countries: list[str], years: range) -> dict[str, holidays.HolidayBase]:
    """Public holidays by country; countries the library does not know have none."""
    known = holidays.list_supported_countries()
    return {
        country: holidays.country_holidays(country, years=years)
        for country in countries
        if country in known
    }


def _days(first: date, last: date, countries: list[str]) -> Iterator[CalendarDay]:
    by_country = _holidays(countries, range(first.year, last.year + 1))
    day = first
    while day <= last:
        free = [country for country, days in by_country.items() if day in days]
        yield CalendarDay(
            date=day,
            year=day.year,
            month=day.month,
            day=day.day,
            day_of_week=day.isoweekday(),
            week_of_year=day.isocalendar().week,
            is_weekend=day.isoweekday() >= SATURDAY,
            is_holiday=settings.MARKET_COUNTRY in free,
            holiday_countries=free,
        )
        day += timedelta(days=1)


@transaction.atomic
def fill_calendar(*, first: date, last: date) -> int:
    """Write the days from `first` to `last`, both included; how many. May be repeated."""
    days = list(_days(first, last, market_countries()))
    names = [field.name for field in CalendarDay._meta.fields if not field.primary_key]
    CalendarDay.objects.bulk_create(
        days,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["date"],
        update_fields=names,
    )
    return len(days)


def extend_calendar(*, first: date, last: date) -> int:
    """Make the calendar reach from `first`, or earlier, to a year after `last`.

    Does nothing when it does already; else all its days are written anew, because the
    shops' countries may have changed. How many days were written.
    """
    there = CalendarDay.objects.aggregate(first=Min("date"), last=Max("date"))
    wanted = last + AHEAD
    if there["first"] and there["first"] <= first and there["last"] >= wanted:
        return 0
    return fill_calendar(
        first=min(first, there["first"] or first),
        last=max(wanted, there["last"] or wanted),
    )
