"""What the header of every page needs of the cart."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from orders.cart_copy import CartCopy
from orders.queries.cart import cart_summary
from orders.visitor import visitor_of


def cart(request: HttpRequest) -> dict[str, Any]:
    """`cart_summary`, read only where a page draws it."""

    def summary() -> CartCopy:
        visitor = visitor_of(request)
        return cart_summary(
            user_id=visitor.user_id, token=visitor.token, now=timezone.now()
        )

    return {"cart_summary": SimpleLazyObject(summary)}
