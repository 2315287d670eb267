"""All orders of a shop that match, at once, for programs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, ClassVar

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from orders.api.sell_orders import SearchSerializer, search_of
from orders.services.many import ManyAction, change_orders
from users.api.counter import OfShop
from users.api.sell_jobs import JobSerializer
from users.rights import Right


class ChangeAllSerializer(serializers.Serializer[Any]):
    """Which orders, what shall happen to them, and how many you take them for."""

    filter = SearchSerializer(help_text="All that match; {} is all.")
    action = serializers.ChoiceField(
        choices=[(one.value, one.value) for one in ManyAction]
    )
    carrier = serializers.CharField(default="", allow_blank=True, max_length=100)
    expected = serializers.IntegerField(
        required=False, help_text="Refused when it is another number by then."
    )
    token = serializers.UUIDField(
        required=False, help_text="The same token again is the same job."
    )


class ChangeAllView(OfShop, APIView):
    """Send, or mark as delivered, all orders that match, in the background."""

    rights: ClassVar[dict[str, Right]] = {
        "post": Right.PACK_ORDERS,
        "options": Right.PACK_ORDERS,
    }

    @extend_schema(request=ChangeAllSerializer, responses={202: JobSerializer})
    def post(self, request: Request, shop: str) -> Response:
        payload = ChangeAllSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        sent = payload.validated_data
        job = change_orders(
            shop=self.seller.shop,
            search=search_of(sent["filter"]),
            action=ManyAction(sent["action"]),
            carrier=sent["carrier"],
            by=self.seller.user,
            expected=sent.get("expected"),
            token=sent.get("token"),
            now=timezone.now(),
        )
        return Response(JobSerializer(job).data, status=HTTPStatus.ACCEPTED)


urlpatterns = [
    path(
        "sell/<slug:shop>/orders/change/",
        ChangeAllView.as_view(),
        name="sell-orders-change",
    ),
]
