from datetime import date

import pytest

from analytics.models import CalendarDay
from analytics.services.calendar import AHEAD, extend_calendar, fill_calendar
from tests.factories.shop import ShopFactory

pytestmark = pytest.mark.django_db
TODAY = date(2030, 3, 1)


def test_a_day_knows_its_week_and_its_holidays(settings):
    settings.MARKET_COUNTRY = "KE"
    ShopFactory(country="GB")
    ShopFactory(country="XX")

    fill_calendar(first=date(2029, 12, 31), last=date(2030, 12, 26))

    new_year = CalendarDay.objects.get(date="2030-01-01")
    assert (new_year.year, new_year.month, new_year.day) == (2030, 1, 1)
    assert (new_year.day_of_week, new_year.week_of_year) == (2, 1)
    assert (new_year.is_weekend, new_year.is_holiday) == (False, True)
    assert new_year.holiday_countries == ["GB", "KE"]
    jamhuri = CalendarDay.objects.get(date="2030-12-12")
    assert (jamhuri.is_holiday, jamhuri.holiday_countries) == (True, ["KE"])
    saturday = CalendarDay.objects.get(date="2030-01-05")
    assert (saturday.is_weekend, saturday.is_holiday) == (True, False)


def test_it_reaches_from_the_first_day_to_a_year_ahead_and_only_once():
    first = date(2029, 5, 1)

    written = extend_calendar(first=first, last=TODAY)

    assert written == (TODAY + AHEAD - first).days + 1
    assert extend_calendar(first=first, last=TODAY) == 0
    assert extend_calendar(first=date(2029, 4, 30), last=TODAY) == written + 1


def test_filling_again_follows_the_shops_countries(settings):
    settings.MARKET_COUNTRY = "KE"
    day = date(2030, 7, 4)
    fill_calendar(first=day, last=day)
    ShopFactory(country="US")

    fill_calendar(first=day, last=day)

    assert CalendarDay.objects.get().holiday_countries == ["US"]
    assert not CalendarDay.objects.get().is_holiday
