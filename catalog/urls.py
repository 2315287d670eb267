"""The storefront's addresses."""

from django.contrib.sitemaps import views as sitemaps
from django.urls import path
from django.views.decorators.http import require_safe

from catalog.sitemaps import SITEMAPS
from catalog.views import listings, products, reviews, wishlists

app_name = "catalog"

urlpatterns = [
    path("", listings.home, name="home"),
    path("c/<slug:slug>/", listings.category, name="category"),
    path("p/<slug:slug>/", products.product, name="product"),
    path("p/<slug:slug>/alert/", products.alert, name="stock_alert"),
    path("p/<slug:slug>/reviews/", reviews.reviews, name="reviews"),
    path("p/<slug:slug>/reviews/write/", reviews.write, name="write_review"),
    path("reviews/<uuid:review_id>/vote/", reviews.vote, name="vote"),
    path("reviews/<uuid:review_id>/delete/", reviews.delete, name="delete_review"),
    path("seen/forget/", products.forget, name="forget_seen"),
    path("account/reviews/", reviews.my_reviews, name="my_reviews"),
    path("account/lists/", wishlists.wishlists, name="wishlists"),
    path("account/lists/save/", wishlists.save, name="save_wish"),
    path("account/lists/<uuid:wishlist_id>/", wishlists.wishlist, name="wishlist"),
    path(
        "account/lists/<uuid:wishlist_id>/rename/",
        wishlists.rename,
        name="rename_wishlist",
    ),
    path(
        "account/lists/<uuid:wishlist_id>/delete/",
        wishlists.delete,
        name="delete_wishlist",
    ),
    path(
        "account/lists/<uuid:wishlist_id>/share/",
        wishlists.share,
        name="share_wishlist",
    ),
    path("account/wishes/<uuid:item_id>/remove/", wishlists.remove, name="remove_wish"),
    path("account/wishes/<uuid:item_id>/move/", wishlists.move, name="move_wish"),
    path("lists/<str:token>/", wishlists.shared, name="shared_wishlist"),
    path("shops/", listings.shops, name="shops"),
    path("shops/<slug:slug>/", listings.shop, name="shop"),
    path("brands/", listings.brands, name="brands"),
    path("brands/<slug:slug>/", listings.brand, name="brand"),
    path("search/", listings.search, name="search"),
    path(
        "sitemap.xml",
        require_safe(sitemaps.index),
        {"sitemaps": SITEMAPS, "sitemap_url_name": "catalog:sitemap"},
        name="sitemap-index",
    ),
    path(
        "sitemap-<section>.xml",
        require_safe(sitemaps.sitemap),
        {"sitemaps": SITEMAPS},
        name="sitemap",
    ),
]
