"""The runner behind `make run`, with real web, worker and scheduler processes."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from config.environment import BASE_DIR
from config.process_table import command_of
from config.processes.errors_shown import ErrorTail, error_in
from shop.health import database_url

PATIENCE_S = 90
# A database of Redis for each process of pytest-xdist, apart from the other tests' ones.
OWN_REDIS = 12 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 4
SLEEPER = "import time; time.sleep(600)"
PARENT = f"""
import subprocess, sys, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", {SLEEPER!r}, sys.argv[1]])
print(child.pid, flush=True)
child.wait()
"""


def wait_until(happened: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline, f"in vain for: {what}"
        time.sleep(0.05)


class Run:
    """One `python -m config.processes run` and what it printed so far."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "config.processes", "run"],
            cwd=BASE_DIR,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.output = ""
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.output += line

    def wait_until_up(self) -> None:
        wait_until(
            lambda: "Ctrl-C" in self.output or self.process.poll() is not None,
            f"the addresses; so far: {self.output}",
        )
        assert "Ctrl-C" in self.output, self.output

    @property
    def port(self) -> int:
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", self.output)
        assert found, self.output
        return int(found[1])


@pytest.fixture
def environ(transactional_db: None, tmp_path: Path) -> dict[str, str]:
    """A run's own folder and Redis, on the tests' database."""
    connection.close()
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SOKO_VAR": str(tmp_path / "var"),
        "DATABASE_URL": database_url(),
        "REDIS_URL": f"{settings.REDIS_URL.rpartition('/')[0]}/{OWN_REDIS}",
        "CACHE_URL": settings.CACHES["default"]["LOCATION"],
    }


@pytest.fixture
def run(environ: dict[str, str]) -> Iterator[Run]:
    it = Run(environ)
    yield it
    if it.process.poll() is None:
        it.process.terminate()
    it.process.wait(timeout=PATIENCE_S)


def children_of(var: Path) -> dict[str, int]:
    return {
        file.stem: int(file.read_text())
        for file in (var / "run").glob("*.pid")
        if file.stem != "runner"
    }


def group(pid: int) -> set[int]:
    """Live members of a process group."""
    if Path("/proc/self/stat").exists():
        rows = [_from_proc(folder) for folder in Path("/proc").glob("[0-9]*")]
    else:
        command = ["ps", "-A", "-o", "pid=,pgid=,stat="]
        found = subprocess.run(command, capture_output=True, text=True, check=True)
        rows = [line.split() for line in found.stdout.splitlines()]
    return {int(row[0]) for row in rows if row[1:2] == [str(pid)] and row[2][0] != "Z"}


