from django.conf import settings
from django.db import models

from catalog.models import ProductVariant
from shop import fields


class CartStatus(models.TextChoices):
    OPEN = "open"
    ORDERED = "ordered"
    ABANDONED = "abandoned"
    MERGED = "merged"


class Cart(models.Model):
    """What somebody means to buy, from any number of shops."""

    id = fields.key()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="carts",
    )
    session_id = models.CharField(max_length=64, null=True, blank=True, db_index=True)
    email = models.EmailField(null=True, blank=True)
    currency = fields.currency()
    status = fields.choice(CartStatus, CartStatus.OPEN)
    updated_at = fields.changed_at()

    class Meta:
        db_table = "carts"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=CartStatus.values),
                name="chk_carts_status",
            )
        ]

    def __str__(self) -> str:
        return f"cart {self.id}"


class CartItem(models.Model):
    """A variant in a cart, with the price it had when it was added."""

    id = fields.key()
    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="items")
    variant = models.ForeignKey(
        ProductVariant, on_delete=models.CASCADE, related_name="+"
    )
    quantity = models.IntegerField()
    added_price = fields.money()

    class Meta:
        db_table = "cart_items"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0), name="chk_cart_items_quantity"
            ),
            models.UniqueConstraint(
                fields=["cart", "variant"], name="uk_cart_items_cart_variant"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.variant_id}"


class AbandonedCart(models.Model):
    """A cart that was left, as it stood then."""

    id = fields.key()
    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    session_id = fields.text(64)
    email = models.EmailField(blank=True, **fields.both(""))
    items = models.JSONField(default=list, db_default=[])
    total_price = fields.money()
    abandoned_at = models.DateTimeField(db_index=True)
    recovered_at = fields.moment()
    recovery_email_sent = models.BooleanField(**fields.both(False))

    class Meta:
        db_table = "abandoned_carts"

    def __str__(self) -> str:
        return f"abandoned {self.cart_id}"
