"""The pages behind a shop's counter that belong to this app."""

from django.urls import path

from payments.views import sell_refunds, sell_returns

urlpatterns = [
    path(
        "<slug:shop>/orders/<uuid:order_id>/refund/",
        sell_refunds.refund,
        name="order_refund",
    ),
    path(
        "<slug:shop>/orders/<uuid:order_id>/edit/",
        sell_refunds.edit,
        name="order_edit",
    ),
    path(
        "<slug:shop>/returns/<uuid:return_id>/refund/",
        sell_returns.refund,
        name="return_refund",
    ),
]
