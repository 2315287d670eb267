"""What a buyer is told of delivery before there is a checkout."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from catalog.models import Product, ProductVariant
from catalog.queries.sell_product import Missing
from orders.models import DeliveryMethod, DeliveryZone
from orders.pricing import Method
from orders.queries.checkout import delivery_methods
from shop.models import Shop


@dataclass(frozen=True, kw_only=True)
class DeliveryPromise:
    """method: the cheapest way there; None where the shop does not send."""

    is_needed: bool
    method: Method | None
    currency: str


def delivery_promise(*, variant_id: UUID, country: str) -> DeliveryPromise | None:
    """How a variant would be sent to a country; None for one that is not on sale."""
    rows = ProductVariant.objects.filter(pk=variant_id).select_related("product__shop")
    variant = rows.first()
    if variant is None:
        return None
    shop = variant.product.shop
    methods = promised_methods(shop_ids=[shop.pk], country=country).get(shop.pk, ())
    return DeliveryPromise(
        is_needed=variant.requires_shipping,
        method=methods[0] if methods else None,
        currency=shop.currency,
    )


def promised_methods(
    *, shop_ids: Collection[UUID], country: str
) -> dict[UUID, tuple[Method, ...]]:
    """`delivery_methods`, with what a checkout will write down for shops without a zone."""
    found = delivery_methods(shop_ids=shop_ids, country=country)
    if not country or not (silent := set(shop_ids) - set(found)):
        return found
    zones = DeliveryZone.objects.filter(shop=OuterRef("pk"))
    bare = Shop.objects.filter(~Exists(zones), pk__in=silent)
    return found | {
        shop.pk: methods
        for shop in bare.only("id", "country", "currency")
        if (methods := _of_the_market(shop, country))
    }


def _of_the_market(shop: Shop, country: str) -> tuple[Method, ...]:
    """As the first checkout will write it down for a shop that has said nothing."""
    if shop.country and shop.country != country:
        return ()
    flat: dict[str, Any] = settings.MARKET_DELIVERY
    method = Method(
        id=shop.pk,
        name=flat["name"],
        price=Decimal(flat["prices"].get(shop.currency, "0.00")),
        min_days=flat["min_days"],
        max_days=flat["max_days"],
    )
    return (method,)


def delivery_missing(product: Product) -> list[Missing]:
    """Whether nothing that the shop has can carry it, for `missing_sources`; one statement.

    A shop without a zone sends at the market's rate, which its first checkout writes down.
    """
    sent = ProductVariant.objects.filter(
        product=product.pk, is_active=True, requires_shipping=True
    )
    zones = DeliveryZone.objects.filter(shop=OuterRef("pk"))
    ways = DeliveryMethod.objects.filter(zone__shop=OuterRef("pk"), is_active=True)
    is_stuck = Shop.objects.filter(
        Exists(sent), Exists(zones), ~Exists(ways), pk=product.shop_id
    )
    if not is_stuck.exists():
        return []
    words = _("Delivery: your shop has no way to send it")
    return [Missing(words, "sell:delivery", is_needed=True)]
