"""What a buyer sees of their orders."""

from django.urls import path

from orders import views

app_name = "orders"

urlpatterns = [path("account/", views.account, name="account")]
