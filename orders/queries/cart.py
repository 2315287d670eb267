"""A cart as its page shows it: items by shop, what is wrong with them, what they cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import InventoryPolicy, ProductImage, ProductStatus
from orders.cart_copy import CartCopy, CopiedItem, keep_copy, load_copy
from orders.discounts import ZERO, PromotionTerms
from orders.errors import closed_words
from orders.models import Cart, CartStatus
from orders.pricing import (
    CouponQuote,
    DiscountQuote,
    Line,
    Quote,
    ShopTerms,
    quote,
)
from orders.queries.promotions import Buyer, promotion_terms
from shop.models import ShopStatus
from shop.models.shop import is_closure_on
from shop.money import format_money
from shop.statements import read_prepared

PRICE_CHANGED, SHORT, SOLD_OUT, GONE = "price_changed", "short", "sold_out", "gone"
CLOSED = "shop_closed"
SQL = Path(__file__).parent.parent / "sql"
CART_LINES = (SQL / "cart_lines.sql").read_text()
LINE_COLUMNS = (
    *("item_id", "variant_id", "quantity", "added_price"),
    *("sku", "variant_name", "price", "inventory_quantity", "reserved_quantity"),
    *("inventory_policy", "inventory_tracking", "is_active"),
    *("requires_shipping", "taxable"),
    *("product_id", "product_name", "product_slug", "product_status"),
    *("tax_class", "category"),
    *("shop_id", "shop_name", "shop_slug", "shop_status"),
    *("currency", "prices_include_tax", "closed_from", "closed_until"),
    "has_promotions",
)
# By whether somebody has an account.
CART_COPIES = {
    has_account: (SQL / "cart_copy.sql").read_text().format(owner=owner)
    for has_account, owner in (
        (True, "own.user_id = %(owner)s"),
        (False, "own.user_id IS NULL AND own.session_id = %(owner)s"),
    )
}
COPY_COLUMNS = (
    *("version", "currency", "status", "expires_at"),
    *("item_id", "variant_id", "quantity", "sku", "variant_name", "price"),
    *("product_name", "product_slug", "shop_name"),
)
BLOCKING = {SHORT, SOLD_OUT, GONE, CLOSED}


@dataclass(frozen=True)
class Problem:
    """What is wrong with an item. `kind`: price_changed, short, sold_out, gone, shop_closed."""

    kind: str
    message: str

    @property
    def is_blocking(self) -> bool:
        return self.kind in BLOCKING


@dataclass(frozen=True, kw_only=True)
class CartLine(Line):
    """An item with all that its row shows."""

    item_id: UUID
    shop_name: str
    shop_slug: str
    currency: str
    prices_include_tax: bool
    sku: str
    product_name: str
    product_slug: str
    variant_name: str
    added_price: Decimal
    # Units that can be had now; None when there is no limit.
    left: int | None
    is_on_sale: bool
    # Its shop takes something off by itself, perhaps of this.
    has_promotions: bool = False
    # Its people are away, until then; None: nobody knows.
    is_closed: bool = False
    closed_until: datetime | None = None

    @property
    def name(self) -> str:
        if not self.variant_name:
            return self.product_name
        return f"{self.product_name} ({self.variant_name})"

    @property
    def problems(self) -> tuple[Problem, ...]:
        name = self.name
        if not self.is_on_sale:
            gone = _("%(name)s is not on sale any more.")
            return (Problem(GONE, gone % {"name": name}),)
        found = []
        if self.is_closed:
            found.append(
                Problem(CLOSED, closed_words(self.shop_name, self.closed_until))
            )
        if self.left is not None and self.left < 1:
            sold_out = _("%(name)s is sold out.")
            found.append(Problem(SOLD_OUT, sold_out % {"name": name}))
        elif self.left is not None and self.left < self.quantity:
            short = ngettext(
                "Only %(left)d of %(name)s is left.",
                "Only %(left)d of %(name)s are left.",
                self.left,
            )
            found.append(Problem(SHORT, short % {"left": self.left, "name": name}))
        if self.price != self.added_price:
            changed = _("%(name)s now costs %(price)s instead of %(before)s.") % {
                "name": name,
                "price": format_money(self.price, self.currency),
                "before": format_money(self.added_price, self.currency),
            }
            found.append(Problem(PRICE_CHANGED, changed))
        return tuple(found)

    @property
    def is_blocked(self) -> bool:
        return any(problem.is_blocking for problem in self.problems)


@dataclass(frozen=True, kw_only=True)
class CartGroup:
    """The items of one shop."""

    shop_id: UUID
    shop_name: str
    shop_slug: str
    lines: tuple[CartLine, ...]
    subtotal: Decimal
    discount: Decimal
    coupon: CouponQuote | None
    discounts: tuple[DiscountQuote, ...]


@dataclass(frozen=True, kw_only=True)
class CartView:
    """A cart and what its items cost, without delivery. What is gone costs nothing."""

    cart_id: UUID
    currency: str
    groups: tuple[CartGroup, ...]
    quote: Quote
    coupon_codes: tuple[str, ...]
    # By shop, whether or not they take something off.
    promotions: dict[UUID, tuple[PromotionTerms, ...]]
    # Of variant id: src, sizes, hue, alt of a picture, for those that have one.
    pictures: dict[UUID, dict[str, Any]]

    @property
    def lines(self) -> tuple[CartLine, ...]:
        return tuple(line for group in self.groups for line in group.lines)

    @property
    def count(self) -> int:
        """Units."""
        return sum(line.quantity for line in self.lines)

    @property
    def problems(self) -> tuple[Problem, ...]:
        return tuple(problem for line in self.lines for problem in line.problems)

    @property
    def can_check_out(self) -> bool:
        return bool(self.lines) and not any(line.is_blocked for line in self.lines)


def cart_view(*, cart_id: UUID, now: datetime) -> CartView:
    """In three statements for any number of items; one more with a coupon or promotions, and
    two where these ask who buys.
    """
    cart = Cart.objects.get(pk=cart_id)
    lines = cart_lines(cart_id=cart_id, now=now)
    promotions = promotion_terms(
        codes=cart.coupon_codes,
        shop_ids={line.shop_id for line in lines},
        has_automatic=any(line.has_promotions for line in lines),
        buyer=lambda: _buyer(cart),
        now=now,
    )
    sellable = [line for line in lines if line.is_on_sale]
    quoted = quote(
        currency=cart.currency,
        lines=sellable,
        shops=shop_terms(lines),
        promotions=promotions,
    )
    by_shop = {shop.shop_id: shop for shop in quoted.shops}
    groups = []
    for shop_id, of_shop in _by_shop(lines).items():
        costs = by_shop.get(shop_id)
        groups.append(
            CartGroup(
                shop_id=shop_id,
                shop_name=of_shop[0].shop_name,
                shop_slug=of_shop[0].shop_slug,
                lines=tuple(of_shop),
                subtotal=costs.subtotal if costs else ZERO,
                discount=costs.discount if costs else ZERO,
                coupon=costs.coupon if costs else None,
                discounts=costs.discounts if costs else (),
            )
        )
    return CartView(
        cart_id=cart.pk,
        currency=cart.currency,
        groups=tuple(groups),
        quote=quoted,
        coupon_codes=tuple(cart.coupon_codes),
        promotions=promotions,
        pictures=pictures(lines=lines),
    )


def _buyer(cart: Cart) -> Buyer:
    email = cart.user.email if cart.user else cart.email
    return Buyer(cart.user_id, email or "")


def cart_lines(*, cart_id: UUID, now: datetime | None) -> list[CartLine]:
    """The items of a cart as they can be bought now, in the order they were added.

    now: None for what a shop sells by itself, whom its own closure does not keep from it.
    """
    rows = read_prepared(CART_LINES, {"cart_id": cart_id})
    return [_line(dict(zip(LINE_COLUMNS, row, strict=True)), now) for row in rows]


def shop_terms(lines: Iterable[CartLine]) -> dict[UUID, ShopTerms]:
    return {
        line.shop_id: ShopTerms(
            shop_id=line.shop_id,
            name=line.shop_name,
            prices_include_tax=line.prices_include_tax,
        )
        for line in lines
    }


def pictures(*, lines: Sequence[Line]) -> dict[UUID, dict[str, Any]]:
    """Of each variant with one, its own picture or its product's: src, sizes, hue, alt."""
    if not lines:
        return {}
    rows = (
        ProductImage.objects.filter(product_id__in={line.product_id for line in lines})
        .order_by("-is_primary", "position", "id")
        .values("product_id", "variant_id", "src", "sizes", "hue", "alt")
    )
    own: dict[UUID, dict[str, Any]] = {}
    of_product: dict[UUID, dict[str, Any]] = {}
    for row in rows:
        picture: dict[str, Any] = dict(row)
        if row["variant_id"]:
            own.setdefault(row["variant_id"], picture)
        of_product.setdefault(row["product_id"], picture)
    found = {
        line.variant_id: own.get(line.variant_id) or of_product.get(line.product_id)
        for line in lines
    }
    return {variant_id: row for variant_id, row in found.items() if row}


