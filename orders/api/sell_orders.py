"""A shop's orders, for programs: found, noted on, sent, cancelled, written for buyers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from orders.api.money import MoneyField
from orders.api.orders import (
    KEY,
    OrderItemSerializer,
    OrderSerializer,
    ParcelSerializer,
    PdfRenderer,
)
from orders.downloads import invoice_response
from orders.models import Checkout, CheckoutStatus, FinancialStatus, Order
from orders.queries.checkout import CheckoutView, price_checkout
from orders.queries.sell_orders import (
    PAGE,
    OrderSearch,
    OrderTab,
    SellOrder,
    listed_orders,
    sell_order,
    shop_orders,
    tab_counts,
)
from orders.services import drafts
from orders.services import orders as services
from orders.services.cart import MOST_ITEMS, MOST_UNITS
from orders.services.checkout import MOST_NOTES
from orders.services.drafts import LEAST_HOLD, MOST_HOLD, USUAL_HOLD
from orders.services.fulfillment import MOST_NOTE, add_note, ship_rest
from shop.api.idempotency import idempotent
from shop.errors import DomainError
from users.api.counter import OfShop
from users.rights import Right

HOUR = timedelta(hours=1)
MOST_ORDERS = 100


# ------------------------------------------------------------------ answers


class ListedSerializer(OrderSerializer):
    """`units` without those taken out. `buyer`: a name."""

    country = serializers.SerializerMethodField()
    buyer = serializers.SerializerMethodField()
    units = serializers.SerializerMethodField()

    def get_country(self, order: Order) -> str:
        return str(order.shipping_address.get("country", ""))

    def get_buyer(self, order: Order) -> str:
        return str(self.context["rows"][order.pk].buyer)

    def get_units(self, order: Order) -> int:
        return int(self.context["rows"][order.pk].units)


class SellOrderPageSerializer(serializers.Serializer[Any]):
    """Newest first. next, previous: cursors; empty at that end of the list."""

    results = ListedSerializer(many=True)
    next = serializers.CharField()
    previous = serializers.CharField()
    counts = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="Orders by state, counted to 100.",
    )


class SellItemSerializer(OrderItemSerializer):
    """`left`: neither sent nor taken out."""

    removed_quantity = serializers.IntegerField()
    left = serializers.SerializerMethodField()

    def get_left(self, item: Any) -> int:
        return int(self.context["left"][item.pk])


class OrderNoteSerializer(serializers.Serializer[Any]):
    author = serializers.SerializerMethodField()
    text = serializers.CharField()
    at = serializers.DateTimeField(source="created_at")

    def get_author(self, note: Any) -> str:
        return str(note.author.get_short_name()) if note.author else ""


class SellOrderSerializer(OrderSerializer):
    """Everything about an order that its shop's people work with."""

    email = serializers.CharField()
    words = serializers.CharField(source="notes", help_text="The buyer's.")
    subtotal_price = MoneyField()
    total_discount = MoneyField()
    total_shipping = MoneyField()
    total_tax = MoneyField()
    included_tax = MoneyField()
    total_refunded = MoneyField()
    paid = serializers.SerializerMethodField()
    refundable = serializers.SerializerMethodField(
        help_text="The greatest amount that can still be given back."
    )
    risks = serializers.SerializerMethodField()
    delivery_method = serializers.CharField()
    shipping_address = serializers.DictField(child=serializers.CharField())
    billing_address = serializers.DictField(child=serializers.CharField())
    cancel_reason = serializers.CharField()
    items = serializers.SerializerMethodField()
    parcels = serializers.SerializerMethodField()
    notes = serializers.SerializerMethodField(help_text="The shop's own.")
    adds_to = serializers.SerializerMethodField(
        allow_null=True, help_text="The order that it travels with."
    )
    additions = serializers.SerializerMethodField()
    set_off = serializers.SerializerMethodField(
        help_text="What of its price is paid by what was taken out of the order that it"
        " travels with."
    )

    @property
    def view(self) -> SellOrder:
        found: SellOrder = self.context["view"]
        return found

    def get_paid(self, order: Order) -> str:
        return f"{self.view.money.paid:.2f}"

    def get_refundable(self, order: Order) -> str:
        return f"{self.view.money.refundable:.2f}"

    def get_risks(self, order: Order) -> list[str]:
        return list(self.view.money.risks)

    @extend_schema(responses=SellItemSerializer(many=True))
    def get_items(self, order: Order) -> Any:
        context = {
            "left": {one.item.pk: one.left for one in self.view.items},
            "returnable": {},
        }
        items = [one.item for one in self.view.items]
        return SellItemSerializer(items, many=True, context=context).data

    @extend_schema(responses=ParcelSerializer(many=True))
    def get_parcels(self, order: Order) -> Any:
        return ParcelSerializer(self.view.parcels, many=True).data

    @extend_schema(responses=OrderNoteSerializer(many=True))
    def get_notes(self, order: Order) -> Any:
        return OrderNoteSerializer(self.view.notes, many=True).data

    def get_adds_to(self, order: Order) -> UUID | None:
        return self.view.adds_to.pk if self.view.adds_to else None

    def get_additions(self, order: Order) -> list[UUID]:
        return [one.pk for one in self.view.additions]

    def get_set_off(self, order: Order) -> str:
        return f"{order.checkout.set_off if order.checkout else 0:.2f}"


