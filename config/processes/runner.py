"""Runs web, worker and beat until it is asked to end, or one of them cannot be kept up."""

import http.client
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from rich.console import Console
from rich.table import Table

from config import servers
from config.environment import VAR_DIR
from config.processes.child import Child, end_groups
from config.processes.ending import stop_private_servers
from config.processes.errors_shown import ErrorTail
from config.processes.only import RUNNER_PID, AlreadyRuns, only_run, runner_pid
from config.processes.places import DEMO_LOGINS, LOG_DIR, TAG
from config.processes.steps import StepFailed, fill_demo, prepare, said
from config.processes.watchdog import Watchdog

HOST = "127.0.0.1"
FIRST_PORT = 8000
PORTS_TRIED = 50
WEB_TIMEOUT_S = 60.0
LOOK_EVERY_S = 0.25
QUICK_DEATH_S = 10.0
MAX_QUICK_DEATHS = 3
STOP_TIMEOUT_S = 60.0


class Asked(BaseException):
    """The runner was asked to end: Ctrl-C, SIGTERM, or its terminal closed."""


class Interrupts:
    """Signals that end the run, as an exception, put off while that would do harm."""

    NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self.is_held = False
        self.is_pending = False

    def listen(self) -> None:
        for number in self.NUMBERS:
            signal.signal(number, self._arrive)

    def ignore(self) -> None:
        for number in self.NUMBERS:
            signal.signal(number, signal.SIG_IGN)

    @contextmanager
    def held(self) -> Iterator[None]:
        self.is_held = True
        try:
            yield
        finally:
            self.is_held = False
        if self.is_pending:
            raise Asked

    def _arrive(self, number: int, frame: FrameType | None) -> None:
        if self.is_held:
            self.is_pending = True
        else:
            raise Asked


INTERRUPTS = Interrupts()


def run(*, fill: bool) -> int:
    """Prepare, fill the sample shops if asked, run until told to end; the exit code."""
    INTERRUPTS.listen()
    try:
        LOG_DIR.mkdir(parents=True, exist_ok=True)
        with only_run(patience_s=STOP_TIMEOUT_S) as pid_file:
            pid_file.write_text(f"{os.getpid()}\n")
            return _guarded(fill=fill)
    except Asked:
        return 0
    except AlreadyRuns:
        print("Soko already runs here. `make stop` ends it.", file=sys.stderr)
        return 1


def stop() -> None:
    """End a run in another terminal, what a killed run left, and the private servers."""
    was_running = _end_other_run()
    stopped = servers.stop(var=VAR_DIR)
    print("Stopped." if was_running or stopped else "Nothing was running.")


def clean() -> None:
    """End a run, and delete the private servers with all their data."""
    _end_other_run()
    servers.remove(var=VAR_DIR)


def _end_other_run() -> bool:
    """Whether there was one."""
    pid = runner_pid()
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while runner_pid() is not None and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY_S)
    for name in ("web", "worker", "beat"):
        Child(name, [], {}).end_leftover()
    return pid is not None


def _guarded(*, fill: bool) -> int:
    """Prepare and run; whatever happens, nothing stays up behind it."""
    children: list[Child] = []
    watchdog = Watchdog()
    try:
        prepare()
        if fill:
            fill_demo()
        port = _port()
        children += _children(port=port)
        return _keep_up(children, watchdog, port=port)
    except Asked:
        return 0
    except (StepFailed, servers.ServerError) as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        _end(children, watchdog)


def _children(*, port: int) -> list[Child]:
    environ = {
        "SITE_URL": f"http://{HOST}:{port}",
        **os.environ,
        "PYTHONUNBUFFERED": "1",
    }
    python = sys.executable
    web = [python, "-m", "gunicorn", "config.wsgi", "--bind", f"{HOST}:{port}"]
    web += ["--workers", "2", "--threads", "4", "--name", TAG]
    web += ["--access-logfile", "-", "--graceful-timeout", "5"]
    celery = [python, "-m", "celery", "-A", "config"]
    worker = [*celery, "worker", "--concurrency", "2", "--hostname", f"{TAG}@%h"]
    beat = [*celery, "beat", "--schedule", str(VAR_DIR / f"beat-{TAG}")]
    commands = {"web": web, "worker": worker, "beat": beat}
    return [Child(name, command, environ) for name, command in commands.items()]


