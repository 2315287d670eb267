"""A shop's products for programs: the list, changes to many, sheets of prices and stock."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import F, QuerySet
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog import jobs as kinds
from catalog.models import Product, ProductStatus, SavedView
from catalog.queries.sell_products import (
    NEWEST,
    SORTS,
    STOCKS,
    ProductFilter,
    listed_products,
    shop_products,
    stock_of_products,
)
from catalog.sell_forms import ACTIONS
from catalog.services.sheets import (
    COLUMNS,
    COMPARE,
    MOST_LINES,
    PRICE,
    SKU,
    Line,
    SheetPlan,
    plan_sheet,
)
from catalog.services.views import LONGEST_NAME, save_view, saved_views
from shop.api.pagination import NewestFirst
from shop.services import jobs
from users.api.counter import OfShop
from users.api.sell_jobs import JobSerializer
from users.rights import Right


class FilterSerializer(serializers.Serializer[Any]):
    """What narrows a list; the same words as of the page's address."""

    words = serializers.CharField(required=False, max_length=100)
    status = serializers.ChoiceField(choices=ProductStatus.choices, required=False)
    category = serializers.SlugField(required=False)
    brand = serializers.SlugField(required=False)
    tag = serializers.CharField(required=False, max_length=100)
    stock = serializers.ChoiceField(choices=STOCKS, required=False)
    reduced = serializers.BooleanField(required=False)
    bare = serializers.BooleanField(
        required=False, help_text="Only those without a picture."
    )


class SoldProductSerializer(serializers.ModelSerializer[Product]):
    """A product as its shop sees it. `units` is null where none is counted."""

    category = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    brand = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    variants = serializers.SerializerMethodField()
    units = serializers.SerializerMethodField()
    stock = serializers.SerializerMethodField()

    class Meta:
        model = Product
        fields: tuple[str, ...] = (
            "id",
            "sku",
            "name",
            "slug",
            "status",
            "price",
            "compare_price",
            "currency",
            "category",
            "brand",
            "tags",
            "tax_class",
            "variants",
            "units",
            "stock",
            "updated_at",
        )
        read_only_fields = fields

    def get_variants(self, product: Product) -> int:
        stock = self.context["stocks"].get(product.pk)
        return stock.variants if stock else 0

    def get_units(self, product: Product) -> int | None:
        stock = self.context["stocks"].get(product.pk)
        return stock.units if stock else None

    def get_stock(self, product: Product) -> str:
        """in, low or out; empty without a variant."""
        stock = self.context["stocks"].get(product.pk)
        return stock.state if stock else ""


PARAMETERS = [
    OpenApiParameter(name, OpenApiTypes.STR)
    for name in ("words", "status", "category", "brand", "tag", "stock")
] + [OpenApiParameter(name, OpenApiTypes.BOOL) for name in ("reduced", "bare")]


class ProductListView(OfShop, generics.ListAPIView[Product]):
    """Products of the shop in every state, the newest first."""

    queryset = Product.objects.none()
    serializer_class = SoldProductSerializer
    pagination_class = NewestFirst
    filter_backends = ()
    rights: ClassVar[dict[str, Right]] = {
        "get": Right.SEE_PRODUCTS,
        "options": Right.SEE_PRODUCTS,
    }

    @extend_schema(parameters=PARAMETERS)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        wanted = ProductFilter.of(request.query_params)
        found: QuerySet[Product] = listed_products(
            shop_id=self.seller.shop.pk, wanted=wanted
        )
        page = self.paginate_queryset(
            found.select_related("category", "brand").defer(
                "description", "search_vector", "attributes"
            )
        )
        rows = page or []
        stocks = stock_of_products(product_ids=[product.pk for product in rows])
        context = {**self.get_serializer_context(), "stocks": stocks}
        body = SoldProductSerializer(rows, many=True, context=context).data
        return self.get_paginated_response(body)


