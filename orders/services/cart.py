"""Carts: filling one, coupons, and what becomes of a guest's cart at the log-in.

A cart belongs to an account or to whoever holds its token. Each change locks the cart's
row, so that two clicks count twice and two tabs do not undo each other. Ids of items are
looked for in the given cart only; callers find that with `find_cart`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Upper

from catalog.errors import InvalidQuantity, OutOfStock, Shortage
from catalog.models import InventoryPolicy, ProductStatus, ProductVariant
from orders.cart_copy import keep_copy
from orders.countries import COUNTRIES
from orders.errors import (
    AmountTooLarge,
    CartClosed,
    CartFull,
    CountryUnknown,
    CouponNotValid,
    CouponUnknown,
    CouponUsedUp,
    CurrencyMismatch,
    NotInCart,
    ProductUnavailable,
    ShopClosed,
)
from orders.events import (
    CartAbandoned,
    CartItemAdded,
    CartItemChanged,
    CartItemRemoved,
    CartMerged,
)
from orders.models import (
    AbandonedCart,
    Cart,
    CartItem,
    CartStatus,
    Coupon,
    Order,
)
from orders.models.cart import NextVersion
from orders.queries.cart import cart_lines, read_copy
from orders.services.addresses import province_choices
from shop.errors import DomainError
from shop.events import publish, publish_many
from shop.models import ShopStatus
from shop.models.shop import is_closure_on

MOST_UNITS = 999
MOST_ITEMS = 100
MOST_MONEY = Decimal("9999999999.99")
COUPON_LENGTH = 64


@dataclass(frozen=True)
class RemovedItem:
    """What `restore_item` puts back."""

    variant_id: UUID
    quantity: int
    added_price: Decimal


@dataclass(frozen=True)
class Merged:
    """The account's cart after the log-in.

    capped: variants of which less is left than both carts wanted. is_waiting, is_too_full:
    the guest's cart is in another currency, or has more kinds of items than fit beside those
    of the account; it stays as it is and is merged at a later log-in.
    """

    cart: Cart | None
    capped: tuple[UUID, ...] = ()
    is_waiting: bool = False
    is_too_full: bool = False


@dataclass(frozen=True)
class Reordered:
    """added: items now in the cart; gone: names of those that cannot be bought again."""

    cart: Cart | None
    added: int
    gone: tuple[str, ...]


@dataclass(frozen=True)
class _Ware:
    """A variant as it can be bought now."""

    variant_id: UUID
    product_id: UUID
    shop_id: UUID
    name: str
    price: Decimal
    currency: str
    # None: no limit
    left: int | None
    is_on_sale: bool
    shop_name: str
    closed_from: datetime | None
    closed_until: datetime | None


def find_cart(*, user_id: UUID | None, token: str, now: datetime) -> Cart | None:
    """The open cart of an account, or of the guest who holds the token."""
    return Cart.objects.owned_by(user_id, token).open_at(now).first()


@transaction.atomic
def open_cart(
    *, user_id: UUID | None, token: str, currency: str, now: datetime
) -> Cart:
    """The open cart, or a new one. Safe to repeat, and twice at once.

    token: of a guest, at most 64 characters; not looked at for an account.
    """
    return _open_locked(user_id, token, currency, now)


@transaction.atomic
def add_to_cart(
    *, user_id: UUID | None, token: str, variant_id: UUID, quantity: int, now: datetime
) -> CartItem:
    """`open_cart` in the variant's currency, and `add_item`."""
    _check_quantity(quantity)
    ware = _ware(variant_id)
    cart = _open_locked(user_id, token, ware.currency, now)
    return _add(cart, ware, quantity, now)


@transaction.atomic
def add_item(
    *, cart_id: UUID, variant_id: UUID, quantity: int, now: datetime
) -> CartItem:
    """Add units of a variant to those already in the cart; each call adds them again.

    Raises InvalidQuantity, ProductUnavailable, ShopClosed, CurrencyMismatch, OutOfStock
    (counting what is in the cart), CartFull, AmountTooLarge and CartClosed.
    """
    _check_quantity(quantity)
    return _add(_lock_cart(cart_id, now), _ware(variant_id), quantity, now)


