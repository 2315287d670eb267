"""The pages behind a shop's counter that belong to this app."""

from django.urls import path

from orders.views import (
    sell_customers,
    sell_many,
    sell_orders,
    sell_promotions,
    sell_returns,
    sell_settings,
)

PROMOTION = "<slug:shop>/promotions/<uuid:promotion_id>/"
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
    path("<slug:shop>/promotions/", sell_promotions.promotions, name="promotions"),
    path(
        "<slug:shop>/promotions/new/",
        sell_promotions.promotion,
        name="promotion_new",
    ),
    path(
        "<slug:shop>/promotions/words/",
        sell_promotions.words,
        name="promotion_words",
    ),
    path(PROMOTION, sell_promotions.promotion, name="promotion"),
    path(f"{PROMOTION}switch/", sell_promotions.switch, name="promotion_switch"),
    path(
        f"{PROMOTION}duplicate/",
        sell_promotions.duplicate,
        name="promotion_duplicate",
    ),
    path(f"{PROMOTION}codes/", sell_promotions.add_code, name="promotion_code"),
    path(
        f"{PROMOTION}codes/many/",
        sell_promotions.make_codes,
        name="promotion_codes",
    ),
    path(
        f"{PROMOTION}codes/all.csv",
        sell_promotions.codes_file,
        name="promotion_codes_file",
    ),
    path(
        f"{PROMOTION}codes/<uuid:coupon_id>/remove/",
        sell_promotions.remove_code,
        name="promotion_code_remove",
    ),
    path("<slug:shop>/customers/", sell_customers.customers, name="customers"),
    path(
        "<slug:shop>/customers/<uuid:customer_id>/",
        sell_customers.customer,
        name="customer",
    ),
]
