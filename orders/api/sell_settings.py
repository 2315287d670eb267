"""Where a shop sends and for how much, and its own rates of tax, for programs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from orders.errors import SettingRefused
from orders.models import DeliveryMethod, DeliveryZone, TaxRate
from orders.queries.sell_settings import shop_tax_rates, shop_zones
from orders.services import delivery_settings as services
from orders.services.delivery_settings import MOST_DAYS
from users.api.counter import OfShop
from users.rights import Right

MOST_COUNTRIES = 300
GONE = {204: None}


class DeliveryMethodSerializer(serializers.ModelSerializer[DeliveryMethod]):
    """A way to send, in the shop's currency."""

    class Meta:
        model = DeliveryMethod
        fields = (
            *("id", "name", "price", "free_from"),
            *("min_days", "max_days", "is_active"),
        )
        read_only_fields = fields


class DeliveryZoneSerializer(serializers.ModelSerializer[DeliveryZone]):
    """countries: ISO 3166-1 alpha-2; none is everywhere that no other zone names."""

    methods = DeliveryMethodSerializer(many=True, read_only=True)

    class Meta:
        model = DeliveryZone
        fields = ("id", "name", "countries", "methods")
        read_only_fields = fields


class ShopTaxRateSerializer(serializers.ModelSerializer[TaxRate]):
    """rate: a share of one, 0.2 is 20 %. is_own: the shop's, before the market's."""

    is_own = serializers.SerializerMethodField()

    class Meta:
        model = TaxRate
        fields = (
            *("id", "country", "province", "tax_class", "name", "rate"),
            *("applies_to_shipping", "is_own"),
        )
        read_only_fields = fields

    def get_is_own(self, rate: TaxRate) -> bool:
        return rate.shop_id is not None


class WriteZoneSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100)
    countries = serializers.ListField(
        child=serializers.CharField(max_length=2), max_length=MOST_COUNTRIES
    )


class WriteMethodSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100)
    price = serializers.DecimalField(max_digits=12, decimal_places=2, min_value=0)
    free_from = serializers.DecimalField(
        max_digits=12, decimal_places=2, min_value=0, allow_null=True, default=None
    )
    min_days = serializers.IntegerField(min_value=0, max_value=MOST_DAYS)
    max_days = serializers.IntegerField(min_value=0, max_value=MOST_DAYS)
    is_active = serializers.BooleanField(default=True)


class WriteTaxRateSerializer(serializers.Serializer[Any]):
    country = serializers.CharField(max_length=2)
    province = serializers.CharField(max_length=100, allow_blank=True, default="")
    tax_class = serializers.CharField(max_length=32, default="standard")
    name = serializers.CharField(max_length=100)
    rate = serializers.DecimalField(
        max_digits=6, decimal_places=5, min_value=0, max_value=1
    )
    applies_to_shipping = serializers.BooleanField(default=True)


class SettingView(OfShop, APIView):
    """What all of them share: a refusal is said of its field, another shop's is not found."""

    rights: ClassVar[dict[str, Right]] = dict.fromkeys(
        ("get", "post", "put", "delete", "options"), Right.SETTINGS
    )
    writes: ClassVar[type[serializers.Serializer[Any]]]

    def save(self, service: Any, **whose: Any) -> Any:
        payload = self.writes(data=self.request.data)
        payload.is_valid(raise_exception=True)
        values = {"shop_id": self.seller.shop.pk, **whose, **payload.validated_data}
        try:
            return service(**values)
        except SettingRefused as refusal:
            raise serializers.ValidationError(
                {refusal.field: [refusal.message]}, code=refusal.code
            ) from None
        except (DeliveryZone.DoesNotExist, DeliveryMethod.DoesNotExist) as error:
            raise Http404 from error
        except TaxRate.DoesNotExist as error:
            raise Http404 from error


class ZonesView(SettingView):
    """The zones of a shop."""

    writes = WriteZoneSerializer

    @extend_schema(responses=DeliveryZoneSerializer(many=True))
    def get(self, request: Request, **_: Any) -> Response:
        """With their ways to send."""
        found = shop_zones(shop_id=self.seller.shop.pk)
        return Response(DeliveryZoneSerializer(found, many=True).data)

    @extend_schema(request=WriteZoneSerializer, responses={201: DeliveryZoneSerializer})
    def post(self, request: Request, **_: Any) -> Response:
        """Add a zone."""
        made = self.save(services.save_zone)
        return Response(DeliveryZoneSerializer(made).data, HTTPStatus.CREATED)


