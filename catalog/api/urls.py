"""The catalogue's API."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from catalog.api import listings, products, reviews, wishlists

router = SimpleRouter()
router.register("categories", listings.CategoryViewSet, basename="category")
router.register("brands", listings.BrandViewSet, basename="brand")
router.register("shops", listings.ShopViewSet, basename="shop")
router.register("wishlists", wishlists.WishlistViewSet, basename="wishlist")

urlpatterns = [
    path("products/", listings.ProductListView.as_view(), name="product-list"),
    path("products/<str:key>/", products.ProductView.as_view(), name="product"),
    path(
        "products/<str:key>/variants/",
        products.VariantListView.as_view(),
        name="variants",
    ),
    path(
        "products/<str:key>/reviews/", reviews.ReviewListView.as_view(), name="reviews"
    ),
    path("reviews/<uuid:review_id>/", reviews.ReviewView.as_view(), name="review"),
    path(
        "reviews/<uuid:review_id>/photos/",
        reviews.PhotosView.as_view(),
        name="review-photos",
    ),
    path(
        "reviews/<uuid:review_id>/photos/<uuid:photo_id>/",
        reviews.PhotoView.as_view(),
        name="review-photo",
    ),
    path("reviews/<uuid:review_id>/vote/", reviews.VoteView.as_view(), name="vote"),
    path("alerts/", products.AlertView.as_view(), name="alerts"),
    path("wishes/<uuid:item_id>/", wishlists.WishView.as_view(), name="wish"),
    path(
        "shared-wishlists/<str:token>/",
        wishlists.SharedWishlistView.as_view(),
        name="shared-wishlist",
    ),
    *router.urls,
]
