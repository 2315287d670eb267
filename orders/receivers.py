"""What follows, after the commit, from what happened to orders."""

from orders.events import OrderPaid
from orders.services.buyers import tell_who_bought
from shop.events import Event, receives


@receives(OrderPaid)
def verify_reviews(event: Event) -> None:
    tell_who_bought(order_id=event.entity_id, now=event.at)
