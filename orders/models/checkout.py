from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q

from orders.models.cart import Cart
from shop import fields
from shop.models import Shop


class CheckoutStatus(models.TextChoices):
    OPEN = "open"
    AWAITING_PAYMENT = "awaiting_payment"
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"


class CheckoutQuerySet(models.QuerySet["Checkout"]):
    def owned_by(self, user_id: UUID | None, token: str) -> CheckoutQuerySet:
        """An account's; without an account, the guest's who holds the cart's token."""
        if user_id is not None:
            return self.filter(user_id=user_id)
        if not token:
            return self.none()
        return self.filter(user=None, cart__user=None, cart__session_id=token)

    def overdue(self, moment: datetime) -> CheckoutQuerySet:
        """Those whose time to pay is over."""
        return self.filter(
            status=CheckoutStatus.AWAITING_PAYMENT, expires_at__lte=moment
        )


class Checkout(models.Model):
    """One purchase over any number of shops; it becomes one order a shop.

    While it is open the row keeps what the buyer has said so far: e-mail, addresses, and
    the delivery method of each shop.
    """

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
    # A shop's, for a buyer who is not there: who made it, and the order it adds to.
    shop = models.ForeignKey(
        Shop,
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="checkouts",
        db_index=False,
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    adds_to = models.ForeignKey(
        "orders.Order",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="additions",
    )
    email = models.EmailField(blank=True, **fields.both(""))
    shipping_address = fields.document()
    # Empty: the same as the shipping address.
    billing_address = fields.document()
    # shop id -> delivery method id
    delivery = fields.document()
    notes = fields.long_text()
    # The language the buyer read when the orders were placed; news is written in it.
    language = fields.text(16, editable=False)
    currency = fields.currency()
    total_price = fields.money()
    # What was taken out of the order that it adds to, and pays this much of it.
    set_off = fields.money()
    status = fields.choice(CheckoutStatus, CheckoutStatus.OPEN)
    # Of the quote that the buyer agreed to.
    quote_hash = fields.text(64, editable=False)
    # Whoever brought the purchase in, and its name there; unique together.
    source = fields.text(64)
    checkout_ref = models.CharField(max_length=255, null=True, blank=True)
    idempotency_key = models.CharField(
        max_length=255, unique=True, null=True, blank=True
    )
    placed_at = fields.moment(editable=False)
    # Until then stock is held for it.
    expires_at = fields.moment()

    objects = CheckoutQuerySet.as_manager()

    class Meta:
        db_table = "checkouts"
        indexes = [
            fields.Index(
                fields=["expires_at"],
                name="idx_checkouts_awaiting_payment",
                condition=Q(status=CheckoutStatus.AWAITING_PAYMENT),
            ),
            fields.Index(
                fields=["shop", "id"],
                name="idx_checkouts_shop_id",
                condition=Q(shop__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=CheckoutStatus.values),
                name="chk_checkouts_status",
            ),
            models.UniqueConstraint(
                fields=["source", "checkout_ref"],
                name="uk_checkouts_source_checkout_ref",
            ),
            # A cart is bought once: a checkout that failed or ran out makes way.
            models.UniqueConstraint(
                fields=["cart"],
                condition=Q(status__in=["open", "awaiting_payment", "paid"]),
                name="uk_checkouts_live_cart",
            ),
            models.CheckConstraint(
                condition=~Q(status=CheckoutStatus.AWAITING_PAYMENT)
                | Q(expires_at__isnull=False),
                name="chk_checkouts_expires_at",
            ),
            models.CheckConstraint(
                condition=Q(set_off__gte=0), name="chk_checkouts_set_off"
            ),
        ]

    def __str__(self) -> str:
        return f"checkout {self.id}"

    @property
    def due(self) -> Decimal:
        """What is asked of the buyer."""
        asked: Decimal = self.total_price - self.set_off
        return max(asked, Decimal(0))

    def is_overdue(self, moment: datetime) -> bool:
        """Its time to pay is over, whether or not anybody has noted it yet."""
        return (
            self.status == CheckoutStatus.AWAITING_PAYMENT
            and self.expires_at is not None
            and self.expires_at <= moment
        )