class DraftLineSerializer(serializers.Serializer[Any]):
    variant = serializers.UUIDField(source="variant_id")
    sku = serializers.CharField()
    name = serializers.CharField()
    quantity = serializers.IntegerField()
    price = MoneyField()
    problems = serializers.SerializerMethodField()

    def get_problems(self, line: Any) -> list[str]:
        return [one.message for one in line.problems if one.is_blocking]


class DraftSerializer(serializers.Serializer[Any]):
    """`total` is what placing it asks for; `missing` names what is to be filled in before."""

    id = serializers.UUIDField(source="checkout.pk")
    email = serializers.CharField(source="checkout.email")
    shipping_address = serializers.DictField(
        source="checkout.shipping_address", child=serializers.CharField()
    )
    items = DraftLineSerializer(source="lines", many=True)
    currency = serializers.CharField(source="quote.currency")
    subtotal = MoneyField(source="quote.subtotal")
    shipping = MoneyField(source="quote.shipping")
    tax = MoneyField(source="quote.tax")
    total = MoneyField(source="quote.total")
    missing = serializers.ListField(child=serializers.CharField())


# ------------------------------------------------------------------ what is sent


class SearchSerializer(serializers.Serializer[Any]):
    tab = serializers.ChoiceField(
        choices=[(tab.value, tab.value) for tab in OrderTab], default=OrderTab.ALL.value
    )
    search = serializers.CharField(
        default="",
        allow_blank=True,
        max_length=254,
        help_text="A number, the beginning of an e-mail or last name, or a SKU.",
    )
    payment = serializers.ChoiceField(
        choices=FinancialStatus.choices, default="", allow_blank=True
    )
    country = serializers.CharField(default="", allow_blank=True, max_length=2)
    since = serializers.DateField(default=None, allow_null=True)
    until = serializers.DateField(default=None, allow_null=True)
    cursor = serializers.CharField(default="", allow_blank=True, max_length=1000)


def search_of(wanted: Mapping[str, Any]) -> OrderSearch:
    """What a SearchSerializer has read."""
    return OrderSearch(
        tab=OrderTab(wanted["tab"]),
        text=wanted["search"],
        payment=wanted["payment"],
        country=wanted["country"].upper(),
        since=wanted["since"],
        until=wanted["until"],
    )


class ParcelUnitsSerializer(serializers.Serializer[Any]):
    item = serializers.UUIDField()
    quantity = serializers.IntegerField(min_value=1, max_value=1_000_000)


def _each_once(sent: list[dict[str, Any]], name: str) -> None:
    if len({one[name] for one in sent}) < len(sent):
        raise serializers.ValidationError(_("Name each item once."))


class CarriedSerializer(serializers.Serializer[Any]):
    carrier = serializers.CharField(max_length=100, allow_blank=True, default="")
    tracking_number = serializers.CharField(
        max_length=100, allow_blank=True, default=""
    )
    tracking_url = serializers.URLField(max_length=200, allow_blank=True, default="")


class SendParcelSerializer(CarriedSerializer):
    """Without `items`: all that is left."""

    items = ParcelUnitsSerializer(  # type: ignore[call-arg]
        many=True, required=False, allow_empty=False, max_length=1000
    )

    def validate_items(self, sent: list[dict[str, Any]]) -> list[dict[str, Any]]:
        _each_once(sent, "item")
        return sent


class SendOneSerializer(serializers.Serializer[Any]):
    order = serializers.UUIDField()
    tracking_number = serializers.CharField(
        max_length=100, allow_blank=True, default=""
    )


class SendManySerializer(serializers.Serializer[Any]):
    carrier = serializers.CharField(max_length=100, allow_blank=True, default="")
    orders = SendOneSerializer(  # type: ignore[call-arg]
        many=True, allow_empty=False, max_length=MOST_ORDERS
    )


