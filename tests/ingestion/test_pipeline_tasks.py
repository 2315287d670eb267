"""The tasks: short ones that hand on a cursor, and the care for those that stopped."""

import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from config.environment import BASE_DIR
from ingestion import tasks
from ingestion.events import FileReceived
from ingestion.models import FileStatus, IngestionFile
from ingestion.receivers import queue_import
from ingestion.services.undo import undo_import
from ingestion.services.uploads import upload_storage
from orders.models import Order
from shop.models import GlobalEntity
from tests.factories.shop import ShopFactory
from tests.ingestion.online_retail_files import (
    NOON,
    load,
    mixed_lines,
    receive,
    snapshot,
    table,
)

pytestmark = pytest.mark.django_db(transaction=True)

LINE = "1,A,X,2,2011-01-01 08:00:00,1.50,17850,France"


@pytest.fixture
def shop():
    return ShopFactory(slug="tea", currency="GBP")


@pytest.fixture
def queued(monkeypatch):
    """File ids in the order they were queued; no broker is asked."""
    ids = []
    monkeypatch.setattr(
        tasks.import_file, "delay", lambda *, file_id: ids.append(UUID(file_id))
    )
    return ids


def test_a_task_queues_itself_until_the_file_has_ended(shop, queued, monkeypatch):
    monkeypatch.setattr(tasks, "BUDGET_S", 0)
    file = receive(table(LINE), shop=shop).file
    queued.append(file.pk)

    for file_id in queued:
        assert len(queued) < 5
        tasks.import_file(file_id=str(file_id))

    file.refresh_from_db()
    assert queued == [file.pk, file.pk]
    assert file.status == FileStatus.COMPLETED
    assert Order.objects.count() == 1


def test_a_received_file_is_queued_however_often_it_is_told(shop, queued):
    file = receive(table(LINE), shop=shop).file
    event = FileReceived.about(file, at=NOON)

    queue_import(event)
    queue_import(event)
    for file_id in queued:
        tasks.import_file(file_id=str(file_id))

    assert IngestionFile.objects.get().created_rows == 1


def test_files_that_stopped_are_queued_again(shop, queued):
    stopped = receive(table(LINE), shop=shop).file
    load(table(LINE, LINE), shop=shop)
    IngestionFile.objects.filter(pk=stopped.pk).update(
        status=FileStatus.PROCESSING,
        progressed_at=timezone.now() - timedelta(minutes=10),
    )

    tasks.resume_stalled_files()

    assert queued == [stopped.pk]


def test_expired_uploads_are_dropped(shop):
    file = load(table(LINE), shop=shop)
    IngestionFile.objects.update(created_at=timezone.now() - timedelta(days=1000))

    tasks.drop_expired_uploads()

    assert not upload_storage().exists(file.file_path)
    assert IngestionFile.objects.get().file_path == ""


# ------------------------------------------------------------------ the real worker
CHUNK_LINES = 40
PATIENCE_S = 60
# `celery -A config worker`, with small chunks; stands still in the middle of the transaction of
# the chunk it is told, and says so.
WORKER = """
import sys, threading
import django
django.setup()
from celery.bin.celery import main
from celery.signals import task_postrun
from ingestion.services import imports
chunk_lines, stop_in = map(int, sys.argv[1:3])
imports.run_import.__kwdefaults__["chunk_lines"] = chunk_lines
kept, write = [], imports._keep_records
def keep(cursor, params):
    write(cursor, params)
    kept.append(1)
    if len(kept) == stop_in:
        print("in the middle", flush=True)
        threading.Event().wait()
imports._keep_records = keep
task_postrun.connect(lambda **_: print("ended", flush=True), weak=False)
sys.argv = ["celery", "-A", "config", "worker", "--pool", "solo", "--loglevel", "ERROR",
            "--without-gossip", "--without-mingle"]
main()
"""


def _worker(stop_in: int) -> subprocess.Popen[str]:
    here = settings.DATABASES["default"]
    address = (
        f"postgresql://{here['USER']}:{here['PASSWORD']}@{here['HOST']}:{here['PORT']}"
        f"/{connection.settings_dict['NAME']}"
    )
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(CHUNK_LINES), str(stop_in)],
        stdout=subprocess.PIPE,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings_test",
            "DATABASE_URL": address,
            "REDIS_URL": settings.REDIS_URL,
        },
        cwd=BASE_DIR,
        text=True,
    )


def _heard(worker: subprocess.Popen[str]) -> str:
    """What ours says next, among what Celery says; nothing when it ends or must be ended."""
    patience = threading.Timer(PATIENCE_S, worker.kill)
    patience.start()
    try:
        said = map(str.strip, worker.stdout)
        return next((word for word in said if word in ("in the middle", "ended")), "")
    finally:
        patience.cancel()


def _killed(worker: subprocess.Popen[str]) -> None:
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    worker.stdout.close()


def test_another_worker_ends_what_a_killed_one_began(shop, redis_server):
    content = table(*mixed_lines(400))
    load(content, shop=shop, chunk_lines=CHUNK_LINES)
    uninterrupted = snapshot(books=True)
    undo_import(file_id=IngestionFile.objects.get().pk, now=NOON)
    IngestionFile.objects.all().delete()
    GlobalEntity.objects.filter(extra_data__has_key="deleted_at").delete()
    file = receive(content, shop=shop).file
    tasks.import_file.delay(file_id=str(file.pk))

    worker = _worker(stop_in=4)
    try:
        assert _heard(worker) == "in the middle"
    finally:
        _killed(worker)
    with transaction.atomic():
        # The server has noticed, and let go of the row.
        file = IngestionFile.objects.select_for_update().get()
    assert file.status == FileStatus.PROCESSING
    assert 3 * CHUNK_LINES <= file.processed_rows < 4 * CHUNK_LINES + 9
    IngestionFile.objects.update(progressed_at=timezone.now() - timedelta(minutes=10))
    tasks.resume_stalled_files()
    worker = _worker(stop_in=0)
    try:
        assert _heard(worker) == "ended"
    finally:
        _killed(worker)

    file.refresh_from_db()
    assert file.status == FileStatus.COMPLETED
    assert snapshot(books=True) == uninterrupted
