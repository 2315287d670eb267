"""Checkouts: from a cart to one order a shop, and what happens when nobody pays.

Locks are taken in one order everywhere: checkout, cart, orders, customer, coupons,
promotions, variants, invoice counters; rows of one kind by their keys.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog.services.stock import reserve_stock
from orders.discounts import PromotionTerms
from orders.errors import (
    AmountTooLarge,
    CartClosed,
    CartHasProblems,
    CheckoutClosed,
    CheckoutExpired,
    CheckoutIncomplete,
    DeliveryUnavailable,
    EmptyCart,
    InvalidEmail,
    QuoteChanged,
)
from orders.events import OrderPlaced
from orders.models import (
    Cart,
    CartItem,
    CartStatus,
    Checkout,
    CheckoutStatus,
    DeliveryMethod,
    DeliveryZone,
    FinancialStatus,
    Order,
    OrderCoupon,
    OrderItem,
    OrderStatus,
    ShippingAddress,
)
from orders.models.cart import NextVersion
from orders.pricing import Quote, ShopQuote
from orders.queries.cart import CLOSED, GONE, CartLine
from orders.queries.checkout import (
    DELIVERY,
    CheckoutView,
    delivery_methods,
    price_checkout,
)
from orders.services.addresses import clean_address
from orders.services.cart import MOST_MONEY, copy_after_commit
from orders.services.coupons import redeem_promotions
from orders.services.history import cancel_unpaid, note_status
from shop.encryption import email_hash
from shop.events import publish_many
from shop.ids import uuid7
from shop.models import Shop

PAYMENT_WINDOW = timedelta(minutes=15)
MOST_NOTES = 1000
EMAIL_LENGTH = 254
# Without signs that are read as another: 0 and O, 1, I and L.
NUMBER_SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
NUMBER_LENGTH = 10
# Beginning of the names of what a row of a use refers to.
USES = "fk_order_coupons_"
CUSTOMER = """
INSERT INTO customers (email_hash, region, first_order_at, last_order_at)
VALUES (%(hash)s, %(region)s, %(now)s, %(now)s)
    ON CONFLICT (email_hash) DO UPDATE
       SET first_order_at = least(customers.first_order_at, excluded.first_order_at),
           last_order_at = greatest(customers.last_order_at, excluded.last_order_at),
           region = CASE customers.region WHEN '' THEN excluded.region
                                          ELSE customers.region END,
           updated_at = excluded.last_order_at
