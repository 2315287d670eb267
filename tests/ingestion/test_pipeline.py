"""The pipeline: once and only once, all errors, rehearsal, resume, undo, correction."""

import csv
import io
import os
import random
import signal
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import InventoryPolicy
from config.environment import BASE_DIR
from ingestion.errors import NothingToCorrect, UndoRefused, UploadGone
from ingestion.importers import REGISTRY
from ingestion.models import (
    FileStatus,
    IngestionFile,
    IngestionRecord,
    IngestionRowError,
)
from ingestion.queries import untold_rows
from ingestion.services import imports, validation
from ingestion.services.corrections import UNTOLD, corrected_file
from ingestion.services.imports import MOST_ATTEMPTS, run_import, stalled_files
from ingestion.services.undo import undo_import
from ingestion.services.uploads import drop_expired, receive_file, upload_storage
from orders.models import Order, OrderItem
from shop.models import GlobalEntity, GlobalEvent
from tests.factories.catalog import ProductVariantFactory
from tests.factories.orders import CartItemFactory, OrderItemFactory
from tests.factories.shop import ShopFactory
from tests.ingestion.online_retail_files import (
    HEADING,
    NOON,
    counts,
    load,
    mixed_lines,
    receive,
    snapshot,
    table,
)

pytestmark = pytest.mark.django_db(transaction=True)

GOOD = "1,A,X,2,2011-01-01 08:00:00,1.50,17850,France"
OTHER = "2,B,Y,1,2011-01-02 08:00:00,4,17850,France"


@pytest.fixture
def shop():
    return ShopFactory(slug="tea", currency="GBP")


def together(*works):
    """Run each in a thread of its own, begun at one moment; re-raises what they raise."""
    start, errors = threading.Barrier(len(works)), []

    def run(work):
        try:
            start.wait()
            work()
        except BaseException as error:  # noqa: BLE001 - raised again below
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


# ------------------------------------------------------------------ once
def test_the_same_content_twice_changes_nothing_and_says_so(shop):
    first = load(table(GOOD, OTHER), shop=shop)
    before = snapshot(books=True)

    receipt = receive(table(GOOD, OTHER), shop=shop, filename="copy.csv")
    run_import(file_id=receipt.file.pk, clock=timezone.now)

    assert (receipt.is_new, receipt.file.pk) == (False, first.pk)
    assert snapshot(books=True) == before


def test_the_same_content_for_another_shop_is_another_file(shop):
    load(table(GOOD), shop=shop)

    assert receive(table(GOOD), shop=ShopFactory(currency="GBP")).is_new


def test_two_uploads_at_once_import_once(shop):
    content = table(*mixed_lines(300))
    receipts = []

    def upload():
        receipts.append(receive(content, shop=shop))
        run_import(file_id=receipts[-1].file.pk, clock=timezone.now, chunk_lines=40)

    together(upload, upload)

    assert sorted(receipt.is_new for receipt in receipts) == [False, True]
    file = IngestionFile.objects.get()
    while file.status == FileStatus.PROCESSING:
        file = run_import(file_id=file.pk, clock=timezone.now, chunk_lines=40).file
    assert file.processed_rows == 300
    assert sum(counts(file)) == 300
    lines = IngestionRecord.objects.filter(entity_type="order_item")
    assert OrderItem.objects.count() == lines.count()


def test_two_workers_never_do_one_chunk(shop):
    receipt = receive(table(*mixed_lines(400)), shop=shop)

    def work():
        run_import(file_id=receipt.file.pk, clock=timezone.now, chunk_lines=20)

    together(work, work, work)
    # All but one step back at some point; whoever was last may have, too.
    work()

    file = IngestionFile.objects.get()
    assert (file.status, file.processed_rows) == (FileStatus.COMPLETED, 400)
    assert sum(counts(file)) == 400


def test_a_worker_that_was_overtaken_steps_back(shop):
    file_id = receive(table(*mixed_lines(200)), shop=shop).file.pk
    overtakers = []

    def overtake(_):
        # Between two chunks of the first worker, when nobody holds the file's row.
        if not overtakers:
            overtakers.append(
                lambda: run_import(
                    file_id=file_id, clock=timezone.now, budget_s=0, chunk_lines=40
                )
            )
            together(*overtakers)

    first = run_import(
        file_id=file_id, clock=timezone.now, progress=overtake, chunk_lines=40
    )

    assert first.is_elsewhere
    assert 80 <= first.file.processed_rows < 120
    ended = run_import(file_id=file_id, clock=timezone.now, chunk_lines=40).file
    assert (ended.processed_rows, sum(counts(ended))) == (200, 200)


