"""What the pages of a purchase draw with."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import template

register = template.Library()


@register.filter
def of(values: Mapping[Any, Any] | None, key: Any) -> Any:
    """`{{ errors|of:line.item_id }}`: the value of a key; empty where there is none."""
    return values.get(key, "") if values else ""


@register.filter
def negative(amount: Decimal) -> Decimal:
    """A discount, as it stands in a sum."""
    return -amount
