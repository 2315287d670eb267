"""The steps of an order: each change of status is a row of its history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser

from catalog.services.stock import release_stock
from orders.events import OrderCancelled
from orders.models import (
    FinancialStatus,
    Order,
    OrderItem,
    OrderStatus,
    OrderStatusChange,
)
from orders.services.coupons import give_back_coupons
from shop.events import publish_many


def change_status(
    orders: Sequence[Order],
    status: OrderStatus,
    *,
    now: datetime,
    by: AbstractBaseUser | None = None,
    notes: str = "",
    **values: Any,
) -> None:
    """Give orders, which the caller has locked, a status and other values."""
    for order in orders:
        order.status = status
        for name, value in values.items():
            setattr(order, name, value)
    Order.objects.filter(pk__in=[order.pk for order in orders]).update(
        status=status, updated_at=now, **values
    )
    note_status(orders, now=now, by=by, notes=notes)


def note_status(
    orders: Iterable[Order],
    *,
    now: datetime,
    by: AbstractBaseUser | None = None,
    notes: str = "",
) -> None:
    """Write the status that orders have into their history."""
    OrderStatusChange.objects.bulk_create(
        OrderStatusChange(
            order=order,
            status=order.status,
            user_id=by.pk if by else None,
            notes=notes,
            created_at=now,
        )
        for order in orders
    )


def cancel_unpaid(
    orders: Sequence[Order],
    *,
    checkout_id: UUID,
    financial_status: FinancialStatus,
    reason: str,
    now: datetime,
    by: AbstractBaseUser | None = None,
    is_expired: bool = False,
) -> None:
    """End orders that were placed and not paid: their stock and coupons are free again.

    The caller has locked the checkout and the orders.
    """
    if not orders:
        return
    change_status(
        orders,
        OrderStatus.CANCELLED,
        now=now,
        by=by,
        notes=reason,
        financial_status=financial_status,
        cancelled_at=now,
        cancel_reason=reason,
    )
    give_back_coupons(order_ids=[order.pk for order in orders])
    items = OrderItem.objects.filter(order__in=orders)
    release_stock(
        checkout_id=checkout_id,
        variant_ids=[
            variant_id
            for variant_id in items.values_list("variant_id", flat=True)
            if variant_id is not None
        ],
    )
    publish_many(
        OrderCancelled.about(
            order,
            at=now,
            actor=by,
            data={"shop_id": order.shop_id, "paid": False, "expired": is_expired},
        )
        for order in orders
    )
