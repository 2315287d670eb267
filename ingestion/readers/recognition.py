"""What a file is, by its first bytes: names and declared types are not to be trusted."""

from __future__ import annotations

import enum
import re

from ingestion.errors import UnreadableFile

HEAD = 64 * 1024
ADVICE = "Save the table as CSV (UTF-8) or as .xlsx and upload that."


class Shape(enum.Enum):
    TEXT = "text"
    GZIP = "gzip"
    ZIP = "zip"


_REFUSED: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "This is a PDF document, not a table."),
    (b"\x89PNG", "This is a picture (PNG), not a table."),
    (b"\xff\xd8\xff", "This is a picture (JPEG), not a table."),
    (b"GIF8", "This is a picture (GIF), not a table."),
    (b"BM", "This is a picture (BMP), not a table."),
    (b"RIFF", "This is a picture or a sound, not a table."),
    (b"{\\rtf", "This is a text document (RTF), not a table."),
    (b"7z\xbc\xaf\x27\x1c", "This is a 7-Zip archive. Unpack it first."),
    (b"Rar!", "This is a RAR archive. Unpack it first."),
    (b"BZh", "This is packed with bzip2. Unpack it first, or pack it with gzip."),
    (b"\xfd7zXZ", "This is packed with xz. Unpack it first, or pack it with gzip."),
    (b"\x28\xb5\x2f\xfd", "This is packed with zstd. Unpack it first."),
    (b"PAR1", "This is a Parquet file."),
    (b"SQLite format 3", "This is a database (SQLite), not a table."),
    (b"\x7fELF", "This is a program, not a table."),
    (b"MZ", "This is a program, not a table."),
)
_ENCRYPTED_WORKBOOK = "EncryptedPackage".encode("utf-16-le")
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
# Tab, line feed, form feed, carriage return and the old end-of-file mark occur in text;
# NUL is judged apart, since one of them spoils a row and not a file.
_CONTROLS = bytes(set(range(1, 32)) - {9, 10, 12, 13, 26})
_MARKUP = re.compile(
    rb"<(!doctype|!--|\?xml|html|head|body|table|meta|[a-z][\w:-]*[\s/>])"
)
_JSON = re.compile(rb"\{\s*[\"}]|\[\s*[\"{\[\]]")


def recognise(head: bytes) -> Shape:
    """The shape of a file that begins with `head` (64 KB of it are enough).

    Raises UnreadableFile, with what to do, for everything that is not a table.
    """
    if not head:
        raise UnreadableFile("The file is empty. Choose one with a heading and rows.")
    if head.startswith(b"\x1f\x8b"):
        return Shape.GZIP
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return Shape.ZIP
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        raise UnreadableFile(_old_workbook(head))
    if not head.startswith(_BOMS):
        _refuse_other_kinds(head)
    return Shape.TEXT


def _old_workbook(head: bytes) -> str:
    if _ENCRYPTED_WORKBOOK in head:
        return (
            "This workbook is protected by a password. Save it without one "
            "and upload that."
        )
    return f"This is a workbook of the old .xls format. {ADVICE}"


def _refuse_other_kinds(head: bytes) -> None:
    for magic, sentence in _REFUSED:
        # Two letters alone may begin a heading; a binary file has NULs soon after.
        if head.startswith(magic) and (len(magic) > 2 or b"\0" in head[:64]):
            raise UnreadableFile(f"{sentence} {ADVICE}")
    start = head[:2048].lstrip().lower()
    if _MARKUP.match(start):
        raise UnreadableFile(
            "This is a web page or XML under the name of a table; a download that "
            f"asked for a log-in looks like this. {ADVICE}"
        )
    if _JSON.match(start):
        raise UnreadableFile(f"This is JSON, not a table. {ADVICE}")
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls * 100 > len(head):
        raise UnreadableFile(f"This is not text. {ADVICE}")
