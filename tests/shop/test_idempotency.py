"""The same key gives the same answer; the work runs once, whatever is killed."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import HttpResponse, HttpResponseRedirect
from django.test import RequestFactory
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from shop.api.idempotency import idempotent, idempotent_view
from shop.models import IdempotencyKey
from shop.services import idempotency
from shop.services.idempotency import (
    KEPT,
    LEASE,
    Fresh,
    InProgress,
    KeyReused,
    Replay,
    claim,
    drop_expired_keys,
    finish,
    release,
)
from shop.tasks import drop_expired_keys as drop_task
from tests.factories.orders import NOON
from tests.factories.shop import IdempotencyKeyFactory
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db


def ask(now=NOON, key="k", request_hash="a", scope="s"):
    return claim(scope=scope, key=key, request_hash=request_hash, now=now)


def test_finished_key_is_answered_again():
    first = ask()
    assert isinstance(first, Fresh)

    assert finish(claim_id=first.claim_id, status=201, body={"id": 1}, now=NOON)

    assert ask(now=NOON + LEASE * 2) == Replay(201, {"id": 1})


def test_key_at_work_is_refused():
    ask()

    with pytest.raises(InProgress):
        ask()


def test_key_of_another_content_is_refused_at_work_and_afterwards():
    first = ask()

    with pytest.raises(KeyReused):
        ask(request_hash="b")
    finish(claim_id=first.claim_id, status=200, body=None, now=NOON)
    with pytest.raises(KeyReused):
        ask(request_hash="b")


def test_key_of_one_scope_is_free_in_another():
    assert isinstance(ask(scope="one"), Fresh)
    assert isinstance(ask(scope="two"), Fresh)


def test_released_key_is_free():
    release(claim_id=ask().claim_id)

    assert isinstance(ask(request_hash="b"), Fresh)


def test_claim_of_a_killed_process_is_free_after_its_lease():
    dead = ask()

    with pytest.raises(InProgress):
        ask(now=NOON + LEASE - timedelta(seconds=1))
    taken = ask(now=NOON + LEASE)

    assert isinstance(taken, Fresh)
    # Not dead but slow: what it brings counts no more, and frees nothing.
    assert not finish(claim_id=dead.claim_id, status=200, body="late", now=NOON)
    release(claim_id=dead.claim_id)
    with pytest.raises(InProgress):
        ask(now=NOON + LEASE)


def test_answers_are_forgotten_after_a_day():
    first = ask()
    finish(claim_id=first.claim_id, status=200, body=None, now=NOON)

    assert ask(now=NOON + KEPT - timedelta(seconds=1)) == Replay(200, None)
    assert isinstance(ask(now=NOON + KEPT), Fresh)


def test_expired_keys_are_dropped_and_no_others(monkeypatch):
    monkeypatch.setattr(idempotency, "ROWS_A_STATEMENT", 2)
    for _ in range(5):
        IdempotencyKeyFactory(expires_at=NOON)
    kept = IdempotencyKeyFactory(expires_at=NOON + timedelta(seconds=1))

    assert drop_expired_keys(now=NOON) == 5
    assert list(IdempotencyKey.objects.all()) == [kept]


def test_task_drops_them():
    IdempotencyKeyFactory(expires_at="2020-01-01T00:00:00Z")

    drop_task()

    assert not IdempotencyKey.objects.exists()


# ------------------------------------------------------------------ the API
class Door(APIView):
    """Counts how often the work was done."""

    permission_classes = ()
    done: list = []
    wait = None

    @idempotent()
    def post(self, request):
        if request.data.get("fail") == "refused":
            raise serializers.ValidationError({"fail": "No."})
        if request.data.get("fail") == "crash":
            raise RuntimeError("crash")
        if request.data.get("fail") == "answered":
            return Response({"no": 1}, status=404)
        if self.wait is not None:
            self.wait()
        Door.done.append(request.data)
        return Response(
            {"count": len(Door.done)}, status=201, headers={"Location": "/there/"}
        )


@pytest.fixture
def door(monkeypatch):
    monkeypatch.setattr(Door, "done", [])
    user = UserFactory()

    def knock(data=None, key="k1", by=user):
        headers = {"Idempotency-Key": key} if key is not None else {}
        request = APIRequestFactory().post(
            "/door/", data or {"a": 1, "b": 2}, headers=headers
        )
        force_authenticate(request, by)
        return Door.as_view()(request)

    return knock


def test_api_does_once_and_answers_twice(door):
    first = door()
    second = door({"b": 2, "a": 1})

    assert (first.status_code, second.status_code) == (201, 201)
    assert (first.data, second.data) == ({"count": 1}, {"count": 1})
    assert second.headers["Location"] == "/there/"
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert len(Door.done) == 1


def test_api_takes_the_key_quoted_and_bare(door):
    door(key='"k1"')

    assert door(key="k1").headers["Idempotency-Replayed"] == "true"


def test_api_refuses_another_content_with_422(door):
    door()

    refused = door({"a": 2})

    assert refused.status_code == 422
    assert refused.data["code"] == "idempotency_key_reused"
    assert len(Door.done) == 1


@pytest.mark.parametrize("key", [None, "", "two words", "x" * 256, "ü"])
def test_api_refuses_a_missing_or_unreadable_key(door, key):
    refused = door(key=key)

    code = "missing" if not key else "invalid"
    assert refused.status_code == 400
    assert refused.data["code"] == f"idempotency_key_{code}"
    assert Door.done == []


def test_api_keys_are_each_persons_own(door):
    door()

    assert door(by=UserFactory()).data == {"count": 2}


@pytest.mark.parametrize("fail", ["refused", "answered"])
def test_api_key_is_free_after_a_refusal(door, fail):
    assert door({"fail": fail}).status_code in {400, 404}
    assert not IdempotencyKey.objects.exists()

    assert door().status_code == 201


def test_api_key_is_free_after_a_crash(door):
    assert door({"fail": "crash"}).status_code == 500

    assert not IdempotencyKey.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_twenty_requests_with_one_key_do_the_work_once(monkeypatch):
    monkeypatch.setattr(Door, "done", [])
    user = UserFactory()
    start = threading.Barrier(20)
    answered = threading.Semaphore(0)
    # The work lasts until all the others have been answered.
    monkeypatch.setattr(
        Door, "wait", lambda _self: [answered.acquire() for _ in range(19)]
    )

    def knock(_):
        request = APIRequestFactory().post(
            "/door/", {"a": 1}, headers={"Idempotency-Key": "one"}
        )
        force_authenticate(request, user)
        start.wait()
        try:
            response = Door.as_view()(request)
            answered.release()
            return response
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        responses = list(pool.map(knock, range(20)))

    assert len(Door.done) == 1
    assert sorted(response.status_code for response in responses) == [201] + [409] * 19
    busy = next(response for response in responses if response.status_code == 409)
    assert busy.data["code"] == "request_in_progress"
    assert busy.headers["Retry-After"] == "1"


@pytest.mark.django_db(transaction=True)
def test_a_dead_claim_is_taken_over_by_one_of_twenty():
    ask()
    start = threading.Barrier(20)

    def take(_):
        start.wait()
        try:
            return ask(now=NOON + LEASE)
        except InProgress:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        taken = [state for state in pool.map(take, range(20)) if state]

    assert len(taken) == 1


# ------------------------------------------------------------------ pages
class Page:
    def __init__(self, refuse=None):
        self.done = 0
        self.view = idempotent_view(self._view, refuse=refuse)

    def _view(self, request):
        self.done += 1
        if request.POST.get("fail"):
            return HttpResponse("no", status=400)
        return HttpResponseRedirect("/thanks/")

    def post(self, key="k", header=None, cart="guest", **fields):
        headers = {"Idempotency-Key": header} if header else {}
        request = RequestFactory().post(
            "/buy/", {"idempotency_key": key, **fields}, headers=headers
        )
        request.COOKIES["cart"] = cart
        request.user = AnonymousUser()
        return self.view(request)


def test_page_answers_a_form_sent_twice_alike():
    page = Page()

    first = page.post(csrfmiddlewaretoken="1", a="b")
    second = page.post(csrfmiddlewaretoken="2", a="b")

    assert (first.status_code, first["Location"]) == (302, "/thanks/")
    assert (second.status_code, second["Location"]) == (302, "/thanks/")
    assert page.done == 1


def test_page_without_a_key_does_what_it_is_asked():
    page = Page()

    page.post(key="")
    page.post(key="")

    assert page.done == 2


def test_page_keys_are_each_guests_own():
    page = Page()

    page.post(cart="one")
    page.post(cart="two")

    assert page.done == 2


def test_a_guest_stays_the_same_when_the_carts_cookie_is_signed_anew():
    page = Page()

    page.post(cart="one:1:signature")
    page.post(cart="one:2:another")

    assert page.done == 1


def test_page_refuses_with_problem_details_or_as_it_likes():
    page = Page()
    page.post(a="1")
    refused = page.post(a="2")
    own = Page(refuse=lambda request, error: HttpResponse(error.code, status=422))

    assert refused.status_code == 422
    assert json.loads(refused.content)["code"] == "idempotency_key_reused"
    assert own.post(a="3").content == b"idempotency_key_reused"
    assert page.post(key="two words").status_code == 400


def test_page_key_is_free_after_a_refusal():
    page = Page()

    page.post(fail="1")
    page.post(fail="1")

    assert page.done == 2
