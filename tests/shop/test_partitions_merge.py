"""Older children become one without losing or doubling a row, whatever goes on meanwhile."""

import os
import random
import signal
import subprocess
import sys
from datetime import timedelta
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection

from analytics.models import SalesAggregateDaily
from shop.models import AuditEntry, GlobalEntity, GlobalEvent
from shop.partitions import ensure_range
from shop.partitions.children import ranges_of
from shop.partitions.declaration import Every
from shop.partitions.locks import PartitionsBusy
from shop.partitions.maintenance import maintain
from shop.partitions.merge import clear_leftovers, due_groups, merge
from tests.factories.shop import GlobalEntityFactory, GlobalEventFactory
from tests.shop.partition_helpers import (
    NOW,
    at_work,
    in_background,
    names,
    real_tables,  # noqa: F401 - a fixture
    session,
    until,
    where,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OLD_DAY = NOW.replace(hour=0, minute=0) - 10 * DAY
INSERT = """
INSERT INTO global_events (event_time, event_type, stream, entity_id, entity_type, data)
VALUES (%s, 'order.placed', 'order_events', uuidv7(), 'order', '{"n": 0}')
RETURNING event_id
"""
FILL = """
INSERT INTO global_events (event_time, event_type, stream, entity_id, entity_type)
SELECT %s::timestamptz + n * interval '1 minute', 'order.placed', 'order_events',
       uuidv7(), 'order'
  FROM generate_series(0, 24 * 60 - 1) AS n
"""
CONTENT = """
SELECT count(*), count(DISTINCT event_id), md5(string_agg(row::text, ',' ORDER BY event_id))
  FROM global_events AS row
"""


def hours_of_old_day(count=24):
    ensure_range(
        GlobalEvent, OLD_DAY, OLD_DAY + count * HOUR, every=Every.HOUR, now=NOW
    )


def fill_old_day():
    hours_of_old_day()
    with connection.cursor() as cursor:
        cursor.execute(FILL, [OLD_DAY])


def merge_all(model):
    return [merge(model, group) for group in due_groups(model, now=NOW)]


def content():
    with connection.cursor() as cursor:
        cursor.execute(CONTENT)
        return cursor.fetchone()


def leftovers():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname ~ '_(merging|changes)$'"
            " UNION SELECT proname FROM pg_proc WHERE proname ~ '^global_.*_changes$'"
            " UNION SELECT tgname FROM pg_trigger WHERE tgname ~ '_changes$'"
        )
        return [name for (name,) in cursor.fetchall()]


# ------------------------------------------------------------------ what is merged
@pytest.mark.django_db
def test_hours_become_a_day_and_days_a_month_by_their_age():
    hours_of_old_day(3)
    ensure_range(GlobalEvent, NOW - 2 * DAY, NOW - 2 * DAY + HOUR, now=NOW)
    ancient = NOW.replace(year=2025, month=3, day=10)
    ensure_range(GlobalEvent, ancient, ancient + 2 * DAY, every=Every.DAY, now=NOW)
    ensure_range(
        GlobalEvent, ancient - DAY, ancient - DAY + HOUR, every=Every.HOUR, now=NOW
    )
    moments = [OLD_DAY, OLD_DAY + 2 * HOUR, ancient, ancient + DAY, ancient - DAY]
    for moment in moments:
        GlobalEventFactory(event_time=moment)
    before = content()

    assert merge_all(GlobalEvent) == [3, 2]
    assert names(GlobalEvent) == [
        "p2025_03",
        "p2026_11_11",
        "p2026_11_19_h12",
        "p2026_11_19_h13",
    ]
    assert content() == before
    assert where(GlobalEvent) == ["p2025_03"] * 3 + ["p2026_11_11"] * 2
    assert due_groups(GlobalEvent, now=NOW) == []
    assert leftovers() == []


@pytest.mark.django_db
def test_month_that_the_hot_days_reach_into_is_left_alone():
    """90 days before 21 November lie in August: its first days stay days with it."""
    august = NOW.replace(month=8, day=1)
    ensure_range(GlobalEntity, august, august + DAY, now=NOW)

    assert due_groups(GlobalEntity, now=NOW) == []
    [group] = due_groups(GlobalEntity, now=NOW + 11 * DAY)
    assert (group.name, len(group.children)) == ("global_entities_p2026_08", 2)


@pytest.mark.django_db
def test_months_of_dates_and_children_made_by_hand_are_left_alone():
    ensure_range(SalesAggregateDaily, NOW - 500 * DAY, NOW, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE by_hand PARTITION OF audit_log"
            " FOR VALUES FROM ('2020-01-15 00:00+00') TO ('2020-02-15 00:00+00')"
        )

    assert due_groups(SalesAggregateDaily, now=NOW) == []
    assert due_groups(AuditEntry, now=NOW) == []


