"""The private servers, started for real in folders of their own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from config import servers
from config.environment import BASE_DIR
from config.process_table import command_of, read_pid
from config.servers import postgres
from config.servers.home import (
    ServerError,
    open_home,
    read_private_env,
    write_private_env,
)

ALL = ["postgres", "redis", "cache"]
NOTHING_GIVEN: dict[str, str] = {}
# Addresses that turn two of the three off, for tests that look at one of them.
ONLY_POSTGRES = {"REDIS_URL": "redis://given", "CACHE_URL": "redis://given"}
ONLY_REDIS = {"DATABASE_URL": "postgresql://given", "CACHE_URL": "redis://given"}


@pytest.fixture
def var(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "var"
    yield folder
    if (folder / "servers.lock").exists():
        servers.remove(var=folder)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder whose three servers are up; tests leave them so."""
    folder = tmp_path_factory.mktemp("running") / "var"
    servers.start(var=folder, environ=NOTHING_GIVEN)
    yield folder
    servers.remove(var=folder)


def url(var: Path, name: str) -> str:
    return read_private_env(var)[name]


def ask(var: Path, query: str) -> object:
    with psycopg.connect(url(var, "DATABASE_URL")) as connection:
        row = connection.execute(query).fetchone()
        return row[0] if row else None


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def kill_hard(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: command_of(pid) is None)


def postmaster(var: Path) -> int:
    pid = postgres.PostgresServer(open_home(var)).pid()
    assert pid is not None
    return pid


# ------------------------------------------------------------------ start
def test_start_makes_servers_that_answer(running):
    assert (
        ask(running, "SELECT current_setting('server_version_num')::int / 10000") == 18
    )
    assert ask(running, "SHOW listen_addresses") == "127.0.0.1"
    assert ask(running, "SHOW unix_socket_directories") == ""
    assert ask(running, "SHOW fsync") == "on"
    assert ask(running, "SHOW jit") == "off"
    assert ask(running, "SHOW shared_preload_libraries") == "pg_stat_statements"
    assert ask(running, "SELECT datlocprovider::text FROM pg_database LIMIT 1") == "b"


def test_start_wants_a_password(running):
    right = url(running, "DATABASE_URL")
    password = right.split(":")[2].split("@")[0]
    port = right.rpartition(":")[2]

    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(right.replace(password, "wrong"))
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://soko@127.0.0.1:{port}")
    for name in ("REDIS_URL", "CACHE_URL"):
        address = "redis://" + url(running, name).rpartition("@")[2]
        with pytest.raises(redis.AuthenticationError):
            redis.Redis.from_url(address).ping()


def test_start_gives_broker_and_cache_their_policies(running):
    facts = {}
    for name in ("REDIS_URL", "CACHE_URL"):
        with redis.Redis.from_url(url(running, name), decode_responses=True) as client:
            facts[name] = (
                client.config_get("maxmemory-policy")["maxmemory-policy"],
                client.config_get("appendonly")["appendonly"],
                int(client.config_get("maxmemory")["maxmemory"]) > 0,
            )

    assert facts == {
        "REDIS_URL": ("noeviction", "yes", False),
        "CACHE_URL": ("allkeys-lru", "no", True),
    }


def test_start_again_changes_nothing(running):
    before = read_private_env(running)

    started = servers.start(var=running, environ=NOTHING_GIVEN)

    assert (started, read_private_env(running)) == ([], before)


def test_start_keeps_the_addresses_to_the_owner(running):
    assert (running / "private.env").stat().st_mode & 0o777 == 0o600
    home = open_home(running)
    for folder in ("postgres", "redis", "cache"):
        assert (home.path / folder).stat().st_mode & 0o077 == 0


