"""The background as an operator sees it, and what they may do about what failed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import redis
from celery import current_app, shared_task
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from config.celery import app
from shop import queues as looks
from shop.models import FailedTask, GlobalEvent, JobState
from shop.services import failures
from shop.services.failures import drop_old_failures, note_failure, take_failed
from shop.services.jobs import CannotRetry, retry_job
from tests.factories.shop import (
    EventDeliveryFactory,
    FailedTaskFactory,
    GlobalEventFactory,
    JobFactory,
)
from tests.factories.users import (
    OperatorFactory,
    RoleFactory,
    UserFactory,
    UserRoleFactory,
)
from tests.orders.crowds import at_once

pytestmark = pytest.mark.django_db
NOON = datetime(2031, 5, 1, 12, tzinfo=UTC)
PAGE = "queues"


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(OperatorFactory())
    return client


@pytest.fixture(autouse=True)
def no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ping waits for answers; the machine's own workers are not these tests'."""
    monkeypatch.setattr(looks, "PING_S", 0.05)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any, Any]]:
    queued: list[tuple[str, Any, Any]] = []
    monkeypatch.setattr(
        type(current_app._get_current_object()),
        "send_task",
        lambda self, name, args=(), kwargs=None: queued.append((name, args, kwargs)),
    )
    return queued


@shared_task
def breaks(*, key: str) -> None:
    raise RuntimeError(f"Broken for {key}.")


# ------------------------------------------------------------------ failures
def test_a_task_that_fails_for_good_is_noted_with_what_it_was_asked() -> None:
    app.tasks[breaks.name].apply(kwargs={"key": "7"})

    row = FailedTask.objects.get()
    assert (row.task, row.kwargs, row.error, row.retried_at) == (
        breaks.name,
        {"key": "7"},
        "RuntimeError: Broken for 7.",
        None,
    )


def test_odd_errors_are_noted_too() -> None:
    error = ValueError("x\0" * 1000)

    note_failure(
        task="a" * 300, args=[uuid4(), "\0"], kwargs={"at": NOON}, error=error, now=NOON
    )

    row = FailedTask.objects.get()
    assert len(row.error) == failures.MOST_ERROR
    assert "\0" not in row.error


def test_old_failures_are_forgotten() -> None:
    FailedTaskFactory(failed_at=NOON - timedelta(days=31))
    young = FailedTaskFactory(failed_at=NOON - timedelta(days=29))

    assert drop_old_failures(now=NOON) == 1
    assert list(FailedTask.objects.all()) == [young]


@pytest.mark.django_db(transaction=True)
def test_operators_at_once_take_a_failure_once() -> None:
    row, operator = FailedTaskFactory(), OperatorFactory()

    def take(_: int) -> list[FailedTask]:
        return take_failed(task_ids=[row.pk], by=operator, now=NOON)

    taken = at_once(take, range(6), workers=6)

    assert sorted(len(one) for one in taken) == [0, 0, 0, 0, 0, 1]


def test_a_failed_task_is_queued_again_once(
    desk: Client, sent: list[tuple[str, Any, Any]]
) -> None:
    row = FailedTaskFactory(kwargs={"job_id": "1"})

    for _ in range(2):
        desk.post(reverse("retry_task", args=[row.pk]))

    row.refresh_from_db()
    assert sent == [("shop.tasks.run_job", [], {"job_id": "1"})]
    assert row.retried_by is not None