@pytest.mark.django_db
def test_child_across_the_edge_of_a_group_keeps_it_from_merging():
    """A day could not be attached over it."""
    hours_of_old_day(2)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE by_hand PARTITION OF global_events"
            " FOR VALUES FROM ('2026-11-11 22:00+00') TO ('2026-11-12 02:00+00')"
        )

    assert due_groups(GlobalEvent, now=NOW) == []


@pytest.mark.django_db
def test_strays_in_the_gaps_of_a_group_come_along():
    hours_of_old_day(2)
    for hour in (0, 1, 7):
        GlobalEventFactory(event_time=OLD_DAY + hour * HOUR)

    assert merge_all(GlobalEvent) == [3]
    assert where(GlobalEvent) == ["p2026_11_11"] * 3


@pytest.mark.django_db
def test_merged_child_has_the_keys_and_generated_columns_of_its_table():
    hours_of_old_day(2)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kinds (kind varchar(64) PRIMARY KEY)")
        cursor.execute("INSERT INTO kinds VALUES ('order.placed')")
        cursor.execute(
            "ALTER TABLE global_events ADD CONSTRAINT fk_kind"
            " FOREIGN KEY (event_type) REFERENCES kinds (kind) ON DELETE RESTRICT"
        )
    GlobalEventFactory(event_time=OLD_DAY)
    GlobalEventFactory(event_time=OLD_DAY + HOUR)

    merge_all(GlobalEvent)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT contype::text, count(*), bool_and(convalidated) FROM pg_constraint"
            " WHERE conrelid = 'global_events_p2026_11_11'::regclass"
            " AND contype IN ('c', 'f', 'p') GROUP BY contype ORDER BY contype"
        )
        constraints = cursor.fetchall()
        cursor.execute(
            "SELECT count(*) FROM pg_index JOIN pg_inherits ON inhrelid = indexrelid"
            " WHERE indrelid = 'global_events_p2026_11_11'::regclass"
        )
        indexes = cursor.fetchone()[0]
        cursor.execute(
            "SELECT count(*) FROM pg_index WHERE indrelid = 'global_events'::regclass"
        )
        assert indexes == cursor.fetchone()[0]
    assert constraints == [("c", 1, True), ("f", 1, True), ("p", 1, True)]
    keys = {event.partition_key for event in GlobalEvent.objects.all()}
    assert keys == {
        OLD_DAY.replace(tzinfo=None),
        (OLD_DAY + HOUR).replace(tzinfo=None),
    }