def _add(cart: Cart, ware: _Ware, quantity: int, now: datetime) -> CartItem:
    variant_id = ware.variant_id
    items = list(CartItem.objects.filter(cart=cart))
    item = next((one for one in items if one.variant_id == variant_id), None)
    if not items and cart.currency != ware.currency:
        cart.currency = ware.currency
        Cart.objects.filter(pk=cart.pk).update(currency=ware.currency)
    _check_ware(ware, cart, quantity + (item.quantity if item else 0), now)
    if item is None:
        if len(items) >= MOST_ITEMS:
            raise CartFull(MOST_ITEMS)
        item = CartItem.objects.create(
            cart=cart, variant_id=variant_id, quantity=quantity, added_price=ware.price
        )
    else:
        item.quantity += quantity
        item.added_price = ware.price
        item.save(update_fields=["quantity", "added_price"])
    publish(CartItemAdded, entity=cart, at=now, data=_told(ware, quantity))
    _touch(cart, now)
    return item


def _add_all(
    cart: Cart, wanted: Iterable[tuple[_Ware, int]], now: datetime
) -> set[UUID]:
    """Add units of many variants, and leave out what is refused; returns what was added.

    In the same number of statements for any number of them.
    """
    items = {item.variant_id: item for item in CartItem.objects.filter(cart=cart)}
    known, currency = set(items), cart.currency
    added = []
    for ware, units in wanted:
        item = items.get(ware.variant_id)
        if not items:
            cart.currency = ware.currency
        try:
            _check_ware(ware, cart, units + (item.quantity if item else 0), now)
            if item is None and len(items) >= MOST_ITEMS:
                raise CartFull(MOST_ITEMS)
        except DomainError:
            continue
        if item is None:
            item = CartItem(cart=cart, variant_id=ware.variant_id, quantity=0)
            items[ware.variant_id] = item
        item.quantity += units
        item.added_price = ware.price
        added.append((ware, units))
    if not added:
        return set()
    if cart.currency != currency:
        Cart.objects.filter(pk=cart.pk).update(currency=cart.currency)
    ids = {ware.variant_id for ware, _units in added}
    CartItem.objects.bulk_update(
        [items[id_] for id_ in ids & known], ["quantity", "added_price"]
    )
    CartItem.objects.bulk_create(
        item for id_, item in items.items() if id_ in ids - known
    )
    publish_many(
        CartItemAdded.about(cart, at=now, data=_told(ware, units))
        for ware, units in added
    )
    _touch(cart, now)
    return ids


def _told(ware: _Ware, quantity: int) -> dict[str, Any]:
    return {
        "variant_id": ware.variant_id,
        "product_id": ware.product_id,
        "shop_id": ware.shop_id,
        "quantity": quantity,
    }


@transaction.atomic
def set_quantity(
    *, cart_id: UUID, item_id: UUID, quantity: int, now: datetime
) -> CartItem:
    """Want so many units of an item, at its price now. May be repeated.

    Raises as `add_item`, and NotInCart.
    """
    _check_quantity(quantity)
    cart = _lock_cart(cart_id, now)
    item = _item(cart, item_id)
    ware = _ware(item.variant_id)
    _check_ware(ware, cart, quantity, now)
    if (item.quantity, item.added_price) == (quantity, ware.price):
        return item
    item.quantity, item.added_price = quantity, ware.price
    item.save(update_fields=["quantity", "added_price"])
    data = {"variant_id": item.variant_id, "quantity": quantity}
    publish(CartItemChanged, entity=cart, at=now, data=data)
    _touch(cart, now)
    return item


@transaction.atomic
def remove_item(*, cart_id: UUID, item_id: UUID, now: datetime) -> RemovedItem:
    """Take an item out; the answer is what `restore_item` needs. Raises NotInCart."""
    cart = _lock_cart(cart_id, now)
    item = _item(cart, item_id)
    removed = RemovedItem(item.variant_id, item.quantity, item.added_price)
    item.delete()
    data = {"variant_id": removed.variant_id, "quantity": removed.quantity}
    publish(CartItemRemoved, entity=cart, at=now, data=data)
    _touch(cart, now)
    return removed


@transaction.atomic
def restore_item(
    *, cart_id: UUID, variant_id: UUID, quantity: int, now: datetime
) -> CartItem:
    """Undo `remove_item`. Does nothing when the variant is in the cart again.

    Raises as `add_item`.
    """
    cart = _lock_cart(cart_id, now)
    there = CartItem.objects.filter(cart=cart, variant_id=variant_id).first()
    if there is not None:
        return there
    return add_item(cart_id=cart_id, variant_id=variant_id, quantity=quantity, now=now)


@transaction.atomic
def accept_prices(*, cart_id: UUID, now: datetime) -> int:
    """The buyer has seen the prices that changed; returns how many. May be repeated."""
    cart = _lock_cart(cart_id, now)
    changed = CartItem.objects.filter(cart=cart).exclude(
        added_price=F("variant__price")
    )
    rows = list(changed.select_related("variant"))
    for item in rows:
        item.added_price = item.variant.price
    CartItem.objects.bulk_update(rows, ["added_price"])
    return len(rows)


