"""Pages of payments, under /pay/."""

from django.urls import path

from payments.views import paying, simulated

app_name = "payments"

urlpatterns = [
    path("test/<str:key>/", simulated.simulated, name="simulated"),
    path("<uuid:checkout_id>/", paying.pay, name="pay"),
    path("link/<str:token>/", paying.pay_link, name="pay_link"),
]