class ZoneView(SettingView):
    """One zone."""

    writes = WriteZoneSerializer

    @extend_schema(request=WriteZoneSerializer, responses=DeliveryZoneSerializer)
    def put(self, request: Request, zone_id: UUID, **_: Any) -> Response:
        """Change it."""
        changed = self.save(services.save_zone, zone_id=zone_id)
        return Response(DeliveryZoneSerializer(changed).data)

    @extend_schema(responses=GONE)
    def delete(self, request: Request, zone_id: UUID, **_: Any) -> Response:
        """Remove it with its ways to send; open checkouts choose again."""
        _found(DeliveryZone.objects.filter(pk=zone_id, shop=self.seller.shop))
        services.remove_zone(shop_id=self.seller.shop.pk, zone_id=zone_id)
        return Response(status=HTTPStatus.NO_CONTENT)


class MethodsView(SettingView):
    """The ways to send to a zone."""

    writes = WriteMethodSerializer

    @extend_schema(
        request=WriteMethodSerializer, responses={201: DeliveryMethodSerializer}
    )
    def post(self, request: Request, zone_id: UUID, **_: Any) -> Response:
        """Add one."""
        made = self.save(services.save_method, zone_id=zone_id)
        return Response(DeliveryMethodSerializer(made).data, HTTPStatus.CREATED)


class MethodView(SettingView):
    """One way to send."""

    writes = WriteMethodSerializer

    @extend_schema(request=WriteMethodSerializer, responses=DeliveryMethodSerializer)
    def put(
        self, request: Request, zone_id: UUID, method_id: UUID, **_: Any
    ) -> Response:
        """Change it."""
        changed = self.save(services.save_method, zone_id=zone_id, method_id=method_id)
        return Response(DeliveryMethodSerializer(changed).data)

    @extend_schema(responses=GONE)
    def delete(
        self, request: Request, zone_id: UUID, method_id: UUID, **_: Any
    ) -> Response:
        """Remove it; open checkouts choose again."""
        rows = DeliveryMethod.objects.filter(pk=method_id, zone=zone_id)
        _found(rows.filter(zone__shop=self.seller.shop))
        services.remove_method(shop_id=self.seller.shop.pk, method_id=method_id)
        return Response(status=HTTPStatus.NO_CONTENT)


class TaxRatesView(SettingView):
    """The shop's own rates, and the market's in its country."""

    writes = WriteTaxRateSerializer

    @extend_schema(responses=ShopTaxRateSerializer(many=True))
    def get(self, request: Request, **_: Any) -> Response:
        """Its own first."""
        shop = self.seller.shop
        own, market = shop_tax_rates(shop_id=shop.pk, country=shop.country)
        return Response(ShopTaxRateSerializer([*own, *market], many=True).data)

    @extend_schema(
        request=WriteTaxRateSerializer, responses={201: ShopTaxRateSerializer}
    )
    def post(self, request: Request, **_: Any) -> Response:
        """Add a rate of the shop's own."""
        made = self.save(services.save_rate)
        return Response(ShopTaxRateSerializer(made).data, HTTPStatus.CREATED)


class TaxRateView(SettingView):
    """One of the shop's own rates."""

    writes = WriteTaxRateSerializer

    @extend_schema(request=WriteTaxRateSerializer, responses=ShopTaxRateSerializer)
    def put(self, request: Request, rate_id: UUID, **_: Any) -> Response:
        """Change it; orders that are placed keep theirs."""
        changed = self.save(services.save_rate, rate_id=rate_id)
        return Response(ShopTaxRateSerializer(changed).data)

    @extend_schema(responses=GONE)
    def delete(self, request: Request, rate_id: UUID, **_: Any) -> Response:
        """Remove it; the market's holds again."""
        _found(TaxRate.objects.filter(pk=rate_id, shop=self.seller.shop))
        services.remove_rate(shop_id=self.seller.shop.pk, rate_id=rate_id)
        return Response(status=HTTPStatus.NO_CONTENT)


def _found(rows: Any) -> None:
    if not rows.exists():
        raise Http404


ZONES = "sell/<slug:shop>/delivery-zones/"
METHODS = f"{ZONES}<uuid:zone_id>/methods/"
RATES = "sell/<slug:shop>/tax-rates/"

urlpatterns = [
    path(ZONES, ZonesView.as_view(), name="sell-delivery-zones"),
    path(f"{ZONES}<uuid:zone_id>/", ZoneView.as_view(), name="sell-delivery-zone"),
    path(METHODS, MethodsView.as_view(), name="sell-delivery-methods"),
    path(
        f"{METHODS}<uuid:method_id>/",
        MethodView.as_view(),
        name="sell-delivery-method",
    ),
    path(RATES, TaxRatesView.as_view(), name="sell-tax-rates"),
    path(f"{RATES}<uuid:rate_id>/", TaxRateView.as_view(), name="sell-tax-rate"),
]
