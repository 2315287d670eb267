"""What the partition tests share: other sessions at work, and the children there are."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from django.db import connection

from shop.partitions.children import children_of, ranges_of

NOW = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)


@pytest.fixture
def real_tables(transactional_db: None) -> Iterator[None]:
    """Tables that other sessions see, without children; `tests.conftest` drops those made."""
    yield
    connection.rollback()


@contextmanager
def session(**settings: str) -> Iterator[psycopg.Connection]:
    """Another session of the same database, in autocommit."""
    params = connection.get_connection_params()
    known = {key: params[key] for key in ("dbname", "user", "password", "host", "port")}
    with psycopg.connect(
        **{key: value for key, value in known.items() if value},
        options=params["options"],
        autocommit=True,
    ) as other:
        for name, value in settings.items():
            other.execute("SELECT set_config(%s, %s, false)", [name, value])
        yield other


@contextmanager
def at_work(*works: Callable[[psycopg.Connection], Any]) -> Iterator[None]:
    """Each `work(session)` over and over in a thread, until the block ends.

    The block begins when each has been done once; the first error of any of them is raised
    after it.
    """
    stop = threading.Event()
    begun = [threading.Event() for _ in works]

    def loop(work: Callable[[psycopg.Connection], Any], first: threading.Event) -> None:
        try:
            # So that a session that is kept out fails instead of hanging.
            with session(lock_timeout="30s") as other:
                while not stop.is_set():
                    work(other)
                    first.set()
        finally:
            first.set()

    with ThreadPoolExecutor(max_workers=len(works)) as pool:
        futures = [pool.submit(loop, *pair) for pair in zip(works, begun, strict=True)]
        try:
            for event in begun:
                event.wait()
            yield
        finally:
            stop.set()
    for future in futures:
        future.result()


@contextmanager
def in_background(work: Callable[[], Any]) -> Iterator[Future[Any]]:
    """`work()` in a thread with a connection of its own; it has ended after the block."""

    def run() -> Any:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as pool:
        future = pool.submit(run)
        try:
            yield future
        except BaseException:
            # The failed test's open transactions would keep the work waiting for ever.
            end_open_transactions()
            raise
    future.result()


def end_open_transactions() -> None:
    with session() as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
        )


def until(condition: Callable[[], Any], *, message: str) -> None:
    """Wait for something another session does; fails after half a minute."""
    pause = threading.Event()
    for _ in range(600):
        if condition():
            return
        pause.wait(0.05)
    pytest.fail(f"never came: {message}")


def names(model: Any) -> list[str]:
    """The children with bounds, without the table's name."""
    table = model._meta.db_table
    return [child.name.removeprefix(f"{table}_") for child in ranges_of(model)]


def where(model: Any, **filters: Any) -> list[str]:
    """The tables that hold the rows, one for each, without the parent's name."""
    table = model._meta.db_table
    condition = " AND ".join(f"{name} = %s" for name in filters) or "true"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT tableoid::regclass::text FROM {table} WHERE {condition} ORDER BY 1",
            list(filters.values()),
        )
        return [name.removeprefix(f"{table}_") for (name,) in cursor.fetchall()]


def is_default_empty(model: Any) -> bool:
    default = next(child for child in children_of(model) if child.is_default)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT FROM ONLY {default.name})")
        return not cursor.fetchone()[0]
