"""The buyers of a shop, with no more of them than its deliveries need.

There is no table of a shop's buyers: a buyer stands in the list at the last order, which an
index over (shop, buyer, time) finds, and numbers are counted for the buyers of one page.
Few buyers are found one by one, however often each bought; of many, the shop's newest orders
are walked until a page is full.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Lower

from orders.models import Customer, Order, OrderStatus
from orders.queries.sell_orders import (
    MOST_FOUND,
    NEWEST,
    ListedOrder,
    buyer_name,
    shop_orders,
)
from shop.keyset import KeysetPage, keyset_page

SQL = Path(__file__).resolve().parent.parent / "sql"
BUYERS_OF_SHOP = (SQL / "buyers_of_shop.sql").read_text()
PAGE = 50
# So many are looked up one by one in a few milliseconds.
FEW = 1_000
# What of an order stands in the list of buyers.
SHOWN = (
    "id",
    "customer_id",
    "email",
    "shipping_address",
    "billing_address",
    "event_time",
)
SHOWN_OF_NAME = 1
HIDDEN = "***"
# What was not paid, or not bought after all, is no value.
WORTHLESS = (OrderStatus.PENDING, OrderStatus.CANCELLED)


@dataclass(frozen=True)
class Value:
    """What was paid, less what went back, in one currency."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, kw_only=True)
class ShopCustomer:
    """A buyer as one shop sees them: name and city of the last delivery, no other shop's."""

    id: UUID
    name: str
    city: str
    country: str
    email: str
    orders: int
    values: tuple[Value, ...] = field(default=())
    last_order_at: datetime


def masked(email: str) -> str:
    """`a***@example.com`: enough to recognise, too little to write to."""
    name, at, domain = email.partition("@")
    return f"{name[:SHOWN_OF_NAME]}{HIDDEN}@{domain}" if at else ""


def listed_customers(
    *, shop_id: UUID, text: str = "", cursor: str = ""
) -> tuple[KeysetPage[Order], list[ShopCustomer]]:
    """One page, who bought last first: three statements, and one more for words.

    text: the beginning of a last name, a whole name, or an order's number.
    """
    words = text.replace("\0", "").strip()[:254]
    buyers = _found(shop_id, words) if words else _buyers(shop_id)
    if words or len(buyers) <= FEW:
        latest = _last_orders_of(shop_id, buyers)
    else:
        latest = last_orders(shop_id=shop_id)
    page = keyset_page(latest.only(*SHOWN), order=NEWEST, cursor=cursor, size=PAGE)
    return page, _told(shop_id, page.rows)


def shop_customer(*, shop_id: UUID, customer_id: UUID) -> ShopCustomer | None:
    """None for a buyer who bought nothing here."""
    latest = shop_orders(shop_id=shop_id).filter(customer_id=customer_id)
    found = latest.order_by(*NEWEST).first()
    return _told(shop_id, [found])[0] if found else None


def orders_of_customer(
    *, shop_id: UUID, customer_id: UUID, cursor: str = ""
) -> tuple[KeysetPage[Order], list[ListedOrder]]:
    """Theirs in this shop, newest first."""
    theirs = shop_orders(shop_id=shop_id).filter(customer_id=customer_id)
    page = keyset_page(theirs, order=NEWEST, cursor=cursor, size=PAGE)
    return page, [ListedOrder(order, 0) for order in page.rows]


def last_orders(*, shop_id: UUID) -> QuerySet[Order]:
    """Of each buyer of the shop, the order after which there is none."""
    later = shop_orders(shop_id=shop_id).filter(
        Q(event_time__gt=OuterRef("event_time"))
        | Q(event_time=OuterRef("event_time"), pk__gt=OuterRef("pk")),
        customer=OuterRef("customer"),
        # Said again, for the index.
        event_time__gte=OuterRef("event_time"),
    )
    return shop_orders(shop_id=shop_id).filter(~Exists(later))


def _buyers(shop_id: UUID) -> list[UUID]:
    """One more than a few of them tells that there are many."""
    with connection.cursor() as cursor:
        cursor.execute(BUYERS_OF_SHOP, {"shop_id": shop_id, "most": FEW + 1})
        return [customer_id for (customer_id,) in cursor.fetchall()]


def _last_orders_of(shop_id: UUID, buyers: Collection[UUID]) -> QuerySet[Order]:
    theirs = shop_orders(shop_id=shop_id).filter(customer=OuterRef("pk"))
    newest = Subquery(theirs.order_by(*NEWEST).values("pk")[:1])
    return Order.objects.filter(
        pk__in=Customer.objects.filter(pk__in=buyers).values_list(newest)
    )


def _told(shop_id: UUID, latest: Collection[Order]) -> list[ShopCustomer]:
    ids = [order.customer_id for order in latest]
    counts: dict[UUID, int] = {}
    values: dict[UUID, list[Value]] = {}
    rows = shop_orders(shop_id=shop_id).filter(customer__in=ids).order_by()
    sums = rows.values_list("customer_id", "currency").annotate(
        orders=Count("pk"),
        value=Sum("total_price", filter=~Q(status__in=WORTHLESS)),
        back=Sum("total_refunded", filter=~Q(status__in=WORTHLESS)),
    )
    for id_, currency, orders, value, back in sums.order_by("currency") if ids else ():
        counts[id_] = counts.get(id_, 0) + orders
        if value is not None:
            values.setdefault(id_, []).append(Value(value - back, currency))
    return [
        ShopCustomer(
            id=order.customer_id,
            name=buyer_name(order),
            city=str(order.shipping_address.get("city", "")),
            country=str(order.shipping_address.get("country", "")),
            email=masked(order.email),
            orders=counts[order.customer_id],
            values=tuple(values.get(order.customer_id, ())),
            last_order_at=order.event_time,
        )
        for order in latest
    ]


def _found(shop_id: UUID, words: str) -> list[UUID]:
    """Buyers by what the shop may know them by; never by what is masked."""
    low = words.lower()
    orders = shop_orders(shop_id=shop_id)
    by_name = orders.alias(
        low=Lower(KT("shipping_address__last_name")),
        first=Lower(KT("shipping_address__first_name")),
    ).filter(low__startswith=low.split()[-1])
    if " " in low:
        by_name = by_name.filter(first__startswith=low.split()[0])
    newest = by_name.order_by(*NEWEST).values_list("customer_id", flat=True)
    found = set(newest[:MOST_FOUND])
    number = words.lstrip("#").upper()
    numbered = orders.filter(order_number=number)
    found.update(numbered.values_list("customer_id", flat=True))
    return list(found)
