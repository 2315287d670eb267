"""A shop's stock, for programs: levels, the ledger, counts, corrections, when it is low."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, ClassVar

from django.http import Http404
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog import jobs as kinds
from catalog.api.sell_products import PlannedSerializer, WrongCellSerializer
from catalog.models import ProductVariant, StockReason
from catalog.queries.sell_stock import (
    LONGEST_WORDS,
    StockLevel,
    StockTab,
    ledger_page,
    proof_of,
    stock_counts,
    stock_levels,
    stocked_variant,
)
from catalog.services.counts import MOST_SCANS, Tally, plan_count
from catalog.services.low_stock import set_shop_threshold, set_variant_threshold
from catalog.services.stock import (
    CORRECTIONS,
    MOST_NOTES,
    MOST_UNITS,
    correct_stock,
    count_stock,
)
from shop.services import jobs
from users.api.counter import OfShop
from users.api.sell_jobs import JobSerializer
from users.rights import Right


class LastChangeSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    adjustment = serializers.IntegerField()
    reason = serializers.ChoiceField(choices=StockReason.choices)


class StockLevelSerializer(serializers.Serializer[Any]):
    """free: null where the stock is not counted. low_stock_threshold: null for the shop's."""

    variant = serializers.UUIDField(source="variant.pk")
    product = serializers.UUIDField(source="variant.product_id")
    sku = serializers.CharField(source="variant.sku")
    barcode = serializers.CharField(source="variant.barcode")
    product_name = serializers.CharField(source="variant.product.name")
    name = serializers.CharField(source="variant.name")
    state = serializers.ChoiceField(choices=["in", "low", "out", "more", "untracked"])
    is_counted = serializers.BooleanField(source="variant.inventory_tracking")
    on_hand = serializers.IntegerField(source="variant.inventory_quantity")
    reserved = serializers.IntegerField(source="variant.reserved_quantity")
    free = serializers.IntegerField(allow_null=True)
    low_stock_threshold = serializers.IntegerField(
        source="variant.low_stock_threshold", allow_null=True
    )
    threshold = serializers.IntegerField(help_text="The one that holds.")
    waiting = serializers.IntegerField(
        help_text="People who asked to be told when it is back."
    )
    last_change = LastChangeSerializer(source="last", allow_null=True)


class StockPageSerializer(serializers.Serializer[Any]):
    """By SKU. next, previous: cursors; empty at that end of the list."""

    results = StockLevelSerializer(many=True)
    next = serializers.CharField()
    previous = serializers.CharField()
    counts = serializers.DictField(
        child=serializers.IntegerField(), help_text="What wants doing, counted to 100."
    )


class StockSearchSerializer(serializers.Serializer[Any]):
    tab = serializers.ChoiceField(
        choices=[(tab.value, tab.value) for tab in StockTab], default=StockTab.ALL.value
    )
    words = serializers.CharField(
        default="",
        allow_blank=True,
        max_length=LONGEST_WORDS,
        help_text="Of the name, or the beginning of a SKU, or a barcode.",
    )
    cursor = serializers.CharField(default="", allow_blank=True, max_length=1000)


class LedgerLineSerializer(serializers.Serializer[Any]):
    """by: of those who work in the shop; empty for buyers. order: whose units they were."""

    id = serializers.UUIDField(source="log.pk")
    created_at = serializers.DateTimeField(source="log.created_at")
    adjustment = serializers.IntegerField(source="log.adjustment")
    level = serializers.IntegerField(source="log.new_quantity", help_text="After it.")
    reason = serializers.ChoiceField(source="log.reason", choices=StockReason.choices)
    notes = serializers.CharField(source="log.notes")
    by = serializers.CharField()
    order = serializers.UUIDField(source="log.order_id", allow_null=True)


class LedgerPageSerializer(serializers.Serializer[Any]):
    """Newest first. total: the sum of all adjustments, which is the level."""

    results = LedgerLineSerializer(many=True)
    next = serializers.CharField()
    previous = serializers.CharField()
    total = serializers.IntegerField()
    level = serializers.IntegerField()


class LedgerSearchSerializer(serializers.Serializer[Any]):
    reason = serializers.ChoiceField(
        choices=StockReason.choices, default="", allow_blank=True
    )
    cursor = serializers.CharField(default="", allow_blank=True, max_length=1000)


class SeenSerializer(serializers.Serializer[Any]):
    """seen: the level that was shown; refused with `level_moved` when it is another by now."""

    seen = serializers.IntegerField(allow_null=True, default=None)
    notes = serializers.CharField(default="", allow_blank=True, max_length=MOST_NOTES)