class ChangeSerializer(serializers.Serializer[Any]):
    """Which products, what shall happen to them, and how many you take them for."""

    ids = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MOST_LINES
    )
    filter = FilterSerializer(
        required=False, help_text="All that match, in place of ids; {} is all."
    )
    action = serializers.ChoiceField(choices=list(ACTIONS))
    fields_ = serializers.DictField(child=serializers.CharField(allow_blank=True))
    expected = serializers.IntegerField(
        required=False, help_text="Refused when it is another number by then."
    )
    token = serializers.UUIDField(
        required=False, help_text="The same token again is the same job."
    )

    def get_fields(self) -> dict[str, Any]:
        # `fields` is a word of the framework's own.
        found = super().get_fields()
        found["fields"] = found.pop("fields_")
        return found

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("ids" in attrs) == ("filter" in attrs):
            raise serializers.ValidationError(_("Send either ids or a filter."))
        return attrs


class ChangeView(OfShop, APIView):
    """Change many products in the background: what the page of that name does."""

    rights: ClassVar[dict[str, Right]] = {
        "post": Right.EDIT_PRODUCTS,
        "options": Right.EDIT_PRODUCTS,
    }

    @extend_schema(request=ChangeSerializer, responses={202: JobSerializer})
    def post(self, request: Request, shop: str) -> Response:
        payload = ChangeSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        sent = payload.validated_data
        form = ACTIONS[sent["action"]].form(sent["fields"], shop=self.seller.shop)
        if not form.is_valid():
            raise serializers.ValidationError({"fields": form.errors.get_json_data()})
        shop_id = self.seller.shop.pk
        if "filter" in sent:
            wanted = ProductFilter.of(sent["filter"])
            rows = shop_products(shop_id=shop_id, wanted=wanted)
        else:
            rows = Product.objects.filter(shop_id=shop_id, pk__in=sent["ids"])
        job = jobs.open_job(
            shop_id=shop_id,
            by=self.seller.user,
            kind=form.kind,
            params=form.params(),
            rows=rows.order_by("id").annotate(entity_id=F("id"), label=F("name")),
            expected=sent.get("expected"),
            token=sent.get("token"),
            now=timezone.now(),
        )
        return Response(JobSerializer(job).data, status=HTTPStatus.ACCEPTED)


class RowSerializer(serializers.Serializer[Any]):
    """Cells as texts: a missing one leaves what there is, an empty compare_price removes it."""

    sku = serializers.CharField(allow_blank=True, max_length=1000)
    price = serializers.CharField(required=False, allow_blank=True, max_length=1000)
    compare_price = serializers.CharField(
        required=False, allow_blank=True, max_length=1000
    )
    stock = serializers.CharField(required=False, allow_blank=True, max_length=1000)


class SheetSerializer(serializers.Serializer[Any]):
    """is_check: only say what would change. skip_wrong: do the right rows, leave the others."""

    rows = RowSerializer(many=True)
    is_check = serializers.BooleanField(default=False)
    skip_wrong = serializers.BooleanField(default=False)
    token = serializers.UUIDField(required=False)


class PlannedSerializer(serializers.Serializer[Any]):
    sku = serializers.CharField()
    cells = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="Column -> now, then.",
    )


class WrongCellSerializer(serializers.Serializer[Any]):
    line = serializers.IntegerField(help_text="Of rows, from 1.")
    sku = serializers.CharField()
    column = serializers.CharField()
    value = serializers.CharField()
    message = serializers.CharField()


class SheetAnswerSerializer(serializers.Serializer[Any]):
    """job: null where nothing was begun."""

    changes = PlannedSerializer(many=True)
    wrong = WrongCellSerializer(many=True)
    unchanged = serializers.IntegerField()
    job = JobSerializer(allow_null=True)


