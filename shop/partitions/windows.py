"""Spans of time that a child table covers: in UTC, half-open, by hour, day or month."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings

from shop.partitions.declaration import Every

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FINER = {Every.MONTH: Every.DAY, Every.DAY: Every.HOUR}
SUFFIX = {
    Every.HOUR: "p%Y_%m_%d_h%H",
    Every.DAY: "p%Y_%m_%d",
    Every.MONTH: "p%Y_%m",
}


@dataclass(frozen=True, order=True)
class Window:
    """`[start, end)` of one hour, day or month of UTC."""

    start: datetime
    end: datetime
    every: Every

    def child_of(self, table: str) -> str:
        """The child's name, such as `global_events_p2026_11_21_h07`."""
        # strftime does not pad years below 1000 everywhere.
        year = f"{self.start.year:04}"
        suffix = SUFFIX[self.every].replace("%Y", year)
        return f"{table}_{self.start.strftime(suffix)}"


def as_instant(moment: datetime | date) -> datetime:
    """In UTC; a date is its first instant. Raises ValueError without a time zone."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time.min, tzinfo=UTC)
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone.")
    return moment.astimezone(UTC)


def window_at(moment: datetime, every: Every) -> Window:
    """The hour, day or month that holds an instant."""
    hour = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if every is Every.HOUR:
        return Window(hour, hour + HOUR, every)
    day = hour.replace(hour=0)
    if every is Every.DAY:
        return Window(day, day + DAY, every)
    month = day.replace(day=1)
    # Day 1 and 31 days is always a day of the next month.
    return Window(month, (month + 31 * DAY).replace(day=1), every)


def windows_between(start: datetime, end: datetime, every: Every) -> Iterator[Window]:
    """Those that touch `[start, end)`, in order."""
    window = window_at(start, every)
    while window.start < end:
        yield window
        window = window_at(window.end, every)


def grain_at(moment: datetime, *, finest: Every, now: datetime) -> Every:
    """How fine a child is at its age: `finest` while hot, then days, then months.

    The edges lie on whole days and months, so that no window straddles one.
    """
    if finest is Every.MONTH:
        return finest
    days_from, hours_from = _edges(now)
    if moment < days_from:
        return Every.MONTH
    if moment < hours_from:
        return Every.DAY
    return finest


def _edges(now: datetime) -> tuple[datetime, datetime]:
    hot = settings.PARTITION_HOT
    hours_from = window_at(now - hot["hours"] * DAY, Every.DAY).start
    oldest_day = min(now - hot["days"] * DAY, hours_from)
    return window_at(oldest_day, Every.MONTH).start, hours_from


def windows_by_age(
    start: datetime, end: datetime, *, finest: Every, now: datetime
) -> Iterator[Window]:
    """Those that touch `[start, end)`, each as fine as its age asks."""
    moment = start
    while moment < end:
        window = window_at(moment, grain_at(moment, finest=finest, now=now))
        yield window
        moment = window.end


def free_windows(
    window: Window,
    taken: Iterable[tuple[datetime, datetime]],
    *,
    finest: Every,
    start: datetime,
    end: datetime,
) -> Iterator[Window]:
    """What of a window is still free, whole where nothing is taken, else in finer pieces.

    Pieces that do not touch `[start, end)` are left out. A piece of the finest grain that
    is taken in part, which only a child made by hand can do, is left to the default
    partition.
    """
    near = [span for span in taken if span[0] < window.end and window.start < span[1]]
    if not near:
        yield window
        return
    covered = any(span[0] <= window.start and window.end <= span[1] for span in near)
    if covered or window.every is finest:
        return
    for piece in windows_between(window.start, window.end, FINER[window.every]):
        if piece.start < end and start < piece.end:
            yield from free_windows(piece, near, finest=finest, start=start, end=end)