def test_two_files_with_the_same_rows_at_once_leave_each_row_once(shop):
    lines = mixed_lines(600)
    load(table(*lines), shop=shop, chunk_lines=50)
    alone = snapshot()
    undo_import(file_id=IngestionFile.objects.get().pk, now=NOON)
    # Another heading makes another content of the same rows.
    contents = [
        table(*lines, heading=HEADING.replace("CustomerID", "Customer ID")),
        table(*lines, heading=HEADING.replace("UnitPrice", "Price")),
    ]

    together(
        *[
            lambda content=content: load(content, shop=shop, chunk_lines=50)
            for content in contents
        ]
    )

    assert snapshot() == alone


# ------------------------------------------------------------------ errors
def test_all_errors_of_a_row_come_at_once_and_good_rows_come_in(shop):
    bad = f",A,{'x' * 300},many,yesterday,free,?,"

    file = load(table(GOOD, bad, OTHER), shop=shop)

    assert counts(file) == (2, 0, 0, 1)
    assert file.status == FileStatus.COMPLETED
    errors = file.row_errors.order_by("column").values_list(
        "line", "column", "value", "message"
    )
    assert [(line, column) for line, column, _, _ in errors] == [
        (3, "CustomerID"),
        (3, "Description"),
        (3, "InvoiceDate"),
        (3, "InvoiceNo"),
        (3, "Quantity"),
        (3, "UnitPrice"),
    ]
    by_column = {column: (value, said) for _, column, value, said in errors}
    assert by_column["InvoiceNo"] == ("", "is empty")
    assert by_column["Quantity"] == ("many", "is not a whole number such as 6")


@pytest.mark.parametrize(
    "cell",
    ["1_0", "0x1F", "1e3", "6.5", "١", "99999999999", "--6", "6-", "+", " ", "1,5"],
)
def test_what_is_no_whole_number_is_refused(shop, cell):
    file = load(table(GOOD.replace(",2,", f',"{cell}",', 1)), shop=shop)

    assert counts(file) == (0, 0, 0, 1)


@pytest.mark.parametrize(
    "cell",
    ["infinity", "now", "2011-02-30", "1989-01-01", "2999-01-01", "13/13/2011", "12"],
)
def test_what_is_no_moment_is_refused(shop, cell):
    file = load(table(GOOD.replace("2011-01-01 08:00:00", cell)), shop=shop)

    assert counts(file) == (0, 0, 0, 1)


@pytest.mark.parametrize("cell", ["NaN", "Infinity", "1.23456", "1 000", "£2", "."])
def test_what_is_no_number_is_refused(shop, cell):
    file = load(table(GOOD.replace("1.50", cell)), shop=shop)

    assert counts(file) == (0, 0, 0, 1)


def test_surplus_cells_are_an_error_and_missing_ones_are_empty(shop):
    file = load(table(f"{GOOD},more", "3,C,Z,1,2011-01-01 08:00:00,1"), shop=shop)

    assert counts(file) == (1, 0, 0, 1)
    error = file.row_errors.get()
    # It may be a customer's number that slipped to the right.
    assert (error.line, error.column, error.value) == (2, "", "")


def test_wrong_columns_refuse_the_file_and_name_them(shop):
    file = load(
        table(
            GOOD, heading=HEADING.replace("Quantity", "Pieces").replace(",Country", "")
        ),
        shop=shop,
    )

    assert file.status == FileStatus.FAILED
    for name in ("“Quantity”", "“Country”", "“Pieces”"):
        assert name in file.error_message
    assert not Order.objects.exists()


def test_an_unreadable_file_fails_with_a_sentence(shop):
    file = load(b"\x1f\x8b\x08\x00broken", shop=shop)

    assert file.status == FileStatus.FAILED
    assert file.error_message.endswith(".")
    assert "Traceback" not in file.error_message


