"""What the catalogue does about its own news, after the commit."""

from catalog.events import BackInStock, BrandMerged, ProductEdited
from catalog.tasks import follow_brand_merge, make_picture_sizes, send_stock_alerts
from shop.events import Event, receives


@receives(BackInStock)
def send_alerts(event: Event) -> None:
    send_stock_alerts.delay()


@receives(BrandMerged)
def move_the_rest(event: Event) -> None:
    follow_brand_merge.delay(brand_id=str(event.entity_id))


@receives(ProductEdited)
def make_pictures_small(event: Event) -> None:
    if "pictures" in event.data.get("fields", ()):
        make_picture_sizes.delay(product_id=str(event.entity_id))
