"""Errors from the children's logs, on the terminal."""

import json
import re
import time
from collections.abc import Iterable
from pathlib import Path

ERROR = re.compile(r"\[(ERROR|CRITICAL|error|critical)\s*\]|^Traceback |^Error: ")
# The same error every second is said once in a while; the log has them all.
SILENCE_S = 60.0
MAX_LINE = 300


class ErrorTail:
    """Reads what was added to a log since the last look, and keeps the errors."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.position = log.stat().st_size if log.exists() else 0
        self.rest = ""
        self.shown_at: dict[str, float] = {}

    def new_errors(self) -> Iterable[str]:
        for line in self._new_lines():
            error = error_in(line)
            if error and self._is_news(error):
                yield error

    def _new_lines(self) -> list[str]:
        if not self.log.exists():
            return []
        if self.log.stat().st_size < self.position:
            self.position = 0
        with self.log.open("rb") as file:
            file.seek(self.position)
            added = file.read()
        self.position += len(added)
        *lines, self.rest = (self.rest + added.decode(errors="replace")).split("\n")
        return lines

    def _is_news(self, error: str) -> bool:
        now = time.monotonic()
        # Two errors that differ by an id or a time are the same one.
        key = re.sub(r"[0-9a-f-]{8,}|\d+", "", error)
        if now - self.shown_at.get(key, -SILENCE_S) < SILENCE_S:
            return False
        self.shown_at[key] = now
        return True


def error_in(line: str) -> str | None:
    """The error a log line reports, in one short line; None for any other line."""
    if line.startswith("{"):
        try:
            entry = json.loads(line)
        except ValueError:
            return None
        if entry.get("level") not in {"error", "critical"}:
            return None
        cause = str(entry.get("exception") or "").strip().rpartition("\n")[2]
        words = str(entry.get("event", "")).split("\n")[0]
        return f"{words} {cause}".strip()[:MAX_LINE]
    return line.strip()[:MAX_LINE] if ERROR.search(line) else None
