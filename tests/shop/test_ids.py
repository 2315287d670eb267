import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from shop.ids import moment_of, uuid7, window_of

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def test_uuid7_has_the_version_and_variant_of_rfc_9562():
    key = uuid7()

    assert (key.version, key.variant) == (7, uuid.RFC_4122)


def test_uuid7_carries_the_given_instant_to_the_millisecond():
    moment = NOON + timedelta(microseconds=123_456)

    assert moment_of(uuid7(moment)) == NOON + timedelta(milliseconds=123)


def test_keys_sort_by_their_instants():
    moments = [NOON + timedelta(microseconds=250 * step) for step in range(40)]

    keys = [uuid7(moment) for moment in moments]

    assert keys == sorted(keys)


def test_keys_of_one_instant_differ():
    assert len({uuid7(NOON) for _ in range(1000)}) == 1000


def test_moment_of_another_version_is_unknown():
    assert moment_of(uuid.uuid4()) is None
    assert window_of(uuid.uuid4()) is None


def test_window_of_encloses_the_instant():
    start, end = window_of(uuid7(NOON), slack=timedelta(hours=1))

    assert (start, end) == (NOON - timedelta(hours=1), NOON + timedelta(hours=1))


@pytest.mark.django_db
def test_the_databases_keys_are_read_the_same_way():
    with connection.cursor() as cursor:
        cursor.execute("SELECT uuidv7(%s - clock_timestamp())", [NOON])
        (key,) = cursor.fetchone()

    assert abs(moment_of(key) - NOON) < timedelta(seconds=1)
