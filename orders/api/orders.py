"""Orders as their buyers see them: followed, cancelled, sent back, bought again."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, permissions, renderers, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.errors import NotAPicture
from catalog.services.images import clean_picture
from orders.api.carts import CartSerializer, told
from orders.api.money import MoneyField
from orders.downloads import invoice_response
from orders.models import (
    FinancialStatus,
    FulfillmentStatus,
    Order,
    OrderStatus,
    ReturnKind,
    ReturnStatus,
)
from orders.queries.order_page import OrderPage, order_page
from orders.services import cart as carts
from orders.services import orders as services
from orders.services import returns
from orders.visitor import remember, visible_orders, visitor_of, with_token
from shop.api.guests import SessionOrGuest
from shop.api.idempotency import HEADER, idempotent

MOST_ROWS = 1000
MOST_UNITS = 1_000_000
MOST_PHOTOS = 5
PHOTO_BYTES = 15 * 1024**2
KEY = OpenApiParameter(
    HEADER,
    location=OpenApiParameter.HEADER,
    required=True,
    description="A value of your own, such as a UUID; sent again, it is answered again.",
)


# ------------------------------------------------------------------ answers


class OrderSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    order_number = serializers.CharField()
    shop = serializers.UUIDField(source="shop_id")
    shop_name = serializers.CharField(source="shop.name")
    status = serializers.ChoiceField(choices=OrderStatus.choices)
    financial_status = serializers.ChoiceField(choices=FinancialStatus.choices)
    fulfillment_status = serializers.ChoiceField(choices=FulfillmentStatus.choices)
    currency = serializers.CharField()
    total_price = MoneyField()
    placed_at = serializers.DateTimeField(source="event_time")


class OrderItemSerializer(serializers.Serializer[Any]):
    """`tax` comes on top of the price, `included_tax` stands inside it."""

    id = serializers.UUIDField()
    product = serializers.UUIDField(source="product_id")
    variant = serializers.UUIDField(source="variant_id", allow_null=True)
    sku = serializers.CharField()
    name = serializers.CharField()
    variant_name = serializers.CharField(source="title")
    quantity = serializers.IntegerField()
    price = MoneyField()
    subtotal = MoneyField()
    discount = MoneyField(source="total_discount")
    tax = MoneyField()
    included_tax = MoneyField()
    returnable = serializers.SerializerMethodField(
        help_text="Units that were sent and are in no return yet."
    )

    def get_returnable(self, item: Any) -> int:
        return int(self.context["returnable"].get(item.pk, 0))


class UnitsSerializer(serializers.Serializer[Any]):
    item = serializers.UUIDField(source="order_item_id", allow_null=True)
    quantity = serializers.IntegerField()


class ParcelSerializer(serializers.Serializer[Any]):
    carrier = serializers.CharField()
    tracking_number = serializers.CharField()
    tracking_url = serializers.CharField()
    sent_at = serializers.DateTimeField(source="created_at")
    estimated_delivery = serializers.DateTimeField(allow_null=True)
    delivered_at = serializers.DateTimeField(allow_null=True)
    items = UnitsSerializer(source="items.all", many=True)


class StatusChangeSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=OrderStatus.choices)
    at = serializers.DateTimeField(source="created_at")


class ReturnSerializer(serializers.Serializer[Any]):
    """`answer`: what the shop says to it."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=ReturnKind.choices)
    status = serializers.ChoiceField(choices=ReturnStatus.choices)
    reason = serializers.CharField()
    answer = serializers.CharField()
    refund_total = MoneyField()
    asked_at = serializers.DateTimeField(source="event_time")
    items = UnitsSerializer(source="lines.all", many=True)


