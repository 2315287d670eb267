"""A shop's profile and its closure, for programs."""

from __future__ import annotations

from typing import Any, ClassVar

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.models import Shop
from users.api.counter import OfShop
from users.rights import Right
from users.services.shops import change_shop, set_closure
from users.shop_forms import MOST_DAYS, MOST_DESCRIPTION

MOST_NOTE = 500


class ShopSettingsSerializer(serializers.ModelSerializer[Shop]):
    """What the shop says of itself, and when its people are away: [from, until)."""

    class Meta:
        model = Shop
        fields = (
            *("slug", "name", "description", "contact_email", "phone", "timezone"),
            *("country", "currency", "tax_number", "prices_include_tax"),
            *("return_days", "return_rule", "status", "status_reason"),
            *("closed_from", "closed_until", "closed_note"),
        )
        read_only_fields = fields


class ChangeShopSerializer(serializers.Serializer[Any]):
    """What is not named stays as it is."""

    name = serializers.CharField(max_length=100, required=False)
    description = serializers.CharField(
        max_length=MOST_DESCRIPTION, required=False, allow_blank=True
    )
    contact_email = serializers.EmailField(max_length=254, required=False)
    phone = serializers.CharField(max_length=32, required=False, allow_blank=True)
    timezone = serializers.CharField(max_length=64, required=False)
    tax_number = serializers.CharField(max_length=64, required=False, allow_blank=True)
    prices_include_tax = serializers.BooleanField(required=False)
    return_days = serializers.IntegerField(
        min_value=0, max_value=MOST_DAYS, required=False
    )
    return_rule = serializers.CharField(
        max_length=MOST_DESCRIPTION, required=False, allow_blank=True
    )


class SetClosureSerializer(serializers.Serializer[Any]):
    """closed_from: null ends the closure."""

    closed_from = serializers.DateTimeField(allow_null=True)
    closed_until = serializers.DateTimeField(allow_null=True, default=None)
    note = serializers.CharField(max_length=MOST_NOTE, allow_blank=True, default="")


class SettingsView(OfShop, APIView):
    """The shop's profile."""

    rights: ClassVar[dict[str, Right]] = dict.fromkeys(
        ("get", "patch", "options"), Right.SETTINGS
    )

    @extend_schema(responses=ShopSettingsSerializer)
    def get(self, request: Request, **_: Any) -> Response:
        """As it stands."""
        return Response(ShopSettingsSerializer(self.seller.shop).data)

    @extend_schema(request=ChangeShopSerializer, responses=ShopSettingsSerializer)
    def patch(self, request: Request, **_: Any) -> Response:
        """Change what is named."""
        sent = ChangeShopSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        shop = change_shop(
            shop_id=self.seller.shop.pk, changes=sent.validated_data, now=timezone.now()
        )
        return Response(ShopSettingsSerializer(shop).data)


class ClosureView(OfShop, APIView):
    """The shop's holidays."""

    rights: ClassVar[dict[str, Right]] = dict.fromkeys(
        ("put", "options"), Right.SETTINGS
    )

    @extend_schema(request=SetClosureSerializer, responses=ShopSettingsSerializer)
    def put(self, request: Request, **_: Any) -> Response:
        """Close for a time, or open again."""
        sent = SetClosureSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        shop = set_closure(
            shop_id=self.seller.shop.pk, now=timezone.now(), **sent.validated_data
        )
        return Response(ShopSettingsSerializer(shop).data)


urlpatterns = [
    path("sell/<slug:shop>/settings/", SettingsView.as_view(), name="sell-settings"),
    path(
        "sell/<slug:shop>/settings/closure/",
        ClosureView.as_view(),
        name="sell-closure",
    ),
]