def test_rows_that_the_database_refuses_do_not_take_the_chunk_with_them(shop):
    variant = ProductVariantFactory(
        product__shop=shop, sku="DENY", inventory_policy=InventoryPolicy.DENY
    )
    short = "9,DENY,lost,-3,2011-01-02 08:00:00,0,,"

    file = load(table(GOOD, short, GOOD, OTHER, short, *mixed_lines(40)), shop=shop)

    refused = file.row_errors.filter(message__contains="chk_product_variants")
    assert list(refused.order_by("line").values_list("line", flat=True)) == [3, 6]
    assert sum(counts(file)) == 45
    items = Order.objects.get(order_ref="1").items.order_by("item_ref")
    assert list(items.values_list("item_ref", flat=True)) == ["A#1", "A#2"]
    variant.refresh_from_db()
    assert variant.inventory_quantity == 0


# ------------------------------------------------------------------ rehearsal
def test_a_rehearsal_counts_and_leaves_every_table_as_it_was(shop):
    load(table(GOOD), shop=shop)
    before = snapshot()
    partitions = _table_names()

    file = load(
        table(GOOD, OTHER, "bad,,,,,,,"), shop=shop, is_check=True, chunk_lines=1
    )

    assert counts(file) == (1, 0, 1, 1)
    assert (file.status, file.row_errors.count()) == (FileStatus.COMPLETED, 4)
    assert snapshot() == before
    assert not file.records.exists()
    assert _table_names() == partitions
    assert not GlobalEvent.objects.filter(entity_id=file.pk).exists()


def test_a_rehearsal_does_not_stand_in_the_way_of_the_import(shop):
    load(table(GOOD), shop=shop, is_check=True)

    assert counts(load(table(GOOD), shop=shop)) == (1, 0, 0, 0)


def test_a_rehearsal_works_where_statements_are_logged(shop):
    """As with DEBUG: Django's cursor takes fewer arguments then."""
    with CaptureQueriesContext(connection):
        file = load(table(GOOD, "bad,,,,,,,"), shop=shop, is_check=True)

    assert counts(file) == (1, 0, 0, 1)
    assert file.row_errors.count() == 4


def everything():
    """Every row of every table but the two that a rehearsal writes to; no sequence counts."""
    own = ("ingestion_files", "ingestion_row_errors")
    found = {}
    with connection.cursor() as cursor:
        for name in sorted(connection.introspection.table_names(cursor)):
            if name not in own:
                cursor.execute(f'SELECT t::text FROM "{name}" AS t')
                found[name] = sorted(row for (row,) in cursor.fetchall())
    return found


@pytest.mark.parametrize("seed", range(2))
def test_a_rehearsal_counts_what_the_import_then_does(shop, seed):
    """Any file, cut anywhere, with what is there already: only the numbers of rows."""
    chance = random.Random(seed)
    load(table(*mixed_lines(60, seed=seed)), shop=shop)
    lines = mixed_lines(150, seed=seed + 1) + mixed_lines(60, seed=seed)
    chance.shuffle(lines)
    content = table(*lines, *chance.sample(lines, 30))
    size = chance.choice([9, 40, 100])
    before = everything()

    check = load(content, shop=shop, is_check=True, chunk_lines=size)
    assert everything() == before
    told = _errors_of(check)
    real = load(content, shop=shop, chunk_lines=size)

    assert counts(check) == counts(real)
    assert check.processed_rows == real.processed_rows == 240
    assert told == _errors_of(real)


def _errors_of(file):
    return sorted(file.row_errors.values_list("line", "column", "value", "message"))


def test_a_rehearsal_goes_on_where_its_time_ended(shop, monkeypatch):
    monkeypatch.setattr(imports, "REHEARSED_CHUNKS", 2)
    content = table(*mixed_lines(100))
    file = receive(content, shop=shop, is_check=True).file

    runs = 1
    while run_import(
        file_id=file.pk, clock=timezone.now, budget_s=0, chunk_lines=15
    ).goes_on:
        runs += 1

    file.refresh_from_db()
    assert runs >= 4
    assert (file.status, file.processed_rows) == (FileStatus.COMPLETED, 100)
    assert file.failed_rows == file.row_errors.values("line").distinct().count() > 0
    assert not Order.objects.exists()


