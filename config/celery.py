"""The Celery application: `celery -A config worker`, `celery -A config beat`."""

import os
from typing import Any

import structlog
from celery import Celery
from celery.signals import (
    before_task_publish,
    setup_logging,
    task_failure,
    task_postrun,
    task_prerun,
)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("soko")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logs(**_: Any) -> None:
    """Being connected is enough: Celery then leaves the logging configuration alone."""


@before_task_publish.connect
def send_request_id(headers: dict[str, Any], **_: Any) -> None:
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    if request_id:
        headers["request_id"] = request_id


@task_prerun.connect
def bind_request_id(task: Any, task_id: str, **_: Any) -> None:
    structlog.contextvars.bind_contextvars(
        task=task.name,
        task_id=task_id,
        request_id=getattr(task.request, "request_id", None) or task_id,
    )


@task_failure.connect
def note_failure(
    sender: Any, exception: BaseException, args: Any, kwargs: Any, **_: Any
) -> None:
    """For operators; whatever is tried again by itself has not failed yet."""
    # Django is not set up when the application is made.
    from django.db import DatabaseError
    from django.utils import timezone

    from shop.services import failures

    try:
        failures.note_failure(
            task=sender.name,
            args=args or (),
            kwargs=kwargs or {},
            error=exception,
            now=timezone.now(),
        )
    except (DatabaseError, TypeError):
        # The log has the task's own error; this one must not hide it.
        structlog.get_logger(__name__).exception("a failed task was not noted")


@task_postrun.connect
def forget_request_id(**_: Any) -> None:
    structlog.contextvars.clear_contextvars()
