"""Files of every make, as readers see them: no database is needed."""

import csv
import gzip
import io
import json
import os
import struct
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from django.conf import settings
from openpyxl import Workbook

from ingestion.errors import UnreadableFile
from ingestion.readers import Table, encodings, limits, open_table, sheets
from ingestion.readers.sheets import as_text

DATA = Path(os.environ.get("SOKO_DATA", settings.BASE_DIR.parent / "shared" / "data"))
BAD_INPUT = DATA / "bad-input"
needs_bad_input = pytest.mark.skipif(
    not BAD_INPUT.is_dir(), reason=f"the collection of bad input is not at {BAD_INPUT}"
)


def opened(content: bytes | str, filename: str = "table.csv") -> Table:
    raw = content.encode() if isinstance(content, str) else content
    return open_table(io.BytesIO(raw), filename=filename)


def read(content: bytes | str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    table = opened(content)
    return table.columns, list(table.rows())


def refusal(content: bytes | str) -> str:
    with pytest.raises(UnreadableFile) as caught:
        opened(content).count_rows()
    return caught.value.message


def workbook(*rows: list[object], title: str = "Sheet") -> bytes:
    book = Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    return saved(book)


def saved(book: Workbook) -> bytes:
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


# ------------------------------------------------------------------ make and delimiter
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_open_table_detects_the_delimiter(delimiter):
    lines = [["sku", "name", "price"], ["a1", "Tea, green", "1"], ["b2", "Mug", "2"]]
    target = io.StringIO()
    csv.writer(target, delimiter=delimiter).writerows(lines)

    table = opened(target.getvalue())

    assert (table.delimiter, table.columns) == (delimiter, lines[0])
    assert list(table.rows()) == [(2, lines[1]), (3, lines[2])]


def test_open_table_is_not_misled_by_decimal_commas():
    table = opened("sku;price;stock\na;1,50;2\nb;2,50;3\nc;3,50;4\n")

    assert (table.delimiter, len(table.columns)) == (";", 3)


def test_open_table_obeys_the_line_that_names_the_delimiter():
    table = opened("sep=|\r\nsku|note\r\na|x,y;z\r\n")

    assert (table.columns, list(table.rows())) == (
        ["sku", "note"],
        [(3, ["a", "x,y;z"])],
    )


@pytest.mark.parametrize(
    "pack",
    [
        gzip.compress,
        lambda raw: zipped({"table.csv": raw}),
        lambda raw: zipped({"table.csv": raw, "__MACOSX/._table.csv": b"\0"}),
        lambda raw: gzip.compress(raw[:9]) + gzip.compress(raw[9:]),
    ],
)
def test_open_table_unpacks(pack):
    table = opened(pack(b"sku,name\na1,Tea\nb2,Mug\n"))

    assert table.columns == ["sku", "name"]
    # Twice: an import that goes on after a kill reads from the beginning again.
    assert (
        list(table.rows())
        == list(table.rows())
        == [(2, ["a1", "Tea"]), (3, ["b2", "Mug"])]
    )


def test_rows_begin_where_they_are_asked_to():
    table = opened('sku,name\na,"two\nlines"\n\nb,x\nc,y\n')

    assert list(table.rows()) == [
        (2, ["a", "two\nlines"]),
        (5, ["b", "x"]),
        (6, ["c", "y"]),
    ]
    assert list(table.rows(start_line=5)) == [(5, ["b", "x"]), (6, ["c", "y"])]


# ------------------------------------------------------------------ awkward but readable
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_rows_take_any_end_of_line(end):
    columns, rows = read(f'sku,name{end}a,"x{end}y"{end}{end}b,z{end}')

    assert columns == ["sku", "name"]
    assert rows == [(2, ["a", f"x{end}y"]), (5, ["b", "z"])]


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ('\ufeff"sku",name', ["sku", "name"]),
        ("  sku , product\tname ", ["sku", "product name"]),
        ("sku,name,,,", ["sku", "name"]),
        (",sku,sku", ["", "sku", "sku"]),
    ],
)
def test_open_table_cleans_the_heading(heading, expected):
    assert opened(f"{heading}\r\na,b\r\n").columns == expected