@transaction.atomic
def set_destination(
    *, cart_id: UUID, country: str, now: datetime, province: str = ""
) -> Cart:
    """Where it would be sent: for the estimate, and preset at the checkout. May be repeated.

    Raises CountryUnknown and CartClosed.
    """
    cart = _lock_cart(cart_id, now)
    if country not in COUNTRIES:
        raise CountryUnknown
    known = {value for value, _name in province_choices(country=country)}
    cart.country, cart.province = country, province if province in known else ""
    cart.save(update_fields=["country", "province"])
    _touch(cart, now)
    return cart


# ------------------------------------------------------------------ coupons


@transaction.atomic
def set_coupon(*, cart_id: UUID, code: str, now: datetime) -> Coupon:
    """Use a code for the items of its shop, instead of the shop's earlier one.

    May be repeated. Raises CouponUnknown when no shop of the cart has the code,
    CouponNotValid and CouponUsedUp. What a coupon asks of the items is looked at whenever
    they are quoted, since they may still change.
    """
    cart = _lock_cart(cart_id, now)
    capitals = code.strip().upper()
    if not capitals or len(capitals) > COUPON_LENGTH or "\0" in capitals:
        raise CouponUnknown
    shop_ids = CartItem.objects.filter(cart=cart).values("variant__shop_id")
    coupons = Coupon.objects.annotate(capitals=Upper("code")).filter(
        shop_id__in=shop_ids
    )
    coupon = coupons.filter(capitals=capitals).select_related("promotion").first()
    if coupon is None:
        raise CouponUnknown
    _check_coupon(coupon, now)
    others = coupons.filter(shop_id=coupon.shop_id, capitals__in=cart.coupon_codes)
    replaced = {other.code.upper() for other in others}
    kept = [one for one in cart.coupon_codes if one not in replaced | {capitals}]
    cart.coupon_codes = [*kept, capitals]
    cart.save(update_fields=["coupon_codes"])
    _touch(cart, now)
    return coupon


@transaction.atomic
def remove_coupon(*, cart_id: UUID, code: str, now: datetime) -> None:
    """May be repeated."""
    cart = _lock_cart(cart_id, now)
    capitals = code.strip().upper()
    cart.coupon_codes = [one for one in cart.coupon_codes if one != capitals]
    cart.save(update_fields=["coupon_codes"])
    _touch(cart, now)


# ------------------------------------------------------------------ log-in, orders, time


@transaction.atomic
def merge_carts(*, user_id: UUID, token: str, now: datetime) -> Merged:
    """Bring a guest's cart into the account's at the log-in. Safe to repeat.

    Quantities of the same variant add up to at most what is left of it. A guest's cart is
    merged once: its row is locked, and is no longer open afterwards.
    """
    own = find_cart(user_id=user_id, token="", now=now)
    guest = find_cart(user_id=None, token=token, now=now)
    if guest is None:
        return Merged(own)
    if own is None:
        own = open_cart(user_id=user_id, token="", currency=guest.currency, now=now)
    locked = {
        cart.pk: cart
        for cart in Cart.objects.open_at(now)
        .filter(pk__in=[own.pk, guest.pk])
        .order_by("pk")
        .select_for_update(no_key=True)
    }
    if guest.pk not in locked or own.pk not in locked:
        return Merged(locked.get(own.pk))
    own = locked[own.pk]
    mine = {item.variant_id: item for item in own.items.all()}
    theirs = list(guest.items.all())
    if mine and theirs and own.currency != guest.currency:
        return Merged(own, is_waiting=True)
    if len(mine.keys() | {item.variant_id for item in theirs}) > MOST_ITEMS:
        return Merged(own, is_too_full=True)
    if not mine:
        own.currency = guest.currency
    capped = _pour(own, mine, theirs)
    own.coupon_codes = list(dict.fromkeys([*own.coupon_codes, *guest.coupon_codes]))
    if guest.country:
        # What was said last.
        own.country, own.province = guest.country, guest.province
    own.save(update_fields=["coupon_codes", "currency", "country", "province"])
    Cart.objects.filter(pk=guest.pk).update(
        status=CartStatus.MERGED, updated_at=now, version=NextVersion()
    )
    publish(CartMerged, entity=own, at=now, data={"guest_cart_id": guest.pk})
    _touch(own, now)
    copy_after_commit(user_id=None, token=token, now=now)
    return Merged(own, capped)


