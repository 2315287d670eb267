"""What other apps show of a variant."""

from uuid import UUID

from catalog.models import ProductVariant


def variant_name(*, variant_id: UUID) -> str:
    """As a person reads it: the product's name, and the variant's own in brackets.

    Empty for a variant that does not exist.
    """
    rows = ProductVariant.objects.filter(pk=variant_id)
    row = rows.values_list("product__name", "name").first()
    if row is None:
        return ""
    product, variant = row
    return f"{product} ({variant})" if variant else product
