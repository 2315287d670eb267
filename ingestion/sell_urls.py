"""The pages behind a shop's counter that belong to this app."""

from django.urls import path

from ingestion.views import sell

PRODUCTS = "<slug:shop>/products/"

urlpatterns = [
    path(PRODUCTS + "export.csv", sell.export, name="products_export"),
    path(PRODUCTS + "import/", sell.bring_in, name="products_import"),
    path(PRODUCTS + "import/<uuid:file_id>/", sell.file_detail, name="products_file"),
    path(PRODUCTS + "import/<uuid:file_id>/undo/", sell.undo, name="products_undo"),
    path(
        PRODUCTS + "import/<uuid:file_id>/failed.csv",
        sell.corrected,
        name="products_corrected",
    ),
]
