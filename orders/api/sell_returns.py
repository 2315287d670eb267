"""A shop's returns and buyers, for programs."""

from __future__ import annotations

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
from orders.api.orders import OrderSerializer
from orders.models import Order, OrderReturn, ReturnStatus
from orders.queries.sell_customers import (
    listed_customers,
    orders_of_customer,
    shop_customer,
)
from orders.queries.sell_returns import (
    SellReturn,
    line_name,
    listed_returns,
    return_counts,
    sell_return,
    shop_returns,
)
from orders.services import returns as services
from orders.services.returns import MOST_TEXT, Inspected
from users.api.counter import OfShop
from users.rights import Right

MOST_UNITS = 1_000_000
MOST_LINES = 1000


# ------------------------------------------------------------------ answers


class ClockSerializer(serializers.Serializer[Any]):
    """The law's: `may_wait` while the money may be kept back until the goods are there."""

    due = serializers.DateTimeField()
    is_over = serializers.BooleanField()
    may_wait = serializers.BooleanField()


class ReturnLineSerializer(serializers.Serializer[Any]):
    """received_quantity: null until somebody looked; of it, damaged_quantity."""

    id = serializers.UUIDField()
    item = serializers.UUIDField(source="order_item_id", allow_null=True)
    name = serializers.SerializerMethodField()
    quantity = serializers.IntegerField()
    amount = MoneyField()
    received_quantity = serializers.IntegerField(allow_null=True)
    damaged_quantity = serializers.IntegerField()
    restocked = serializers.BooleanField()

    def get_name(self, line: Any) -> str:
        return line_name(line)


class ListedReturnSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="back.pk")
    order = serializers.UUIDField(source="back.order_id")
    order_number = serializers.CharField(source="back.order.order_number")
    kind = serializers.CharField(source="back.kind")
    status = serializers.CharField(source="back.status")
    event_time = serializers.DateTimeField(source="back.event_time")
    buyer = serializers.CharField()
    units = serializers.IntegerField()
    clock = ClockSerializer(allow_null=True)


class ReturnPageSerializer(serializers.Serializer[Any]):
    """next, previous: cursors; empty at that end of the list."""

    results = ListedReturnSerializer(many=True)
    next = serializers.CharField()
    previous = serializers.CharField()
    counts = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="Returns by state that is worked off, counted to 100.",
    )


class SellReturnSerializer(serializers.Serializer[Any]):
    """`refund_total`: due for what came back; once the money is back, what was given."""

    id = serializers.UUIDField(source="back.pk")
    order = serializers.UUIDField(source="back.order_id")
    order_number = serializers.CharField(source="back.order.order_number")
    kind = serializers.CharField(source="back.kind")
    status = serializers.CharField(source="back.status")
    event_time = serializers.DateTimeField(source="back.event_time")
    reason = serializers.CharField(source="back.reason", help_text="The buyer's.")
    answer = serializers.CharField(source="back.answer", help_text="The shop's.")
    sent_back_at = serializers.DateTimeField(source="back.sent_back_at")
    received_at = serializers.DateTimeField(source="back.received_at")
    currency = serializers.CharField(source="back.order.currency")
    refund_total = MoneyField(source="back.refund_total")
    lines = ReturnLineSerializer(many=True)
    photos = serializers.SerializerMethodField(help_text="Ids.")
    clock = ClockSerializer(allow_null=True)

    def get_photos(self, view: SellReturn) -> list[str]:
        return [str(photo.pk) for photo in view.photos]


class TradeSerializer(serializers.Serializer[Any]):
    amount = MoneyField()
    currency = serializers.CharField()