def test_a_rehearsal_gives_way_to_who_holds_what_it_needs(shop):
    """It lets go of what it has, waits for the other one, and ends with the same counts."""
    load(table(GOOD, OTHER), shop=shop)
    more = table(
        "1,A,X,3,2011-01-01 08:00:00,1.50,17850,France",
        "2,B,Y,3,2011-01-02 08:00:00,4,17850,France",
    )
    held, done = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            Order.objects.select_for_update().get(order_ref="2")
            held.set()
            done.wait(timeout=30)

    def rehearse():
        assert held.wait(timeout=30)
        checks.append(load(more, shop=shop, is_check=True, chunk_lines=1, told=told))

    def told(file):
        # The first chunk is done, and what it wrote is ours until we give way.
        if file.processed_rows == 1 and not first:
            first.append(file.pk)
            threading.Timer(1.5, done.set).start()

    checks, first = [], []
    together(hold, rehearse)

    assert counts(checks[0]) == (0, 2, 0, 0)
    assert first


def _table_names():
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')")
        return {name for (name,) in cursor.fetchall()}


# ------------------------------------------------------------------ resume
WORKER = """
import os, sys, uuid
import django
django.setup()
from django.utils import timezone
from ingestion.services.imports import run_import
def told(file):
    print(file.processed_rows, flush=True)
run_import(file_id=uuid.UUID(sys.argv[1]), clock=timezone.now, chunk_lines=40,
           progress=told)
"""


def _worker(file_id):
    here = settings.DATABASES["default"]
    address = (
        f"postgresql://{here['USER']}:{here['PASSWORD']}@{here['HOST']}:{here['PORT']}"
        f"/{connection.settings_dict['NAME']}"
    )
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(file_id)],
        stdout=subprocess.PIPE,
        env={**os.environ, "DATABASE_URL": address},
        cwd=BASE_DIR,
        text=True,
    )


def test_killed_anywhere_it_goes_on_to_the_same_end(shop):
    content = table(*mixed_lines(400))
    load(content, shop=shop, chunk_lines=40)
    uninterrupted = snapshot(books=True)
    undo_import(file_id=IngestionFile.objects.get().pk, now=NOON)
    IngestionFile.objects.all().delete()
    GlobalEntity.objects.filter(extra_data__has_key="deleted_at").delete()

    file = receive(content, shop=shop).file
    for chunks in (1, 2, 3):
        worker = _worker(file.pk)
        for _ in range(chunks):
            assert worker.stdout.readline()
        # In the middle of the next chunk, or between two.
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        worker.stdout.close()
    file.refresh_from_db()
    assert file.status == FileStatus.PROCESSING
    assert 0 < file.processed_rows < 400
    resumed = run_import(file_id=file.pk, clock=timezone.now, chunk_lines=40).file

    assert resumed.status == FileStatus.COMPLETED
    assert snapshot(books=True) == uninterrupted


def test_a_small_budget_hands_on_a_cursor_and_ends_the_same(shop):
    receipt = receive(table(*mixed_lines(100)), shop=shop)

    runs = 1
    while run_import(
        file_id=receipt.file.pk, clock=timezone.now, budget_s=0, chunk_lines=30
    ).goes_on:
        runs += 1

    file = IngestionFile.objects.get()
    assert runs >= 4
    assert (file.status, file.processed_rows) == (FileStatus.COMPLETED, 100)


def test_a_file_that_kills_its_worker_is_parked(shop):
    file = receive(table(GOOD), shop=shop).file
    IngestionFile.objects.update(
        status=FileStatus.PROCESSING, attempts=MOST_ATTEMPTS, cursor_line=41
    )

    parked = run_import(file_id=file.pk, clock=timezone.now).file

    assert parked.status == FileStatus.FAILED
    assert "line 41" in parked.error_message
    assert not Order.objects.exists()
    again = receive(table(GOOD), shop=shop)
    assert (again.is_new, again.file.status, again.file.attempts) == (
        False,
        FileStatus.PENDING,
        0,
    )


def test_stalled_files_are_those_without_progress(shop):
    stalled = receive(table(GOOD), shop=shop).file
    busy = receive(table(OTHER), shop=shop).file
    load(table(GOOD, OTHER), shop=shop)
    now = timezone.now()
    IngestionFile.objects.filter(pk=stalled.pk).update(
        status=FileStatus.PROCESSING, progressed_at=now - timedelta(minutes=6)
    )
    IngestionFile.objects.filter(pk=busy.pk).update(
        status=FileStatus.PROCESSING, progressed_at=now - timedelta(minutes=4)
    )

    assert stalled_files(now=now) == [stalled.pk]


