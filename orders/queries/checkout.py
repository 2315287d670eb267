"""A checkout as its pages show it: what is missing, how it can be sent, what it costs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from orders.discounts import PromotionTerms
from orders.models import Checkout
from orders.pricing import Method, Quote, Rate, quote
from orders.queries.cart import (
    CartLine,
    Problem,
    cart_lines,
    shop_terms,
)
from orders.queries.promotions import Buyer, promotion_terms
from shop.statements import read_prepared

SQL = Path(__file__).parent.parent / "sql"
DELIVERY_METHODS = (SQL / "delivery_methods.sql").read_text()
METHOD = ("id", "name", "price", "free_from", "min_days", "max_days")
TAX_RATES = (SQL / "tax_rates.sql").read_text()
RATE = ("province", "tax_class", "rate", "applies_to_shipping", "name", "shop_id")
CONTACT, ADDRESS, DELIVERY = "contact", "address", "delivery"


@dataclass(frozen=True, kw_only=True)
class ShopDelivery:
    """How one shop can send its items to the address, cheapest first, and how it will."""

    shop_id: UUID
    shop_name: str
    methods: tuple[Method, ...]
    chosen: Method | None
    # False: nothing of it needs sending.
    is_needed: bool
    # What the goods cost, which may make a way free.
    goods: Decimal = Decimal(0)

    @property
    def ways(self) -> tuple[tuple[Method, Decimal], ...]:
        """Each method with what it costs for these goods."""
        return tuple((method, method.price_for(self.goods)) for method in self.methods)

    @property
    def is_missing(self) -> bool:
        return self.is_needed and self.chosen is None


@dataclass(frozen=True, kw_only=True)
class CheckoutView:
    """Everything that a checkout's pages show. `quote.hash` is what the buyer agrees to."""

    checkout: Checkout
    lines: tuple[CartLine, ...]
    deliveries: tuple[ShopDelivery, ...]
    # By shop, whether or not they take something off.
    promotions: dict[UUID, tuple[PromotionTerms, ...]]
    quote: Quote

    @property
    def problems(self) -> tuple[Problem, ...]:
        return tuple(problem for line in self.lines for problem in line.problems)

    @property
    def missing(self) -> tuple[str, ...]:
        """The steps that are left: contact, address, delivery."""
        needs_address = any(line.requires_shipping for line in self.lines)
        steps = {
            CONTACT: not self.checkout.email,
            ADDRESS: needs_address and not self.checkout.shipping_address,
            DELIVERY: any(delivery.is_missing for delivery in self.deliveries),
        }
        return tuple(step for step, is_missing in steps.items() if is_missing)

    @property
    def unserved(self) -> tuple[str, ...]:
        """Names of shops that do not send to the address."""
        return tuple(
            delivery.shop_name
            for delivery in self.deliveries
            if delivery.is_missing and self.checkout.shipping_address
        )


def checkout_view(*, checkout_id: UUID, now: datetime) -> CheckoutView:
    """In the same number of statements for any number of shops and items."""
    checkout = Checkout.objects.select_related("cart").get(pk=checkout_id)
    return price_checkout(checkout=checkout, now=now)


def price_checkout(*, checkout: Checkout, now: datetime) -> CheckoutView:
    """The same, of a row that the caller has (locked, where it matters)."""
    if checkout.cart is None:
        raise ValueError("A purchase from a file has no cart to price.")
    # What a shop writes down by itself, it sells.
    is_its_own = checkout.shop_id is not None
    lines = cart_lines(cart_id=checkout.cart.pk, now=None if is_its_own else now)
    shops = shop_terms(lines)
    address = checkout.shipping_address
    country, province = address.get("country", ""), address.get("province", "")
    # What is added to an order travels with it.
    travels = checkout.adds_to_id is not None
    options = {} if travels else delivery_methods(shop_ids=shops, country=country)
    chosen = {
        shop_id: _chosen(methods, checkout.delivery.get(str(shop_id)))
        for shop_id, methods in options.items()
        if methods
    }
    needing = (
        set() if travels else {line.shop_id for line in lines if line.requires_shipping}
    )
    promotions = promotion_terms(
        codes=checkout.cart.coupon_codes,
        shop_ids=shops,
        has_automatic=any(line.has_promotions for line in lines),
        buyer=lambda: _buyer(checkout),
        now=now,
    )
    quoted = quote(
        currency=checkout.cart.currency,
        lines=[line for line in lines if line.is_on_sale],
        shops=shops,
        methods=chosen,
        promotions=promotions,
        rates=tax_rates(country=country, province=province, shop_ids=shops),
        province=province,
    )
    goods = {one.shop_id: one.subtotal - one.discount for one in quoted.shops}
    return CheckoutView(
        checkout=checkout,
        lines=tuple(lines),
        deliveries=tuple(
            ShopDelivery(
                shop_id=shop_id,
                shop_name=shop.name,
                methods=options.get(shop_id, ()),
                chosen=chosen.get(shop_id),
                is_needed=shop_id in needing,
                goods=goods.get(shop_id, Decimal(0)),
            )
            for shop_id, shop in shops.items()
        ),
        promotions=promotions,
        quote=quoted,
    )


def _buyer(checkout: Checkout) -> Buyer:
    """Whose row of customers the orders will have."""
    email = checkout.user.email if checkout.user else checkout.email
    return Buyer(checkout.user_id, email)


def delivery_methods(
    *, shop_ids: Collection[UUID], country: str
) -> dict[UUID, tuple[Method, ...]]:
    """How shops send to a country, cheapest first; without a country nothing is known.

    The first zone by position that names the country counts, else the first that names none.
    """
    if not country or not shop_ids:
        return {}
    by_zone: dict[tuple[UUID, UUID, tuple[str, ...]], list[Method]] = {}
    rows = read_prepared(DELIVERY_METHODS, {"shop_ids": list(shop_ids)})
    for shop_id, zone_id, countries, *method in rows:
        zone = shop_id, zone_id, tuple(countries)
        named = dict(zip(METHOD, method, strict=True))
        by_zone.setdefault(zone, []).append(Method(**named))
    found: dict[UUID, tuple[Method, ...]] = {}
    for is_rest in (False, True):
        for (shop_id, _zone_id, countries), methods in by_zone.items():
            fits = not countries if is_rest else country in countries
            if fits and shop_id not in found:
                found[shop_id] = tuple(methods)
    return found


def tax_rates(*, country: str, province: str, shop_ids: Collection[UUID]) -> list[Rate]:
    """The rates of a country and of one province of it: the market's and the shops' own."""
    if not country:
        return []
    values = {"shop_ids": list(shop_ids), "country": country, "province": province}
    rows = read_prepared(TAX_RATES, values)
    return [Rate(**dict(zip(RATE, row, strict=True))) for row in rows]


def _chosen(methods: tuple[Method, ...], wanted: str | None) -> Method:
    """The one asked for where the shop has it for this address, else the cheapest."""
    by_id = {str(method.id): method for method in methods}
    return by_id.get(wanted or "") or methods[0]