# ------------------------------------------------------------------ the header


def cart_summary(*, user_id: UUID | None, token: str, now: datetime) -> CartCopy:
    """The open cart in short: Redis' copy of it, read anew where that is lost or old.

    It may be some minutes behind; what is bought, and for how much, is for `cart_view`
    and the checkout to say.
    """
    if user_id is None and not token:
        return CartCopy(version=0, currency="", items=(), copied_at=now)
    kept = load_copy(user_id=user_id, token=token)
    if kept is not None and kept.is_good_at(now):
        return kept
    fresh = read_copy(user_id=user_id, token=token, now=now)
    keep_copy(user_id=user_id, token=token, copy=fresh)
    return fresh


def read_copy(*, user_id: UUID | None, token: str, now: datetime) -> CartCopy:
    """From the tables, in one statement: whose version and items are of the same moment."""
    owner = user_id or token
    found = read_prepared(CART_COPIES[user_id is not None], {"owner": owner})
    rows = [dict(zip(COPY_COLUMNS, row, strict=True)) for row in found]
    if not rows:
        return CartCopy(version=0, currency="", items=(), copied_at=now)
    cart = rows[0]
    is_over = cart["expires_at"] is not None and cart["expires_at"] <= now
    if cart["status"] != CartStatus.OPEN or is_over:
        return CartCopy(version=cart["version"], currency="", items=(), copied_at=now)
    return CartCopy(
        version=cart["version"],
        currency=cart["currency"],
        items=tuple(_copied(row) for row in rows if row["item_id"]),
        copied_at=now,
        expires_at=cart["expires_at"],
    )


