"""The pages behind a shop's counter that belong to this app."""

from django.urls import path

from catalog.views import (
    sell_grid,
    sell_product,
    sell_product_pictures,
    sell_product_variants,
    sell_products,
    sell_reviews,
    sell_stock,
    sell_stock_count,
)

PRODUCTS = "<slug:shop>/products/"
PRODUCT = f"{PRODUCTS}<uuid:product_id>/"
STOCK = "<slug:shop>/stock/"
STOCKED = f"{STOCK}<uuid:variant_id>/"
REVIEW = "<slug:shop>/reviews/<uuid:review_id>/"

urlpatterns = [
    path(PRODUCTS, sell_products.product_list, name="products"),
    path(PRODUCTS + "change/", sell_products.change_many, name="change_many"),
    path(PRODUCTS + "views/", sell_products.save_view, name="view_save"),
    path(PRODUCTS + "views/remove/", sell_products.remove_view, name="view_remove"),
    path(PRODUCTS + "grid/", sell_grid.grid, name="grid"),
    path(PRODUCTS + "grid/apply/", sell_grid.apply, name="grid_apply"),
    path(PRODUCTS + "new/", sell_product.new, name="product_new"),
    path(PRODUCTS + "choices/", sell_product.choices, name="product_choices"),
    path(PRODUCT, sell_product.product, name="product"),
    path(f"{PRODUCT}state/", sell_product.set_state, name="product_state"),
    path(f"{PRODUCT}duplicate/", sell_product.duplicate, name="product_duplicate"),
    path(
        f"{PRODUCT}variants/", sell_product_variants.variants, name="product_variants"
    ),
    path(
        f"{PRODUCT}variants/change/",
        sell_product_variants.change,
        name="product_variants_change",
    ),
    path(
        f"{PRODUCT}variants/options/",
        sell_product_variants.options,
        name="product_options",
    ),
    path(
        f"{PRODUCT}pictures/", sell_product_pictures.pictures, name="product_pictures"
    ),
    path(STOCK, sell_stock.stock, name="stock"),
    path(f"{STOCK}low/", sell_stock.shop_threshold, name="stock_shop_threshold"),
    path(f"{STOCK}count/", sell_stock_count.count_sheet, name="stock_count"),
    path(
        f"{STOCK}count/apply/", sell_stock_count.apply_count, name="stock_count_apply"
    ),
    path(STOCKED, sell_stock.ledger, name="stock_ledger"),
    path(f"{STOCKED}ledger.csv", sell_stock.ledger_csv, name="stock_ledger_csv"),
    path(f"{STOCKED}count/", sell_stock.count, name="stock_set"),
    path(f"{STOCKED}change/", sell_stock.change, name="stock_change"),
    path(f"{STOCKED}low/", sell_stock.threshold, name="stock_threshold"),
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
