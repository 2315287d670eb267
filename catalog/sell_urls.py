"""The pages behind a shop's counter that belong to this app."""

from django.urls import path

from catalog.views import sell_grid, sell_products, sell_reviews

PRODUCTS = "<slug:shop>/products/"
REVIEW = "<slug:shop>/reviews/<uuid:review_id>/"

urlpatterns = [
    path(PRODUCTS, sell_products.product_list, name="products"),
    path(PRODUCTS + "change/", sell_products.change_many, name="change_many"),
    path(PRODUCTS + "views/", sell_products.save_view, name="view_save"),
    path(PRODUCTS + "views/remove/", sell_products.remove_view, name="view_remove"),
    path(PRODUCTS + "grid/", sell_grid.grid, name="grid"),
    path(PRODUCTS + "grid/apply/", sell_grid.apply, name="grid_apply"),
    path("<slug:shop>/reviews/", sell_reviews.reviews, name="reviews"),
    path(REVIEW, sell_reviews.one_review, name="review"),
    path(f"{REVIEW}answer/", sell_reviews.answer, name="review_answer"),
    path(
        f"{REVIEW}answer/remove/",
        sell_reviews.remove_answer,
        name="review_answer_remove",
    ),
    path(f"{REVIEW}report/", sell_reviews.report, name="review_report"),
]
