"""Statements whose plan is kept, and rows made objects again."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shop.models import Shop
from shop.statements import Columns, read_prepared
from tests.factories.shop import ShopFactory

pytestmark = pytest.mark.django_db

NAMES = "SELECT name FROM shops WHERE id = ANY(%(ids)s) ORDER BY name"
KEPT = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%FROM shops%%ANY($1)%%'"


def test_a_statement_is_prepared_once_it_comes_often() -> None:
    shop = ShopFactory.create()
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")

    for _ in range(8):
        assert read_prepared(NAMES, {"ids": [shop.pk]}) == [(shop.name,)]

    with connection.cursor() as cursor:
        cursor.execute(KEPT)
        assert cursor.fetchone() == (1,)


def test_it_counts_as_a_statement() -> None:
    with CaptureQueriesContext(connection) as asked:
        assert read_prepared(NAMES, {"ids": []}) == []

    assert len(asked) == 1


def test_columns_make_objects_with_the_rest_deferred() -> None:
    shop = ShopFactory.create(address={"city": "Kisumu"})
    columns = Columns.of(Shop, without=["description"])
    [row] = read_prepared(
        f"SELECT {columns.sql('shop')} FROM shops AS shop WHERE id = %s", [shop.pk]
    )

    made = columns.made(row)

    assert made == shop
    assert made.address == {"city": "Kisumu"}
    assert made.created_at == Shop.objects.get(pk=shop.pk).created_at
    assert made.get_deferred_fields() == {"description"}
