"""Jobs: every row once, whoever dies; exact undo; one worker at a time."""

import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import F

from config.environment import BASE_DIR
from shop.health import database_url
from shop.ids import uuid7
from shop.models import GlobalEvent, Job, JobRow, JobState, RowState, Shop
from shop.services import jobs
from tests.factories.shop import ShopFactory
from tests.factories.users import UserFactory
from tests.shop.counting_jobs import KIND

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "CHUNK", 2)


def shops(*names: str) -> list[Shop]:
    return [ShopFactory.create(name=name) for name in names]


def opened(chosen: list[Shop], **params: object) -> Job:
    return jobs.open_job(
        shop_id=ShopFactory.create().pk,
        by=None,
        kind=KIND,
        params={"add": 1, **params},
        items=[(shop.pk, shop.name, None) for shop in chosen],
        now=NOON,
    )


def done(job: Job) -> Job:
    assert not jobs.run_job(job_id=job.pk, budget_s=60, clock=lambda: NOON)
    job.refresh_from_db()
    return job


def counts(chosen: list[Shop]) -> list[int]:
    found = dict(Shop.objects.values_list("id", "review_count"))
    return [found[shop.pk] for shop in chosen]


def told(job: Job) -> list[tuple[str, str, str]]:
    rows = JobRow.objects.filter(job=job).order_by("id")
    return list(rows.values_list("label", "state", "message"))


def test_every_row_is_done_once_with_its_result() -> None:
    chosen = shops("one", "refuses", "two", "three", "too much")
    Shop.objects.filter(pk=chosen[3].pk).delete()

    job = done(opened(chosen))
    again = done(job)

    assert (again.state, again.total_rows, again.done_rows, again.refused_rows) == (
        JobState.DONE, 5, 2, 3,
    )  # fmt: skip
    assert told(job) == [
        ("one", "done", ""),
        ("refuses", "refused", "No more."),
        ("two", "done", ""),
        ("three", "refused", "It is not there any more."),
        ("too much", "refused", "This value cannot be stored."),
    ]
    assert counts([chosen[0], chosen[2]]) == [1, 1]
    assert GlobalEvent.objects.filter(event_type="job.opened").count() == 1


def test_all_that_match_are_taken_by_the_database() -> None:
    chosen = shops("b", "a", "c")
    rows = (
        Shop.objects.filter(pk__in=[shop.pk for shop in chosen])
        .order_by("name")
        .annotate(entity_id=F("id"), label=F("name"))
    )

    job = jobs.open_job(
        shop_id=chosen[0].pk, by=None, kind=KIND, params={"add": 2}, rows=rows,
        expected=3, now=NOON,
    )  # fmt: skip

    assert [label for label, _, _ in told(job)] == ["a", "b", "c"]
    done(job)
    assert counts(chosen) == [2, 2, 2]


def test_another_number_than_was_shown_is_asked_about_again() -> None:
    chosen = shops("a", "b")
    rows = Shop.objects.filter(pk__in=[shop.pk for shop in chosen])

    with pytest.raises(jobs.CountChanged):
        jobs.open_job(
            shop_id=chosen[0].pk, by=None, kind=KIND, expected=3, now=NOON,
            rows=rows.annotate(entity_id=F("id"), label=F("name")),
        )  # fmt: skip
    with pytest.raises(jobs.NothingToDo):
        opened([])
    with pytest.raises(jobs.NothingToDo):
        jobs.open_job(
            shop_id=chosen[0].pk, by=None, kind=KIND, now=NOON,
            rows=rows.filter(pk__in=[]).annotate(entity_id=F("id"), label=F("name")),
        )  # fmt: skip

    assert not Job.objects.exists()


def test_the_same_token_is_the_same_job() -> None:
    [shop] = shops("a")
    token = uuid7()
    items = [(shop.pk, "a", None)]

    first, second = (
        jobs.open_job(
            shop_id=shop.pk, by=None, kind=KIND, items=items, token=token, now=NOON
        )
        for _ in range(2)
    )

    assert first == second
    assert JobRow.objects.count() == 1


def test_what_was_asked_of_a_row_alone_reaches_it() -> None:
    chosen = shops("a", "b")
    job = jobs.open_job(
        shop_id=chosen[0].pk, by=None, kind=KIND, params={"add": 1}, now=NOON,
        items=[(chosen[0].pk, "a", 5), (chosen[1].pk, "b", None)],
    )  # fmt: skip

    done(job)

    assert counts(chosen) == [5, 1]


