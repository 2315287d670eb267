"""The pages behind a shop's counter that belong to this app."""

from django.urls import path

from orders.views import (
    sell_customers,
    sell_many,
    sell_orders,
    sell_returns,
    sell_settings,
)

RETURN = "<slug:shop>/returns/<uuid:return_id>/"

urlpatterns = [
    path("<slug:shop>/orders/", sell_orders.orders, name="orders"),
    path("<slug:shop>/orders/slips/", sell_orders.slips, name="order_slips"),
    path("<slug:shop>/orders/all/", sell_many.orders_all, name="orders_all"),
    path("<slug:shop>/orders/ship/", sell_orders.ship_many, name="orders_ship"),
    path("<slug:shop>/orders/drafts/", sell_orders.draft_list, name="drafts"),
    path(
        "<slug:shop>/orders/drafts/<uuid:checkout_id>/",
        sell_orders.draft,
        name="draft",
    ),
    path("<slug:shop>/orders/<uuid:order_id>/", sell_orders.order, name="order"),
    path(
        "<slug:shop>/orders/<uuid:order_id>/note/",
        sell_orders.note,
        name="order_note",
    ),
    path(
        "<slug:shop>/orders/<uuid:order_id>/ship/",
        sell_orders.ship,
        name="order_ship",
    ),
    path(
        "<slug:shop>/orders/<uuid:order_id>/delivered/",
        sell_orders.delivered,
        name="order_delivered",
    ),
    path(
        "<slug:shop>/orders/<uuid:order_id>/cancel/",
        sell_orders.cancel,
        name="order_cancel",
    ),
    path(
        "<slug:shop>/orders/<uuid:order_id>/link/",
        sell_orders.link,
        name="order_link",
    ),
    path(
        "<slug:shop>/orders/<uuid:order_id>/invoice/",
        sell_orders.invoice,
        name="order_invoice",
    ),
    path("<slug:shop>/settings/delivery/", sell_settings.delivery, name="delivery"),
    path("<slug:shop>/settings/delivery/zone/", sell_settings.zone, name="zone_new"),
    path(
        "<slug:shop>/settings/delivery/zone/<uuid:zone_id>/",
        sell_settings.zone,
        name="zone",
    ),
    path(
        "<slug:shop>/settings/delivery/zone/<uuid:zone_id>/way/",
        sell_settings.method,
        name="method_new",
    ),
    path(
        "<slug:shop>/settings/delivery/zone/<uuid:zone_id>/way/<uuid:method_id>/",
        sell_settings.method,
        name="method",
    ),
    path("<slug:shop>/settings/taxes/", sell_settings.taxes, name="taxes"),
    path(
        "<slug:shop>/settings/taxes/rate/",
        sell_settings.tax_rate,
        name="tax_rate_new",
    ),
    path(
        "<slug:shop>/settings/taxes/rate/<uuid:rate_id>/",
        sell_settings.tax_rate,
        name="tax_rate",
    ),
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
