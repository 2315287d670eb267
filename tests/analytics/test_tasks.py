from datetime import UTC, datetime

import psycopg
import pytest
from django.db import connection

from analytics.models import RollupMark, RollupRun, ShopMetricsDaily
from analytics.services.rollups import LOCK
from analytics.tasks import roll_up_dirty
from tests.analytics.oracle import assert_exact
from tests.factories.orders import OrderItemFactory

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.mark.django_db
def test_changes_are_added_up_and_doing_it_twice_changes_nothing():
    OrderItemFactory()

    roll_up_dirty()
    computed = ShopMetricsDaily.objects.get().computed_at
    roll_up_dirty()

    assert ShopMetricsDaily.objects.get().computed_at == computed
    assert_exact()


@pytest.mark.django_db(transaction=True)
def test_a_second_worker_leaves_the_work_to_the_first():
    OrderItemFactory()
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute(f"SELECT pg_advisory_xact_lock({LOCK})")

        roll_up_dirty()

        assert RollupMark.objects.exists()
        assert not RollupRun.objects.exists()
        other.rollback()

    roll_up_dirty()
    assert not RollupMark.objects.exists()


@pytest.mark.django_db
def test_what_does_not_fit_in_a_turn_is_handed_on(monkeypatch):
    OrderItemFactory()
    handed_on = []
    monkeypatch.setattr("analytics.tasks.TURN_S", 0)
    monkeypatch.setattr(roll_up_dirty, "delay", lambda: handed_on.append(True))

    roll_up_dirty()

    assert handed_on == [True]
    assert not RollupRun.objects.filter(status="done").exists()