def _keep_up(children: list[Child], watchdog: Watchdog, *, port: int) -> int:
    """Start the children and look after them; returns when one cannot be kept up."""
    tails = {child.name: ErrorTail(child.log) for child in children}
    with said("Web, worker, beat"):
        for child in children:
            _start(child, children, watchdog)
        _wait_for_web(children[0], port=port)
    _print_addresses(children[0].environ["SITE_URL"])
    parent = os.getppid()
    while True:
        for child in children:
            for error in tails[child.name].new_errors():
                print(f"{child.name:<7}| {error}", flush=True)
            if child.exit_code() is None:
                continue
            if not _may_live_again(child):
                return 1
            _start(child, children, watchdog)
        # A killed make cannot pass a signal on; its run would stay behind unseen.
        if "MAKELEVEL" in os.environ and os.getppid() != parent:
            return 1
        time.sleep(LOOK_EVERY_S)


def _start(child: Child, children: list[Child], watchdog: Watchdog) -> None:
    # A signal between the start and the note of it would leave the child behind.
    with INTERRUPTS.held():
        child.start()
        watchdog.tell([other.process.pid for other in children if other.process])


def _may_live_again(child: Child) -> bool:
    """A dead child is started again, as a supervisor in production would do.

    One that dies again and again at its start has a mistake in code or settings, which a
    restart would only hide.
    """
    lived = time.monotonic() - child.started_at
    child.quick_deaths = child.quick_deaths + 1 if lived < QUICK_DEATH_S else 0
    how = _how_it_ended(child.exit_code() or 0)
    child.bury()
    if child.quick_deaths >= MAX_QUICK_DEATHS:
        print(
            f"{child.name} {how} {child.quick_deaths} times at its start; stopping all."
            f" Its log: {child.log}\n{_tail(child)}",
            file=sys.stderr,
        )
        return False
    print(f"{child.name} {how}; restarted. Its log: {child.log}", flush=True)
    return True


def _how_it_ended(code: int) -> str:
    return (
        f"was ended by {signal.Signals(-code).name}" if code < 0 else f"left ({code})"
    )


def _tail(child: Child) -> str:
    return "\n".join(child.log.read_text(errors="replace").splitlines()[-12:])


def _end(children: list[Child], watchdog: Watchdog) -> None:
    INTERRUPTS.ignore()
    print("\nStopping ...", flush=True)
    end_groups([child.process.pid for child in children if child.process])
    for child in children:
        if child.process:
            child.process.wait()
        child.bury()
    try:
        print(stop_private_servers(), flush=True)
    except servers.ServerError as error:
        print(error, file=sys.stderr)
    watchdog.dismiss()
    RUNNER_PID.unlink(missing_ok=True)


# ------------------------------------------------------------------ web
def _port() -> int:
    """PORT if given, else 8000 or the next free one. Raises StepFailed."""
    asked = os.environ.get("PORT")
    if asked:
        if not asked.isdigit() or not _is_free(int(asked)):
            raise StepFailed(f"PORT={asked} is taken or no port number. Name another.")
        return int(asked)
    ports = range(FIRST_PORT, FIRST_PORT + PORTS_TRIED)
    port = next((port for port in ports if _is_free(port)), None)
    if port is None:
        raise StepFailed(f"Ports {ports[0]} to {ports[-1]} are taken. Set PORT.")
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError):
            return False
    return True


def _wait_for_web(web: Child, *, port: int) -> None:
    deadline = time.monotonic() + WEB_TIMEOUT_S
    while time.monotonic() < deadline:
        if web.exit_code() is not None:
            break
        if _answers(port):
            return
        time.sleep(LOOK_EVERY_S)
    raise StepFailed(
        f"The web server does not answer. Its log: {web.log}\n{_tail(web)}"
    )


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status > 0
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _print_addresses(site: str) -> None:
    console = Console()
    table = Table(box=None, show_header=False, padding=(0, 2))
    table.add_row("Storefront", f"{site}/")
    table.add_row("Admin", f"{site}/admin/")
    table.add_row("API", f"{site}/api/v1/")
    table.add_row("Logs", f"{LOG_DIR}/{{web,worker,beat}}.log")
    console.print()
    console.print(table)
    logins = _logins()
    if logins:
        people = Table(box=None, padding=(0, 2), header_style="dim")
        for heading in ("Log-in", "E-mail", "Password"):
            people.add_column(heading)
        for login in logins:
            people.add_row(login["role"], login["email"], login["password"])
        console.print()
        console.print(people)
    console.print("\nCtrl-C stops everything.")


def _logins() -> list[dict[str, str]]:
    """What `manage.py demo` wrote: role, email and password of each sample account."""
    try:
        logins: list[dict[str, str]] = json.loads(DEMO_LOGINS.read_text())
    except (FileNotFoundError, ValueError):
        return []
    return logins