def _copied(row: dict[str, Any]) -> CopiedItem:
    name, variant_name = row["product_name"], row["variant_name"]
    return CopiedItem(
        item_id=row["item_id"],
        variant_id=row["variant_id"],
        sku=row["sku"],
        name=f"{name} ({variant_name})" if variant_name else name,
        product_slug=row["product_slug"],
        shop_name=row["shop_name"],
        quantity=row["quantity"],
        price=row["price"],
    )


def _line(row: dict[str, Any], now: datetime | None) -> CartLine:
    states = row.pop("is_active"), row.pop("product_status"), row.pop("shop_status")
    is_on_sale = states == (True, ProductStatus.ACTIVE, ShopStatus.ACTIVE)
    has_limit = (
        row.pop("inventory_tracking")
        and row["inventory_policy"] != InventoryPolicy.CONTINUE
    )
    row.pop("inventory_policy")
    left = row.pop("inventory_quantity") - row.pop("reserved_quantity")
    closed_from = row.pop("closed_from")
    return CartLine(
        left=left if has_limit else None,
        is_on_sale=is_on_sale,
        is_closed=now is not None
        and is_closure_on(closed_from, row["closed_until"], now),
        **row,
    )


def _by_shop(lines: Iterable[CartLine]) -> dict[UUID, list[CartLine]]:
    grouped: dict[UUID, list[CartLine]] = {}
    for line in lines:
        grouped.setdefault(line.shop_id, []).append(line)
    return grouped
