"""Ends what a runner left behind when it was killed: `python -m config.processes.watchdog`.

Its standard input is a pipe from the runner, one line of process ids each time they
change. The system closes the pipe however the runner ends, on Linux and macOS alike.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress

from config.environment import BASE_DIR
from config.processes.child import end_groups
from config.processes.ending import stop_private_servers
from config.processes.only import AlreadyRuns, only_run
from config.processes.places import LOG_DIR

ALL_DONE = "done"
PATIENCE_S = 10.0


class Watchdog:
    """The runner's side of the pipe."""

    def __init__(self) -> None:
        with (LOG_DIR / "watchdog.log").open("a") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.processes.watchdog"],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=BASE_DIR,
                text=True,
                start_new_session=True,
            )
        self.told: list[int] = []

    def tell(self, pids: Sequence[int]) -> None:
        """Whom to end if the runner is killed."""
        if list(pids) != self.told:
            self.told = list(pids)
            self._write(" ".join(str(pid) for pid in pids))

    def dismiss(self) -> None:
        """The runner has ended all by itself."""
        self._write(ALL_DONE)
        with suppress(BrokenPipeError):
            self.process.communicate()

    def _write(self, line: str) -> None:
        if self.process.stdin:
            with suppress(BrokenPipeError):
                self.process.stdin.write(f"{line}\n")
                self.process.stdin.flush()


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    runner = os.getppid()
    last = ""
    for line in sys.stdin:
        last = line.strip()
    if last == ALL_DONE:
        return
    # A dying process closes its pipe and gives up its lock one after the other. If a new
    # run is quicker to take the lock, it ends the old one's processes itself.
    with suppress(AlreadyRuns), only_run(patience_s=PATIENCE_S, leaving=runner):
        end_groups([int(pid) for pid in last.split()])
        stop_private_servers()


if __name__ == "__main__":
    main()
