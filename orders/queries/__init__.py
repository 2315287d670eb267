"""Reads of carts, checkouts and orders."""

from orders.queries.cart import CartSummary, CartView, cart_summary, cart_view
from orders.queries.checkout import CheckoutView, checkout_view

__all__ = [
    "CartSummary",
    "CartView",
    "CheckoutView",
    "cart_summary",
    "cart_view",
    "checkout_view",
]
