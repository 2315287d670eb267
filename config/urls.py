"""Every door: storefront, accounts, API, admin."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from shop.admin.partitions import partitions

api: list[URLPattern | URLResolver] = [
    path("ingestion/", include("ingestion.api.urls")),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("", SpectacularSwaggerView.as_view(url_name="v1:schema"), name="docs"),
]

urlpatterns = [
    path("admin/partitions/", admin.site.admin_view(partitions), name="partitions"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.account.urls")),
    path("api/v1/", include((api, "v1"))),
    path("", include("shop.urls")),
    path("", include("orders.urls")),
    path("", include("catalog.urls")),
]
