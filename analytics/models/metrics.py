"""What each hour and each day adds up to; written by the rollups alone.

Every figure is NOT NULL and starts at 0. Money is in the row's `currency`.
"""

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from shop import fields
from shop.partitions import Every, Partitioning

KEEP_DAYS = timedelta(days=730)


class Metrics(models.Model):
    """What all six tables share; `event_time` is the start of the bucket."""

    id = fields.key()
    event_time = models.DateTimeField()
    currency = fields.currency()
    extra_metrics = fields.document()
    computed_at = models.DateTimeField(db_default=Now())

    class Meta:
        abstract = True


class UserMetrics(Metrics):
    """`user_id` is the account, or the customer where a buyer has none."""

    user_id = models.UUIDField()
    order_count = fields.count()
    order_value = fields.money()
    average_order_value = fields.money()
    payment_success_count = fields.count()
    payment_failure_count = fields.count()
    payment_success_rate = fields.ratio()
    review_count = fields.count()
    average_rating = fields.ratio(3, 2)
    promotion_usage_count = fields.count()
    discount_value = fields.money()
    cart_add_count = fields.count()
    cart_remove_count = fields.count()
    cart_abandonment_count = fields.count()
    cart_abandonment_value = fields.money()
    page_view_count = fields.count()
    session_count = fields.count()
    search_count = fields.count()
    refund_count = fields.count()
    refund_value = fields.money()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.user_id} {self.event_time:%Y-%m-%d %H:%M}"


class UserMetricsHourly(UserMetrics):
    partition_key = fields.hour_key()
    partitioning = Partitioning(
        by="event_time", every=Every.HOUR, key=("event_time", "user_id")
    )

    class Meta:
        db_table = "user_metrics_hourly"
        verbose_name_plural = "user metrics hourly"
        indexes = [
            fields.Index(
                fields=["user_id", "event_time"],
                name="idx_user_metrics_hourly_user_id_event_time",
            )
        ]


class UserMetricsDaily(UserMetrics):
    partition_key = fields.day_key()
    partitioning = Partitioning(
        by="event_time",
        every=Every.DAY,
        key=("event_time", "user_id"),
        keep=KEEP_DAYS,
        written="computed_at",
    )

    class Meta:
        db_table = "user_metrics_daily"
        verbose_name_plural = "user metrics daily"
        indexes = [
            fields.Index(
                fields=["user_id", "event_time"],
                name="idx_user_metrics_daily_user_id_event_time",
            )
        ]


class ShopMetrics(Metrics):
    shop_id = models.UUIDField()
    order_count = fields.count()
    item_count = fields.count()
    revenue = fields.money()
    average_order_value = fields.money()
    unique_customers = fields.count()
    new_customers = fields.count()
    returning_customers = fields.count()
    # The exact customers, so that hours can be merged without counting anybody twice.
    customer_sketch = ArrayField(
        models.UUIDField(),
        default=list,
        db_default=models.Value([], ArrayField(models.UUIDField())),
    )
    product_count_sold = fields.count()
    review_count = fields.count()
    average_rating = fields.ratio(3, 2)
    promotion_usage_count = fields.count()
    promotion_discount = fields.money()
    promotion_revenue = fields.money()
    inventory_value = fields.money()
    inventory_units = fields.count()
    inventory_turnover = fields.ratio(12, 4)
    payment_success_count = fields.count()
    payment_failure_count = fields.count()
    payment_success_rate = fields.ratio()
    refund_count = fields.count()
    refund_value = fields.money()
    page_view_count = fields.count()
    cart_add_count = fields.count()
    conversion_rate = fields.ratio()
    response_time_p50_ms = fields.ratio(12, 2)
    response_time_p95_ms = fields.ratio(12, 2)
    error_count = fields.count()
    success_rate = fields.ratio()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.shop_id} {self.event_time:%Y-%m-%d %H:%M}"


class ShopMetricsHourly(ShopMetrics):
    partition_key = fields.hour_key()
    partitioning = Partitioning(
        by="event_time", every=Every.HOUR, key=("event_time", "shop_id")
    )

    class Meta:
        db_table = "shop_metrics_hourly"
        verbose_name_plural = "shop metrics hourly"
        indexes = [
            fields.Index(
                fields=["shop_id", "event_time"],
                name="idx_shop_metrics_hourly_shop_id_event_time",
            )
        ]


class ShopMetricsDaily(ShopMetrics):
    partition_key = fields.day_key()
    partitioning = Partitioning(
        by="event_time",
        every=Every.DAY,
        key=("event_time", "shop_id"),
        keep=KEEP_DAYS,
        written="computed_at",
    )

    class Meta:
        db_table = "shop_metrics_daily"
        verbose_name_plural = "shop metrics daily"
        indexes = [
            fields.Index(
                fields=["shop_id", "event_time"],
                name="idx_shop_metrics_daily_shop_id_event_time",
            )
        ]


class ProductMetrics(Metrics):
    product_id = models.UUIDField()
    shop_id = models.UUIDField()
    units_sold = fields.count()
    order_count = fields.count()
    revenue = fields.money()
    unique_customers = fields.count()
    inventory_level = fields.count()
    inventory_change = fields.count()
    stockout_minutes = fields.count()
    price_open = fields.money()
    price_close = fields.money()
    price_min = fields.money()
    price_max = fields.money()
    price_change_count = fields.count()
    review_count = fields.count()
    average_rating = fields.ratio(3, 2)
    promotion_units = fields.count()
    promotion_discount = fields.money()
    promotion_revenue = fields.money()
    page_view_count = fields.count()
    unique_view_count = fields.count()
    cart_add_count = fields.count()
    cart_remove_count = fields.count()
    conversion_rate = fields.ratio()
    refund_count = fields.count()
    refund_value = fields.money()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.product_id} {self.event_time:%Y-%m-%d %H:%M}"


class ProductMetricsHourly(ProductMetrics):
    partition_key = fields.hour_key()
    partitioning = Partitioning(
        by="event_time", every=Every.HOUR, key=("event_time", "product_id")
    )

    class Meta:
        db_table = "product_metrics_hourly"
        verbose_name_plural = "product metrics hourly"
        indexes = [
            fields.Index(
                fields=["product_id", "event_time"],
                name="idx_product_metrics_hourly_product_id_event_time",
            )
        ]


class ProductMetricsDaily(ProductMetrics):
    partition_key = fields.day_key()
    partitioning = Partitioning(
        by="event_time",
        every=Every.DAY,
        key=("event_time", "product_id"),
        keep=KEEP_DAYS,
        written="computed_at",
    )

    class Meta:
        db_table = "product_metrics_daily"
        verbose_name_plural = "product metrics daily"
        indexes = [
            fields.Index(
                fields=["product_id", "event_time"],
                name="idx_product_metrics_daily_product_id_event_time",
            )
        ]
