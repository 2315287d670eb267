"""What the catalogue does about its own news, after the commit."""

from catalog.events import BackInStock
from catalog.tasks import send_stock_alerts
from shop.events import Event, receives


@receives(BackInStock)
def send_alerts(event: Event) -> None:
    send_stock_alerts.delay()
