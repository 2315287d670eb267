"""What a shop has said about delivery and tax."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from orders.models import DeliveryZone, TaxRate


def shop_zones(*, shop_id: UUID) -> list[DeliveryZone]:
    """With their methods, those that are not offered too; two statements."""
    zones = DeliveryZone.objects.filter(shop_id=shop_id)
    return list(zones.prefetch_related("methods"))


def shop_tax_rates(
    *, shop_id: UUID, country: str
) -> tuple[list[TaxRate], list[TaxRate]]:
    """The shop's own, and the market's of a country; one statement."""
    rows = TaxRate.objects.filter(Q(shop=shop_id) | Q(shop=None, country=country))
    own: list[TaxRate] = []
    market: list[TaxRate] = []
    for row in rows:
        (own if row.shop_id else market).append(row)
    return own, market