@pytest.fixture
def foreign_key():
    """A foreign key of `global_events` that other sessions see."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kinds (kind varchar(64) PRIMARY KEY)")
        cursor.execute("INSERT INTO kinds VALUES ('order.placed')")
        cursor.execute(
            "ALTER TABLE global_events ADD CONSTRAINT fk_kind"
            " FOREIGN KEY (event_type) REFERENCES kinds (kind)"
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE global_events DROP CONSTRAINT fk_kind")
        cursor.execute("DROP TABLE kinds")


def test_copy_has_its_foreign_keys_before_the_swap(real_tables, foreign_key):  # noqa: F811
    """ATTACH would check every row under its lock for a key that it has to make."""
    hours_of_old_day(1)
    GlobalEventFactory(event_time=OLD_DAY)

    def checked_keys():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_constraint"
                " WHERE conrelid = to_regclass('global_events_p2026_11_11_merging')"
                " AND contype = 'f' AND convalidated"
            )
            return cursor.fetchone()[0]

    with session() as reader:
        lock(reader, "global_events", "ACCESS SHARE")
        with in_background(lambda: merge_all(GlobalEvent)) as merged:
            until(checked_keys, message="the foreign key of the copy")
            reader.execute("COMMIT")

    assert merged.result() == [1]


@pytest.mark.django_db
def test_maintenance_makes_brings_home_and_merges():
    hours_of_old_day(2)
    GlobalEventFactory(event_time=OLD_DAY)
    GlobalEntityFactory(event_time=NOW - 3 * DAY)

    work = maintain(now=NOW, merge_s=60)

    assert [merged.name for merged in work.merged] == ["global_events_p2026_11_11"]
    assert [home.table for home in work.brought_home] == ["global_entities"]
    assert "audit_log_p2026_11" in work.made
    assert work.failures == []


@pytest.mark.django_db
def test_maintenance_begins_no_merge_after_its_time():
    hours_of_old_day(2)

    assert maintain(now=NOW, merge_s=0).merged == []


# ------------------------------------------------------------------ while others write
def test_merge_beside_writers_keeps_every_row_once_and_as_it_is(real_tables):  # noqa: F811
    """Rows come, change and go in the children that are being merged."""
    fill_old_day()
    expected: dict[UUID, int] = {}
    mine: dict[int, list[UUID]] = {}

    def write(other):
        own = mine.setdefault(id(other), [])
        moment = OLD_DAY + timedelta(minutes=random.randrange(24 * 60))
        key = other.execute(INSERT, [moment]).fetchone()[0]
        own.append(key)
        expected[key] = 0
        chosen = random.choice(own)
        if random.random() < 0.3:
            other.execute("DELETE FROM global_events WHERE event_id = %s", [chosen])
            own.remove(chosen)
            del expected[chosen]
        else:
            # Half of them move to another hour, which is a DELETE and an INSERT inside.
            other.execute(
                "UPDATE global_events SET event_time ="
                " CASE WHEN random() < 0.5 THEN event_time"
                " ELSE %s + random() * interval '86399 s' END,"
                " data = jsonb_build_object('n', (data->>'n')::int + 1)"
                " WHERE event_id = %s",
                [OLD_DAY, chosen],
            )
            expected[chosen] += 1

    with at_work(write, write, write):
        merge_all(GlobalEvent)

    rows = GlobalEvent.objects.filter(data__has_key="n")
    assert dict(rows.values_list("event_id", "data__n")) == expected
    assert rows.count() == len(expected)
    assert GlobalEvent.objects.count() == len(expected) + 24 * 60
    assert names(GlobalEvent) == ["p2026_11_11"]
    assert set(where(GlobalEvent)) == {"p2026_11_11"}


def test_changes_while_the_copy_waits_for_its_swap_are_in_it(real_tables):  # noqa: F811
    """Each of the three ways to change a row, after the copy and before the swap."""
    hours_of_old_day(3)
    changed, deleted, kept = (
        GlobalEventFactory(event_time=OLD_DAY + hour * HOUR) for hour in range(3)
    )
    with session() as reader, session() as writer:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM global_events")
        with in_background(lambda: merge_all(GlobalEvent)) as merged:
            until(lambda: copied_rows() == 3, message="the copy")
            writer.execute(
                "UPDATE global_events SET data = '{\"new\": 1}' WHERE event_id = %s",
                [changed.event_id],
            )
            writer.execute(
                "DELETE FROM global_events WHERE event_id = %s", [deleted.event_id]
            )
            added = writer.execute(INSERT, [OLD_DAY]).fetchone()[0]
            reader.execute("COMMIT")

    assert merged.result() == [3]
    assert dict(GlobalEvent.objects.values_list("event_id", "data")) == {
        changed.event_id: {"new": 1},
        kept.event_id: kept.data,
        added: {"n": 0},
    }
    assert names(GlobalEvent) == ["p2026_11_11"]


def copied_rows():
    """Rows in the copy of the old day; None as long as there is none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('global_events_p2026_11_11_merging')")
        if cursor.fetchone()[0] is None:
            return None
        cursor.execute("SELECT count(*) FROM global_events_p2026_11_11_merging")
        return cursor.fetchone()[0]


def test_writers_get_through_while_the_copy_is_made_and_waits(real_tables):  # noqa: F811
    hours_of_old_day(2)
    GlobalEventFactory(event_time=OLD_DAY)
    with session() as reader, session(statement_timeout="20s") as writer:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM global_events")
        with in_background(lambda: merge_all(GlobalEvent)) as merged:
            until(lambda: copied_rows() == 1, message="the copy")
            for _ in range(5):
                writer.execute(INSERT, [OLD_DAY])
            assert not merged.done()
            reader.execute("COMMIT")

    assert merged.result() == [6]


def test_merge_that_never_gets_its_lock_leaves_everything_as_it_was(real_tables):  # noqa: F811
    fill_old_day()
    before, children = content(), names(GlobalEvent)
    [group] = due_groups(GlobalEvent, now=NOW)
    with session() as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT 1 FROM global_events LIMIT 1")

        with pytest.raises(PartitionsBusy):
            merge(GlobalEvent, group, wait_s=0)

        reader.execute("ROLLBACK")
    assert (content(), names(GlobalEvent)) == (before, children)
    assert merge(GlobalEvent, group) == 24 * 60
    assert leftovers() == []


