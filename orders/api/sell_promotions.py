"""A shop's promotions and their codes, for programs."""

from __future__ import annotations

from decimal import Decimal
from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from orders.conditions import (
    MOST_NAMED,
    MOST_UNITS,
    Conditions,
    ConditionsUnreadable,
    Customers,
)
from orders.errors import PromotionRefused
from orders.models import Coupon, Promotion, PromotionKind
from orders.queries.sell_promotions import (
    PromotionState,
    description,
    descriptions,
    promotions_in,
    state_of,
)
from orders.services import promotions as services
from orders.services.promotions import MOST_CODES, MOST_USES, NAME_LENGTH, Written
from shop.api.pagination import NewestFirst
from users.api.counter import OfShop
from users.api.sell_jobs import JobSerializer
from users.rights import Right


class ConditionsSerializer(serializers.Serializer[Any]):
    """What it asks for; what is left out asks for nothing.

    `products`: ids of the shop's own. `categories`: ids or slugs, each with all below it.
    Without both it is for everything. `buy`, `get`: of `buy_x_get_y`, with what it gives in
    `get_products` and `get_categories`; without these, more of the same.
    """

    products = serializers.ListField(
        child=serializers.UUIDField(), max_length=MOST_NAMED, required=False
    )
    categories = serializers.ListField(
        child=serializers.CharField(max_length=255),
        max_length=MOST_NAMED,
        required=False,
    )
    get_products = serializers.ListField(
        child=serializers.UUIDField(), max_length=MOST_NAMED, required=False
    )
    get_categories = serializers.ListField(
        child=serializers.CharField(max_length=255),
        max_length=MOST_NAMED,
        required=False,
    )
    minimum = serializers.DecimalField(
        max_digits=12, decimal_places=2, min_value=0, required=False
    )
    minimum_units = serializers.IntegerField(
        min_value=0, max_value=MOST_UNITS, required=False
    )
    buy = serializers.IntegerField(min_value=0, max_value=MOST_UNITS, required=False)
    get = serializers.IntegerField(min_value=0, max_value=MOST_UNITS, required=False)
    customers = serializers.ChoiceField(
        choices=[one.value for one in Customers], allow_blank=True, required=False
    )

    def to_internal_value(self, data: Any) -> Conditions:
        sent = super().to_internal_value(data)
        try:
            return Conditions.read(sent)
        except ConditionsUnreadable as error:
            raise serializers.ValidationError(str(error)) from None


class WritePromotionSerializer(serializers.Serializer[Any]):
    """`value`: per cent, or an amount in the shop's currency."""

    name = serializers.CharField(max_length=NAME_LENGTH)
    kind = serializers.ChoiceField(choices=PromotionKind.values)
    value = serializers.DecimalField(
        max_digits=12, decimal_places=2, default=Decimal(0)
    )
    conditions = ConditionsSerializer(required=False)
    is_automatic = serializers.BooleanField(default=False)
    is_combinable = serializers.BooleanField(default=True)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True, default=None)
    usage_limit = serializers.IntegerField(
        min_value=1, max_value=MOST_USES, allow_null=True, default=None
    )
    usage_limit_per_user = serializers.IntegerField(
        min_value=1, max_value=MOST_USES, allow_null=True, default=None
    )


class PromotionSerializer(serializers.ModelSerializer[Promotion]):
    """`words`: what it does, in plain words. `state`: running, planned, over or off."""

    state = serializers.SerializerMethodField()
    words = serializers.SerializerMethodField()
    conditions = serializers.DictField(read_only=True)

    class Meta:
        model = Promotion
        fields = (
            *("id", "name", "kind", "value", "conditions", "is_automatic"),
            *("is_combinable", "starts_at", "ends_at", "usage_limit"),
            *("usage_limit_per_user", "usage_count", "is_active", "state", "words"),
        )
        read_only_fields = fields

    def get_state(self, promotion: Promotion) -> str:
        return state_of(promotion, timezone.now()).value

    def get_words(self, promotion: Promotion) -> str:
        words: dict[UUID, str] = self.context["words"]
        return words[promotion.pk]


