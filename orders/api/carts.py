"""The cart of an account, or of the guest who holds its cookie."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import Http404
from django.middleware.csrf import get_token
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_field,
)
from rest_framework import permissions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from orders.api.money import MoneyField
from orders.countries import COUNTRIES
from orders.errors import CartClosed, NotInCart
from orders.models import Cart
from orders.queries.cart import CartView, cart_summary, cart_view
from orders.queries.estimate import Destination, cart_estimate, destination_of
from orders.services import cart as carts
from orders.visitor import Visitor, remember, visitor_of, with_token
from shop.api.guests import SessionOrGuest


class ProblemSerializer(serializers.Serializer[Any]):
    """What is wrong with an item. All but `price_changed` keep it from being ordered."""

    kind = serializers.ChoiceField(
        choices=["price_changed", "short", "sold_out", "gone"]
    )
    message = serializers.CharField()


class CartLineSerializer(serializers.Serializer[Any]):
    """`left`: units that can be had now; null when there is no limit."""

    id = serializers.UUIDField(source="item_id")
    variant = serializers.UUIDField(source="variant_id")
    product = serializers.UUIDField(source="product_id")
    product_slug = serializers.CharField()
    product_name = serializers.CharField()
    variant_name = serializers.CharField()
    sku = serializers.CharField()
    quantity = serializers.IntegerField()
    price = MoneyField()
    amount = MoneyField()
    left = serializers.IntegerField(allow_null=True)
    problems = ProblemSerializer(many=True)


class AppliedCouponSerializer(serializers.Serializer[Any]):
    """`problem`: why it takes nothing off; empty when it does."""

    code = serializers.CharField()
    discount = MoneyField()
    problem = serializers.CharField()


class DiscountSerializer(serializers.Serializer[Any]):
    """A promotion that takes something off; `code` is empty where it comes by itself.

    `delivery`: what delivery would have cost that is free by it.
    """

    promotion = serializers.UUIDField(source="promotion_id")
    name = serializers.CharField()
    code = serializers.CharField()
    goods = MoneyField()
    delivery = MoneyField()


class CartShopSerializer(serializers.Serializer[Any]):
    """The items of one shop."""

    shop = serializers.UUIDField(source="shop_id")
    name = serializers.CharField(source="shop_name")
    slug = serializers.CharField(source="shop_slug")
    items = CartLineSerializer(source="lines", many=True)
    coupon = AppliedCouponSerializer(allow_null=True)
    discounts = DiscountSerializer(many=True)
    subtotal = MoneyField()
    discount = MoneyField()


class ShopEstimateSerializer(serializers.Serializer[Any]):
    """The shop's cheapest delivery. `method` is null where nothing is sent, or not there."""

    shop = serializers.UUIDField(source="shop_id")
    name = serializers.CharField(source="shop_name")
    delivers = serializers.SerializerMethodField()
    method = serializers.CharField(source="method.name", default=None)
    min_days = serializers.IntegerField(source="method.min_days", default=None)
    max_days = serializers.IntegerField(source="method.max_days", default=None)
    shipping = MoneyField()

    def get_delivers(self, shop: Any) -> bool:
        return not shop.is_unserved


class CartEstimateSerializer(serializers.Serializer[Any]):
    """What a checkout will say for the same place, as far as the place is known.

    `tax` comes on top of the prices, `included_tax` stands inside them. `total` is null while
    a shop does not deliver there.
    """

    country = serializers.CharField(source="destination.country")
    province = serializers.CharField(source="destination.province")
    shops = ShopEstimateSerializer(many=True)
    shipping = MoneyField(source="quote.shipping")
    tax = MoneyField(source="quote.tax")
    included_tax = MoneyField(source="quote.included_tax")
    total = MoneyField(allow_null=True)


class CartSerializer(serializers.Serializer[Any]):
    """`id` is null without a cart. The total is without delivery and the tax on top."""

    id = serializers.UUIDField(source="cart_id", allow_null=True)
    currency = serializers.CharField()
    count = serializers.IntegerField(help_text="Units.")
    shops = CartShopSerializer(source="groups", many=True)
    coupons = serializers.ListField(
        source="coupon_codes", child=serializers.CharField()
    )
    subtotal = MoneyField(source="quote.subtotal")
    discount = MoneyField(source="quote.discount")
    total = MoneyField(source="quote.total")
    problems = ProblemSerializer(many=True)
    can_check_out = serializers.BooleanField()
    estimate = serializers.SerializerMethodField(
        help_text="Null while there is nothing in the cart."
    )

    @extend_schema_field(CartEstimateSerializer(allow_null=True))
    def get_estimate(self, view: Any) -> Any:
        estimate = self.context["estimate"]
        return CartEstimateSerializer(estimate).data if estimate else None


NO_CART: dict[str, Any] = {
    "id": None,
    "currency": "",
    "count": 0,
    "shops": [],
    "coupons": [],
    "subtotal": "0.00",
    "discount": "0.00",
    "total": "0.00",
    "problems": [],
    "can_check_out": False,
    "estimate": None,
}


class QuantitySerializer(serializers.Serializer[Any]):
    quantity = serializers.IntegerField(min_value=1, max_value=carts.MOST_UNITS)


class AddItemSerializer(QuantitySerializer):
    variant = serializers.UUIDField()
    quantity = serializers.IntegerField(
        min_value=1, max_value=carts.MOST_UNITS, default=1
    )


