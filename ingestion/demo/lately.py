"""The last days: purchases that went through the shop's own doors, from cart to return.

The year before them comes in as rows, as another system would bring it. These can be packed,
refunded and sent back, and have invoices.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from catalog.models import ProductStatus, ProductVariant
from ingestion.demo.accounts import DOMAIN, SHOPPER
from orders.models import Order
from orders.queries.checkout import checkout_view
from orders.services.cart import add_to_cart
from orders.services.checkout import (
    place_orders,
    set_address,
    set_contact,
    start_checkout,
)
from orders.services.orders import cancel_order, mark_delivered, ship_items
from orders.services.returns import request_return, withdraw
from payments.errors import GatewayUnavailable
from payments.services.payments import find_gateway, start_payment
from users.models import User

GATEWAY = "test"
CARRIER = "Royal Mail"
AN_HOUR = timedelta(hours=1)

Story = Callable[[Order, datetime], None]


@dataclass(frozen=True)
class Purchase:
    """hours: before the demo's start. goods: shop, and the place on its shelf. story: what
    became of it."""

    buyer: str
    hours: int
    goods: tuple[tuple[str, int], ...]
    address: dict[str, str]
    story: Story


def buy_lately(*, now: datetime) -> int:
    """How many purchases were made: none where they are there, or nobody can pay.

    Of the shops of `catalogue`, and in one transaction: all of them or none.
    """
    try:
        find_gateway(GATEWAY)
    except GatewayUnavailable:
        return 0
    with transaction.atomic():
        if Order.objects.filter(email=SHOPPER, checkout__cart__isnull=False).exists():
            return 0
        shelves = {shop: _shelf(shop) for shop in (KETTLE, CLOTHES)}
        for purchase in PURCHASES:
            _buy(purchase, shelves, now - purchase.hours * AN_HOUR)
    return len(PURCHASES)


def _buy(purchase: Purchase, shelves: dict[str, list[UUID]], at: datetime) -> None:
    user = User.objects.filter(email=purchase.buyer).first()
    user_id, token = (user.pk, "") if user else (None, purchase.buyer)
    for shop, place in purchase.goods:
        item = add_to_cart(
            user_id=user_id,
            token=token,
            variant_id=shelves[shop][place % len(shelves[shop])],
            quantity=1 + place % 2,
            now=at,
        )
    checkout_id = start_checkout(cart_id=item.cart_id, now=at).pk
    set_contact(checkout_id=checkout_id, email=purchase.buyer, now=at)
    set_address(checkout_id=checkout_id, shipping=purchase.address, now=at)
    view = checkout_view(checkout_id=checkout_id, now=at)
    orders = place_orders(checkout_id=checkout_id, quote_hash=view.quote.hash, now=at)
    start_payment(
        checkout_id=checkout_id,
        gateway=GATEWAY,
        token="approve",
        return_url="/",
        now=at,
    )
    for order in orders:
        purchase.story(order, at)


def _shelf(shop: str) -> list[UUID]:
    """Variants on sale, the fullest first: what the year left differs from demo to demo, and
    nobody's last unit is taken."""
    on_sale = ProductVariant.objects.filter(
        product__shop__slug=shop,
        product__status=ProductStatus.ACTIVE,
        is_active=True,
        inventory_quantity__gt=0,
    )
    fullest = on_sale.order_by("-inventory_quantity", "sku")
    return list(fullest.values_list("pk", flat=True))


# ------------------------------------------------------------------ what became of it
def waits(order: Order, at: datetime) -> None:
    """Nobody has packed it yet."""


def partly_sent(order: Order, at: datetime) -> None:
    first = order.items.order_by("id")[0]
    _ship(order, {first.pk: 1}, at + 5 * AN_HOUR)


def sent(order: Order, at: datetime) -> None:
    _ship(order, _all(order), at + 16 * AN_HOUR)


