"""What the payments do about cancelled orders, after the commit."""

from orders.events import OrderCancelled
from orders.models import CheckoutStatus, Order
from payments.models import PaymentAttempt, PaymentStatus, Refund, RefundStatus
from payments.tasks import give_back_kept, let_go, refund_cancelled
from shop.events import Event, receives


@receives(OrderCancelled)
def give_back(event: Event) -> None:
    """May run twice: the tasks give the money back once."""
    if event.data.get("paid"):
        refund_cancelled.delay(order_id=str(event.entity_id))
        return
    order_id = event.entity_id
    if Refund.objects.filter(kept_for=order_id, status=RefundStatus.PENDING).exists():
        give_back_kept.delay(order_id=str(order_id))
    ended = (CheckoutStatus.FAILED, CheckoutStatus.EXPIRED)
    held = PaymentAttempt.objects.filter(
        payment__checkout__in=Order.objects.filter(
            pk=event.entity_id, checkout__status__in=ended
        ).values("checkout"),
        status=PaymentStatus.AUTHORIZED,
    )
    checkout_id = held.values_list("payment__checkout", flat=True).first()
    if checkout_id is not None:
        let_go.delay(checkout_id=str(checkout_id))
