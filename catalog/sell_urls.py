"""The pages behind a shop's counter that belong to this app."""

from django.urls import path

from catalog.views import sell_grid, sell_products

PRODUCTS = "<slug:shop>/products/"

urlpatterns = [
    path(PRODUCTS, sell_products.product_list, name="products"),
    path(PRODUCTS + "change/", sell_products.change_many, name="change_many"),
    path(PRODUCTS + "views/", sell_products.save_view, name="view_save"),
    path(PRODUCTS + "views/remove/", sell_products.remove_view, name="view_remove"),
    path(PRODUCTS + "grid/", sell_grid.grid, name="grid"),
    path(PRODUCTS + "grid/apply/", sell_grid.apply, name="grid_apply"),
]