class OrderPageSerializer(OrderSerializer):
    """An order, with what became of it and what can still be done."""

    email = serializers.CharField()
    notes = serializers.CharField()
    subtotal_price = MoneyField()
    total_discount = MoneyField()
    total_shipping = MoneyField()
    total_tax = MoneyField()
    included_tax = MoneyField()
    total_refunded = MoneyField()
    given_back = serializers.SerializerMethodField(
        help_text="Of `total_refunded`; the rest pays what was added to the order."
    )
    set_off = serializers.SerializerMethodField(
        help_text="What of its price is paid by what was taken out of the order that it"
        " travels with."
    )
    delivery_method = serializers.CharField()
    shipping_address = serializers.DictField(child=serializers.CharField())
    billing_address = serializers.DictField(child=serializers.CharField())
    cancelled_at = serializers.DateTimeField(allow_null=True)
    cancel_reason = serializers.CharField()
    items = serializers.SerializerMethodField()
    parcels = serializers.SerializerMethodField()
    history = serializers.SerializerMethodField()
    returns = serializers.SerializerMethodField()
    invoice_number = serializers.SerializerMethodField(allow_null=True)
    can_cancel = serializers.SerializerMethodField()
    can_return = serializers.SerializerMethodField()
    can_withdraw = serializers.SerializerMethodField()

    @property
    def page(self) -> OrderPage:
        found: OrderPage = self.context["page"]
        return found

    @extend_schema(responses=OrderItemSerializer(many=True))
    def get_items(self, order: Order) -> Any:
        context = {"returnable": self.page.returnable}
        return OrderItemSerializer(self.page.items, many=True, context=context).data

    @extend_schema(responses=ParcelSerializer(many=True))
    def get_parcels(self, order: Order) -> Any:
        return ParcelSerializer(self.page.parcels, many=True).data

    @extend_schema(responses=StatusChangeSerializer(many=True))
    def get_history(self, order: Order) -> Any:
        return StatusChangeSerializer(self.page.history, many=True).data

    @extend_schema(responses=ReturnSerializer(many=True))
    def get_returns(self, order: Order) -> Any:
        return ReturnSerializer(self.page.returns, many=True).data

    def get_invoice_number(self, order: Order) -> str | None:
        return self.page.invoice.invoice_number if self.page.invoice else None

    def get_given_back(self, order: Order) -> str:
        return f"{self.page.given_back:.2f}"

    def get_set_off(self, order: Order) -> str:
        return f"{order.checkout.set_off if order.checkout else 0:.2f}"

    def get_can_cancel(self, order: Order) -> bool:
        return self.page.can_cancel

    def get_can_return(self, order: Order) -> bool:
        return self.page.can_return

    def get_can_withdraw(self, order: Order) -> bool:
        return self.page.can_withdraw


class ReorderedSerializer(serializers.Serializer[Any]):
    """`gone` names what cannot be bought again."""

    added = serializers.IntegerField()
    gone = serializers.ListField(child=serializers.CharField())
    cart = CartSerializer()


# ------------------------------------------------------------------ what is sent


class PhotoField(serializers.FileField):
    """A picture, as its bare pixels."""

    def to_internal_value(self, data: Any) -> bytes:  # type: ignore[override]
        file = super().to_internal_value(data)
        if file.size > PHOTO_BYTES:
            most = PHOTO_BYTES // 1024**2
            raise serializers.ValidationError(
                _("This is larger than %(most)d MB.") % {"most": most}
            )
        try:
            return clean_picture(content=file.read())
        except NotAPicture as refusal:
            raise serializers.ValidationError(refusal.message) from None


class ReturnedUnitsSerializer(serializers.Serializer[Any]):
    item = serializers.UUIDField()
    quantity = serializers.IntegerField(min_value=1, max_value=MOST_UNITS)


class _UnitsSentSerializer(serializers.Serializer[Any]):
    def validate_items(self, sent: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({one["item"] for one in sent}) < len(sent):
            raise serializers.ValidationError(_("Name each item once."))
        return sent


class AskReturnSerializer(_UnitsSentSerializer):
    items = ReturnedUnitsSerializer(  # type: ignore[call-arg]
        many=True, allow_empty=False, max_length=MOST_ROWS
    )
    reason = serializers.CharField(max_length=returns.MOST_TEXT)
    photos = serializers.ListField(
        child=PhotoField(),
        max_length=MOST_PHOTOS,
        default=list,
        help_text="Files of a multipart request; for the shop only.",
    )


class WithdrawSerializer(_UnitsSentSerializer):
    """Without `items`: from all that can go back."""

    items = ReturnedUnitsSerializer(  # type: ignore[call-arg]
        many=True, allow_empty=False, max_length=MOST_ROWS, required=False
    )


class CancelSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=1000, allow_blank=True, default="")