RETURNING id
"""


# ------------------------------------------------------------------ the steps


@transaction.atomic
def start_checkout(*, cart_id: UUID, now: datetime) -> Checkout:
    """The checkout of an open cart, begun with what is known of its account.

    May be repeated: an open checkout is gone on with. Raises CartClosed and EmptyCart.
    """
    carts = Cart.objects.open_at(now).select_for_update(no_key=True, of=("self",))
    cart = carts.select_related("user").filter(pk=cart_id).first()
    if cart is None:
        raise CartClosed
    items = CartItem.objects.filter(cart=cart)
    shop_ids = set(items.values_list("variant__shop_id", flat=True))
    if not shop_ids:
        raise EmptyCart
    add_default_delivery(shop_ids)
    there = Checkout.objects.filter(cart=cart, status=CheckoutStatus.OPEN).first()
    if there is not None:
        there.cart = cart
        return there
    address = _kept_address(cart)
    return Checkout.objects.create(
        cart=cart,
        user_id=cart.user_id,
        email=cart.user.email if cart.user else cart.email or "",
        shipping_address=_as_document(address) if address else {},
        currency=cart.currency,
    )


@transaction.atomic
def set_contact(
    *, checkout_id: UUID, email: str, now: datetime, notes: str | None = None
) -> Checkout:
    """Where news of the order goes. May be repeated. Raises InvalidEmail, CheckoutClosed."""
    checkout = _lock_open(checkout_id)
    checkout.email = clean_email(email)
    if notes is not None:
        checkout.notes = notes.replace("\0", "")[:MOST_NOTES]
    checkout.save(update_fields=["email", "notes"])
    # Whoever leaves the cart can be told about it.
    Cart.objects.filter(checkouts=checkout).update(email=checkout.email)
    return checkout


@transaction.atomic
def set_address(
    *,
    checkout_id: UUID,
    shipping: Mapping[str, Any],
    now: datetime,
    billing: Mapping[str, Any] | None = None,
) -> Checkout:
    """Where it goes, and who gets the invoice (None: the same). May be repeated.

    Raises AddressRefused, CheckoutClosed.
    """
    checkout = _lock_open(checkout_id)
    checkout.shipping_address = clean_address(data=shipping).as_dict()
    checkout.billing_address = (
        clean_address(data=billing).as_dict() if billing is not None else {}
    )
    checkout.save(update_fields=["shipping_address", "billing_address"])
    # The cart's estimate is for the same place.
    Cart.objects.filter(checkouts=checkout).update(
        country=checkout.shipping_address["country"],
        province=checkout.shipping_address["province"],
    )
    return checkout


@transaction.atomic
def set_delivery(
    *, checkout_id: UUID, choices: Mapping[UUID, UUID], now: datetime
) -> Checkout:
    """How each shop sends: shop id -> delivery method id. May be repeated.

    Shops that are not named keep their choice, and have the cheapest way without one.
    Raises DeliveryUnavailable for a method that the shop does not have for the address, and
    CheckoutClosed.
    """
    checkout = _lock_open(checkout_id)
    country = checkout.shipping_address.get("country", "")
    options = delivery_methods(shop_ids=list(choices), country=country)
    refused = [
        shop_id
        for shop_id, method_id in choices.items()
        if method_id not in {method.id for method in options.get(shop_id, ())}
    ]
    if refused:
        names = Shop.objects.filter(pk__in=refused).values_list("name", flat=True)
        raise DeliveryUnavailable(list(names) or [_("A shop")])
    checkout.delivery |= {
        str(shop_id): str(method_id) for shop_id, method_id in choices.items()
    }
    checkout.save(update_fields=["delivery"])
    return checkout


# ------------------------------------------------------------------ placing


def place_orders(
    *,
    checkout_id: UUID,
    quote_hash: str,
    now: datetime,
    window: timedelta = PAYMENT_WINDOW,
) -> list[Order]:
    """Turn a checkout into one order a shop and hold their stock until it is paid.

    window: how long that is.

    Safe to repeat, and many times at once: the checkout's row is locked first, and one
    already placed gives its orders. quote_hash: of the quote that the buyer has seen.

    Raises, with nothing written: QuoteChanged when it costs something else by now,
    CheckoutIncomplete, DeliveryUnavailable, CartHasProblems (not on sale, or a shop away),
    OutOfStock, CouponUsedUp, EmptyCart, AmountTooLarge, CheckoutExpired, CheckoutClosed.
    """
    try:
        return _place_orders(checkout_id, quote_hash, now, window)
    except IntegrityError as error:
        # Found at the commit: the shop removed a code since its terms were read.
        if _constraint(error).startswith(USES):
            raise QuoteChanged from None
        raise


@transaction.atomic
def _place_orders(
    checkout_id: UUID, quote_hash: str, now: datetime, window: timedelta
) -> list[Order]:
    checkout = Checkout.objects.select_for_update(no_key=True).get(pk=checkout_id)
    if checkout.status in {CheckoutStatus.AWAITING_PAYMENT, CheckoutStatus.PAID}:
        return list(checkout.orders.order_by("id"))
    _check_open(checkout)
    checkout.cart = _lock_cart(checkout)
    view = price_checkout(checkout=checkout, now=now)
    _check_view(view, quote_hash)
    customer_id = _customer(checkout, now)
    redeem_promotions(promotions=_applied(view), customer_id=customer_id)
    expires_at = now + window
    is_short = any(line.is_blocked for line in view.lines)
    if is_short:
        # Most likely a refusal: before anything is written.
        _reserve(view, checkout, expires_at, now)
    orders = _write_orders(view, customer_id, now)
    _close(checkout, view.quote, quote_hash, expires_at, now)
    if not is_short:
        # Last, since it locks what other buyers want too.
        _reserve(view, checkout, expires_at, now)
    return orders


def _constraint(error: IntegrityError) -> str:
    diagnosis = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", None) or ""


@transaction.atomic
def fail_checkout(*, checkout_id: UUID, now: datetime, reason: str = "") -> bool:
    """Give up a checkout that waits for its payment; False when there was nothing to do.

    Its orders are cancelled, stock and coupons are free, and the buyer has the cart back.
    """
    checkout = Checkout.objects.select_for_update(no_key=True).get(pk=checkout_id)
    if checkout.status != CheckoutStatus.AWAITING_PAYMENT:
        return False
    _give_up(
        checkout,
        CheckoutStatus.FAILED,
        reason or _("The payment did not go through."),
        now,
    )
    return True


@transaction.atomic
def expire_checkout(*, checkout_id: UUID, now: datetime) -> bool:
    """The same for one whose time to pay is over; False before that, and when repeated.

    Readers call it too, so that what they show does not wait for the task.
    """
    checkout = (
        Checkout.objects.overdue(now)
        .select_for_update(no_key=True)
        .filter(pk=checkout_id)
        .first()
    )
    if checkout is None:
        return False
    _give_up(checkout, CheckoutStatus.EXPIRED, _("It was not paid in time."), now)
    return True


def expire_checkouts(*, now: datetime, limit: int = 500) -> int:
    """Expire those whose time is over, oldest first, each by itself; returns how many.

    May be repeated, and run twice at once.
    """
    overdue = Checkout.objects.overdue(now).order_by("expires_at")
    ids = list(overdue.values_list("pk", flat=True)[:limit])
    return sum(expire_checkout(checkout_id=id_, now=now) for id_ in ids)


# ------------------------------------------------------------------ the rules


def _lock_open(checkout_id: UUID) -> Checkout:
    checkout = Checkout.objects.select_for_update(no_key=True).get(pk=checkout_id)
    _check_open(checkout)
    return checkout


def _check_open(checkout: Checkout) -> None:
    if checkout.status == CheckoutStatus.EXPIRED:
        raise CheckoutExpired
    if checkout.status != CheckoutStatus.OPEN or checkout.cart_id is None:
        raise CheckoutClosed


def _lock_cart(checkout: Checkout) -> Cart:
    """Nobody changes the items while they are ordered."""
    carts = Cart.objects.select_for_update(no_key=True)
    cart = carts.filter(checkouts=checkout, status=CartStatus.OPEN).first()
    if cart is None:
        raise CartClosed
    return cart


def clean_email(email: str) -> str:
    cleaned = email.strip()
    try:
        validate_email(cleaned)
    except ValidationError:
        raise InvalidEmail from None
    if len(cleaned) > EMAIL_LENGTH:
        raise InvalidEmail
    return cleaned


def _check_view(view: CheckoutView, quote_hash: str) -> None:
    if not view.lines:
        raise EmptyCart
    refused = {
        problem.message: None
        for problem in view.problems
        if problem.kind in {GONE, CLOSED}
    }
    if refused:
        raise CartHasProblems(list(refused))
    if view.unserved:
        raise DeliveryUnavailable(view.unserved)
    if steps := [step for step in view.missing if step != DELIVERY]:
        raise CheckoutIncomplete(steps)
    if any(shop.total > MOST_MONEY for shop in view.quote.shops):
        raise AmountTooLarge
    if view.quote.hash != quote_hash:
        raise QuoteChanged


def _customer(checkout: Checkout, now: datetime) -> UUID:
    """The buyer's row, locked: by the address of the account, or of the guest."""
    address = checkout.user.email if checkout.user else checkout.email
    with connection.cursor() as cursor:
        cursor.execute(
            CUSTOMER,
            {
                "hash": email_hash(address),
                "region": checkout.shipping_address.get("province", "")[:100],
                "now": now,
            },
        )
        (customer_id,) = cursor.fetchone()
    return UUID(str(customer_id))


