"""How many checkouts a second are placed and paid, and whether a coupon without limit costs.

    python -m benchmarks.checkout [--checkouts N] [--buyers N] [--rounds N]

Works in a database of its own, `<name>_benchmark_checkout`, made beside the one in DATABASE_URL
and dropped at the end. Every cart has items of two shops, of which one is the same for all.
Buyers are processes; a round quotes, places and pays N checkouts without a coupon, and N with
one that everybody uses. Prints orders/s of each round, their medians, the ratio (1 would be
for nothing), and the statements of one purchase.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import statistics
import sys
import time
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import psycopg

SHOPS, VARIANTS = 12, 25
PLENTY = 10_000_000
CODE = "EVERYBODY"
ADDRESS = {"country": "KE", "last_name": "Buyer", "address1": "1 Street", "city": "X"}


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
    parser.add_argument("--checkouts", type=int, default=100)
    parser.add_argument("--buyers", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=20)
    return parser.parse_args()


def _make_database() -> str:
    """A migrated database of our own; Django is set up on it. Returns its name."""
    from config.settings import env

    name = f"{urlsplit(env.database_url).path.lstrip('/')}_benchmark_checkout"
    _run_elsewhere(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    _run_elsewhere(f'CREATE DATABASE "{name}"')
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = name
    # Buyers are forks of this process; a pool's threads would not follow them.
    settings.DATABASES["default"]["OPTIONS"].pop("pool", None)
    settings.CACHES["default"] = {
        "BACKEND": "django.core.cache.backends.dummy.DummyCache"
    }
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    return name


def _run_elsewhere(statement: str) -> None:
    from config.settings import env

    with psycopg.connect(env.database_url, autocommit=True) as direct:
        direct.execute(statement)


def _measure(options: argparse.Namespace) -> None:
    variants = _fill()
    rates: dict[str, list[float]] = {"without": [], "with": []}
    _buy(_checkouts(variants, options.buyers * 10, ""), options.buyers)
    for place in range(options.rounds):
        kinds = ["without", "with"] if place % 2 else ["with", "without"]
        for kind in kinds:
            code = CODE if kind == "with" else ""
            ids = _checkouts(variants, options.checkouts, code)
            rate = _buy(ids, options.buyers)
            rates[kind].append(rate)
            _say(f"round {place + 1}, {kind} the coupon", f"{rate:.1f} orders/s")
    without, with_it = (statistics.median(rates[kind]) for kind in ("without", "with"))
    _say("median without", f"{without:.1f} orders/s")
    _say("median with", f"{with_it:.1f} orders/s")
    _say("with / without", f"{with_it / without:.3f}")
    for code in ("", CODE):
        placing, paying = _statements(_checkouts(variants, 1, code)[0])
        _say(
            f"statements {'with' if code else 'without'}", f"{placing} + {paying} paid"
        )


def _fill() -> list[list[Any]]:
    """The variants of each shop."""
    from django.utils import timezone

    from catalog.models import Product, ProductStatus, ProductVariant
    from orders.models import Coupon, DeliveryMethod, DeliveryZone, Promotion
    from shop.models import Shop, ShopStatus
    from users.models import User

    owner = User.objects.create_user("owner@example.com")
    filled = []
    for place in range(SHOPS):
        shop = Shop.objects.create(
            owner=owner,
            name=f"Shop {place}",
            slug=f"shop-{place}",
            currency="KES",
            status=ShopStatus.ACTIVE,
        )
        zone = DeliveryZone.objects.create(shop=shop, name="Everywhere")
        DeliveryMethod.objects.create(zone=zone, name="Post", price=Decimal(5))
        product = Product.objects.create(
            shop=shop,
            sku=f"P-{place}",
            name=f"Product {place}",
            slug=f"product-{place}",
            currency="KES",
            status=ProductStatus.ACTIVE,
        )
        filled.append(
            ProductVariant.objects.bulk_create(
                ProductVariant(
                    product=product,
                    shop=shop,
                    sku=f"V-{place}-{number}",
                    price=Decimal(10 + number),
                    inventory_quantity=PLENTY,
                )
                for number in range(VARIANTS)
            )
        )
    first = filled[0][0].shop
    promotion = Promotion.objects.create(
        shop=first,
        name="Everybody",
        value=Decimal(10),
        starts_at=timezone.now() - timedelta(days=1),
    )
    Coupon.objects.create(promotion=promotion, shop=first, code=CODE)
    return filled


def _checkouts(variants: list[list[Any]], count: int, code: str) -> list[UUID]:
    """Ids of checkouts that only wait for their buyers' yes."""
    from django.utils import timezone

    from orders.models import Cart, CartItem, Checkout

    carts = [
        Cart(
            session_id=uuid4().hex,
            currency="KES",
            coupon_codes=[code] if code else [],
            expires_at=timezone.now() + timedelta(days=1),
        )
        for _ in range(count)
    ]
    Cart.objects.bulk_create(carts)
    items = []
    for cart in carts:
        other = random.randrange(1, SHOPS)
        chosen = [random.choice(variants[0]), *random.sample(variants[other], 2)]
        items += [
            CartItem(cart=cart, variant=one, quantity=1, added_price=one.price)
            for one in chosen
        ]
    CartItem.objects.bulk_create(items)
    checkouts = [
        Checkout(
            cart=cart,
            email=f"{cart.session_id}@example.com",
            shipping_address=ADDRESS,
            currency="KES",
        )
        for cart in carts
    ]
    Checkout.objects.bulk_create(checkouts)
    return [checkout.pk for checkout in checkouts]


def _buy(ids: list[UUID], buyers: int) -> float:
    """Orders a second, by so many processes."""
    from django.db import connection

    connection.close()
    context = multiprocessing.get_context("fork")
    with context.Pool(buyers) as pool:
        pool.map(_ready, range(buyers))
        start = time.perf_counter()
        placed = sum(pool.imap_unordered(_purchase, ids, chunksize=4))
        return placed / (time.perf_counter() - start)


def _ready(_: int) -> None:
    from django.db import connection

    connection.ensure_connection()


def _purchase(checkout_id: UUID) -> int:
    """Quote, place and pay; the number of orders."""
    from django.utils import timezone

    from orders.queries import checkout_view
    from orders.services.checkout import place_orders
    from orders.services.orders import mark_paid

    now = timezone.now()
    agreed = checkout_view(checkout_id=checkout_id, now=now).quote.hash
    place_orders(checkout_id=checkout_id, quote_hash=agreed, now=now)
    return len(mark_paid(checkout_id=checkout_id, now=now))


def _statements(checkout_id: UUID) -> tuple[int, int]:
    """Of placing and of paying one checkout of two shops."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from orders.queries import checkout_view
    from orders.services.checkout import place_orders
    from orders.services.orders import mark_paid

    now = timezone.now()
    agreed = checkout_view(checkout_id=checkout_id, now=now).quote.hash
    with CaptureQueriesContext(connection) as placing:
        place_orders(checkout_id=checkout_id, quote_hash=agreed, now=now)
    with CaptureQueriesContext(connection) as paying:
        mark_paid(checkout_id=checkout_id, now=now)
    return len(placing), len(paying)


def _say(what: str, value: object) -> None:
    print(f"{what:<32}{value}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