def test_a_completed_file_is_told_once_and_not_row_by_row(shop):
    file = load(table(GOOD, OTHER), shop=shop)
    run_import(file_id=file.pk, clock=timezone.now)

    event = GlobalEvent.objects.get(event_type="ingestion_file.completed")
    assert event.entity_id == file.pk
    assert event.data["created"] == 2


# ------------------------------------------------------------------ undo
def test_an_undo_leaves_every_table_as_it_was(shop):
    load(table(*mixed_lines(200, seed=1)), shop=shop, chunk_lines=50)
    before = snapshot()
    more = mixed_lines(300, seed=2)
    changed = [line.replace(",France", ",Spain") for line in mixed_lines(30, seed=1)]
    changed = [line.replace(",4.25,", ",5.25,") for line in changed]

    file = load(table(*more, *changed), shop=shop, chunk_lines=50)
    assert file.created_rows and file.updated_rows
    assert snapshot() != before
    undone = undo_import(file_id=file.pk, now=NOON)

    assert undone.status == FileStatus.UNDONE
    assert snapshot() == before
    again = receive(table(*more, *changed), shop=shop)
    assert again.is_new


def test_an_undo_keeps_the_register_of_what_was_deleted(shop):
    file = load(table(GOOD), shop=shop)
    order = Order.objects.get()

    undo_import(file_id=file.pk, now=NOON)

    entity = GlobalEntity.objects.get(entity_id=order.pk)
    assert "deleted_at" in entity.extra_data


def test_an_undo_is_refused_while_a_later_file_builds_on_it(shop):
    first = load(table(GOOD), shop=shop)
    second = load(table(GOOD, OTHER), shop=shop, filename="february.csv")
    before = snapshot(books=True)

    with pytest.raises(UndoRefused, match=r"february\.csv"):
        undo_import(file_id=first.pk, now=NOON)

    assert snapshot(books=True) == before
    undo_import(file_id=second.pk, now=NOON)
    undo_import(file_id=first.pk, now=NOON)
    assert not Order.objects.exists()


@pytest.mark.parametrize("factory", [OrderItemFactory, CartItemFactory])
def test_an_undo_is_refused_while_something_else_needs_a_row(shop, factory):
    file = load(table(GOOD), shop=shop)
    variant = OrderItem.objects.get().variant
    factory(variant=variant)
    before = snapshot(books=True)

    with pytest.raises(UndoRefused, match="“A”"):
        undo_import(file_id=file.pk, now=NOON)

    assert snapshot(books=True) == before


def test_an_undo_of_what_has_not_ended_is_refused(shop):
    pending = receive(table(GOOD), shop=shop).file
    rehearsal = load(table(OTHER), shop=shop, is_check=True)

    for file in (pending, rehearsal):
        with pytest.raises(UndoRefused):
            undo_import(file_id=file.pk, now=NOON)


# ------------------------------------------------------------------ correction
def test_bad_rows_come_back_with_reasons_and_go_in_again(shop):
    twin = "1,A,X,2,2011-01-01 08:00:00,1.50,17850,France"
    bad_twin = twin.replace("1.50", "free")
    content = table(GOOD, bad_twin, "2,B,=1+1,-x,2011-01-01 08:00:00,1,,")
    file = load(content, shop=shop)

    download = "".join(corrected_file(file=file))
    heading, *rows = csv.reader(io.StringIO(download))

    assert heading == [*HEADING.split(","), "Reason", "Soko row"]
    assert [row[:4] for row in rows] == [
        ["1", "A", "X", "2"],
        ["2", "B", "'=1+1", "'-x"],
    ]
    assert rows[0][8].startswith("UnitPrice is not a number")
    mended = download.replace("free", "1.50").replace("'-x", "3")
    again = load(mended.encode(), shop=shop, filename="mended.csv")
    assert counts(again) == (2, 0, 0, 0)
    assert not again.row_errors.exists()
    # The mended row is like one that came in before, and still another line.
    assert Order.objects.get(order_ref="1").items.count() == 2
    assert OrderItem.objects.get(sku="B").name == "=1+1"


def test_a_row_that_stays_bad_keeps_its_mark(shop):
    file = load(table("1,A,X,many,2011-01-01 08:00:00,1.50,17850,"), shop=shop)
    first = "".join(corrected_file(file=file))

    second = load(first.replace("many", "few").encode(), shop=shop)

    rows = list(csv.DictReader(io.StringIO("".join(corrected_file(file=second)))))
    assert [row["Soko row"] for row in rows] == [f"{str(file.pk)[-8:]}:2"]


