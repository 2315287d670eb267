"""What a buyer sees of their orders."""

from django.urls import path

from orders.views import account, addresses, cart, checkout, delivery, orders

app_name = "orders"

urlpatterns = [
    path("cart/", cart.cart, name="cart"),
    path("cart/add/", cart.add_to_cart, name="add_to_cart"),
    path("cart/items/<uuid:item_id>/", cart.change_item, name="change_item"),
    path("cart/items/<uuid:item_id>/remove/", cart.remove_item, name="remove_item"),
    path("cart/restore/", cart.restore_item, name="restore_item"),
    path("cart/prices/", cart.accept_prices, name="accept_prices"),
    path("cart/destination/", cart.choose_destination, name="choose_destination"),
    path("cart/coupon/", cart.use_coupon, name="use_coupon"),
    path("cart/coupon/remove/", cart.drop_coupon, name="drop_coupon"),
    path("checkout/", checkout.checkout, name="checkout"),
    path(
        "checkout/<uuid:checkout_id>/address/",
        checkout.address,
        name="checkout_address",
    ),
    path(
        "checkout/<uuid:checkout_id>/address/<uuid:address_id>/",
        checkout.use_kept_address,
        name="use_kept_address",
    ),
    path(
        "checkout/<uuid:checkout_id>/billing/",
        checkout.billing,
        name="checkout_billing",
    ),
    path(
        "checkout/<uuid:checkout_id>/delivery/",
        checkout.delivery,
        name="checkout_delivery",
    ),
    path("checkout/<uuid:checkout_id>/done/", checkout.done, name="checkout_done"),
    path(
        "delivery/<uuid:variant_id>/",
        delivery.delivery_promise,
        name="delivery_promise",
    ),
    path("orders/find/", orders.find_order, name="find_order"),
    path("orders/<uuid:order_id>/", orders.order, name="order"),
    path("orders/<uuid:order_id>/cancel/", orders.cancel, name="cancel_order"),
    path("orders/<uuid:order_id>/return/", orders.send_back, name="return_order"),
    path("orders/<uuid:order_id>/withdraw/", orders.withdraw, name="withdraw"),
    path("orders/<uuid:order_id>/invoice/", orders.invoice, name="invoice"),
    path("orders/<uuid:order_id>/again/", orders.reorder, name="reorder"),
    path("orders/photos/<uuid:photo_id>/", orders.return_photo, name="return_photo"),
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
