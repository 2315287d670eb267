"""Money and changes of a shop's orders, for programs."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import Any, ClassVar

from django.http import Http404
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from orders.api.money import MoneyField
from orders.api.orders import KEY
from orders.api.sell_orders import (
    HOUR,
    ORDER,
    DraftItemSerializer,
    OfOrder,
    ParcelUnitsSerializer,
)
from orders.models import Order
from orders.queries.sell_orders import shop_orders
from orders.services.cart import MOST_ITEMS
from orders.services.drafts import LEAST_HOLD, MOST_HOLD, USUAL_HOLD
from payments.api.serializers import RefundSerializer
from payments.services.editing import edit_order, preview_edit
from payments.services.item_refunds import (
    RefundLine,
    preview_refund,
    refund_items,
    refund_plan,
)
from shop.api.idempotency import idempotency_key, idempotent
from users.rights import Right

MOST_ROWS = 1000
MOST_UNITS = 1_000_000


class RefundableSerializer(serializers.Serializer[Any]):
    """Units of an item that can be given back: not sent so far, and the others."""

    item = serializers.UUIDField(source="item.pk")
    unsent = serializers.IntegerField()
    sent = serializers.IntegerField()
    most = MoneyField()


class RefundPlanSerializer(serializers.Serializer[Any]):
    """What can be given back of an order; `most` is the greatest possible amount."""

    currency = serializers.CharField(source="order.currency")
    items = RefundableSerializer(many=True)
    delivery = MoneyField()
    most = MoneyField()


class RefundPreviewSerializer(serializers.Serializer[Any]):
    """`computed` is what units and delivery are worth, `amount` what is given back."""

    computed = MoneyField()
    amount = MoneyField()
    most = MoneyField()


class RefundLineSerializer(serializers.Serializer[Any]):
    item = serializers.UUIDField()
    unsent = serializers.IntegerField(min_value=0, max_value=MOST_UNITS, default=0)
    sent = serializers.IntegerField(min_value=0, max_value=MOST_UNITS, default=0)
    restock = serializers.BooleanField(default=False)


class GiveBackSerializer(serializers.Serializer[Any]):
    """`amount`: instead of what the items and the delivery are worth."""

    items = RefundLineSerializer(  # type: ignore[call-arg]
        many=True, default=list, max_length=MOST_ROWS
    )
    delivery = serializers.DecimalField(
        max_digits=12, decimal_places=2, min_value=Decimal(0), default=Decimal(0)
    )
    amount = serializers.DecimalField(
        max_digits=12,
        decimal_places=2,
        min_value=Decimal("0.01"),
        allow_null=True,
        default=None,
    )
    expected = serializers.DecimalField(
        max_digits=12,
        decimal_places=2,
        allow_null=True,
        default=None,
        help_text="Refused when it comes to something else.",
    )
    reason = serializers.CharField(max_length=1000, allow_blank=True, default="")

    def validate_items(self, sent: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({one["item"] for one in sent}) < len(sent):
            raise serializers.ValidationError(_("Name each item once."))
        return sent

    def wanted(self) -> dict[str, Any]:
        sent = self.validated_data
        return {
            "lines": [
                RefundLine(
                    item_id=one["item"],
                    unsent=one["unsent"],
                    sent=one["sent"],
                    restock=one["restock"],
                )
                for one in sent["items"]
            ],
            "delivery": sent["delivery"],
            "amount": sent["amount"],
        }


class EditSerializer(serializers.Serializer[Any]):
    remove = ParcelUnitsSerializer(  # type: ignore[call-arg]
        many=True, default=list, max_length=MOST_ROWS
    )
    add = DraftItemSerializer(  # type: ignore[call-arg]
        many=True, default=list, max_length=MOST_ITEMS
    )

    def wanted(self) -> dict[str, Any]:
        sent = self.validated_data
        return {
            "remove": {one["item"]: one["quantity"] for one in sent["remove"]},
            "add": {one["variant"]: one["quantity"] for one in sent["add"]},
        }


class AgreedEditSerializer(EditSerializer):
    """refund, due: as the preview said them."""

    refund = serializers.DecimalField(max_digits=12, decimal_places=2)
    due = serializers.DecimalField(max_digits=12, decimal_places=2)
    restock = serializers.BooleanField(default=True)
    hold_hours = serializers.IntegerField(
        min_value=LEAST_HOLD // HOUR,
        max_value=MOST_HOLD // HOUR,
        default=USUAL_HOLD // HOUR,
    )


class EditPreviewSerializer(serializers.Serializer[Any]):
    """taken, cost: of what is taken out and of what is added.

    set_off: so much of what is added is paid by what is taken out. refund: given back at once.
    due: to be paid by the link. difference: due less refund.
    """

    taken = MoneyField()
    cost = MoneyField()
    set_off = MoneyField()
    refund = MoneyField()
    due = MoneyField()
    difference = MoneyField()


class EditedSerializer(serializers.Serializer[Any]):
    """refunds: what goes back. set_off: what of the addition needs no payment."""

    refunds = RefundSerializer(many=True)
    set_off = MoneyField()
    addition = serializers.UUIDField(
        allow_null=True, help_text="The order that travels with this one."
    )


class OrderMoneyViewSet(OfOrder, viewsets.GenericViewSet[Order]):
    """Refunds by item, and changes before an order is sent."""

    queryset = Order.objects.none()
    serializer_class = RefundPlanSerializer
    pagination_class = None
    filter_backends = ()
    rights: ClassVar[dict[str, Right]] = {
        **dict.fromkeys(
            ("plan", "preview", "refund", "options", "metadata"), Right.REFUND
        ),
        **dict.fromkeys(("preview_edit", "edit"), Right.CHANGE_ORDERS),
    }

    @extend_schema(responses=RefundPlanSerializer)
    def plan(self, request: Request, **_: Any) -> Response:
        """What can be given back."""
        return Response(RefundPlanSerializer(refund_plan(order=self._order())).data)

    @extend_schema(request=GiveBackSerializer, responses=RefundPreviewSerializer)
    def preview(self, request: Request, **_: Any) -> Response:
        """What it would come to; writes nothing."""
        plan = refund_plan(order=self._order())
        payload = GiveBackSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        found = preview_refund(plan=plan, **payload.wanted())
        return Response(RefundPreviewSerializer(found).data)

    @extend_schema(
        request=GiveBackSerializer,
        responses={201: RefundSerializer(many=True)},
        parameters=[KEY],
    )
    @idempotent()
    def refund(self, request: Request, **_: Any) -> Response:
        """Give it back. What was not sent is taken out of the order."""
        order = self._order()
        payload = GiveBackSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        refunds = refund_items(
            order_id=order.pk,
            reason=payload.validated_data["reason"],
            expected=payload.validated_data["expected"],
            by=self.seller.user,
            now=timezone.now(),
            key=self._key(request),
            **payload.wanted(),
        )
        body = RefundSerializer(refunds, many=True).data
        return Response(body, status=HTTPStatus.CREATED)

    @extend_schema(request=EditSerializer, responses=EditPreviewSerializer)
    def preview_edit(self, request: Request, **_: Any) -> Response:
        """What a change would come to; writes nothing."""
        order = self._order()
        payload = EditSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        found = preview_edit(
            order=order, by=self.seller.user, now=timezone.now(), **payload.wanted()
        )
        return Response(EditPreviewSerializer(found).data)

    @extend_schema(
        request=AgreedEditSerializer,
        responses=EditedSerializer,
        parameters=[KEY],
    )
    @idempotent()
    def edit(self, request: Request, **_: Any) -> Response:
        """Take units out, add variants, and move the difference.

        What is taken out pays what is added. The rest is given back, or the buyer is sent a
        link to pay it by; not paid in time, what was taken out is given back.
        """
        order = self._order()
        payload = AgreedEditSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        sent = payload.validated_data
        hold: timedelta = sent["hold_hours"] * HOUR
        done = edit_order(
            order_id=order.pk,
            expected_refund=sent["refund"],
            expected_due=sent["due"],
            restock=sent["restock"],
            hold=hold,
            by=self.seller.user,
            now=timezone.now(),
            key=self._key(request),
            **payload.wanted(),
        )
        answer = {
            "refunds": done.refunds,
            "set_off": done.set_off,
            "addition": done.addition.pk if done.addition else None,
        }
        return Response(EditedSerializer(answer).data)

    def _order(self) -> Order:
        mine = shop_orders(shop_id=self.seller.shop.pk)
        found = mine.filter(pk=self.kwargs["order_id"]).first()
        if found is None:
            raise Http404
        return found

    def _key(self, request: Request) -> str:
        return f"{self.seller.user.pk}:{idempotency_key(request)}"[:200]


money = OrderMoneyViewSet.as_view

urlpatterns = [
    path(
        f"{ORDER}refund/",
        money({"get": "plan", "post": "refund"}),
        name="sell-order-refund",
    ),
    path(
        f"{ORDER}refund/preview/",
        money({"post": "preview"}),
        name="sell-order-refund-preview",
    ),
    path(f"{ORDER}edit/", money({"post": "edit"}), name="sell-order-edit"),
    path(
        f"{ORDER}edit/preview/",
        money({"post": "preview_edit"}),
        name="sell-order-edit-preview",
    ),
]
