"""An order as its buyer sees it: what became of it so far, and what can still be done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Sum

from orders.models import (
    FulfillmentStatus,
    Invoice,
    Order,
    OrderItem,
    OrderReturn,
    OrderReturnItem,
    OrderStatus,
    OrderStatusChange,
    OrderTracking,
    ReturnStatus,
    ShipmentItem,
)
from orders.queries.set_off import SetOff, given_back, set_off_from

RETURN_WINDOW = timedelta(days=30)
# Directive 2011/83/EU, article 9: 14 days from when the consumer has the goods.
WITHDRAWAL_WINDOW = timedelta(days=14)


@dataclass(frozen=True, kw_only=True)
class OrderPage:
    """returnable: item id -> units that were sent and are in no return yet."""

    order: Order
    items: Sequence[OrderItem]
    parcels: Sequence[OrderTracking]
    history: Sequence[OrderStatusChange]
    returns: Sequence[OrderReturn]
    invoice: Invoice | None
    returnable: dict[UUID, int]
    # Until when each can be asked for; None: the time begins with the delivery.
    return_until: datetime | None
    withdraw_until: datetime | None
    # What was taken out of it and pays others.
    set_off: Sequence[SetOff]
    now: datetime

    @property
    def given_back(self) -> Decimal:
        return given_back(self.order, self.set_off)

    @property
    def steps(self) -> list[tuple[OrderStatusChange, bool]]:
        """The history; with each step whether a parcel left and others were to follow."""
        parcels = {
            f"{parcel.carrier} {parcel.tracking_number}".strip()
            for parcel in self.parcels
        }
        steps = []
        was_paid = False
        for change in self.history:
            is_paid = change.status == OrderStatus.PROCESSING
            steps.append((change, is_paid and was_paid and change.notes in parcels))
            was_paid = was_paid or is_paid
        return steps

    @property
    def to_come(self) -> list[tuple[OrderItem, int]]:
        """Of an order that was sent in part, what was not sent so far."""
        if (
            self.order.status != OrderStatus.PROCESSING
            or self.order.fulfillment_status != FulfillmentStatus.PARTIAL
        ):
            return []
        sent: Counter[UUID] = Counter()
        for parcel in self.parcels:
            for line in parcel.items.all():
                sent[line.order_item_id] += line.quantity
        left = [
            (item, item.quantity - item.removed_quantity - sent[item.pk])
            for item in self.items
        ]
        return [(item, units) for item, units in left if units > 0]

    @property
    def can_cancel(self) -> bool:
        """As long as nothing of it was sent."""
        return (
            self.order.status in {OrderStatus.PENDING, OrderStatus.PROCESSING}
            and self.order.fulfillment_status == FulfillmentStatus.UNFULFILLED
        )

    @property
    def can_return(self) -> bool:
        return self._is_in_time(self.return_until)

    @property
    def can_withdraw(self) -> bool:
        return self._is_in_time(self.withdraw_until)

    def _is_in_time(self, until: datetime | None) -> bool:
        return any(self.returnable.values()) and (until is None or self.now < until)


def order_page(*, order: Order, now: datetime) -> OrderPage:
    """In the same number of statements for any number of items, parcels and returns."""
    items = order_items(order=order)
    parcels = parcels_of(order=order, items=items)
    returns = returns_of(order=order, items=items)
    over = order.completed_at
    return OrderPage(
        order=order,
        items=items,
        parcels=parcels,
        history=list(order.status_history.order_by("id")),
        returns=returns,
        invoice=order.invoices.first(),
        returnable=_left(
            items,
            sent=[line for parcel in parcels for line in parcel.items.all()],
            back=[
                line
                for back in returns
                if back.status != ReturnStatus.REJECTED
                for line in back.lines.all()
            ],
        ),
        return_until=over + RETURN_WINDOW if over else None,
        withdraw_until=over + WITHDRAWAL_WINDOW if over else None,
        set_off=set_off_from(order=order)
        if any(item.removed_quantity for item in items)
        else [],
        now=now,
    )


def order_items(*, order: Order) -> list[OrderItem]:
    return list(order.items.select_related("product").order_by("id"))


def parcels_of(*, order: Order, items: Sequence[OrderItem]) -> list[OrderTracking]:
    parcels = list(order.tracking.prefetch_related("items").order_by("id"))
    _name(items, [line for parcel in parcels for line in parcel.items.all()])
    return parcels


def returns_of(*, order: Order, items: Sequence[OrderItem]) -> list[OrderReturn]:
    returns = order.returns.prefetch_related("lines", "photos")
    found = list(returns.order_by("event_time", "id"))
    _name(items, [line for back in found for line in back.lines.all()])
    return found


def _name(
    items: Sequence[OrderItem], lines: Iterable[ShipmentItem | OrderReturnItem]
) -> None:
    """Tell lines which item they are of: the order's items are there already."""
    by_id = {item.pk: item for item in items}
    for line in lines:
        if line.order_item_id in by_id:
            line.order_item = by_id[line.order_item_id]


def _left(
    items: Sequence[OrderItem],
    *,
    sent: Iterable[ShipmentItem],
    back: Iterable[OrderReturnItem],
) -> dict[UUID, int]:
    """`returnable`, of rows that were read."""
    units: Counter[UUID | None] = Counter()
    for line in sent:
        units[line.order_item_id] += line.quantity
    for gone in back:
        units[gone.order_item_id] -= gone.quantity
    return {item.pk: max(units[item.pk], 0) for item in items}


def returnable(*, items: Sequence[OrderItem]) -> dict[UUID, int]:
    """Of order items, by id, the units that were shipped and are in no return yet."""
    shipped = (
        ShipmentItem.objects.filter(order_item__in=items)
        .values_list("order_item_id")
        .annotate(units=Sum("quantity"))
    )
    back = (
        OrderReturnItem.objects.filter(order_item__in=items)
        .exclude(order_return__status=ReturnStatus.REJECTED)
        .values_list("order_item_id")
        .annotate(units=Sum("quantity"))
    )
    sent, returned = dict(shipped), dict(back)
    return {
        item.pk: max(sent.get(item.pk, 0) - returned.get(item.pk, 0), 0)
        for item in items
    }
