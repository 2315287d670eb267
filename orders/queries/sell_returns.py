"""Returns as the people of their shop see them: what waits, and all about one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Prefetch, QuerySet

from orders.models import (
    OrderItem,
    OrderReturn,
    OrderReturnItem,
    OrderReturnPhoto,
    OrderStatus,
    ReturnKind,
    ReturnStatus,
)
from orders.queries.sell_orders import (
    MOST_COUNTED,
    MoneyFacts,
    buyer_name,
    money_sources,
)
from shop.keyset import KeysetPage, keyset_page

PAGE = 50
# Directive 2011/83/EU, article 13: the money is back within 14 days after the buyer withdrew;
# it may wait for the goods, or for proof that they were sent.
REFUND_WINDOW = timedelta(days=14)
# What waits longest comes first; of what is done, the newest.
TABS: dict[ReturnStatus, tuple[str, str]] = {
    ReturnStatus.REQUESTED: ("event_time", "id"),
    ReturnStatus.APPROVED: ("event_time", "id"),
    ReturnStatus.RECEIVED: ("event_time", "id"),
    ReturnStatus.REFUNDED: ("-event_time", "-id"),
    ReturnStatus.REJECTED: ("-event_time", "-id"),
}
TO_DO = (ReturnStatus.REQUESTED, ReturnStatus.APPROVED, ReturnStatus.RECEIVED)


@dataclass(frozen=True, kw_only=True)
class Clock:
    """What the law gives a shop for the money of a withdrawal."""

    due: datetime
    now: datetime
    # The money may be kept back until the goods are there.
    may_wait: bool

    @property
    def is_over(self) -> bool:
        return self.now >= self.due

    @property
    def days_left(self) -> int:
        """Begun days; 0 once it is over."""
        return max(-((self.now - self.due) // timedelta(days=1)), 0)


@dataclass(frozen=True)
class ListedReturn:
    """A row of the list. clock: None where the law has none, or the money is back."""

    back: OrderReturn
    clock: Clock | None

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.back.lines.all())

    @property
    def names(self) -> str:
        lines = self.back.lines.all()
        return ", ".join(line_name(line) for line in lines)

    @property
    def buyer(self) -> str:
        return buyer_name(self.back.order)


@dataclass(frozen=True, kw_only=True)
class SellReturn:
    """Everything that a return's page shows. asked: units by SKU, as the buyer sent them."""

    back: OrderReturn
    lines: Sequence[OrderReturnItem]
    photos: Sequence[OrderReturnPhoto]
    asked: Mapping[str, int]
    clock: Clock | None
    money: MoneyFacts
    # Where the last approved return of the shop was to be sent.
    usual_answer: str = ""

    @property
    def missing(self) -> list[tuple[str, int]]:
        """Units by SKU that were announced and did not come."""
        if self.back.received_at is None:
            return []
        came: dict[str, int] = {}
        for line in self.lines:
            sku = line.order_item.sku if line.order_item else ""
            units = line.received_quantity
            came[sku] = came.get(sku, 0) + (line.quantity if units is None else units)
        return [
            (sku, units - came.get(sku, 0))
            for sku, units in self.asked.items()
            if units > came.get(sku, 0)
        ]

    @property
    def can_answer(self) -> bool:
        return self.back.status == ReturnStatus.REQUESTED

    @property
    def can_say_where(self) -> bool:
        """Of a withdrawal, which needs no approval."""
        return self.back.status == ReturnStatus.APPROVED and not self.back.answer

    @property
    def can_refuse(self) -> bool:
        return self.can_answer and self.back.kind != ReturnKind.WITHDRAWAL

    @property
    def can_note_sent(self) -> bool:
        is_on_its_way = self.back.status == ReturnStatus.APPROVED
        return is_on_its_way and self.back.sent_back_at is None

    @property
    def can_receive(self) -> bool:
        is_early = (
            self.back.status == ReturnStatus.REFUNDED
            and self.back.sent_back_at is not None
            and self.back.received_at is None
        )
        return self.back.status == ReturnStatus.APPROVED or is_early

    @property
    def can_refund(self) -> bool:
        return is_refund_due(self.back) and self.due > 0

    @property
    def due(self) -> Decimal:
        return min(self.back.refund_total, self.money.refundable)


