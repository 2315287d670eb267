"""What every test may rely on: the real PostgreSQL and Redis, empty between tests."""

import shutil
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import hypothesis
import pytest
import redis
from django.conf import settings as django_settings
from django.db import connection
from django.utils import translation

# A busy machine is no bug: how long an example takes is nothing a test asserts.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")

CHILDREN = """
SELECT child.relname
  FROM pg_class AS child
  JOIN pg_inherits ON inhrelid = child.oid
 WHERE child.relispartition AND child.relkind = 'r'
   AND pg_get_expr(child.relpartbound, child.oid) <> 'DEFAULT'
"""


@pytest.fixture
def redis_server() -> Iterator[redis.Redis]:
    """The test database of the real Redis, wiped before and after."""
    client = redis.Redis.from_url(django_settings.REDIS_URL)
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


@pytest.fixture(autouse=True)
def own_cache(settings: Any) -> None:
    """What one test leaves in the cache, such as failed log-ins, no other test finds."""
    default = {**settings.CACHES["default"], "KEY_PREFIX": uuid4().hex}
    settings.CACHES = {**settings.CACHES, "default": default}


@pytest.fixture(autouse=True)
def no_language_left() -> Iterator[None]:
    """A request leaves its language in the thread; the next test starts without one."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def no_partitions_left(
    request: pytest.FixtureRequest, django_db_blocker: Any
) -> Iterator[None]:
    """Tests that commit are undone by emptying tables, which leaves the partitions made."""
    yield
    marker = request.node.get_closest_marker("django_db")
    commits = marker is not None and marker.kwargs.get("transaction", False)
    if commits or "transactional_db" in request.fixturenames:
        with django_db_blocker.unblock():
            drop_partitions()


def drop_partitions() -> None:
    """All but the default ones."""
    with connection.cursor() as cursor:
        cursor.execute("RESET ALL")
        cursor.execute(CHILDREN)
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP TABLE "{name}"')


@pytest.fixture(scope="session", autouse=True)
def empty_media() -> None:
    """Files of earlier runs are gone; each process of a run has a folder of its own."""
    assert "test-media" in django_settings.MEDIA_ROOT.parts
    shutil.rmtree(django_settings.MEDIA_ROOT, ignore_errors=True)
