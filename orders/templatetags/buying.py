"""What the pages of a purchase draw with."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import template
from django.utils.translation import gettext as _

from orders.models import (
    FulfillmentStatus,
    Order,
    OrderReturn,
    OrderStatus,
    ReturnStatus,
)

register = template.Library()


@register.filter
def of(values: Mapping[Any, Any] | None, key: Any) -> Any:
    """`{{ errors|of:line.item_id }}`: the value of a key; empty where there is none."""
    return values.get(key, "") if values else ""


@register.filter
def negative(amount: Decimal) -> Decimal:
    """A discount, as it stands in a sum."""
    return -amount


@register.filter
def state_name(status: str) -> str:
    """An order's status, for its buyer."""
    names = {
        OrderStatus.PENDING: _("Waiting for the payment"),
        OrderStatus.PROCESSING: _("Paid, being packed"),
        OrderStatus.SHIPPED: _("On its way"),
        OrderStatus.DELIVERED: _("Delivered"),
        OrderStatus.CANCELLED: _("Cancelled"),
        OrderStatus.REFUNDED: _("Paid back"),
    }
    return names.get(OrderStatus(status), "")


@register.filter
def order_state(order: Order) -> str:
    """Where an order is, in a few words."""
    if order.fulfillment_status == FulfillmentStatus.RETURNED:
        return _("Sent back")
    is_partial = order.fulfillment_status == FulfillmentStatus.PARTIAL
    if is_partial and order.status == OrderStatus.PROCESSING:
        return _("Partly on its way")
    return state_name(order.status)


@register.filter
def return_state(back: OrderReturn) -> str:
    """Where a return is, in a few words."""
    names = {
        ReturnStatus.REQUESTED: _("Waiting for the shop"),
        ReturnStatus.APPROVED: _("Send it back"),
        ReturnStatus.RECEIVED: _("The shop has it"),
        ReturnStatus.REFUNDED: _("Paid back"),
        ReturnStatus.REJECTED: _("Refused"),
    }
    return names.get(ReturnStatus(back.status), "")
