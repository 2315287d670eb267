"""The storefront's addresses."""

from django.contrib.sitemaps import views as sitemaps
from django.urls import path

from catalog import views
from catalog.sitemaps import SITEMAPS

app_name = "catalog"

urlpatterns = [
    path("", views.home, name="home"),
    path("c/<slug:slug>/", views.category, name="category"),
    path("p/<slug:slug>/", views.product, name="product"),
    path("shops/", views.shops, name="shops"),
    path("shops/<slug:slug>/", views.shop, name="shop"),
    path("search/", views.search, name="search"),
    path(
        "sitemap.xml",
        sitemaps.index,
        {"sitemaps": SITEMAPS, "sitemap_url_name": "catalog:sitemap"},
        name="sitemap-index",
    ),
    path(
        "sitemap-<section>.xml",
        sitemaps.sitemap,
        {"sitemaps": SITEMAPS},
        name="sitemap",
    ),
]
