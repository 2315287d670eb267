"""The payments' API: pay for a checkout, look how it stands, give money back."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, permissions, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from orders.models import Checkout, OrderReturn
from orders.visitor import visitor_of
from payments.api.serializers import (
    ChoiceSerializer,
    PaymentOutcomeSerializer,
    PaymentSerializer,
    RefundOrderSerializer,
    RefundSerializer,
    StartPaymentSerializer,
)
from payments.models import Payment, Refund
from payments.queries import (
    may_refund,
    orders_to_refund,
    payment_choices,
    payment_outcome,
    payments_for,
    refunds_for,
)
from payments.services.payments import complete_payment, start_payment
from payments.services.refunds import refund_order
from shop.api.guests import SessionOrGuest
from shop.api.idempotency import HEADER, idempotency_key, idempotent

KEY = OpenApiParameter(
    HEADER,
    location=OpenApiParameter.HEADER,
    description="A value of your own, such as a UUID; sent again, it is answered again.",
)
KEY_REQUIRED = OpenApiParameter(
    HEADER,
    location=OpenApiParameter.HEADER,
    required=True,
    description="A value of your own, such as a UUID; sent again, it is answered again.",
)


class CheckoutPaymentViewSet(viewsets.GenericViewSet[Any]):
    """The payment of one's own checkout, as an account or as the guest with its cart."""

    queryset = Checkout.objects.none()
    authentication_classes = (SessionOrGuest,)
    permission_classes = (permissions.AllowAny,)
    serializer_class = PaymentOutcomeSerializer
    filter_backends = ()

    def get_queryset(self) -> QuerySet[Checkout]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        visitor = visitor_of(self.request)
        return Checkout.objects.owned_by(visitor.user_id, visitor.token)

    def retrieve(self, request: Request, pk: str) -> Response:
        """How the payment stands by our own books."""
        return self._answer(payment_outcome(checkout_id=self.get_object().pk))

    @extend_schema(responses=ChoiceSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def choices(self, request: Request, pk: str) -> Response:
        """The ways to pay for this checkout."""
        choices = payment_choices(currency=self.get_object().currency)
        return Response(ChoiceSerializer(choices, many=True).data)

    @extend_schema(request=StartPaymentSerializer, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @idempotent(required=False)
    def start(self, request: Request, pk: str) -> Response:
        """Pay. With `requires_action`, send the buyer to `next_url`."""
        checkout = self.get_object()
        payload = StartPaymentSerializer(
            data=request.data, context={"request": request}
        )
        payload.is_valid(raise_exception=True)
        outcome = start_payment(
            checkout_id=checkout.pk, now=timezone.now(), **payload.validated_data
        )
        return self._answer(outcome)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, pk: str) -> Response:
        """Ask the gateway how it ended: after the buyer came back, and while pending."""
        checkout = self.get_object()
        return self._answer(
            complete_payment(checkout_id=checkout.pk, now=timezone.now())
        )

    def get_object(self) -> Checkout:
        return get_object_or_404(self.get_queryset(), pk=_uuid(self.kwargs["pk"]))

    def _answer(self, outcome: Any) -> Response:
        return Response(PaymentOutcomeSerializer(outcome).data)


class PaymentViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Payment]
):
    """Payments of the shops one works in; all of them for operators."""

    queryset = Payment.objects.none()
    serializer_class = PaymentSerializer
    filterset_fields = ("order", "status")

    def get_queryset(self) -> QuerySet[Payment]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return payments_for(self.request.user)


class RefundViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Refund]
):
    """Refunds of the shops one works in; all of them for operators."""

    queryset = Refund.objects.none()
    serializer_class = RefundSerializer
    filterset_fields = ("payment", "status")

    def get_queryset(self) -> QuerySet[Refund]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return refunds_for(self.request.user)

    @extend_schema(
        request=RefundOrderSerializer,
        responses={201: RefundSerializer(many=True)},
        parameters=[KEY_REQUIRED],
    )
    @idempotent()
    def create(self, request: Request) -> Response:
        """Give back a part of an order's payment, or all of it.

        For operators, and for the shop's owner and managers. Answers a refund for each
        payment the money was taken from; `pending` ones go on by themselves.
        """
        payload = RefundOrderSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        asked = payload.validated_data
        order = get_object_or_404(orders_to_refund(request.user), pk=asked["order"])
        if not may_refund(request.user, shop_id=order.shop_id):
            raise PermissionDenied
        if asked["order_return"] is not None:
            get_object_or_404(OrderReturn, pk=asked["order_return"], order=order)
        refunds = refund_order(
            order_id=order.pk,
            amount=asked["amount"],
            reason=asked["reason"],
            by=request.user,  # type: ignore[arg-type]
            now=timezone.now(),
            order_return_id=asked["order_return"],
            # After a crash in the middle the same request finds what it began.
            key=f"{request.user.pk}:{idempotency_key(request)}"[:255],
        )
        body = RefundSerializer(refunds, many=True).data
        return Response(body, status=HTTPStatus.CREATED)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