def test_undo_restores_what_nobody_changed_since() -> None:
    chosen = shops("a", "b", "refuses", "d")
    Shop.objects.filter(pk=chosen[0].pk).update(review_count=7)
    job = done(opened(chosen))
    Shop.objects.filter(pk=chosen[1].pk).update(review_count=100)

    undo = done(jobs.undo_job(job_id=job.pk, by=UserFactory.create(), now=NOON))

    assert counts(chosen) == [7, 100, 0, 0]
    assert told(undo) == [
        ("a", "done", ""),
        ("b", "refused", "It was changed meanwhile."),
        ("d", "done", ""),
    ]
    assert [state for _, state, _ in told(job)] == [
        "undone", "done", "refused", "undone",
    ]  # fmt: skip
    # Only what is left of it may be tried again; an undo itself has none.
    second = jobs.undo_job(job_id=job.pk, by=None, now=NOON)
    assert second.total_rows == 1
    with pytest.raises(jobs.CannotUndo):
        jobs.undo_job(job_id=undo.pk, by=None, now=NOON)


def test_undo_waits_for_its_job_and_is_one_at_a_time() -> None:
    job = opened(shops("a"))

    with pytest.raises(jobs.CannotUndo):
        jobs.undo_job(job_id=job.pk, by=None, now=NOON)
    done(job)
    first, second = (jobs.undo_job(job_id=job.pk, by=None, now=NOON) for _ in range(2))

    assert first == second


def test_cancelled_job_keeps_what_is_done() -> None:
    chosen = shops("a", "b", "c")
    job = opened(chosen)
    assert jobs.run_chunk(job_id=job.pk, now=NOON)

    jobs.cancel_job(job_id=job.pk, now=NOON)
    job = done(job)

    assert (job.state, counts(chosen)) == (JobState.CANCELLED, [1, 1, 0])


def test_a_mistake_in_the_code_ends_the_job_and_writes_nothing_of_the_chunk() -> None:
    chosen = shops("a", "b", "c", "breaks")
    job = opened(chosen)

    tries = [
        jobs.run_job(job_id=job.pk, budget_s=60, clock=lambda: NOON) for _ in range(4)
    ]

    job.refresh_from_db()
    assert tries == [True, True, False, False]
    assert (job.state, job.done_rows, counts(chosen)) == (
        JobState.FAILED, 2, [1, 1, 0, 0],
    )  # fmt: skip


def test_silent_jobs_are_picked_up_and_old_ones_dropped() -> None:
    job = opened(shops("a"))
    later = NOON + jobs.SILENCE + timedelta(seconds=1)

    assert jobs.stale_jobs(now=NOON + jobs.PATIENCE) == []
    assert jobs.stale_jobs(now=NOON + jobs.PATIENCE * 2) == [job.pk]
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING)
    assert jobs.stale_jobs(now=NOON + jobs.SILENCE) == []
    assert jobs.stale_jobs(now=later) == [job.pk]
    done(job)
    jobs.undo_job(job_id=job.pk, by=None, now=NOON)
    assert jobs.drop_old_jobs(now=NOON + jobs.KEPT) == 0
    jobs.cancel_job(job_id=Job.objects.get(undo_of=job).pk, now=NOON)
    assert jobs.drop_old_jobs(now=later + jobs.KEPT) > 0
    assert not JobRow.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_no_row_twice() -> None:
    chosen = shops(*(f"shop {n}" for n in range(40)))
    job = opened(chosen)
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        try:
            # Whoever finds it in other hands comes again.
            while Job.objects.at_work().filter(pk=job.pk).exists():
                jobs.run_chunk(job_id=job.pk, now=NOON)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    job.refresh_from_db()
    assert (job.state, job.done_rows) == (JobState.DONE, 40)
    assert counts(chosen) == [1] * 40


@pytest.mark.django_db(transaction=True)
def test_job_goes_on_after_its_worker_was_killed_within_a_chunk() -> None:
    chosen = shops("a", "b", "c", "deadly", "e")
    job = opened(chosen, kill_at="deadly")

    died = worker(job.pk)

    job.refresh_from_db()
    assert died == -signal.SIGKILL
    # The worker takes 500 rows at once: the whole chunk is gone with it, counts included.
    assert (job.state, job.done_rows, counts(chosen)) == (
        JobState.QUEUED, 0, [0] * 5,
    )  # fmt: skip
    Shop.objects.filter(name="deadly").update(name="harmless")
    assert worker(job.pk) == 0
    job.refresh_from_db()
    assert (job.state, job.done_rows, counts(chosen)) == (JobState.DONE, 5, [1] * 5)
    assert set(JobRow.objects.values_list("state", flat=True)) == {RowState.DONE}


def worker(job_id: UUID) -> int:
    environ = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": database_url(),
    }
    command = [sys.executable, "-m", "tests.shop.counting_jobs", str(job_id)]
    return subprocess.run(command, cwd=BASE_DIR, env=environ, check=False).returncode