def test_rows_keep_ragged_lines_and_cut_only_empty_cells():
    _, rows = read("a,b,c\n1,2\n1,2,3,4\n1,2,3,,\n,,\n \n")

    assert rows == [(2, ["1", "2"]), (3, ["1", "2", "3", "4"]), (4, ["1", "2", "3"])]


def test_rows_mark_a_nul_as_unreadable():
    _, rows = read(b"sku,name\na,Te\0a\nb,Mug\n")

    assert rows == [(2, ["a", "Te\ufffda"]), (3, ["b", "Mug"])]


def test_rows_accept_blanks_before_a_quote():
    _, rows = read('date, amount\n2011-01-03, "6,000,000"\n')

    assert rows == [(2, ["2011-01-03", "6,000,000"])]


def test_heading_alone_has_no_rows():
    assert read("sku,name\n") == (["sku", "name"], [])


def test_two_hundred_columns_are_read():
    heading = [f"column {number}" for number in range(200)]
    row = [str(number) for number in range(200)]

    assert read(f"{','.join(heading)}\n{','.join(row)}\n") == (heading, [(2, row)])


# ------------------------------------------------------------------ letters
@pytest.mark.parametrize(
    ("codec", "expected"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("iso-8859-1", "iso-8859-1"),
        ("cp1252", "iso-8859-1"),
    ],
)
def test_open_table_detects_the_encoding(codec, expected):
    table = opened("sku,cidade\n1,São Paulo\n2,Añejo\n".encode(codec))

    assert (table.encoding, table.columns) == (expected, ["sku", "cidade"])
    assert list(table.rows()) == [(2, ["1", "São Paulo"]), (3, ["2", "Añejo"])]


def test_open_table_tells_windows_letters_from_latin_ones():
    table = opened("sku,price\n1,“9 €”\n".encode("cp1252"))

    assert (table.encoding, list(table.rows())) == ("cp1252", [(2, ["1", "“9 €”"])])


def test_open_table_recognises_another_script():
    text = "sku,название\n" + "1,чай зелёный листовой крупный\n" * 40

    table = opened(text.encode("cp1251"))

    assert (table.encoding, table.columns) == ("cp1251", ["sku", "название"])


def test_one_late_accent_decides_for_the_whole_file():
    lines = b"sku,name\n" + b"a,plain\n" * 400_000 + b"b,caf\xe9\n"

    table = opened(lines)

    assert table.encoding == "iso-8859-1"
    assert list(table.rows(start_line=400_002)) == [(400_002, ["b", "café"])]


def test_a_broken_byte_spoils_its_own_row_of_a_utf_8_file():
    good = "b,São Paulo\n".encode()

    table = opened(b"sku,name\n" + good * 3 + b"c,caf\xe9\n" + good)

    assert table.encoding == "utf-8"
    assert [cells[1] for _, cells in table.rows()] == [
        "São Paulo",
        "São Paulo",
        "São Paulo",
        "caf\ufffd",
        "São Paulo",
    ]


def test_letters_cut_by_a_block_are_whole(monkeypatch):
    monkeypatch.setattr(encodings, "_BLOCK", 7)

    assert opened("sku,name\n1,ééééééééé\n").encoding == "utf-8"


# ------------------------------------------------------------------ workbooks
def test_workbook_cells_become_text():
    book = workbook(
        ["sku", "price", "sold at", "ok", "share"],
        ["a1", 17850.0, datetime(2010, 12, 1, 8, 26), True, 0.1 + 0.2],
        [None, None, None, None, None],
        [22, 2.55, date(2011, 1, 2), False, 1e-7],
    )

    table = opened(book, "table.csv")

    assert (table.format, table.columns) == (
        "xlsx",
        ["sku", "price", "sold at", "ok", "share"],
    )
    assert list(table.rows()) == [
        (2, ["a1", "17850", "2010-12-01 08:26:00", "true", "0.3"]),
        (4, ["22", "2.55", "2011-01-02", "false", "0.0000001"]),
    ]


