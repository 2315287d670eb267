"""CSV and its cousins, streamed: commas, semicolons, tabs, pipes; quoted breaks; any size."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import IO

from ingestion.errors import UnreadableFile
from ingestion.readers import limits
from ingestion.readers.encodings import UTF_8, detect
from ingestion.readers.table import DAMAGED_LETTER, Row, Table

# The module's only setting of it: csv keeps one limit for the whole process.
csv.field_size_limit(limits.MAX_CELL)

DELIMITERS = ",;\t|"
_SAMPLE_CHARACTERS = 256 * 1024
_SAMPLE_RECORDS = 200
# Excel reads the delimiter from such a first line.
_SEP_LINE = re.compile(r'\ufeff?"?sep=(.)"?\s*', re.IGNORECASE)


class _Dialect(csv.excel):
    strict = False


class DelimitedTable(Table):
    """`opened` gives the bytes from the beginning each time it is called."""

    def __init__(self, opened: Callable[[], IO[bytes]], *, format: str) -> None:
        self._opened = opened
        self.format = format
        with opened() as stream:
            letters = detect(stream)
        # The mark at the beginning is no part of the first heading.
        self._codec = "utf-8-sig" if letters.encoding == UTF_8 else letters.encoding
        self._has_nul = letters.has_nul
        self.encoding = letters.encoding
        sample = self._sample()
        instructed = _SEP_LINE.fullmatch(sample.partition("\n")[0])
        self._instructed = instructed is not None
        self.delimiter = instructed[1] if instructed else sniff_delimiter(sample)
        # `a, "b"`: the blank before a quote would make the quote a letter.
        self._skip_blanks = f'{self.delimiter} "' in sample
        self.read_heading()

    def records(self) -> Iterator[Row]:
        line = 1
        with self._text() as text:

            def lines() -> Iterator[str]:
                while part := text.readline(limits.MAX_LINE + 1):
                    if len(part) > limits.MAX_LINE:
                        raise UnreadableFile(
                            f"Line {reader.line_num + 1:,} is longer than "
                            f"{limits.shown(limits.MAX_LINE)}. Look for missing line "
                            "breaks there."
                        )
                    yield part.replace("\0", DAMAGED_LETTER) if self._has_nul else part
                if reader.line_num >= line:
                    raise _unclosed(line)

            reader = csv.reader(
                lines(),
                _Dialect,
                delimiter=self.delimiter,
                skipinitialspace=self._skip_blanks,
            )
            try:
                for cells in reader:
                    yield line, cells
                    line = reader.line_num + 1
            except csv.Error as too_long:
                raise _unclosed(line) from too_long

    def close(self) -> None:
        """Nothing is held between two passes."""

    def _text(self) -> io.TextIOWrapper:
        return io.TextIOWrapper(
            self._opened(), encoding=self._codec, errors="replace", newline=""
        )

    def _sample(self) -> str:
        """Whole lines from the beginning, with `\\n` as their end."""
        with self._text() as text:
            start = text.read(_SAMPLE_CHARACTERS)
        start = start.replace("\r\n", "\n").replace("\r", "\n")
        if len(start) < _SAMPLE_CHARACTERS // 2 or "\n" not in start:
            return start
        return start[: start.rindex("\n") + 1]

    def _is_instruction(self, line: int, cells: list[str]) -> bool:
        return self._instructed and line == 1


def sniff_delimiter(sample: str) -> str:
    """The one that cuts the most records into as many cells as the heading has."""
    return max(DELIMITERS, key=lambda delimiter: _fit(sample, delimiter))


def _fit(sample: str, delimiter: str) -> tuple[float, float, int]:
    """Ordered by: records as wide as the first; as wide as most; the first's width."""
    widths: list[int] = []
    try:
        for cells in csv.reader(sample.splitlines(True), delimiter=delimiter):
            if any(cells):
                widths.append(len(cells))
            if len(widths) == _SAMPLE_RECORDS:
                break
    except csv.Error:
        return 0.0, 0.0, 0
    if not widths:
        return 0.0, 0.0, 0
    usual, often = Counter(widths).most_common(1)[0]
    as_first = widths.count(widths[0]) / len(widths) if widths[0] > 1 else 0.0
    return as_first, often / len(widths) if usual > 1 else 0.0, widths[0]


def _unclosed(line: int) -> UnreadableFile:
    return UnreadableFile(
        f"A quotation mark opens on line {line:,} and is not closed, or a cell there is "
        f"longer than {limits.shown(limits.MAX_CELL)}. Mend that line and upload the "
        "file again."
    )