class SentSerializer(serializers.Serializer[Any]):
    """What came of one order. `code` and `detail` say why it was not sent."""

    order = serializers.UUIDField()
    sent = serializers.BooleanField()
    code = serializers.CharField()
    detail = serializers.CharField()


class WriteNoteSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=MOST_NOTE)


class CancelOrderSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=1000)
    restock = serializers.BooleanField(default=True)


class DraftItemSerializer(serializers.Serializer[Any]):
    variant = serializers.UUIDField()
    quantity = serializers.IntegerField(min_value=1, max_value=MOST_UNITS)


class WriteDraftSerializer(serializers.Serializer[Any]):
    """What is not named stays as it is."""

    items = DraftItemSerializer(  # type: ignore[call-arg]
        many=True, required=False, max_length=MOST_ITEMS
    )
    email = serializers.CharField(required=False, max_length=254)
    shipping_address = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=255), required=False
    )
    notes = serializers.CharField(
        required=False, allow_blank=True, max_length=MOST_NOTES
    )
    delivery_method = serializers.UUIDField(required=False)

    def validate_items(self, sent: list[dict[str, Any]]) -> list[dict[str, Any]]:
        _each_once(sent, "variant")
        return sent

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        if ("email" in sent) != ("shipping_address" in sent):
            raise serializers.ValidationError(
                _("Send the e-mail and the address together.")
            )
        return sent


class PlaceDraftSerializer(serializers.Serializer[Any]):
    total = serializers.DecimalField(
        max_digits=12, decimal_places=2, help_text="As the draft says it."
    )
    hold_hours = serializers.IntegerField(
        min_value=LEAST_HOLD // HOUR,
        max_value=MOST_HOLD // HOUR,
        default=USUAL_HOLD // HOUR,
    )


# ------------------------------------------------------------------ views


