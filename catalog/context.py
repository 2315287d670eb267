"""What the header of every page needs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from catalog.queries.listings import departments


def storefront(request: HttpRequest) -> dict[str, Any]:
    """The market's name, and its departments: read only where a page draws them."""
    return {
        "market_name": settings.MARKET_NAME,
        "departments": SimpleLazyObject(departments),
    }
