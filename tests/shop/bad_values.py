"""What no door should trip over: values for fields, addresses, headers and files."""

from __future__ import annotations

import json
import os
import struct
import zlib
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from django.conf import settings
from PIL import Image

FULL = bool(os.environ.get("SOKO_FULL"))
DATA = Path(os.environ.get("SOKO_DATA", settings.BASE_DIR.parent / "shared" / "data"))
COLLECTION = DATA / "bad-input"
# Found again in a page, it was not escaped.
TAG = "<x-soko>"
LONG = "ä" * 100_000
UNKNOWN = "00000000-0000-7000-8000-000000000000"

# Refused by every field that is a number, a key, a choice or a switch; of all fields.
NO_SUCH = ["\x00", LONG, TAG, "'; DROP TABLE users; --", "😀", "NaN", "9" * 31]
# What a program may send where it should send text.
NO_TEXT: list[Any] = [None, [], ["a"], {}, {"a": [{"b": 1}]}]
NOT_STORABLE = ["a\x00b", "\ud800", "\udfff\ud800"]
ODD_TEXTS = [
    f"{TAG}<script>alert(1)</script>",
    f'"{TAG}',
    "' OR 1=1 --",
    "{{ 7*7 }}{% load x %}${7*7}%(a)s%s%n{0}",
    "../../../etc/passwd",
    "a\r\nSet-Cookie: a=b",
    "\x1b[31m\x07\x7f\x01",
    "\u202eRTL\u2066 مرحبا",
    "Z̸͍̈a̴l̵g̶o̷" + "\u0300" * 200,
    "👩‍👩‍👧‍👦🏴󠁧󠁢󠁳󠁣󠁴󠁿",
    "\ufeff\ufffe\uffff\u0000".replace("\x00", ""),
    "ﷺ" * 40,
    "   \t\n\u00a0\u3000",
    "null",
    "١٢٣",
    "İıſK",
]
QUANTITIES = ["-1", "1000000000", "1" + "0" * 30, "Infinity", "1e5", "1.5", "", "0x1"]
JSON_QUANTITIES: list[Any] = [
    *(0, -1, 10**9, 10**30, 1.5, -(2**63), 2**63),
    *(float("nan"), float("inf"), "NaN", "Infinity", "1e5", "", None, [1], {"a": 1}),
]
AMOUNTS: list[Any] = [
    *("0", "-1", "0.001", "1e5", "1e400", "1E-400", "NaN", "-Infinity", "sNaN"),
    *("1" + "0" * 30, "", "1,50", None, [1], {"a": 1}, 10**30, float("nan"), -1),
]
EMAILS = [
    *("", "a", "a@", "@b.c", "a b@c.de", "a@b", "a@b..c", "a@b.c\nBcc: d@e.f"),
    *(f"{TAG}@example.com", "a\x00@example.com", "x" * 300 + "@example.com"),
    *("a@example.com,b@example.com", "😀@example.com"),
]
COUNTRIES = ["XX", "ZZ", "", "K", "KEN", "k\x00", "😀", "ẞ", "ı", TAG, "..", LONG]
BOOLEANS: list[Any] = [None, "maybe", 2, [], {}, "\x00", {"a": 1}, [True]]
LISTS: list[Any] = [None, "", "a", 1, {}, {"a": 1}, [None], [1], ["a"], [[]], [{}]]

KEYS = [
    *("", "x" * 256, "with space", "ключ", "tab\there", "\x7f", '"', "a\x00b"),
    *("\u202e", "x" * 5000),
]
LANGUAGES = [
    *("", "*", "xx", "de;q=NaN", ";;;,,,", "a" * 5000, "de-" * 500, "\x00", "../../x"),
    *("de;q=9999999999", "en;q=-1", "😀", "zh-hant-" * 40, "de_DE@euro", "C"),
]
SEGMENTS = [
    *("%00", "%FF", "%C0%AF", "%ED%A0%80", "%F0%9F%98%80", "%E2%80%AE", "..%2F..%2F"),
    *("not-a-key", "-1", "9" * 40, "x" * 3000, "%3Cx-soko%3E", "'", "%0d%0aa:b", "*"),
    *(UNKNOWN, UNKNOWN.replace("-", ""), UNKNOWN.upper(), "{" + UNKNOWN + "}"),
    *("None", "null", "undefined", "%25", "%2500", ";a=b", "."),
]
_MANY = "&".join(f"brand=b{n}&f.F{n}=w&category=c{n}" for n in range(700))
QUERIES = [
    *("page=0", "page=-1", "page=1000000000", "page=abc", f"page={'9' * 5000}"),
    *("page=%00", "page=%D9%A1", "page=1&page=2&page=x", "sort=unknown", "sort=%00"),
    *("cursor=x", "cursor=%00", "cursor=cD0lMDA%3D", "cursor=cj0xJnA9eA%3D%3D"),
    *("cursor=bz05OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk%3D", "cursor=cD0xJnA9%FF"),
    *("page_size=-1", "page_size=x", f"page_size={'9' * 40}", "page_size=0"),
    *(
        "q=%00",
        "q=%FF%FE",
        f"q={'%22' * 99}",
        "q=%27%3B--",
        "q=%3Cx-soko%3E",
        "q=()%7C!",
    ),
    *("min=-1", "min=1e400&max=NaN", "min=9&max=1&currency=XXX", "min=1&currency=%00"),
    *("min=1&currency=USD&max=2&currency=EUR", f"min={'9' * 400}", "rating=9&stars=-1"),
    *("rating=NaN", "stars=%D9%A3", "stock=2&sale=maybe", "f.=&f.%00=%00&f.a=%00"),
    *("option1=%00&variant=%00&picked=99&find1=%00&picture=-1", "variant=a&option1=b"),
    *("removed=x&quantity=y", f"removed={UNKNOWN}&quantity={10**30}", "country=%00"),
    *(
        "country=XX",
        "product=%00&variant=%00",
        f"product={UNKNOWN}",
        "next=//evil.example",
    ),
    *("next=javascript:alert(1)", "next=%0d%0aa:b", "status=%00&kind=x", "status=nope"),
    *("order=x&payment=%00", f"order={UNKNOWN}&status=a&status=b", "is_check=maybe"),
    *(
        "is_verified_purchase=9&rating=99999999999999999999",
        "code=%00",
        f"code={'x' * 999}",
    ),
    *("code=a&code=b", "format=xml", "format=%00", "%FF=%FE", "=&&&==", "a[]=1&a[b]=2"),
    *("redraw=1", "category=%00&brand=%FF&shop=..", _MANY, "x=" + "y" * 8000),
]


