from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.lookups import Exact

from orders.conditions import Conditions, ConditionsUnreadable
from orders.models.customer import Customer
from orders.models.order import Order
from shop import fields
from shop.entities import Entity, EntityType
from shop.models import Shop


class PromotionKind(models.TextChoices):
    PERCENTAGE = "percentage"
    FIXED = "fixed"
    FREE_SHIPPING = "free_shipping"
    BUY_X_GET_Y = "buy_x_get_y"


class Promotion(Entity):
    """A reason to pay less: with a code, or by itself. `value`: per cent, or an amount."""

    entity_type = EntityType.PROMOTION

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="promotions")
    name = fields.required_text()
    kind = fields.choice(PromotionKind, PromotionKind.PERCENTAGE)
    value = fields.money()
    # Read and written by orders.conditions.Conditions.
    conditions = fields.document()
    is_automatic = models.BooleanField(**fields.both(False))
    is_combinable = models.BooleanField(**fields.both(True))
    starts_at = models.DateTimeField()
    ends_at = fields.moment()
    usage_limit = models.IntegerField(null=True, blank=True)
    # Of all its codes together.
    usage_limit_per_user = models.IntegerField(null=True, blank=True)
    usage_count = fields.count()
    is_active = models.BooleanField(**fields.both(True))

    class Meta(Entity.Meta):
        db_table = "promotions"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=PromotionKind.values), name="chk_promotions_kind"
            ),
            models.CheckConstraint(
                condition=Q(value__gte=0)
                & (~Q(kind=PromotionKind.PERCENTAGE) | Q(value__lte=100)),
                name="chk_promotions_value",
                violation_error_message="A percentage is between 0 and 100.",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="chk_promotions_ends",
                violation_error_message="A promotion ends after it starts.",
            ),
            models.CheckConstraint(
                condition=Q(usage_limit__isnull=True)
                | Q(usage_count__lte=F("usage_limit")),
                name="chk_promotions_usage",
            ),
            models.CheckConstraint(
                condition=Exact(
                    models.Func(
                        F("conditions"),
                        function="jsonb_typeof",
                        output_field=models.TextField(),
                    ),
                    "object",
                ),
                name="chk_promotions_conditions",
                violation_error_message="Conditions are an object.",
            ),
        ]
        indexes = [
            # What a cart asks of each shop in it.
            fields.Index(
                fields=["shop"],
                condition=Q(is_automatic=True, is_active=True),
                name="idx_promotions_shop_id_automatic",
            ),
            fields.Index(
                fields=["shop", "-starts_at", "-id"],
                name="idx_promotions_shop_id_starts_at_id",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        try:
            Conditions.read(self.conditions)
        except ConditionsUnreadable as error:
            raise ValidationError({"conditions": str(error)}) from None


class Coupon(models.Model):
    """A code that brings a promotion."""

    id = fields.key()
    promotion = models.ForeignKey(
        Promotion, on_delete=models.CASCADE, related_name="coupons"
    )
    # The promotion's shop, repeated so that a code can be unique in it.
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    code = fields.required_text(64)
    usage_limit = models.IntegerField(null=True, blank=True)
    usage_limit_per_user = models.IntegerField(null=True, blank=True)
    usage_count = fields.count()

    class Meta:
        db_table = "coupons"
        constraints = [
            models.UniqueConstraint(
                F("shop"),
                models.functions.Upper("code"),
                name="uk_coupons_shop_upper_code",
            ),
            models.CheckConstraint(
                condition=Q(usage_limit__isnull=True)
                | Q(usage_count__lte=F("usage_limit")),
                name="chk_coupons_usage",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class OrderCoupon(models.Model):
    """A promotion that an order used, and what it took off; without a code, an automatic one."""

    id = fields.key()
    order = models.ForeignKey(
        Order, on_delete=models.CASCADE, related_name="order_coupons"
    )
    promotion = models.ForeignKey(
        Promotion, on_delete=models.RESTRICT, related_name="order_coupons"
    )
    coupon = models.ForeignKey(
        Coupon,
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="order_coupons",
    )
    # Whose use it was: what a limit per person counts.
    customer = models.ForeignKey(
        Customer, on_delete=models.RESTRICT, null=True, blank=True, related_name="+"
    )
    discount = fields.money()

    class Meta:
        db_table = "order_coupons"
        constraints = [
            models.UniqueConstraint(
                fields=["order", "promotion"],
                name="uk_order_coupons_order_promotion",
            )
        ]

    def __str__(self) -> str:
        return f"{self.promotion_id} on {self.order_id}"
