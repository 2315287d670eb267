"""What the numbers cost: the dashboard, a rebuilt bucket, and the marks on the way in.

    python -m benchmarks.rollups [--runs N] [--rows N]

Reads the database of DATABASE_URL, which should hold sales that are rolled up; what it writes
it rolls back. Prints medians in milliseconds and, because machines differ, their ratio to
something bare in the same run: for pages a view that asks the database for 1, for buckets a
`SELECT 1` over the same connection, for the marks bulk inserts without the triggers.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from itertools import product
from typing import Any

import django

SETTLE = 3
OWN_CACHE = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
# Pages name their static files plainly, as nothing need be collected for this.
STATIC = "django.contrib.staticfiles.storage.StaticFilesStorage"
STORAGES = {"staticfiles": {"BACKEND": STATIC}}
TABLES = ("sales_metrics", "shop_metrics_daily", "sales_aggregates_daily")
ORDERS = """
INSERT INTO orders (order_number, shop_id, customer_id, currency, event_time)
SELECT 'benchmark-' || n, shop.id, customer.id, shop.currency,
       now() - n * interval '1 minute' / 20
  FROM generate_series(1, %(rows)s) AS n,
       (SELECT id, currency FROM shops LIMIT 1) AS shop,
       (SELECT id FROM customers LIMIT 1) AS customer
"""
ITEMS = """
INSERT INTO order_items (order_id, product_id, name, quantity, price)
SELECT orders.id, product.id, 'benchmark', 1, 10
  FROM orders, (SELECT id FROM products LIMIT 1) AS product
 WHERE orders.order_number LIKE 'benchmark-%%'
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--rows", type=int, default=20_000)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    bare = measure(select_one, options.runs)
    print(f"SELECT 1: {bare:.2f} ms")
    dashboard_pages(options.runs)
    buckets(bare)
    marks(options.rows)
    return 0


def measure(work: Callable[[], Any], runs: int) -> float:
    """The median in milliseconds, after a few runs that are not counted."""
    taken = []
    for _ in range(SETTLE + runs):
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken[SETTLE:])


def measure_turns(
    *works: tuple[Callable[[], Any], Callable[[], Any]], runs: int
) -> list[float]:
    """The medians of several works in turns, so that a busy moment meets all of them.

    Each is a pair: what comes before it and is not counted, and the work.
    """
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(SETTLE + runs):
        for (prepare, work), times in zip(works, taken, strict=True):
            prepare()
            start = time.perf_counter()
            work()
            times.append((time.perf_counter() - start) * 1000)
    return [statistics.median(times[SETTLE:]) for times in taken]


def nothing() -> None:
    """Before a work that needs no preparation."""


def select_one() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()


# ------------------------------------------------------------------ the dashboard
def dashboard_pages(runs: int) -> None:
    """The page as the server makes it, with figures that are new and figures that are kept.

    Beside each stands the bare view of the same run, turn by turn: `/health/` asks the
    database for 1 behind the same middleware.
    """
    from django.core.cache import caches
    from django.db import connection, transaction
    from django.test import Client
    from django.test.utils import override_settings

    from analytics.queries.market import selling_currencies
    from users.models import User

    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT count(*) FROM {table}")
            print(f"{table}: {cursor.fetchone()[0]} rows")
    own = override_settings(CACHES={"default": OWN_CACHE}, STORAGES=STORAGES)
    with transaction.atomic(), own:
        operator = User.objects.create(
            email="benchmark@example.com",
            email_hash="benchmark",
            is_staff=True,
            is_superuser=True,
        )
        client = Client(headers={"host": "127.0.0.1"})
        client.force_login(operator, "users.backends.RoleBackend")

        def view() -> None:
            assert client.get("/health/").status_code == 200

        def forget() -> None:
            # The cache is this benchmark's own; a session that was in it is read again.
            caches["default"].clear()

        for currency in selling_currencies():
            for chosen, compare in product(("30", "year", "all"), ("before", "year")):
                asked = {
                    "range": chosen,
                    "compare": compare,
                    "currency": currency.code,
                }

                def page(asked: dict[str, str] = asked) -> None:
                    answer = client.get("/admin/", asked)
                    assert answer.status_code == 200, answer.status_code

                bare, cold, warm = measure_turns(
                    (nothing, view), (forget, page), (nothing, page), runs=runs
                )
                print(
                    f"dashboard {currency.code} {chosen}, compared with {compare}:"
                    f" new figures {cold:.1f} ms ({cold / bare:.0f} × a bare view),"
                    f" kept ones {warm:.1f} ms ({warm / bare:.0f} ×)"
                )
        transaction.set_rollback(True)


# ------------------------------------------------------------------ the rollups
def buckets(bare: float) -> None:
    """One hour, one day and one month of each rollup, the busiest there are."""
    from django.db import connection, transaction

    from analytics.rollups import ROLLUPS, delete_rows, write_rows

    for rollup in ROLLUPS.values():
        for span in (rollup.grain, "month"):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT date_trunc(%s, event_time, 'UTC') AS start, count(*),"
                    " date_trunc(%s, event_time, 'UTC') + %s::interval"
                    " FROM orders GROUP BY 1, 3 ORDER BY 2 DESC LIMIT 1",
                    [span, span, f"1 {span}"],
                )
                start, orders, end = cursor.fetchone()
            with transaction.atomic():
                begin = time.perf_counter()
                delete_rows(rollup, start, end)
                rows = write_rows(rollup, start, end, into=rollup.table)
                taken = (time.perf_counter() - begin) * 1000
                transaction.set_rollback(True)
            print(
                f"{rollup.name}, one {span} of {orders} orders: {rows} rows in"
                f" {taken:.0f} ms ({taken / bare:.0f} ×)"
            )


# ------------------------------------------------------------------ the marks
def marks(rows: int) -> None:
    """Bulk inserts with the triggers that leave the dirty marks, and without."""
    from django.db import connection, transaction

    taken: dict[tuple[str, bool], list[float]] = {}
    for run in range(6):
        is_marked = run % 2 == 0
        with transaction.atomic(), connection.cursor() as cursor:
            if not is_marked:
                for table in ("orders", "order_items"):
                    cursor.execute(
                        f"ALTER TABLE {table} DISABLE TRIGGER mark_rollups_insert"
                    )
            for name, statement in (("orders", ORDERS), ("order_items", ITEMS)):
                begin = time.perf_counter()
                cursor.execute(statement, {"rows": rows})
                seconds = time.perf_counter() - begin
                taken.setdefault((name, is_marked), []).append(seconds)
            transaction.set_rollback(True)
    for name in ("orders", "order_items"):
        marked, bare = min(taken[name, True]), min(taken[name, False])
        print(
            f"{rows} {name} in one statement: {marked * 1000:.0f} ms with marks,"
            f" {bare * 1000:.0f} ms without ({marked / bare:.2f} ×)"
        )


if __name__ == "__main__":
    sys.exit(main())
