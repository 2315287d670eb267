"""Work of the catalogue in the background; each task calls one service."""

from datetime import date
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from catalog.mail import send_back_in_stock, send_low_stock
from catalog.services import alerts, brands, low_stock, sizes
from catalog.services.schedule import run_schedule
from users.services.shop_news import BeingSent

# Short, so that a large brand takes turns with other work of the same worker.
MERGE_S = 20.0
SIZES_S = 20.0


@shared_task
def send_stock_alerts() -> None:
    """Send the messages that are due. Safe to repeat and overlap."""
    alerts.send_due_alerts(now=timezone.now(), send=send_back_in_stock)


@shared_task
def announce_back_in_stock() -> None:
    """Look for variants that came back unannounced, and send all that is due. Safe to repeat."""
    now = timezone.now()
    alerts.notify_all_back_in_stock(now=now)
    alerts.send_due_alerts(now=now, send=send_back_in_stock)


@shared_task
def tell_low_stock() -> None:
    """Where it is morning, write down what is low, and send what is not sent. Safe to repeat."""
    now = timezone.now()
    for shop_id, day in low_stock.shops_to_tell(now=now):
        low_stock.write_notice(shop_id=shop_id, day=day, now=now)
    for shop_id, day in low_stock.unsent_notices(now=now):
        send_low_stock_notice.delay(shop_id=str(shop_id), day=day.isoformat())


# SMTP's errors are OSErrors; a server that is away is tried for about an hour.
@shared_task(
    acks_late=True,
    autoretry_for=(OSError, BeingSent),
    retry_backoff=30,
    max_retries=7,
)
def send_low_stock_notice(*, shop_id: str, day: str) -> None:
    """Tell a shop's owners and managers. Safe to repeat: each gets it once."""
    low_stock.send_notice(
        shop_id=UUID(shop_id),
        day=date.fromisoformat(day),
        send=send_low_stock,
        now=timezone.now(),
    )


@shared_task
def follow_brand_merge(*, brand_id: str) -> None:
    """Some seconds of moving a merged brand's products; queues itself again. Safe to repeat."""
    if brands.move_products(brand_id=UUID(brand_id), budget_s=MERGE_S):
        follow_brand_merge.delay(brand_id=brand_id)


# OSError: the store of files cannot be reached. What stays undone is found by the other task.
@shared_task(autoretry_for=(OSError,), retry_backoff=30, max_retries=3)
def make_picture_sizes(*, product_id: str) -> None:
    """Smaller copies of a product's new pictures. Safe to repeat and overlap."""
    sizes.make_product_sizes(product_id=UUID(product_id))


@shared_task
def make_missing_picture_sizes(*, after: str | None = None) -> None:
    """Some seconds of what was left undone; queues itself again. Safe to repeat and overlap."""
    left_at = sizes.make_missing_sizes(
        budget_s=SIZES_S, after=UUID(after) if after else None
    )
    if left_at:
        make_missing_picture_sizes.delay(after=str(left_at))


@shared_task
def publish_and_withdraw() -> None:
    """Products whose time has come. Safe to repeat and overlap."""
    run_schedule(now=timezone.now())
