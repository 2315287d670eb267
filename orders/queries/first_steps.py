"""What a new shop still needs before its first sale."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from catalog.models import (
    InventoryPolicy,
    ProductImage,
    ProductStatus,
    ProductVariant,
)
from orders.models import DeliveryMethod, Order, TaxRate
from shop.models import Shop, ShopStatus
from users.rights import Right


@dataclass(frozen=True)
class Step:
    """page: the URL name of where it is done, for those with the right."""

    words: str | Promise
    page: str
    right: Right
    is_done: bool


def first_steps(*, shop: Shop) -> list[Step]:
    """Empty for a shop that is open and has sold something; one statement."""
    sellable = (
        Q(inventory_tracking=False)
        | Q(inventory_policy=InventoryPolicy.CONTINUE)
        | Q(inventory_quantity__gt=F("reserved_quantity"))
    )
    pictures = ProductImage.objects.filter(product=OuterRef("product"))
    goods = ProductVariant.objects.filter(
        sellable,
        Exists(pictures),
        shop=OuterRef("pk"),
        is_active=True,
        product__status=ProductStatus.ACTIVE,
    )
    ways = DeliveryMethod.objects.filter(zone__shop=OuterRef("pk"), is_active=True)
    rates = TaxRate.objects.filter(
        Q(shop=OuterRef("pk")) | Q(shop=None, country=OuterRef("country"))
    )
    has = (
        Shop.objects.filter(pk=shop.pk)
        .values(
            sold=Exists(Order.objects.filter(shop=OuterRef("pk"))),
            goods=Exists(goods),
            ways=Exists(ways),
            rates=Exists(rates),
        )
        .get()
    )
    if has["sold"] and shop.status != ShopStatus.PENDING:
        return []
    is_told = bool(shop.description and shop.contact_email)
    return [
        Step(
            _("Say who you are: a description and an e-mail for buyers"),
            "sell:settings",
            Right.SETTINGS,
            is_told,
        ),
        Step(
            _("Say where you send, and what it costs"),
            "sell:delivery",
            Right.SETTINGS,
            has["ways"],
        ),
        Step(
            _("Say your tax: your number, or the rates of your goods"),
            "sell:taxes",
            Right.SETTINGS,
            bool(shop.tax_number) or has["rates"],
        ),
        Step(
            _("Put the first product on sale, with a picture and stock"),
            "sell:products",
            Right.SEE_PRODUCTS,
            has["goods"],
        ),
    ]