def _applied(view: CheckoutView) -> list[PromotionTerms]:
    """Those that take something off this purchase."""
    applied = {
        discount.promotion_id
        for shop in view.quote.shops
        for discount in shop.discounts
    }
    return [
        terms
        for of_shop in view.promotions.values()
        for terms in of_shop
        if terms.promotion_id in applied
    ]


def _reserve(
    view: CheckoutView, checkout: Checkout, expires_at: datetime, now: datetime
) -> None:
    reserve_stock(
        checkout_id=checkout.pk,
        quantities={line.variant_id: line.quantity for line in view.lines},
        expires_at=expires_at,
        now=now,
        lock_too=_of_the_first(checkout),
    )


def _of_the_first(checkout: Checkout) -> list[UUID]:
    """What an order has that this one adds to: the same change may take some of it out."""
    if checkout.adds_to_id is None:
        return []
    items = OrderItem.objects.filter(order=checkout.adds_to_id, variant__isnull=False)
    return [id_ for id_ in items.values_list("variant_id", flat=True) if id_]


def _write_orders(view: CheckoutView, customer_id: UUID, now: datetime) -> list[Order]:
    checkout, lines = view.checkout, {line.variant_id: line for line in view.lines}
    # All of one moment: by either they are listed as the cart had them.
    count = len(view.quote.shops)
    ids = sorted(uuid7(now) for _place in range(count))
    numbers = sorted(_order_number() for _place in range(count))
    orders = [
        _order(checkout, shop, customer_id, now, ids[place], numbers[place])
        for place, shop in enumerate(view.quote.shops)
    ]
    pairs = list(zip(orders, view.quote.shops, strict=True))
    Order.objects.bulk_create(orders)
    OrderItem.objects.bulk_create(
        _order_item(order, shop, place, lines)
        for order, shop in pairs
        for place in range(len(shop.lines))
    )
    _write_uses(pairs, customer_id)
    note_status(orders, now=now)
    publish_many(
        OrderPlaced.about(order, at=now, actor=checkout.user, data=facts(order))
        for order in orders
    )
    return orders