def test_workbook_times_lose_the_noise_of_fractions():
    assert as_text(datetime(2010, 12, 1, 8, 25, 59, 999_999)) == "2010-12-01 08:26:00"


def test_workbook_that_was_counted_is_not_parsed_again(monkeypatch):
    rows = [["sku", "name"], ["a", "Tea\nleaves"], [], ["b", "x" * 30_000], ["c"]]
    content = workbook(*rows)
    plain = list(opened(content).rows())
    table = opened(content)
    parsed = []
    monkeypatch.setattr(
        sheets,
        "_read",
        lambda sheet, read=sheets._read: parsed.append(1) or read(sheet),
    )

    assert table.count_rows() == 3
    assert list(table.rows()) == plain
    assert list(table.rows(3)) == plain[1:]
    assert len(parsed) == 1
    table.close()


def test_workbook_is_read_from_its_first_filled_visible_sheet():
    book = Workbook()
    hidden = book.create_sheet("hidden", 0)
    hidden.append(["no"])
    hidden.sheet_state = "hidden"
    book.create_sheet("data").append(["sku", "name"])
    book["data"].append(["a", "b"])

    assert read(saved(book)) == (["sku", "name"], [(2, ["a", "b"])])


@pytest.mark.parametrize(
    "pack", [gzip.compress, lambda raw: zipped({"table.xlsx": raw})]
)
def test_packed_workbook_is_read(pack):
    assert read(pack(workbook(["sku"], ["a"]))) == (["sku"], [(2, ["a"])])


def replaced(book: bytes, name: str, content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        files = {entry: archive.read(entry) for entry in archive.namelist()}
    return zipped({**files, name: content})


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("xl/vbaProject.bin", b"\0", "macros"),
        ("xl/sharedStrings.xml", b"a" * (limits.MAX_SHARED_TEXTS + 1), "too|more text"),
        ("xl/styles.xml", b"a" * (limits.MAX_WORKBOOK_PART + 1), "more text"),
        ("xl/worksheets/sheet1.xml", b"<row>" + b"a" * 3 * limits.MIB, "more text"),
        ("xl/worksheets/sheet1.xml", b"<sheetData><row><c><v", "damaged"),
        ("xl/workbook.xml", b"<no", "damaged"),
        (
            "xl/worksheets/sheet1.xml",
            b"<row>" + b"<c/>" * (limits.RATIO_FREE // 4) + b"</row>",
            "more text",
        ),
    ],
)
def test_workbook_that_would_not_stay_small_is_refused(name, content, words):
    book = replaced(workbook(["sku"], ["a"]), name, content)

    with pytest.raises(UnreadableFile, match=words):
        opened(book).count_rows()


def test_workbook_bomb_of_entities_is_refused():
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
    )
    sheet = (
        laughs
        + b"]><worksheet><sheetData><row><c t='inlineStr'><is><t>&j;</t></is></c></row></sheetData></worksheet>"
    )

    assert "damaged" in refusal(
        replaced(workbook(["sku"], ["a"]), "xl/worksheets/sheet1.xml", sheet)
    )