@pytest.mark.parametrize(
    "change",
    [
        "TRUNCATE global_events_p2026_11_11_h00",
        "DROP TABLE global_events_p2026_11_11_h00",
        """CREATE TABLE by_hand PARTITION OF global_events
           FOR VALUES FROM ('2026-11-11 05:00+00') TO ('2026-11-11 06:00+00')""",
    ],
    ids=["truncate", "drop", "create"],
)
def test_children_that_change_meanwhile_end_the_merge(real_tables, change):  # noqa: F811
    """A copy of rows that were truncated or dropped would bring them back."""
    hours_of_old_day(2)
    for hour in (0, 1):
        GlobalEventFactory(event_time=OLD_DAY + hour * HOUR)
    groups = due_groups(GlobalEvent, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute(change)
    remaining = GlobalEvent.objects.count()

    assert [merge(GlobalEvent, group) for group in groups] == [None]
    assert GlobalEvent.objects.count() == remaining
    assert leftovers() == []
    assert merge_all(GlobalEvent) == [remaining]


def test_second_merge_of_a_table_leaves_it_to_the_first(real_tables):  # noqa: F811
    fill_old_day()
    with session() as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT 1 FROM global_events LIMIT 1")
        with in_background(lambda: merge_all(GlobalEvent)) as first:
            until(lambda: copied_rows() == 24 * 60, message="the copy")
            second = merge_all(GlobalEvent)
            reader.execute("COMMIT")

    assert (second, first.result()) == ([None], [24 * 60])


# ------------------------------------------------------------------ killed
def start_merge():
    """`manage.py partitions --merge` on the test's database, as a process of its own."""
    database = connection.settings_dict
    url = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
    return subprocess.Popen(
        [sys.executable, "-m", "django", "partitions", "--merge", "--table"]
        + ["global_events"],
        env={
            **os.environ,
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "config.settings",
        },
        cwd=settings.BASE_DIR,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait()


def watched():
    """Children that carry the merge's trigger."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgname ~ '_changes$'")
        return cursor.fetchone()[0]


def lock(other, table, mode):
    other.execute("BEGIN")
    other.execute(f"LOCK TABLE ONLY {table} IN {mode} MODE")


def kill_while_watching(children):
    """Begin a merge and kill it when it has put its trigger on so many children."""
    with session() as holder:
        lock(holder, f"global_events_p2026_11_11_h{children:02}", "ROW EXCLUSIVE")
        process = start_merge()
        until(lambda: watched() == children, message=f"{children} are watched")
        kill(process)


def kill_while_copying(children):
    with session() as first, session() as second:
        lock(first, "global_events_p2026_11_11_h23", "ROW EXCLUSIVE")
        process = start_merge()
        until(lambda: watched() == 23, message="the others are watched")
        lock(second, f"global_events_p2026_11_11_h{children:02}", "ACCESS EXCLUSIVE")
        first.execute("COMMIT")
        until(lambda: copied_rows() == children * 60, message="some are copied")
        kill(process)


def kill_before_swap():
    with session() as holder:
        lock(holder, "global_events", "ACCESS SHARE")
        process = start_merge()
        until(lambda: copied_rows() == 24 * 60, message="all are copied")
        until(lambda: watched() == 24, message="all are watched")
        kill(process)


@pytest.mark.parametrize(
    "kill_one",
    [lambda: kill_while_watching(12), lambda: kill_while_copying(12), kill_before_swap],
    ids=["watching", "copying", "swapping"],
)
def test_merge_that_is_killed_leaves_a_correct_table(real_tables, kill_one):  # noqa: F811
    fill_old_day()
    before, children = content(), names(GlobalEvent)

    kill_one()

    assert (content(), names(GlobalEvent)) == (before, children)
    assert leftovers() != []
    # Notes are still taken, and do no harm, until the next merge clears them.
    GlobalEventFactory(event_time=OLD_DAY)
    assert merge_all(GlobalEvent) == [24 * 60 + 1]
    assert names(GlobalEvent) == ["p2026_11_11"]
    assert leftovers() == []


def test_merges_killed_beside_a_writer_lose_nothing(real_tables):  # noqa: F811
    fill_old_day()
    written = []

    def write(other):
        moment = OLD_DAY + timedelta(minutes=random.randrange(24 * 60))
        written.append(other.execute(INSERT, [moment]).fetchone()[0])

    with at_work(write):
        for children in (1, 9, 17):
            kill_while_watching(children)
        assert start_merge().wait() == 0

    rows = GlobalEvent.objects.filter(data__has_key="n")
    assert sorted(rows.values_list("event_id", flat=True)) == sorted(written)
    assert GlobalEvent.objects.count() == len(written) + 24 * 60
    assert names(GlobalEvent) == ["p2026_11_11"]
    assert leftovers() == []


@pytest.mark.django_db
def test_clearing_leftovers_touches_no_other_table():
    hours_of_old_day(1)
    with connection.cursor() as cursor:
        for name in ("global_events_plan_changes", "global_events_p2020_changes_seen"):
            cursor.execute(f"CREATE TABLE {name} (note text)")

    clear_leftovers(GlobalEvent, wait_s=0)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relname ~ '^global_events_p.*changes'"
        )
        assert cursor.fetchone()[0] == 2
    assert len(ranges_of(GlobalEvent)) == 1