class OfOrder(OfShop):
    """And below one of its orders: another's is not found, whatever is sent with it."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        mine = shop_orders(shop_id=self.seller.shop.pk)
        named = kwargs.get("order_id")
        if named is not None and not mine.filter(pk=named).exists():
            raise Http404


class SellOrderViewSet(OfOrder, viewsets.GenericViewSet[Order]):
    """The shop's orders. What is another shop's is not found."""

    queryset = Order.objects.none()
    serializer_class = SellOrderSerializer
    pagination_class = None
    filter_backends = ()
    rights: ClassVar[dict[str, Right]] = {
        **dict.fromkeys(
            ("list", "retrieve", "invoice", "options", "metadata"), Right.SEE_ORDERS
        ),
        **dict.fromkeys(("notes", "ship", "ship_many", "delivered"), Right.PACK_ORDERS),
        **dict.fromkeys(("cancel", "link"), Right.CHANGE_ORDERS),
    }

    @extend_schema(parameters=[SearchSerializer], responses=SellOrderPageSerializer)
    def list(self, request: Request, **_: Any) -> Response:
        """By state, fifty a page, newest first."""
        sent = SearchSerializer(data=request.query_params)
        sent.is_valid(raise_exception=True)
        wanted = sent.validated_data
        page, rows = listed_orders(
            shop=self.seller.shop,
            search=search_of(wanted),
            cursor=wanted["cursor"],
            size=PAGE,
        )
        for order in page.rows:
            order.shop = self.seller.shop
        context = {"rows": {row.order.pk: row for row in rows}}
        counts = tab_counts(shop_id=self.seller.shop.pk)
        return Response(
            {
                "results": ListedSerializer(page.rows, many=True, context=context).data,
                "next": page.next,
                "previous": page.previous,
                "counts": {tab.value: count for tab, count in counts.items()},
            }
        )

    def retrieve(self, request: Request, **_: Any) -> Response:
        """With its items, parcels, notes and money."""
        return self._told()

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def invoice(self, request: Request, **_: Any) -> HttpResponse:
        """The invoice's PDF; there is one once the order is paid."""
        return invoice_response(order=self.get_object())

    @extend_schema(request=WriteNoteSerializer, responses={201: OrderNoteSerializer})
    def notes(self, request: Request, **_: Any) -> Response:
        """Write something down for the people of the shop."""
        order = self.get_object()
        sent = WriteNoteSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        note = add_note(
            order_id=order.pk,
            text=sent.validated_data["text"],
            by=self.seller.user,
            now=timezone.now(),
        )
        body = OrderNoteSerializer(note).data
        return Response(body, status=HTTPStatus.CREATED)

    @extend_schema(request=SendParcelSerializer, parameters=[KEY])
    @idempotent()
    def ship(self, request: Request, **_: Any) -> Response:
        """Send a parcel: of the items named, or of all that is left."""
        order = self.get_object()
        payload = SendParcelSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        sent = payload.validated_data
        carried = {
            name: sent[name] for name in ("carrier", "tracking_number", "tracking_url")
        }
        if "items" in sent:
            services.ship_items(
                order_id=order.pk,
                quantities={one["item"]: one["quantity"] for one in sent["items"]},
                by=self.seller.user,
                now=timezone.now(),
                **carried,
            )
        else:
            ship_rest(
                order_id=order.pk, by=self.seller.user, now=timezone.now(), **carried
            )
        return self._told()

    @extend_schema(
        operation_id="sell_orders_ship_many",
        request=SendManySerializer,
        responses=SentSerializer(many=True),
    )
    def ship_many(self, request: Request, **_: Any) -> Response:
        """Send orders whole, each once, whoever else sends them. Safe to repeat."""
        payload = SendManySerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        sent = payload.validated_data
        numbers = {one["order"]: one["tracking_number"] for one in sent["orders"]}
        mine = shop_orders(shop_id=self.seller.shop.pk).filter(pk__in=numbers)
        known = set(mine.values_list("pk", flat=True))
        answers = [
            self._send(order_id, sent["carrier"], number)
            if order_id in known
            else _not_sent(order_id, "not_found", "")
            for order_id, number in numbers.items()
        ]
        return Response(SentSerializer(answers, many=True).data)

    @extend_schema(request=None)
    def delivered(self, request: Request, **_: Any) -> Response:
        """What was sent has arrived. Safe to repeat."""
        order = self.get_object()
        services.mark_delivered(
            order_id=order.pk, by=self.seller.user, now=timezone.now()
        )
        return self._told()

    @extend_schema(request=CancelOrderSerializer)
    def cancel(self, request: Request, **_: Any) -> Response:
        """As long as nothing of it was sent. Safe to repeat."""
        order = self.get_object()
        payload = CancelOrderSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        services.cancel_order(
            order_id=order.pk,
            by=self.seller.user,
            now=timezone.now(),
            **payload.validated_data,
        )
        return self._told()

    @extend_schema(request=None, responses={204: None})
    def link(self, request: Request, **_: Any) -> Response:
        """Send the buyer the link to pay once more."""
        order = self.get_object()
        drafts.send_pay_link(order_id=order.pk, by=self.seller.user, now=timezone.now())
        return Response(status=HTTPStatus.NO_CONTENT)

    def get_queryset(self) -> QuerySet[Order]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        mine = shop_orders(shop_id=self.seller.shop.pk)
        return mine.select_related("shop", "checkout__adds_to")

    def get_object(self) -> Order:
        found = self.get_queryset().filter(pk=self.kwargs["order_id"]).first()
        if found is None:
            raise Http404
        return found

    def _send(self, order_id: UUID, carrier: str, number: str) -> dict[str, Any]:
        try:
            parcel = ship_rest(
                order_id=order_id,
                carrier=carrier,
                tracking_number=number,
                by=self.seller.user,
                now=timezone.now(),
            )
        except DomainError as refusal:
            return _not_sent(order_id, refusal.code, refusal.message)
        if parcel is None:
            return _not_sent(order_id, "sent_before", "")
        return {"order": order_id, "sent": True, "code": "", "detail": ""}

    def _told(self) -> Response:
        order = self.get_object()
        view = sell_order(order=order, now=timezone.now())
        return Response(SellOrderSerializer(order, context={"view": view}).data)


def _not_sent(order_id: UUID, code: str, detail: str) -> dict[str, Any]:
    return {"order": order_id, "sent": False, "code": code, "detail": detail}