class WriteCountSerializer(SeenSerializer):
    """So many are on the shelf. Counted again, the same changes nothing."""

    counted = serializers.IntegerField(min_value=0, max_value=MOST_UNITS)


class WriteChangeSerializer(SeenSerializer):
    """So many came, or with a minus went. Send `seen`, so that a repeat is refused."""

    change = serializers.IntegerField(min_value=-MOST_UNITS, max_value=MOST_UNITS)
    reason = serializers.ChoiceField(choices=[one.value for one in CORRECTIONS])


class WriteThresholdSerializer(serializers.Serializer[Any]):
    low_stock_threshold = serializers.IntegerField(
        min_value=0,
        max_value=MOST_UNITS,
        allow_null=True,
        help_text="Null for the shop's own.",
    )


class ShopThresholdSerializer(serializers.Serializer[Any]):
    low_stock_threshold = serializers.IntegerField(min_value=0, max_value=MOST_UNITS)


class TallySerializer(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=1000, help_text="A SKU or a barcode.")
    units = serializers.CharField(
        default="1", max_length=1000, help_text="Of the same code, lines are added up."
    )


class WriteSheetSerializer(serializers.Serializer[Any]):
    """is_check: only say what would change. skip_wrong: do the right lines, leave the others."""

    lines = TallySerializer(many=True, allow_empty=False)
    notes = serializers.CharField(default="", allow_blank=True, max_length=MOST_NOTES)
    is_check = serializers.BooleanField(default=False)
    skip_wrong = serializers.BooleanField(default=False)
    token = serializers.UUIDField(
        required=False, help_text="The same token again is the same job."
    )

    def validate_lines(self, lines: list[dict[str, str]]) -> list[dict[str, str]]:
        if len(lines) > MOST_SCANS:
            raise serializers.ValidationError(f"At most {MOST_SCANS} lines.")
        return lines


class CountAnswerSerializer(serializers.Serializer[Any]):
    """job: null where nothing was begun."""

    changes = PlannedSerializer(many=True)
    wrong = WrongCellSerializer(many=True)
    unchanged = serializers.IntegerField()
    job = JobSerializer(allow_null=True)


class StockViewSet(OfShop, viewsets.GenericViewSet[ProductVariant]):
    """Variants of the shop and what is on the shelf. What is another shop's is not found."""

    queryset = ProductVariant.objects.none()
    serializer_class = StockLevelSerializer
    pagination_class = None
    filter_backends = ()
    rights: ClassVar[dict[str, Right]] = {
        **dict.fromkeys(
            ("list", "retrieve", "ledger", "count", "change", "options", "metadata"),
            Right.COUNT_STOCK,
        ),
        "threshold": Right.EDIT_PRODUCTS,
    }

    @extend_schema(parameters=[StockSearchSerializer], responses=StockPageSerializer)
    def list(self, request: Request, **_: Any) -> Response:
        """Fifty a page."""
        sent = StockSearchSerializer(data=request.query_params)
        sent.is_valid(raise_exception=True)
        wanted = sent.validated_data
        shop = self.seller.shop
        page, rows = stock_levels(
            shop=shop,
            tab=StockTab(wanted["tab"]),
            words=wanted["words"],
            cursor=wanted["cursor"],
        )
        return Response(
            {
                "results": StockLevelSerializer(rows, many=True).data,
                "next": page.next,
                "previous": page.previous,
                "counts": {
                    tab.value: count for tab, count in stock_counts(shop=shop).items()
                },
            }
        )

    def retrieve(self, request: Request, **_: Any) -> Response:
        return self._answer()

    @extend_schema(request=WriteThresholdSerializer)
    def threshold(self, request: Request, **_: Any) -> Response:
        """From how many free units on its stock is low."""
        payload = WriteThresholdSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        set_variant_threshold(
            shop_id=self.seller.shop.pk,
            variant_id=self._find().variant.pk,
            threshold=payload.validated_data["low_stock_threshold"],
            now=timezone.now(),
        )
        return self._answer()

    @extend_schema(parameters=[LedgerSearchSerializer], responses=LedgerPageSerializer)
    def ledger(self, request: Request, **_: Any) -> Response:
        """Fifty a page."""
        variant = self._find().variant
        sent = LedgerSearchSerializer(data=request.query_params)
        sent.is_valid(raise_exception=True)
        page, lines = ledger_page(
            shop=self.seller.shop, variant_id=variant.pk, **sent.validated_data
        )
        proof = proof_of(variant=variant)
        return Response(
            {
                "results": LedgerLineSerializer(lines, many=True).data,
                "next": page.next,
                "previous": page.previous,
                "total": proof.total,
                "level": proof.level,
            }
        )

    @extend_schema(request=WriteCountSerializer)
    def count(self, request: Request, **_: Any) -> Response:
        """Say how many are on the shelf."""
        variant_id = self._find().variant.pk
        payload = WriteCountSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        count_stock(
            shop_id=self.seller.shop.pk,
            variant_id=variant_id,
            user_id=self.seller.user.pk,
            now=timezone.now(),
            **payload.validated_data,
        )
        return self._answer()

    @extend_schema(request=WriteChangeSerializer)
    def change(self, request: Request, **_: Any) -> Response:
        """Say how many came or went, and why."""
        variant_id = self._find().variant.pk
        payload = WriteChangeSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        sent = payload.validated_data
        correct_stock(
            shop_id=self.seller.shop.pk,
            variant_id=variant_id,
            user_id=self.seller.user.pk,
            now=timezone.now(),
            **{**sent, "reason": StockReason(sent["reason"])},
        )
        return self._answer()

    def _answer(self) -> Response:
        return Response(StockLevelSerializer(self._find()).data)

    def _find(self) -> StockLevel:
        found = stocked_variant(
            shop=self.seller.shop, variant_id=self.kwargs["variant_id"]
        )
        if found is None:
            raise Http404
        return found


