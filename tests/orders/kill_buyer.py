"""`python -m tests.orders.kill_buyer SKU ...` buys these for ever, until somebody kills it."""

import random
import sys

import django

django.setup()

from django.utils import timezone

from catalog.models import ProductVariant
from orders.queries import checkout_view
from orders.services.checkout import fail_checkout, place_orders
from orders.services.orders import cancel_order, mark_paid
from tests.orders.crowds import crowd

AT_ONCE = 10


def main() -> None:
    variants = list(ProductVariant.objects.filter(sku__in=sys.argv[1:]))
    print("ready", flush=True)
    while True:
        random.shuffle(variants)
        wanted = [{variant: random.randint(1, 3) for variant in variants[:2]}]
        for checkout_id in crowd(AT_ONCE, wanted, now=timezone.now()):
            buy(checkout_id)


def buy(checkout_id) -> None:
    now = timezone.now()
    seen = checkout_view(checkout_id=checkout_id, now=now).quote.hash
    orders = place_orders(checkout_id=checkout_id, quote_hash=seen, now=now)
    end = random.random()
    if end < 0.6:
        mark_paid(checkout_id=checkout_id, now=now)
    elif end < 0.8:
        fail_checkout(checkout_id=checkout_id, now=now)
    if 0.4 < end < 0.6:
        cancel_order(order_id=orders[0].pk, reason="", by=None, now=now)


main()
