"""Checkouts as they stand when they wait for their payment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from django.db import transaction

from catalog.services.stock import reserve_stock
from orders.models import (
    Checkout,
    CheckoutStatus,
    FinancialStatus,
    Order,
    OrderStatus,
)
from payments.queries import PaymentOutcome
from payments.services.payments import start_payment
from tests.factories.catalog import ProductVariantFactory
from tests.factories.orders import (
    NOON,
    CheckoutFactory,
    OrderFactory,
    OrderItemFactory,
)
from tests.factories.shop import ShopFactory

BACK = "/pay/back/"
LATER = NOON + timedelta(minutes=5)
WINDOW = timedelta(minutes=15)
AFTER = NOON + timedelta(minutes=30)


@transaction.atomic
def placed_checkout(
    *prices: str,
    stock: int = 5,
    currency: str = "USD",
    included_tax: str = "0.00",
    rates: Sequence[str] = (),
) -> Checkout:
    """One order a price, each of a shop of its own, one unit of a reserved variant each.

    rates: the shops' commission; 0.1000 where none is named.
    """
    prices = prices or ("10.00",)
    checkout = CheckoutFactory(
        currency=currency,
        total_price=sum(map(Decimal, prices)),
        status=CheckoutStatus.AWAITING_PAYMENT,
        expires_at=NOON + WINDOW,
    )
    quantities = {}
    for place, price in enumerate(prices):
        rate = rates[place] if place < len(rates) else "0.1000"
        shop = ShopFactory(currency=currency, commission_rate=Decimal(rate))
        order = OrderFactory(
            checkout=checkout,
            shop=shop,
            status=OrderStatus.PENDING,
            financial_status=FinancialStatus.PENDING,
            subtotal_price=Decimal(price),
            included_tax=Decimal(included_tax),
        )
        variant = ProductVariantFactory(
            product__shop=shop, price=Decimal(price), inventory_quantity=stock
        )
        OrderItemFactory(order=order, variant=variant, price=Decimal(price))
        quantities[variant.pk] = 1
    reserve_stock(
        checkout_id=checkout.pk,
        quantities=quantities,
        expires_at=checkout.expires_at,
        now=NOON,
    )
    return checkout


def pay(checkout: Checkout, token: str = "approve", **more) -> PaymentOutcome:
    asked = {"gateway": "test", "return_url": BACK, "now": LATER, **more}
    return start_payment(checkout_id=checkout.pk, token=token, **asked)


def paid_order(price: str = "10.00", **more) -> Order:
    checkout = placed_checkout(price, **more)
    pay(checkout)
    return checkout.orders.get()
