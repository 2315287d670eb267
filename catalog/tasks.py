"""Work of the catalogue in the background; each task calls one service."""

from celery import shared_task
from django.utils import timezone

from catalog.mail import send_back_in_stock
from catalog.services import alerts


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
