"""What follows, after the commit, from what happened to orders."""

from orders.events import (
    OrderCancelled,
    OrderClaimed,
    OrderDelivered,
    OrderPaid,
    OrderRefunded,
    OrderShipped,
    PayLinkWanted,
    ReturnAnswered,
)
from orders.models import OrderStatus
from orders.services.buyers import tell_who_bought
from orders.services.news import RETURN_ANSWERED, about_answer
from orders.tasks import mail_pay_link, tell_buyer
from shop.events import Event, receives


@receives(OrderPaid, OrderShipped, OrderDelivered, OrderClaimed)
def verify_reviews(event: Event) -> None:
    tell_who_bought(order_id=event.entity_id, now=event.at)


STEPS = {
    OrderPaid.type: OrderStatus.PROCESSING,
    OrderShipped.type: OrderStatus.SHIPPED,
    OrderDelivered.type: OrderStatus.DELIVERED,
    OrderCancelled.type: OrderStatus.CANCELLED,
}


@receives(OrderPaid, OrderShipped, OrderDelivered, OrderCancelled)
def tell_the_buyer(event: Event) -> None:
    """Of an order that was never paid the buyer hears in the browser."""
    if event.type == OrderCancelled.type and not event.data.get("paid"):
        return
    tell_buyer.delay(
        order_id=str(event.entity_id),
        status=STEPS[event.type],
        # Each parcel is told of by itself.
        about=str(event.data.get("tracking_id", "")),
    )


@receives(OrderRefunded)
def tell_of_the_refund(event: Event) -> None:
    """What pays another order is told of with that one."""
    if event.data.get("kept_for"):
        return
    tell_buyer.delay(
        order_id=str(event.entity_id),
        status=OrderStatus.REFUNDED,
        about=str(event.id),
        amount=str(event.data["amount"]),
    )


@receives(ReturnAnswered)
def tell_of_the_answer(event: Event) -> None:
    tell_buyer.delay(
        order_id=str(event.entity_id),
        status=RETURN_ANSWERED,
        about=about_answer(
            return_id=event.data["return_id"], status=event.data["status"]
        ),
    )


@receives(PayLinkWanted)
def send_the_link(event: Event) -> None:
    mail_pay_link.delay(order_id=str(event.entity_id), about=str(event.id))
