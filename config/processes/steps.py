"""What must stand before anything runs: servers, tables, static files."""

import fcntl
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config import servers
from config.environment import BASE_DIR, VAR_DIR
from config.processes.places import DEMO_ENV, LOG_DIR, MANAGE, STATIC_STAMP

TAIL_LINES = 25
# Else filters by price would ask for dollars in a market of pounds.
DEMO_MARKET = """\
# The market of the sample shops; the environment wins over it.
MARKET_CURRENCY=GBP
MARKET_COUNTRY=GB
ALLOW_TEST_GATEWAY=true
"""


class StepFailed(Exception):
    """A step ended with an error; the message holds what it said."""


def prepare() -> None:
    """Private servers, migrations, partitions, static files.

    Safe to repeat and to run twice at once. Raises StepFailed or servers.ServerError.
    """
    LOG_DIR.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time():
        with said("Private servers"):
            servers.start(var=VAR_DIR)
        with said("Migrations"):
            manage("migrate", "--no-input", "-v", "0")
        with said("Partitions"):
            manage("partitions", "--ahead")
        collect_static()


def collect_static() -> None:
    """Collect the static files if any of their sources changed since the last time."""
    sources = _static_fingerprint()
    if STATIC_STAMP.exists() and STATIC_STAMP.read_text() == sources:
        return
    with said("Static files"):
        manage("collectstatic", "--no-input", "--clear", "-v", "0")
    STATIC_STAMP.write_text(sources)


def fill_demo() -> None:
    """Fill the sample shops, and let every later run have their currency and holidays.

    Its own output goes to the terminal. Raises StepFailed.
    """
    DEMO_ENV.write_text(DEMO_MARKET)
    done = subprocess.run([sys.executable, str(MANAGE), "demo"], check=False)
    if done.returncode:
        raise StepFailed("The sample shops could not be filled.")


def manage(*arguments: str) -> None:
    """Run a management command without a word unless it fails. Raises StepFailed."""
    log = LOG_DIR / "setup.log"
    with log.open("w") as output:
        done = subprocess.run(
            [sys.executable, str(MANAGE), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-TAIL_LINES:])
        raise StepFailed(f"`manage.py {arguments[0]}` failed:\n{tail}")


@contextmanager
def said(what: str) -> Iterator[None]:
    """Print a step's name, and its seconds when it is done."""
    print(f"  {what} ...", end="", flush=True)
    began = time.monotonic()
    try:
        yield
    except BaseException:
        print(" failed", flush=True)
        raise
    print(f" {time.monotonic() - began:.1f} s", flush=True)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    # Two migrations at once would race for the same tables.
    with (VAR_DIR / "setup.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _static_fingerprint() -> str:
    """Changes with any static file of ours, and with the packages that bring theirs."""
    files = [
        BASE_DIR / "requirements.lock",
        BASE_DIR / "config/settings.py",
        *sorted(_static_files()),
    ]
    facts = [
        f"{file} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in files
    ]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def _static_files() -> Iterator[Path]:
    apps = [app for app in BASE_DIR.glob("*/static") if app.parent != VAR_DIR]
    for folder in apps:
        for parent, _, names in os.walk(folder):
            yield from (Path(parent) / name for name in names)
