"""The orders' place in the schedule."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from catalog.services.stock import release_expired_stock
from orders.mail import send_order_news, send_pay_link
from orders.services import news
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


# SMTP's errors are OSErrors; a server that is away is tried for about an hour.
@shared_task(
    acks_late=True,
    autoretry_for=(OSError, news.BeingSent),
    retry_backoff=30,
    max_retries=7,
)
def tell_buyer(
    *, order_id: str, status: str, about: str = "", amount: str = ""
) -> None:
    """One message about an order. Safe to repeat."""
    news.tell_buyer(
        order_id=UUID(order_id),
        status=status,
        about=about,
        amount=amount,
        send=send_order_news,
        now=timezone.now(),
    )


@shared_task(
    acks_late=True,
    autoretry_for=(OSError, news.BeingSent),
    retry_backoff=30,
    max_retries=7,
)
def mail_pay_link(*, order_id: str, about: str) -> None:
    """The link to pay an order by, once for each time it was asked for. Safe to repeat."""
    news.tell_pay_link(
        order_id=UUID(order_id), about=about, send=send_pay_link, now=timezone.now()
    )