def test_what_could_not_be_queued_can_be_tried_again(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = FailedTaskFactory()

    def away(*_: Any, **__: Any) -> None:
        raise BrokerError("away")

    monkeypatch.setattr(type(current_app._get_current_object()), "send_task", away)
    answer = desk.post(reverse("retry_task", args=[row.pk]), follow=True)

    row.refresh_from_db()
    assert row.retried_at is None
    assert "Redis does not answer" in answer.content.decode()


# ------------------------------------------------------------------ jobs
def test_a_failed_job_goes_on_where_it_broke() -> None:
    job = JobFactory(
        state=JobState.FAILED, attempts=3, total_rows=9, done_rows=4, ended_at=NOON
    )

    again = retry_job(job_id=job.pk, by=None, now=NOON)
    retry_job(job_id=job.pk, by=None, now=NOON)

    job.refresh_from_db()
    assert (job.state, job.attempts, job.done_rows, job.ended_at) == (
        JobState.QUEUED,
        0,
        4,
        None,
    )
    assert again == job
    assert GlobalEvent.objects.filter(event_type="job.opened").count() == 1


@pytest.mark.parametrize("state", [JobState.DONE, JobState.CANCELLED])
def test_a_job_that_ended_otherwise_does_not(state: JobState) -> None:
    job = JobFactory(state=state)

    with pytest.raises(CannotRetry):
        retry_job(job_id=job.pk, by=None, now=NOON)


def test_an_undo_waits_for_the_other_undo_of_the_same_job() -> None:
    job = JobFactory(state=JobState.DONE)
    failed = JobFactory(shop=job.shop, undo_of=job, state=JobState.FAILED)
    JobFactory(shop=job.shop, undo_of=job, state=JobState.RUNNING)

    with pytest.raises(CannotRetry):
        retry_job(job_id=failed.pk, by=None, now=NOON)


def test_the_page_tries_again_and_stops(desk: Client) -> None:
    failed = JobFactory(state=JobState.FAILED)
    running = JobFactory(state=JobState.RUNNING)

    desk.post(reverse("change_job", args=[failed.pk]), {"what": "retry"})
    desk.post(reverse("change_job", args=[running.pk]), {"what": "stop"})
    unknown = desk.post(reverse("change_job", args=[uuid4()]), {"what": "retry"})

    failed.refresh_from_db()
    running.refresh_from_db()
    assert (failed.state, running.state) == (JobState.QUEUED, JobState.CANCELLED)
    assert unknown.status_code == 404
    refused = desk.post(reverse("change_job", args=[running.pk]), follow=True)
    assert "Only a job that failed can go on." in refused.content.decode()


# ------------------------------------------------------------------ the page
def test_the_page_shows_queues_news_and_failures(
    desk: Client, redis_server: redis.Redis
) -> None:
    redis_server.rpush("soko:celery", "one", "two")
    redis_server.hset("soko:unacked", "three", "")
    GlobalEventFactory(event_time=timezone.now() - timedelta(seconds=90))
    EventDeliveryFactory(parked_at=timezone.now())
    JobFactory(state=JobState.FAILED, kind="tests.broken")
    FailedTaskFactory(task="tests.tasks.lost")

    page = desk.get(reverse(PAGE))

    context = page.context
    assert (context["queues"].waiting, context["queues"].taken) == (2, 1)
    assert context["outbox"].lag >= timedelta(seconds=90)
    assert context["outbox"].parked == 1
    words = page.content.decode()
    for text in ("tests.broken", "tests.tasks.lost", "none answers"):
        assert text in words


def test_the_page_stands_while_redis_is_away(desk: Client, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    page = desk.get(reverse(PAGE))

    assert page.status_code == 200
    assert "Redis does not answer" in page.content.decode()


def test_the_page_asks_the_same_for_few_and_many(desk: Client) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as caught:
            desk.get(reverse(PAGE))
        return len(caught)

    for state in (JobState.FAILED, JobState.RUNNING):
        JobFactory(state=state)
    FailedTaskFactory()
    asked()
    few = asked()
    for state in (JobState.FAILED, JobState.RUNNING):
        JobFactory.create_batch(25, state=state)
    FailedTaskFactory.create_batch(25)

    assert asked() == few <= 12


def test_those_who_may_look_may_not_mend(client: Client) -> None:
    person = UserFactory(is_staff=True)
    client.force_login(person)
    job, row = JobFactory(state=JobState.FAILED), FailedTaskFactory()
    assert client.get(reverse(PAGE)).status_code == 403
    role = RoleFactory()
    role.permissions.add(Permission.objects.get(codename="view_job"))
    UserRoleFactory(user=person, role=role)

    page = client.get(reverse(PAGE))

    assert page.status_code == 200
    assert reverse("change_job", args=[job.pk]) not in page.content.decode()
    for address in (
        reverse("change_job", args=[job.pk]),
        reverse("retry_task", args=[row.pk]),
    ):
        assert client.post(address).status_code == 403
        assert client.get(address).status_code == 405
