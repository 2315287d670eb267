"""What delivery and tax will come to, said in the cart before there is an address."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from orders.discounts import ZERO
from orders.models import Cart, ShippingAddress, TaxRate
from orders.pricing import Method, Quote, quote
from orders.queries.cart import CartView, shop_terms
from orders.queries.checkout import tax_rates
from orders.queries.delivery import promised_methods


@dataclass(frozen=True)
class Destination:
    """country: ISO 3166-1 alpha-2. province: empty where it is not known or matters to nobody."""

    country: str
    province: str = ""


@dataclass(frozen=True, kw_only=True)
class ShopEstimate:
    """How one shop would send its items. method: the cheapest; None where it does not send."""

    shop_id: UUID
    shop_name: str
    # False: nothing of it needs sending.
    is_needed: bool
    method: Method | None
    # After promotions, or an amount from which it is free.
    shipping: Decimal

    @property
    def is_unserved(self) -> bool:
        return self.is_needed and self.method is None


@dataclass(frozen=True, kw_only=True)
class CartEstimate:
    """By the same tables and the same `quote` as the checkout's, with the cheapest delivery."""

    destination: Destination
    # Whether its rates of tax differ from province to province.
    has_provinces: bool
    shops: tuple[ShopEstimate, ...]
    quote: Quote

    @property
    def unserved(self) -> tuple[str, ...]:
        """Names of shops that do not send there."""
        return tuple(shop.shop_name for shop in self.shops if shop.is_unserved)

    @property
    def total(self) -> Decimal | None:
        """None while a shop does not send there: it cannot be bought like that."""
        return None if self.unserved else self.quote.total


def destination_of(*, cart: Cart) -> Destination:
    """Where a cart would be sent: as said, else as the account's default address, else at home."""
    if cart.country:
        return Destination(cart.country, cart.province)
    if cart.user_id:
        own = ShippingAddress.objects.in_book_of(cart.user_id).filter(is_default=True)
        if found := own.values_list("country", "province").first():
            return Destination(*found)
    return Destination(settings.MARKET_COUNTRY)


def cart_estimate(*, view: CartView, destination: Destination) -> CartEstimate:
    """In the same number of statements for any number of shops and items."""
    country, province = destination.country, destination.province
    sellable = [line for line in view.lines if line.is_on_sale]
    terms = shop_terms(sellable)
    needing = {line.shop_id for line in sellable if line.requires_shipping}
    options = promised_methods(shop_ids=terms, country=country)
    cheapest = {shop_id: methods[0] for shop_id, methods in options.items() if methods}
    quoted = quote(
        currency=view.currency,
        lines=sellable,
        shops=terms,
        methods=cheapest,
        promotions=view.promotions,
        rates=tax_rates(country=country, province=province, shop_ids=terms),
        province=province,
    )
    charged = {shop.shop_id: shop.shipping for shop in quoted.shops}
    return CartEstimate(
        destination=destination,
        has_provinces=TaxRate.objects.filter(
            Q(shop=None) | Q(shop__in=list(terms)), country=country
        )
        .exclude(province="")
        .exists(),
        shops=tuple(
            ShopEstimate(
                shop_id=shop_id,
                shop_name=shop.name,
                is_needed=shop_id in needing,
                method=cheapest.get(shop_id),
                shipping=charged.get(shop_id, ZERO),
            )
            for shop_id, shop in terms.items()
        ),
        quote=quoted,
    )
