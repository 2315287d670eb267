"""How a file's bytes become letters.

UTF-8 is believed only when the whole file is UTF-8: an export may be plain ASCII for 400,000
lines and have its first accent after them. A file that is UTF-8 but for a few broken bytes
stays UTF-8, and those bytes become U+FFFD, which makes an error of their rows alone.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import IO

from charset_normalizer import from_bytes

from ingestion.errors import UnreadableFile
from ingestion.readers import limits
from ingestion.readers.recognition import ADVICE

UTF_8 = "utf-8"
_BLOCK = 1024 * 1024
_SAMPLE = 64 * 1024
_HIGH = bytes(range(128, 256))
_ONLY_IN_WINDOWS_1252 = frozenset(range(0x80, 0xA0))
_NEVER_IN_WINDOWS_1252 = frozenset(b"\x81\x8d\x8f\x90\x9d")
# Scripts that cannot be mistaken for Western Europe's, and only from enough of their letters.
_FOREIGN = (
    "big5",
    "cp1251",
    "cp1253",
    "cp1255",
    "cp1256",
    "euc_jp",
    "euc_kr",
    "gb18030",
    "koi8_r",
    "shift_jis",
)
_ENOUGH_HIGH = 200


@dataclass(frozen=True)
class Letters:
    """encoding: Python's name for it. has_nul: some row holds a NUL character."""

    encoding: str
    has_nul: bool = False


@dataclass
class _Bytes:
    """What a pass over a file found."""

    high: int = 0
    broken: int = 0
    has_nul: bool = False
    high_sample: bytes = b""


def detect(stream: IO[bytes]) -> Letters:
    """The encoding of a text, read to its end. Raises UnreadableFile."""
    head = stream.read(_BLOCK)
    wide = _wide(head)
    if wide is not None:
        while stream.read(_BLOCK):  # to the end, so that damage shows before any row
            pass
        return Letters(wide, has_nul=True)
    found = _scan(head, stream)
    if not found.broken or _is_damaged_utf_8(found):
        return Letters(UTF_8, has_nul=found.has_nul)
    return Letters(_eight_bits(found.high_sample), has_nul=found.has_nul)


def _wide(head: bytes) -> str | None:
    """UTF-16 or UTF-32, by the mark at the beginning or by every second byte being NUL."""
    for mark, encoding in (
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return encoding
    sample = head[:_SAMPLE]
    nuls = sample.count(0)
    if nuls * 4 < len(sample):
        return None
    if sample[::2].count(0) * 20 < nuls:
        return "utf-16-le"
    if sample[1::2].count(0) * 20 < nuls:
        return "utf-16-be"
    raise UnreadableFile(f"This is not text. {ADVICE}")


def _scan(head: bytes, stream: IO[bytes]) -> _Bytes:
    found = _Bytes()
    decoder = codecs.getincrementaldecoder(UTF_8)("replace")
    since_end = 0
    block = head
    while block:
        if not block.isascii():
            _note_high(found, block)
        if not found.has_nul and b"\0" in block:
            found.has_nul = True
        found.broken += decoder.decode(block).count("\ufffd")
        since_end = _line_so_far(since_end, block)
        block = stream.read(_BLOCK)
    found.broken += decoder.decode(b"", final=True).count("\ufffd")
    return found


def _line_so_far(before: int, block: bytes) -> int:
    """Bytes since the last end of a line. Raises UnreadableFile before memory is at risk."""
    end = max(block.rfind(b"\n"), block.rfind(b"\r"))
    length = before + len(block) if end < 0 else len(block) - end - 1
    # A letter has four bytes at most; lines of letters are measured when they are read.
    if length > 4 * limits.MAX_LINE:
        raise UnreadableFile(
            f"The file has a line longer than {limits.shown(limits.MAX_LINE)}, so it is "
            f"not a table of rows. {ADVICE}"
        )
    return length


def _note_high(found: _Bytes, block: bytes) -> None:
    found.high += len(block) - len(block.translate(None, _HIGH))
    room = _SAMPLE - len(found.high_sample)
    if room > 0:
        lines = (line for line in block.splitlines() if not line.isascii())
        found.high_sample += b"\n".join(lines)[:room] + b"\n"


def _is_damaged_utf_8(found: _Bytes) -> bool:
    """Bytes of another encoding hardly ever form UTF-8 letters by chance."""
    return found.high - found.broken >= 2 * found.broken


def _eight_bits(sample: bytes) -> str:
    high = len(sample) - len(sample.translate(None, _HIGH))
    if high >= _ENOUGH_HIGH:
        best = from_bytes(sample, cp_isolation=[*_FOREIGN, "cp1252"]).best()
        if best is not None and best.encoding in _FOREIGN:
            return best.encoding
    used = set(sample)
    if used & _ONLY_IN_WINDOWS_1252 and not used & _NEVER_IN_WINDOWS_1252:
        return "cp1252"
    return "iso-8859-1"
