from django.conf import settings
from django.db import models

from orders.models.cart import Cart
from shop import fields


class CheckoutStatus(models.TextChoices):
    OPEN = "open"
    AWAITING_PAYMENT = "awaiting_payment"
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"


class Checkout(models.Model):
    """One purchase over any number of shops; it becomes one order a shop."""

    id = fields.key()
    # Without a cart where the purchase came in from a file.
    cart = models.ForeignKey(
        Cart, on_delete=models.RESTRICT, null=True, blank=True, related_name="checkouts"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="checkouts",
    )
    email = models.EmailField(blank=True, **fields.both(""))
    currency = fields.currency()
    total_price = fields.money()
    status = fields.choice(CheckoutStatus, CheckoutStatus.OPEN)
    # Whoever brought the purchase in, and its name there; unique together.
    source = fields.text(64)
    checkout_ref = models.CharField(max_length=255, null=True, blank=True)
    idempotency_key = models.CharField(
        max_length=255, unique=True, null=True, blank=True
    )
    expires_at = fields.moment()

    class Meta:
        db_table = "checkouts"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=CheckoutStatus.values),
                name="chk_checkouts_status",
            ),
            models.UniqueConstraint(
                fields=["source", "checkout_ref"],
                name="uk_checkouts_source_checkout_ref",
            ),
        ]

    def __str__(self) -> str:
        return f"checkout {self.id}"