def test_without_bad_rows_or_the_upload_there_is_no_download(shop):
    good = load(table(GOOD), shop=shop)
    bad = load(table("1,A,X,many,2011-01-01 08:00:00,1.50,17850,"), shop=shop)
    IngestionFile.objects.filter(pk=bad.pk).update(file_path="")
    bad.refresh_from_db()

    with pytest.raises(NothingToCorrect):
        corrected_file(file=good)
    with pytest.raises(UploadGone):
        corrected_file(file=bad)


# ------------------------------------------------------------------ retention
def test_errors_are_kept_up_to_a_limit_and_the_rest_is_counted(shop, monkeypatch):
    monkeypatch.setattr(validation, "MOST_ERRORS", 5)
    bad = [f"{n},A,X,two,2011-01-01 08:00:00,free,1,France" for n in range(10, 16)]
    lines = [*bad[:2], GOOD, *bad[2:], OTHER, bad[0].replace("10,", "16,")]
    content = table(*lines)

    file = load(content, shop=shop, chunk_lines=3)

    assert counts(file) == (2, 0, 0, 7)
    # Whole lines, two errors each.
    told = file.row_errors.order_by("line", "column").values_list("line", flat=True)
    assert list(told) == [2, 2, 3, 3, 5, 5]
    assert untold_rows(file) == 4
    rows = list(csv.reader(io.StringIO("".join(corrected_file(file=file)))))
    assert [row[0] for row in rows[1:]] == ["10", "11", "12", "13", "14", "15", "16"]
    assert [row[-2] == UNTOLD for row in rows[1:]] == [False] * 3 + [True] * 4
    mended = "\n".join(
        ",".join(row).replace("two", "2").replace("free", "1.00")
        for row in [rows[0], *([*row[:-2], "", row[-1]] for row in rows[1:])]
    )
    assert counts(load(mended.encode(), shop=shop)) == (7, 0, 0, 0)


def test_a_rehearsals_errors_are_bounded_too(shop, monkeypatch):
    monkeypatch.setattr(validation, "MOST_ERRORS", 2)
    bad = [f"{n},A,X,two,2011-01-01 08:00:00,1,1,France" for n in range(10, 16)]

    file = load(table(*bad), shop=shop, chunk_lines=2, is_check=True)

    assert (file.failed_rows, file.row_errors.count(), untold_rows(file)) == (6, 2, 4)
    assert "".join(corrected_file(file=file)).count("\r\n") == 3


def test_what_tells_who_somebody_is_is_not_kept_with_its_error(shop):
    wrong = "1,A,X,2,2011-01-01 08:00:00,1.50,ada lovelace,France"
    slipped = "2,A,X,ada@example.com,2011-01-01 08:00:00,1.50,,France"

    file = load(table(wrong, slipped), shop=shop)

    assert list(
        file.row_errors.order_by("line").values_list("column", "value", "message")
    ) == [
        ("CustomerID", "", "is not a customer number"),
        ("Quantity", "", "is not a whole number such as 6"),
    ]
    assert "ada lovelace" in "".join(corrected_file(file=file))


def test_expired_uploads_go_and_their_rows_stay(shop):
    old = load(table(GOOD), shop=shop)
    twin = load(table(GOOD), shop=ShopFactory(slug="coffee", currency="GBP"))
    late = timezone.now() + REGISTRY["online-retail"].keep_upload
    IngestionFile.objects.filter(pk=old.pk).update(
        created_at=timezone.now() - timedelta(days=1)
    )

    drop_expired(now=late - timedelta(hours=1))

    old.refresh_from_db()
    twin.refresh_from_db()
    assert old.file_path == ""
    assert upload_storage().exists(twin.file_path)
    drop_expired(now=late + timedelta(hours=1))
    assert not upload_storage().exists(twin.file_path)
    assert IngestionFile.objects.count() == 2


def test_received_files_wait_for_a_worker_through_the_outbox(shop):
    receipt = receive_file(
        stream=io.BytesIO(table(GOOD)),
        filename="../../lines.csv",
        kind="online-retail",
        shop=shop,
        now=NOON,
    )

    event = GlobalEvent.objects.get(event_type="ingestion_file.received")
    assert event.entity_id == receipt.file.pk
    assert receipt.file.filename == "lines.csv"
    assert IngestionRowError.objects.count() == 0