# ------------------------------------------------------------------ refused
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n\n \n", "no rows"),
        (b"\xef\xbb\xbf", "no rows"),
        (b"\x89PNG\r\n\x1a\n\0\0", "picture"),
        (b"\xff\xd8\xff\xe0", "picture"),
        (b"GIF89a", "picture"),
        (b"%PDF-1.7", "PDF"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"\n <html lang=en>", "web page"),
        (b'<?xml version="1.0"?><rss>', "XML"),
        (b'{"sku": 1}', "JSON"),
        (b'[{"sku": 1}]', "JSON"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old .xls"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
            + "EncryptedPackage".encode("utf-16-le"),
            "password",
        ),
        (bytes(range(256)) * 8, "not text"),
        (b"7z\xbc\xaf\x27\x1c\0", "7-Zip"),
        (b"PK\x03\x04 and then nothing", "damaged"),
        (b"\x1f\x8b\x08 and then nothing", "damaged"),
        (gzip.compress(gzip.compress(b"a,b\n1,2\n", mtime=0), mtime=0), "packed twice"),
        (gzip.compress(b"a,b\n1,2\n" * 9000, mtime=0)[:-20], "damaged"),
        (gzip.compress(b"\x89PNG\r\n\x1a\n", mtime=0), "picture"),
        (zipped({}), "is empty"),
        (zipped({"a.csv": b"a", "b.csv": b"b"}), "2 files"),
        (zipped({"mimetype": b"application/vnd.oasis"}), "OpenDocument"),
        (
            zipped({"[Content_Types].xml": b"", "word/document.xml": b""}),
            "not a workbook",
        ),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(content, words):
    message = refusal(content)

    assert words in message
    assert message.endswith(".")


def test_every_refusal_says_what_to_do():
    assert "Save the table as CSV" in refusal(b"%PDF-1.7")


def test_empty_workbook_is_refused():
    assert "empty" in refusal(workbook())


@pytest.mark.parametrize("pack", [gzip.compress, lambda raw: zipped({"a.csv": raw})])
def test_bomb_is_refused_while_it_unpacks(pack, monkeypatch):
    monkeypatch.setattr(limits, "RATIO_FREE", limits.MIB)
    bomb = pack(b"a,b\n" * (3 * limits.MIB))

    assert "unpacks to more than" in refusal(bomb)


def test_archive_that_lies_about_its_size_is_refused():
    honest = zipped({"a.csv": b"a,b\n" + b"1,2\n" * 5000})
    lying = bytearray(honest)
    place = honest.rindex(b"PK\x01\x02")
    struct.pack_into("<L", lying, place + 24, 100)

    assert "damaged" in refusal(bytes(lying))


def test_archive_with_an_endless_index_is_refused(monkeypatch):
    monkeypatch.setattr(limits, "MAX_ARCHIVE_INDEX", 100)

    assert "far too many files" in refusal(zipped({f"{n}.csv": b"" for n in range(9)}))


