"""A database of a benchmark's own, made beside the one in DATABASE_URL and dropped after it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg


@contextmanager
def own_database(suffix: str, *, forks: bool = False) -> Iterator[str]:
    """A migrated, empty database; Django is set up on it. Gives its address.

    Must be entered before Django is set up, once in a process. forks: for work in processes
    that are forked of this one, where a pool's threads would not follow.
    """
    from config.settings import env

    address = urlsplit(env.database_url)
    name = f"{address.path.lstrip('/')}_{suffix}"
    _elsewhere(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    _elsewhere(f'CREATE DATABASE "{name}"')
    try:
        _set_up(name, forks)
        yield urlunsplit(address._replace(path=f"/{name}"))
    finally:
        from django.db import connection

        connection.close()
        _elsewhere(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _set_up(name: str, forks: bool) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django
    from django.conf import settings
    from django.core.management import call_command

    settings.DATABASES["default"]["NAME"] = name
    if forks:
        settings.DATABASES["default"]["OPTIONS"].pop("pool", None)
    django.setup()
    call_command("migrate", verbosity=0)


def _elsewhere(statement: str) -> None:
    from config.settings import env

    with psycopg.connect(env.database_url, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[arg-type]
