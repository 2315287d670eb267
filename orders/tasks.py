"""The orders' place in the schedule."""

from celery import shared_task
from django.utils import timezone

from catalog.services.stock import release_expired_stock
from orders.services.cart import abandon_carts
from orders.services.checkout import expire_checkouts


@shared_task(acks_late=True)
def expire_unpaid() -> None:
    """End checkouts that nobody paid in time. Safe to repeat, and harmless twice at once."""
    now = timezone.now()
    expire_checkouts(now=now)
    # Whatever a checkout left behind; those just expired have released theirs.
    release_expired_stock(now=now)


@shared_task(acks_late=True)
def close_old_carts() -> None:
    """Close carts that were left for too long. Safe to repeat."""
    abandon_carts(now=timezone.now())