def test_archive_with_a_password_is_refused():
    locked = bytearray(zipped({"a.csv": b"a,b\n1,2\n"}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(mark) + offset] |= 1

    assert "password" in refusal(bytes(locked))


def test_too_many_columns_are_refused():
    assert "501 columns" in refusal(",".join(f"c{number}" for number in range(501)))


@pytest.mark.parametrize(
    "content",
    [
        'sku,name\na,"never closed\n' + "b,x\n" * 10,
        'sku,name\na,"never closed',
        'sku,name\na,"never closed\n' + "b,x\n" * (limits.MAX_CELL // 4),
        # Closed in the end, and far too long until then.
        'sku,name\na,"' + "b,x\n" * (limits.MAX_CELL // 4 + 1) + '"\n',
    ],
)
def test_unclosed_quote_is_refused_with_its_line(content):
    assert "opens on line 2" in refusal(content)


def test_endless_line_is_refused_without_being_held(monkeypatch):
    monkeypatch.setattr(limits, "MAX_LINE", 1000)
    monkeypatch.setattr(encodings, "_BLOCK", 512)

    assert "a line longer than" in refusal("sku,name\n" + "x" * 9000)


def test_long_line_is_refused_with_its_number(monkeypatch):
    monkeypatch.setattr(limits, "MAX_LINE", 1000)

    assert "Line 3 is longer" in refusal("sku,name\na,b\nb," + "x" * 2000 + "\n")


def test_reading_leaves_the_callers_file_open():
    file = io.BytesIO(gzip.compress(b"sku\na\n"))

    with open_table(file, filename="a") as table:
        list(table.rows())

    assert not file.closed


# ------------------------------------------------------------------ the collection
@needs_bad_input
@pytest.mark.parametrize(
    "path",
    sorted(BAD_INPUT.glob("csv-spectrum/csvs/*.csv")),
    ids=lambda path: path.name,
)
def test_csv_spectrum(path):
    wanted = json.loads(
        (path.parent.parent / "json" / path.with_suffix(".json").name).read_text()
    )
    raw = path.read_bytes()
    if path.name.endswith("_crlf.csv") and b"\r\n" not in raw:
        raw = raw.replace(b"\n", b"\r\n")  # a copy that lost what the case is about

    columns, rows = read(raw)

    assert [dict(zip(columns, cells, strict=True)) for _, cells in rows] == wanted


MESSY = {
    "blank_line.ods": "OpenDocument",
    "encrypted_no_password.xls": "old .xls",
    "excel_properties.xls": "old .xls",
    "libreoffice.xlsx": "empty",
    "loffice-4.4.1.2.ods": "OpenDocument",
    "multilineods.ods": "OpenDocument",
    "ods_formats.ods": "OpenDocument",
    "simple.ods": "OpenDocument",
    "simple.unknown": "is empty",
    "simple.xls": "old .xls",
    "span_rich.xls": "old .xls",
    "unicode_sheet_name.xls": "old .xls",
    # encoding, delimiter, columns, rows
    "begrotingsanalyse-2011.csv": ("utf-8", ",", 7, 41),
    "bian-anal-mca-2005-dols-eng-1011-0312-tab3.xlsm": ("utf-8", "", 2, 40),
    "characters.csv": ("big5", ",", 18, 382),
    "complex.csv": ("utf-8", ",", 4, 3),
    "example.tsv": ("utf-8", "\t", 17, 140),
    "excel_pasting.csv": ("utf-8", ",", 1, 18),
    "large.xlsx": ("utf-8", "", 1, 32),
    "long.csv": ("utf-8", ",", 1, 3999),
    "mixedGLB.csv": ("utf-8", ",", 1, 135),
    "null.csv": ("utf-8", ",", 4, 9),
    "simple.csv": ("utf-8", ",", 3, 6),
    "simple.psv": ("utf-8", "|", 6, 28),
    "simple.ssv": ("utf-8", ";", 3, 6),
    "simple.xlsx": ("utf-8", "", 3, 6),
    "simple.zip": ("utf-8", ",", 3, 6),
    "skip_initials.csv": ("utf-8", ",", 2, 2),
    "small.csv": ("utf-8", ",", 1, 0),
    "spanish_chars.csv": ("iso-8859-1", ",", 8, 115),
    "sparse_with_column_errors.csv": ("iso-8859-1", ",", 3, 2200),
    "sw_gen.xlsx": ("utf-8", "", 17, 15),
    "utf-16le_encoded.csv": ("utf-16", ",", 19, 327),
    "utf8bom.csv": ("utf-8", ",", 2, 0),
    "weird_head_padding.csv": ("utf-8", ",", 5, 83),
}


@needs_bad_input
@pytest.mark.filterwarnings("ignore:Unknown extension:UserWarning")
@pytest.mark.parametrize(("name", "expected"), MESSY.items(), ids=MESSY)
def test_messy_tables(name, expected):
    raw = (BAD_INPUT / "messytables" / name).read_bytes()

    if isinstance(expected, str):
        assert expected in refusal(raw)
    else:
        table = opened(raw, name)
        shape = (
            table.encoding,
            table.delimiter,
            len(table.columns),
            table.count_rows(),
        )
        assert shape == expected


@needs_bad_input
def test_every_picture_of_the_collection_is_refused():
    paths = sorted(BAD_INPUT.glob("pngsuite/*.png"))

    answers = {refusal(path.read_bytes()).partition(".")[0] for path in paths}

    # Some are corrupt on purpose, and no longer say PNG.
    assert answers <= {"This is a picture (PNG), not a table", "This is not text"}
