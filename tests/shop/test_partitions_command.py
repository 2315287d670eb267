"""`manage.py partitions` and the scheduled tasks."""

import json
from datetime import datetime, timedelta

import pytest
from celery import current_app
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from analytics.models import ShopMetricsDaily
from ingestion.models import RawApiResponse
from shop.models import AuditEntry, GlobalEntity, GlobalEvent
from shop.partitions import ensure_range, stray_counts
from shop.partitions.declaration import Every
from shop.tasks import (
    HEARTBEAT_KEY,
    drop_expired_partitions,
    heartbeat,
    maintain_partitions,
)
from tests.factories.analytics import ShopMetricsDailyFactory
from tests.factories.shop import AuditEntryFactory, GlobalEventFactory
from tests.shop.partition_helpers import names, where

DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def run(capsys):
    """Run the command; returns what it printed."""

    def call(*arguments):
        call_command("partitions", *arguments)
        return capsys.readouterr().out

    return call


def old_hours(days=10):
    start = timezone.now() - days * DAY
    start = start.replace(hour=0, minute=0, second=0, microsecond=0)
    ensure_range(GlobalEvent, start, start + DAY, every=Every.HOUR)
    return start


def test_list_tells_bounds_rows_and_size(run):
    AuditEntryFactory(timestamp=datetime.fromisoformat("2025-02-03T04:05:06Z"))
    run("--strays", "--table", "audit_log")

    table = run("--table", "audit_log", "--exact")
    listed = json.loads(run("--list", "--table", "audit_log", "--exact", "--json"))

    [line] = [line for line in table.splitlines() if "audit_log_p2025_02" in line]
    assert line.split()[2:7] == ["2025-02-01", "00:00", "2025-03-01", "00:00", "1"]
    assert "2 partitions of 1 tables" in table
    month, default = listed["list"]
    assert month["size_bytes"] > 0
    assert {**month, "size_bytes": 0} == {
        "table": "audit_log",
        "name": "audit_log_p2025_02",
        "every": "month",
        "start": "2025-02-01T00:00:00+00:00",
        "end": "2025-03-01T00:00:00+00:00",
        "is_default": False,
        "rows": 1,
        "size_bytes": 0,
    }
    assert (default["is_default"], default["start"]) == (True, None)


def test_list_is_what_comes_without_a_step(run):
    assert "audit_log_default" in run()


def test_ahead_makes_as_many_as_asked(run):
    said = run("--ahead", "2", "--table", "audit_log", "--table", "global_entities")

    assert (len(names(AuditEntry)), len(names(GlobalEntity))) == (2, 2)
    assert said == "4 partitions made.\n"


def test_strays_are_brought_home_and_named(run):
    GlobalEventFactory(event_time=datetime.fromisoformat("2025-02-03T04:05:06Z"))

    said = run("--strays")

    assert "global_events: 1 rows into global_events_p2025_02" in said
    assert stray_counts() == {}
    assert where(GlobalEvent) == ["p2025_02"]


def test_merge_says_first_what_it_would_do(run):
    start = old_hours()
    GlobalEventFactory(event_time=start)
    name = f"global_events_p{start:%Y_%m_%d}"

    rehearsal = run("--merge", "--dry-run")
    untouched = len(names(GlobalEvent))
    said = run("--merge")

    assert f"{name}: 24 partitions, about" in rehearsal
    assert untouched == 24
    assert f"{name}: 1 rows of 24 partitions" in said
    assert names(GlobalEvent) == [f"p{start:%Y_%m_%d}"]


def test_retention_says_first_what_it_would_drop(run):
    start = timezone.now() - 40 * DAY
    [name, *_] = ensure_range(RawApiResponse, start, start + DAY, every=Every.DAY)

    rehearsal = run("--retention", "--dry-run", "--json")
    untouched = len(names(RawApiResponse))
    said = run("--retention")

    assert name in [child["name"] for child in json.loads(rehearsal)["retention"]]
    assert untouched == 2
    assert f"{name}: until" in said
    assert "2 partitions dropped." in said
    assert names(RawApiResponse) == []


def test_retention_names_what_stays_because_it_was_written_lately(run):
    ShopMetricsDailyFactory(event_time=datetime.fromisoformat("2017-02-03T00:00:00Z"))
    run("--strays")

    rehearsal = run("--retention", "--dry-run")
    said = run("--retention")

    stays = "shop_metrics_daily: 1 partitions stay, whose rows are as old"
    assert stays in rehearsal and stays in said
    assert "0 partitions dropped." in said
    assert names(ShopMetricsDaily) == ["p2017_02"]


def test_step_that_cannot_be_rehearsed_does_nothing(run):
    with pytest.raises(CommandError, match="--dry-run"):
        run("--ahead", "--dry-run")

    assert names(AuditEntry) == []


def test_unknown_table_is_named_with_those_there_are(run):
    with pytest.raises(CommandError, match="No partitioned table nope.*audit_log"):
        run("--table", "nope")


def test_failure_ends_with_its_reason_after_the_other_tables(run):
    month = f"audit_log_p{timezone.now():%Y_%m}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {month} (note text)")

    with pytest.raises(CommandError, match=f"A table {month} exists"):
        run("--ahead", "1")

    assert len(names(GlobalEvent)) == 1


# ------------------------------------------------------------------ tasks
def test_maintenance_task_keeps_partitions_ahead_and_drops_nothing():
    start = timezone.now() - 400 * DAY
    AuditEntryFactory(timestamp=start - 40 * DAY)

    maintain_partitions()

    assert f"p{timezone.now() + DAY:%Y_%m_%d}" in names(GlobalEntity)
    assert AuditEntry.objects.count() == 1


def test_retention_task_drops_what_is_no_longer_kept():
    start = timezone.now() - 400 * DAY
    AuditEntryFactory(timestamp=start - 40 * DAY)
    AuditEntryFactory(timestamp=timezone.now())
    maintain_partitions()

    drop_expired_partitions()

    assert AuditEntry.objects.count() == 1


def test_heartbeat_tells_the_instant(redis_server):
    before = timezone.now()

    heartbeat()

    told = datetime.fromisoformat(redis_server.get(HEARTBEAT_KEY).decode())
    assert before <= told <= timezone.now()


def test_schedule_names_tasks_that_exist():
    schedule = current_app.conf.beat_schedule
    scheduled = {entry["task"] for entry in schedule.values()}

    assert {"shop.tasks.heartbeat", "shop.tasks.maintain_partitions"} <= scheduled
    assert {heartbeat.name, maintain_partitions.name} <= scheduled
    assert drop_expired_partitions.name in scheduled