def _write_uses(pairs: list[tuple[Order, ShopQuote]], customer_id: UUID) -> None:
    uses = [
        OrderCoupon(
            order=order,
            promotion_id=discount.promotion_id,
            coupon_id=discount.coupon_id,
            customer_id=customer_id,
            discount=discount.amount,
        )
        for order, shop in pairs
        for discount in shop.discounts
    ]
    OrderCoupon.objects.bulk_create(uses)


def facts(order: Order) -> dict[str, Any]:
    """What events say of an order."""
    return {
        "shop_id": order.shop_id,
        "checkout_id": order.checkout_id,
        "total": order.total_price,
        "currency": order.currency,
    }


def _order(
    checkout: Checkout,
    shop: ShopQuote,
    customer_id: UUID,
    now: datetime,
    id_: UUID,
    number: str,
) -> Order:
    method = shop.method
    return Order(
        id=id_,
        event_time=now,
        order_number=number,
        checkout=checkout,
        shop_id=shop.shop_id,
        user_id=checkout.user_id,
        customer_id=customer_id,
        email=checkout.email,
        status=OrderStatus.PENDING,
        financial_status=FinancialStatus.PENDING,
        currency=checkout.cart.currency if checkout.cart else checkout.currency,
        subtotal_price=shop.subtotal,
        total_discount=shop.discount,
        total_shipping=shop.shipping,
        total_tax=shop.tax,
        included_tax=shop.included_tax,
        total_price=shop.total,
        delivery_method=method.name if method else "",
        delivery_min_days=method.min_days if method else None,
        delivery_max_days=method.max_days if method else None,
        shipping_address=checkout.shipping_address,
        billing_address=checkout.billing_address or checkout.shipping_address,
        notes=checkout.notes,
    )


def _order_item(
    order: Order, shop: ShopQuote, place: int, lines: Mapping[UUID, CartLine]
) -> OrderItem:
    costs = shop.lines[place]
    line = lines[costs.variant_id]
    return OrderItem(
        order=order,
        product_id=line.product_id,
        variant_id=line.variant_id,
        sku=line.sku,
        name=line.product_name,
        title=line.variant_name,
        category=line.category,
        quantity=costs.quantity,
        price=costs.price,
        total_discount=costs.discount,
        tax=costs.tax,
        included_tax=costs.included_tax,
        tax_rate=costs.tax_rate,
        taxable=line.taxable,
        requires_shipping=line.requires_shipping,
    )


def _order_number() -> str:
    """Short enough to read out, and too many to guess: `K7QM4-T9X2A`."""
    signs = "".join(secrets.choice(NUMBER_SIGNS) for _ in range(NUMBER_LENGTH))
    half = NUMBER_LENGTH // 2
    return f"{signs[:half]}-{signs[half:]}"


