"""What a buyer sees of their orders."""

from django.urls import path

from orders.views import account, addresses

app_name = "orders"

urlpatterns = [
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
