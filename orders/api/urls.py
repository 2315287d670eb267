"""Carts, checkouts and orders, for programs."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from orders.api import carts, checkouts, orders

router = SimpleRouter(use_regex_path=False)
router.register("orders", orders.OrderViewSet, basename="order")

urlpatterns = [
    path("cart/", carts.CartDetailView.as_view(), name="cart"),
    path("cart/summary/", carts.CartSummaryView.as_view(), name="cart-summary"),
    path("cart/items/", carts.CartItemsView.as_view(), name="cart-items"),
    path("cart/items/<uuid:item_id>/", carts.CartItemView.as_view(), name="cart-item"),
    path("cart/coupons/", carts.CartCouponsView.as_view(), name="cart-coupons"),
    path("checkouts/", checkouts.CheckoutListView.as_view(), name="checkouts"),
    path(
        "checkouts/<uuid:checkout_id>/",
        checkouts.CheckoutDetailView.as_view(),
        name="checkout",
    ),
    *router.urls,
]
