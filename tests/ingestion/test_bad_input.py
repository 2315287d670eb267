"""Bad input through the doors: a clear sentence, nothing half-written, the worker alive."""

import csv
import gzip
import io
import json
import os
import zipfile
from functools import partial
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils.html import escape
from rest_framework.test import APIClient

from catalog.models import Product
from ingestion.models import FileStatus, IngestionFile, IngestionRecord
from ingestion.readers import limits
from ingestion.tasks import import_file
from tests.factories.shop import ShopFactory
from tests.factories.users import OperatorFactory

DATA = Path(os.environ.get("SOKO_DATA", settings.BASE_DIR.parent / "shared" / "data"))
BAD_INPUT = DATA / "bad-input"
needs_bad_input = pytest.mark.skipif(
    not BAD_INPUT.is_dir(), reason=f"the collection of bad input is not at {BAD_INPUT}"
)
ADD = "/admin/ingestion/ingestionfile/add/"
HEADING = "sku,name,price\n"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop():
    return ShopFactory(slug="corner")


@pytest.fixture
def operator(client):
    client.force_login(OperatorFactory())


def zipped(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def rows_of_the_shops() -> dict[str, int]:
    """Rows of every table that an import writes, but for the account it gives of itself."""
    counts = {}
    with connection.cursor() as cursor:
        for label in ("shop", "catalog", "orders", "payments"):
            for model in apps.get_app_config(label).get_models():
                table = model._meta.db_table
                if model._meta.managed and table not in (
                    "global_events",
                    "event_relays",
                    "event_deliveries",
                ):
                    cursor.execute(f'SELECT count(*) FROM "{table}"')
                    counts[table] = cursor.fetchone()[0]
    return counts


def brought_in(client, content: bytes, name: str = "products.csv") -> IngestionFile:
    """Uploaded in the admin and worked on by the real task, as a worker runs it."""
    upload = SimpleUploadedFile(name, content)
    answer = client.post(ADD, {"kind": "soko", "shop": "corner", "file": upload})
    assert answer.status_code == 302, answer.content.decode()
    file = IngestionFile.objects.latest("created_at")
    import_file.apply(kwargs={"file_id": str(file.pk)}, throw=True)
    file.refresh_from_db()
    return file


def assert_refused(client, content: bytes, words: str) -> None:
    before = rows_of_the_shops()

    file = brought_in(client, content)

    assert file.status == FileStatus.FAILED
    assert words in file.error_message
    assert file.error_message.endswith(".")
    assert "Error" not in file.error_message
    assert rows_of_the_shops() == before
    page = client.get(
        reverse("admin:ingestion_ingestionfile_change", args=[file.pk])
    ).content.decode()
    assert file.error_message.partition(" ")[0] in page
    # The worker is none the worse: the next file is imported.
    good = brought_in(client, (HEADING + "z,Good,1\n").encode())
    assert (good.status, good.created_rows) == (FileStatus.COMPLETED, 1)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n\n", "no rows"),
        (b"\x89PNG\r\n\x1a\n\0\0", "picture"),
        (b"<!DOCTYPE html><html><body>Log in</body></html>", "web page"),
        (b'{"sku": "a"}', "JSON"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old .xls"),
        (zipped({"mimetype": b"x"}), "OpenDocument"),
        (zipped({"a.csv": b"a", "b.csv": b"b"}), "2 files"),
        (gzip.compress(HEADING.encode() * 9000, mtime=0)[:-20], "damaged"),
        (b"foo,bar\n1,2\n", "it lacks “sku”"),
        (b"sku,name,price,price\na,b,1,1\n", "twice"),
        (",".join(f"c{n}" for n in range(200)).encode() + b"\n", "does not fit"),
        (",".join(f"c{n}" for n in range(501)).encode() + b"\n", "501 columns"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else "",
)
def test_what_is_no_table_of_ours_is_refused(client, operator, shop, content, words):
    assert_refused(client, content, words)


def test_zip_bomb_is_refused(client, operator, shop):
    bomb = zipped({"products.csv": b"0,0\n" * (limits.RATIO_FREE // 4 + 1)})

    assert len(bomb) < limits.MIB
    assert_refused(client, bomb, "unpacks to more than")


def test_gzip_bomb_of_lines_is_refused(client, operator, shop):
    line = b"a,Tea,1.00\n" * 100_000
    count = limits.RATIO_FREE // len(line) + 2
    target = io.BytesIO()
    with gzip.GzipFile(fileobj=target, mode="wb") as packed:
        packed.write(HEADING.encode())
        for _ in range(count):
            packed.write(line)

    assert_refused(client, target.getvalue(), "unpacks to more than")


def test_damage_far_down_leaves_nothing_half_written(client, operator, shop):
    rows = "".join(f"s{number},Tea,1.00\n" for number in range(30_000))

    assert_refused(
        client, f'{HEADING}{rows}x,"never closed,1\n'.encode(), "line 30,002"
    )


def test_heading_alone_is_an_import_of_nothing(client, operator, shop):
    file = brought_in(client, HEADING.encode())

    assert (file.status, file.total_rows) == (FileStatus.COMPLETED, 0)


@pytest.mark.parametrize(
    "row",
    [
        b"a\0b,Tea,1",
        b"a,Te\xffa,1",
        b"a",
        b"a,Tea,1,2,3",
        b"a,Tea,1e400",
        b"a,Tea,99999999999999999999",
        b"a,Tea,NaN",
        b"a," + b"x" * 300 + b",1",
        "a,Tea,１".encode(),
        b"=2+2,,=1",
    ],
)
def test_bad_row_is_an_error_and_its_neighbours_come_in(client, operator, shop, row):
    text = HEADING.encode() + "b,Thé,1\n".encode() + row + "\nc,Müsli,2\n".encode()

    file = brought_in(client, text)

    assert (file.status, file.failed_rows) == (FileStatus.COMPLETED, 1)
    assert set(file.row_errors.values_list("line", flat=True)) == {3}
    names = Product.objects.order_by("sku").values_list("name", flat=True)
    assert list(names) == ["Thé", "Müsli"]


def test_formulas_are_kept_as_text_and_given_back_harmless(client, operator, shop):
    formula = '=HYPERLINK("http://evil.example";"x")'
    quoted = formula.replace('"', '""')
    text = f'{HEADING}a,"{quoted}",1\nb,"{quoted}",bad\n'

    file = brought_in(client, text.encode())
    corrected = client.get(reverse("admin:ingestion_corrected", args=[file.pk]))

    assert Product.objects.get().name == formula
    line = corrected.getvalue().decode().splitlines()[1]
    assert line.startswith(f'b,"\'{quoted}",bad,')


# ------------------------------------------------------------------ the collection
def by_command(path: Path) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(SystemExit) as end:
        call_command(
            "ingest",
            "soko",
            str(path),
            shop="corner",
            json=True,
            stdout=out,
            stderr=err,
        )
    [result] = json.loads(out.getvalue())["files"]
    assert end.value.code == 1
    return result["state"], result["message"]


def by_admin(client, path: Path) -> tuple[str, str]:
    file = brought_in(client, path.read_bytes(), path.name)
    page = client.get(
        reverse("admin:ingestion_ingestionfile_change", args=[file.pk])
    ).content.decode()
    assert escape(file.error_message) in page
    return file.status, file.error_message


def by_api(api: APIClient, path: Path) -> tuple[str, str]:
    cache.clear()  # more files than a person may upload in an hour
    answer = api.post(
        "/api/v1/ingestion/files/",
        {
            "kind": "soko",
            "shop": "corner",
            "file": SimpleUploadedFile(path.name, path.read_bytes()),
        },
        format="multipart",
    )
    assert answer.status_code in (200, 202), answer.content
    import_file.apply(kwargs={"file_id": answer.json()["id"]}, throw=True)
    file = api.get(f"/api/v1/ingestion/files/{answer.json()['id']}/").json()
    return file["status"], file["error_message"]


@needs_bad_input
@pytest.mark.filterwarnings("ignore:Unknown extension:UserWarning")
@pytest.mark.parametrize(
    ("folder", "step"),
    [
        ("messytables", 4),
        ("csv-spectrum", 3),
        ("json-test-suite", 20),
        ("pngsuite", 30),
    ],
)
def test_every_door_refuses_in_the_same_sentence_and_writes_nothing(
    client, shop, folder, step
):
    person = OperatorFactory()
    client.force_login(person)
    api = APIClient()
    api.force_login(person)
    paths = sorted(path for path in (BAD_INPUT / folder).rglob("*") if path.is_file())
    before = rows_of_the_shops()

    for path in paths[::step]:
        said = set()
        for door in (by_command, partial(by_admin, client), partial(by_api, api)):
            state, message = door(path)
            said.add(message)
            assert state == "failed", path.name
            assert rows_of_the_shops() == before, path.name
        [sentence] = said
        assert sentence.endswith("."), path.name
        assert "Error" not in sentence, path.name
    assert not IngestionFile.objects.exclude(created_rows=0).exists()
    assert not IngestionRecord.objects.exists()


@needs_bad_input
def test_naughty_strings_become_names_or_errors(client, operator, shop):
    strings = json.loads((BAD_INPUT / "blns" / "blns.json").read_text())
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    writer.writerow(["sku", "name", "price"])
    writer.writerows([f"n{number}", text, "1"] for number, text in enumerate(strings))

    file = brought_in(client, target.getvalue().encode("utf-8", "replace"))

    assert file.status == FileStatus.COMPLETED
    assert file.created_rows + file.failed_rows == len(strings)
    refused = set(file.row_errors.values_list("message", flat=True))
    assert refused <= {
        "is empty",
        "is longer than 255 characters",
        "holds characters that could not be read",
    }
    kept = dict(Product.objects.values_list("sku", "name"))
    assert all(kept[sku] == strings[int(sku[1:])].strip() for sku in kept)