class CouponSerializer(serializers.ModelSerializer[Coupon]):
    """A code. `usage_count` is counted where there is a `usage_limit`."""

    class Meta:
        model = Coupon
        fields = ("id", "code", "usage_limit", "usage_limit_per_user", "usage_count")
        read_only_fields = fields


class WriteCouponSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=32)
    usage_limit = serializers.IntegerField(
        min_value=1, max_value=MOST_USES, allow_null=True, default=None
    )
    usage_limit_per_user = serializers.IntegerField(
        min_value=1, max_value=MOST_USES, allow_null=True, default=None
    )


class MakeCodesSerializer(serializers.Serializer[Any]):
    """`token`: the same again is the same job."""

    count = serializers.IntegerField(min_value=1, max_value=MOST_CODES)
    prefix = serializers.CharField(max_length=12, allow_blank=True, default="")
    token = serializers.UUIDField(required=False)


class SwitchSerializer(serializers.Serializer[Any]):
    is_active = serializers.BooleanField()


class PromotionView(OfShop, APIView):
    """What all of them share: a refusal is said of its field, another shop's is not found."""

    rights: ClassVar[dict[str, Right]] = dict.fromkeys(
        ("get", "post", "put", "delete", "options"), Right.PROMOTE
    )

    def find(self, promotion_id: UUID) -> Promotion:
        return get_object_or_404(Promotion, pk=promotion_id, shop=self.seller.shop)

    def sent(self, kind: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        payload = kind(data=self.request.data)
        payload.is_valid(raise_exception=True)
        return dict(payload.validated_data)

    def do(self, service: Any, **values: Any) -> Any:
        try:
            return service(shop_id=self.seller.shop.pk, **values)
        except PromotionRefused as refusal:
            raise serializers.ValidationError(
                {refusal.field: [refusal.message]}, code=refusal.code
            ) from None
        except Promotion.DoesNotExist as error:
            raise Http404 from error

    def shown(self, promotion: Promotion) -> Any:
        shop, now = self.seller.shop, timezone.now()
        words = description(shop=shop, promotion=promotion, now=now)
        context = {"words": {promotion.pk: words}}
        return PromotionSerializer(promotion, context=context).data


class PromotionsView(PromotionView, generics.GenericAPIView[Promotion]):
    """The promotions of a shop, the newest first."""

    queryset = Promotion.objects.none()
    serializer_class = PromotionSerializer
    pagination_class = NewestFirst
    filter_backends = ()

    @extend_schema(
        operation_id="sell_promotions_list",
        parameters=[
            OpenApiParameter("state", enum=[state.value for state in PromotionState])
        ],
        responses=PromotionSerializer(many=True),
    )
    def get(self, request: Request, **_: Any) -> Response:
        """Of one state, or all."""
        shop, now = self.seller.shop, timezone.now()
        state = request.query_params.get("state", "")
        rows = Promotion.objects.filter(shop=shop)
        if state in list(PromotionState):
            rows = promotions_in(shop_id=shop.pk, state=PromotionState(state), now=now)
        page = self.paginate_queryset(rows) or []
        words = descriptions(shop=shop, promotions=page, now=now)
        made = PromotionSerializer(page, many=True, context={"words": words})
        return self.get_paginated_response(made.data)

    @extend_schema(
        request=WritePromotionSerializer, responses={201: PromotionSerializer}
    )
    def post(self, request: Request, **_: Any) -> Response:
        """Add one; it is switched on, and waits for its first code or its time."""
        written = Written(**self.sent(WritePromotionSerializer))
        made = self.do(services.save_promotion, written=written)
        return Response(self.shown(made), HTTPStatus.CREATED)


class OnePromotionView(PromotionView):
    """One promotion."""

    @extend_schema(responses=PromotionSerializer)
    def get(self, request: Request, promotion_id: UUID, **_: Any) -> Response:
        return Response(self.shown(self.find(promotion_id)))

    @extend_schema(request=WritePromotionSerializer, responses=PromotionSerializer)
    def put(self, request: Request, promotion_id: UUID, **_: Any) -> Response:
        """Change it; orders that are placed keep what they had."""
        found = self.find(promotion_id)
        written = Written(**self.sent(WritePromotionSerializer))
        kept = self.do(services.save_promotion, written=written, promotion_id=found.pk)
        return Response(self.shown(kept))


class SwitchView(PromotionView):
    @extend_schema(request=SwitchSerializer, responses=PromotionSerializer)
    def post(self, request: Request, promotion_id: UUID, **_: Any) -> Response:
        """Switch it on or off; may be repeated."""
        found = self.find(promotion_id)
        kept = self.do(
            services.switch_promotion,
            promotion_id=found.pk,
            **self.sent(SwitchSerializer),
        )
        return Response(self.shown(kept))


class DuplicateView(PromotionView):
    @extend_schema(request=None, responses={201: PromotionSerializer})
    def post(self, request: Request, promotion_id: UUID, **_: Any) -> Response:
        """A copy, switched off and without codes."""
        found = self.find(promotion_id)
        copy = self.do(services.duplicate_promotion, promotion_id=found.pk)
        return Response(self.shown(copy), HTTPStatus.CREATED)


class CodesView(PromotionView, generics.GenericAPIView[Coupon]):
    """The codes of a promotion, the newest first."""

    queryset = Coupon.objects.none()
    serializer_class = CouponSerializer
    pagination_class = NewestFirst
    filter_backends = ()

    @extend_schema(
        operation_id="sell_promotions_codes_list",
        responses=CouponSerializer(many=True),
    )
    def get(self, request: Request, promotion_id: UUID, **_: Any) -> Response:
        rows = Coupon.objects.filter(promotion=self.find(promotion_id))
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(CouponSerializer(page, many=True).data)

    @extend_schema(request=WriteCouponSerializer, responses={201: CouponSerializer})
    def post(self, request: Request, promotion_id: UUID, **_: Any) -> Response:
        """Add a code of your own choice."""
        found = self.find(promotion_id)
        made = self.do(
            services.add_code,
            promotion_id=found.pk,
            **self.sent(WriteCouponSerializer),
        )
        return Response(CouponSerializer(made).data, HTTPStatus.CREATED)


class MakeCodesView(PromotionView):
    @extend_schema(request=MakeCodesSerializer, responses={202: JobSerializer})
    def post(self, request: Request, promotion_id: UUID, **_: Any) -> Response:
        """Make many codes for one use each, in the background."""
        found = self.find(promotion_id)
        job = self.do(
            services.order_codes,
            promotion_id=found.pk,
            by=self.seller.user,
            now=timezone.now(),
            **self.sent(MakeCodesSerializer),
        )
        return Response(JobSerializer(job).data, HTTPStatus.ACCEPTED)


class CodeView(PromotionView):
    @extend_schema(responses={204: None})
    def delete(
        self, request: Request, promotion_id: UUID, coupon_id: UUID, **_: Any
    ) -> Response:
        """Remove a code that no order has used."""
        coupon = get_object_or_404(
            Coupon, pk=coupon_id, promotion=self.find(promotion_id)
        )
        self.do(services.remove_code, promotion_id=promotion_id, coupon_id=coupon.pk)
        return Response(status=HTTPStatus.NO_CONTENT)


ALL = "sell/<slug:shop>/promotions/"
ONE = f"{ALL}<uuid:promotion_id>/"

urlpatterns = [
    path(ALL, PromotionsView.as_view(), name="sell-promotions"),
    path(ONE, OnePromotionView.as_view(), name="sell-promotion"),
    path(f"{ONE}switch/", SwitchView.as_view(), name="sell-promotion-switch"),
    path(f"{ONE}duplicate/", DuplicateView.as_view(), name="sell-promotion-duplicate"),
    path(f"{ONE}codes/", CodesView.as_view(), name="sell-promotion-codes"),
    path(
        f"{ONE}codes/many/", MakeCodesView.as_view(), name="sell-promotion-codes-many"
    ),
    path(
        f"{ONE}codes/<uuid:coupon_id>/",
        CodeView.as_view(),
        name="sell-promotion-code",
    ),
]
