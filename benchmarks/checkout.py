"""How many checkouts a second are placed and paid, and whether a coupon without limit costs.

    python -m benchmarks.checkout [--checkouts N] [--buyers N] [--rounds N]

Works in a database of its own, `<name>_benchmark_checkout`, made beside the one in DATABASE_URL
and dropped at the end. Every cart has items of two shops, of which one is the same for all.
Buyers are processes that stay; a round quotes, places and pays N checkouts without a coupon,
and the same carts with one that everybody uses, in turns first and last. Rounds are short, so
that what else the machine does falls on both. Prints the medians of orders/s, the median of
the rounds' ratios (1 would be for nothing) with its middle half, and the statements of one
purchase.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import statistics
import sys
import time
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from benchmarks.database import own_database

SHOPS, VARIANTS = 12, 25
PLENTY = 10_000_000
CODE = "EVERYBODY"
ADDRESS = {"country": "KE", "last_name": "Buyer", "address1": "1 Street", "city": "X"}


def main() -> int:
    options = _options()
    with own_database("benchmark_checkout", forks=True):
        _measure(options)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkouts", type=int, default=40)
    parser.add_argument("--buyers", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=60)
    return parser.parse_args()


def _measure(options: argparse.Namespace) -> None:
    from django.db import connection

    variants = _fill()
    rates: dict[str, list[float]] = {"": [], CODE: []}
    connection.close()
    with multiprocessing.get_context("fork").Pool(options.buyers) as buyers:
        _round(buyers, variants, options.buyers * 10)
        for place in range(options.rounds):
            codes = ("", CODE) if place % 2 else (CODE, "")
            for code, rate in _round(buyers, variants, options.checkouts, codes):
                rates[code].append(rate)
    _say("median without", f"{statistics.median(rates['']):.1f} orders/s")
    _say("median with", f"{statistics.median(rates[CODE]):.1f} orders/s")
    ratios = [one / other for one, other in zip(rates[CODE], rates[""], strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    _say("with / without", f"{middle:.3f} ({low:.3f} to {high:.3f})")
    for code in ("", CODE):
        (checkout_id,) = _checkouts(_carts(variants, 1), code)
        counts = _statements(checkout_id)
        name = f"statements {'with' if code else 'without'}"
        _say(name, "{} to quote, {} to place, {} to pay".format(*counts))


def _round(
    buyers: Any,
    variants: list[list[Any]],
    count: int,
    codes: tuple[str, ...] = ("", CODE),
) -> list[tuple[str, float]]:
    """Orders a second of the same carts with each code."""
    carts = _carts(variants, count)
    rates = []
    for code in codes:
        ids = _checkouts(carts, code)
        start = time.perf_counter()
        placed = sum(buyers.imap_unordered(_purchase, ids, chunksize=2))
        rates.append((code, placed / (time.perf_counter() - start)))
    return rates


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


def _carts(variants: list[list[Any]], count: int) -> list[list[Any]]:
    """What so many buyers want."""
    carts = []
    for _ in range(count):
        other = random.randrange(1, SHOPS)
        carts.append([random.choice(variants[0]), *random.sample(variants[other], 2)])
    return carts


def _checkouts(wanted: list[list[Any]], code: str) -> list[UUID]:
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
        for _ in wanted
    ]
    Cart.objects.bulk_create(carts)
    CartItem.objects.bulk_create(
        CartItem(cart=cart, variant=one, quantity=1, added_price=one.price)
        for cart, chosen in zip(carts, wanted, strict=True)
        for one in chosen
    )
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


def _statements(checkout_id: UUID) -> tuple[int, int, int]:
    """Of quoting, placing and paying one checkout of two shops."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from orders.queries import checkout_view
    from orders.services.checkout import place_orders
    from orders.services.orders import mark_paid

    now = timezone.now()
    with CaptureQueriesContext(connection) as quoting:
        agreed = checkout_view(checkout_id=checkout_id, now=now).quote.hash
    with CaptureQueriesContext(connection) as placing:
        place_orders(checkout_id=checkout_id, quote_hash=agreed, now=now)
    with CaptureQueriesContext(connection) as paying:
        mark_paid(checkout_id=checkout_id, now=now)
    return len(quoting), len(placing), len(paying)


def _say(what: str, value: object) -> None:
    print(f"{what:<32}{value}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
