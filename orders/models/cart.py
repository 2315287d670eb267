from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from catalog.models import ProductVariant
from shop import fields

GUEST_CART_LIFE = timedelta(days=30)
ACCOUNT_CART_LIFE = timedelta(days=90)


class NextVersion(models.Func):
    """A higher number than any cart has."""

    template = "nextval('carts_version_seq')"
    output_field = models.BigIntegerField()


class CartStatus(models.TextChoices):
    OPEN = "open"
    ORDERED = "ordered"
    ABANDONED = "abandoned"
    MERGED = "merged"


class CartQuerySet(models.QuerySet["Cart"]):
    def owned_by(self, user_id: UUID | None, token: str) -> CartQuerySet:
        """An account's; without an account, the guest's who holds the token."""
        if user_id is not None:
            return self.filter(user_id=user_id)
        return self.filter(user=None, session_id=token) if token else self.none()

    def open_at(self, moment: datetime) -> CartQuerySet:
        """Those that still can be filled: open, and not left for too long."""
        return self.filter(
            Q(expires_at=None) | Q(expires_at__gt=moment), status=CartStatus.OPEN
        )


class Cart(models.Model):
    """What somebody means to buy, from any number of shops, in one currency."""

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
    # In capitals; at most one of a shop takes effect.
    coupon_codes = ArrayField(
        models.CharField(max_length=64),
        default=list,
        db_default=models.Value([], ArrayField(models.CharField(max_length=64))),
        blank=True,
    )
    # Where it would be sent, as chosen for the estimate or for the checkout; empty: not said.
    country = fields.text(2)
    province = fields.text(100)
    expires_at = fields.moment()
    updated_at = fields.changed_at()
    # Rises with each change, under the row's lock: copies are told apart by it.
    version = models.BigIntegerField(db_default=NextVersion(), editable=False)

    # Opened in this transaction: nobody has seen it.
    is_new = False

    objects = CartQuerySet.as_manager()

    class Meta:
        db_table = "carts"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=CartStatus.values),
                name="chk_carts_status",
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(status=CartStatus.OPEN),
                name="uk_carts_open_user",
            ),
            models.UniqueConstraint(
                fields=["session_id"],
                condition=Q(status=CartStatus.OPEN, user=None),
                name="uk_carts_open_session_id",
            ),
        ]

    def __str__(self) -> str:
        return f"cart {self.id}"

    def life(self) -> timedelta:
        """How long it is kept after its last change."""
        return ACCOUNT_CART_LIFE if self.user_id else GUEST_CART_LIFE


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