@transaction.atomic
def reorder(
    *, order_id: UUID, user_id: UUID | None, token: str, now: datetime
) -> Reordered:
    """Put the items of an old order into the cart again, at today's prices.

    Of what is short as many as there are. Raises nothing for what cannot be bought again:
    `gone` names it.
    """
    order = Order.objects.get(pk=order_id)
    items = list(order.items.order_by("id"))
    wares = _wares({item.variant_id for item in items if item.variant_id})
    wanted = []
    for item in items:
        ware = wares.get(item.variant_id) if item.variant_id else None
        if ware is not None:
            most = item.quantity if ware.left is None else ware.left
            units = min(item.quantity, max(most, 1), MOST_UNITS)
            wanted.append((ware, units))
    if not wanted:
        return Reordered(None, 0, tuple(item.name for item in items))
    cart = _open_locked(user_id, token, wanted[0][0].currency, now)
    added = _add_all(cart, wanted, now)
    gone = [item.name for item in items if item.variant_id not in added]
    return Reordered(cart, len(items) - len(gone), tuple(gone))


@transaction.atomic
def abandon_carts(*, now: datetime, limit: int = 500) -> int:
    """Close carts that were left for too long, and keep what was in them; returns how many.

    May be repeated, and run twice at once.
    """
    overdue = Cart.objects.filter(status=CartStatus.OPEN, expires_at__lte=now)
    carts = list(
        overdue.order_by("id").select_for_update(no_key=True, skip_locked=True)[:limit]
    )
    left = [_as_left(cart, now) for cart in carts]
    AbandonedCart.objects.bulk_create([row for row in left if row.items])
    Cart.objects.filter(pk__in=[cart.pk for cart in carts]).update(
        status=CartStatus.ABANDONED, updated_at=now
    )
    publish_many(CartAbandoned.about(cart, at=now) for cart in carts)
    return len(carts)


# ------------------------------------------------------------------ the rules


def _open_locked(
    user_id: UUID | None, token: str, currency: str, now: datetime
) -> Cart:
    if user_id is None and not token:
        raise ValueError("A guest's cart needs a token.")
    own = Cart.objects.owned_by(user_id, token)
    usable = own.open_at(now).select_for_update(no_key=True)
    while (cart := usable.first()) is None:
        # Another tab may have opened one meanwhile: the partial unique index lets one in.
        fresh = Cart(
            user_id=user_id, session_id=None if user_id else token, currency=currency
        )
        fresh.expires_at = now + fresh.life()
        Cart.objects.bulk_create([fresh], ignore_conflicts=True)
        if cart := usable.first():
            cart.is_new = cart.pk == fresh.pk
            return cart
        # One that is overdue has the place.
        overdue = own.filter(status=CartStatus.OPEN, expires_at__lte=now)
        overdue.update(status=CartStatus.ABANDONED, updated_at=now)
    return cart


def _lock_cart(cart_id: UUID, now: datetime) -> Cart:
    carts = Cart.objects.open_at(now).select_for_update(no_key=True)
    cart = carts.filter(pk=cart_id).first()
    if cart is None:
        raise CartClosed
    return cart


def _item(cart: Cart, item_id: UUID) -> CartItem:
    item = CartItem.objects.filter(cart=cart, pk=item_id).first()
    if item is None:
        raise NotInCart
    return item


def _check_quantity(quantity: int) -> None:
    if not 1 <= quantity <= MOST_UNITS:
        raise InvalidQuantity(MOST_UNITS)


def _ware(variant_id: UUID | None) -> _Ware:
    """Raises ProductUnavailable for a variant that does not exist."""
    ware = _wares([variant_id]).get(variant_id) if variant_id else None
    if ware is None:
        raise ProductUnavailable
    return ware


def _wares(variant_ids: Collection[UUID]) -> dict[UUID, _Ware]:
    """Of those that exist, by their ids."""
    rows = ProductVariant.objects.filter(pk__in=variant_ids).values(
        "id",
        "price",
        "product_id",
        "shop_id",
        "name",
        "inventory_tracking",
        "inventory_policy",
        "is_active",
        left=F("inventory_quantity") - F("reserved_quantity"),
        product_name=F("product__name"),
        product_status=F("product__status"),
        shop_status=F("product__shop__status"),
        shop_name=F("product__shop__name"),
        closed_from=F("product__shop__closed_from"),
        closed_until=F("product__shop__closed_until"),
        currency=F("product__shop__currency"),
    )
    return {row["id"]: _as_ware(dict(row)) for row in rows}


