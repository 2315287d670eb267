from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from payments.models import Payment, Refund
from payments.queries import PaymentOutcome, PaymentState

MOST_URL = 2000


class PaymentOutcomeSerializer(serializers.Serializer[PaymentOutcome]):
    """How a checkout's payment stands; `next_url` is where the buyer confirms it."""

    status = serializers.ChoiceField(
        choices=[(state.value, state.value) for state in PaymentState]
    )
    next_url = serializers.CharField(allow_null=True)
    message = serializers.CharField()


class ChoiceSerializer(serializers.Serializer[Any]):
    gateway = serializers.CharField()
    token = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    hint = serializers.CharField()


class StartPaymentSerializer(serializers.Serializer[Any]):
    gateway = serializers.CharField(max_length=50)
    token = serializers.CharField(max_length=500)
    return_url = serializers.CharField(
        max_length=MOST_URL,
        help_text="Where the buyer comes back to: an address of this site.",
    )

    def validate_return_url(self, value: str) -> str:
        request = self.context["request"]
        hosts = {request.get_host(), urlsplit(settings.SITE_URL).netloc}
        if not url_has_allowed_host_and_scheme(value, allowed_hosts=hosts):
            raise serializers.ValidationError(_("Name an address of this site."))
        return value


class PaymentSerializer(serializers.ModelSerializer[Payment]):
    order_number = serializers.CharField(source="order.order_number", read_only=True)
    taken_from = serializers.UUIDField(
        source="made_of.payment_id",
        read_only=True,
        allow_null=True,
        default=None,
        help_text="The payment of another order that this is a part of: no money moved.",
    )

    class Meta:
        model = Payment
        fields = (
            "id",
            "order",
            "order_number",
            "amount",
            "currency",
            "status",
            "gateway",
            "gateway_transaction_id",
            "taken_from",
            "event_time",
            "processed_at",
        )
        read_only_fields = fields


class RefundSerializer(serializers.ModelSerializer[Refund]):
    order = serializers.UUIDField(source="payment.order_id", read_only=True)
    problem = serializers.SerializerMethodField()

    class Meta:
        model = Refund
        fields = (
            "id",
            "payment",
            "order",
            "order_return",
            "kept_for",
            "amount",
            "currency",
            "status",
            "problem",
            "reason",
            "created_at",
            "processed_at",
        )
        read_only_fields = fields
        extra_kwargs: ClassVar[dict[str, dict[str, str]]] = {
            "kept_for": {
                "help_text": "The order that it pays instead of going back: set aside"
                " for it while pending."
            }
        }

    def get_problem(self, refund: Refund) -> str:
        """Why it failed, in the gateway's words; else empty."""
        return str(refund.gateway_response.get("message", ""))


class RefundOrderSerializer(serializers.Serializer[Any]):
    order = serializers.UUIDField()
    amount = serializers.DecimalField(
        max_digits=12, decimal_places=2, min_value=Decimal("0.01")
    )
    reason = serializers.CharField(max_length=1000, allow_blank=True, default="")
    order_return = serializers.UUIDField(required=False, allow_null=True, default=None)
