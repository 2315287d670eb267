"""The pages of a shop's jobs: for those of the shop whose role may do such a job."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shop.models import Job, JobState, RowState, Shop
from shop.services import jobs
from tests.factories.shop import JobFactory, JobRowFactory, ShopFactory
from tests.factories.users import ShopMemberFactory
from tests.shop.counting_jobs import KIND
from users.models import MemberRole

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return ShopFactory.create()


@pytest.fixture
def client(shop: Shop) -> Client:
    client = Client()
    client.force_login(shop.owner)
    return client


def run(shop: Shop, *names: str) -> Job:
    chosen = [ShopFactory.create(name=name) for name in names]
    job = jobs.open_job(
        shop_id=shop.pk,
        by=shop.owner,
        kind=KIND,
        params={"add": 1},
        items=[(one.pk, one.name, None) for one in chosen],
        now=timezone.now(),
    )
    jobs.run_job(job_id=job.pk, budget_s=60, clock=timezone.now)
    return job


def address(job: Job, *, api: bool = False) -> str:
    return f"{'/api/v1' if api else ''}/sell/{job.shop.slug}/jobs/{job.pk}/"


def test_refused_rows_stand_first_with_their_reason(shop: Shop, client: Client) -> None:
    job = run(shop, "=cmd()", "refuses")

    page = client.get(address(job)).content.decode()
    done = client.get(address(job) + "?rows=done").content.decode()
    sheet = client.get(address(job) + "results.csv").getvalue().decode()

    assert "No more." in page
    assert "=cmd()" not in page
    assert "=cmd()" in done
    assert "'=cmd(),done,,0,1" in sheet


def test_undo_from_the_page_opens_another_job(shop: Shop, client: Client) -> None:
    job = run(shop, "a")

    answer = client.post(address(job) + "undo/")

    undo = Job.objects.get(undo_of=job)
    assert answer["Location"] == address(undo)
    assert undo.created_by == shop.owner
    jobs.run_job(job_id=undo.pk, budget_s=60, clock=timezone.now)
    page = client.get(address(job)).content.decode()
    assert "Undone" in page
    assert "undo/" not in page
    again = client.post(address(job) + "undo/", follow=True).content.decode()
    assert "nothing left to undo" in again


def test_progress_is_asked_for_until_the_job_has_ended(
    shop: Shop, client: Client
) -> None:
    job = JobFactory.create(shop=shop, kind=KIND, total_rows=3)
    JobRowFactory.create_batch(3, job=job)

    waiting = client.get(address(job), headers={"HX-Request": "true"})
    client.post(address(job) + "stop/")
    ended = client.get(address(job), headers={"HX-Request": "true"})

    assert "every 2s" in waiting.content.decode()
    assert "<html" not in waiting.content.decode()
    assert ended["HX-Refresh"] == "true"
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert "every 2s" not in client.get(address(job)).content.decode()


def test_jobs_are_of_their_shop_and_of_ones_role(shop: Shop, client: Client) -> None:
    job, other = run(shop, "a"), run(ShopFactory.create(), "a")
    staff = Client()
    member = ShopMemberFactory.create(shop=shop, role=MemberRole.STAFF)
    staff.force_login(member.user)
    theirs = f"/sell/{shop.slug}/jobs/{other.pk}/"

    for path in ("", "results.csv"):
        assert client.get(theirs + path).status_code == HTTPStatus.NOT_FOUND
        assert staff.get(address(job) + path).status_code == HTTPStatus.NOT_FOUND
    for path in ("undo/", "stop/"):
        assert client.post(theirs + path).status_code == HTTPStatus.NOT_FOUND
        assert staff.post(address(job) + path).status_code == HTTPStatus.NOT_FOUND
    assert "Count 1 more" not in staff.get(f"/sell/{shop.slug}/jobs/").content.decode()
    assert "Count 1 more" in client.get(f"/sell/{shop.slug}/jobs/").content.decode()
    assert not Job.objects.filter(undo_of__isnull=False).exists()


def test_programs_follow_stop_and_undo_jobs(shop: Shop, client: Client) -> None:
    job = run(shop, "a", "refuses")
    where = address(job, api=True)

    found: dict[str, Any] = client.get(where).json()
    rows = client.get(where + "rows/").json()["results"]
    undone = client.post(where + "undo/")
    stopped = client.post(address(Job.objects.get(undo_of=job), api=True) + "cancel/")

    assert (found["state"], found["done_rows"], found["refused_rows"]) == ("done", 1, 1)
    assert [(row["state"], row["message"]) for row in rows] == [
        (RowState.DONE, ""),
        (RowState.REFUSED, "No more."),
    ]
    assert undone.status_code == HTTPStatus.ACCEPTED
    assert stopped.json()["state"] == "cancelled"
    listed = client.get(f"/api/v1/sell/{shop.slug}/jobs/?state=done").json()["results"]
    assert [one["id"] for one in listed] == [str(job.pk)]
    other = run(ShopFactory.create(), "a")
    hidden = f"/api/v1/sell/{shop.slug}/jobs/{other.pk}/"
    assert client.get(hidden).status_code == HTTPStatus.NOT_FOUND
    assert client.get(hidden + "rows/").status_code == HTTPStatus.NOT_FOUND
    assert client.post(hidden + "undo/").status_code == HTTPStatus.NOT_FOUND


def test_pages_cost_the_same_for_one_and_for_many(shop: Shop, client: Client) -> None:
    job, counts = JobFactory.create(shop=shop, kind=KIND, total_rows=30), []
    for rows in (1, 20):
        JobFactory.create_batch(rows, shop=shop, kind=KIND, created_by=shop.owner)
        JobRowFactory.create_batch(rows, job=job)
        with CaptureQueriesContext(connection) as listed:
            client.get(f"/sell/{shop.slug}/jobs/")
        with CaptureQueriesContext(connection) as shown:
            client.get(address(job))
        counts.append((len(listed), len(shown)))

    assert counts[0] == counts[1]
    assert max(counts[0]) <= 12
