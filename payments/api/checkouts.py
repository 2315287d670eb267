"""The end of a checkout: the buyer agrees to the sum, orders are placed, payment begins."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import permissions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from orders.models import Checkout, CheckoutStatus
from orders.services.checkout import place_orders
from orders.visitor import visitor_of
from payments.api.serializers import PaymentOutcomeSerializer, StartPaymentSerializer
from payments.services.payments import find_gateway, start_payment
from shop.api.guests import SessionOrGuest
from shop.api.idempotency import HEADER, idempotent

KEY = OpenApiParameter(
    HEADER,
    location=OpenApiParameter.HEADER,
    required=True,
    description="A value of your own, such as a UUID; sent again, it is answered again.",
)


class CompleteCheckoutSerializer(StartPaymentSerializer):
    quote_hash = serializers.CharField(
        max_length=64, help_text="Of the quote that the buyer has seen."
    )


class PlacedOrderSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    order_number = serializers.CharField()
    shop = serializers.UUIDField(source="shop_id")
    total_price = serializers.DecimalField(max_digits=12, decimal_places=2)
    currency = serializers.CharField()


class CompletedCheckoutSerializer(serializers.Serializer[Any]):
    """The orders, and how their payment stands."""

    checkout = serializers.UUIDField()
    orders = PlacedOrderSerializer(many=True)
    payment = PaymentOutcomeSerializer()


@method_decorator(never_cache, name="dispatch")
class CompleteCheckoutView(APIView):
    authentication_classes = (SessionOrGuest,)
    permission_classes = (permissions.AllowAny,)

    @extend_schema(
        request=CompleteCheckoutSerializer,
        responses={201: CompletedCheckoutSerializer},
        parameters=[KEY],
    )
    @idempotent()
    def post(self, request: Request, checkout_id: UUID) -> Response:
        """Place one order a shop, and pay for all of them.

        Refused with `quote_changed` when it costs something else by now. With the payment's
        status `requires_action`, send the buyer to `next_url`. After a decline, the same
        with another key tries once more while there is time to pay.
        """
        visitor = visitor_of(request)
        mine = Checkout.objects.owned_by(visitor.user_id, visitor.token)
        found = get_object_or_404(mine, pk=checkout_id)
        payload = CompleteCheckoutSerializer(
            data=request.data, context={"request": request}
        )
        payload.is_valid(raise_exception=True)
        sent = dict(payload.validated_data)
        # Before anything is placed that then could not be paid.
        find_gateway(sent["gateway"])
        agreed = sent.pop("quote_hash")
        now = timezone.now()
        if found.status == CheckoutStatus.OPEN:
            place_orders(checkout_id=found.pk, quote_hash=agreed, now=now)
        outcome = start_payment(checkout_id=found.pk, now=now, **sent)
        body = {
            "checkout": found.pk,
            "orders": found.orders.order_by("id"),
            "payment": outcome,
        }
        return Response(
            CompletedCheckoutSerializer(body).data, status=HTTPStatus.CREATED
        )


urlpatterns = [
    path(
        "checkouts/<uuid:checkout_id>/complete/",
        CompleteCheckoutView.as_view(),
        name="complete-checkout",
    )
]
