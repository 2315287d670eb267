"""1,000 events while the worker and Redis are killed at random: nothing lost or doubled."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import pytest
from celery import Celery
from django.db import close_old_connections, connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from config.environment import BASE_DIR
from shop.events import publish
from shop.health import database_url
from shop.models import EventDelivery, GlobalEvent, Shop, Stream
from tests.factories.shop import ShopFactory
from tests.shop.event_helpers import OwnRedis
from tests.shop.kill_receivers import CounterMoved, CounterSeen

EVENTS, ENTITIES, WRITERS = 1000, 50, 4
RECEIVERS = ("steady", "flaky")
EFFECTS = EVENTS * len(RECEIVERS)
LONGEST_CHANGE_S = 0.02
POLL_S = 0.05
DEADLINE_S = 120


class Worker:
    """A real Celery worker in a process group of its own."""

    def __init__(self, redis_url: str, log: Path) -> None:
        self.log = log
        self.environ = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": database_url(),
            "REDIS_URL": redis_url,
        }
        self.start()

    def start(self) -> None:
        with self.log.open("a") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.shop.kill_worker"],
                cwd=BASE_DIR,
                env=self.environ,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def lives(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        # The pool's processes too, as when a machine goes; none may be left.
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def workers(own_redis: OwnRedis, tmp_path: Path) -> Iterator[list[Worker]]:
    pair = [Worker(own_redis.url, tmp_path / f"worker-{n}.log") for n in range(2)]
    yield pair
    for worker in pair:
        worker.kill()


@pytest.fixture
def effects(transactional_db: None) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE kill_effects (number bigserial, receiver text,"
            " event_id uuid, entity_id uuid, step int)"
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE kill_effects")


def write_events(
    shops: list[UUID], count: int, seed: int, stop: threading.Event
) -> None:
    """Each event tells of a step of a shop's counter, under the lock of its row."""
    chance = random.Random(seed)
    try:
        for _ in range(count):
            if stop.is_set():
                return
            with transaction.atomic():
                number = chance.randrange(len(shops))
                shop = Shop.objects.select_for_update().get(pk=shops[number])
                shop.review_count += 1
                shop.save(update_fields=["review_count"])
                event_class = (CounterMoved, CounterSeen)[number % 2]
                data = {"step": shop.review_count}
                publish(event_class, entity=shop, at=timezone.now(), data=data)
                # Positions are taken in another order than they are committed.
                time.sleep(chance.random() * LONGEST_CHANGE_S)
    finally:
        close_old_connections()
        connection.close()


def rows(query: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def mishaps(chance: random.Random, own_redis: OwnRedis, workers: list[Worker]):
    """(after so many effects, what happens then), in order."""

    def kill_worker() -> None:
        worker = chance.choice(workers)
        worker.kill()
        worker.start()

    happenings: list[Callable[[], object]] = [
        *([kill_worker] * 6),
        lambda: own_redis.restart_hard(lose_data=False),
        lambda: own_redis.restart_hard(lose_data=False),
        lambda: own_redis.restart_hard(lose_data=True),
        lambda: own_redis.client().flushall(),
    ]
    chance.shuffle(happenings)
    moments = sorted(chance.sample(range(20, int(EFFECTS * 0.95)), len(happenings)))
    return list(zip(moments, happenings, strict=True))


def tick(app: Celery) -> None:
    """As beat does; a Redis that is away loses the tick."""
    try:
        app.send_task("shop.tasks.relay_events", expires=5, retry=False)
    except BrokerError:
        app.pool.force_close_all()


def test_random_kills_lose_and_double_nothing(effects, own_redis, workers):
    seed = int(os.environ.get("SOKO_SEED") or random.randrange(2**32))
    print(f"SOKO_SEED={seed}")
    chance = random.Random(seed)
    shops = [ShopFactory().pk for _ in range(ENTITIES)]
    app = Celery(set_as_current=False, broker=own_redis.url)
    app.conf.broker_transport_options = {
        "global_keyprefix": "soko:",
        "socket_timeout": 5,
    }
    stop = threading.Event()
    writers = [
        threading.Thread(
            target=write_events, args=(shops, EVENTS // WRITERS, seed + number, stop)
        )
        for number in range(WRITERS)
    ]
    due = mishaps(chance, own_redis, workers)

    for writer in writers:
        writer.start()
    try:
        until_all_is_published(app, own_redis, workers, due)
    finally:
        # A test that failed must not go on writing into the next one.
        stop.set()
        for writer in writers:
            writer.join()
    app.close()

    events = dict(GlobalEvent.objects.values_list("event_id", "data__step"))
    assert len(events) == EVENTS
    assert_effects_once_and_in_order(events)
    assert_streams_whole_and_in_order(own_redis, events)
    assert not EventDelivery.objects.exists()


def until_all_is_published(
    app: Celery,
    own_redis: OwnRedis,
    workers: list[Worker],
    due: list[tuple[int, Callable[[], object]]],
) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while True:
        tick(app)
        [(done,)] = rows("SELECT count(*) FROM kill_effects")
        while due and done >= due[0][0]:
            due.pop(0)[1]()
        published = GlobalEvent.objects.filter(published_at__isnull=False).count()
        # A wipe behind the last event is mended by the next run.
        if published == EVENTS and not due and len(in_streams(own_redis)) == EVENTS:
            break
        assert time.monotonic() < deadline and all(map(Worker.lives, workers)), (
            f"{published} published, {done} effects, {len(due)} mishaps to come\n"
            + "\n".join(worker.log.read_text()[-2000:] for worker in workers)
        )
        time.sleep(POLL_S)


def assert_effects_once_and_in_order(events: dict[UUID, int]) -> None:
    found = rows(
        "SELECT receiver, event_id, entity_id, step FROM kill_effects ORDER BY number"
    )
    times = Counter((receiver, event_id) for receiver, event_id, _, _ in found)
    steps = defaultdict(list)
    for receiver, _, entity_id, step in found:
        steps[receiver, entity_id].append(step)

    assert times == {(name, event_id): 1 for name in RECEIVERS for event_id in events}
    assert steps == {key: sorted(values) for key, values in steps.items()}


def in_streams(own_redis: OwnRedis) -> dict[UUID, str]:
    """Event -> entity, by first occurrence."""
    client = own_redis.client()
    found: dict[UUID, str] = {}
    for name in Stream.values:
        for _, entry in client.xrange(name):
            found.setdefault(UUID(entry["id"]), entry["entity_id"])
    return found


def assert_streams_whole_and_in_order(
    own_redis: OwnRedis, events: dict[UUID, int]
) -> None:
    steps = defaultdict(list)
    found = in_streams(own_redis)
    for event_id, entity_id in found.items():
        steps[entity_id].append(events[event_id])

    assert set(found) == set(events)
    assert steps == {key: sorted(values) for key, values in steps.items()}
