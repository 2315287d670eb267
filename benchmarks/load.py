"""Load on a web server of this machine: one request over and over, and how long it took.

Uses wrk (https://github.com/wg/wrk) where it is installed; else a plain loop over one kept
connection, which measures less evenly and at one connection only.
"""

from __future__ import annotations

import http.client
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

WRK = shutil.which("wrk")
DONE = """
done = function(summary, latency, requests)
  io.write(string.format("@@ %d %d %d %d %d %d\\n", summary.requests, summary.duration,
    summary.errors.status, summary.errors.connect + summary.errors.read + summary.errors.timeout,
    latency:percentile(50), latency:percentile(95)))
end
"""


@dataclass(frozen=True)
class Request:
    """What is sent each time; a body makes it a POST."""

    url: str
    headers: dict[str, str]
    body: str = ""


@dataclass(frozen=True)
class Taken:
    """Milliseconds at the median and the 95th percentile; requests/s; answers of 400 and up."""

    p50_ms: float
    p95_ms: float
    per_s: float
    bad: int


def press(request: Request, *, seconds: int, connections: int = 1) -> Taken:
    """The request again and again for so long."""
    if WRK:
        return _with_wrk(request, seconds=seconds, connections=connections)
    return _in_a_loop(request, seconds=seconds)


def _with_wrk(request: Request, *, seconds: int, connections: int) -> Taken:
    lines = [f"wrk.headers[{_lua(k)}] = {_lua(v)}" for k, v in request.headers.items()]
    if request.body:
        lines += ['wrk.method = "POST"', f"wrk.body = {_lua(request.body)}"]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write("\n".join(lines) + DONE)
        script.flush()
        said = subprocess.run(
            [
                str(WRK),
                "-t1",
                f"-c{connections}",
                f"-d{seconds}s",
                "--timeout=30s",
                f"-s{script.name}",
                request.url,
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    found = re.search(r"@@ (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)", said)
    if found is None:
        raise RuntimeError(f"wrk said nothing of its run: {said[:400]}")
    count, took_us, bad, broken, p50_us, p95_us = map(int, found.groups())
    return Taken(p50_us / 1e3, p95_us / 1e3, count / (took_us / 1e6), bad + broken)


def _lua(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _in_a_loop(request: Request, *, seconds: int) -> Taken:
    parts = urlsplit(request.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    took, bad, start = [], 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        before = time.perf_counter()
        connection.request(
            "POST" if request.body else "GET",
            path,
            request.body or None,
            request.headers,
        )
        answer = connection.getresponse()
        answer.read()
        took.append((time.perf_counter() - before) * 1000)
        bad += answer.status >= 400
    connection.close()
    whole_s = time.perf_counter() - start
    p95 = statistics.quantiles(took, n=20)[-1]
    return Taken(statistics.median(took), p95, len(took) / whole_s, bad)
