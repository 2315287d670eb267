"""What a buyer sees of their orders."""

from django.urls import path

from orders.views import account, addresses, cart

app_name = "orders"

urlpatterns = [
    path("cart/", cart.cart, name="cart"),
    path("cart/add/", cart.add_to_cart, name="add_to_cart"),
    path("cart/items/<uuid:item_id>/", cart.change_item, name="change_item"),
    path("cart/items/<uuid:item_id>/remove/", cart.remove_item, name="remove_item"),
    path("cart/restore/", cart.restore_item, name="restore_item"),
    path("cart/prices/", cart.accept_prices, name="accept_prices"),
    path("cart/coupon/", cart.use_coupon, name="use_coupon"),
    path("cart/coupon/remove/", cart.drop_coupon, name="drop_coupon"),
    path("account/", account.account, name="account"),
    path("account/addresses/", addresses.addresses, name="addresses"),
    path("account/addresses/new/", addresses.new_address, name="new_address"),
    path(
        "account/addresses/<uuid:address_id>/",
        addresses.edit_address,
        name="edit_address",
    ),
    path(
        "account/addresses/<uuid:address_id>/default/",
        addresses.make_default,
        name="make_address_default",
    ),
    path(
        "account/addresses/<uuid:address_id>/delete/",
        addresses.remove_address,
        name="delete_address",
    ),
]