def is_refund_due(back: OrderReturn) -> bool:
    """It was looked at, or the buyer proved that it is on its way."""
    if back.status == ReturnStatus.APPROVED:
        return back.sent_back_at is not None
    return bool(back.status == ReturnStatus.RECEIVED)


def line_name(line: OrderReturnItem) -> str:
    item = line.order_item
    if item is None:
        return ""
    return f"{item.name} ({item.title})" if item.title else str(item.name)


def shop_returns(*, shop_id: UUID) -> QuerySet[OrderReturn]:
    return OrderReturn.objects.filter(shop_id=shop_id, order__deleted_at=None)


def listed_returns(
    *, shop_id: UUID, tab: ReturnStatus, now: datetime, cursor: str = ""
) -> tuple[KeysetPage[OrderReturn], list[ListedReturn]]:
    """One page of one state; three statements."""
    lines = OrderReturnItem.objects.select_related("order_item").order_by("id")
    returns = shop_returns(shop_id=shop_id).filter(status=tab)
    returns = returns.select_related("order").prefetch_related(Prefetch("lines", lines))
    page = keyset_page(returns, order=TABS[tab], cursor=cursor, size=PAGE)
    rows = [ListedReturn(back, clock_of(back=back, now=now)) for back in page.rows]
    return page, rows


def return_counts(*, shop_id: UUID) -> dict[ReturnStatus, int]:
    """How many wait in each state that is worked off, to MOST_COUNTED; one statement."""
    parts: list[str] = []
    values: list[Any] = []
    for tab in TO_DO:
        few = shop_returns(shop_id=shop_id).filter(status=tab).order_by()
        sql, params = few.values("pk")[:MOST_COUNTED].query.sql_with_params()
        parts.append(f"(SELECT count(*) FROM ({sql}) AS few)")
        values.extend(params)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", values)
        counts = cursor.fetchone()
    return dict(zip(TO_DO, counts, strict=True))


def clock_of(*, back: OrderReturn, now: datetime) -> Clock | None:
    """Runs from the moment the buyer withdrew until the money is back."""
    if back.kind != ReturnKind.WITHDRAWAL or back.status in {
        ReturnStatus.REFUNDED,
        ReturnStatus.REJECTED,
    }:
        return None
    return Clock(
        due=back.event_time + REFUND_WINDOW,
        now=now,
        may_wait=back.status == ReturnStatus.APPROVED and back.sent_back_at is None,
    )


def sell_return(*, back: OrderReturn, now: datetime) -> SellReturn:
    """In the same number of statements for any number of lines and photos.

    back: with its order.
    """
    lines = back.lines.select_related("order_item", "product").order_by("id")
    known = [source(back.order) for source in money_sources]
    asked: dict[str, int] = {}
    for one in back.items:
        sku = str(one.get("sku", ""))
        asked[sku] = asked.get(sku, 0) + int(one.get("quantity", 0))
    usual = ""
    if back.status == ReturnStatus.REQUESTED or not back.answer:
        approved = shop_returns(shop_id=back.order.shop_id).filter(
            status__in=[ReturnStatus.APPROVED, ReturnStatus.RECEIVED]
        )
        answers = approved.exclude(answer="").order_by("-event_time", "-id")
        usual = answers.values_list("answer", flat=True).first() or ""
    return SellReturn(
        back=back,
        lines=list(lines),
        photos=list(back.photos.order_by("id")),
        asked=asked,
        clock=clock_of(back=back, now=now),
        money=known[0] if known else MoneyFacts(),
        usual_answer=usual,
    )


def covers_order(*, back: OrderReturn) -> bool:
    """Whether everything that was sent of the order is in this one return."""
    if back.order.status == OrderStatus.CANCELLED:
        return False
    units = {item.pk: item.quantity - item.removed_quantity for item in _items(back)}
    for line in back.lines.all():
        if line.order_item_id is not None:
            units[line.order_item_id] -= line.quantity
    return not any(units.values())


def _items(back: OrderReturn) -> list[OrderItem]:
    return list(OrderItem.objects.filter(order=back.order_id))
