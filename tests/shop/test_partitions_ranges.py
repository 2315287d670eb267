"""Children for a range, made while others write, and strays brought home."""

import threading
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.models import SalesAggregateDaily
from shop.models import AuditEntry, GlobalEntity, GlobalEvent
from shop.partitions import PartitionsBusy, ensure_range, stray_counts
from shop.partitions.children import ranges_of
from shop.partitions.declaration import Every
from shop.partitions.ranges import (
    NameTaken,
    RangeTooWide,
    bring_strays_home,
    ensure_ahead,
)
from tests.factories.shop import (
    AuditEntryFactory,
    GlobalEntityFactory,
    GlobalEventFactory,
)
from tests.shop.partition_helpers import (
    NOW,
    at_work,
    in_background,
    is_default_empty,
    names,
    real_tables,  # noqa: F401 - a fixture
    session,
    until,
    where,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
INSERT = """
INSERT INTO global_events (event_time, event_type, stream, entity_id, entity_type)
VALUES (%s, 'order.placed', 'order_events', uuidv7(), 'order') RETURNING event_id
"""


# ------------------------------------------------------------------ what is made
@pytest.mark.django_db
def test_range_is_made_in_the_grain_of_its_age():
    ensure_range(GlobalEvent, NOW, NOW + 2 * HOUR, now=NOW)
    ensure_range(GlobalEvent, NOW - 9 * DAY, NOW - 8 * DAY, now=NOW)
    ensure_range(GlobalEvent, NOW - 400 * DAY, NOW - 390 * DAY, now=NOW)

    assert names(GlobalEvent) == [
        "p2025_10",
        "p2026_11_12",
        "p2026_11_13",
        "p2026_11_21_h12",
        "p2026_11_21_h13",
        "p2026_11_21_h14",
    ]


@pytest.mark.django_db
def test_range_that_is_there_makes_nothing():
    first = ensure_range(GlobalEntity, NOW, NOW + DAY, now=NOW)

    assert first == ["global_entities_p2026_11_21", "global_entities_p2026_11_22"]
    assert ensure_range(GlobalEntity, NOW, NOW + DAY, now=NOW) == []


@pytest.mark.django_db
def test_range_of_dates_has_months_with_plain_dates_as_bounds():
    ensure_range(SalesAggregateDaily, date(2024, 1, 5), date(2024, 3, 1), now=NOW)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_expr(relpartbound, oid) FROM pg_class"
            " WHERE relname = 'sales_aggregates_daily_p2024_02'"
        )
        bounds = cursor.fetchone()[0]
    assert names(SalesAggregateDaily) == ["p2024_01", "p2024_02"]
    assert bounds == "FOR VALUES FROM ('2024-02-01') TO ('2024-03-01')"


@pytest.mark.django_db
def test_coarse_range_goes_around_the_finer_children_there_are():
    ensure_range(GlobalEvent, NOW, NOW + HOUR, now=NOW)
    day = NOW.replace(hour=0, minute=0)

    made = ensure_range(GlobalEvent, day, day + DAY, every=Every.DAY, now=NOW)

    assert len(made) == 22
    assert len(names(GlobalEvent)) == 24


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "count"), [(GlobalEvent, 49), (GlobalEntity, 15), (AuditEntry, 4)]
)
def test_ahead_reaches_as_far_as_the_grain_needs(model, count):
    """The present one, and 48 hours, 14 days or 3 months less the part that is gone."""
    made = ensure_ahead(model, now=NOW)

    end = ranges_of(model)[-1].span[1]
    assert len(made) in (count, count - 1)
    assert end > NOW + (count - 2) * {49: HOUR, 15: DAY, 4: 28 * DAY}[count]
    assert ensure_ahead(model, now=NOW) == []


@pytest.mark.django_db
def test_children_carry_what_the_parent_has():
    [name] = ensure_range(GlobalEvent, NOW, NOW + timedelta(minutes=1), now=NOW)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM pg_index WHERE indrelid = cls.oid),"
            "       (SELECT count(*) FROM pg_constraint"
            "         WHERE conrelid = cls.oid AND contype IN ('c', 'p')),"
            "       (SELECT count(*) FROM pg_attribute"
            "         WHERE attrelid = cls.oid AND attgenerated = 's')"
            "  FROM pg_class AS cls WHERE relname = ANY(%s) ORDER BY relname",
            [["global_events", name]],
        )
        parent, child = cursor.fetchall()
    assert child == parent


@pytest.mark.django_db
def test_range_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        ensure_range(GlobalEvent, datetime(2026, 1, 1), NOW, now=NOW)

    assert names(GlobalEvent) == []