# ------------------------------------------------------------------ files
def png(width: int, height: int, *, rows: bytes | None = None) -> bytes:
    """A grey picture; rows: what stands for its pixels, packed."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    if rows is None:
        packer = zlib.compressobj(9)
        line = bytes(width + 1)
        rows = b"".join(packer.compress(line) for _row in range(height))
        rows += packer.flush()
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", head),
            chunk(b"IDAT", rows),
            chunk(b"IEND", b""),
        )
    )


def picture(kind: str = "PNG") -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (40, 30), "red").save(buffer, kind)
    return buffer.getvalue()


def _nested_gif() -> bytes:
    buffer = BytesIO()
    frames = [Image.new("P", (8, 8), n % 250) for n in range(300)]
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


@cache
def no_pictures() -> dict[str, bytes]:
    """name -> content; nothing here may be kept as a picture."""
    whole = picture("JPEG")
    return {
        "empty.png": b"",
        "words.png": b"this is no picture",
        "script.jpg": b"#!/bin/sh\nrm -rf /\n",
        "page.gif": b"GIF89a<script>alert(1)</script>",
        "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        "cut.jpg": whole[: len(whole) // 2],
        "cut.png": picture()[:-30],
        "huge.png": png(30_000, 30_000, rows=zlib.compress(b"")),
        "most.png": png(2**31 - 1, 2**31 - 1, rows=zlib.compress(b"")),
        "flat.png": png(1, 2**31 - 1, rows=zlib.compress(b"")),
        "none.png": png(0, 0, rows=zlib.compress(b"")),
        "noise.webp": b"RIFF\xff\xff\xff\xffWEBPVP8 " + bytes(range(256)),
        "noise.avif": b"\x00\x00\x00\x20ftypavif" + bytes(range(256)),
        "document.pdf": b"%PDF-1.7\n1 0 obj<<>>endobj",
        "archive.zip": b"PK\x03\x04" + bytes(60),
    }


@cache
def odd_pictures() -> dict[str, bytes]:
    """They may be kept or refused; the server lives on."""
    found = {
        "../../evil.png": picture(),
        "name\x00.png": picture(),
        f"{TAG}.png": picture(),
        "ä" * 300 + ".png": picture(),
        "frames.gif": _nested_gif(),
    }
    if FULL:
        # Just under what is taken: 40 million pixels in a few kilobytes.
        found["wide.png"] = png(8_000, 5_000)
    suite = COLLECTION / "pngsuite"
    if suite.is_dir():
        names = sorted(path for path in suite.glob("*.png"))
        chosen = names if FULL else [p for p in names if p.name.startswith("x")][::5]
        found |= {path.name: path.read_bytes() for path in chosen}
    return found


# ------------------------------------------------------------------ the collection
@cache
def naughty_strings() -> list[str]:
    """Of the collection, where it is: all of it for a full run, else one in forty."""
    if not COLLECTION.is_dir():
        return []
    strings: list[str] = json.loads((COLLECTION / "blns" / "blns.json").read_text())
    strings += (
        (COLLECTION / "xss" / "xss-payload-list.txt").read_text().splitlines()[::40]
    )
    return strings if FULL else strings[::40]


@cache
def documents() -> dict[str, bytes]:
    """name -> a document that may or may not be JSON."""
    own = {
        "nothing": b"",
        "half": b'{"name": "x',
        "nan": b'{"quantity": NaN}',
        "deep": b"[" * 100_000,
        "deep-closed": b'{"a":' * 500 + b"1" + b"}" * 500,
        "latin": b'{"name": "\xe9"}',
        "utf-16": '{"name": "x"}'.encode("utf-16"),
        "mark": b'\xef\xbb\xbf{"name": "x"}',
        "twice": b'{"quantity": 1, "quantity": -1}',
        "text": b'"text"',
        "number": b"5",
        "null": b"null",
        "list": b"[1, 2]",
        "long-number": b'{"quantity": ' + b"9" * 6000 + b"}",
        "surrogate": b'{"name": "\\ud800", "\\ud800": 1}',
        "nul": b'{"name": "\\u0000", "\\u0000": 1}',
    }
    folder = COLLECTION / "json-test-suite"
    if folder.is_dir():
        paths = sorted(folder.glob("*.json"))
        own |= {p.name: p.read_bytes() for p in (paths if FULL else paths[::12])}
    return own