def _close(
    checkout: Checkout,
    quote: Quote,
    quote_hash: str,
    expires_at: datetime,
    now: datetime,
) -> None:
    checkout.status = CheckoutStatus.AWAITING_PAYMENT
    checkout.currency = quote.currency
    checkout.total_price = quote.total
    checkout.quote_hash = quote_hash
    # A worker that writes of it later has no request to read it from.
    checkout.language = (get_language() or "")[:16]
    checkout.placed_at = now
    checkout.expires_at = expires_at
    checkout.save(
        update_fields=[
            "status",
            "currency",
            "total_price",
            "quote_hash",
            "language",
            "placed_at",
            "expires_at",
        ]
    )
    cart = checkout.cart
    assert cart is not None  # locked by the caller
    Cart.objects.filter(pk=cart.pk).update(
        status=CartStatus.ORDERED, updated_at=now, version=NextVersion()
    )
    copy_after_commit(user_id=cart.user_id, token=cart.session_id or "", now=now)


def _give_up(
    checkout: Checkout, status: CheckoutStatus, reason: str, now: datetime
) -> None:
    orders = checkout.orders.filter(status=OrderStatus.PENDING)
    cancel_unpaid(
        list(orders.order_by("id").select_for_update(no_key=True)),
        checkout_id=checkout.pk,
        financial_status=FinancialStatus.FAILED,
        reason=reason,
        now=now,
        is_expired=status == CheckoutStatus.EXPIRED,
    )
    checkout.status = status
    checkout.save(update_fields=["status"])
    _bring_cart_back(checkout, now)


def _bring_cart_back(checkout: Checkout, now: datetime) -> None:
    """A new cart with the same items, unless the buyer has begun another one.

    The old one stays as it was ordered: its payment may still arrive.
    """
    ordered = Cart.objects.filter(checkouts=checkout, status=CartStatus.ORDERED)
    old = ordered.first()
    if old is None or checkout.shop_id is not None:
        # A shop's own draft is nobody's cart.
        return
    fresh = Cart(
        user_id=old.user_id,
        session_id=old.session_id,
        email=old.email,
        currency=old.currency,
        coupon_codes=old.coupon_codes,
        country=old.country,
        province=old.province,
        expires_at=now + old.life(),
    )
    # The partial unique index keeps the one that there may be.
    Cart.objects.bulk_create([fresh], ignore_conflicts=True)
    if not Cart.objects.filter(pk=fresh.pk).exists():
        return
    CartItem.objects.bulk_create(
        CartItem(
            cart=fresh,
            variant_id=item.variant_id,
            quantity=item.quantity,
            added_price=item.added_price,
        )
        for item in old.items.order_by("id")
    )
    copy_after_commit(user_id=old.user_id, token=old.session_id or "", now=now)


def _kept_address(cart: Cart) -> ShippingAddress | None:
    """The account's default; where the cart names a country, one of the book that is there."""
    if cart.user_id is None:
        return None
    book = ShippingAddress.objects.in_book_of(cart.user_id)
    if cart.country:
        return book.filter(country=cart.country).first()
    return book.filter(is_default=True).first()


def _as_document(address: ShippingAddress) -> dict[str, str]:
    names = (
        *("country", "first_name", "last_name", "company", "address1", "address2"),
        *("city", "province", "zip", "phone"),
    )
    return {name: getattr(address, name) for name in names}


def add_default_delivery(shop_ids: set[UUID]) -> None:
    """A shop that has said nothing about delivery sends at the market's flat rate.

    To its own country; to every country where its own is not known. The rows are the shop's
    to change. May be repeated, and run twice at once.
    """
    zones = DeliveryZone.objects.filter(shop=OuterRef("pk"))
    bare = Shop.objects.filter(~Exists(zones), pk__in=shop_ids)
    shops = list(bare.order_by("pk").only("id", "country", "currency"))
    if not shops:
        return
    flat: Any = settings.MARKET_DELIVERY
    made = [
        DeliveryZone(
            shop=shop,
            name=flat["zone"],
            countries=[shop.country] if shop.country else [],
        )
        for shop in shops
    ]
    DeliveryZone.objects.bulk_create(made, ignore_conflicts=True)
    kept = DeliveryZone.objects.filter(pk__in=[zone.pk for zone in made])
    prices = {shop.pk: flat["prices"].get(shop.currency, "0.00") for shop in shops}
    DeliveryMethod.objects.bulk_create(
        DeliveryMethod(
            zone=zone,
            name=flat["name"],
            price=prices[zone.shop_id],
            min_days=flat["min_days"],
            max_days=flat["max_days"],
        )
        for zone in kept
    )
