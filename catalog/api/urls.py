"""The catalogue's API."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from catalog.api import listings

router = SimpleRouter()
router.register("categories", listings.CategoryViewSet, basename="category")
router.register("brands", listings.BrandViewSet, basename="brand")
router.register("shops", listings.ShopViewSet, basename="shop")

urlpatterns = [
    path("products/", listings.ProductListView.as_view(), name="product-list"),
    *router.urls,
]
