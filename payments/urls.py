"""Pages of payments, under /pay/."""

from django.urls import path

from payments import paying, views

app_name = "payments"

urlpatterns = [
    path("test/<str:key>/", views.simulated, name="simulated"),
    path("<uuid:checkout_id>/", paying.pay, name="pay"),
]
