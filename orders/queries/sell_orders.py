"""Orders as the people of their shop see them: the list by state, and all about one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Prefetch, Q, QuerySet, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce, Lower

from catalog.models import ProductVariant
from orders.models import (
    Checkout,
    CheckoutStatus,
    FulfillmentStatus,
    Invoice,
    Order,
    OrderItem,
    OrderMessage,
    OrderNote,
    OrderReturn,
    OrderStatus,
    OrderStatusChange,
    OrderTracking,
)
from orders.queries.order_page import order_items, parcels_of, returns_of
from orders.queries.set_off import SetOff, given_back, set_off_by
from shop.keyset import KeysetPage, keyset_page
from shop.models import Shop

PAGE = 50
# Counts stop here: a person reads "99+".
MOST_COUNTED = 100
# Of each way to search; the newest.
MOST_FOUND = 500
NEWEST = ("-event_time", "-id")


class OrderTab(StrEnum):
    """The states that a shop's people work by, in the order of their day."""

    TO_PACK = "to_pack"
    PARTLY_SENT = "partly_sent"
    SENT = "sent"
    DELIVERED = "delivered"
    UNPAID = "unpaid"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    ALL = "all"


# Each is served by an index that has the order of the list.
IN_TAB: dict[OrderTab, dict[str, str]] = {
    OrderTab.TO_PACK: {
        "status": OrderStatus.PROCESSING,
        "fulfillment_status": FulfillmentStatus.UNFULFILLED,
    },
    OrderTab.PARTLY_SENT: {
        "status": OrderStatus.PROCESSING,
        "fulfillment_status": FulfillmentStatus.PARTIAL,
    },
    OrderTab.SENT: {"status": OrderStatus.SHIPPED},
    OrderTab.DELIVERED: {"status": OrderStatus.DELIVERED},
    OrderTab.UNPAID: {"status": OrderStatus.PENDING},
    OrderTab.CANCELLED: {"status": OrderStatus.CANCELLED},
    OrderTab.REFUNDED: {"status": OrderStatus.REFUNDED},
    OrderTab.ALL: {},
}


@dataclass(frozen=True, kw_only=True)
class OrderSearch:
    """What a list is narrowed to. since, until: days in the shop's time zone, both included."""

    tab: OrderTab = OrderTab.TO_PACK
    text: str = ""
    payment: str = ""
    country: str = ""
    since: date | None = None
    until: date | None = None

    @property
    def is_narrowed(self) -> bool:
        return bool(
            self.text or self.payment or self.country or self.since or self.until
        )


@dataclass(frozen=True)
class ListedOrder:
    """A row of the list, with its units."""

    order: Order
    units: int

    @property
    def buyer(self) -> str:
        return buyer_name(self.order)


def buyer_name(order: Order) -> str:
    address = order.shipping_address or order.billing_address
    names = (address.get("first_name", ""), address.get("last_name", ""))
    return " ".join(name for name in names if name) or address.get("company", "")


def shop_orders(*, shop_id: UUID) -> QuerySet[Order]:
    return Order.objects.filter(shop_id=shop_id, deleted_at=None)


def listed_orders(
    *, shop: Shop, search: OrderSearch, cursor: str = "", size: int = PAGE
) -> tuple[KeysetPage[Order], list[ListedOrder]]:
    """One page, newest first: two statements, and two more for words that are searched."""
    page = keyset_page(
        found_orders(shop=shop, search=search), order=NEWEST, cursor=cursor, size=size
    )
    units = _units([order.pk for order in page.rows])
    rows = [ListedOrder(order, units.get(order.pk, 0)) for order in page.rows]
    return page, rows


def found_orders(*, shop: Shop, search: OrderSearch) -> QuerySet[Order]:
    orders = shop_orders(shop_id=shop.pk).filter(**IN_TAB[search.tab])
    if search.payment:
        orders = orders.filter(financial_status=search.payment)
    if search.country:
        orders = orders.alias(country=KT("shipping_address__country"))
        orders = orders.filter(country=search.country)
    if search.since:
        orders = orders.filter(event_time__gte=_midnight(shop, search.since))
    if search.until and search.until < date.max:
        after = search.until + timedelta(days=1)
        orders = orders.filter(event_time__lt=_midnight(shop, after))
    if search.text:
        orders = orders.filter(pk__in=_found_ids(shop.pk, search.text))
    return orders


def order_numbered(*, shop_id: UUID, text: str) -> UUID | None:
    """The order that the words are the number of."""
    number = text.replace("\0", "").strip().lstrip("#").upper()
    if not number:
        return None
    orders = shop_orders(shop_id=shop_id).filter(order_number=number)
    return orders.values_list("pk", flat=True).first()


