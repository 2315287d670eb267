from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils.translation import pgettext_lazy

from shop import fields
from shop.entities import Entity, EntityType


class ShopStatus(models.TextChoices):
    ACTIVE = "active", pgettext_lazy("shop", "Active")
    PENDING = "pending", pgettext_lazy("shop", "Pending")
    SUSPENDED = "suspended", pgettext_lazy("shop", "Suspended")
    CLOSED = "closed", pgettext_lazy("shop", "Closed")


class ShopQuerySet(models.QuerySet["Shop"]):
    def on_sale(self) -> "ShopQuerySet":
        """Those whose products a shopper may see."""
        return self.filter(status=ShopStatus.ACTIVE)

    def worked_in_by(self, user_id: UUID) -> "ShopQuerySet":
        """Those the user owns or is a member of."""
        return self.filter(
            models.Q(owner_id=user_id) | models.Q(members__user_id=user_id)
        ).distinct()


def is_closure_on(
    closed_from: datetime | None, closed_until: datetime | None, now: datetime
) -> bool:
    """Whether a closure, [from, until), holds; one without a `from` is none."""
    if closed_from is None or now < closed_from:
        return False
    return closed_until is None or now < closed_until


class Shop(Entity):
    """Who sells: the tenant that every product and order belongs to."""

    entity_type = EntityType.SHOP

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.RESTRICT, related_name="shops"
    )
    name = fields.required_text()
    slug = models.SlugField(max_length=255, unique=True)
    category = fields.text(100)
    description = fields.long_text()
    address = fields.document()
    contact_email = models.EmailField(blank=True, **fields.both(""))
    phone = fields.text(32)
    logo = models.ImageField(upload_to="shops/", blank=True, **fields.both(""))
    banner = models.ImageField(upload_to="shops/", blank=True, **fields.both(""))
    currency = fields.currency()
    country = fields.country()
    # Its prices are what a buyer pays; otherwise tax is added to them.
    prices_include_tax = models.BooleanField(**fields.both(True))
    # Whose clock its days, schedules and closures follow; an IANA name.
    timezone = fields.text(64, **fields.both("UTC"))
    tax_number = fields.text(64)
    # How long goods may be sent back; the law's 14 days hold whatever stands here.
    return_days = models.IntegerField(**fields.both(14))
    return_rule = fields.long_text()
    # From so many units of a variant on, its stock is low; a variant may have its own number.
    low_stock_threshold = models.IntegerField(**fields.both(5))
    status = fields.choice(ShopStatus, ShopStatus.PENDING)
    # Why it was approved, refused, suspended; its people read it.
    status_reason = fields.long_text()
    status_changed_at = fields.moment()
    # A holiday: its pages stay, nothing can be bought, [from, until).
    closed_from = fields.moment()
    closed_until = fields.moment()
    closed_note = fields.long_text()
    commission_rate = models.DecimalField(
        max_digits=5, decimal_places=4, **fields.both(Decimal("0.1000"))
    )
    rating_average = fields.ratio(3, 2)
    review_count = fields.count()

    objects = ShopQuerySet.as_manager()

    class Meta(Entity.Meta):
        db_table = "shops"
        indexes = [
            fields.Index(fields=["status", "name"], name="idx_shops_status_name"),
            # What `icontains` asks.
            fields.GinIndex(
                OpClass(Upper("name"), "gin_trgm_ops"), name="idx_shops_name_trigrams"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=ShopStatus.values),
                name="chk_shops_status",
            ),
            models.CheckConstraint(
                condition=models.Q(currency__regex="^[A-Z]{3}$"),
                name="chk_shops_currency",
            ),
            models.CheckConstraint(
                condition=models.Q(commission_rate__range=(0, 1)),
                name="chk_shops_commission_rate",
            ),
            models.CheckConstraint(
                condition=models.Q(return_days__range=(0, 3650)),
                name="chk_shops_return_days",
            ),
            models.CheckConstraint(
                condition=models.Q(low_stock_threshold__range=(0, 1_000_000)),
                name="chk_shops_low_stock_threshold",
            ),
            models.CheckConstraint(
                condition=models.Q(closed_until__isnull=True)
                | models.Q(closed_from__isnull=False)
                & models.Q(closed_until__gt=models.F("closed_from")),
                name="chk_shops_closed",
                violation_error_message="A closure ends after it begins.",
            ),
            # What a row with its shop's currency refers to: (shop_id, currency).
            models.UniqueConstraint(
                fields=["id", "currency"], name="uk_shops_id_currency"
            ),
        ]

    def __str__(self) -> str:
        return str(self.name)

    def is_closed_at(self, now: datetime) -> bool:
        """Whether its people are away: what it sells can be looked at, not bought."""
        return is_closure_on(self.closed_from, self.closed_until, now)

    def get_absolute_url(self) -> str:
        return reverse("catalog:shop", args=[self.slug])
