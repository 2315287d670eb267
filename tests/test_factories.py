"""Every factory makes a row that the database takes."""

import inspect

import factory
import pytest

from tests.factories import (
    analytics,
    catalog,
    ingestion,
    orders,
    payments,
    shop,
    users,
)

FACTORIES = sorted(
    {
        maker
        for module in (users, shop, catalog, orders, payments, analytics, ingestion)
        for _, maker in inspect.getmembers(module, inspect.isclass)
        if issubclass(maker, factory.django.DjangoModelFactory)
        and maker.__module__.startswith("tests.")
        and not maker._meta.abstract
    },
    key=lambda maker: maker.__qualname__,
)


@pytest.mark.django_db
@pytest.mark.parametrize("maker", FACTORIES, ids=lambda maker: maker.__name__)
def test_factory_makes_rows(maker):
    first, second = maker(), maker()

    assert first.pk != second.pk
