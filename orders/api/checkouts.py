"""Checkouts: begun from the cart, filled in, looked at. Paying is of the payments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from orders.api.addresses import AddressInputSerializer
from orders.api.carts import (
    AppliedCouponSerializer,
    CartLineSerializer,
    DiscountSerializer,
    GuestView,
    ProblemSerializer,
    find,
)
from orders.api.money import MoneyField
from orders.errors import AddressRefused, EmptyCart, InvalidEmail
from orders.models import Checkout, CheckoutStatus
from orders.queries.checkout import CheckoutView, price_checkout
from orders.services import checkout as checkouts
from orders.services.addresses import Address, clean_address
from orders.services.cart import MOST_ITEMS
from orders.visitor import visitor_of

# ------------------------------------------------------------------ answers


class CheckoutAddressSerializer(AddressInputSerializer):
    """Which fields a country asks for, it says when one is missing."""

    is_default = None  # type: ignore[assignment]


class MethodSerializer(serializers.Serializer[Any]):
    """`free_from`: from this amount of goods on it costs nothing. Days are working days."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    price = MoneyField()
    free_from = MoneyField(allow_null=True)
    min_days = serializers.IntegerField()
    max_days = serializers.IntegerField()


class DeliverySerializer(serializers.Serializer[Any]):
    """How a shop can send to the address, cheapest first, and how it will."""

    shop = serializers.UUIDField(source="shop_id")
    shop_name = serializers.CharField()
    is_needed = serializers.BooleanField()
    methods = MethodSerializer(many=True)
    chosen = serializers.UUIDField(source="chosen.id", default=None, allow_null=True)


class QuoteLineSerializer(serializers.Serializer[Any]):
    """`tax` comes on top of the price, `included_tax` stands inside it."""

    variant = serializers.UUIDField(source="variant_id")
    quantity = serializers.IntegerField()
    price = MoneyField()
    amount = MoneyField()
    discount = MoneyField()
    tax_rate = serializers.DecimalField(max_digits=6, decimal_places=5)
    tax = MoneyField()
    included_tax = MoneyField()


class ShopQuoteSerializer(serializers.Serializer[Any]):
    """One order: total = subtotal - discount + shipping + tax."""

    shop = serializers.UUIDField(source="shop_id")
    name = serializers.CharField()
    lines = QuoteLineSerializer(many=True)
    coupon = AppliedCouponSerializer(allow_null=True)
    discounts = DiscountSerializer(many=True)
    subtotal = MoneyField()
    discount = MoneyField()
    shipping = MoneyField()
    tax = MoneyField()
    included_tax = MoneyField()
    total = MoneyField()


class QuoteSerializer(serializers.Serializer[Any]):
    """What the purchase costs. `hash` is what the buyer agrees to when it is completed."""

    hash = serializers.CharField()
    currency = serializers.CharField()
    shops = ShopQuoteSerializer(many=True)
    subtotal = MoneyField()
    discount = MoneyField()
    shipping = MoneyField()
    tax = MoneyField()
    included_tax = MoneyField()
    total = MoneyField()


class CheckoutOrderSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    order_number = serializers.CharField()
    shop = serializers.UUIDField(source="shop_id")
    status = serializers.CharField()
    total_price = MoneyField()
    currency = serializers.CharField()


