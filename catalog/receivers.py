"""What the catalogue does about its own news, after the commit."""

from catalog.events import BackInStock, BrandMerged
from catalog.tasks import follow_brand_merge, send_stock_alerts
from shop.events import Event, receives


@receives(BackInStock)
def send_alerts(event: Event) -> None:
    send_stock_alerts.delay()


@receives(BrandMerged)
def move_the_rest(event: Event) -> None:
    follow_brand_merge.delay(brand_id=str(event.entity_id))
