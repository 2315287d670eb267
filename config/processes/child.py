"""One process of a run: started, watched, ended."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from config.process_table import command_of, read_pid
from config.processes.places import LOG_DIR, RUN_DIR, TAG

# Celery ends its tasks in peace after SIGTERM, gives them back after SIGQUIT.
STAGES = ((signal.SIGTERM, 8.0), (signal.SIGQUIT, 4.0))
KILL_WAIT_S = 5.0
PAUSE_S = 0.05
MAX_LOG_BYTES = 20 * 1024 * 1024


@dataclass
class Child:
    """A child in a process group of its own, its output in `var/log/<name>.log`."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    quick_deaths: int = field(default=0)

    @property
    def log(self) -> Path:
        return LOG_DIR / f"{self.name}.log"

    @property
    def pid_file(self) -> Path:
        return RUN_DIR / f"{self.name}.pid"

    def start(self) -> None:
        self.end_leftover()
        _rotate(self.log)
        with self.log.open("ab") as output:
            # A group of its own: Ctrl-C reaches the runner alone, which then ends the
            # children in order; and a dead child's own children can be ended with it.
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(self.environ),
                start_new_session=True,
            )
        self.started_at = time.monotonic()
        self.pid_file.write_text(f"{self.process.pid}\n")

    def exit_code(self) -> int | None:
        return self.process.poll() if self.process else None

    def bury(self) -> None:
        """End what a dead child left in its group, and forget it."""
        if self.process:
            _signal_group(self.process.pid, signal.SIGKILL)
        self.process = None
        self.pid_file.unlink(missing_ok=True)

    def end_leftover(self) -> None:
        """End the child of an earlier run that was killed before it could do so."""
        pid = read_pid(self.pid_file, marker=TAG)
        if pid is not None:
            end_groups([pid])


def end_groups(pids: Sequence[int]) -> None:
    """End process groups by their leaders, in peace first, by force at last."""
    for number, patience in STAGES:
        for pid in pids:
            if _is_ours(pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
        if _gone(pids, patience):
            break
    for pid in pids:
        _signal_group(pid, signal.SIGKILL)
    _gone(pids, KILL_WAIT_S)


def _gone(pids: Sequence[int], patience: float) -> bool:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if not any(_is_ours(pid) for pid in pids):
            return True
        time.sleep(PAUSE_S)
    return False


def _is_ours(pid: int) -> bool:
    command = command_of(pid)
    return command is not None and TAG in command


def _signal_group(pid: int, number: int) -> None:
    # The id of a group stays taken while any member lives, so it cannot be a stranger's
    # unless the group is empty; macOS answers EPERM for a group of zombies.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > MAX_LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
