import io
import json
import os
import random
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from analytics.models import CalendarDay, RollupRun, ShopMetricsDaily
from tests.analytics.churn import Churn
from tests.analytics.oracle import assert_exact
from tests.factories.orders import OrderItemFactory
from tests.factories.payments import PaymentFactory

MANAGE = Path(__file__).parents[2] / "manage.py"
RANGE = ("--from", "2030-01-01", "--to", "2030-01-02")


def rollup(*options):
    out = io.StringIO()
    call_command("rollup", "--json", *options, stdout=out)
    return json.loads(out.getvalue())


def start_command(*options):
    """The command in a process of its own, on the test's database."""
    database = connection.settings_dict
    url = (
        f"postgresql://{quote(database['USER'])}:{quote(database['PASSWORD'])}"
        f"@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    )
    return subprocess.Popen(
        [sys.executable, MANAGE, "rollup", "--json", *options],
        env={**os.environ, "DATABASE_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.django_db(transaction=True)
def test_a_killed_rollup_resumes_and_ends_in_the_same_cells():
    seed = random.randrange(10**6)
    print("seed", seed)
    chance, churn = random.Random(seed), Churn(seed)
    for _ in range(80):
        churn.step()
    codes = []

    for built in sorted(chance.sample(range(1, 60), 2)):
        process = start_command("--resume")
        done = RollupRun.objects.filter(status="done")
        while process.poll() is None and done.count() < built:
            pass
        process.kill()
        process.communicate()
        codes.append(process.returncode)
    last = start_command("--resume")
    summary = json.loads(last.communicate()[0])

    assert -9 in codes
    assert (last.returncode, summary["failed"]) == (0, 0)
    assert assert_exact() > 500


@pytest.mark.django_db
def test_nothing_to_add_up_is_said():
    assert rollup() == {"buckets": 0}


@pytest.mark.django_db
def test_it_builds_a_range_and_fills_the_calendar():
    item = OrderItemFactory()

    summary = rollup(*RANGE)

    assert (summary["buckets"], summary["rows"], summary["failed"]) == (9, 8, 0)
    assert ShopMetricsDaily.objects.get().shop_id == item.order.shop_id
    assert CalendarDay.objects.get(date="2030-01-01").is_holiday


@pytest.mark.django_db
def test_only_what_is_named_is_built():
    OrderItemFactory()

    rollup(*RANGE, "--only", "shop_daily")

    done = RollupRun.objects.filter(status="done")
    assert list(done.values_list("rollup", flat=True)) == ["shop_daily"]
    assert RollupRun.objects.filter(status="pending").count() == 8


@pytest.mark.django_db
def test_resuming_leaves_what_is_built():
    OrderItemFactory()
    rollup(*RANGE)

    assert rollup(*RANGE, "--resume")["buckets"] == 0
    assert rollup(*RANGE)["buckets"] == 9


@pytest.mark.django_db
def test_verify_counts_the_cells_it_compared():
    PaymentFactory(order=OrderItemFactory().order)
    rollup()

    assert rollup("--verify") == {"differing": 0, "cells": assert_exact()}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("column", "value"),
    # One that the statement fills, and one that nothing fills yet.
    [("revenue", "10.01"), ("page_view_count", "7"), ("inventory_turnover", "0.1")],
)
def test_verify_names_the_first_differing_cell(column, value):
    item = OrderItemFactory()
    rollup()
    ShopMetricsDaily.objects.update(**{column: value})
    out = io.StringIO()

    with pytest.raises(CommandError, match="not what the raw rows say"):
        call_command("rollup", "--verify", stdout=out)

    words = out.getvalue()
    assert "shop_metrics_daily, 2030-01-01 00:00:00+00:00" in words
    assert str(item.order.shop_id) in words
    assert f"{column} is {value}" in words


@pytest.mark.django_db
def test_verify_finds_a_row_that_is_missing():
    OrderItemFactory()
    rollup()
    ShopMetricsDaily.objects.all()._raw_delete("default")

    with pytest.raises(CommandError):
        rollup("--verify")


@pytest.mark.django_db
def test_verify_says_when_changes_wait():
    item = OrderItemFactory()
    rollup()
    OrderItemFactory(order=item.order)

    with pytest.raises(CommandError, match="run `rollup` first"):
        rollup("--verify")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--from", "yesterday"], "is not a time"),
        (["--only", "shops"], "No rollup is called shops"),
        (["--from", "2030-01-02", "--to", "2030-01-01"], "must be before"),
    ],
)
def test_what_cannot_be_meant_is_refused(options, words):
    with pytest.raises(CommandError, match=words):
        call_command("rollup", *options)


@pytest.mark.django_db
def test_hours_of_other_zones_are_understood():
    OrderItemFactory(order__event_time=datetime(2030, 1, 1, 23, 30, tzinfo=UTC))

    summary = rollup(
        "--from", "2030-01-02T01:00+03:00", "--to", "2030-01-02T03:00+03:00"
    )

    assert summary["buckets"] == 9