class DraftViewSet(OfShop, viewsets.GenericViewSet[Checkout]):
    """Orders that the shop writes for buyers who are not there."""

    queryset = Checkout.objects.none()
    serializer_class = DraftSerializer
    pagination_class = None
    filter_backends = ()
    rights: ClassVar[dict[str, Right]] = dict.fromkeys(
        (
            *("create", "retrieve", "partial_update", "destroy", "place"),
            *("options", "metadata"),
        ),
        Right.CHANGE_ORDERS,
    )

    @extend_schema(request=WriteDraftSerializer, responses={201: DraftSerializer})
    def create(self, request: Request, **_: Any) -> Response:
        """Begin one; what it holds may be sent at once."""
        payload = self._sent(request)
        with transaction.atomic():
            begun = drafts.open_draft(
                shop_id=self.seller.shop.pk, by=self.seller.user, now=timezone.now()
            )
            self._write(begun.pk, payload)
        return Response(self._told(begun.pk), status=HTTPStatus.CREATED)

    def retrieve(self, request: Request, **_: Any) -> Response:
        """With its cost now."""
        return Response(self._told(self.get_object().pk))

    @extend_schema(request=WriteDraftSerializer)
    def partial_update(self, request: Request, **_: Any) -> Response:
        """Change what is named."""
        draft = self.get_object()
        self._write(draft.pk, self._sent(request))
        return Response(self._told(draft.pk))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, **_: Any) -> Response:
        """Throw it away."""
        drafts.discard_draft(
            shop_id=self.seller.shop.pk,
            checkout_id=self.get_object().pk,
            now=timezone.now(),
        )
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(request=PlaceDraftSerializer, responses={201: SellOrderSerializer})
    def place(self, request: Request, **_: Any) -> Response:
        """Make an order of it and send the link to pay. Safe to repeat."""
        draft = self.get_object(is_open=False)
        payload = PlaceDraftSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        order = drafts.place_draft(
            shop_id=self.seller.shop.pk,
            checkout_id=draft.pk,
            expected=payload.validated_data["total"],
            hold=payload.validated_data["hold_hours"] * HOUR,
            by=self.seller.user,
            now=timezone.now(),
        )
        found = Order.objects.select_related("shop", "checkout__adds_to").get(
            pk=order.pk
        )
        view = sell_order(order=found, now=timezone.now())
        body = SellOrderSerializer(found, context={"view": view}).data
        return Response(body, status=HTTPStatus.CREATED)

    def get_queryset(self) -> QuerySet[Checkout]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return Checkout.objects.filter(shop=self.seller.shop, adds_to=None)

    def get_object(self, *, is_open: bool = True) -> Checkout:
        rows = self.get_queryset().filter(pk=self.kwargs["draft_id"])
        if is_open:
            rows = rows.filter(status=CheckoutStatus.OPEN)
        found = rows.select_related("cart").first()
        if found is None:
            raise Http404
        return found

    def _sent(self, request: Request) -> dict[str, Any]:
        payload = WriteDraftSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        sent: dict[str, Any] = payload.validated_data
        return sent

    @transaction.atomic
    def _write(self, draft_id: UUID, sent: dict[str, Any]) -> None:
        """All of it or nothing."""
        whose = {"shop_id": self.seller.shop.pk, "checkout_id": draft_id}
        now = timezone.now()
        if "items" in sent:
            quantities = {one["variant"]: one["quantity"] for one in sent["items"]}
            drafts.set_draft_items(**whose, quantities=quantities, now=now)
        if "email" in sent:
            drafts.set_draft_buyer(
                **whose,
                email=sent["email"],
                shipping=sent["shipping_address"],
                notes=sent.get("notes", ""),
                now=now,
            )
        if "delivery_method" in sent:
            drafts.set_draft_delivery(
                **whose, method_id=sent["delivery_method"], now=now
            )

    def _told(self, draft_id: UUID) -> Any:
        draft = Checkout.objects.select_related("cart").get(pk=draft_id)
        view: CheckoutView = price_checkout(checkout=draft, now=timezone.now())
        return DraftSerializer(view).data


ORDERS = "sell/<slug:shop>/orders/"
ORDER = f"{ORDERS}<uuid:order_id>/"
DRAFTS = "sell/<slug:shop>/drafts/"
DRAFT = f"{DRAFTS}<uuid:draft_id>/"
one = SellOrderViewSet.as_view

urlpatterns = [
    path(ORDERS, one({"get": "list"}), name="sell-orders"),
    path(f"{ORDERS}ship/", one({"post": "ship_many"}), name="sell-orders-ship"),
    path(ORDER, one({"get": "retrieve"}), name="sell-order"),
    path(
        f"{ORDER}invoice/",
        one({"get": "invoice"}, renderer_classes=[PdfRenderer, JSONRenderer]),
        name="sell-order-invoice",
    ),
    path(f"{ORDER}notes/", one({"post": "notes"}), name="sell-order-notes"),
    path(f"{ORDER}ship/", one({"post": "ship"}), name="sell-order-ship"),
    path(f"{ORDER}delivered/", one({"post": "delivered"}), name="sell-order-delivered"),
    path(f"{ORDER}cancel/", one({"post": "cancel"}), name="sell-order-cancel"),
    path(f"{ORDER}link/", one({"post": "link"}), name="sell-order-link"),
    path(DRAFTS, DraftViewSet.as_view({"post": "create"}), name="sell-drafts"),
    path(
        DRAFT,
        DraftViewSet.as_view(
            {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
        ),
        name="sell-draft",
    ),
    path(
        f"{DRAFT}place/",
        DraftViewSet.as_view({"post": "place"}),
        name="sell-draft-place",
    ),
]