def tab_counts(*, shop_id: UUID) -> dict[OrderTab, int]:
    """How many orders are in each state that is worked off, to MOST_COUNTED; one statement."""
    tabs = [
        OrderTab.TO_PACK,
        OrderTab.PARTLY_SENT,
        OrderTab.SENT,
        OrderTab.UNPAID,
    ]
    parts: list[str] = []
    values: list[Any] = []
    for tab in tabs:
        few = shop_orders(shop_id=shop_id).filter(**IN_TAB[tab]).order_by()
        sql, params = few.values("pk")[:MOST_COUNTED].query.sql_with_params()
        parts.append(f"(SELECT count(*) FROM ({sql}) AS few)")
        values.extend(params)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", values)
        counts = cursor.fetchone()
    return dict(zip(tabs, counts, strict=True))


def drafts_of(*, shop_id: UUID, limit: int = 100) -> list[Checkout]:
    """What the shop's people have begun and not placed, newest first.

    Each with its `units`.
    """
    drafts = Checkout.objects.filter(
        shop_id=shop_id, status=CheckoutStatus.OPEN, adds_to=None
    )
    counted = drafts.annotate(units=Coalesce(Sum("cart__items__quantity"), 0))
    return list(counted.select_related("made_by").order_by("-id")[:limit])


def wares_of(*, shop_id: UUID, text: str, limit: int = 20) -> list[ProductVariant]:
    """Variants on sale whose product or SKU has the words, for a draft to pick from."""
    words = text.replace("\0", "").strip()[:100]
    if not words:
        return []
    rows = ProductVariant.objects.filter(
        shop_id=shop_id, is_active=True, product__status="active"
    )
    named = rows.filter(
        Q(product__name__icontains=words)
        | Q(sku__istartswith=words)
        | Q(name__icontains=words)
    )
    found = named.select_related("product").order_by("product__name", "name", "id")
    return list(found[:limit])


# ------------------------------------------------------------------ one order


@dataclass(frozen=True, kw_only=True)
class Happening:
    """One line of an order's history. who: a person at work, or empty."""

    at: datetime
    title: str
    words: str = ""
    who: str = ""
    is_note: bool = False


@dataclass(frozen=True, kw_only=True)
class MoneyFacts:
    """What an app that moves money knows of an order. risks: why to look twice."""

    paid: Decimal = Decimal(0)
    # The greatest amount that can still be given back.
    refundable: Decimal = Decimal(0)
    on_its_way_back: Decimal = Decimal(0)
    happenings: tuple[Happening, ...] = ()
    risks: tuple[str, ...] = ()


# Apps above this one say what they know; see payments.order_money.
MoneySource = Callable[[Order], MoneyFacts]
money_sources: list[MoneySource] = []


@dataclass(frozen=True, kw_only=True)
class SellItem:
    item: OrderItem
    # Neither sent nor taken out.
    left: int
    sent: int


@dataclass(frozen=True, kw_only=True)
class SellOrder:
    """Everything that an order's page shows to the people of its shop."""

    order: Order
    items: Sequence[SellItem]
    parcels: Sequence[OrderTracking]
    returns: Sequence[OrderReturn]
    invoice: Invoice | None
    # Orders that travel with it, and the one it travels with.
    additions: Sequence[Order]
    adds_to: Order | None
    history: Sequence[OrderStatusChange]
    notes: Sequence[OrderNote]
    messages: Sequence[OrderMessage]
    money: MoneyFacts = field(default_factory=MoneyFacts)
    now: datetime

    @property
    def set_off(self) -> list[SetOff]:
        """What was taken out of it and pays what travels with it."""
        return set_off_by(self.additions)

    @property
    def given_back(self) -> Decimal:
        return given_back(self.order, self.set_off)

    @property
    def left(self) -> int:
        return sum(item.left for item in self.items)

    @property
    def unsent(self) -> list[SellItem]:
        return [item for item in self.items if item.left]

    @property
    def removed(self) -> list[SellItem]:
        return [item for item in self.items if item.item.removed_quantity]

    @property
    def can_ship(self) -> bool:
        can = {OrderStatus.PROCESSING, OrderStatus.SHIPPED}
        return self.order.status in can and self.left > 0

    @property
    def can_deliver(self) -> bool:
        return any(parcel.delivered_at is None for parcel in self.parcels) and (
            self.order.status in {OrderStatus.PROCESSING, OrderStatus.SHIPPED}
        )

    @property
    def can_cancel(self) -> bool:
        return (
            self.order.status in {OrderStatus.PENDING, OrderStatus.PROCESSING}
            and self.order.fulfillment_status == FulfillmentStatus.UNFULFILLED
        )

    @property
    def can_edit(self) -> bool:
        return self.order.status == OrderStatus.PROCESSING

    @property
    def can_refund(self) -> bool:
        return self.money.refundable > 0

    @property
    def waits_for_link(self) -> bool:
        """Its buyer was sent a link to pay it by."""
        checkout = self.order.checkout
        return (
            self.order.status == OrderStatus.PENDING
            and checkout is not None
            and checkout.shop_id is not None
            and checkout.status == CheckoutStatus.AWAITING_PAYMENT
            and not checkout.is_overdue(self.now)
        )