def _from_proc(folder: Path) -> list[str]:
    """Process id, process group and state; empty for a process that just left."""
    try:
        facts = (folder / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [folder.name, facts[2], facts[0]]


def test_run_serves_until_it_is_asked_to_end_and_leaves_nothing(run, environ):
    run.wait_until_up()
    var = Path(environ["SOKO_VAR"])
    pids = children_of(var)
    page = http.client.HTTPConnection("127.0.0.1", run.port, timeout=30)
    page.request("GET", "/admin/login/")
    answer = page.getresponse().status
    page.close()
    second = subprocess.run(
        [sys.executable, "-m", "config.processes", "run"],
        cwd=BASE_DIR,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )

    run.process.send_signal(signal.SIGINT)
    code = run.process.wait(timeout=PATIENCE_S)

    assert answer < 400
    assert (second.returncode, second.stderr) == (
        1,
        "Soko already runs here. `make stop` ends it.\n",
    )
    assert code == 0
    assert set(pids) == {"web", "worker", "beat"}
    assert {name: group(pid) for name, pid in pids.items()} == {
        name: set() for name in pids
    }
    assert children_of(var) == {}


def test_run_raises_a_killed_worker_and_dies_with_its_runner(run, environ):
    run.wait_until_up()
    var = Path(environ["SOKO_VAR"])
    before = children_of(var)

    os.kill(before["worker"], signal.SIGKILL)
    wait_until(
        lambda: children_of(var).get("worker", before["worker"]) != before["worker"],
        "another worker",
    )
    after = children_of(var)
    wait_until(lambda: group(before["worker"]) == set(), "the first worker's pool")

    run.process.kill()
    run.process.wait()
    wait_until(
        lambda: not any(group(pid) for pid in after.values()), "the end of all children"
    )
    assert "worker was ended by SIGKILL; restarted" in run.output
    assert (after["web"], after["beat"]) == (before["web"], before["beat"])
    with psycopg.connect(environ["DATABASE_URL"]) as direct:
        assert direct.execute("SELECT 1").fetchone() == (1,)


def test_run_says_which_port_is_taken(environ):
    with http.client.socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "config.processes", "run"],
            cwd=BASE_DIR,
            env={**environ, "PORT": str(port)},
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 1
    assert f"PORT={port} is taken" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_end_groups_takes_the_children_of_one_that_does_not_listen(monkeypatch):
    from config.processes import child as module

    monkeypatch.setattr(module, "STAGES", ((signal.SIGTERM, 0.1),))
    stubborn = subprocess.Popen(
        [sys.executable, "-c", PARENT, module.TAG],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    grandchild = int(stubborn.stdout.readline())

    module.end_groups([stubborn.pid])
    stubborn.wait()

    wait_until(lambda: command_of(grandchild) is None, "the end of the grandchild")
    stubborn.stdout.close()


def test_end_leftover_lets_a_stranger_with_the_same_id_live(tmp_path, monkeypatch):
    from config.processes import child as module

    monkeypatch.setattr(module, "RUN_DIR", tmp_path)
    stranger = subprocess.Popen([sys.executable, "-c", SLEEPER], start_new_session=True)
    (tmp_path / "web.pid").write_text(f"{stranger.pid}\n")

    module.Child("web", [], {}).end_leftover()

    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


# ------------------------------------------------------------------ errors
@pytest.mark.parametrize(
    ("line", "error"),
    [
        ('{"event": "page served", "level": "info"}', None),
        ('{"event": "no card", "level": "error"}', "no card"),
        (
            json.dumps({"event": "fell", "level": "error", "exception": "a\nKey: 'b'"}),
            "fell Key: 'b'",
        ),
        ("[2026-11-21 07:56:29 +0000] [8195] [INFO] Handling signal: term", None),
        ("[2026-11-21 07:56:29] [8195] [ERROR] no socket", None),
        ("not json {", None),
        ("{broken", None),
    ],
)
def test_error_in_a_line(line, error):
    if "[ERROR]" in line:
        error = line

    assert error_in(line) == error


def test_error_tail_says_the_same_error_once_and_keeps_half_lines(tmp_path):
    log = tmp_path / "web.log"
    log.write_text("[ERROR] from before\n")
    tail = ErrorTail(log)

    with log.open("a") as file:
        file.write("[ERROR] order 17 fell\n[ERROR] order 18 fell\n[ERR")
    first = list(tail.new_errors())
    with log.open("a") as file:
        file.write("OR] no card\n")

    assert first == ["[ERROR] order 17 fell"]
    assert list(tail.new_errors()) == ["[ERROR] no card"]


# ------------------------------------------------------------------ static files
def test_static_files_are_collected_again_only_when_one_changed(tmp_path, monkeypatch):
    from config.processes import steps

    collected = []
    app = tmp_path / "shop/static/shop"
    app.mkdir(parents=True)
    (app / "base.css").write_text("body {}")
    for name in ("requirements.lock", "config/settings.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.setattr(steps, "BASE_DIR", tmp_path)
    monkeypatch.setattr(steps, "VAR_DIR", tmp_path / "var")
    monkeypatch.setattr(steps, "STATIC_STAMP", tmp_path / "stamp")

    def collect(*arguments: str) -> None:
        collected.append(arguments[0])
        (tmp_path / "var/static").mkdir(parents=True, exist_ok=True)
        (tmp_path / f"var/static/{len(collected)}.css").write_text("collected")

    monkeypatch.setattr(steps, "manage", collect)

    steps.collect_static()
    steps.collect_static()
    (app / "base.css").write_text("body { margin: 0 }")
    steps.collect_static()

    assert collected == ["collectstatic", "collectstatic"]
