"""Many buyers at once, and what must be true of stock and orders whatever they did.

SOKO_FULL=1 in the environment runs the counts that are promised; without it a few do.
"""

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from catalog.models import ProductVariant
from orders.models import Cart, CartItem, Checkout, Order
from tests.orders.purchases import ADDRESS

FULL = os.environ.get("SOKO_FULL") == "1"
# PostgreSQL's own limit is the tests' too.
WORKERS = 12
# What each source says of a variant. What a refund leaves with the buyer is kept; what was
# taken out of an order is on the shelf again.
STORY = """
SELECT id, inventory_quantity, reserved_quantity,
       (SELECT coalesce(sum(quantity), 0) FROM stock_reservations
         WHERE variant_id = variant.id),
       (SELECT coalesce(sum(item.quantity), 0)
          FROM order_items AS item JOIN orders ON orders.id = item.order_id
         WHERE item.variant_id = variant.id AND orders.status = 'pending'),
       (SELECT coalesce(sum(adjustment), 0) FROM inventory_logs
         WHERE variant_id = variant.id),
       (SELECT coalesce(sum(item.quantity - item.removed_quantity), 0)
          FROM order_items AS item JOIN orders ON orders.id = item.order_id
         WHERE item.variant_id = variant.id
           AND orders.status NOT IN ('pending', 'cancelled')),
       (SELECT coalesce(sum(line.quantity), 0)
          FROM order_return_items AS line
          JOIN order_items AS item ON item.id = line.order_item_id
         WHERE item.variant_id = variant.id AND line.restocked)
  FROM product_variants AS variant
 WHERE id = ANY(%s)
"""


def at_once(
    action: Callable[[Any], Any], arguments: Sequence[Any], workers: int = WORKERS
) -> list[Any]:
    """Call the action with each argument, in threads with a connection each.

    Returns what came of each, in the order of the arguments: an answer or an exception.
    """
    results: list[Any] = [None] * len(arguments)
    left: SimpleQueue[int] = SimpleQueue()
    for place in range(len(arguments)):
        left.put(place)
    start = threading.Barrier(workers)

    def work() -> None:
        start.wait()
        try:
            while True:
                place = left.get_nowait()
                try:
                    results[place] = action(arguments[place])
                except Exception as error:  # noqa: BLE001 - the test looks at it
                    results[place] = error
        except Empty:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def crowd(
    count: int,
    wanted: Sequence[Mapping[ProductVariant, int]],
    *,
    now: datetime,
    coupons: Sequence[str] = (),
) -> list[UUID]:
    """Ids of checkouts of so many guests that only wait for their yes, by bulk.

    wanted: what the carts hold, in turn.
    """
    carts = [
        Cart(
            session_id=uuid4().hex,
            currency="USD",
            coupon_codes=list(coupons),
            expires_at=now + timedelta(days=1),
        )
        for _ in range(count)
    ]
    Cart.objects.bulk_create(carts)
    CartItem.objects.bulk_create(
        CartItem(cart=cart, variant=variant, quantity=units, added_price=variant.price)
        for place, cart in enumerate(carts)
        for variant, units in wanted[place % len(wanted)].items()
    )
    checkouts = [
        Checkout(
            cart=cart,
            email=f"buyer{place}@example.com",
            shipping_address=ADDRESS,
            currency="USD",
        )
        for place, cart in enumerate(carts)
    ]
    Checkout.objects.bulk_create(checkouts)
    return [checkout.pk for checkout in checkouts]


def kinds(results: Iterable[Any]) -> Counter[str]:
    """How often each kind of answer came: `list`, `OutOfStock`, `OperationalError` …"""
    return Counter(type(result).__name__ for result in results)


def opening(variants: Iterable[ProductVariant]) -> dict[UUID, int]:
    """Levels before anybody bought; `assert_stock_agrees` starts from them."""
    return {variant.pk: variant.inventory_quantity for variant in variants}


def assert_stock_agrees(levels: Mapping[UUID, int]) -> None:
    """Levels, promises, ledger, orders and items tell one story."""
    empty = Order.objects.filter(items=None).values_list("order_number", flat=True)
    assert list(empty) == []
    with connection.cursor() as cursor:
        cursor.execute(STORY, [list(levels)])
        rows = cursor.fetchall()
    assert len(rows) == len(levels)
    for variant_id, level, reserved, promised, waiting, moved, kept, restocked in rows:
        assert reserved == promised == waiting
        assert level == levels[variant_id] + moved
        assert moved == restocked - kept
        assert 0 <= reserved <= level
