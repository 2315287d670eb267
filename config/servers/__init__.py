"""The private PostgreSQL and Redis of a machine where nothing is configured.

`python -m config.servers start` runs them below `var/` and writes their addresses to
`var/private.env`, which the settings read. An address in the environment (DATABASE_URL,
REDIS_URL, CACHE_URL) turns the private server of that name off.
"""

import os
import secrets
import shutil
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from config.environment import BASE_DIR
from config.servers.home import (
    SECRET_BYTES,
    Address,
    Home,
    ServerError,
    last_lines,
    locked,
    open_home,
    read_private_env,
    write_private_env,
)
from config.servers.postgres import PostgresServer
from config.servers.valkey import ValkeyServer, broker, cache

__all__ = [
    "ServerError",
    "ServerState",
    "others_connected",
    "remove",
    "start",
    "status",
    "stop",
]

Server = PostgresServer | ValkeyServer
READY_TIMEOUT_S = 60
STOP_TIMEOUT_S = 60
LAUNCH_ATTEMPTS = 8
PAUSE_S = 0.1
HOME_KEY = "PRIVATE_HOME"


@dataclass(frozen=True)
class ServerState:
    """One server as `status` shows it; `url` is None before the first start."""

    name: str
    variable: str
    is_private: bool
    is_up: bool
    url: str | None


def start(*, var: Path, environ: Mapping[str, str] = os.environ) -> list[str]:
    """Start what is not up and not given by the environment; returns the names started.

    Safe to repeat and to run twice at once: a lock lets one make the servers, the other
    finds them. Raises ServerError.
    """
    with locked(var):
        home = open_home(var)
        private = [
            server for server in _servers(home) if not environ.get(server.variable)
        ]
        if private:
            home.make()
        known = _known_values(home, has_servers=bool(private))
        return [server.name for server in private if _ensure(server, known)]


def stop(*, var: Path) -> list[str]:
    """Stop the private servers that run; returns their names. Raises ServerError."""
    if not var.is_dir():
        return []
    with locked(var):
        return [server.name for server in _servers(open_home(var)) if _end(server)]


def remove(*, var: Path) -> None:
    """Stop the private servers and delete all of `var`, also what lies outside it.

    Raises ServerError for a folder that was not made by `start`, or that holds more.
    """
    if not var.is_dir():
        return
    if not (var / "servers.lock").exists() or BASE_DIR.is_relative_to(var.resolve()):
        raise ServerError(f"{var} is not a folder of the private servers. Look at it.")
    home = open_home(var)
    with locked(var):
        for server in _servers(home):
            # What they would write to end in order is deleted in the next moment.
            _end(server, is_in_order=False)
    if home.is_outside and home.path.exists():
        home.refuse_strangers()
        shutil.rmtree(home.path)
    shutil.rmtree(var)


def status(*, var: Path, environ: Mapping[str, str] = os.environ) -> list[ServerState]:
    """How each server stands now. A given one's state is not looked at: `is_up` is False."""
    home = open_home(var) if var.is_dir() else Home(var, var, None)
    known = read_private_env(var)
    return [_state(server, known, environ) for server in _servers(home)]


def others_connected(*, var: Path) -> int:
    """Connections to the private PostgreSQL besides the one that asks; 0 when it is down."""
    if not var.is_dir():
        return 0
    server = PostgresServer(open_home(var))
    url = read_private_env(var).get(server.variable)
    if not url or server.pid() is None:
        return 0
    return server.others_connected(Address.from_url(url, template=server.template))


def _servers(home: Home) -> list[Server]:
    return [PostgresServer(home), broker(home), cache(home)]


def _state(
    server: Server, known: Mapping[str, str], environ: Mapping[str, str]
) -> ServerState:
    given = environ.get(server.variable)
    url = given or known.get(server.variable)
    is_up = bool(
        url
        and not given
        and server.answers(Address.from_url(url, template=server.template))
    )
    return ServerState(server.name, server.variable, not given, is_up, url)


def _known_values(home: Home, *, has_servers: bool) -> dict[str, str]:
    """The values kept so far, and written; the secret key is made the first time."""
    known = read_private_env(home.var)
    if has_servers and home.is_outside and known.get(HOME_KEY) != str(home.path):
        # A shared place keeps the data of a var/ removed by hand, and a copied var/
        # brings the addresses of the folder it was copied from.
        for server in _servers(home):
            _end(server)
            known.pop(server.variable, None)
        shutil.rmtree(home.path)
        home.make()
        known[HOME_KEY] = str(home.path)
    known.setdefault("SECRET_KEY", secrets.token_urlsafe(SECRET_BYTES * 2))
    write_private_env(home.var, known)
    return known


def _ensure(server: Server, known: dict[str, str]) -> bool:
    """Make a server answer; whether it had to be started."""
    address = _address(server, known)
    if server.answers(address):
        return False
    if server.pid() is not None and _wait_for(server, address):
        return False
    for attempt in range(LAUNCH_ATTEMPTS):
        address = address.with_usable_port()
        known[server.variable] = address.url
        # Before the launch: a kill in between must not lose a new cluster's password.
        write_private_env(server.home.var, known)
        try:
            server.launch(address)
        except ServerError:
            # Backends of a killed server leave within seconds; a port can be lost to
            # another program between the look and the start.
            if attempt == LAUNCH_ATTEMPTS - 1:
                raise
            time.sleep(PAUSE_S * 2**attempt)
            continue
        if _wait_for(server, address):
            return True
    log = server.home.log(server.name)
    raise ServerError(f"{server.name} does not answer.\n{last_lines(log)}")


def _address(server: Server, known: Mapping[str, str]) -> Address:
    url = known.get(server.variable)
    if url:
        return Address.from_url(url, template=server.template)
    if isinstance(server, PostgresServer) and server.data.exists():
        raise ServerError(
            f"{server.data} holds data whose password is not in private.env. Bring that"
            " file back, or start afresh with `make clean`."
        )
    return Address.new(template=server.template)


def _wait_for(server: Server, address: Address) -> bool:
    """Wait until a server answers, as long as it lives."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    # A daemon writes its pid file a moment after its parent returned.
    patience = time.monotonic() + 2
    while time.monotonic() < deadline:
        if server.answers(address):
            return True
        if server.pid() is None and time.monotonic() > patience:
            return False
        time.sleep(PAUSE_S)
    return False


def _end(server: Server, *, is_in_order: bool = True) -> bool:
    """Stop a server in order, by force when it does not listen; whether it ran."""
    pid = server.pid()
    if pid is None:
        return False
    # SIGINT is PostgreSQL's fast shutdown: clients are cut off, nothing is lost.
    polite = signal.SIGINT if isinstance(server, PostgresServer) else signal.SIGTERM
    numbers = [polite, signal.SIGQUIT, signal.SIGKILL]
    for number in numbers if is_in_order else numbers[1:]:
        _send(pid, number, server)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while time.monotonic() < deadline:
            if server.pid() is None:
                return True
            time.sleep(PAUSE_S / 2)
    raise ServerError(f"{server.name} (process {pid}) does not end.")


def _send(pid: int, number: int, server: Server) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
    except PermissionError:
        raise ServerError(
            f"{server.name} (process {pid}) was started by another account. Stop it as"
            " that account."
        ) from None
