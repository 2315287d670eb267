"""A shop's products as a file, for programs. Files come in by `ingestion/files/`."""

from __future__ import annotations

from typing import ClassVar

from django.http import StreamingHttpResponse
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from catalog.queries.sell_products import ProductFilter
from ingestion.downloads import products_response
from users.api.counter import OfShop
from users.rights import Right


class ProductsFileView(OfShop, APIView):
    """What the list of products shows, narrowed by the same words."""

    rights: ClassVar[dict[str, Right]] = {
        "get": Right.EDIT_PRODUCTS,
        "options": Right.EDIT_PRODUCTS,
    }

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request, shop: str) -> StreamingHttpResponse:
        """A CSV that imports again unchanged."""
        wanted = ProductFilter.of(request.query_params)
        return products_response(shop=self.seller.shop, wanted=wanted)


urlpatterns = [
    path(
        "sell/<slug:shop>/products/export/",
        ProductsFileView.as_view(),
        name="sell-products-file",
    ),
]