def sell_order(*, order: Order, now: datetime) -> SellOrder:
    """In the same number of statements for any number of items, parcels, notes.

    order: with its checkout.
    """
    items = order_items(order=order)
    parcels = parcels_of(order=order, items=items)
    sent: dict[UUID, int] = {}
    for parcel in parcels:
        for line in parcel.items.all():
            sent[line.order_item_id] = sent.get(line.order_item_id, 0) + line.quantity
    added = Order.objects.filter(checkout__adds_to=order)
    checkout = order.checkout
    known = [source(order) for source in money_sources]
    return SellOrder(
        order=order,
        items=tuple(
            SellItem(
                item=item,
                left=max(
                    item.quantity - item.removed_quantity - sent.get(item.pk, 0), 0
                ),
                sent=sent.get(item.pk, 0),
            )
            for item in items
        ),
        parcels=parcels,
        returns=returns_of(order=order, items=items),
        invoice=order.invoices.first(),
        additions=list(added.select_related("checkout").order_by("id")),
        adds_to=checkout.adds_to if checkout else None,
        history=list(order.status_history.select_related("user").order_by("id")),
        notes=list(order.staff_notes.select_related("author").order_by("id")),
        messages=list(order.messages.exclude(sent_at=None).order_by("id")),
        money=known[0] if known else MoneyFacts(),
        now=now,
    )


@dataclass(frozen=True, kw_only=True)
class Slip:
    """What goes into a parcel's box: no price stands on it."""

    order: Order
    # What is left to send; of an order that was sent, all of it.
    lines: Sequence[tuple[OrderItem, int]]
    additions: Sequence[Order] = ()


def packing_slips(*, shop_id: UUID, order_ids: Collection[UUID]) -> list[Slip]:
    """Of the shop's own orders among the ids, oldest first; in four statements."""
    orders = shop_orders(shop_id=shop_id).filter(pk__in=order_ids)
    items = OrderItem.objects.order_by("id").prefetch_related("shipment_items")
    found = orders.select_related("shop").prefetch_related(Prefetch("items", items))
    return [_slip(order) for order in found.order_by("event_time", "id")]


def orders_to_ship(*, shop_id: UUID, order_ids: Collection[UUID]) -> list[Order]:
    """The shop's own among the ids, oldest first."""
    orders = shop_orders(shop_id=shop_id).filter(pk__in=order_ids)
    return list(orders.order_by("event_time", "id"))


# ------------------------------------------------------------------ the rules


def _slip(order: Order) -> Slip:
    lines = []
    for item in order.items.all():
        kept = item.quantity - item.removed_quantity
        sent = sum(line.quantity for line in item.shipment_items.all())
        lines.append((item, kept, max(kept - sent, 0)))
    is_done = not any(left for _item, _kept, left in lines)
    return Slip(
        order=order,
        lines=[
            (item, kept if is_done else left)
            for item, kept, left in lines
            if (kept if is_done else left)
        ],
    )


def _units(order_ids: Collection[UUID]) -> Mapping[UUID, int]:
    if not order_ids:
        return {}
    rows = OrderItem.objects.filter(order__in=list(order_ids)).values_list("order_id")
    return dict(rows.annotate(units=Sum("quantity") - Sum("removed_quantity")))


def _midnight(shop: Shop, day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(shop.timezone))


def _found_ids(shop_id: UUID, text: str) -> set[UUID]:
    """By number, the beginning of the e-mail or of the last name, or an item's SKU."""
    words = text.replace("\0", "").strip()[:254]
    low = words.lower()
    if not low:
        return set()
    orders = shop_orders(shop_id=shop_id).order_by(*NEWEST)
    ids: set[UUID] = set()
    by_mail = orders.alias(low=Lower("email")).filter(low__startswith=low)
    name = low.split()[-1]
    by_name = orders.alias(
        low=Lower(KT("shipping_address__last_name")),
        first=Lower(KT("shipping_address__first_name")),
    ).filter(low__startswith=name)
    if " " in low:
        by_name = by_name.filter(first__startswith=low.split()[0])
    found = by_mail.values("pk")[:MOST_FOUND].union(by_name.values("pk")[:MOST_FOUND])
    ids.update(row["pk"] for row in found)
    variants = ProductVariant.objects.filter(
        shop_id=shop_id, sku__in={words, words.upper(), low}
    )
    items = OrderItem.objects.filter(variant__in=variants).order_by("-id")
    ids.update(items.values_list("order_id", flat=True)[:MOST_FOUND])
    number = words.lstrip("#").upper()
    numbered = shop_orders(shop_id=shop_id).filter(order_number=number)
    ids.update(numbered.values_list("pk", flat=True))
    return ids