class SheetView(OfShop, APIView):
    """Prices and stock of many variants by SKU."""

    rights: ClassVar[dict[str, Right]] = {
        "post": Right.COUNT_STOCK,
        "options": Right.COUNT_STOCK,
    }

    @extend_schema(
        request=SheetSerializer,
        responses={200: SheetAnswerSerializer, 202: SheetAnswerSerializer},
    )
    def post(self, request: Request, shop: str) -> Response:
        payload = SheetSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        sent = payload.validated_data
        plan = plan_sheet(
            shop_id=self.seller.shop.pk,
            lines=[_line(number, row) for number, row in enumerate(sent["rows"], 1)],
            may_price=self.seller.may(Right.EDIT_PRODUCTS),
            may_stock=True,
        )
        is_right = sent["skip_wrong"] or not plan.errors
        if sent["is_check"] or not plan.changes or not is_right:
            return Response(_answer(plan, None))
        job = jobs.open_job(
            shop_id=self.seller.shop.pk,
            by=self.seller.user,
            kind=self._kind(plan),
            items=[
                (one.variant_id, f"{one.sku} {one.name}", one.wanted)
                for one in plan.changes
            ],
            token=sent.get("token"),
            now=timezone.now(),
        )
        return Response(_answer(plan, job), status=HTTPStatus.ACCEPTED)

    def _kind(self, plan: SheetPlan) -> str:
        if not any({PRICE, COMPARE} & set(one.cells) for one in plan.changes):
            return kinds.STOCK_SHEET
        if not self.seller.may(Right.EDIT_PRODUCTS):
            raise PermissionDenied(_("Your role in this shop does not allow this."))
        return kinds.SHEET


def _line(number: int, row: dict[str, str]) -> Line:
    cells = {name: row[name] for name in COLUMNS if name in row and name != SKU}
    return Line(number=number, sku=row["sku"], cells=cells)


def _answer(plan: SheetPlan, job: Any) -> dict[str, Any]:
    return {
        "changes": [{"sku": one.sku, "cells": one.wanted} for one in plan.changes],
        "wrong": WrongCellSerializer(plan.errors, many=True).data,
        "unchanged": plan.unchanged,
        "job": JobSerializer(job).data if job else None,
    }


class SavedViewSerializer(serializers.ModelSerializer[SavedView]):
    """`query`: the filters and the order, as the list's address holds them."""

    class Meta:
        model = SavedView
        fields: tuple[str, ...] = ("id", "name", "query")
        read_only_fields = fields


class SaveViewSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=LONGEST_NAME)
    filter = FilterSerializer(default=dict)
    sort = serializers.ChoiceField(choices=list(SORTS), default=NEWEST)


class SavedViewsView(OfShop, APIView):
    """Filters of the list under a name: everybody's own, a few of them."""

    rights: ClassVar[dict[str, Right]] = dict.fromkeys(
        ("get", "post", "delete", "options"), Right.SEE_PRODUCTS
    )

    @extend_schema(responses=SavedViewSerializer(many=True))
    def get(self, request: Request, shop: str) -> Response:
        return Response(SavedViewSerializer(self._mine(), many=True).data)

    @extend_schema(request=SaveViewSerializer, responses={201: SavedViewSerializer})
    def post(self, request: Request, shop: str) -> Response:
        """A name that there is gets the new filters."""
        payload = SaveViewSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        sent = payload.validated_data
        kept = save_view(
            shop_id=self.seller.shop.pk,
            user_id=self.seller.user.pk,
            name=sent["name"],
            wanted=ProductFilter.of(sent["filter"]),
            sort=sent["sort"],
        )
        return Response(SavedViewSerializer(kept).data, status=HTTPStatus.CREATED)

    @extend_schema(
        parameters=[OpenApiParameter("name", OpenApiTypes.STR)], responses={204: None}
    )
    def delete(self, request: Request, shop: str) -> Response:
        """By its name; may be repeated."""
        name = request.query_params.get("name", "").replace("\0", "")
        self._mine().filter(name=name).delete()
        return Response(status=HTTPStatus.NO_CONTENT)

    def _mine(self) -> QuerySet[SavedView]:
        return saved_views(shop_id=self.seller.shop.pk, user_id=self.seller.user.pk)


PRODUCTS = "sell/<slug:shop>/products/"
urlpatterns = [
    path(PRODUCTS + "views/", SavedViewsView.as_view(), name="sell-product-views"),
    path(PRODUCTS + "change/", ChangeView.as_view(), name="sell-products-change"),
    path(PRODUCTS + "sheet/", SheetView.as_view(), name="sell-products-sheet"),
]
