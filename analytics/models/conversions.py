from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from analytics.models.metrics import KEEP_DAYS
from shop import fields
from shop.partitions import Every, Partitioning


class ConversionSource(models.TextChoices):
    PROMOTION = "promotion"


class Conversion(models.Model):
    """What something brought in on a UTC day: of a promotion, the orders that used it.

    `revenue` is what those orders cost, so an order with two promotions is in both rows;
    `discount` is what this one took off. The data model knows neither `currency` nor
    `discount`: an amount has its currency beside it, and what a promotion brought in says
    little without what it took off.
    """

    id = fields.key()
    date = models.DateField()
    source_type = models.CharField(max_length=32, choices=ConversionSource)
    source_id = models.UUIDField()
    currency = fields.currency()
    conversions = fields.count()
    revenue = fields.money()
    discount = fields.money()
    computed_at = models.DateTimeField(db_default=Now())

    partitioning = Partitioning(
        by="date",
        every=Every.MONTH,
        key=("date", "source_type", "source_id"),
        keep=KEEP_DAYS,
        written="computed_at",
    )

    class Meta:
        db_table = "fact_conversions"
        indexes = [
            # A promotion's own days, and those of a shop's promotions.
            fields.Index(
                fields=["source_id", "date"],
                name="idx_fact_conversions_source_id_date",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(source_type__in=ConversionSource.values),
                name="chk_fact_conversions_source_type",
            )
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.source_type} {self.source_id}"
