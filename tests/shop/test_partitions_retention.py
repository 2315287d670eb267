"""Whole children go when every row in them is older than the table keeps."""

from datetime import timedelta

import pytest

from analytics.models import ShopMetricsDaily
from ingestion.models import RawApiResponse
from shop.models import GlobalEvent
from shop.partitions import ensure_range
from shop.partitions.children import partitioned_models, ranges_of, table_of
from shop.partitions.declaration import Every
from shop.partitions.maintenance import Maintenance, drop_expired
from shop.partitions.merge import due_groups, merge
from shop.partitions.retention import drop_child, expired_children
from tests.factories.analytics import ShopMetricsDailyFactory
from tests.factories.shop import GlobalEventFactory
from tests.shop.partition_helpers import (
    NOW,
    names,
    real_tables,  # noqa: F401 - a fixture
    session,
)

DAY = timedelta(days=1)
# `raw_api_responses` are kept for 30 days, in a child a day.
EDGE = NOW.replace(hour=0, minute=0) - 30 * DAY


def old_days():
    return ensure_range(
        RawApiResponse, EDGE - 2 * DAY, EDGE + 2 * DAY, every=Every.DAY, now=NOW
    )


@pytest.mark.django_db
def test_child_that_is_partly_younger_stays():
    before, _, edge, after = old_days()

    at_midnight = expired_children(RawApiResponse, now=EDGE + 30 * DAY)
    just_before = expired_children(
        RawApiResponse, now=EDGE + 30 * DAY - timedelta(seconds=1)
    )

    assert [child.name for child in just_before] == [before]
    assert [child.name for child in at_midnight][:1] == [before]
    assert {edge, after}.isdisjoint(child.name for child in at_midnight)
    assert len(at_midnight) == 2


@pytest.mark.django_db
def test_expired_children_are_dropped_with_their_rows():
    old_days()
    for days in (-2, 1):
        RawApiResponse.objects.create(
            endpoint="/", response_data={}, api_version="1", timestamp=EDGE + days * DAY
        )
    work = Maintenance(now=NOW, models=[RawApiResponse])

    for model, child in list(work.expired()):
        work.drop(model, child)

    assert [child.name[-5:] for child in work.dropped] == ["10_20", "10_21"]
    assert names(RawApiResponse) == ["p2026_10_22", "p2026_10_23"]
    assert RawApiResponse.objects.count() == 1


@pytest.mark.django_db
def test_table_that_keeps_everything_loses_nothing():
    ensure_range(GlobalEvent, NOW - 4000 * DAY, NOW - 3990 * DAY, now=NOW)

    assert expired_children(GlobalEvent, now=NOW) == []


@pytest.mark.django_db
def test_child_that_was_merged_meanwhile_is_not_dropped_by_its_name():
    """The name may by now be that of a table with younger rows."""
    ensure_range(RawApiResponse, EDGE, EDGE + DAY, every=Every.HOUR, now=NOW)
    stale = ranges_of(RawApiResponse)
    [group] = due_groups(RawApiResponse, now=NOW + 60 * DAY)
    merge(RawApiResponse, group)

    assert drop_child(RawApiResponse, stale[0], now=NOW + 60 * DAY) is False
    assert len(ranges_of(RawApiResponse)) == 1


# ------------------------------------------------------------------ history that was imported
def roll_up(day, computed_at):
    return ShopMetricsDailyFactory(event_time=day, computed_at=computed_at)


@pytest.fixture
def two_old_months():
    """Of daily metrics, which are kept for two years: one computed then, one last week."""
    then, lately = NOW.replace(year=2017, month=3), NOW.replace(year=2017, month=4)
    ensure_range(ShopMetricsDaily, then, lately, now=NOW)
    roll_up(then, then + DAY)
    roll_up(lately, NOW - 7 * DAY)
    roll_up(lately + DAY, lately + 2 * DAY)


@pytest.mark.django_db
def test_old_rows_stay_as_long_after_they_were_written(two_old_months):
    when = {"soon": NOW, "in two years": NOW + 2 * 365 * DAY}

    expired = {
        name: [child.name[-7:] for child in expired_children(ShopMetricsDaily, now=now)]
        for name, now in when.items()
    }

    assert expired == {"soon": ["2017_03"], "in two years": ["2017_03", "2017_04"]}


@pytest.mark.django_db
def test_night_drops_what_is_no_longer_kept_and_nothing_else(two_old_months):
    GlobalEventFactory(event_time=NOW - 4000 * DAY)

    work = drop_expired(now=NOW, budget_s=60)

    assert [child.name for child in work.dropped] == ["shop_metrics_daily_p2017_03"]
    assert names(ShopMetricsDaily) == ["p2017_04"]
    assert (ShopMetricsDaily.objects.count(), GlobalEvent.objects.count()) == (2, 1)
    assert drop_expired(now=NOW, budget_s=60).dropped == []


@pytest.mark.django_db
def test_night_drops_nothing_after_its_time(two_old_months):
    assert drop_expired(now=NOW, budget_s=0).dropped == []


@pytest.mark.django_db
def test_child_that_is_written_to_before_its_drop_stays(two_old_months):
    [child] = expired_children(ShopMetricsDaily, now=NOW)
    roll_up(child.start + 9 * DAY, NOW)

    assert drop_child(ShopMetricsDaily, child, now=NOW) is False
    assert child.name in [known.name for known in ranges_of(ShopMetricsDaily)]


@pytest.mark.parametrize("model", partitioned_models(), ids=table_of)
def test_column_that_says_when_a_row_was_written_exists(model):
    written = model.partitioning.written

    assert written is None or model._meta.get_field(written).column == written


def test_busy_table_is_noted_and_the_next_one_is_done(real_tables):  # noqa: F811
    old_days()
    work = Maintenance(now=NOW, models=[RawApiResponse, GlobalEvent], wait_s=0)
    with session() as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM raw_api_responses")

        for model, child in list(work.expired()):
            work.drop(model, child)
        work.ahead(1)

    assert [error.code for error in work.failures] == ["partitions_busy"] * 3
    assert (work.dropped, work.made) == ([], ["global_events_p2026_11_21_h12"])
    assert len(names(RawApiResponse)) == 4
