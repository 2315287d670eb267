"""An order as its buyer sees it: what became of it so far, and what can still be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from orders.models import (
    FulfillmentStatus,
    Invoice,
    Order,
    OrderItem,
    OrderReturn,
    OrderStatus,
    OrderStatusChange,
    OrderTracking,
)


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
    now: datetime

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


def order_items(*, order: Order) -> list[OrderItem]:
    return list(order.items.select_related("product").order_by("id"))


def parcels_of(*, order: Order) -> list[OrderTracking]:
    parcels = order.tracking.prefetch_related("items__order_item")
    return list(parcels.order_by("id"))


def returns_of(*, order: Order) -> list[OrderReturn]:
    returns = order.returns.prefetch_related("lines__order_item", "photos")
    return list(returns.order_by("event_time", "id"))
