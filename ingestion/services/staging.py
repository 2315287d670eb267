"""Rows of a file, cut into blocks that COPY understands."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ingestion.importers.declaration import Layout, Sheet

# One transaction each: large enough to make set-based statements worth it, small enough to
# lose little at a kill.
CHUNK_LINES = 20_000
# Rows that belong together may make a chunk longer, but not endless.
MOST_LINES = 2 * CHUNK_LINES
# Very wide rows end a chunk early, so that memory does not grow with them.
MOST_CHARACTERS = 16 * 1024 * 1024
# What a spreadsheet takes for a formula (OWASP, CSV Injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r")
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True)
class Block:
    """Rows as CSV, UTF-8, and the last line among them."""

    csv: bytes
    rows: int
    last_line: int


def blocks(
    rows: Iterator[tuple[int, list[str]]],
    *,
    sheet: Sheet,
    layout: Layout,
    chunk_lines: int = CHUNK_LINES,
) -> Iterator[Block]:
    """Cells trimmed and in the order of `layout.places`; empty ones become NULL."""
    places = list(layout.places.values())
    width, origin = layout.width, layout.origin
    clean = _plain if origin is not None or sheet.exported else str.strip
    group = layout.places.get(sheet.together) if sheet.together else None
    previous = None
    buffer, writer = _writer()
    count = line = 0
    for next_line, cells in rows:
        if len(cells) < width:
            cells += [""] * (width - len(cells))
        full = count >= chunk_lines or buffer.tell() >= MOST_CHARACTERS
        if full and (
            group is None
            or cells[group] != previous
            or count >= MOST_LINES
            or buffer.tell() >= 2 * MOST_CHARACTERS
        ):
            yield _block(buffer, count, line)
            buffer, writer = _writer()
            count = 0
        line = next_line
        count += 1
        if group is not None:
            previous = cells[group]
        writer.writerow(
            (
                line,
                cells[origin].strip() if origin is not None else None,
                " ".join(cells[width:]) or None if len(cells) > width else None,
                *[clean(cells[place]) for place in places],
            )
        )
    if count:
        yield _block(buffer, count, line)


def _plain(cell: str) -> str:
    """Without the apostrophe that what is downloaded here has before a formula."""
    cell = cell.strip()
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(FORMULA) else cell


def _writer() -> tuple[io.StringIO, Any]:
    buffer = io.StringIO(newline="")
    # Both line ends in the terminator, so that cells with either are quoted.
    return buffer, csv.writer(buffer, lineterminator="\r\n")


def _block(buffer: io.StringIO, rows: int, last_line: int) -> Block:
    text = buffer.getvalue()
    try:
        data = text.encode()
    except UnicodeEncodeError:
        data = UNSTORABLE.sub("\ufffd", text).encode()
    if b"\0" in data:
        data = data.replace(b"\0", "\ufffd".encode())
    return Block(data, rows, last_line)
