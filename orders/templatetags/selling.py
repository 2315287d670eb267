"""What the pages behind the counter draw orders with."""

from __future__ import annotations

from dataclasses import dataclass

from django import template
from django.utils.translation import gettext as _

from orders.models import (
    FinancialStatus,
    FulfillmentStatus,
    Order,
    OrderReturn,
    OrderStatus,
    ReturnStatus,
)
from orders.queries.sell_orders import buyer_name

register = template.Library()


@dataclass(frozen=True)
class State:
    """tone: good, wait, bad, or empty."""

    words: str
    tone: str = ""


@register.filter
def work_state(order: Order) -> State:
    """Where an order is in the shop's work."""
    if order.fulfillment_status == FulfillmentStatus.RETURNED:
        return State(_("Sent back"))
    match OrderStatus(order.status):
        case OrderStatus.PENDING:
            return State(_("Waits for payment"), "wait")
        case OrderStatus.PROCESSING:
            if order.fulfillment_status == FulfillmentStatus.PARTIAL:
                return State(_("Partly sent"), "wait")
            return State(_("To pack"), "wait")
        case OrderStatus.SHIPPED:
            return State(_("Sent"), "good")
        case OrderStatus.DELIVERED:
            return State(_("Delivered"), "good")
        case OrderStatus.CANCELLED:
            return State(_("Cancelled"), "bad")
        case _:
            return State(_("Given back"), "bad")


@register.filter
def money_state(order: Order) -> State:
    """Where its money is."""
    return {
        FinancialStatus.PENDING: State(_("Not paid"), "wait"),
        FinancialStatus.AUTHORIZED: State(_("Set aside"), "wait"),
        FinancialStatus.PAID: State(_("Paid"), "good"),
        FinancialStatus.PARTIALLY_REFUNDED: State(_("Partly given back")),
        FinancialStatus.REFUNDED: State(_("Given back"), "bad"),
        FinancialStatus.VOIDED: State(_("Let go")),
        FinancialStatus.FAILED: State(_("Payment failed"), "bad"),
    }[FinancialStatus(order.financial_status)]


@register.filter
def work_of_return(back: OrderReturn) -> State:
    """Where a return is in the shop's work."""
    return {
        ReturnStatus.REQUESTED: State(_("To answer"), "wait"),
        ReturnStatus.APPROVED: State(_("On its way"), "wait"),
        ReturnStatus.RECEIVED: State(_("To pay back"), "wait"),
        ReturnStatus.REFUNDED: State(_("Paid back"), "good"),
        ReturnStatus.REJECTED: State(_("Refused"), "bad"),
    }[ReturnStatus(back.status)]


@register.filter
def buyer(order: Order) -> str:
    return buyer_name(order)
