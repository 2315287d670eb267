"""What a buyer is told of delivery before there is a checkout."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings

from catalog.models import ProductVariant
from orders.models import DeliveryZone
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
    methods = delivery_methods(shop_ids=[shop.pk], country=country).get(shop.pk, ())
    if not methods and not DeliveryZone.objects.filter(shop=shop).exists():
        methods = _of_the_market(shop, country)
    return DeliveryPromise(
        is_needed=variant.requires_shipping,
        method=methods[0] if methods else None,
        currency=shop.currency,
    )


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
