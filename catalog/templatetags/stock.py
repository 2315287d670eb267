"""What a page says of a variant's stock."""

from collections.abc import Mapping

from django import template

from catalog.models import InventoryPolicy, ProductVariant

register = template.Library()

# From here on the number itself is told.
FEW = 5


@register.filter
def is_gone(variant: ProductVariant) -> bool:
    """Not one unit can be bought."""
    return not variant.can_sell(1)


@register.filter
def most_units(variant: ProductVariant) -> int | None:
    """How many may be asked for at once; None where more can be ordered."""
    if (
        not variant.inventory_tracking
        or variant.inventory_policy == InventoryPolicy.CONTINUE
    ):
        return None
    return variant.available_quantity


@register.filter
def units_left(variant: ProductVariant) -> int | None:
    """How many are left, where they are few and no more can be ordered."""
    if (
        not variant.inventory_tracking
        or variant.inventory_policy == InventoryPolicy.CONTINUE
        or variant.available_quantity > FEW
    ):
        return None
    return variant.available_quantity


@register.filter
def at(found: Mapping[str, str], key: str) -> str:
    """What stands under a key that the template does not know beforehand; empty for none."""
    return found.get(key, "")
