import pgtrigger
from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import F, Q

from catalog.models import Product
from orders.models.order import Order, OrderItem
from shop import fields
from shop.models import Shop


class ReturnStatus(models.TextChoices):
    REQUESTED = "requested"
    APPROVED = "approved"
    RECEIVED = "received"
    REFUNDED = "refunded"
    REJECTED = "rejected"


class ReturnKind(models.TextChoices):
    RETURN = "return"
    # The right of consumers in the EU to step back within 14 days, without a reason.
    WITHDRAWAL = "withdrawal"


def private_storage() -> Storage:
    return storages["private"]


class KnowsShop(pgtrigger.Trigger):
    """Writes down whose order it is: a shop lists its returns without reading its orders."""

    name = "knows_shop"
    level = pgtrigger.Row
    when = pgtrigger.Before
    operation = pgtrigger.Insert
    func = """
        NEW.shop_id := (SELECT shop_id FROM orders WHERE id = NEW.order_id);
        RETURN NEW;
    """


class OrderReturn(models.Model):
    """Goods that come back, or a credit note for them; `event_time` is when it happened."""

    id = fields.key()
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="returns")
    # The order's; the database fills it in.
    shop = models.ForeignKey(
        Shop,
        on_delete=models.CASCADE,
        null=True,
        editable=False,
        db_index=False,
        related_name="+",
    )
    return_ref = models.CharField(max_length=255, null=True, blank=True)
    kind = fields.choice(ReturnKind, ReturnKind.RETURN)
    status = fields.choice(ReturnStatus, ReturnStatus.REQUESTED)
    reason = fields.long_text()
    # What the shop says to the buyer: why it refuses, or where to send it.
    answer = fields.long_text()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    restock = models.BooleanField(**fields.both(False))
    # What was asked for, as it was sent; what comes back stands in order_return_items.
    items = models.JSONField(default=list, db_default=[], blank=True)
    # What was given back for it, in the order's currency.
    refund_total = fields.money()
    # When the buyer proved that the goods are on their way, and when they were looked at.
    sent_back_at = fields.moment()
    received_at = fields.moment()
    event_time = models.DateTimeField()
    created_at = fields.written_at()
    updated_at = fields.changed_at()

    class Meta:
        db_table = "order_returns"
        indexes = [
            fields.Index(fields=["event_time"], name="idx_order_returns_event_time"),
            fields.Index(
                fields=["shop", "status", "event_time", "id"],
                name="idx_order_returns_shop_id_status_event_time",
            ),
        ]
        triggers = [KnowsShop()]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=ReturnStatus.values),
                name="chk_order_returns_status",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=ReturnKind.values), name="chk_order_returns_kind"
            ),
            models.CheckConstraint(
                condition=Q(refund_total__gte=0), name="chk_order_returns_refund_total"
            ),
            models.UniqueConstraint(
                fields=["order", "return_ref"], name="uk_order_returns_order_return_ref"
            ),
        ]

    def __str__(self) -> str:
        return f"return of {self.order_id}"


class OrderReturnItem(models.Model):
    """What comes back: so many of an order's line, or of a product sold before Soko."""

    id = fields.key()
    order_return = models.ForeignKey(
        OrderReturn, on_delete=models.CASCADE, related_name="lines"
    )
    order_item = models.ForeignKey(
        OrderItem,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="return_items",
    )
    product = models.ForeignKey(Product, on_delete=models.RESTRICT, related_name="+")
    item_ref = models.CharField(max_length=255, null=True, blank=True, editable=False)
    quantity = models.IntegerField()
    price = fields.money()
    amount = models.GeneratedField(
        expression=F("quantity") * F("price"),
        output_field=models.DecimalField(max_digits=12, decimal_places=2),
        db_persist=True,
    )
    restocked = models.BooleanField(**fields.both(False))
    # Of the units, how many came back; None until somebody looked.
    received_quantity = models.IntegerField(null=True, blank=True)
    # Of those, how many cannot be sold again.
    damaged_quantity = fields.count()

    class Meta:
        db_table = "order_return_items"
        constraints = [
            models.CheckConstraint(
                condition=Q(received_quantity__isnull=True, damaged_quantity=0)
                | Q(
                    received_quantity__range=(0, F("quantity")),
                    damaged_quantity__range=(0, F("received_quantity")),
                ),
                name="chk_order_return_items_received",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="chk_order_return_items_quantity"
            ),
            models.UniqueConstraint(
                fields=["order_return", "item_ref"],
                name="uk_order_return_items_return_item_ref",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} back"


class OrderReturnPhoto(models.Model):
    """What the buyer shows of it; for the buyer and the shop only."""

    id = fields.key()
    created_at = fields.written_at()
    order_return = models.ForeignKey(
        OrderReturn, on_delete=models.CASCADE, related_name="photos"
    )
    photo = models.ImageField(upload_to="returns/", storage=private_storage)

    class Meta:
        db_table = "order_return_photos"

    def __str__(self) -> str:
        return f"photo of {self.order_return_id}"
