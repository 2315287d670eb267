"""The tasks: short ones that hand on a cursor, and the care for those that stopped."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from ingestion import tasks
from ingestion.events import FileReceived
from ingestion.models import FileStatus, IngestionFile
from ingestion.receivers import queue_import
from ingestion.services.uploads import upload_storage
from orders.models import Order
from tests.factories.shop import ShopFactory
from tests.ingestion.online_retail_files import NOON, load, receive, table

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
