"""XLSX workbooks: the first sheet that holds anything, row by row."""

from __future__ import annotations

import datetime as dt
import marshal
import re
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import IO, Any
from xml.etree.ElementTree import ParseError

from ingestion.errors import UnreadableFile
from ingestion.readers import limits
from ingestion.readers.packing import BROKEN, DAMAGED, refuse_packing, unpack_entry
from ingestion.readers.recognition import ADVICE
from ingestion.readers.table import Row, Table

# What openpyxl raises on a workbook that is not well made; it promises no class of its own.
_UNUSABLE = (
    *BROKEN,
    AttributeError,
    IndexError,
    KeyError,
    NotImplementedError,
    ParseError,
    RuntimeError,
    TypeError,
    ValueError,
)
_SHEET_PART = re.compile(r"xl/worksheets/.*\.xml", re.IGNORECASE)
_TEXTS_PART = re.compile(r"xl/sharedstrings\.xml", re.IGNORECASE)
_ROUNDED = dt.timedelta(microseconds=500)


class SheetTable(Table):
    """A sheet of a workbook whose parts were looked at by `check_workbook`."""

    encoding = "utf-8"
    delimiter = ""
    format = "xlsx"

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._copy: IO[bytes] | None = None
        # A large import; of all processes only those that read workbooks need it.
        from openpyxl import load_workbook

        try:
            with warnings.catch_warnings():
                # About styles and extensions that a reader of values has no use for.
                warnings.simplefilter("ignore", UserWarning)
                self._book = load_workbook(
                    file, read_only=True, data_only=True, keep_links=False
                )
        except _UNUSABLE as broken:
            raise UnreadableFile(DAMAGED) from broken
        self._sheet = self._first_filled()
        self.read_heading()

    def records(self) -> Iterator[Row]:
        return _read(self._sheet)

    def count_rows(self) -> int:
        """As everywhere; what it reads is kept on disk for `rows`, in a tenth of the time.

        Cells may be longer than a CSV may have them.
        """
        copy = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the table
        count = 0
        for row in super().rows():
            marshal.dump(row, copy)
            count += 1
        self._copy = copy
        return count

    def rows(self, start_line: int = 0) -> Iterator[Row]:
        if self._copy is None:
            yield from super().rows(start_line)
            return
        self._copy.seek(0)
        while True:
            try:
                line, cells = marshal.load(self._copy)
            except EOFError:
                return
            if line >= start_line:
                yield line, cells

    def close(self) -> None:
        self._book.close()
        if self._copy is not None:
            self._copy.close()

    def _first_filled(self) -> Any:
        sheets = [s for s in self._book.worksheets if s.sheet_state == "visible"]
        for sheet in sheets or self._book.worksheets:
            # The size a sheet states of itself is often wrong.
            sheet.reset_dimensions()
            if any(any(cells) for _, cells in islice(_read(sheet), 1000)):
                return sheet
        raise UnreadableFile("The workbook is empty. Fill a sheet and upload it again.")


def _read(sheet: Any) -> Iterator[Row]:
    try:
        for line, values in enumerate(sheet.iter_rows(values_only=True), start=1):
            yield line, [as_text(value) for value in values]
    except _UNUSABLE as broken:
        raise UnreadableFile(DAMAGED) from broken


def as_text(value: Any) -> str:
    """A cell as it would stand in a CSV: ISO dates, numbers as a spreadsheet shows them."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # 15 digits are what spreadsheets keep: 0.1 + 0.2 is 0.3 there.
        shown = f"{value:.15g}"
        return f"{Decimal(shown):f}" if "e" in shown else shown
    if isinstance(value, dt.datetime):
        return _moment(value)
    return str(value)


def _moment(value: dt.datetime) -> str:
    """To the millisecond: a sheet keeps days as a fraction, which is never quite exact."""
    value += _ROUNDED
    value = value.replace(microsecond=value.microsecond // 1000 * 1000)
    if value.time() == dt.time():
        return value.date().isoformat()
    return value.isoformat(
        sep=" ", timespec="milliseconds" if value.microsecond else "seconds"
    )


def is_workbook(archive: zipfile.ZipFile) -> bool:
    """Whether a zip archive is an Office document rather than packed files."""
    names = set(archive.namelist())
    return "[Content_Types].xml" in names or "mimetype" in names


def check_workbook(archive: zipfile.ZipFile) -> None:
    """Raises UnreadableFile for what is no .xlsx, or would not stay small when opened."""
    names = {name.lower() for name in archive.namelist()}
    if "mimetype" in names:
        raise UnreadableFile(
            f"This is an OpenDocument file (.ods or the like). {ADVICE}"
        )
    if "xl/vbaproject.bin" in names:
        raise UnreadableFile(
            f"This workbook holds macros (.xlsm), which are not accepted. {ADVICE}"
        )
    if "xl/workbook.bin" in names:
        raise UnreadableFile(f"This is a binary workbook (.xlsb). {ADVICE}")
    if "xl/workbook.xml" not in names:
        raise UnreadableFile(f"This is a document, but not a workbook. {ADVICE}")
    if len(names) != len(archive.namelist()):
        raise UnreadableFile(DAMAGED)
    for entry in archive.infolist():
        _check_part(archive, entry)


def _check_part(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    refuse_packing(entry)
    if _SHEET_PART.fullmatch(entry.filename):
        _check_sheet(archive, entry)
        return
    if not entry.filename.lower().endswith((".xml", ".rels")):
        return  # pictures and the like are never opened
    allowed = limits.MAX_WORKBOOK_PART
    if _TEXTS_PART.fullmatch(entry.filename):
        allowed = limits.MAX_SHARED_TEXTS
    if entry.file_size > allowed:
        raise _too_large()


def _check_sheet(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Reads the sheet once: whole, and without a cell or a row that would fill the memory."""
    since_row = 0
    with unpack_entry(archive, entry) as stream:
        while block := stream.read(limits.MIB):
            since_row = 0 if b"row" in block else since_row + len(block)
            no_cell_ends = len(block) == limits.MIB and b"<" not in block
            if no_cell_ends or since_row > limits.MAX_WORKBOOK_PART:
                raise _too_large()


def _too_large() -> UnreadableFile:
    return UnreadableFile(
        "The workbook holds more text in one place than can be opened safely. Save the "
        "table as CSV (UTF-8) and upload that."
    )
