"""What every test may rely on: the real PostgreSQL and Redis, empty between tests."""

from collections.abc import Iterator

import pytest
import redis
from django.conf import settings


@pytest.fixture
def redis_server() -> Iterator[redis.Redis]:
    """The test database of the real Redis, wiped before and after."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.flushdb()
    yield client
    client.flushdb()
    client.close()
