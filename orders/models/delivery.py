from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from shop import fields
from shop.models import Shop


class DeliveryZone(models.Model):
    """The countries a shop sends to under the same conditions."""

    id = fields.key()
    shop = models.ForeignKey(
        Shop, on_delete=models.CASCADE, related_name="delivery_zones"
    )
    name = fields.required_text(100)
    # ISO 3166-1 alpha-2; empty is everywhere that no other zone names.
    countries = ArrayField(
        models.CharField(max_length=2),
        default=list,
        db_default=models.Value([], ArrayField(models.CharField(max_length=2))),
        blank=True,
    )
    position = fields.count()

    class Meta:
        db_table = "delivery_zones"
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "name"], name="uk_delivery_zones_shop_name"
            )
        ]

    def __str__(self) -> str:
        return self.name


class DeliveryMethod(models.Model):
    """One way to send to a zone, at one price a parcel, in the shop's currency."""

    id = fields.key()
    zone = models.ForeignKey(
        DeliveryZone, on_delete=models.CASCADE, related_name="methods"
    )
    name = fields.required_text(100)
    price = fields.money()
    # From this much on (after discounts) it costs nothing; null: it always costs.
    free_from = fields.optional_money()
    # Working days.
    min_days = fields.count()
    max_days = fields.count()
    is_active = models.BooleanField(**fields.both(True))

    class Meta:
        db_table = "delivery_methods"
        ordering = ["price", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["zone", "name"], name="uk_delivery_methods_zone_name"
            ),
            models.CheckConstraint(
                condition=Q(price__gte=0)
                & (Q(free_from__isnull=True) | Q(free_from__gte=0)),
                name="chk_delivery_methods_price",
                violation_error_message="A price is zero or more.",
            ),
            models.CheckConstraint(
                condition=Q(min_days__gte=0) & Q(max_days__gte=F("min_days")),
                name="chk_delivery_methods_days",
                violation_error_message="The longest time is no shorter than the shortest.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TaxRate(models.Model):
    """The tax on a class of goods where they are sent to; a province's comes before its country's.

    A shop's own rate of a class comes before the market's, whose rates have no shop.
    """

    id = fields.key()
    shop = models.ForeignKey(
        Shop,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="tax_rates",
    )
    country = models.CharField(max_length=2)
    province = fields.text(100)
    tax_class = fields.text(32, default="standard", db_default="standard")
    name = fields.required_text(100)
    # A share of one: 0.20000 is 20 %.
    rate = models.DecimalField(
        max_digits=6, decimal_places=5, **fields.both(Decimal(0))
    )
    applies_to_shipping = models.BooleanField(**fields.both(True))

    class Meta:
        db_table = "tax_rates"
        ordering = ["country", "province", "tax_class"]
        constraints = [
            models.UniqueConstraint(
                fields=["country", "province", "tax_class", "shop"],
                nulls_distinct=False,
                name="uk_tax_rates_country_province_tax_class_shop",
            ),
            models.CheckConstraint(
                condition=Q(rate__range=(0, 1)),
                name="chk_tax_rates_rate",
                violation_error_message="A rate is a share of one, such as 0.2 for 20 %.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.country}"
