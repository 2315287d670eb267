"""Looking at processes by id, on Linux and macOS alike."""

import subprocess
from pathlib import Path

PROC = Path("/proc")


def command_of(pid: int) -> str | None:
    """Command line of a live process, empty for a kernel thread; None when gone.

    A zombie counts as gone: where process 1 reaps late, a killed server keeps its id for
    a while, and every check by signal would call it alive.
    """
    return _from_proc(pid) if (PROC / "self/stat").exists() else _from_ps(pid)


def _from_proc(pid: int) -> str | None:
    try:
        state = (PROC / f"{pid}/stat").read_text().rpartition(")")[2].split()[0]
        command = (PROC / f"{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    if state in "ZX":
        return None
    return command.replace(b"\0", b" ").decode(errors="replace").strip()


def _from_ps(pid: int) -> str | None:
    line = subprocess.run(
        ["ps", "-o", "stat=,args=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    state, _, command = line.partition(" ")
    return None if not state or state.startswith("Z") else command.strip()


def read_pid(path: Path, *, marker: str) -> int | None:
    """The process id on the first line of a file, if it lives and its command has `marker`.

    A pid file outlives its process, and the id may have gone to somebody else's.
    """
    try:
        pid = int(path.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None
    command = command_of(pid)
    return pid if command is not None and marker in command else None
