"""What a buyer sees of their orders."""

from django.urls import path

from orders.views import account

app_name = "orders"

urlpatterns = [path("account/", account.account, name="account")]