@pytest.mark.django_db
def test_range_that_needs_too_many_children_is_refused(monkeypatch):
    """One date of the year 202 would make thousands of months."""
    monkeypatch.setattr("shop.partitions.ranges.MOST_CHILDREN", 12)

    with pytest.raises(RangeTooWide, match="2025-01-01"):
        ensure_range(GlobalEvent, datetime(2025, 1, 1, tzinfo=UTC), NOW, now=NOW)

    assert names(GlobalEvent) == []


@pytest.mark.django_db
def test_name_of_another_table_is_left_alone():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE audit_log_p2026_11 (note text)")

    with pytest.raises(NameTaken, match="audit_log_p2026_11"):
        ensure_range(AuditEntry, NOW, NOW + HOUR, now=NOW)

    assert names(AuditEntry) == []


@pytest.mark.django_db(transaction=True)
def test_range_is_refused_inside_a_transaction_that_would_hold_its_locks():
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        ensure_range(GlobalEvent, NOW, NOW + HOUR, now=NOW)

    assert names(GlobalEvent) == []


asked_ranges = st.lists(
    st.tuples(
        st.integers(-400 * 24, 72), st.integers(1, 60), st.sampled_from([None, *Every])
    ),
    min_size=2,
    max_size=4,
)


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(asked=asked_ranges)
def test_children_never_overlap_and_cover_what_was_asked(db, asked):
    """PostgreSQL itself refuses an overlap; what was asked has no gap."""
    before = transaction.savepoint()
    spans = [
        (NOW + start * HOUR, NOW + (start + length) * HOUR, every)
        for start, length, every in asked
    ]

    for start, end, every in spans:
        ensure_range(GlobalEvent, start, end, every=every, now=NOW)

    children = [child.span for child in ranges_of(GlobalEvent)]
    assert all(left[1] <= right[0] for left, right in pairwise(children))
    for start, end, _ in spans:
        covered = start
        for child_start, child_end in children:
            if child_start <= covered < child_end:
                covered = child_end
        assert covered >= end
    transaction.savepoint_rollback(before)


