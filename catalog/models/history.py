from datetime import timedelta

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from shop import fields
from shop.partitions import Every, Partitioning


class PriceChange(models.Model):
    """One change of a variant's price."""

    id = fields.key()
    variant_id = models.UUIDField()
    product_id = models.UUIDField()
    old_price = fields.optional_money()
    new_price = fields.money()
    changed_at = models.DateTimeField(default=timezone.now, db_default=Now())
    user_id = models.UUIDField(null=True)

    partitioning = Partitioning(
        by="changed_at", every=Every.MONTH, key=("id", "changed_at")
    )

    class Meta:
        db_table = "price_history"
        verbose_name_plural = "price history"
        indexes = [
            fields.Index(
                fields=["variant_id", "changed_at"],
                name="idx_price_history_variant_id_changed_at",
            ),
            fields.Index(
                fields=["product_id", "changed_at"],
                name="idx_price_history_product_id_changed_at",
            ),
            fields.Index(fields=["changed_at"], name="idx_price_history_changed_at"),
        ]

    def __str__(self) -> str:
        return f"{self.old_price} → {self.new_price}"


class ProductView(models.Model):
    """Somebody looked at a product."""

    id = fields.key()
    product_id = models.UUIDField()
    user_id = models.UUIDField(null=True)
    session_id = fields.text(64)
    ip_address = models.GenericIPAddressField(null=True)
    user_agent = fields.long_text()
    viewed_at = models.DateTimeField(default=timezone.now, db_default=Now())

    partitioning = Partitioning(
        by="viewed_at",
        every=Every.DAY,
        key=("id", "viewed_at"),
        keep=timedelta(days=365),
    )

    class Meta:
        db_table = "product_view_history"
        verbose_name_plural = "product view history"
        indexes = [
            fields.Index(
                fields=["product_id", "viewed_at"],
                name="idx_product_view_history_product_id_viewed_at",
            ),
            fields.Index(
                fields=["user_id", "viewed_at"],
                name="idx_product_view_history_user_id_viewed_at",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} at {self.viewed_at}"
