"""Reads of carts, checkouts and orders."""

from orders.queries.cart import CartView, cart_summary, cart_view

__all__ = ["CartView", "cart_summary", "cart_view"]
