"""One run at a time for one `var/`."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from config.process_table import read_pid
from config.processes.places import RUN_DIR

RUNNER_PID = RUN_DIR / "runner.pid"
RUNNER_MARKER = "config.processes"
PAUSE_S = 0.1


class AlreadyRuns(Exception):
    """Another run holds the lock."""


@contextmanager
def only_run(*, patience_s: float, leaving: int | None = None) -> Iterator[Path]:
    """Hold the lock of the one run; yields where it writes its process id.

    Waits for the watchdog of a killed run to finish its work, and for the process
    `leaving` to be gone, never for another run that lives. Raises AlreadyRuns. The system
    gives the lock back however the holder ends.
    """
    RUN_DIR.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + patience_s
    with (RUN_DIR / "runner.lock").open("a") as lock:
        while not _take(lock):
            if runner_pid() not in {None, leaving} or time.monotonic() > deadline:
                raise AlreadyRuns
            time.sleep(PAUSE_S)
        yield RUNNER_PID


def runner_pid() -> int | None:
    """Process id of the run that is up, None if there is none."""
    return read_pid(RUNNER_PID, marker=RUNNER_MARKER)


def _take(lock: TextIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