# ------------------------------------------------------------------ time zones
@pytest.mark.django_db
@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/St_Johns"])
def test_bounds_are_utc_whatever_the_session_says(zone):
    """A midnight in the session's zone would put rows of 19:00 UTC into the next day."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('TimeZone', %s, true)", [zone])

    for model in (GlobalEntity, SalesAggregateDaily):
        ensure_range(model, NOW, NOW + timedelta(minutes=1), now=NOW)
    AuditEntryFactory(timestamp=NOW.replace(day=30, hour=23, minute=59))
    bring_strays_home(AuditEntry, now=NOW)
    late, early = NOW.replace(hour=23, minute=59), NOW.replace(hour=0, minute=1)
    for moment in (early, late):
        GlobalEntityFactory(event_time=moment)

    midnight = NOW.replace(hour=0, minute=0)
    assert [child.span for child in ranges_of(GlobalEntity)] == [
        (midnight, midnight + DAY)
    ]
    assert [child.span for child in ranges_of(SalesAggregateDaily)] == [
        (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
    ]
    assert where(GlobalEntity) == ["p2026_11_21", "p2026_11_21"]
    assert where(AuditEntry) == ["p2026_11"]
    assert ensure_range(SalesAggregateDaily, NOW, NOW + HOUR, now=NOW) == []


# ------------------------------------------------------------------ strays
@pytest.mark.django_db
def test_range_takes_its_strays_out_of_the_default_partition():
    inside = GlobalEventFactory(event_time=NOW, data={"n": 1})
    GlobalEventFactory(event_time=NOW + 5 * HOUR)

    ensure_range(GlobalEvent, NOW, NOW + HOUR, now=NOW)

    assert where(GlobalEvent) == ["default", "p2026_11_21_h12"]
    moved = GlobalEvent.objects.get(event_time=NOW)
    assert (moved.event_id, moved.data) == (inside.event_id, {"n": 1})
    assert moved.partition_key == datetime(2026, 11, 21, 12)
    assert stray_counts() == {"global_events": 1}


@pytest.mark.django_db
def test_strays_go_home_each_to_the_grain_of_its_age():
    for days in (-1, 0, 20, 20, 500):
        GlobalEventFactory(event_time=NOW - days * DAY)

    home = bring_strays_home(GlobalEvent, now=NOW)

    assert (home.rows, len(home.children)) == (5, 4)
    assert where(GlobalEvent) == [
        "p2025_07",
        "p2026_11_01",
        "p2026_11_01",
        "p2026_11_21_h12",
        "p2026_11_22_h12",
    ]
    assert stray_counts() == {}
    assert bring_strays_home(GlobalEvent, now=NOW).children == []


@pytest.mark.django_db
def test_strays_of_an_identity_key_keep_it():
    entry = AuditEntryFactory(timestamp=NOW)

    bring_strays_home(AuditEntry, now=NOW)
    next_entry = AuditEntryFactory(timestamp=NOW)

    assert where(AuditEntry) == ["p2026_11", "p2026_11"]
    assert AuditEntry.objects.filter(pk=entry.pk).exists()
    assert next_entry.pk > entry.pk


@pytest.mark.django_db
def test_stray_without_a_home_stays_where_it_is():
    with connection.cursor() as cursor:
        cursor.execute(INSERT, ["infinity"])

    assert bring_strays_home(GlobalEvent, now=NOW).rows == 0
    assert stray_counts() == {"global_events": 1}


# ------------------------------------------------------------------ while others write
def test_rows_written_while_their_children_are_made_all_arrive(real_tables):  # noqa: F811
    """Without the parent's lock the writers' strays fail: their home came meanwhile."""
    written, guard = [], threading.Lock()
    hours = 40

    def write(other):
        offset = len(written) % hours
        key = other.execute(INSERT, [NOW + offset * HOUR]).fetchone()[0]
        with guard:
            written.append(key)

    with at_work(write, write, write):
        for hour in range(hours):
            start = NOW + hour * HOUR
            ensure_range(GlobalEvent, start, start + timedelta(minutes=1), now=NOW)

    found = list(GlobalEvent.objects.values_list("event_id", flat=True))
    assert sorted(found) == sorted(written)
    assert len(names(GlobalEvent)) == hours
    assert is_default_empty(GlobalEvent)


def test_others_get_through_while_a_child_waits_for_a_slow_writer(real_tables):  # noqa: F811
    """A lock request that waited for ever would keep all others waiting behind it."""
    with session() as slow, session(statement_timeout="20s") as other:
        slow.execute("BEGIN")
        slow.execute(INSERT, [NOW])

        with in_background(
            lambda: ensure_range(GlobalEvent, NOW, NOW + HOUR, now=NOW)
        ) as made:
            until(lambda: waiting_for("global_events"), message="the lock is asked for")
            other.execute(INSERT, [NOW])
            assert not made.done()
            slow.execute("COMMIT")

    assert len(made.result()) == 2
    assert where(GlobalEvent) == ["p2026_11_21_h12"] * 2


def waiting_for(table):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted"
            " AND relation = %s::regclass)",
            [table],
        )
        return cursor.fetchone()[0]


def test_busy_table_is_given_up_with_nothing_changed(real_tables):  # noqa: F811
    with session() as slow:
        slow.execute("BEGIN")
        slow.execute(INSERT, [NOW])

        with pytest.raises(PartitionsBusy, match="global_events"):
            ensure_range(GlobalEvent, NOW, NOW + HOUR, now=NOW, wait_s=0)

        assert names(GlobalEvent) == []
        slow.execute("COMMIT")
    assert len(ensure_range(GlobalEvent, NOW, NOW + HOUR, now=NOW)) == 2


def test_reader_who_then_writes_does_not_deadlock(real_tables):  # noqa: F811
    """The relay reads the default partition and updates the table in one transaction."""

    def relay(other):
        with other.transaction():
            other.execute(
                "SELECT event_id FROM global_events WHERE published_at IS NULL"
                " LIMIT 5 FOR UPDATE SKIP LOCKED"
            )
            other.execute(
                "UPDATE global_events SET published_at = now()"
                " WHERE published_at IS NULL"
            )

    GlobalEventFactory(event_time=NOW - DAY)
    with at_work(relay):
        for hour in range(5):
            start = NOW + hour * HOUR
            ensure_range(GlobalEvent, start, start + timedelta(minutes=1), now=NOW)

    assert len(names(GlobalEvent)) == 5


def test_two_who_ask_at_once_make_each_child_once(real_tables):  # noqa: F811
    start, end = NOW - 3 * DAY, NOW + DAY
    together = threading.Barrier(3)

    def ask():
        together.wait()
        return ensure_range(GlobalEvent, start, end, now=NOW)

    with in_background(ask) as first, in_background(ask) as second:
        third = ask()

    made = first.result() + second.result() + third
    assert len(made) == len(set(made)) == 4 * 24 + 1
    assert len(names(GlobalEvent)) == len(made)