def test_start_twice_at_once_makes_one_of_each(var):
    command = [sys.executable, "-m", "config.servers", "start"]
    given = {"DATABASE_URL": "", "REDIS_URL": "", "CACHE_URL": ""}
    environ = {**os.environ, **given, "SOKO_VAR": str(var)}
    both = [
        subprocess.Popen(
            command, env=environ, cwd=BASE_DIR, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]

    said = sorted(process.communicate()[0].strip() for process in both)

    assert said == ["Started postgres, redis, cache.", "The servers are already up."]
    assert ask(var, "SELECT 1") == 1


def test_start_after_a_hard_kill_keeps_the_data(var):
    servers.start(var=var, environ=NOTHING_GIVEN)
    with psycopg.connect(url(var, "DATABASE_URL")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    with redis.Redis.from_url(url(var, "REDIS_URL")) as client:
        client.set("kept", "42")
        client.execute_command("WAITAOF", 1, 0, 5000)
        pid = client.info("server")["process_id"]
    kill_hard(postmaster(var))
    kill_hard(pid)

    started = servers.start(var=var, environ=NOTHING_GIVEN)

    assert started == ["postgres", "redis"]
    assert ask(var, "SELECT answer FROM kept") == 42
    with redis.Redis.from_url(url(var, "REDIS_URL")) as client:
        assert client.get("kept") == b"42"


def test_start_moves_when_its_port_is_taken(var):
    servers.start(var=var, environ=ONLY_REDIS)
    before = url(var, "REDIS_URL")
    servers.stop(var=var)
    port = int(before.rpartition(":")[2].removesuffix("/0"))

    with socket.create_server(("127.0.0.1", port)):
        servers.start(var=var, environ=ONLY_REDIS)
        after = url(var, "REDIS_URL")

    assert after != before
    assert redis.Redis.from_url(after).ping()


def test_start_leaves_given_servers_out(var):
    started = servers.start(var=var, environ=ONLY_REDIS)

    assert started == ["redis"]
    assert set(read_private_env(var)) & {"DATABASE_URL", "CACHE_URL"} == set()
    states = {
        state.name: state for state in servers.status(var=var, environ=ONLY_REDIS)
    }
    assert [name for name, state in states.items() if state.is_private] == ["redis"]
    assert states["postgres"].url == "postgresql://given"


def test_start_with_all_given_makes_a_secret_key_and_no_folder(var):
    given = {**ONLY_REDIS, "REDIS_URL": "redis://given"}

    started = servers.start(var=var, environ=given)

    secret = read_private_env(var)
    assert (started, set(secret)) == ([], {"SECRET_KEY"})
    assert len(secret["SECRET_KEY"]) >= 50
    assert sorted(path.name for path in var.iterdir()) == [
        "private.env",
        "servers.lock",
    ]
    assert not open_home(var).is_outside or not open_home(var).path.exists()
    servers.start(var=var, environ=given)
    assert read_private_env(var) == secret


def test_start_with_a_copied_var_does_not_use_the_first_ones_servers(running, var):
    var.mkdir()
    shutil.copy(running / "private.env", var)

    servers.start(var=var, environ=ONLY_REDIS)

    assert url(var, "REDIS_URL") != url(running, "REDIS_URL")
    assert redis.Redis.from_url(url(running, "REDIS_URL")).ping()


def cluster(var: Path, version: str) -> Path:
    """A data folder as PostgreSQL of a version leaves it, as far as it is looked at."""
    var.mkdir()
    (var / "servers.lock").touch()
    home = open_home(var)
    home.make()
    values = {"PRIVATE_HOME": str(home.path)} if home.is_outside else {}
    write_private_env(var, values)
    data = home.folder("postgres")
    (data / "PG_VERSION").write_text(f"{version}\n")
    return data


def test_start_says_so_when_the_password_is_lost(var):
    data = cluster(var, "18")

    with pytest.raises(ServerError, match="whose password is not in private.env"):
        servers.start(var=var, environ=ONLY_POSTGRES)
    assert (data / "PG_VERSION").exists()


def test_start_refuses_data_of_another_version(var, monkeypatch):
    monkeypatch.setattr(servers, "LAUNCH_ATTEMPTS", 1)
    data = cluster(var, "17")
    values = read_private_env(var)
    values["DATABASE_URL"] = "postgresql://soko:secret@127.0.0.1:9/soko"
    write_private_env(var, values)

    with pytest.raises(ServerError, match="made by PostgreSQL 17; Soko needs 18"):
        servers.start(var=var, environ=ONLY_POSTGRES)
    assert (data / "PG_VERSION").read_text() == "17\n"


# ------------------------------------------------------------------ stop
def test_stop_ends_every_process(var):
    servers.start(var=var, environ=NOTHING_GIVEN)
    pids = [server.pid() for server in servers._servers(open_home(var))]

    stopped = servers.stop(var=var)

    assert stopped == ALL
    assert [command_of(pid) for pid in pids if pid] == [None, None, None]
    assert servers.stop(var=var) == []


def test_remove_refuses_a_folder_that_is_not_its_own(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")

    with pytest.raises(ServerError, match="not a folder of the private servers"):
        servers.remove(var=tmp_path)
    assert (tmp_path / "letter.txt").exists()


def test_others_connected_counts_all_but_the_one_that_asks(running):
    with psycopg.connect(url(running, "DATABASE_URL")):
        wait_until(lambda: servers.others_connected(var=running) == 1)
    wait_until(lambda: servers.others_connected(var=running) == 0)


# ------------------------------------------------------------------ as root
@pytest.mark.skipif(os.geteuid() != 0, reason="about servers that root starts")
def test_root_runs_the_servers_as_another_account_below_a_closed_folder(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    var = closed / "var"
    servers.start(var=var, environ=NOTHING_GIVEN)
    home = open_home(var)

    owners = {
        Path(f"/proc/{server.pid()}").stat().st_uid for server in servers._servers(home)
    }

    assert 0 not in owners
    assert closed.stat().st_mode & 0o777 == 0o700
    assert not home.path.is_relative_to(tmp_path)
    servers.remove(var=var)
    assert not home.path.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="about servers that root starts")
def test_root_refuses_a_folder_that_somebody_laid_in_the_shared_place(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "var").mkdir()
    home = open_home(closed / "var")
    home.path.mkdir()
    os.chown(home.path, 65534, 65534)

    with pytest.raises(ServerError, match="belongs to somebody else"):
        servers.start(var=closed / "var", environ=ONLY_REDIS)
    home.path.rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="about servers that root starts")
def test_root_clears_away_what_a_deleted_var_left(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    var = closed / "var"
    servers.start(var=var, environ=ONLY_REDIS)
    with redis.Redis.from_url(url(var, "REDIS_URL")) as client:
        old = client.info("server")["process_id"]
    shutil.rmtree(var)

    servers.start(var=var, environ=ONLY_REDIS)

    assert command_of(old) is None
    assert redis.Redis.from_url(url(var, "REDIS_URL")).ping()
    servers.remove(var=var)


# ------------------------------------------------------------------ finding PostgreSQL
def _fake_postgres(folder: Path, version: str, *, contrib: bool = True) -> Path:
    programs = folder / "bin"
    programs.mkdir(parents=True)
    for name in postgres.PROGRAMS:
        (programs / name).write_text(
            f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n"
        )
        (programs / name).chmod(0o755)
    if contrib:
        (folder / "share/extension").mkdir(parents=True)
        (folder / "share/extension/pg_stat_statements.control").touch()
    return programs


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "INSTALLED", ())
    monkeypatch.setattr(postgres, "EXTENSIONS", ("../share/extension",))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setattr(postgres.shutil, "which", lambda name: None)


@pytest.mark.usefixtures("bare_machine")
def test_find_installed_prefers_a_machines_own_18(tmp_path, monkeypatch):
    older = _fake_postgres(tmp_path / "15", "15.9 (Debian 15.9-0)")
    right = _fake_postgres(tmp_path / "18", "18.1")
    monkeypatch.setattr(postgres, "INSTALLED", (str(older), str(right)))

    assert postgres.find_installed() == right


@pytest.mark.usefixtures("bare_machine")
@pytest.mark.parametrize(
    ("version", "contrib"), [("15.9", True), ("19devel", True), ("18.1", False)]
)
def test_find_installed_leaves_out_what_would_not_do(
    tmp_path, monkeypatch, version, contrib
):
    programs = _fake_postgres(tmp_path / "found", version, contrib=contrib)
    monkeypatch.setattr(postgres, "INSTALLED", (str(programs),))

    assert postgres.find_installed() is None


@pytest.mark.usefixtures("bare_machine")
def test_find_installed_finds_nothing_on_a_bare_machine():
    assert postgres.find_installed() is None


# ------------------------------------------------------------------ processes
def test_command_of_a_zombie_is_none():
    child = subprocess.Popen(["true"])
    wait_until(
        lambda: os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT) is not None
    )

    assert command_of(child.pid) is None
    child.wait()


def test_read_pid_does_not_take_a_stranger_for_its_own(tmp_path):
    pid_file = tmp_path / "some.pid"
    pid_file.write_text(f"{os.getpid()}\nmore\n")

    assert read_pid(pid_file, marker="no such words") is None
    assert read_pid(pid_file, marker="py") == os.getpid()
    assert read_pid(tmp_path / "missing.pid", marker="py") is None