def arrived(order: Order, at: datetime) -> None:
    sent(order, at)
    mark_delivered(order_id=order.pk, now=at + 44 * AN_HOUR)


def asked_back(order: Order, at: datetime) -> None:
    arrived(order, at)
    item = order.items.order_by("id")[0]
    request_return(
        order_id=order.pk,
        quantities={item.pk: 1},
        reason="It arrived with a dent in its side.",
        by=order.user,
        now=at + 60 * AN_HOUR,
    )


def withdrawn(order: Order, at: datetime) -> None:
    arrived(order, at)
    withdraw(order_id=order.pk, now=at + 70 * AN_HOUR, by=order.user)


def called_off(order: Order, at: datetime) -> None:
    cancel_order(
        order_id=order.pk,
        reason="Ordered twice by mistake.",
        by=order.user,
        now=at + AN_HOUR,
    )


def _ship(order: Order, quantities: dict[UUID, int], at: datetime) -> None:
    ship_items(
        order_id=order.pk,
        quantities=quantities,
        carrier=CARRIER,
        tracking_number=f"RM{order.order_number.replace('-', '')}GB",
        now=at,
        by=None,
    )


def _all(order: Order) -> dict[UUID, int]:
    return {item.pk: item.quantity for item in order.items.all()}


# ------------------------------------------------------------------ who bought what
def _home(first: str, last: str, street: str, town: str, code: str) -> dict[str, str]:
    return {
        "first_name": first,
        "last_name": last,
        "address1": street,
        "city": town,
        "zip": code,
        "country": "GB",
    }


KETTLE, CLOTHES = "copper-kettle", "thread-and-loom"
SASHA = _home("Sasha", "Shopper", "8 Bridge Street", "Bath", "BA2 4AX")
AMINA = _home("Amina", "Hughes", "12 Clifford Street", "York", "YO1 9RG")
CALLUM = _home("Callum", "Fraser", "3 Royal Mile", "Edinburgh", "EH1 1TB")
PRIYA = _home("Priya", "Shah", "27 Belgrave Road", "Leicester", "LE4 6AS")
DILYS = _home("Dilys", "Evans", "5 Castle Arcade", "Cardiff", "CF10 1BU")
OSCAR = _home("Oscar", "Nolan", "41 Deansgate", "Manchester", "M3 2AY")

PURCHASES = (
    Purchase(SHOPPER, 220, ((KETTLE, 0), (KETTLE, 3), (CLOTHES, 2)), SASHA, arrived),
    Purchase(f"dilys@{DOMAIN}", 200, ((KETTLE, 5),), DILYS, withdrawn),
    Purchase(f"priya@{DOMAIN}", 170, ((KETTLE, 1), (KETTLE, 4)), PRIYA, asked_back),
    Purchase(f"amina@{DOMAIN}", 120, ((KETTLE, 2),), AMINA, arrived),
    Purchase(f"oscar@{DOMAIN}", 90, ((KETTLE, 6),), OSCAR, called_off),
    Purchase(f"callum@{DOMAIN}", 70, ((KETTLE, 0), (KETTLE, 7)), CALLUM, sent),
    Purchase(f"priya@{DOMAIN}", 44, ((KETTLE, 3), (KETTLE, 8)), PRIYA, partly_sent),
    Purchase(f"amina@{DOMAIN}", 30, ((KETTLE, 1), (KETTLE, 2)), AMINA, waits),
    Purchase(f"oscar@{DOMAIN}", 21, ((KETTLE, 9),), OSCAR, waits),
    Purchase(f"dilys@{DOMAIN}", 9, ((KETTLE, 4), (KETTLE, 5)), DILYS, waits),
    Purchase(SHOPPER, 5, ((KETTLE, 6), (CLOTHES, 1)), SASHA, waits),
    Purchase(f"callum@{DOMAIN}", 2, ((KETTLE, 8),), CALLUM, waits),
)
