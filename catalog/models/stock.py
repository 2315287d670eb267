from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from catalog.models.variant import ProductVariant
from shop import fields
from shop.models import Shop
from shop.partitions import Every, Partitioning


class StockReason(models.TextChoices):
    OPENING = "opening", pgettext_lazy("stock", "Opening stock")
    IMPORT = "import", pgettext_lazy("stock", "Import")
    COUNT = "count", pgettext_lazy("stock", "Count")
    CORRECTION = "correction", pgettext_lazy("stock", "Correction")
    SALE = "sale", pgettext_lazy("stock", "Sale")
    RETURN = "return", pgettext_lazy("stock", "Come back")
    DAMAGE = "damage", pgettext_lazy("stock", "Damaged or lost")
    DELIVERY = "delivery", pgettext_lazy("stock", "Delivery")


class InventoryLog(models.Model):
    """The stock ledger: the adjustments of a variant sum to its inventory_quantity."""

    id = fields.key()
    product_id = models.UUIDField()
    variant_id = models.UUIDField()
    old_quantity = models.IntegerField()
    new_quantity = models.IntegerField()
    adjustment = models.IntegerField()
    reason = models.CharField(max_length=32, choices=StockReason.choices)
    notes = fields.long_text()
    user_id = models.UUIDField(null=True)
    # The order that took the units or brought them back, of the app above this one.
    order_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=timezone.now, db_default=Now())

    partitioning = Partitioning(
        by="created_at", every=Every.MONTH, key=("id", "created_at")
    )

    class Meta:
        db_table = "inventory_logs"
        indexes = [
            fields.Index(
                fields=["variant_id", "created_at"],
                name="idx_inventory_logs_variant_id_created_at",
            ),
            fields.Index(
                fields=["product_id", "created_at"],
                name="idx_inventory_logs_product_id_created_at",
            ),
            fields.Index(
                fields=["created_at"],
                name="idx_inventory_logs_created_at",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    new_quantity=models.F("old_quantity") + models.F("adjustment")
                ),
                name="chk_inventory_logs_sum",
            )
        ]

    def __str__(self) -> str:
        return f"{self.adjustment:+d} {self.reason}"


class StockReservation(models.Model):
    """Units promised to one checkout until it is paid or its time is over."""

    id = fields.key()
    variant = models.ForeignKey(
        ProductVariant, on_delete=models.CASCADE, related_name="reservations"
    )
    # A checkout of the orders app, which stands above this one.
    checkout_id = models.UUIDField()
    quantity = models.IntegerField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "stock_reservations"
        indexes = [
            fields.Index(
                fields=["expires_at"], name="idx_stock_reservations_expires_at"
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0),
                name="chk_stock_reservations_quantity",
            ),
            models.UniqueConstraint(
                fields=["checkout_id", "variant"],
                name="uk_stock_reservations_checkout_id_variant",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.variant_id}"


class StockAlert(models.Model):
    """Somebody waits for a variant to come back: an account, or an e-mail address.

    It waits until the variant can be sold, is then due for its message, and when that is
    sent `notified_at` is set and the address of a guest is forgotten.
    """

    id = fields.key()
    created_at = fields.written_at()
    variant = models.ForeignKey(
        ProductVariant, on_delete=models.CASCADE, related_name="alerts"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
    )
    email = models.EmailField(blank=True, **fields.both(""))
    # In which it was asked for; an account's own choice comes first.
    language = fields.text(16)
    # The message may be sent from then on; who sends it moves this ahead first.
    due_at = fields.moment()
    notified_at = fields.moment()

    class Meta:
        db_table = "stock_alerts"
        indexes = [
            fields.Index(
                fields=["due_at"],
                name="idx_stock_alerts_due_at",
                condition=models.Q(notified_at__isnull=True),
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(user__isnull=False)
                | ~models.Q(email="")
                | models.Q(notified_at__isnull=False),
                name="chk_stock_alerts_person",
            ),
            models.UniqueConstraint(
                fields=["variant", "user"],
                condition=models.Q(user__isnull=False, notified_at__isnull=True),
                name="uk_stock_alerts_variant_user",
            ),
            models.UniqueConstraint(
                fields=["variant", "email"],
                condition=~models.Q(email="") & models.Q(notified_at__isnull=True),
                name="uk_stock_alerts_variant_email",
            ),
        ]

    def __str__(self) -> str:
        return f"alert for {self.variant_id}"


class LowStockNotice(models.Model):
    """What a shop's people are told of a day: one row a day, and one message for each person."""

    id = fields.key()
    created_at = fields.written_at()
    shop = models.ForeignKey(
        Shop,
        on_delete=models.CASCADE,
        db_index=False,
        related_name="low_stock_notices",
    )
    day = models.DateField()

    class Meta:
        db_table = "low_stock_notices"
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "day"], name="uk_low_stock_notices_shop_day"
            )
        ]

    def __str__(self) -> str:
        return f"low stock of {self.shop_id} on {self.day}"


class LowStockLine(models.Model):
    """A variant that a notice names; it is not named again before it was refilled."""

    id = fields.key()
    notice = models.ForeignKey(
        LowStockNotice, on_delete=models.CASCADE, related_name="lines"
    )
    variant = models.ForeignKey(
        ProductVariant,
        on_delete=models.CASCADE,
        db_index=False,
        related_name="low_stock_lines",
    )
    # When it was told: free units, and the number from which they are few.
    left = models.IntegerField()
    threshold = models.IntegerField()
    refilled_at = fields.moment()

    class Meta:
        db_table = "low_stock_lines"
        indexes = [
            fields.Index(fields=["variant"], name="idx_low_stock_lines_variant_id")
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["variant"],
                condition=models.Q(refilled_at__isnull=True),
                name="uk_low_stock_lines_variant",
            )
        ]

    def __str__(self) -> str:
        return f"{self.left} of {self.variant_id}"