def _as_ware(row: dict[str, Any]) -> _Ware:
    has_limit = (
        row["inventory_tracking"]
        and row["inventory_policy"] != InventoryPolicy.CONTINUE
    )
    name, variant_name = row["product_name"], row["name"]
    return _Ware(
        variant_id=row["id"],
        product_id=row["product_id"],
        shop_id=row["shop_id"],
        name=f"{name} ({variant_name})" if variant_name else name,
        price=row["price"],
        currency=row["currency"],
        left=max(row["left"], 0) if has_limit else None,
        is_on_sale=row["is_active"]
        and row["product_status"] == ProductStatus.ACTIVE
        and row["shop_status"] == ShopStatus.ACTIVE,
        shop_name=row["shop_name"],
        closed_from=row["closed_from"],
        closed_until=row["closed_until"],
    )


def _check_ware(ware: _Ware, cart: Cart, units: int, now: datetime) -> None:
    if not ware.is_on_sale:
        raise ProductUnavailable(ware.name)
    if is_closure_on(ware.closed_from, ware.closed_until, now):
        raise ShopClosed(ware.shop_name, ware.closed_until)
    if ware.currency != cart.currency:
        raise CurrencyMismatch(cart.currency, ware.currency)
    _check_quantity(units)
    if ware.left is not None and ware.left < units:
        short = Shortage(
            variant_id=ware.variant_id, name=ware.name, wanted=units, left=ware.left
        )
        raise OutOfStock([short])
    if ware.price * units > MOST_MONEY:
        raise AmountTooLarge


def _check_coupon(coupon: Coupon, now: datetime) -> None:
    promotion = coupon.promotion
    is_over = promotion.ends_at is not None and promotion.ends_at <= now
    if not promotion.is_active or promotion.starts_at > now or is_over:
        raise CouponNotValid(coupon.code)
    for row in (coupon, promotion):
        if row.usage_limit is not None and row.usage_count >= row.usage_limit:
            raise CouponUsedUp(coupon.code)


def _pour(
    own: Cart, mine: Mapping[UUID, CartItem], theirs: Iterable[CartItem]
) -> tuple[UUID, ...]:
    """Add a guest's items to a cart; returns the variants that there are too few of."""
    capped, fresh, raised = [], [], []
    limits = _limits({item.variant_id for item in theirs})
    for item in theirs:
        there = mine.get(item.variant_id)
        wanted = item.quantity + (there.quantity if there else 0)
        # What is sold out stays in the cart, which says so: it may come back.
        most = max(min(limits.get(item.variant_id, MOST_UNITS), MOST_UNITS), 1)
        if wanted > most:
            capped.append(item.variant_id)
        if there is None:
            there = CartItem(
                cart=own, variant_id=item.variant_id, added_price=item.added_price
            )
            fresh.append(there)
        else:
            raised.append(there)
        there.quantity = min(wanted, most)
    CartItem.objects.bulk_create(fresh)
    CartItem.objects.bulk_update(raised, ["quantity"])
    return tuple(capped)


def _limits(variant_ids: set[UUID]) -> dict[UUID, int]:
    """Of variants with a limit, what is left."""
    rows = ProductVariant.objects.filter(
        pk__in=variant_ids,
        inventory_tracking=True,
        inventory_policy=InventoryPolicy.DENY,
    )
    left = F("inventory_quantity") - F("reserved_quantity")
    return dict(rows.values_list("pk", left))


def _touch(cart: Cart, now: datetime) -> None:
    """Note the change: the cart lives longer, and its copy follows the commit."""
    # One that was opened with this change has it all.
    if not cart.is_new:
        cart.expires_at = now + cart.life()
        Cart.objects.filter(pk=cart.pk).update(
            expires_at=cart.expires_at, updated_at=now, version=NextVersion()
        )
    copy_after_commit(user_id=cart.user_id, token=cart.session_id or "", now=now)


def copy_after_commit(*, user_id: UUID | None, token: str, now: datetime) -> None:
    """Bring Redis' copy up to this change, which the caller makes under the cart's lock."""
    copy = read_copy(user_id=user_id, token=token, now=now)
    transaction.on_commit(
        lambda: keep_copy(user_id=user_id, token=token, copy=copy), robust=True
    )


def _as_left(cart: Cart, now: datetime) -> AbandonedCart:
    lines = cart_lines(cart_id=cart.pk, now=now)
    items: list[dict[str, Any]] = [
        {
            "variant_id": str(line.variant_id),
            "quantity": line.quantity,
            "price": str(line.price),
        }
        for line in lines
    ]
    return AbandonedCart(
        cart=cart,
        user_id=cart.user_id,
        session_id=cart.session_id or "",
        email=cart.email or "",
        items=items,
        total_price=sum((line.amount for line in lines), Decimal(0)),
        abandoned_at=now,
    )
