"""Windows of time: aligned in UTC, by age, and never over what is taken."""

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shop.partitions.declaration import Every
from shop.partitions.windows import (
    as_instant,
    free_windows,
    grain_at,
    window_at,
    windows_between,
    windows_by_age,
)
from tests.shop.partition_helpers import NOW

instants = st.datetimes(
    min_value=datetime(2024, 1, 1),
    max_value=datetime(2027, 12, 31),
    timezones=st.just(UTC),
)
spans = st.tuples(instants, st.timedeltas(timedelta(minutes=1), timedelta(days=200)))
# Close together, so that they overlap at different grains.
near_instants = st.datetimes(
    min_value=datetime(2026, 1, 25),
    max_value=datetime(2026, 3, 5),
    timezones=st.just(UTC),
)
near_spans = st.tuples(
    near_instants, st.timedeltas(timedelta(minutes=1), timedelta(days=9))
)
INDIA = timezone(timedelta(hours=5, minutes=30))


@pytest.mark.parametrize(
    ("every", "name"),
    [
        (Every.HOUR, "global_events_p2026_11_20_h19"),
        (Every.DAY, "global_events_p2026_11_20"),
        (Every.MONTH, "global_events_p2026_11"),
    ],
)
def test_window_is_named_by_its_start_in_utc(every, name):
    early_on_the_21st = datetime(2026, 11, 21, 1, 15, tzinfo=INDIA)

    window = window_at(early_on_the_21st, every)

    assert window.child_of("global_events") == name
    assert window.start <= early_on_the_21st < window.end


def test_window_of_an_early_year_has_four_digits():
    window = window_at(datetime(202, 3, 4, tzinfo=UTC), Every.MONTH)

    assert window.child_of("t") == "t_p0202_03"


@pytest.mark.parametrize("month", range(1, 13))
def test_months_follow_each_other(month):
    first = window_at(datetime(2028, month, 1, tzinfo=UTC), Every.MONTH)

    assert window_at(first.end, Every.MONTH).start == first.end
    assert window_at(first.end - timedelta(seconds=1), Every.MONTH) == first


@pytest.mark.parametrize(
    ("moment", "finest", "grain"),
    [
        (datetime(2026, 11, 14, 0, tzinfo=UTC), Every.HOUR, Every.HOUR),
        (datetime(2026, 11, 13, 23, tzinfo=UTC), Every.HOUR, Every.DAY),
        (datetime(2026, 8, 1, tzinfo=UTC), Every.HOUR, Every.DAY),
        (datetime(2026, 7, 31, 23, tzinfo=UTC), Every.HOUR, Every.MONTH),
        (datetime(2027, 5, 1, tzinfo=UTC), Every.HOUR, Every.HOUR),
        (datetime(2026, 11, 14, tzinfo=UTC), Every.DAY, Every.DAY),
        (datetime(2026, 7, 31, tzinfo=UTC), Every.DAY, Every.MONTH),
        (datetime(2026, 11, 21, tzinfo=UTC), Every.MONTH, Every.MONTH),
    ],
)
def test_grain_follows_the_age(moment, finest, grain):
    assert grain_at(moment, finest=finest, now=NOW) is grain


def test_grain_follows_the_settings(settings):  # pytest-django's
    settings.PARTITION_HOT = {"hours": 1, "days": 30}

    grains = [
        grain_at(NOW - timedelta(days=days), finest=Every.HOUR, now=NOW)
        for days in (0, 2, 60)
    ]

    assert grains == [Every.HOUR, Every.DAY, Every.MONTH]


@given(span=spans, now=instants, finest=st.sampled_from(Every))
def test_windows_by_age_follow_each_other_and_cover_what_was_asked(span, now, finest):
    start, end = span[0], span[0] + span[1]

    windows = list(windows_by_age(start, end, finest=finest, now=now))

    edges = [window.start for window in windows[1:]]
    assert edges == [window.end for window in windows[:-1]]
    assert windows[0].start <= start
    assert windows[-1].start < end <= windows[-1].end


@settings(deadline=None, max_examples=60)
@given(asked=st.lists(st.tuples(near_spans, near_instants), min_size=1, max_size=4))
def test_free_windows_never_overlap_and_cover_what_was_asked(asked):
    taken = []
    for (start, length), now in asked:
        end = start + length
        for window in windows_by_age(start, end, finest=Every.HOUR, now=now):
            free = free_windows(
                window, list(taken), finest=Every.HOUR, start=start, end=end
            )
            taken += [(piece.start, piece.end) for piece in free]

    taken.sort()
    assert all(left[1] <= right[0] for left, right in pairwise(taken))
    for (start, length), _ in asked:
        covered = start
        for child_start, child_end in taken:
            if child_start <= covered < child_end:
                covered = child_end
        assert covered >= start + length


def test_free_windows_leave_a_gap_that_no_window_fits():
    """Bounds made by hand: what is between them and the hour stays with the default."""
    hour = window_at(NOW, Every.HOUR)
    by_hand = (hour.start, hour.start + timedelta(minutes=20))

    free = list(
        free_windows(hour, [by_hand], finest=Every.HOUR, start=hour.start, end=hour.end)
    )

    assert free == []


def test_windows_between_leave_the_end_out():
    day = window_at(NOW, Every.DAY)

    assert list(windows_between(day.start, day.end, Every.DAY)) == [day]


def test_instant_of_a_date_is_midnight_utc_and_a_naive_one_is_refused():
    assert as_instant(date(2026, 11, 21)) == datetime(2026, 11, 21, tzinfo=UTC)
    with pytest.raises(ValueError, match="no time zone"):
        as_instant(datetime(2026, 11, 21))
