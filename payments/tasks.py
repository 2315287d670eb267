"""The payments' place in the schedule."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from payments.services.payments import void_payment
from payments.services.refunds import refund_cancelled_order
from payments.services.set_off import release_kept
from payments.services.settling import settle_open_payments


@shared_task(acks_late=True)
def settle_open() -> None:
    """Ask gateways how open payments and refunds ended. Safe to repeat and overlap."""
    settle_open_payments(now=timezone.now())


@shared_task(acks_late=True)
def refund_cancelled(*, order_id: str) -> None:
    """Give back what was paid for a cancelled order. Safe to repeat: it gives it once."""
    refund_cancelled_order(order_id=UUID(order_id), now=timezone.now())


@shared_task(acks_late=True)
def give_back_kept(*, order_id: str) -> None:
    """Give back what was set aside for an order that nobody paid. Safe to repeat."""
    release_kept(order_id=UUID(order_id), now=timezone.now())


@shared_task(acks_late=True)
def let_go(*, checkout_id: str) -> None:
    """Void money set aside for a checkout of which nothing is left. Safe to repeat."""
    void_payment(checkout_id=UUID(checkout_id), now=timezone.now())
