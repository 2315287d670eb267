"""A shop's numbers and what its promotions brought in, for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.queries.promotions import best_promotions_of, promotion_results
from analytics.queries.shops import shop_days
from analytics.shop_board import DEFAULT_RANGE, MOST_PROMOTIONS, RANGES, period_of
from orders.api.money import MoneyField
from orders.models import Promotion
from users.api.counter import OfShop
from users.rights import Right


class NumbersSearchSerializer(serializers.Serializer[Any]):
    """`days`: how many, up to today."""

    days = serializers.ChoiceField(choices=list(RANGES), default=DEFAULT_RANGE)


class NumbersDaySerializer(serializers.Serializer[Any]):
    """A day of the shop's clock. `promoted_orders`: promotions used by its orders."""

    day = serializers.DateField()
    orders = serializers.IntegerField()
    revenue = MoneyField()
    items = serializers.IntegerField()
    refunded = MoneyField()
    promoted_orders = serializers.IntegerField()
    promoted_revenue = MoneyField()


class NumbersPromotionSerializer(serializers.Serializer[Any]):
    """`revenue`: of the orders that used it. One with two promotions counts for both."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    orders = serializers.IntegerField()
    discount = MoneyField()
    revenue = MoneyField()


class NumbersSerializer(serializers.Serializer[Any]):
    """Money is in `currency`. `last` is included.

    `promotions`: what brought in the most first, at most 1,000; their days are UTC's.
    `computed_at`: when the newest figure of the days was added up, or null.
    """

    start = serializers.DateField()
    last = serializers.DateField()
    timezone = serializers.CharField()
    currency = serializers.CharField()
    computed_at = serializers.DateTimeField(allow_null=True)
    days = NumbersDaySerializer(many=True)
    promotions = NumbersPromotionSerializer(many=True)


class PromotionDaySerializer(serializers.Serializer[Any]):
    """A UTC day on which somebody used it."""

    day = serializers.DateField()
    orders = serializers.IntegerField()
    discount = MoneyField()
    revenue = MoneyField()


class PromotionResultsSerializer(serializers.Serializer[Any]):
    """Of its orders that were not cancelled, in the shop's currency.

    Added up every few minutes. `days`: those of the last two years, the latest first.
    """

    orders = serializers.IntegerField()
    discount = MoneyField()
    revenue = MoneyField()
    days = PromotionDaySerializer(many=True)


class NumbersView(OfShop, APIView):
    rights: ClassVar[dict[str, Right]] = dict.fromkeys(
        ("get", "options"), Right.SEE_NUMBERS
    )

    @extend_schema(parameters=[NumbersSearchSerializer], responses=NumbersSerializer)
    def get(self, request: Request, **_: Any) -> Response:
        """What was sold on each day, and what each promotion brought in."""
        sent = NumbersSearchSerializer(data=request.query_params)
        sent.is_valid(raise_exception=True)
        shop, asked = self.seller.shop, sent.validated_data["days"]
        zone = ZoneInfo(shop.timezone)
        period = period_of(asked=asked, zone=zone, now=timezone.now())
        span: dict[str, Any] = {
            "shop_id": shop.pk,
            "start": period.start,
            "end": period.end,
        }
        days = shop_days(zone=zone, **span)
        found = {
            "start": period.start,
            "last": period.last,
            "timezone": shop.timezone,
            "currency": shop.currency,
            "computed_at": days.computed_at,
            "days": [asdict(day) for day in days.days],
            "promotions": best_promotions_of(most=MOST_PROMOTIONS, **span),
        }
        return Response(NumbersSerializer(found).data)


class PromotionResultsView(OfShop, APIView):
    rights: ClassVar[dict[str, Right]] = dict.fromkeys(
        ("get", "options"), Right.PROMOTE
    )

    @extend_schema(responses=PromotionResultsSerializer)
    def get(self, request: Request, promotion_id: UUID, **_: Any) -> Response:
        """What it brought in."""
        found = get_object_or_404(Promotion, pk=promotion_id, shop=self.seller.shop)
        results = promotion_results(promotion_id=found.pk)
        return Response(PromotionResultsSerializer(results).data)


urlpatterns = [
    path(
        "sell/<slug:shop>/numbers/",
        NumbersView.as_view(),
        name="sell-numbers",
    ),
    path(
        "sell/<slug:shop>/promotions/<uuid:promotion_id>/results/",
        PromotionResultsView.as_view(),
        name="sell-promotion-results",
    ),
]
