"""What a reader gives: a heading, and rows with the line each stands on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from ingestion.errors import UnreadableFile
from ingestion.readers import limits

Row = tuple[int, list[str]]
DAMAGED_LETTER = "\ufffd"


class Table(ABC):
    """An opened file. It keeps using the file given to it, and does not close that.

    columns: the heading's cells, trimmed; empty ones stay, so that places fit the rows'.
    encoding, delimiter: how the text was read; the delimiter of a workbook is empty.
    """

    columns: list[str]
    encoding: str
    delimiter: str
    format: str

    @abstractmethod
    def records(self) -> Iterator[Row]:
        """Every record of the file with the line it begins on, the heading too."""

    @abstractmethod
    def close(self) -> None:
        """Gives back what reading took. May be called twice."""

    def rows(self, start_line: int = 0) -> Iterator[Row]:
        """The rows below the heading, from `start_line` on, in order; one pass at a time.

        Lines count from 1 as an editor or a spreadsheet shows them. Rows without any text
        are left out. A row may have fewer or more cells than the heading (empty ones beyond
        it are cut), and U+FFFD where something could not be read: both are for the caller
        to judge. Raises UnreadableFile where the file itself cannot be read any further.
        """
        first = max(start_line, self._heading_line + 1)
        width = len(self.columns)
        for line, cells in self.records():
            if line < first or not any(map(str.strip, cells)):
                continue
            if len(cells) > width and not any(cells[width:]):
                del cells[width:]
            yield line, cells

    def count_rows(self) -> int:
        """How many rows there are; reads the file to its end, so it proves that one can.

        Raises UnreadableFile, before anything is written, for damage further down.
        """
        return sum(1 for _ in self.rows())

    def read_heading(self) -> None:
        """Finds the first record with text in it. Raises UnreadableFile."""
        for line, cells in self.records():
            if any(map(str.strip, cells)) and not self._is_instruction(line, cells):
                self._heading_line = line
                self.columns = _heading(cells)
                return
        raise UnreadableFile(
            "The file has no rows. Choose one with a heading and rows."
        )

    def _is_instruction(self, line: int, cells: list[str]) -> bool:
        """Whether a record speaks to the program that opens the file."""
        return False

    _heading_line = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _heading(cells: list[str]) -> list[str]:
    columns = [" ".join(cell.strip("\ufeff \t\r\n").split()) for cell in cells]
    while columns and not columns[-1]:
        columns.pop()
    if len(columns) > limits.MAX_COLUMNS:
        raise UnreadableFile(
            f"The heading has {len(columns):,} columns; at most "
            f"{limits.MAX_COLUMNS} can be read. Remove those that are not needed."
        )
    return columns