class PdfRenderer(renderers.JSONRenderer):
    """Lets a client ask for the document; what goes wrong is said in JSON all the same."""

    media_type = "application/pdf"
    format = "pdf"


# ------------------------------------------------------------------ views


@method_decorator(never_cache, name="dispatch")
class OrderViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Order]):
    """The account's orders; a guest's of this cart's cookie, or found by number before."""

    queryset = Order.objects.none()
    authentication_classes = (SessionOrGuest,)
    permission_classes = (permissions.AllowAny,)
    serializer_class = OrderSerializer
    filterset_fields = ("status", "financial_status", "fulfillment_status")
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Order]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return visible_orders(self.request).select_related("shop", "checkout")

    def get_object(self) -> Order:
        """Not by the list's filters."""
        found = self.get_queryset().filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404
        return found

    @extend_schema(responses=OrderPageSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """With its items, parcels, history and returns."""
        return self._told()

    @extend_schema(request=CancelSerializer, responses=OrderPageSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """As long as nothing of it was sent. May be repeated."""
        order = self.get_object()
        payload = CancelSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        services.cancel_order(
            order_id=order.pk,
            reason=payload.validated_data["reason"],
            by=_person(request),
            now=timezone.now(),
        )
        return self._told()

    @extend_schema(
        request={
            "application/json": AskReturnSerializer,
            "multipart/form-data": AskReturnSerializer,
        },
        responses={201: ReturnSerializer},
        parameters=[KEY],
    )
    @action(detail=True, methods=["post"])
    @idempotent()
    def returns(self, request: Request, pk: str) -> Response:
        """Ask the shop to take units back."""
        order = self.get_object()
        payload = AskReturnSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        sent = payload.validated_data
        back = returns.request_return(
            order_id=order.pk,
            quantities={one["item"]: one["quantity"] for one in sent["items"]},
            reason=sent["reason"],
            photos=sent["photos"],
            by=_person(request),
            now=timezone.now(),
        )
        return Response(ReturnSerializer(back).data, status=HTTPStatus.CREATED)

    @extend_schema(
        request=WithdrawSerializer,
        responses={201: ReturnSerializer},
        parameters=[KEY],
    )
    @action(detail=True, methods=["post"])
    @idempotent()
    def withdraw(self, request: Request, pk: str) -> Response:
        """Step back without a reason, within 14 days (Directive 2011/83/EU)."""
        order = self.get_object()
        payload = WithdrawSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        items = payload.validated_data.get("items")
        back = returns.withdraw(
            order_id=order.pk,
            quantities={one["item"]: one["quantity"] for one in items}
            if items
            else None,
            by=_person(request),
            now=timezone.now(),
        )
        return Response(ReturnSerializer(back).data, status=HTTPStatus.CREATED)

    @extend_schema(request=None, responses=ReorderedSerializer)
    @action(detail=True, methods=["post"])
    def reorder(self, request: Request, pk: str) -> Response:
        """Put the same into the cart, at today's prices."""
        visitor = with_token(visitor_of(request))
        again = carts.reorder(
            order_id=self.get_object().pk,
            user_id=visitor.user_id,
            token=visitor.token,
            now=timezone.now(),
        )
        response = Response(
            {"added": again.added, "gone": list(again.gone), "cart": told(again.cart)}
        )
        remember(response, visitor)
        return response

    @extend_schema(
        responses={(200, "application/pdf"): OpenApiTypes.BINARY}, filters=False
    )
    @action(
        detail=True,
        pagination_class=None,
        renderer_classes=[PdfRenderer, renderers.JSONRenderer],
    )
    def invoice(self, request: Request, pk: str) -> HttpResponse:
        """The invoice's PDF; there is one once the order is paid."""
        return invoice_response(order=self.get_object())

    def _told(self) -> Response:
        order = self.get_object()
        page = order_page(order=order, now=timezone.now())
        return Response(OrderPageSerializer(order, context={"page": page}).data)


def _person(request: Request) -> Any:
    return request.user if request.user.is_authenticated else None
