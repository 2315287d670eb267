"""How fast files come in, against a bare COPY of the same bytes in the same run.

    python -m benchmarks.ingestion [--data FOLDER] [--only online-retail|olist] [--lines N]

Reads the published data sets in FOLDER (SOKO_DATA, or ../shared/data). Works in a database of
its own, `<name>_benchmark`, made beside the one in DATABASE_URL and dropped at the end. Prints
for each data set: rows, seconds and rows/s of the import (validated, upserted, recorded), rows/s
of COPY into an untyped table, their ratio, and the memory of this process at its highest.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import os
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.database import own_database

FOLDER = Path(os.environ.get("SOKO_DATA", "../shared/data"))
ONLINE_RETAIL = "online-retail/online_retail.csv.gz"
OLIST = "olist/sample-8135"
BLOCK = 1024 * 1024


def main() -> int:
    options = _options()
    sets = {"online-retail": [options.data / ONLINE_RETAIL], "olist": _olist(options)}
    wanted = [options.only] if options.only else list(sets)
    with own_database("benchmark"):
        for kind in wanted:
            files = [path for path in sets[kind] if path.exists()]
            if not files:
                print(f"{kind}: no data in {options.data}; set SOKO_DATA or --data.")
                continue
            _measure(kind, files, options.lines)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=FOLDER)
    parser.add_argument("--only", choices=["online-retail", "olist"])
    parser.add_argument("--lines", type=int, help="the first so many rows of each file")
    return parser.parse_args()


def _olist(options: argparse.Namespace) -> list[Path]:
    """The sample's orders, with the full tables where they may be had."""
    folder = options.data / OLIST
    files = {path.name.split(".")[0]: path for path in folder.glob("*.csv*")}
    full = {path.name.split(".")[0]: path for path in folder.parent.glob("*.csv*")}
    return sorted((files | full).values())


# ------------------------------------------------------------------ measuring
def _measure(kind: str, files: list[Path], lines: int | None) -> None:
    contents = [_content(path, lines) for path in files]
    copied_rows, copied_s = 0, 0.0
    for content in contents:
        rows, seconds = _bare_copy(content)
        copied_rows, copied_s = copied_rows + rows, copied_s + seconds
    rows, seconds, failed = _import(kind, files, contents)
    bare, ours = copied_rows / copied_s, rows / seconds
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{kind}: {rows:,} rows ({failed:,} refused) in {seconds:.1f} s ="
        f" {ours:,.0f} rows/s; bare COPY {bare:,.0f} rows/s; ratio 1 : {bare / ours:.1f};"
        f" memory {memory} MB; load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def _content(path: Path, lines: int | None) -> Path:
    """The file as it is, or its first lines beside the system's temporary files."""
    if lines is None:
        return path
    short = Path(os.environ.get("TMPDIR", "/tmp")) / f"soko-benchmark-{path.stem}.csv"
    with _text(path) as text, short.open("w", encoding="utf-8") as copy:
        for _ in range(lines + 1):
            copy.write(text.readline())
    return short


def _text(path: Path) -> io.TextIOBase:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _bare_copy(path: Path) -> tuple[int, float]:
    """COPY of the unpacked bytes into a table of text columns, without a key."""
    from django.db import connection

    with _text(path) as text:
        width = len(next(csv.reader(text)))
    columns = ", ".join(f"c{place} text" for place in range(width))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE bare_copy ({columns})")
        started = time.perf_counter()
        with cursor.copy("COPY bare_copy FROM STDIN (FORMAT csv, HEADER)") as copy:
            for block in _bytes(path):
                copy.write(block)
        seconds = time.perf_counter() - started
        cursor.execute("SELECT count(*) FROM bare_copy")
        rows = cursor.fetchone()[0]
        cursor.execute("DROP TABLE bare_copy")
    return rows, seconds


def _bytes(path: Path) -> Iterator[bytes]:
    unpacked = gzip.open if path.suffix == ".gz" else open
    with unpacked(path, "rb") as stream:
        while block := stream.read(BLOCK):
            yield block


def _import(
    kind: str, files: list[Path], contents: list[Path]
) -> tuple[int, float, int]:
    """Rows, seconds from the upload to the end, rows refused."""
    from django.contrib.auth import get_user_model
    from django.utils import timezone

    from ingestion.importers import REGISTRY
    from ingestion.services.imports import run_import
    from ingestion.services.uploads import receive_file

    if kind not in REGISTRY:
        sys.exit(f"{kind}: there is no such importer.")
    users = get_user_model().objects
    operator = users.filter(is_superuser=True).first() or users.create_superuser(
        "benchmark@example.com", "not a password"
    )
    started = time.perf_counter()
    rows = failed = 0
    for path, content in _in_order(kind, files, contents):
        with content.open("rb") as stream:
            receipt = receive_file(
                stream=stream,
                filename=path.name,
                kind=kind,
                uploaded_by=operator,
                now=timezone.now(),
                queue=False,
            )
        run = run_import(file_id=receipt.file.pk, clock=timezone.now)
        if run.file.error_message:
            sys.exit(f"{path.name}: {run.file.error_message}")
        rows, failed = rows + run.file.total_rows, failed + run.file.failed_rows
    return rows, time.perf_counter() - started, failed


def _in_order(
    kind: str, files: list[Path], contents: list[Path]
) -> list[tuple[Path, Path]]:
    """A set's files in the order of the importer's sheets; those of no sheet are left out."""
    from ingestion.errors import WrongColumns
    from ingestion.importers import importer_of

    importer = importer_of(kind)
    placed = []
    for path, content in zip(files, contents, strict=True):
        with _text(path) as text:
            heading = next(csv.reader(text))
        try:
            sheet, _ = importer.sheet_for(heading)
        except WrongColumns as refusal:
            print(f"{path.name} is left out: {refusal}")
            continue
        placed.append((importer.sheets.index(sheet), path, content))
    return [(path, content) for _, path, content in sorted(placed)]


if __name__ == "__main__":
    sys.exit(main())
