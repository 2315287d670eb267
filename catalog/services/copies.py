"""A product once more, as the beginning of another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.models import Product, ProductImage, ProductVariant
from catalog.services.editor import LONGEST, free_slug, hold, write_tags
from catalog.services.matrix import first_prices
from catalog.services.prices import show_lowest_prices

SUFFIX = "-COPY"
# Of a SKU; the suffix and its number need the rest.
KEPT = 88
OF_PRODUCT = (
    *("shop_id", "description", "short_description", "price", "compare_price"),
    *("cost_price", "currency", "tax_class", "track_inventory", "weight", "dimensions"),
    *("category_id", "brand_id", "option_names", "attributes"),
)
# Not the barcode, which names one thing in the world.
OF_VARIANT = (
    *("shop_id", "name", "price", "compare_price", "cost_price", "weight"),
    *("inventory_policy", "inventory_tracking", "requires_shipping", "taxable"),
    *("position", "option1", "option2", "option3", "is_active"),
)
OF_IMAGE = (
    "src",
    "width",
    "height",
    "sizes",
    "hue",
    "alt",
    "position",
    "is_primary",
)


@transaction.atomic
def duplicate_product(
    *, shop_id: UUID, product_id: UUID, now: datetime, by: Any
) -> Product:
    """A draft with variants and pictures of its own, SKUs with a suffix, and no stock.

    Each call makes another one. Raises NoSuchThing.
    """
    original = hold(shop_id=shop_id, product_id=product_id)
    variants = list(original.variants.all())
    suffix = _free_suffix(original, variants)
    name = _("%(name)s (copy)") % {"name": original.name}
    copy = Product.objects.create(
        **_like(original, OF_PRODUCT),
        name=name[: LONGEST["name"]],
        sku=original.sku[:KEPT] + suffix,
        slug=free_slug(name=name, shop_slug=original.shop.slug),
        event_time=now,
    )
    write_tags(copy, original.tags, now)
    twins = {
        variant.pk: ProductVariant(
            **_like(variant, OF_VARIANT),
            product=copy,
            sku=variant.sku[:KEPT] + suffix,
            event_time=now,
        )
        for variant in variants
    }
    ProductVariant.objects.bulk_create(twins.values())
    _copy_images(original, copy, twins)
    first_prices(variants=list(twins.values()), now=now, by=by)
    show_lowest_prices(product_ids=[copy.pk], now=now)
    return copy


def _like(row: Any, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _free_suffix(original: Product, variants: Sequence[ProductVariant]) -> str:
    """The first that makes every SKU a new one. Two that end alike after KEPT cannot be."""
    skus = [variant.sku[:KEPT] for variant in variants]
    for number in count(1):
        suffix = SUFFIX if number == 1 else f"{SUFFIX}-{number}"
        wanted = [sku + suffix for sku in skus]
        of_variants = ProductVariant.objects.filter(
            shop_id=original.shop_id, sku__in=wanted
        )
        of_products = Product.objects.filter(
            shop_id=original.shop_id, sku=original.sku[:KEPT] + suffix
        )
        if not of_variants.exists() and not of_products.exists():
            return suffix
    raise AssertionError


def _copy_images(
    original: Product, copy: Product, twins: Mapping[UUID, ProductVariant]
) -> None:
    ProductImage.objects.bulk_create(
        ProductImage(
            **_like(image, OF_IMAGE),
            product=copy,
            variant=twins.get(image.variant_id) if image.variant_id else None,
        )
        for image in original.images.all()
    )