class ShopCustomerSerializer(serializers.Serializer[Any]):
    """Name and city of the last delivery; the e-mail address is masked."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    city = serializers.CharField()
    country = serializers.CharField()
    email = serializers.CharField()
    orders = serializers.IntegerField()
    values = TradeSerializer(many=True)
    last_order_at = serializers.DateTimeField()


class CustomerPageSerializer(serializers.Serializer[Any]):
    """Who bought last first. next, previous: cursors; empty at that end of the list."""

    results = ShopCustomerSerializer(many=True)
    next = serializers.CharField()
    previous = serializers.CharField()


class CustomerOrdersSerializer(serializers.Serializer[Any]):
    """The buyer, and a page of their orders in this shop, newest first."""

    customer = ShopCustomerSerializer()
    results = OrderSerializer(many=True)
    next = serializers.CharField()
    previous = serializers.CharField()


# ------------------------------------------------------------------ what is sent


class ReturnSearchSerializer(serializers.Serializer[Any]):
    tab = serializers.ChoiceField(
        choices=ReturnStatus.choices, default=ReturnStatus.REQUESTED
    )
    cursor = serializers.CharField(default="", allow_blank=True, max_length=1000)


class CustomerSearchSerializer(serializers.Serializer[Any]):
    search = serializers.CharField(
        default="",
        allow_blank=True,
        max_length=254,
        help_text="The beginning of a last name, or an order's number.",
    )
    cursor = serializers.CharField(default="", allow_blank=True, max_length=1000)


class AnswerReturnSerializer(serializers.Serializer[Any]):
    """Where to send it, or why not."""

    answer = serializers.CharField(max_length=MOST_TEXT)


class InspectedSerializer(serializers.Serializer[Any]):
    """Units that can be sold again, and units that cannot; restock: of the good ones."""

    line = serializers.UUIDField()
    good = serializers.IntegerField(min_value=0, max_value=MOST_UNITS)
    damaged = serializers.IntegerField(min_value=0, max_value=MOST_UNITS, default=0)
    restock = serializers.BooleanField(default=False)


class ReceiveReturnSerializer(serializers.Serializer[Any]):
    """Of lines that are not named nothing came back."""

    lines = InspectedSerializer(  # type: ignore[call-arg]
        many=True, allow_empty=False, max_length=MOST_LINES
    )

    def validate_lines(self, sent: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({one["line"] for one in sent}) < len(sent):
            raise serializers.ValidationError(_("Name each line once."))
        return sent


# ------------------------------------------------------------------ views


class SellReturnViewSet(OfShop, viewsets.GenericViewSet[OrderReturn]):
    """The shop's returns. What is another shop's is not found."""

    queryset = OrderReturn.objects.none()
    serializer_class = SellReturnSerializer
    pagination_class = None
    filter_backends = ()
    rights: ClassVar[dict[str, Right]] = {
        **dict.fromkeys(
            ("list", "retrieve", "sent", "receive", "options", "metadata"),
            Right.RECEIVE_RETURNS,
        ),
        **dict.fromkeys(("approve", "refuse"), Right.DECIDE_RETURNS),
    }

    @extend_schema(parameters=[ReturnSearchSerializer], responses=ReturnPageSerializer)
    def list(self, request: Request, **_: Any) -> Response:
        """By state, fifty a page; of what is to be done, what waits longest first."""
        sent = ReturnSearchSerializer(data=request.query_params)
        sent.is_valid(raise_exception=True)
        shop_id = self.seller.shop.pk
        page, rows = listed_returns(
            shop_id=shop_id,
            tab=ReturnStatus(sent.validated_data["tab"]),
            now=timezone.now(),
            cursor=sent.validated_data["cursor"],
        )
        return Response(
            {
                "results": ListedReturnSerializer(rows, many=True).data,
                "next": page.next,
                "previous": page.previous,
                "counts": {
                    tab.value: count
                    for tab, count in return_counts(shop_id=shop_id).items()
                },
            }
        )

    def retrieve(self, request: Request, **_: Any) -> Response:
        """With its lines, and the clock of the law."""
        return self._told()

    @extend_schema(request=AnswerReturnSerializer)
    def approve(self, request: Request, **_: Any) -> Response:
        """Take it back, and say where to send it. May be repeated."""
        back, answer = self._answered(request)
        services.approve_return(
            return_id=back.pk, by=self.seller.user, now=timezone.now(), answer=answer
        )
        return self._told()

    @extend_schema(request=AnswerReturnSerializer)
    def refuse(self, request: Request, **_: Any) -> Response:
        """Say no, and why. May be repeated."""
        back, answer = self._answered(request)
        services.refuse_return(
            return_id=back.pk, by=self.seller.user, now=timezone.now(), answer=answer
        )
        return self._told()

    @extend_schema(request=None)
    def sent(self, request: Request, **_: Any) -> Response:
        """The buyer proved that the goods are on their way. May be repeated."""
        services.note_sent_back(
            return_id=self._find().pk, by=self.seller.user, now=timezone.now()
        )
        return self._told()

    @extend_schema(request=ReceiveReturnSerializer)
    def receive(self, request: Request, **_: Any) -> Response:
        """The goods are there. May be repeated: the first time counts."""
        back = self._find()
        payload = ReceiveReturnSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        lines = payload.validated_data["lines"]
        services.receive_return(
            return_id=back.pk,
            restock=[one["line"] for one in lines if one["restock"]],
            inspected={
                one["line"]: Inspected(good=one["good"], damaged=one["damaged"])
                for one in lines
            },
            by=self.seller.user,
            now=timezone.now(),
        )
        return self._told()

    def _answered(self, request: Request) -> tuple[OrderReturn, str]:
        back = self._find()
        payload = AnswerReturnSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        return back, payload.validated_data["answer"]

    def _find(self) -> OrderReturn:
        mine = shop_returns(shop_id=self.seller.shop.pk).select_related("order")
        found = mine.filter(pk=self.kwargs["return_id"]).first()
        if found is None:
            raise Http404
        return found

    def _told(self) -> Response:
        view = sell_return(back=self._find(), now=timezone.now())
        return Response(SellReturnSerializer(view).data)


class ShopCustomerViewSet(OfShop, viewsets.GenericViewSet[Order]):
    """Who bought in this shop."""

    queryset = Order.objects.none()
    serializer_class = ShopCustomerSerializer
    pagination_class = None
    filter_backends = ()
    rights: ClassVar[dict[str, Right]] = dict.fromkeys(
        ("list", "retrieve", "options", "metadata"), Right.SEE_CUSTOMERS
    )

    @extend_schema(
        parameters=[CustomerSearchSerializer], responses=CustomerPageSerializer
    )
    def list(self, request: Request, **_: Any) -> Response:
        """Fifty a page, who bought last first."""
        sent = CustomerSearchSerializer(data=request.query_params)
        sent.is_valid(raise_exception=True)
        page, rows = listed_customers(
            shop_id=self.seller.shop.pk,
            text=sent.validated_data["search"],
            cursor=sent.validated_data["cursor"],
        )
        return Response(
            {
                "results": ShopCustomerSerializer(rows, many=True).data,
                "next": page.next,
                "previous": page.previous,
            }
        )

    @extend_schema(
        parameters=[CustomerSearchSerializer], responses=CustomerOrdersSerializer
    )
    def retrieve(self, request: Request, **_: Any) -> Response:
        """One buyer, with a page of orders in this shop."""
        sent = CustomerSearchSerializer(data=request.query_params)
        sent.is_valid(raise_exception=True)
        ids = {
            "shop_id": self.seller.shop.pk,
            "customer_id": self.kwargs["customer_id"],
        }
        found = shop_customer(**ids)
        if found is None:
            raise Http404
        page, _rows = orders_of_customer(**ids, cursor=sent.validated_data["cursor"])
        for order in page.rows:
            order.shop = self.seller.shop
        return Response(
            {
                "customer": ShopCustomerSerializer(found).data,
                "results": OrderSerializer(page.rows, many=True).data,
                "next": page.next,
                "previous": page.previous,
            }
        )


RETURNS = "sell/<slug:shop>/returns/"
RETURN = f"{RETURNS}<uuid:return_id>/"
CUSTOMERS = "sell/<slug:shop>/customers/"
one = SellReturnViewSet.as_view
buyer = ShopCustomerViewSet.as_view

urlpatterns = [
    path(RETURNS, one({"get": "list"}), name="sell-returns"),
    path(RETURN, one({"get": "retrieve"}), name="sell-return"),
    path(f"{RETURN}approve/", one({"post": "approve"}), name="sell-return-approve"),
    path(f"{RETURN}refuse/", one({"post": "refuse"}), name="sell-return-refuse"),
    path(f"{RETURN}sent/", one({"post": "sent"}), name="sell-return-sent"),
    path(f"{RETURN}receive/", one({"post": "receive"}), name="sell-return-receive"),
    path(CUSTOMERS, buyer({"get": "list"}), name="sell-customers"),
    path(
        f"{CUSTOMERS}<uuid:customer_id>/",
        buyer({"get": "retrieve"}),
        name="sell-customer",
    ),
]
