from collections.abc import Iterator

import pytest

from config import servers
from tests.shop.event_helpers import OwnRedis


@pytest.fixture(scope="module")
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnRedis]:
    """A server that a test may wipe and kill."""
    var = tmp_path_factory.mktemp("redis") / "var"
    try:
        yield OwnRedis(var)
    finally:
        servers.remove(var=var)
