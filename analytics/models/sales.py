from django.db import models
from django.db.models.functions import Now

from shop import fields
from shop.partitions import Every, Partitioning


class SalesAggregateDaily(models.Model):
    """Sales of a product by category and way of paying, one UTC day, its own currency."""

    id = fields.key()
    created_at = fields.written_at()
    updated_at = models.DateTimeField(db_default=Now())
    date = models.DateField()
    product_id = models.UUIDField()
    # Empty where a product has no category: a key holds no null.
    category = models.CharField(max_length=255, blank=True)
    payment_method = models.CharField(max_length=32)
    currency = fields.currency()
    total_revenue = fields.money()
    total_units = fields.count()
    order_count = fields.count()
    unique_customers = fields.count()

    partitioning = Partitioning(
        by="date",
        every=Every.MONTH,
        key=("date", "product_id", "category", "payment_method"),
    )

    class Meta:
        db_table = "sales_aggregates_daily"
        verbose_name_plural = "sales aggregates daily"
        indexes = [
            fields.Index(
                fields=["product_id"], name="idx_sales_aggregates_daily_product_id"
            ),
            fields.Index(
                fields=["category"], name="idx_sales_aggregates_daily_category"
            ),
            fields.Index(
                fields=["payment_method"],
                name="idx_sales_aggregates_daily_payment_method",
            ),
            # The dashboard's best products, out of the index alone.
            fields.Index(
                fields=["currency", "date", "product_id"],
                include=["total_revenue", "total_units"],
                name="idx_sales_aggregates_daily_currency_date_product_id",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.product_id}"


class SalesAggregateMonthly(models.Model):
    """Sales of a product in a month of UTC days: the daily rows, summed as they are built.

    What a long range is read from, so that a year costs no more than a month.
    """

    id = fields.key()
    created_at = fields.written_at()
    month = models.DateField()
    product_id = models.UUIDField()
    currency = fields.currency()
    total_revenue = fields.money()
    total_units = fields.count()

    class Meta:
        db_table = "sales_aggregates_monthly"
        verbose_name_plural = "sales aggregates monthly"
        constraints = [
            # The sums with the key: the dashboard reads them out of the index alone.
            models.UniqueConstraint(
                fields=["currency", "month", "product_id"],
                include=["total_revenue", "total_units"],
                name="uk_sales_aggregates_monthly_currency_month_product_id",
            )
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.product_id}"


class SalesMetrics(models.Model):
    """The whole market, one UTC day and currency: sums of two currencies mean nothing."""

    id = fields.key()
    date = models.DateField()
    currency = fields.currency()
    total_sales = fields.money()
    order_count = fields.count()
    average_order_value = fields.money()
    unique_customers = fields.count()
    returning_customers = fields.count()
    conversion_rate = fields.ratio()
    created_at = fields.written_at()

    class Meta:
        db_table = "sales_metrics"
        verbose_name_plural = "sales metrics"
        constraints = [
            models.UniqueConstraint(
                fields=["date", "currency"], name="uk_sales_metrics_date_currency"
            )
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.currency}"


class ProductDay(models.Model):
    """The view `product_metrics`: a product's day in the words of a web shop."""

    id = models.UUIDField(primary_key=True)
    product_id = models.UUIDField()
    date = models.DateField()
    views = models.IntegerField()
    unique_views = models.IntegerField()
    add_to_carts = models.IntegerField()
    purchases = models.IntegerField()
    revenue = models.DecimalField(max_digits=12, decimal_places=2)
    conversion_rate = models.DecimalField(max_digits=5, decimal_places=4)

    class Meta:
        db_table = "product_metrics"
        managed = False
        verbose_name_plural = "product metrics (view)"

    def __str__(self) -> str:
        return f"{self.product_id} {self.date}"
