from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import models
from django.urls import reverse

from shop import fields
from shop.entities import Entity, EntityType


class ShopStatus(models.TextChoices):
    ACTIVE = "active"
    PENDING = "pending"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class ShopQuerySet(models.QuerySet["Shop"]):
    def on_sale(self) -> "ShopQuerySet":
        """Those whose products a shopper may see."""
        return self.filter(status=ShopStatus.ACTIVE)

    def worked_in_by(self, user_id: UUID) -> "ShopQuerySet":
        """Those the user owns or is a member of."""
        return self.filter(
            models.Q(owner_id=user_id) | models.Q(members__user_id=user_id)
        ).distinct()


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
    currency = fields.currency()
    country = fields.country()
    # Its prices are what a buyer pays; otherwise tax is added to them.
    prices_include_tax = models.BooleanField(**fields.both(True))
    status = fields.choice(ShopStatus, ShopStatus.PENDING)
    commission_rate = models.DecimalField(
        max_digits=5, decimal_places=4, **fields.both(Decimal("0.1000"))
    )
    rating_average = fields.ratio(3, 2)
    review_count = fields.count()

    objects = ShopQuerySet.as_manager()

    class Meta(Entity.Meta):
        db_table = "shops"
        indexes = [
            fields.Index(fields=["status", "name"], name="idx_shops_status_name")
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
            # What a row with its shop's currency refers to: (shop_id, currency).
            models.UniqueConstraint(
                fields=["id", "currency"], name="uk_shops_id_currency"
            ),
        ]

    def __str__(self) -> str:
        return str(self.name)

    def get_absolute_url(self) -> str:
        return reverse("catalog:shop", args=[self.slug])
