"""Looking up by key alone reads the children of the days its instant names."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from shop.ids import uuid7
from shop.models import GlobalEntity, GlobalEvent, Shop
from shop.partitions import by_key, ensure_range, near_key
from tests.factories.shop import GlobalEntityFactory, GlobalEventFactory, ShopFactory
from tests.shop.partition_helpers import NOW

DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def month_of_days():
    ensure_range(GlobalEntity, NOW - 30 * DAY, NOW + DAY, now=NOW)


def children_read(queryset):
    plan = queryset.explain()
    return sorted(set(re.findall(r" on (global_\w+?_(?:p[\d_h]+|default))\b", plan)))


def test_look_up_reads_three_days_of_thirty(month_of_days):
    key = uuid7(NOW - 10 * DAY)

    pruned = children_read(near_key(GlobalEntity.objects.all(), key))
    everything = children_read(GlobalEntity.objects.filter(pk=key))

    assert pruned == [f"global_entities_p2026_11_{day}" for day in (10, 11, 12)]
    assert len(everything) == 33


def test_resolve_asks_the_near_children_first(month_of_days, django_assert_num_queries):
    moment = NOW - 10 * DAY
    entity = GlobalEntityFactory(entity_id=uuid7(moment), event_time=moment)

    with django_assert_num_queries(1) as asked:
        found = GlobalEntity.objects.resolve(entity.entity_id)

    assert found == entity
    assert "event_time" in asked[0]["sql"].partition("WHERE")[2]


def test_row_far_from_its_keys_instant_is_found_all_the_same(month_of_days):
    entity = GlobalEntityFactory(
        entity_id=uuid7(NOW - 400 * DAY), event_time=NOW - 10 * DAY
    )

    assert GlobalEntity.objects.resolve(entity.entity_id) == entity


def test_key_without_an_instant_is_found_and_an_unknown_one_is_not(month_of_days):
    entity = GlobalEntityFactory(entity_id=uuid4(), event_time=NOW)

    assert GlobalEntity.objects.resolve(entity.entity_id) == entity
    assert GlobalEntity.objects.resolve(uuid4()) is None
    assert GlobalEntity.objects.resolve(uuid7()) is None


def test_look_up_keeps_the_filters_of_its_rows(month_of_days):
    event = GlobalEventFactory(event_id=uuid7(NOW), event_time=NOW)

    assert by_key(GlobalEvent.objects.all(), event.event_id) == event
    assert by_key(GlobalEvent.objects.filter(stream="x"), event.event_id) is None


def test_model_without_partitions_is_looked_up_by_its_key():
    shop = ShopFactory()

    assert by_key(Shop.objects.all(), shop.pk) == shop


def test_unknown_key_without_partitions_is_asked_for_once(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert by_key(Shop.objects.all(), uuid7()) is None
