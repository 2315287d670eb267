"""Gzip and zip, opened without trusting what they say of themselves."""

from __future__ import annotations

import gzip
import io
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import IO

from ingestion.errors import UnreadableFile
from ingestion.readers import limits

DAMAGED = (
    "The file is damaged or was not uploaded to its end. Pack it again and upload it "
    "once more."
)
# What reading packed bytes raises when they are not what they should be.
BROKEN = (EOFError, OSError, zlib.error, zipfile.BadZipFile, struct.error)

_END = b"PK\x05\x06"
_END_64_LOCATOR = b"PK\x06\x07"


class Unpacked(io.RawIOBase):
    """A stream of unpacked bytes that stops where an honest file would have ended long ago."""

    def __init__(self, source: IO[bytes] | gzip.GzipFile, *, packed_size: int) -> None:
        self._source = source
        self._allowed = min(
            limits.MAX_UNPACKED,
            max(limits.RATIO_FREE, packed_size * limits.MAX_RATIO),
        )
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        try:
            data = self._source.read(len(buffer))
        except BROKEN as broken:
            raise UnreadableFile(DAMAGED) from broken
        self._size += len(data)
        if self._size > self._allowed:
            raise UnreadableFile(
                f"The file unpacks to more than {limits.shown(self._allowed)}, which no "
                "table of its size does. Split it into smaller files."
            )
        buffer[: len(data)] = data
        return len(data)


def unpack_gzip(file: IO[bytes], size: int) -> IO[bytes]:
    """The bytes inside, from the beginning."""
    file.seek(0)
    return io.BufferedReader(  # type: ignore[type-var]
        Unpacked(gzip.GzipFile(fileobj=file), packed_size=size),
        buffer_size=256 * 1024,
    )


def open_archive(file: IO[bytes], size: int) -> zipfile.ZipFile:
    """The zip archive, after a look at how long its index is: it is read as a whole."""
    if _index_size(file, size) > limits.MAX_ARCHIVE_INDEX:
        raise UnreadableFile(
            "The archive holds far too many files. Upload one table at a time."
        )
    try:
        return zipfile.ZipFile(file)
    except (*BROKEN, ValueError, NotImplementedError) as broken:
        raise UnreadableFile(DAMAGED) from broken


def _index_size(file: IO[bytes], size: int) -> int:
    """Bytes of the archive's central directory, as its last record says."""
    tail_size = min(size, 22 + 65535 + 20)
    file.seek(size - tail_size)
    tail = file.read(tail_size)
    end = tail.rfind(_END)
    if end < 0 or len(tail) - end < 22:
        raise UnreadableFile(DAMAGED)
    if _END_64_LOCATOR in tail[max(0, end - 20) : end]:
        raise UnreadableFile(
            "The archive is of the kind for very large files (zip64). Pack the table "
            "with gzip instead."
        )
    return int(struct.unpack_from("<L", tail, end + 12)[0])


def only_table(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """The one file of the archive; what systems add beside it does not count."""
    found = [entry for entry in archive.infolist() if not _is_litter(entry)]
    if not found:
        raise UnreadableFile(
            "The archive is empty. Pack the table and upload it again."
        )
    if len(found) > 1:
        names = ", ".join(f"“{entry.filename[:60]}”" for entry in found[:3])
        raise UnreadableFile(
            f"The archive holds {len(found)} files ({names}…). Upload each table by "
            "itself."
        )
    return found[0]


def _is_litter(entry: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(entry.filename)
    return (
        entry.is_dir()
        or "__MACOSX" in path.parts
        or path.name in {".DS_Store", "Thumbs.db", "desktop.ini"}
    )


def refuse_packing(entry: zipfile.ZipInfo) -> None:
    """Raises UnreadableFile for an entry that has a password or an unusual packing."""
    if entry.flag_bits & 1:
        raise UnreadableFile(
            "The archive is protected by a password. Pack the table without one."
        )
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise UnreadableFile(
            "The archive is packed in an unusual way. Pack it as an ordinary zip."
        )


def unpack_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> IO[bytes]:
    refuse_packing(entry)
    try:
        stream = archive.open(entry)
    except (*BROKEN, NotImplementedError, RuntimeError) as broken:
        raise UnreadableFile(DAMAGED) from broken
    return io.BufferedReader(  # type: ignore[type-var]
        Unpacked(stream, packed_size=entry.compress_size), buffer_size=256 * 1024
    )


def spooled(opened: Callable[[], IO[bytes]]) -> IO[bytes]:
    """The same bytes in a temporary file on disk, where they can be read at any place."""
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - the caller reads from it
    with opened() as stream:
        shutil.copyfileobj(stream, copy, 1024 * 1024)
    copy.seek(0)
    return copy
