from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db import connections
from django.db.models.signals import pre_migrate


def create_schema(using: str, **_: Any) -> None:
    """Every table lives in one PostgreSQL schema, which must be there before the first."""
    with connections[using].cursor() as cursor:
        cursor.execute(f'CREATE SCHEMA IF NOT EXISTS "{settings.SCHEMA}"')


class ShopConfig(AppConfig):
    name = "shop"
    verbose_name = "Marketplace"

    def ready(self) -> None:
        # Both need the app registry.
        from shop import checks  # noqa: F401 - registers the system checks
        from shop.partitions import autodetector

        autodetector.install()

        pre_migrate.connect(create_schema, sender=self)
