"""The doors of the imports: command, admin, API; who may enter, and what they answer."""

import io
import json
import threading
from pathlib import Path

import pytest
from celery.contrib.testing.worker import start_worker
from celery.signals import task_postrun
from django.conf import settings
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from catalog.models import Product
from config.celery import app
from ingestion import quota
from ingestion.importers.soko import PRODUCTS as PRODUCT_SHEET
from ingestion.importers.soko import Soko
from ingestion.management.commands import ingest
from ingestion.models import FileStatus, IngestionFile, IngestionRowError
from ingestion.services.examples import sheet_names, template_csv
from ingestion.services.imports import run_import
from ingestion.services.uploads import receive_file
from ingestion.tasks import import_file
from shop.events.relay import relay
from shop.models import GlobalEvent
from tests.factories.shop import ShopFactory
from tests.factories.users import (
    OperatorFactory,
    RoleFactory,
    ShopMemberFactory,
    UserFactory,
    UserRoleFactory,
)
from users.models import MemberRole

GOOD = "sku,name,price\na,Tea,1.00\nb,Mug,2.00\n"
MIXED = "sku,name,price\na,Tea,1.00\nb,Mug,cheap\n,=1+1,3\n"
ADD = "/admin/ingestion/ingestionfile/add/"
FILES = "/api/v1/ingestion/files/"
PATIENCE_S = 30

pytestmark = pytest.mark.django_db
runs_imports = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop():
    return ShopFactory(slug="corner")


@pytest.fixture
def operator(client):
    person = OperatorFactory()
    client.force_login(person)
    return person


