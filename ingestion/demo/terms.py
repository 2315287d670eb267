"""The sample shops' terms: how they deliver, what tax is in their prices, a coupon to try."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from orders.models import (
    Coupon,
    DeliveryMethod,
    DeliveryZone,
    Promotion,
    PromotionKind,
    TaxRate,
)
from shop.models import Shop

COUPON = "WELCOME10"
NEIGHBOURS = ["BE", "DE", "DK", "ES", "FR", "IE", "IT", "NL", "PT", "SE"]
# name, price, free from, working days
AT_HOME = [
    ("Standard delivery", "3.95", "50.00", 2, 4),
    ("Express", "9.95", None, 1, 1),
]
ABROAD = [("Parcel to Europe", "12.50", None, 5, 9)]
# The United Kingdom's value added tax, as of 2026.
RATES = [("standard", "0.20", "VAT"), ("reduced", "0.05", "VAT"), ("zero", "0", "VAT")]


def fill_terms(*, shops: Collection[Shop], country: str) -> None:
    """Belongs into the transaction that makes the shops."""
    methods = []
    for shop in shops:
        home = DeliveryZone(shop=shop, name="At home", countries=[country])
        near = DeliveryZone(shop=shop, name="Europe", countries=NEIGHBOURS, position=1)
        DeliveryZone.objects.bulk_create([home, near])
        methods += [_method(home, *terms) for terms in AT_HOME]
        methods += [_method(near, *terms) for terms in ABROAD]
    DeliveryMethod.objects.bulk_create(methods)
    # An operator may have set the real ones already.
    TaxRate.objects.bulk_create(
        [
            TaxRate(country=country, tax_class=name, name=title, rate=Decimal(rate))
            for name, rate, title in RATES
        ],
        ignore_conflicts=True,
    )


def fill_coupons(*, shops: Iterable[Shop], since: datetime) -> dict[UUID, Coupon]:
    """Shop -> its code: ten per cent off, without limit."""
    made = {}
    for shop in shops:
        promotion = Promotion.objects.create(
            shop=shop,
            name="Ten per cent to say welcome",
            kind=PromotionKind.PERCENTAGE,
            value=Decimal(10),
            starts_at=since,
            event_time=since,
        )
        made[shop.pk] = Coupon.objects.create(
            promotion=promotion, shop=shop, code=COUPON
        )
    return made


def _method(
    zone: DeliveryZone,
    name: str,
    price: str,
    free_from: str | None,
    min_days: int,
    max_days: int,
) -> DeliveryMethod:
    return DeliveryMethod(
        zone=zone,
        name=name,
        price=Decimal(price),
        free_from=Decimal(free_from) if free_from else None,
        min_days=min_days,
        max_days=max_days,
    )