class CheckoutSerializer(serializers.Serializer[Any]):
    """While it is open, what it would cost; once it is placed, its orders."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=CheckoutStatus.choices)
    email = serializers.CharField()
    notes = serializers.CharField()
    shipping_address = CheckoutAddressSerializer(allow_null=True)
    billing_address = CheckoutAddressSerializer(
        allow_null=True, help_text="Null: the same as the shipping address."
    )
    expires_at = serializers.DateTimeField(
        allow_null=True, help_text="Once it is placed: until when it can be paid."
    )
    missing = serializers.ListField(
        child=serializers.ChoiceField(choices=["contact", "address", "delivery"]),
        help_text="The steps that are left.",
    )
    unserved = serializers.ListField(
        child=serializers.CharField(),
        help_text="Names of shops that do not send to the address.",
    )
    problems = ProblemSerializer(many=True)
    items = CartLineSerializer(many=True)
    deliveries = DeliverySerializer(many=True)
    quote = QuoteSerializer(allow_null=True)
    orders = CheckoutOrderSerializer(many=True)


# ------------------------------------------------------------------ what is sent


@extend_schema_field(CheckoutAddressSerializer)
class AddressField(serializers.Field[Any, Any, Any, Any]):
    """`clean_address` alone says what is wrong with one, field by field."""

    def to_internal_value(self, data: Any) -> dict[str, str]:
        if not isinstance(data, Mapping):
            raise serializers.ValidationError(
                _("Send an object with the fields of an address.")
            )
        try:
            return clean_address(data=data).as_dict()
        except AddressRefused as refusal:
            raise serializers.ValidationError(dict(refusal.errors)) from None

    def to_representation(self, value: Any) -> Any:
        return value


class ChoiceOfDeliverySerializer(serializers.Serializer[Any]):
    shop = serializers.UUIDField()
    method = serializers.UUIDField()


class ChangeCheckoutSerializer(serializers.Serializer[Any]):
    """What is left out stays as it is. `billing_address` null: the same as the other."""

    email = serializers.EmailField(max_length=checkouts.EMAIL_LENGTH, required=False)
    notes = serializers.CharField(
        max_length=checkouts.MOST_NOTES, allow_blank=True, required=False
    )
    shipping_address = AddressField(required=False)
    billing_address = AddressField(required=False, allow_null=True)
    deliveries = ChoiceOfDeliverySerializer(  # type: ignore[call-arg]
        many=True, required=False, max_length=MOST_ITEMS
    )


# ------------------------------------------------------------------ views


class CheckoutListView(GuestView):
    @extend_schema(request=None, responses={201: CheckoutSerializer})
    def post(self, request: Request) -> Response:
        """Begin to order what is in the cart; an open checkout of it is gone on with."""
        now = timezone.now()
        cart = find(visitor_of(request))
        if cart is None:
            raise EmptyCart
        begun = checkouts.start_checkout(cart_id=cart.pk, now=now)
        where = reverse("v1:checkout", args=[begun.pk])
        return Response(
            _told(_own(request, begun.pk), now),
            status=HTTPStatus.CREATED,
            headers={"Location": request.build_absolute_uri(where)},
        )


class CheckoutDetailView(GuestView):
    @extend_schema(responses=CheckoutSerializer)
    def get(self, request: Request, checkout_id: UUID) -> Response:
        """What was filled in, what is missing, what it costs, what became of it."""
        return Response(_told(_own(request, checkout_id), timezone.now()))

    @extend_schema(request=ChangeCheckoutSerializer, responses=CheckoutSerializer)
    def patch(self, request: Request, checkout_id: UUID) -> Response:
        """Fill in what is known: all of what is sent, or nothing of it."""
        _own(request, checkout_id)
        payload = ChangeCheckoutSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        now = timezone.now()
        with transaction.atomic():
            _change(checkout_id, payload.validated_data, now)
        return Response(_told(_own(request, checkout_id), now))


def _own(request: Request, checkout_id: UUID) -> Checkout:
    visitor = visitor_of(request)
    mine = Checkout.objects.owned_by(visitor.user_id, visitor.token)
    found: Checkout = get_object_or_404(mine.select_related("cart"), pk=checkout_id)
    return found


def _change(checkout_id: UUID, sent: Mapping[str, Any], now: datetime) -> None:
    # What is not sent is read here and written again: nobody changes it in between.
    kept = Checkout.objects.select_for_update(no_key=True).get(pk=checkout_id)
    if {"email", "notes"} & set(sent):
        try:
            checkouts.set_contact(
                checkout_id=checkout_id,
                email=sent.get("email", kept.email),
                notes=sent.get("notes"),
                now=now,
            )
        except InvalidEmail as refusal:
            raise serializers.ValidationError({"email": refusal.message}) from None
    if {"shipping_address", "billing_address"} & set(sent):
        shipping = sent.get("shipping_address", kept.shipping_address)
        if not shipping:
            raise serializers.ValidationError(
                {"shipping_address": _("Send it before the other address.")}
            )
        checkouts.set_address(
            checkout_id=checkout_id,
            shipping=shipping,
            billing=sent.get("billing_address", kept.billing_address) or None,
            now=now,
        )
    if choices := sent.get("deliveries"):
        by_shop = {choice["shop"]: choice["method"] for choice in choices}
        checkouts.set_delivery(checkout_id=checkout_id, choices=by_shop, now=now)


def _told(found: Checkout, now: datetime) -> dict[str, Any]:
    if checkouts.expire_checkout(checkout_id=found.pk, now=now):
        found.refresh_from_db()
    view: CheckoutView | None = None
    if found.status == CheckoutStatus.OPEN and found.cart_id is not None:
        view = price_checkout(checkout=found, now=now)
    row = {
        "id": found.pk,
        "status": found.status,
        "email": found.email,
        "notes": found.notes,
        "shipping_address": _address(found.shipping_address),
        "billing_address": _address(found.billing_address),
        "expires_at": found.expires_at,
        "missing": view.missing if view else (),
        "unserved": view.unserved if view else (),
        "problems": view.problems if view else (),
        "items": view.lines if view else (),
        "deliveries": view.deliveries if view else (),
        "quote": view.quote if view else None,
        "orders": () if view else found.orders.order_by("id"),
    }
    return dict(CheckoutSerializer(row).data)


def _address(kept: Mapping[str, str]) -> dict[str, str] | None:
    """Every field, whatever a file or an older row left out."""
    if not kept:
        return None
    return {field.name: kept.get(field.name, "") for field in fields(Address)}
