"""Purchases that a shop begins for a buyer who is not there, and the link to pay them by.

A draft is an open checkout of the shop's own with a cart that nobody else can reach. Placed,
it is an order like any other: its stock is held for the time that the shop chose, and free
again when nobody has paid by then.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _

from catalog.errors import InvalidQuantity
from catalog.models import ProductStatus, ProductVariant
from orders.errors import (
    CartFull,
    CheckoutClosed,
    CurrencyMismatch,
    DeliveryUnavailable,
    EmptyCart,
    HoldInvalid,
    NotOfShop,
    ProductUnavailable,
    QuoteChanged,
    WrongStatus,
)
from orders.events import PayLinkWanted
from orders.models import (
    Cart,
    CartItem,
    Checkout,
    CheckoutStatus,
    Order,
    OrderStatus,
)
from orders.queries.checkout import CheckoutView, delivery_methods, price_checkout
from orders.services.addresses import clean_address
from orders.services.cart import MOST_ITEMS, MOST_UNITS
from orders.services.checkout import (
    MOST_NOTES,
    add_default_delivery,
    clean_email,
    place_orders,
)
from shop.events import publish
from shop.models import Shop

SALT = "orders.pay_link"
LEAST_HOLD, MOST_HOLD = timedelta(hours=1), timedelta(days=14)
USUAL_HOLD = timedelta(days=2)


@transaction.atomic
def open_draft(*, shop_id: UUID, by: AbstractBaseUser, now: datetime) -> Checkout:
    """An empty draft; each call opens another one."""
    shop = Shop.objects.get(pk=shop_id)
    add_default_delivery({shop_id})
    return Checkout.objects.create(
        cart=_cart(shop.currency),
        shop=shop,
        made_by_id=by.pk,
        currency=shop.currency,
    )


@transaction.atomic
def set_draft_items(
    *, shop_id: UUID, checkout_id: UUID, quantities: Mapping[UUID, int], now: datetime
) -> Checkout:
    """What it holds: variant id -> units, in this order. May be repeated.

    Raises NotOfShop, ProductUnavailable, CurrencyMismatch, InvalidQuantity, CartFull and
    CheckoutClosed, with nothing changed.
    """
    checkout = _lock_draft(shop_id, checkout_id)
    _fill(checkout, shop_id, quantities)
    return checkout


@transaction.atomic
def set_draft_buyer(
    *,
    shop_id: UUID,
    checkout_id: UUID,
    email: str,
    shipping: Mapping[str, Any],
    now: datetime,
    notes: str = "",
) -> Checkout:
    """Who gets it and the link to pay. May be repeated.

    Raises InvalidEmail, AddressRefused, NotOfShop and CheckoutClosed.
    """
    checkout = _lock_draft(shop_id, checkout_id)
    checkout.email = clean_email(email)
    checkout.shipping_address = clean_address(data=shipping).as_dict()
    checkout.notes = notes.replace("\0", "").strip()[:MOST_NOTES]
    checkout.save(update_fields=["email", "shipping_address", "notes"])
    return checkout


@transaction.atomic
def set_draft_delivery(
    *, shop_id: UUID, checkout_id: UUID, method_id: UUID, now: datetime
) -> Checkout:
    """How it is sent. May be repeated. Raises DeliveryUnavailable, NotOfShop, CheckoutClosed."""
    checkout = _lock_draft(shop_id, checkout_id)
    country = checkout.shipping_address.get("country", "")
    methods = delivery_methods(shop_ids=[shop_id], country=country).get(shop_id, ())
    if method_id not in {method.id for method in methods}:
        name = Shop.objects.values_list("name", flat=True).get(pk=shop_id)
        raise DeliveryUnavailable([name])
    checkout.delivery = {str(shop_id): str(method_id)}
    checkout.save(update_fields=["delivery"])
    return checkout


@transaction.atomic
def place_draft(
    *,
    shop_id: UUID,
    checkout_id: UUID,
    expected: Decimal,
    hold: timedelta,
    by: AbstractBaseUser,
    now: datetime,
) -> Order:
    """Make an order of it that waits for its payment, and send the buyer the link.

    expected: the total that the caller was shown; raises QuoteChanged when it is something
    else by now. Safe to repeat: a draft placed before gives its order, and no second mail.
    Raises HoldInvalid, NotOfShop, and whatever `place_orders` refuses.
    """
    _check_hold(hold)
    rows = Checkout.objects.select_for_update(no_key=True, of=("self",))
    checkout = rows.filter(pk=checkout_id, shop_id=shop_id).first()
    if checkout is None:
        raise NotOfShop
    if checkout.status != CheckoutStatus.OPEN:
        placed = checkout.orders.first()
        if placed is None:
            raise CheckoutClosed
        return placed
    return _place(checkout, expected, hold, by, now)


@transaction.atomic
def discard_draft(*, shop_id: UUID, checkout_id: UUID, now: datetime) -> None:
    """Throw an open draft away. Raises NotOfShop, also when it is gone, and CheckoutClosed."""
    checkout = _lock_draft(shop_id, checkout_id)
    cart = _cart_of(checkout)
    checkout.delete()
    cart.delete()


@transaction.atomic
def add_to_order(
    *,
    order_id: UUID,
    quantities: Mapping[UUID, int],
    expected: Decimal,
    hold: timedelta,
    by: AbstractBaseUser,
    now: datetime,
    key: str = "",
    set_off: Decimal = Decimal(0),
    asks: bool = True,
) -> Order:
    """Variants that are to travel with an order, as an order of their own that is to be paid.

    It costs no delivery, has its invoice, and names the order that it adds to. key: of the
    caller's own; repeated with it, the same order is returned. set_off: so much of it is paid
    by what was taken out of the order; who does that says so. asks: the buyer is sent the
    link. Raises as `set_draft_items` and `place_draft`, and WrongStatus when the order was
    sent.
    """
    _check_hold(hold)
    order = Order.objects.select_for_update(no_key=True).get(pk=order_id)
    if key and (known := Order.objects.filter(checkout__idempotency_key=key).first()):
        return known
    if order.status != OrderStatus.PROCESSING:
        raise WrongStatus(_("Things are added to an order that is paid and not sent."))
    checkout = _addition(order, by, key, set_off)
    _fill(checkout, order.shop_id, quantities)
    return _place(checkout, expected, hold, by, now, asks=asks)


def quote_addition(
    *, order: Order, quantities: Mapping[UUID, int], by: AbstractBaseUser, now: datetime
) -> CheckoutView:
    """What `add_to_order` would come to. Writes nothing that stays."""
    with transaction.atomic():
        checkout = _addition(order, by, "")
        _fill(checkout, order.shop_id, quantities)
        view = price_checkout(checkout=checkout, now=now)
        transaction.set_rollback(True)
    return view


@transaction.atomic
def send_pay_link(*, order_id: UUID, by: AbstractBaseUser, now: datetime) -> None:
    """Send the buyer the link once more. Raises WrongStatus when nothing waits for a payment."""
    order = Order.objects.select_related("checkout").get(pk=order_id)
    checkout = order.checkout
    if (
        checkout is None
        or checkout.status != CheckoutStatus.AWAITING_PAYMENT
        or checkout.is_overdue(now)
        or order.status != OrderStatus.PENDING
    ):
        raise WrongStatus(_("This order does not wait for a payment."))
    _want_link(order, by, now)


# ------------------------------------------------------------------ the link


def pay_link_token(checkout_id: UUID) -> str:
    """What only those know who were sent it."""
    return signing.dumps(str(checkout_id), salt=SALT)


def read_pay_link(token: str) -> UUID | None:
    """None for what is no link of ours."""
    try:
        return UUID(signing.loads(token, salt=SALT))
    except (signing.BadSignature, ValueError, TypeError):
        return None


# ------------------------------------------------------------------ the rules


def _cart(currency: str) -> Cart:
    """Under a token that nobody is given."""
    return Cart.objects.create(session_id=secrets.token_urlsafe(32), currency=currency)


def _cart_of(checkout: Checkout) -> Cart:
    cart = checkout.cart
    assert cart is not None  # every draft is opened with one
    return cart


def _addition(
    order: Order, by: AbstractBaseUser, key: str, set_off: Decimal = Decimal(0)
) -> Checkout:
    return Checkout.objects.create(
        cart=_cart(order.currency),
        shop_id=order.shop_id,
        made_by_id=by.pk,
        adds_to=order,
        user_id=order.user_id,
        email=order.email,
        shipping_address=order.shipping_address,
        billing_address=order.billing_address,
        currency=order.currency,
        set_off=set_off,
        idempotency_key=key or None,
    )


def _lock_draft(shop_id: UUID, checkout_id: UUID) -> Checkout:
    rows = Checkout.objects.select_for_update(no_key=True, of=("self",))
    checkout = rows.filter(pk=checkout_id, shop_id=shop_id).first()
    if checkout is None:
        raise NotOfShop
    if checkout.status != CheckoutStatus.OPEN:
        raise CheckoutClosed
    return checkout


def _fill(checkout: Checkout, shop_id: UUID, quantities: Mapping[UUID, int]) -> None:
    if any(not 1 <= units <= MOST_UNITS for units in quantities.values()):
        raise InvalidQuantity(MOST_UNITS)
    if len(quantities) > MOST_ITEMS:
        raise CartFull(MOST_ITEMS)
    rows = ProductVariant.objects.filter(pk__in=list(quantities), shop_id=shop_id)
    variants = {row.pk: row for row in rows.select_related("product")}
    for variant_id in quantities:
        variant = variants.get(variant_id)
        if variant is None:
            raise NotOfShop
        product = variant.product
        if product.status != ProductStatus.ACTIVE or not variant.is_active:
            raise ProductUnavailable(product.name)
        if product.currency != checkout.currency:
            raise CurrencyMismatch(checkout.currency, product.currency)
    cart = _cart_of(checkout)
    CartItem.objects.filter(cart=cart).delete()
    CartItem.objects.bulk_create(
        CartItem(
            cart=cart,
            variant_id=variant_id,
            quantity=units,
            added_price=variants[variant_id].price,
        )
        for variant_id, units in quantities.items()
    )


def _place(
    checkout: Checkout,
    expected: Decimal,
    hold: timedelta,
    by: AbstractBaseUser,
    now: datetime,
    *,
    asks: bool = True,
) -> Order:
    view = price_checkout(checkout=checkout, now=now)
    if not view.lines:
        raise EmptyCart
    if view.quote.total != expected:
        raise QuoteChanged
    (order,) = place_orders(
        checkout_id=checkout.pk, quote_hash=view.quote.hash, now=now, window=hold
    )
    if asks:
        _want_link(order, by, now)
    return order


def _want_link(order: Order, by: AbstractBaseUser, now: datetime) -> None:
    data = {"shop_id": order.shop_id, "checkout_id": order.checkout_id}
    publish(PayLinkWanted, entity=order, at=now, actor=by, data=data)


def _check_hold(hold: timedelta) -> None:
    if not LEAST_HOLD <= hold <= MOST_HOLD:
        hour = timedelta(hours=1)
        raise HoldInvalid(LEAST_HOLD // hour, MOST_HOLD // hour)