class StockCountView(OfShop, APIView):
    """Count many variants at once, as the count sheet does: a job writes it down."""

    rights: ClassVar[dict[str, Right]] = {
        "post": Right.COUNT_STOCK,
        "options": Right.COUNT_STOCK,
    }

    @extend_schema(
        operation_id="sell_stock_count_many",
        request=WriteSheetSerializer,
        responses={200: CountAnswerSerializer, 202: CountAnswerSerializer},
    )
    def post(self, request: Request, shop: str) -> Response:
        payload = WriteSheetSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        sent = payload.validated_data
        plan = plan_count(
            shop_id=self.seller.shop.pk,
            tallies=[
                Tally(number, line["code"], line["units"])
                for number, line in enumerate(sent["lines"], 1)
            ],
        )
        job = None
        is_right = sent["skip_wrong"] or not plan.errors
        if plan.changes and is_right and not sent["is_check"]:
            job = jobs.open_job(
                shop_id=self.seller.shop.pk,
                by=self.seller.user,
                kind=kinds.STOCK_SHEET,
                params={"note": sent["notes"]},
                items=[
                    (one.variant_id, f"{one.sku} {one.name}", one.wanted)
                    for one in plan.changes
                ],
                token=sent.get("token"),
                now=timezone.now(),
            )
        body = {
            "changes": [{"sku": one.sku, "cells": one.wanted} for one in plan.changes],
            "wrong": WrongCellSerializer(plan.errors, many=True).data,
            "unchanged": plan.unchanged,
            "job": JobSerializer(job).data if job else None,
        }
        return Response(body, status=HTTPStatus.ACCEPTED if job else HTTPStatus.OK)


class LowStockView(OfShop, APIView):
    """From how many free units on the stock of the shop's variants is low."""

    rights: ClassVar[dict[str, Right]] = {
        "get": Right.COUNT_STOCK,
        "put": Right.EDIT_PRODUCTS,
        "options": Right.COUNT_STOCK,
    }

    @extend_schema(responses=ShopThresholdSerializer)
    def get(self, request: Request, shop: str) -> Response:
        return Response(ShopThresholdSerializer(self.seller.shop).data)

    @extend_schema(request=ShopThresholdSerializer, responses=ShopThresholdSerializer)
    def put(self, request: Request, shop: str) -> Response:
        payload = ShopThresholdSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        set_shop_threshold(
            shop_id=self.seller.shop.pk,
            threshold=payload.validated_data["low_stock_threshold"],
            now=timezone.now(),
        )
        return Response(payload.data)


STOCK = "sell/<slug:shop>/stock/"
ONE = f"{STOCK}<uuid:variant_id>/"
one = StockViewSet.as_view

urlpatterns = [
    path(STOCK, one({"get": "list"}), name="sell-stock"),
    path(f"{STOCK}low/", LowStockView.as_view(), name="sell-stock-low"),
    path(f"{STOCK}count/", StockCountView.as_view(), name="sell-stock-counts"),
    path(
        ONE, one({"get": "retrieve", "patch": "threshold"}), name="sell-stock-variant"
    ),
    path(f"{ONE}ledger/", one({"get": "ledger"}), name="sell-stock-ledger"),
    path(f"{ONE}count/", one({"post": "count"}), name="sell-stock-count"),
    path(f"{ONE}change/", one({"post": "change"}), name="sell-stock-change"),
]
