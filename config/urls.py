"""Every door: storefront, accounts, API, admin."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.http import require_safe
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from payments.story_admin import order_story_page
from shop.admin.finding import find_page
from shop.admin.partitions import partitions
from shop.admin.queues import change_job, queue_page, retry_task

handler400 = "shop.api.handlers.bad_request"
handler403 = "shop.api.handlers.permission_denied"
handler404 = "shop.api.handlers.page_not_found"
handler500 = "shop.api.handlers.server_error"

api: list[URLPattern | URLResolver] = [
    path("account/", include("users.api.urls")),
    path("account/", include("orders.api.addresses")),
    path("ingestion/", include("ingestion.api.urls")),
    path("", include("catalog.api.urls")),
    path("", include("orders.api.urls")),
    path("", include("payments.api.checkouts")),
    path("payments/", include("payments.api.urls")),
    path("", include("orders.api.sell_many")),
    path("", include("orders.api.sell_orders")),
    path("", include("orders.api.sell_promotions")),
    path("", include("orders.api.sell_settings")),
    path("", include("payments.api.sell_orders")),
    path("", include("users.api.sell_jobs")),
    path("", include("users.api.sell_people")),
    path("", include("users.api.sell_settings")),
    path("", include("catalog.api.sell_reviews")),
    path("", include("orders.api.sell_returns")),
    path("", include("payments.api.sell_returns")),
    path("", include("catalog.api.sell_products")),
    path("", include("catalog.api.sell_product")),
    path("", include("catalog.api.sell_stock")),
    path("", include("analytics.api.sell_numbers")),
    path("", include("ingestion.api.sell")),
    # They answer in formats of their own, which a refusal would not be in.
    path("schema/", require_safe(SpectacularAPIView.as_view()), name="schema"),
    # Its script comes from an address of its own: the policy allows none in the page.
    path(
        "",
        require_safe(
            SpectacularSwaggerSplitView.as_view(
                url_name="v1:schema", template_name="shop/api_docs.html"
            )
        ),
        name="docs",
    ),
]

# Every app's own pages behind a shop's counter, under one name.
sell: list[URLPattern | URLResolver] = [
    path("", include("users.sell_urls")),
    path("", include("analytics.sell_urls")),
    path("", include("catalog.sell_urls")),
    path("", include("ingestion.sell_urls")),
    path("", include("orders.sell_urls")),
    path("", include("payments.sell_urls")),
]

urlpatterns = [
    path("admin/partitions/", admin.site.admin_view(partitions), name="partitions"),
    path(
        "admin/order-history/<uuid:order_id>/",
        admin.site.admin_view(order_story_page),
        name="order_story",
    ),
    path("admin/queues/", admin.site.admin_view(queue_page), name="queues"),
    path(
        "admin/queues/jobs/<uuid:job_id>/",
        admin.site.admin_view(change_job),
        name="change_job",
    ),
    path(
        "admin/queues/tasks/<uuid:task_id>/",
        admin.site.admin_view(retry_task),
        name="retry_task",
    ),
    path("admin/find/", admin.site.admin_view(find_page), name="find"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include((api, "v1"))),
    path("language/", set_language, name="set_language"),
    path("", include("shop.urls")),
    path("account/", include("users.urls")),
    path("sell/", include((sell, "sell"))),
    path("pay/", include("payments.urls")),
    path("", include("orders.urls")),
    path("", include("catalog.urls")),
]
