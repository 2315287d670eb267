"""The money of a shop's returns, for programs."""

from __future__ import annotations

from decimal import Decimal
from http import HTTPStatus
from typing import Any, ClassVar

from django.http import Http404
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from orders.api.money import MoneyField
from orders.api.sell_returns import RETURN
from orders.models import OrderReturn
from orders.queries.sell_returns import shop_returns
from payments.api.serializers import RefundSerializer
from payments.services.return_refunds import refund_return, return_refund
from users.api.counter import OfShop
from users.rights import Right


class ReturnRefundSerializer(serializers.Serializer[Any]):
    """`due` is what is given back; `greatest` with what is left of the delivery's price."""

    currency = serializers.CharField(source="back.order.currency")
    goods = MoneyField()
    delivery = MoneyField()
    due = MoneyField()
    greatest = MoneyField()


class GiveReturnBackSerializer(serializers.Serializer[Any]):
    """`amount`: instead of what is due. `expected`: refused when it is something else."""

    amount = serializers.DecimalField(
        max_digits=12,
        decimal_places=2,
        min_value=Decimal("0.01"),
        allow_null=True,
        default=None,
    )
    expected = serializers.DecimalField(
        max_digits=12, decimal_places=2, allow_null=True, default=None
    )
    reason = serializers.CharField(max_length=1000, allow_blank=True, default="")


class ReturnMoneyViewSet(OfShop, viewsets.GenericViewSet[OrderReturn]):
    """What is due for a return, given back once."""

    queryset = OrderReturn.objects.none()
    serializer_class = ReturnRefundSerializer
    pagination_class = None
    filter_backends = ()
    rights: ClassVar[dict[str, Right]] = dict.fromkeys(
        ("plan", "refund", "options", "metadata"), Right.REFUND
    )

    @extend_schema(responses=ReturnRefundSerializer)
    def plan(self, request: Request, **_: Any) -> Response:
        """What is due."""
        owed = return_refund(back=self._find())
        return Response(ReturnRefundSerializer(owed).data)

    @extend_schema(
        request=GiveReturnBackSerializer,
        responses={201: RefundSerializer(many=True)},
    )
    def refund(self, request: Request, **_: Any) -> Response:
        """Give it back. May be repeated: the money goes once."""
        back = self._find()
        payload = GiveReturnBackSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        refunds = refund_return(
            return_id=back.pk,
            by=self.seller.user,
            now=timezone.now(),
            **payload.validated_data,
        )
        body = RefundSerializer(refunds, many=True).data
        return Response(body, status=HTTPStatus.CREATED)

    def _find(self) -> OrderReturn:
        mine = shop_returns(shop_id=self.seller.shop.pk).select_related("order")
        found = mine.filter(pk=self.kwargs["return_id"]).first()
        if found is None:
            raise Http404
        return found


urlpatterns = [
    path(
        f"{RETURN}refund/",
        ReturnMoneyViewSet.as_view({"get": "plan", "post": "refund"}),
        name="sell-return-refund",
    ),
]