class PlaceSerializer(serializers.Serializer[Any]):
    country = serializers.ChoiceField(
        choices=sorted(COUNTRIES),
        required=False,
        help_text="ISO 3166-1 alpha-2, for the estimate; at first where the buyer's parcels go.",
    )
    province = serializers.CharField(
        max_length=100,
        required=False,
        default="",
        help_text="As an address of the country has it, where taxes differ by it.",
    )

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        if sent["province"] and "country" not in sent:
            raise serializers.ValidationError({"country": _("Choose a country.")})
        return sent


class CopiedItemSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="item_id")
    variant = serializers.UUIDField(source="variant_id")
    sku = serializers.CharField()
    name = serializers.CharField()
    product_slug = serializers.CharField()
    quantity = serializers.IntegerField()
    price = MoneyField()
    amount = MoneyField()


class CartSummarySerializer(serializers.Serializer[Any]):
    """Up to ten minutes old: for a header, not for a decision."""

    count = serializers.IntegerField(help_text="Units.")
    currency = serializers.CharField()
    total = MoneyField(help_text="Before discounts, delivery and tax.")
    items = CopiedItemSerializer(many=True)


class CouponCodeSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=carts.COUPON_LENGTH)


@method_decorator(never_cache, name="dispatch")
class GuestView(APIView):
    """Open to guests; what may be seen and changed follows from `visitor_of`."""

    authentication_classes = (SessionOrGuest,)
    permission_classes = (permissions.AllowAny,)


class CartDetailView(GuestView):
    @extend_schema(
        responses=CartSerializer,
        operation_id="cart_retrieve",
        parameters=[PlaceSerializer],
    )
    def get(self, request: Request) -> Response:
        """What is in the cart, what is wrong with it, what it costs.

        `estimate` is for `country`, which is not kept; without it, for where the cart would
        be sent as far as that is known. The answer also sets the cookie of the CSRF token, which each change asks for in the
        header `X-CSRFToken`.
        """
        asked = PlaceSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        get_token(request._request)
        place = None
        if country := asked.validated_data.get("country"):
            place = Destination(country, asked.validated_data["province"])
        return Response(told(find(visitor_of(request)), place))


class CartSummaryView(GuestView):
    @extend_schema(responses=CartSummarySerializer, operation_id="cart_summary")
    def get(self, request: Request) -> Response:
        """The cart in short, from a copy that is quick to read."""
        visitor = visitor_of(request)
        copy = cart_summary(
            user_id=visitor.user_id, token=visitor.token, now=timezone.now()
        )
        return Response(CartSummarySerializer(copy).data)


class CartItemsView(GuestView):
    @extend_schema(request=AddItemSerializer, responses={201: CartSerializer})
    def post(self, request: Request) -> Response:
        """Add units of a variant to those in the cart; a guest gets a cookie with it."""
        payload = AddItemSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        visitor = with_token(visitor_of(request))
        carts.add_to_cart(
            user_id=visitor.user_id,
            token=visitor.token,
            variant_id=payload.validated_data["variant"],
            quantity=payload.validated_data["quantity"],
            now=timezone.now(),
        )
        response = Response(told(find(visitor)), status=HTTPStatus.CREATED)
        remember(response, visitor)
        return response


class CartItemView(GuestView):
    @extend_schema(request=QuantitySerializer, responses=CartSerializer)
    def patch(self, request: Request, item_id: UUID) -> Response:
        """Want so many units of an item, at its price now."""
        cart = found(request)
        payload = QuantitySerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        try:
            carts.set_quantity(
                cart_id=cart.pk,
                item_id=item_id,
                quantity=payload.validated_data["quantity"],
                now=timezone.now(),
            )
        except (NotInCart, CartClosed) as gone:
            raise Http404 from gone
        return Response(told(cart))

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, item_id: UUID) -> Response:
        """Take an item out."""
        cart = found(request)
        try:
            carts.remove_item(cart_id=cart.pk, item_id=item_id, now=timezone.now())
        except (NotInCart, CartClosed) as gone:
            raise Http404 from gone
        return Response(status=HTTPStatus.NO_CONTENT)


class CartCouponsView(GuestView):
    @extend_schema(request=CouponCodeSerializer, responses=CartSerializer)
    def post(self, request: Request) -> Response:
        """Use a code, instead of an earlier one of the same shop. May be repeated."""
        cart = found(request)
        payload = CouponCodeSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        carts.set_coupon(
            cart_id=cart.pk, code=payload.validated_data["code"], now=timezone.now()
        )
        return Response(told(cart))

    @extend_schema(
        request=None,
        responses={204: None},
        parameters=[OpenApiParameter("code", str, required=True)],
    )
    def delete(self, request: Request) -> Response:
        """Use a code no more. May be repeated."""
        cart = found(request)
        asked = CouponCodeSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        carts.remove_coupon(
            cart_id=cart.pk, code=asked.validated_data["code"], now=timezone.now()
        )
        return Response(status=HTTPStatus.NO_CONTENT)


def find(visitor: Visitor) -> Cart | None:
    return carts.find_cart(
        user_id=visitor.user_id, token=visitor.token, now=timezone.now()
    )


def found(request: Request) -> Cart:
    cart = find(visitor_of(request))
    if cart is None:
        raise Http404
    return cart


def told(cart: Cart | None, place: Destination | None = None) -> dict[str, Any]:
    """place: of the estimate, else where the cart would be sent."""
    if cart is None:
        return NO_CART
    view: CartView = cart_view(cart_id=cart.pk, now=timezone.now())
    estimate = None
    if view.lines:
        place = place or destination_of(cart=cart)
        estimate = cart_estimate(view=view, destination=place)
    answer = CartSerializer(view, context={"estimate": estimate})
    return dict(answer.data)
