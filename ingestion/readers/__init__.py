"""Opens a file of unknown make as a table.

CSV with commas, semicolons, tabs or pipes; gzip; zip with one table in it; XLSX. What it is,
its encoding and its delimiter are detected from the content. Memory does not grow with the
file. Whatever else comes is refused with UnreadableFile, in a sentence that says what to do.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import IO

from ingestion.errors import UnreadableFile
from ingestion.readers import packing, sheets
from ingestion.readers.delimited import DelimitedTable
from ingestion.readers.recognition import HEAD, Shape, recognise
from ingestion.readers.table import Row, Table

__all__ = ["Row", "Table", "open_table"]


def open_table(file: IO[bytes], *, filename: str) -> Table:
    """The table in `file`, a binary file that can be read at any place.

    Reads the file once to its end (not a workbook), so a broken or bursting archive is
    refused here. filename: for messages only; what it promises is not believed.
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    shape = recognise(file.read(HEAD))
    if shape is Shape.GZIP:
        return _packed(lambda: packing.unpack_gzip(file, size), "csv.gz")
    if shape is Shape.ZIP:
        return _zipped(file, size)
    return DelimitedTable(lambda: _rewound(file), format="csv")


class _Borrowed(io.RawIOBase):
    """The caller's file from its beginning; closing this leaves that open."""

    def __init__(self, file: IO[bytes]) -> None:
        file.seek(0)
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _rewound(file: IO[bytes]) -> IO[bytes]:
    return io.BufferedReader(  # type: ignore[type-var]
        _Borrowed(file), buffer_size=256 * 1024
    )


def _zipped(file: IO[bytes], size: int) -> Table:
    archive = packing.open_archive(file, size)
    if sheets.is_workbook(archive):
        sheets.check_workbook(archive)
        return sheets.SheetTable(file)
    entry = packing.only_table(archive)
    return _packed(lambda: packing.unpack_entry(archive, entry), "csv.zip")


def _packed(opened: Callable[[], IO[bytes]], name: str) -> Table:
    """A table inside gzip or zip; a workbook there is copied to disk, to be read in place."""
    with opened() as stream:
        head = stream.read(HEAD)
    shape = recognise(head)
    if shape is Shape.TEXT:
        return DelimitedTable(opened, format=name)
    if shape is Shape.ZIP:
        copy = packing.spooled(opened)
        archive = packing.open_archive(copy, copy.seek(0, io.SEEK_END))
        if sheets.is_workbook(archive):
            sheets.check_workbook(archive)
            return sheets.SheetTable(copy)
    raise UnreadableFile("The file is packed twice. Unpack it once and upload that.")
