"""The pages of a shop's returns and of its buyers."""

from django.urls import path

from orders.views import sell_customers, sell_returns

RETURN = "<slug:shop>/returns/<uuid:return_id>/"

urlpatterns = [
    path("<slug:shop>/returns/", sell_returns.returns, name="returns"),
    path(
        "<slug:shop>/returns/photos/<uuid:photo_id>/",
        sell_returns.photo,
        name="return_photo",
    ),
    path(RETURN, sell_returns.one_return, name="return"),
    path(f"{RETURN}approve/", sell_returns.approve, name="return_approve"),
    path(f"{RETURN}refuse/", sell_returns.refuse, name="return_refuse"),
    path(f"{RETURN}sent/", sell_returns.sent_back, name="return_sent"),
    path(f"{RETURN}receive/", sell_returns.receive, name="return_receive"),
    path("<slug:shop>/customers/", sell_customers.customers, name="customers"),
    path(
        "<slug:shop>/customers/<uuid:customer_id>/",
        sell_customers.customer,
        name="customer",
    ),
]