@pytest.fixture
def plain_sessions(settings):
    """Sessions from the database alone: a slow cache would cost a query now and then."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"


def upload(text: str = GOOD, name: str = "products.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode(), "text/csv")


def received(shop, text: str = GOOD, *, is_check: bool = False) -> IngestionFile:
    return receive_file(
        stream=io.BytesIO(text.encode()),
        filename="products.csv",
        kind="soko",
        shop=shop,
        is_check=is_check,
        now=timezone.now(),
        queue=False,
    ).file


def imported(shop, text: str = GOOD) -> IngestionFile:
    return run_import(file_id=received(shop, text).pk, clock=timezone.now).file


def api(person=None) -> APIClient:
    client = APIClient()
    if person is not None:
        client.force_login(person)
    return client


def progress_page(file: IngestionFile) -> str:
    return reverse("admin:ingestion_ingestionfile_change", args=[file.pk])


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


# ------------------------------------------------------------------ the command
def run(*arguments, **options) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("ingest", *arguments, stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


@runs_imports
def test_command_imports_and_sums_up(shop, tmp_path):
    path = write(tmp_path, "products.csv", GOOD)

    out, _ = run("soko", str(path), shop="corner")

    assert (
        "products.csv: 2 rows read, 2 created, 0 updated, 0 unchanged, 0 failed" in out
    )
    assert Product.objects.filter(shop=shop).count() == 2


@runs_imports
def test_command_says_so_when_the_content_came_before(shop, tmp_path):
    path = write(tmp_path, "products.csv", GOOD)
    run("soko", str(path), shop="corner")

    out, _ = run("soko", str(path), shop="corner", json=True)

    answer = json.loads(out)
    assert answer["files"][0]["already_imported"] is True
    assert "nothing changed" in answer["files"][0]["message"]
    assert [answer[name] for name in ("created", "updated", "unchanged")] == [0, 0, 2]
    assert IngestionFile.objects.count() == 1


@runs_imports
def test_command_answers_programs(shop, tmp_path):
    path = write(tmp_path, "products.csv", MIXED)

    out, _ = run("soko", str(path), shop="corner", json=True)

    answer = json.loads(out)
    names = ("rows_read", "created", "updated", "unchanged", "failed")
    assert [answer[name] for name in names] == [3, 1, 0, 0, 2]
    assert answer["files"][0]["state"] == "completed"
    assert answer["files"][0]["sheet"] == "products"


@runs_imports
def test_command_writes_the_rows_that_failed(shop, tmp_path):
    path = write(tmp_path, "products.csv", MIXED)
    target = tmp_path / "out" / "bad.csv"

    out, _ = run("soko", str(path), shop="corner", errors=target)

    assert str(target) in out
    lines = target.read_text().splitlines()
    assert len(lines) == 3
    assert lines[1].startswith("b,Mug,cheap,")
    # A spreadsheet that opens it runs no formula.
    assert lines[2].startswith(",'=1+1,3,")


@runs_imports
def test_command_checks_and_keeps_nothing(shop, tmp_path):
    path = write(tmp_path, "products.csv", GOOD)

    out, _ = run("soko", str(path), shop="corner", check=True)

    assert "2 created" in out
    assert "nothing was kept" in out
    assert not Product.objects.exists()


@runs_imports
def test_command_imports_a_folder_in_the_importers_order(shop, tmp_path):
    write(tmp_path, "a-prices.csv", "sku,price\na,3.00\n")
    write(tmp_path, "z-products.csv", GOOD)
    write(tmp_path, "SOURCE.md", "# words")
    write(tmp_path, "other.csv", "x,y\n1,2\n")

    out, _ = run("soko", str(tmp_path), shop="corner", json=True)

    answer = json.loads(out)
    assert [file["file"] for file in answer["files"]] == [
        "z-products.csv",
        "a-prices.csv",
    ]
    assert list(answer["passed_over"]) == ["other.csv"]
    assert answer["updated"] == 1


@runs_imports
@pytest.mark.parametrize(
    ("content", "words"),
    [("", "is empty"), ("x,y\n1,2\n", "heading"), ('sku,"name', "not closed")],
)
def test_command_ends_with_1_when_a_file_cannot_be_imported(
    shop, tmp_path, content, words
):
    path = write(tmp_path, "bad.csv", content)
    err = io.StringIO()

    with pytest.raises(SystemExit) as end:
        call_command("ingest", "soko", str(path), shop="corner", stderr=err)

    assert end.value.code == 1
    assert words in err.getvalue()
    assert IngestionFile.objects.get().status == FileStatus.FAILED


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (("soko", "/nowhere.csv"), {}, "no file or folder"),
        (("soko", __file__), {"shop": "none"}, "no shop with the slug"),
        (("soko",), {}, "Say what to import"),
        ((), {"undo": "0190b2f0-7b5a-7c3e-9f1a-2b3c4d5e6f70"}, "no import with the id"),
    ],
)
def test_command_refuses_in_a_sentence(arguments, options, words):
    with pytest.raises(CommandError, match=words):
        run(*arguments, **options)


@runs_imports
def test_command_needs_a_shop_for_a_shops_file(tmp_path):
    path = write(tmp_path, "products.csv", GOOD)
    err = io.StringIO()

    with pytest.raises(SystemExit):
        call_command("ingest", "soko", str(path), stderr=err)

    assert "belongs to a shop" in err.getvalue()
    assert not IngestionFile.objects.exists()


@runs_imports
def test_command_goes_on_after_an_interruption(shop, tmp_path, monkeypatch):
    path = write(tmp_path, "products.csv", GOOD)

    def interrupted(*, file_id, clock, progress):
        def stop(file):
            raise KeyboardInterrupt

        return run_import(file_id=file_id, clock=clock, progress=stop, chunk_lines=1)

    err = io.StringIO()
    with monkeypatch.context() as patch:
        patch.setattr(ingest, "run_import", interrupted)
        with pytest.raises(SystemExit) as end:
            call_command("ingest", "soko", str(path), shop="corner", stderr=err)
    halfway = Product.objects.count()

    out, _ = run("soko", str(path), shop="corner")

    assert (end.value.code, halfway) == (130, 1)
    assert "run the same command again" in err.getvalue()
    assert "2 rows read, 2 created" in out
    assert Product.objects.count() == 2


@runs_imports
def test_command_takes_an_import_back(shop, tmp_path):
    file = imported(shop)

    out, _ = run(undo=str(file.pk))

    assert out == "products.csv: taken back.\n"
    assert not Product.objects.exists()


# ------------------------------------------------------------------ the admin
def test_upload_page_keeps_the_file_and_queues_it(client, operator, shop):
    answer = client.post(ADD, {"kind": "soko", "shop": "corner", "file": upload()})

    file = IngestionFile.objects.get()
    assert (answer.status_code, answer.url) == (302, progress_page(file))
    assert (file.shop, file.uploaded_by, file.status) == (shop, operator, "pending")
    assert GlobalEvent.objects.filter(event_type="ingestion_file.received").count() == 1


def test_upload_of_known_content_leads_to_its_import(client, operator, shop):
    first = received(shop)

    answer = client.post(
        ADD, {"kind": "soko", "shop": "corner", "file": upload()}, follow=True
    )

    assert answer.redirect_chain[-1][0] == progress_page(first)
    assert "came before" in answer.content.decode()
    assert IngestionFile.objects.count() == 1


def test_upload_takes_only_the_last_part_of_a_name(client, operator, shop):
    named = upload(name="../../etc/passwd.csv")

    client.post(ADD, {"kind": "soko", "shop": "corner", "file": named})

    file = IngestionFile.objects.get()
    assert file.filename == "passwd.csv"
    assert ".." not in file.file_path


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"kind": "soko", "shop": "corner"}, "Choose a file."),
        ({"kind": "soko", "shop": "none", "file": "x"}, "There is no shop"),
        ({"kind": "nothing", "file": "x"}, "Select a valid choice"),
        ({"kind": "soko", "file": "x"}, "Choose the shop it is for"),
    ],
)
def test_upload_page_says_what_is_wrong(client, operator, shop, data, words):
    if "file" in data:
        data = data | {"file": upload()}

    answer = client.post(ADD, data)

    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not IngestionFile.objects.exists()


@pytest.mark.parametrize("told", [True, False])
def test_upload_that_is_too_large_is_stopped(
    client, operator, shop, settings, monkeypatch, told
):
    settings.UPLOAD_MAX_BYTES = 1024 * 1024
    monkeypatch.setattr(quota, "ENVELOPE", 0)
    if not told:
        # What a request without a length, or with a false one, comes to.
        monkeypatch.setattr(quota, "is_too_large", lambda request: False)
    large = upload("sku,name,price\n" + "a,Tea,1\n" * 200_000)

    answer = client.post(ADD, {"kind": "soko", "shop": "corner", "file": large})

    expected = "larger than 1 MB" if told else "Choose a file."
    assert expected in answer.content.decode()
    assert not IngestionFile.objects.exists()


def test_upload_needs_the_page_it_came_from(shop):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(OperatorFactory())

    answer = strict.post(ADD, {"kind": "soko", "shop": "corner", "file": upload()})

    assert answer.status_code == 403
    assert not IngestionFile.objects.exists()


def staff_with(*codenames: str):
    person = UserFactory(is_staff=True)
    role = RoleFactory()
    role.permissions.set(Permission.objects.filter(codename__in=codenames))
    UserRoleFactory(user=person, role=role)
    return person


@pytest.mark.parametrize(
    ("codenames", "status"),
    [
        ((), 403),
        (("view_ingestionfile",), 403),
        (("view_ingestionfile", "add_ingestionfile"), 200),
    ],
)
def test_upload_page_is_for_those_who_may_add(client, codenames, status):
    client.force_login(staff_with(*codenames))

    assert client.get(ADD).status_code == status


def test_pages_of_a_file_are_closed_to_others(client, shop):
    file = received(shop)
    client.force_login(staff_with("add_ingestionfile"))
    pages = [progress_page(file)] + [
        reverse(f"admin:ingestion_{name}", args=[file.pk])
        for name in ("progress", "corrected", "undo")
    ]

    assert [client.get(page).status_code for page in pages] == [403] * 4


def test_undo_needs_its_own_permission(client, shop):
    file = received(shop)
    client.force_login(staff_with("view_ingestionfile"))

    answer = client.post(reverse("admin:ingestion_undo", args=[file.pk]))

    assert answer.status_code == 403


def test_pages_of_no_file_are_not_found(client, operator):
    nobody = "0190b2f0-7b5a-7c3e-9f1a-2b3c4d5e6f70"

    for page in (nobody, "x"):
        url = f"/admin/ingestion/ingestionfile/{page}/change/"
        assert client.get(url).status_code == 404


def test_progress_follows_while_the_import_runs(client, operator, shop):
    file = received(shop)
    IngestionFile.objects.update(status="processing", total_rows=9, processed_rows=4)
    url = reverse("admin:ingestion_progress", args=[file.pk])

    page = client.get(progress_page(file)).content.decode()
    fragment = client.get(url, headers={"HX-Request": "true"}).content.decode()

    for shown in (page, fragment):
        assert "4 of 9 rows read" in shown
        assert f'hx-get="{url}"' in shown
    assert "<html" not in fragment
    assert client.get(url).url == progress_page(file)


@runs_imports
def test_file_page_shows_counts_errors_and_what_to_do(client, operator, shop):
    file = imported(shop, MIXED)

    page = client.get(progress_page(file)).content.decode()

    assert "ended, 2 rows failed" in page
    assert "is not a number such as 12.50" in page
    assert f'hx-get="{reverse("admin:ingestion_progress", args=[file.pk])}' not in page
    assert reverse("admin:ingestion_corrected", args=[file.pk]) in page


def test_file_page_escapes_what_a_file_says(client, operator, shop):
    file = received(shop)
    evil = "<script>alert(1)</script>"
    IngestionFile.objects.update(filename=evil, status="failed", error_message=evil)
    IngestionRowError.objects.create(
        file=file, line=2, column=evil, value=evil, message=evil
    )

    page = client.get(progress_page(file)).content.decode()

    assert evil not in page
    assert "&lt;script&gt;alert(1)" in page


def test_errors_come_in_pages(client, operator, shop):
    file = received(shop)
    IngestionFile.objects.update(status="completed", failed_rows=120)
    IngestionRowError.objects.bulk_create(
        IngestionRowError(file=file, line=line, column="price", message=f"no {line}.")
        for line in range(2, 122)
    )

    last = client.get(progress_page(file), {"page": 3}).content.decode()

    assert ("no 121." in last, "no 2." in last, "no 101." in last) == (
        True,
        False,
        False,
    )
    for odd in ("0", "x", "99999999", "-1"):
        assert client.get(progress_page(file), {"page": odd}).status_code == 200


@runs_imports
def test_corrected_file_is_downloaded(client, operator, shop):
    file = imported(shop, MIXED)

    answer = client.get(reverse("admin:ingestion_corrected", args=[file.pk]))

    assert (
        answer["Content-Disposition"]
        == 'attachment; filename="products-to-correct.csv"'
    )
    lines = answer.getvalue().decode().splitlines()
    assert len(lines) == 3
    assert lines[1].startswith("b,Mug,cheap,")


def test_corrected_file_of_a_good_import_is_a_message(client, operator, shop):
    file = received(shop)

    answer = client.get(
        reverse("admin:ingestion_corrected", args=[file.pk]), follow=True
    )

    assert "No row of “products.csv” was refused." in answer.content.decode()


@runs_imports
def test_undo_asks_and_takes_back(client, operator, shop):
    file = imported(shop)
    url = reverse("admin:ingestion_undo", args=[file.pk])

    asked = client.get(url).content.decode()
    kept = Product.objects.count()
    client.post(url)

    assert "Product" in asked
    assert (kept, Product.objects.count()) == (2, 0)
    file.refresh_from_db()
    assert file.status == FileStatus.UNDONE


def test_undo_that_is_refused_says_why(client, operator, shop):
    file = received(shop, is_check=True)

    answer = client.post(reverse("admin:ingestion_undo", args=[file.pk]), follow=True)

    assert "was only checked" in answer.content.decode()


@runs_imports
def test_templates_import_as_they_are(shop):
    for name in sheet_names():
        file = imported(shop, template_csv(sheet=Soko().sheet_named(name)))
        assert (file.sheet, file.status, file.failed_rows) == (name, "completed", 0)
        assert file.created_rows + file.updated_rows > 0


def test_template_has_every_column(client, operator):
    answer = client.get(reverse("admin:ingestion_template", args=["products"]))

    heading = answer.content.decode().splitlines()[0].split(",")
    assert heading == [column.headings[0] for column in PRODUCT_SHEET.columns]
    missing = reverse("admin:ingestion_template", args=["none"])
    assert client.get(missing).status_code == 404


@pytest.mark.parametrize(
    "url",
    [
        "/admin/ingestion/ingestionfile/",
        "/admin/ingestion/ingestionrowerror/",
        "/admin/ingestion/ingestionrecord/",
    ],
)
def test_lists_ask_as_often_for_one_row_as_for_three(
    plain_sessions, client, operator, url
):
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(url).status_code == 200
        return len(caught)

    def add(number: int) -> None:
        file = received(ShopFactory(), f"sku,name,price\na{number},x,1\n")
        file.row_errors.create(line=2, column="a", value="b", message="c")
        file.records.create(
            line=2, entity_type="product", entity_id=file.pk, action="created"
        )

    add(0)
    client.get(url)
    one = queries()
    add(1)
    add(2)

    assert queries() == one


# ------------------------------------------------------------------ the API
def post(client: APIClient, **data):
    data = {"kind": "soko", "shop": "corner", "file": upload()} | data
    return client.post(FILES, data, format="multipart")


def test_api_takes_a_file_and_says_where_to_look(shop):
    answer = post(api(OperatorFactory()))

    body = answer.json()
    file = IngestionFile.objects.get()
    assert answer.status_code == 202
    assert (body["id"], body["status"], body["shop"], body["already_imported"]) == (
        str(file.pk),
        "pending",
        "corner",
        False,
    )
    assert answer["Location"] == body["status_url"]
    assert body["status_url"].endswith(f"{FILES}{file.pk}/")
    assert GlobalEvent.objects.filter(event_type="ingestion_file.received").count() == 1


def test_api_recognises_content(shop):
    operator = api(OperatorFactory())
    post(operator)

    again = post(operator)

    assert (again.status_code, again.json()["already_imported"]) == (200, True)
    assert IngestionFile.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "attr"),
    [
        ({"kind": "none"}, "kind"),
        ({"shop": "none"}, "shop"),
        ({"shop": "no\0ne"}, "shop"),
        ({"file": ""}, "file"),
        ({"is_check": "perhaps"}, "is_check"),
    ],
)
def test_api_answers_wrong_input_with_a_problem(shop, data, attr):
    answer = post(api(OperatorFactory()), **data)

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert [error["attr"] for error in answer.json()["errors"]] == [attr]
    assert not IngestionFile.objects.exists()


def test_api_answers_a_refusal_with_its_code():
    answer = api(OperatorFactory()).post(
        FILES, {"kind": "soko", "file": upload()}, format="multipart"
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "no_shop")


def test_api_stops_what_is_too_large(shop, settings, monkeypatch):
    settings.UPLOAD_MAX_BYTES = 1024 * 1024
    monkeypatch.setattr(quota, "ENVELOPE", 0)

    answer = post(api(OperatorFactory()), file=upload("sku\n" + "a\n" * 600_000))

    assert answer.status_code == 400
    assert "larger than 1 MB" in answer.json()["detail"]
    assert not IngestionFile.objects.exists()


def everyone(shop):
    return {
        "anonymous": api(),
        "shopper": api(UserFactory()),
        "staff": api(ShopMemberFactory(shop=shop).user),
        "stranger": api(ShopMemberFactory(role=MemberRole.MANAGER).user),
        "manager": api(ShopMemberFactory(shop=shop, role=MemberRole.MANAGER).user),
        "owner": api(shop.owner),
        "operator": api(OperatorFactory()),
    }


def test_api_shows_a_file_to_its_shop_and_to_operators(shop):
    file = received(shop)
    IngestionFile.objects.update(failed_rows=1)
    people = everyone(shop)
    expected = {
        "anonymous": 403,
        "shopper": 403,
        # They count stock and pack; what a file changes is not theirs.
        "staff": 403,
        "stranger": 404,
        "manager": 200,
        "owner": 200,
        "operator": 200,
    }

    for path in ("", "errors/"):
        url = f"{FILES}{file.pk}/{path}"
        found = {name: client.get(url).status_code for name, client in people.items()}
        assert found == expected, path
    corrected = {
        name: client.get(f"{FILES}{file.pk}/corrected/").status_code
        for name, client in people.items()
    }
    # Nothing is to be corrected: whoever may see the file is told so.
    assert corrected == {k: 409 if v == 200 else v for k, v in expected.items()}


def test_api_lists_only_what_a_person_may_see(shop):
    received(shop)
    received(ShopFactory(), GOOD + "c,Pot,3\n")
    people = everyone(shop)

    seen = {
        name: len(client.get(FILES).json().get("results", []))
        for name, client in people.items()
    }

    assert seen == {
        "anonymous": 0,
        "shopper": 0,
        "staff": 0,
        "stranger": 0,
        "manager": 1,
        "owner": 1,
        "operator": 2,
    }


def test_api_lets_people_upload_into_their_own_shop_only(shop):
    found = {name: post(client).status_code for name, client in everyone(shop).items()}

    assert found == {
        "anonymous": 403,
        "shopper": 403,
        "staff": 403,
        # Another shop's slug is as unknown as a wrong one.
        "stranger": 400,
        "manager": 202,
        "owner": 200,
        "operator": 200,
    }


@pytest.mark.parametrize(
    ("data", "attr"), [({"kind": "olist"}, "kind"), ({"shop": ""}, "shop")]
)
def test_api_keeps_members_to_files_for_shops(shop, data, attr):
    member = ShopMemberFactory(shop=shop, role=MemberRole.MANAGER).user

    answer = post(api(member), **data)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == attr
    assert not IngestionFile.objects.exists()


def test_api_does_not_take_staff_without_permission_for_operators(shop):
    file = received(shop)
    staff = api(UserFactory(is_staff=True))

    assert staff.get(f"{FILES}{file.pk}/").status_code == 403
    assert post(staff).status_code == 403


def test_api_has_no_file_by_a_wrong_id(shop):
    operator = api(OperatorFactory())

    assert operator.get(f"{FILES}nonsense/").status_code == 404


def test_api_needs_the_token_of_its_session(shop):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(OperatorFactory())

    assert post(client).status_code == 403
    assert not IngestionFile.objects.exists()


@runs_imports
def test_api_gives_errors_in_order_and_the_rows_to_correct(shop):
    file = imported(shop, MIXED)
    operator = api(OperatorFactory())

    errors = operator.get(f"{FILES}{file.pk}/errors/").json()["results"]
    detail = operator.get(f"{FILES}{file.pk}/").json()
    corrected = operator.get(detail["corrected_url"])

    assert [(error["line"], error["column"]) for error in errors] == [
        (3, "price"),
        (4, "sku"),
    ]
    assert corrected["Content-Type"].startswith("text/csv")
    assert len(corrected.getvalue().splitlines()) == 3


def test_api_filters_its_list(shop):
    received(shop)
    received(shop, is_check=True)

    found = api(OperatorFactory()).get(FILES, {"is_check": "true"}).json()["results"]

    assert [file["is_check"] for file in found] == [True]


def test_api_list_asks_as_often_for_one_file_as_for_three(plain_sessions, shop):
    operator = api(OperatorFactory())

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert operator.get(FILES).status_code == 200
        return len(caught)

    received(shop)
    one = queries()
    received(ShopFactory(), GOOD + "c,x,1\n")
    received(ShopFactory(), GOOD + "d,x,1\n")

    assert queries() == one


def test_schema_describes_the_imports(capsys):
    call_command("spectacular", validate=True, fail_on_warn=True, api_version="v1")

    assert f"{FILES}{{id}}/corrected/" in capsys.readouterr().out


# ------------------------------------------------------------------ the worker
@runs_imports
def test_task_goes_on_until_the_file_has_ended(shop, monkeypatch):
    file = received(shop)
    queued = []
    monkeypatch.setattr("ingestion.tasks.BUDGET_S", -1.0)
    monkeypatch.setattr(import_file, "delay", lambda **kwargs: queued.append(kwargs))

    import_file.apply(kwargs={"file_id": str(file.pk)}, throw=True)
    assert queued == [{"file_id": str(file.pk)}]
    import_file.apply(kwargs=queued[0], throw=True)

    file.refresh_from_db()
    assert (file.status, file.created_rows) == (FileStatus.COMPLETED, 2)


@runs_imports
def test_worker_imports_what_came_in_through_each_door(client, redis_server, shop):
    """Upload, outbox, relay, broker, worker: the whole way, with nothing replaced."""
    person = OperatorFactory()
    client.force_login(person)
    client.post(ADD, {"kind": "soko", "shop": "corner", "file": upload()})
    post(api(person), file=upload("sku,name,price\nc,Pot,3\n"))
    post(api(person), file=upload("\x89PNG"))
    ended = threading.Semaphore(0)

    def note(task=None, **_) -> None:
        if task.name == import_file.name:
            ended.release()

    task_postrun.connect(note)
    try:
        with start_worker(app, pool="solo", perform_ping_check=False):
            relay(run_s=1)
            for _ in range(3):
                assert ended.acquire(timeout=PATIENCE_S)
    finally:
        task_postrun.disconnect(note)

    files = IngestionFile.objects.order_by("created_at")
    assert [(file.status, file.created_rows) for file in files] == [
        ("completed", 2),
        ("completed", 1),
        ("failed", 0),
    ]
    assert Product.objects.filter(shop=shop).count() == 3
    assert settings.CELERY_BROKER_URL == settings.REDIS_URL
