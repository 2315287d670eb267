"""Reads of carts, checkouts and orders."""

from orders.cart_copy import CartCopy
from orders.queries.cart import CartView, cart_summary, cart_view
from orders.queries.checkout import CheckoutView, checkout_view

__all__ = [
    "CartCopy",
    "CartView",
    "CheckoutView",
    "cart_summary",
    "cart_view",
    "checkout_view",
]
