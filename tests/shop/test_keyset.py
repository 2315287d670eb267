"""Pages by keys: complete, without repeats, both ways, whatever a cursor says."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shop.keyset import LAST, keyset_page
from shop.models import GlobalEntity
from tests.factories.shop import GlobalEntityFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2031, 5, 1, 12, tzinfo=UTC)
ORDER = ("-event_time", "entity_id")


def make(count: int) -> list[GlobalEntity]:
    """Two of each instant, so that the second column decides."""
    for number in range(count):
        GlobalEntityFactory.create(
            event_time=NOON + timedelta(microseconds=number // 2)
        )
    return list(GlobalEntity.objects.order_by(*ORDER))


def walk(start: str, way: str, size: int) -> list[list[GlobalEntity]]:
    pages, cursor = [], start
    while True:
        page = keyset_page(
            GlobalEntity.objects.all(), order=ORDER, cursor=cursor, size=size
        )
        pages.append(page.rows)
        cursor = getattr(page, way)
        if not cursor:
            return pages


def test_pages_forward_hold_every_row_once() -> None:
    rows = make(7)

    pages = walk("", "next", 3)

    assert [len(page) for page in pages] == [3, 3, 1]
    assert [row for page in pages for row in page] == rows


def test_pages_backward_from_the_last_hold_every_row_once() -> None:
    rows = make(7)

    pages = walk(LAST, "previous", 3)

    assert [len(page) for page in pages] == [3, 3, 1]
    assert [row for page in reversed(pages) for row in page] == rows


def test_new_rows_do_not_shift_a_page() -> None:
    rows = make(6)
    first = keyset_page(GlobalEntity.objects.all(), order=ORDER, size=3)
    GlobalEntityFactory.create(event_time=NOON + timedelta(days=1))

    second = keyset_page(
        GlobalEntity.objects.all(), order=ORDER, cursor=first.next, size=3
    )

    assert second.rows == rows[3:]


def test_one_statement_a_page() -> None:
    make(4)
    first = keyset_page(GlobalEntity.objects.all(), order=ORDER, size=2)

    with CaptureQueriesContext(connection) as asked:
        keyset_page(GlobalEntity.objects.all(), order=ORDER, cursor=first.next, size=2)

    assert len(asked) == 1


@pytest.mark.parametrize(
    "cursor",
    ["x", "%00", "bnVsbA", "W10", "WyJhIiwxLDJd", "a" * 5000, "é", "W1siYSJdXQ"],
)
def test_a_cursor_that_cannot_be_read_is_the_first_page(cursor: str) -> None:
    rows = make(3)

    page = keyset_page(GlobalEntity.objects.all(), order=ORDER, cursor=cursor, size=2)

    assert page.rows == rows[:2]
    assert page.previous == ""
