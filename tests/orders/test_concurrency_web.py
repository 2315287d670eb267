"""Many buyers at a running store of two processes, and its processes killed as they buy.

The race fails without the row locks of `catalog.services.stock`.
"""

import random
import threading
import time
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.db.models import F, Sum
from django.utils import timezone

from catalog.models import InventoryLog, ProductVariant, StockReservation
from catalog.services.stock import release_expired_stock
from orders.models import Checkout, CheckoutStatus, Order, OrderStatus
from orders.services.checkout import PAYMENT_WINDOW, expire_checkouts
from payments.models import Payment, PaymentStatus, SimulatedCharge
from payments.services.settling import AGE, settle_open_payments
from tests.factories.catalog import ProductVariantFactory
from tests.factories.orders import DeliveryMethodFactory
from tests.orders.crowds import (
    FULL,
    assert_stock_agrees,
    at_once,
    crowd,
    opening,
)
from tests.orders.web import (
    DEADLINE_S,
    QUOTE,
    THANKS,
    Browser,
    Served,
    Shopper,
    kill_a_worker,
    served,
)

pytestmark = pytest.mark.django_db(transaction=True)
SHOPPERS = 6
KILLS = 50 if FULL else 3
PLENTY = 1_000_000


def variant(units: int) -> ProductVariant:
    made = ProductVariantFactory(inventory_quantity=units)
    DeliveryMethodFactory(zone__shop=made.product.shop)
    return made


# ------------------------------------------------------------------ one unit each
@pytest.mark.parametrize("token", ["approve", "require_action"])
def test_as_many_buyers_as_units_get_one_and_the_others_are_told(token):
    units, buyers = (50, 400) if FULL else (10, 60)
    mug = variant(units)
    checkouts = crowd(buyers, [{mug: 1}], now=timezone.now())
    tokens = dict(Checkout.objects.values_list("pk", "cart__session_id"))

    with served() as shop:

        def browser(checkout_id: UUID) -> Browser:
            return Browser(shop.port, token=tokens[checkout_id])

        # The cart is the same for all, and so is what they agree to.
        page = browser(checkouts[0]).get(f"/pay/{checkouts[0]}/")
        agreed = QUOTE.search(page.text)[1]

        def click(checkout_id: UUID) -> str:
            mine = browser(checkout_id)
            sent = {"quote": agreed, "method": f"test:{token}"}
            answer = mine.post(f"/pay/{checkout_id}/", **sent)
            if answer.status != 302:
                return str(answer.status)
            return told(mine.get(answer.where).text)

        said = Counter(map(str, at_once(click, checkouts, workers=buyers)))

    sold = token == "approve"
    assert said == {"thanks" if sold else "bank": units, "sold out": buyers - units}
    mug.refresh_from_db()
    held = StockReservation.objects.aggregate(sum=Sum("quantity"))["sum"] or 0
    assert (mug.inventory_quantity, mug.reserved_quantity, held) == (
        (0, 0, 0) if sold else (units, units, units)
    )
    assert Order.objects.count() == units
    assert set(Order.objects.values_list("status", flat=True)) == {
        OrderStatus.PROCESSING if sold else OrderStatus.PENDING
    }
    assert not InventoryLog.objects.filter(new_quantity__lt=0).exists()
    assert_stock_agrees({mug.pk: units})
    over = timezone.now() + PAYMENT_WINDOW
    assert expire_checkouts(now=over) == (0 if sold else units)
    mug.refresh_from_db()
    assert mug.reserved_quantity == 0
    assert_stock_agrees({mug.pk: units})


def told(page: str) -> str:
    signs = {THANKS: "thanks", "is sold out": "sold out", 'name="decision"': "bank"}
    return next((name for sign, name in signs.items() if sign in page), page)


# ------------------------------------------------------------------ killed
def test_killed_web_processes_lose_no_order_no_stock_and_no_money():
    variants = [variant(PLENTY) for _ in range(3)]
    levels, ids = opening(variants), [one.pk for one in variants]
    stop, finished = threading.Event(), []
    shoppers: list[Shopper] = []

    def shop_on(server: Served) -> None:
        while not stop.is_set():
            shopper = Shopper(server.port)
            shoppers.append(shopper)
            shopper.buy(random.sample(ids, 2), walks_away=random.random() < 0.2)
            finished.append(shopper)

    with served() as server:

        def work(place: int) -> None:
            # The last place is the killer's.
            try:
                if place < SHOPPERS:
                    shop_on(server)
                else:
                    kill(server, shoppers, levels)
            finally:
                stop.set()

        results = at_once(work, range(SHOPPERS + 1), workers=SHOPPERS + 1)

    assert results == [None] * (SHOPPERS + 1)
    assert sum(shopper.broken for shopper in shoppers) >= KILLS
    bought = [shopper.checkout_id for shopper in finished if shopper.has_bought]
    states = Checkout.objects.filter(pk__in=bought).values_list("status", flat=True)
    assert set(states) == {CheckoutStatus.PAID}
    assert len(states) == len(bought) == len(set(bought))
    assert_nothing_is_left_over(levels)


def kill(server: Served, shoppers: list[Shopper], levels: dict[UUID, int]) -> None:
    """One process after the other; a kill counts when a page broke off by it."""

    def broken() -> int:
        return sum(shopper.broken for shopper in list(shoppers))

    for _ in range(KILLS):
        before, give_up_at = broken(), time.monotonic() + DEADLINE_S
        while broken() == before:
            assert time.monotonic() < give_up_at
            time.sleep(random.uniform(0.05, 0.6))
            kill_a_worker(server)
            time.sleep(0.05)
        assert_stock_agrees(levels)


def assert_nothing_is_left_over(levels: dict[UUID, int]) -> None:
    """When the time of all is over, what was begun is either paid or gone."""
    over = timezone.now() + PAYMENT_WINDOW + AGE
    while settle_open_payments(now=over):
        pass
    while expire_checkouts(now=over):
        pass
    assert release_expired_stock(now=over + timedelta(seconds=1)) == 0
    assert not StockReservation.objects.exists()
    assert not ProductVariant.objects.exclude(reserved_quantity=0).exists()
    assert not Order.objects.filter(items=None).exists()
    assert_stock_agrees(levels)
    # The gateway has taken what the paid orders cost, and each once.
    charges = SimulatedCharge.objects.filter(state=SimulatedCharge.State.CAPTURED)
    given = sum(
        (Decimal(one) for charge in charges for one in charge.refunds.values()),
        Decimal(0),
    )
    paid = Payment.objects.filter(
        status__in=[
            PaymentStatus.SUCCEEDED,
            PaymentStatus.PARTIALLY_REFUNDED,
            PaymentStatus.REFUNDED,
        ]
    ).aggregate(sum=Sum("amount"))["sum"]
    assert charges.aggregate(sum=Sum("amount"))["sum"] == paid
    kept = Order.objects.filter(status=OrderStatus.PROCESSING).aggregate(
        sum=Sum(F("total_price") - F("total_refunded"))
    )
    assert paid - given == kept["sum"]
