"""The storefront's addresses."""

from django.contrib.sitemaps import views as sitemaps
from django.urls import path

from catalog.sitemaps import SITEMAPS
from catalog.views import listings, products

app_name = "catalog"

urlpatterns = [
    path("", listings.home, name="home"),
    path("c/<slug:slug>/", listings.category, name="category"),
    path("p/<slug:slug>/", products.product, name="product"),
    path("shops/", listings.shops, name="shops"),
    path("shops/<slug:slug>/", listings.shop, name="shop"),
    path("brands/", listings.brands, name="brands"),
    path("brands/<slug:slug>/", listings.brand, name="brand"),
    path("search/", listings.search, name="search"),
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
