"""A purchase, step by step, as a buyer makes it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import uuid4

from catalog.models import ProductVariant
from orders.models import Checkout, Order
from orders.queries import checkout_view
from orders.services.cart import add_to_cart, set_coupon
from orders.services.checkout import (
    place_orders,
    set_address,
    set_contact,
    start_checkout,
)
from orders.services.orders import mark_paid

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
ADDRESS = {
    "country": "KE",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "address1": "1 Moi Avenue",
    "city": "Nairobi",
    "zip": "00100",
}


def fill_checkout(
    wanted: Mapping[ProductVariant, int],
    *,
    user=None,
    email: str = "buyer@example.com",
    coupons: tuple[str, ...] = (),
    address=ADDRESS,
    now: datetime = NOON,
) -> Checkout:
    """A checkout that only waits for its buyer's yes; a guest's, without a user."""
    user_id, token = (user.pk, "") if user else (None, uuid4().hex)
    for variant, quantity in wanted.items():
        item = add_to_cart(
            user_id=user_id,
            token=token,
            variant_id=variant.pk,
            quantity=quantity,
            now=now,
        )
    for code in coupons:
        set_coupon(cart_id=item.cart_id, code=code, now=now)
    checkout = start_checkout(cart_id=item.cart_id, now=now)
    set_contact(checkout_id=checkout.pk, email=email, now=now)
    set_address(checkout_id=checkout.pk, shipping=address, now=now)
    return checkout


def say_yes(checkout: Checkout, *, now: datetime = NOON) -> list[Order]:
    """Agree to what it costs now."""
    agreed = checkout_view(checkout_id=checkout.pk, now=now).quote.hash
    return place_orders(checkout_id=checkout.pk, quote_hash=agreed, now=now)


def buy(
    wanted: Mapping[ProductVariant, int], *, now: datetime = NOON, **more
) -> list[Order]:
    """Placed and paid."""
    checkout = fill_checkout(wanted, now=now, **more)
    say_yes(checkout, now=now)
    return mark_paid(checkout_id=checkout.pk, now=now)
