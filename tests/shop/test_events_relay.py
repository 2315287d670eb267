"""The relay, step by step: order, failures, parking, deaths, and a second relay."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
import redis
from django.db import DataError, close_old_connections, connection, transaction
from django.utils import timezone
from time_machine import travel

from shop.events import (
    Event,
    Stream,
    publish,
    publish_many,
    receivers,
    receives,
    streams,
    work,
)
from shop.events import deliveries as marks
from shop.events import relay as relay_module
from shop.events.parked import give_up_parked, retry_parked
from shop.events.relay import relay
from shop.health import database_url
from shop.ids import uuid7
from shop.models import EventDelivery, EventRelay, GlobalEvent, IdempotencyKey, Shop
from tests.factories.shop import IdempotencyKeyFactory, ShopFactory
from tests.shop.event_helpers import OwnRedis

LONG_AFTER = timedelta(minutes=10)


class BellRung(Event):
    type = "bell.rung"
    stream = Stream.NOTIFICATION


class BellCracked(Event):
    type = "bell.cracked"
    stream = Stream.SEARCH


@pytest.fixture(autouse=True)
def only_own_receivers(monkeypatch, settings, own_redis: OwnRedis):
    # Those of the apps are found once in a process, and must not land in the dict below.
    receivers.receivers_of("")
    monkeypatch.setattr(receivers, "_receivers", {})
    settings.REDIS_URL = own_redis.url
    own_redis.client().flushall()


@pytest.fixture
def redis_is_away(own_redis: OwnRedis):
    own_redis.kill()
    yield
    own_redis.start()


def ring(shop: Shop, *numbers: int, event_class: type[Event] = BellRung) -> None:
    with transaction.atomic():
        publish_many(
            event_class.about(shop, at=timezone.now(), data={"n": number})
            for number in numbers
        )


def write_mark(event: Event, name: str) -> None:
    """An effect in the database that is seen as often as it happened."""
    IdempotencyKeyFactory(scope=name, key=f"{event.id} {uuid7()}")


def marks_of(name: str) -> list[UUID]:
    """Events of the marks, in the order they were written."""
    rows = IdempotencyKey.objects.filter(scope=name).order_by("id")
    return [UUID(row.key.split()[0]) for row in rows]


def in_stream(own_redis: OwnRedis, stream: Stream = Stream.NOTIFICATION) -> list[UUID]:
    return [UUID(entry["id"]) for _, entry in own_redis.client().xrange(stream)]


def written() -> list[UUID]:
    rows = GlobalEvent.objects.order_by("position")
    return list(rows.values_list("event_id", flat=True))


def unpublished() -> int:
    return GlobalEvent.objects.filter(published_at__isnull=True).count()


# ------------------------------------------------------------------ the straight way
@pytest.mark.django_db
def test_relay_writes_streams_then_runs_receivers(own_redis):
    heard = []

    @receives(BellRung)
    def hear(event: BellRung) -> None:
        heard.append((event, in_stream(own_redis), unpublished()))

    @receives(BellRung, BellCracked)
    def hear_too(event: Event) -> None:
        write_mark(event, "too")

    shop = ShopFactory()
    with transaction.atomic():
        event = publish(BellRung, entity=shop, at=timezone.now(), data={"n": 1})

    assert relay() == 1

    row = GlobalEvent.objects.get()
    [(_, entry)] = own_redis.client().xrange(Stream.NOTIFICATION)
    assert heard == [(event, [event.id], 1)]
    assert marks_of("too") == [event.id]
    assert row.published_at is not None
    assert not EventDelivery.objects.exists()
    assert entry == {
        "id": str(event.id),
        "type": "bell.rung",
        "at": event.at.isoformat(),
        "entity_id": str(shop.pk),
        "entity_type": "shop",
        "actor_id": "",
        "position": str(row.position),
        "data": '{"n": 1}',
    }


@pytest.mark.django_db
def test_relay_again_does_nothing(own_redis):
    receives(BellRung)(lambda event: write_mark(event, "hear"))
    ring(ShopFactory(), 1, 2)
    relay()

    assert relay() == 0

    assert in_stream(own_redis) == written() == marks_of("hear")


@pytest.mark.django_db
def test_relay_keeps_the_order_of_positions_not_of_clocks():
    heard = []
    receives(BellRung)(lambda event: heard.append(event.data["n"]))
    shop = ShopFactory()
    now = timezone.now()
    for number in range(3):
        at = now - timedelta(days=number)
        with transaction.atomic():
            publish(BellRung, entity=shop, at=at, data={"n": number})

    relay()

    assert heard == [0, 1, 2]


@pytest.mark.django_db
def test_relay_publishes_what_nobody_receives(own_redis):
    ring(ShopFactory(), *range(work.BATCH + 1))

    assert relay() == work.BATCH + 1

    assert (in_stream(own_redis), unpublished()) == (written(), 0)


@pytest.mark.django_db
def test_relay_takes_up_what_it_had_no_time_for(own_redis):
    receives(BellRung)(lambda event: write_mark(event, "hear"))
    ring(ShopFactory(), 1, 2, 3)

    assert relay(run_s=-1) == 0
    assert relay() == 3

    assert marks_of("hear") == in_stream(own_redis) == written()
    assert not EventDelivery.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_relay_finds_what_commits_late_with_a_lower_position():
    heard = []
    receives(BellRung)(lambda event: heard.append(event.data["n"]))
    shops = [ShopFactory(), ShopFactory()]
    is_published, may_commit = threading.Event(), threading.Event()

    def write_slowly() -> None:
        with transaction.atomic():
            publish(BellRung, entity=shops[0], at=timezone.now(), data={"n": 1})
            is_published.set()
            assert may_commit.wait(20)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(write_slowly)
        assert is_published.wait(20)
        ring(shops[1], 2)
        relay()
        heard_before = list(heard)
        may_commit.set()
        slow.result(20)
    relay()

    assert (heard_before, heard, unpublished()) == ([2], [2, 1], 0)


# ------------------------------------------------------------------ receivers that fail
@pytest.mark.django_db
def test_failure_makes_its_entity_wait_and_no_other(own_redis):
    is_broken = True

    @receives(BellRung)
    def fail(event: Event) -> None:
        write_mark(event, "fail")
        if is_broken and event.data["n"] == 1:
            raise RuntimeError("broken")

    @receives(BellRung)
    def work(event: Event) -> None:
        write_mark(event, "work")

    bad, good = ShopFactory(), ShopFactory()
    ring(bad, 1, 2)
    ring(good, 3)
    first, second, third = written()

    relay()
    relay()

    assert (marks_of("fail"), marks_of("work")) == ([third], [first, third])
    waiting = EventDelivery.objects.get(attempts=1)
    assert (waiting.event_id, waiting.error) == (first, "RuntimeError: broken")
    assert timedelta(0) < waiting.next_attempt_at - timezone.now() < LONG_AFTER

    is_broken = False
    with travel(timezone.now() + LONG_AFTER):
        relay()

    assert marks_of("fail") == [third, first, second]
    assert marks_of("work") == [first, third, second]
    assert in_stream(own_redis) == [first, second, third]
    assert not EventDelivery.objects.exists()
    assert unpublished() == 0


def relay_until_parked() -> None:
    now = timezone.now()
    for _ in range(marks.MAX_ATTEMPTS):
        with travel(now):
            relay()
        now += LONG_AFTER


@pytest.mark.django_db
def test_failure_is_parked_in_the_end_and_its_entity_goes_on():
    is_broken = True
    tries = []

    @receives(BellRung)
    def fail(event: Event) -> None:
        tries.append(event.data["n"])
        if is_broken and event.data["n"] == 1:
            raise RuntimeError("broken")
        write_mark(event, "fail")

    @receives(BellRung)
    def work(event: Event) -> None:
        write_mark(event, "work")

    ring(ShopFactory(), 1, 2)
    first, second = written()

    relay_until_parked()

    parked = EventDelivery.objects.get(parked_at__isnull=False)
    assert (parked.event_id, parked.attempts) == (first, marks.MAX_ATTEMPTS)
    assert tries == [1] * marks.MAX_ATTEMPTS + [2]
    assert (marks_of("fail"), marks_of("work")) == ([second], [first, second])
    assert unpublished() == 0

    is_broken = False
    assert retry_parked(delivery_ids=[parked.pk], now=timezone.now()) == 1
    with travel(parked.parked_at + LONG_AFTER):
        relay()

    assert (marks_of("fail"), marks_of("work")) == ([second, first], [first, second])
    assert (unpublished(), EventDelivery.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_parked_delivery_can_be_given_up():
    @receives(BellRung)
    def fail(event: Event) -> None:
        raise RuntimeError("broken")

    receives(BellRung)(lambda event: write_mark(event, "work"))
    ring(ShopFactory(), 1)
    relay_until_parked()
    parked = EventDelivery.objects.get(parked_at__isnull=False)

    assert give_up_parked(delivery_ids=[parked.pk]) == 1
    assert retry_parked(delivery_ids=[parked.pk], now=timezone.now()) == 0
    relay()

    assert marks_of("work") == written()
    assert not EventDelivery.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_failure_at_the_commit_is_the_receivers():
    @receives(BellRung)
    def orphan(event: Event) -> None:
        # The foreign key is checked at the commit.
        Shop.objects.filter(pk=event.entity_id).update(owner_id=uuid7())

    receives(BellRung)(lambda event: write_mark(event, "work"))
    shop = ShopFactory()
    ring(shop, 1)

    relay()

    failed = EventDelivery.objects.get(done_at__isnull=True)
    assert "IntegrityError" in failed.error
    assert marks_of("work") == written()
    assert unpublished() == 1


@pytest.mark.django_db(transaction=True)
def test_failure_that_a_receiver_swallows_is_noticed():
    @receives(BellRung)
    def swallow(event: Event) -> None:
        write_mark(event, "swallow")
        with suppress(DataError), connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")

    ring(ShopFactory(), 1)

    relay()

    assert "went on after a database error" in EventDelivery.objects.get().error
    assert (marks_of("swallow"), unpublished()) == ([], 1)


@pytest.mark.django_db
def test_receiver_that_kills_its_worker_is_parked():
    tries = []

    @receives(BellRung)
    def die(event: Event) -> None:
        tries.append(event.data["n"])
        if event.data["n"] == 2:
            raise SystemExit(1)

    ring(ShopFactory(), 1)
    ring(ShopFactory(), 2)
    ring(ShopFactory(), 3)
    now = timezone.now()
    for _ in range(marks.MAX_ATTEMPTS):
        with travel(now), pytest.raises(SystemExit):
            relay()
        now += LONG_AFTER
    with travel(now):
        relay()

    parked = EventDelivery.objects.get()
    assert (parked.error, tries.count(2)) == (relay_module.DIED, marks.MAX_ATTEMPTS)
    assert (tries.count(1), tries.count(3)) == (1, 1)
    assert unpublished() == 0


# ------------------------------------------------------------------ exactly once
@pytest.mark.django_db(transaction=True)
def test_run_once_at_the_same_time_leaves_one_effect():
    both = threading.Barrier(2)
    receives(BellRung)(lambda event: write_mark(event, "hear"))
    ring(ShopFactory(), 1)
    row = GlobalEvent.objects.get()
    [receiver] = receivers.receivers_of("bell.rung")

    def run() -> bool:
        both.wait(20)
        try:
            return marks.run_once(row, receiver)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        ran = [future.result(20) for future in (pool.submit(run), pool.submit(run))]

    assert sorted(ran) == [False, True]
    assert marks_of("hear") == [row.event_id]


@pytest.mark.django_db
def test_run_once_leaves_a_published_event_alone():
    receives(BellRung)(lambda event: write_mark(event, "hear"))
    ring(ShopFactory(), 1)
    stale = GlobalEvent.objects.get()
    [receiver] = receivers.receivers_of("bell.rung")
    relay()

    assert marks.run_once(stale, receiver) is False

    assert marks_of("hear") == [stale.event_id]


@pytest.mark.django_db(transaction=True)
def test_second_relay_leaves_the_work_to_the_first():
    ring(ShopFactory(), 1)
    lock = f"SELECT pg_try_advisory_lock({relay_module.LOCK_KEY})"

    with psycopg.connect(database_url(), autocommit=True) as first:
        assert first.execute(lock).fetchone() == (True,)
        while_at_work = relay()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(%s, 20000)", [first.info.backend_pid]
            )

    assert (while_at_work, relay(), unpublished()) == (0, 1, 0)
    with psycopg.connect(database_url(), autocommit=True) as other:
        assert other.execute(lock).fetchone() == (True,), "the lock was kept"


@pytest.mark.django_db(transaction=True)
def test_relay_whose_connection_is_cut_is_taken_up():
    cuts = []

    @receives(BellRung)
    def cut(event: Event) -> None:
        write_mark(event, "cut")
        if not cuts:
            cuts.append(event)
            with psycopg.connect(database_url(), autocommit=True) as killer:
                killer.execute(
                    "SELECT pg_terminate_backend(%s, 20000)",
                    [connection.connection.info.backend_pid],
                )

    ring(ShopFactory(), 1)

    assert relay() == 0
    close_old_connections()
    with travel(timezone.now() + LONG_AFTER):
        assert relay() == 1

    assert marks_of("cut") == written()


# ------------------------------------------------------------------ Redis comes and goes
@pytest.mark.django_db
def test_relay_waits_while_redis_is_away(monkeypatch, redis_is_away):
    said = []
    monkeypatch.setattr(
        relay_module.log, "warning", lambda text, **_: said.append(text)
    )
    receives(BellRung)(lambda event: write_mark(event, "hear"))
    ring(ShopFactory(), 1)

    assert [relay(), relay(), relay()] == [0, 0, 0]

    assert said == ["events wait for Redis"]
    assert marks_of("hear") == []
    assert not EventDelivery.objects.exists()
    assert EventRelay.objects.get().streams_away_since is not None


@pytest.mark.django_db
def test_redis_that_goes_during_a_receiver_costs_no_attempt(own_redis):
    is_first = True

    @receives(BellRung)
    def queue(event: Event) -> None:
        nonlocal is_first
        if is_first:
            is_first = False
            own_redis.kill()
        own_redis.client().ping()
        write_mark(event, "queue")

    ring(ShopFactory(), 1, 2)
    relay()
    attempts = {row.attempts for row in EventDelivery.objects.all()}
    own_redis.start()
    relay()

    assert attempts == {0}
    assert marks_of("queue") == in_stream(own_redis) == written()
    assert EventRelay.objects.get().streams_away_since is None


@pytest.mark.django_db
def test_another_redis_that_is_away_costs_an_attempt():
    @receives(BellRung)
    def ask(event: Event) -> None:
        raise redis.ConnectionError("the cache is away")

    ring(ShopFactory(), 1)

    relay()

    assert EventDelivery.objects.get().attempts == 1


@pytest.mark.django_db
def test_wiped_streams_are_filled_again(own_redis):
    shop = ShopFactory()
    ring(shop, 1, 2, 3)
    ring(shop, 4, event_class=BellCracked)
    relay()
    own_redis.client().flushall()

    ring(shop, 5)
    relay()

    *bells, cracked, last = written()
    assert in_stream(own_redis) == [*bells, last]
    assert in_stream(own_redis, Stream.SEARCH) == [cracked]


@pytest.mark.django_db
def test_idle_relay_fills_a_restarted_redis(own_redis):
    ring(ShopFactory(), 1, 2, 3)
    relay()
    own_redis.restart_hard(lose_data=True)

    relay()

    assert in_stream(own_redis) == written()


@pytest.mark.django_db
def test_stream_that_lost_its_end_gets_it_back(own_redis):
    receives(BellRung)(lambda event: write_mark(event, "hear"))
    ring(ShopFactory(), 1, 2, 3)
    relay()
    client = own_redis.client()
    *_, (entry_id, _) = client.xrange(Stream.NOTIFICATION)
    client.xdel(Stream.NOTIFICATION, entry_id)

    relay()

    assert in_stream(own_redis) == marks_of("hear") == written()


@pytest.mark.django_db
def test_wiped_stream_gets_back_what_still_waits_for_a_receiver(own_redis):
    @receives(BellRung)
    def fail(event: Event) -> None:
        raise RuntimeError("broken")

    ring(ShopFactory(), 1)
    relay()
    own_redis.client().flushall()

    relay()

    assert (in_stream(own_redis), unpublished()) == (written(), 1)


@pytest.mark.django_db
def test_streams_are_bounded(own_redis, monkeypatch):
    monkeypatch.setattr("shop.events.streams.LENGTH", 50)
    ring(ShopFactory(), *range(1000))

    relay()

    kept = in_stream(own_redis)
    # Redis drops whole blocks, so that a few more than asked for stay.
    assert 50 <= len(kept) < 500
    assert kept == written()[-len(kept) :]


# ------------------------------------------------------------------ the look for work
@pytest.mark.django_db
def test_look_for_work_reads_no_published_row():
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO global_events (event_time, event_type, stream, entity_id,"
            " entity_type, published_at) SELECT now() - n * interval '1 second',"
            " 'bell.rung', 'notification_events', uuidv7(), 'shop', now()"
            " FROM generate_series(1, 20000) AS n"
        )
        cursor.execute("ANALYZE global_events")
    ring(ShopFactory(), 1)

    plan = work.explain_batch()

    assert "_position_idx" in plan
    assert "Seq Scan on global_events" not in plan
    assert "Sort" not in plan.replace("Sort Key", "")


@pytest.mark.django_db
def test_append_refuses_a_stream_that_ends_otherwise(own_redis):
    ring(ShopFactory(), 1, 2)
    first, second = GlobalEvent.objects.order_by("position")
    with streams.connect() as client:
        tails = streams.append(client, [first], {})

        with pytest.raises(streams.TailMoved):
            streams.append(client, [second], {})
        streams.append(client, [second], tails)

    assert in_stream(own_redis) == written()
