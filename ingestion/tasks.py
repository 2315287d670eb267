"""Imports in short tasks that hand on a cursor, and the care for those that stopped."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from ingestion.services.imports import run_import, stalled_files
from ingestion.services.uploads import drop_expired

# Well below the broker's visibility timeout, after which a task would run twice at once.
BUDGET_S = 60.0


@shared_task
def import_file(*, file_id: str) -> None:
    """A minute of one file's import; queues itself again until the file has ended."""
    run = run_import(file_id=UUID(file_id), budget_s=BUDGET_S, clock=timezone.now)
    if run.goes_on:
        import_file.delay(file_id=file_id)


@shared_task
def resume_stalled_files() -> None:
    """Queue files whose import stopped without an end. Safe to repeat."""
    for file_id in stalled_files(now=timezone.now()):
        import_file.delay(file_id=str(file_id))


@shared_task
def drop_expired_uploads() -> None:
    """Delete uploads that are past the retention of their kind. Safe to repeat."""
    drop_expired(now=timezone.now())
