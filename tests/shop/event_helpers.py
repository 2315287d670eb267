"""A Redis of the test's own: its streams are wiped and killed, and nobody else's."""

import os
import shutil
import signal
import time
from pathlib import Path

import redis

from config import servers
from config.servers.home import open_home, read_private_env

POLL_S = 0.05
PATIENCE_S = 20
ONLY_REDIS = {"DATABASE_URL": "postgresql://given", "CACHE_URL": "redis://given"}


class OwnRedis:
    """A private server of this test, which can be killed and robbed."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.start()

    def start(self) -> None:
        servers.start(var=self.var, environ=ONLY_REDIS)

    @property
    def url(self) -> str:
        return read_private_env(self.var)["REDIS_URL"]

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url, decode_responses=True)

    def kill(self, *, lose_data: bool = False) -> None:
        server = servers.broker(open_home(self.var))
        pid = server.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + PATIENCE_S
        while server.pid() is not None:
            assert time.monotonic() < deadline, "Redis did not die"
            time.sleep(POLL_S)
        if lose_data:
            shutil.rmtree(server.folder / "appendonlydir")

    def restart_hard(self, *, lose_data: bool) -> None:
        self.kill(lose_data=lose_data)
        self.start()
