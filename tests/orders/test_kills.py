"""Buyers that are killed in the middle of whatever they do leave nothing half done.

SOKO_FULL=1 kills 50 times.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from catalog.models import ProductVariant, StockReservation
from catalog.services.stock import release_expired_stock
from config.environment import BASE_DIR
from orders.models import Order
from orders.services.checkout import PAYMENT_WINDOW, expire_checkouts
from shop.health import database_url
from tests.factories.catalog import ProductVariantFactory
from tests.factories.orders import DeliveryMethodFactory
from tests.orders.crowds import FULL, assert_stock_agrees, opening

KILLS = 50 if FULL else 3
PLENTY = 1_000_000
DEADLINE_S = 30
OTHERS = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid()
   AND backend_type = 'client backend'
"""


def kill_a_buyer(skus: Sequence[str]) -> None:
    """Start one, let it buy for a moment, and wait until PostgreSQL has noticed its death."""
    buyer = subprocess.Popen(
        [sys.executable, "-m", "tests.orders.kill_buyer", *skus],
        cwd=BASE_DIR,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": database_url(),
        },
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert buyer.stdout is not None
    assert buyer.stdout.readline() == b"ready\n"
    time.sleep(random.uniform(0.05, 0.6))
    assert buyer.poll() is None
    os.killpg(buyer.pid, signal.SIGKILL)
    buyer.wait()
    buyer.stdout.close()
    until = time.monotonic() + DEADLINE_S
    while _others():
        assert time.monotonic() < until
        time.sleep(0.02)


def _others() -> int:
    with connection.cursor() as cursor:
        cursor.execute(OTHERS)
        (count,) = cursor.fetchone()
    return int(count)


@pytest.mark.django_db(transaction=True)
def test_killed_buyers_leave_whole_orders_and_no_stock_held_for_ever():
    variants = [ProductVariantFactory(inventory_quantity=PLENTY) for _ in range(3)]
    for variant in variants:
        DeliveryMethodFactory(zone__shop=variant.product.shop)
    levels = opening(variants)

    for _ in range(KILLS):
        kill_a_buyer([variant.sku for variant in variants])
        assert_stock_agrees(levels)

    over = timezone.now() + PAYMENT_WINDOW
    while expire_checkouts(now=over):
        pass
    assert release_expired_stock(now=over + timedelta(seconds=1)) == 0
    assert Order.objects.exists()
    assert not StockReservation.objects.exists()
    assert not ProductVariant.objects.exclude(reserved_quantity=0).exists()
    assert_stock_agrees(levels)
