"""How fast events are relayed, and what the look for work costs beside many old ones.

    python -m benchmarks.events [--published N] [--events N]

Works in a database of its own, `<name>_benchmark_events`, made beside the one in DATABASE_URL
and dropped at the end, and in the streams of REDIS_URL, which it writes to. Prints the seconds
of an idle relay (median of many) with an empty outbox and beside N published events over the
partitions of four months, the plan of the look for work, and events/s with no receiver, and
with two that each write a row.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

IDLE_RUNS = 30
DAYS = 120
CHUNK = 500_000
# Two thirds of the rows in the week of hourly children, as a growing shop has them.
FILL = """
INSERT INTO global_events (event_time, event_type, stream, entity_id, entity_type,
                           published_at)
SELECT now() - CASE WHEN n %% 3 = 0 THEN random() * %(long)s ELSE random() * %(short)s END,
       'benchmark.run', 'analytics_events', uuidv7(), 'shop', now()
  FROM generate_series(1, %(rows)s) AS n
"""


def main() -> int:
    options = _options()
    name = _make_database()
    try:
        _measure(options)
    finally:
        from django.db import connection

        connection.close()
        _run_elsewhere(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--published", type=int, default=10_000_000)
    parser.add_argument("--events", type=int, default=5_000)
    return parser.parse_args()


def _make_database() -> str:
    """A migrated database of our own; Django is set up on it. Returns its name."""
    from config.settings import env

    name = f"{urlsplit(env.database_url).path.lstrip('/')}_benchmark_events"
    _run_elsewhere(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    _run_elsewhere(f'CREATE DATABASE "{name}"')
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = name
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    return name


def _run_elsewhere(statement: str) -> None:
    from config.settings import env

    parts = urlsplit(env.database_url)
    with psycopg.connect(urlunsplit(parts), autocommit=True) as direct:
        direct.execute(statement)


def _measure(options: argparse.Namespace) -> None:
    from django.utils import timezone

    from shop.events.work import explain_batch
    from shop.models import GlobalEvent
    from shop.partitions.children import children_of
    from shop.partitions.ranges import ensure_range

    now = timezone.now()
    ensure_range(GlobalEvent, now - timedelta(days=DAYS), now + timedelta(days=2))
    _say("partitions", len(children_of(GlobalEvent)))
    _say("idle relay, empty outbox", f"{_idle_ms():.1f} ms")
    _fill(options.published)
    _say("published events", f"{options.published:,}")
    _say("idle relay", f"{_idle_ms():.1f} ms")
    _say("events/s without receivers", f"{_rate(options.events):,.0f}")
    _declare_receivers()
    _say("events/s with two receivers", f"{_rate(options.events):,.0f}")
    _say("idle relay after that", f"{_idle_ms():.1f} ms")
    plan = explain_batch("ANALYZE, SUMMARY")
    lines = plan.splitlines()
    _say("look for work", "; ".join(line.strip() for line in lines[-2:]))
    _say("parts read by seq scan", sum("Seq Scan on global" in row for row in lines))


def _idle_ms() -> float:
    from shop.events.relay import relay

    times = []
    for _ in range(IDLE_RUNS):
        start = time.perf_counter()
        relay()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def _fill(rows: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for start in range(0, rows, CHUNK):
            facts: dict[str, Any] = {
                "rows": min(CHUNK, rows - start),
                "long": timedelta(days=DAYS),
                "short": timedelta(days=7),
            }
            cursor.execute(FILL, facts)
        cursor.execute("VACUUM ANALYZE global_events")


def _declare_receivers() -> None:
    from django.db import connection

    from shop.events import receives

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE benchmark_effects (event_id uuid)")

    def write(event: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO benchmark_effects VALUES (%s)", [event.id])

    def write_too(event: Any) -> None:
        write(event)

    receives(_event_class())(write)
    receives(_event_class())(write_too)


def _event_class() -> Any:
    from shop.events import Event, Stream

    class BenchmarkRun(Event):
        type = "benchmark.run"
        stream = Stream.ANALYTICS

    return BenchmarkRun


def _rate(events: int) -> float:
    """Events a second, over distinct entities."""
    from django.db import transaction
    from django.utils import timezone

    from shop.events import publish_many
    from shop.events.relay import relay
    from shop.ids import uuid7
    from shop.models import Shop

    event_class = _event_class()
    with transaction.atomic():
        publish_many(
            event_class.about(Shop(id=uuid7()), at=timezone.now())
            for _ in range(events)
        )
    start = time.perf_counter()
    done = 0
    while handed_on := relay():
        done += handed_on
    assert done == events, (done, events)
    return events / (time.perf_counter() - start)


def _say(what: str, value: object) -> None:
    print(f"{what:<32}{value}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
