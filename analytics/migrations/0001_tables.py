from decimal import Decimal

import django.contrib.postgres.fields
import django.db.models.functions.datetime
from django.db import migrations, models

import shop.fields
import shop.ids
import shop.partitions.operations
import shop.schema


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ProductDay",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("product_id", models.UUIDField()),
                ("date", models.DateField()),
                ("views", models.IntegerField()),
                ("unique_views", models.IntegerField()),
                ("add_to_carts", models.IntegerField()),
                ("purchases", models.IntegerField()),
                ("revenue", models.DecimalField(decimal_places=2, max_digits=12)),
                (
                    "conversion_rate",
                    models.DecimalField(decimal_places=4, max_digits=5),
                ),
            ],
            options={
                "verbose_name_plural": "product metrics (view)",
                "db_table": "product_metrics",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="CalendarDay",
            fields=[
                ("date", models.DateField(primary_key=True, serialize=False)),
                ("year", models.SmallIntegerField()),
                ("month", models.SmallIntegerField()),
                ("day", models.SmallIntegerField()),
                ("day_of_week", models.SmallIntegerField()),
                ("week_of_year", models.SmallIntegerField()),
                ("is_weekend", models.BooleanField()),
                ("is_holiday", models.BooleanField()),
                (
                    "holiday_countries",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=2),
                        default=list,
                        help_text="Countries where the day is a public holiday.",
                        size=None,
                    ),
                ),
            ],
            options={
                "db_table": "dim_time",
            },
        ),
        shop.partitions.operations.CreatePartitionedModel(
            name="ProductMetricsDaily",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=shop.fields.UUIDv7(),
                        default=shop.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("event_time", models.DateTimeField()),
                ("currency", models.CharField(max_length=3)),
                (
                    "extra_metrics",
                    models.JSONField(blank=True, db_default={}, default=dict),
                ),
                (
                    "computed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                ("product_id", models.UUIDField()),
                ("shop_id", models.UUIDField()),
                ("units_sold", models.IntegerField(db_default=0, default=0)),
                ("order_count", models.IntegerField(db_default=0, default=0)),
                (
                    "revenue",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                ("unique_customers", models.IntegerField(db_default=0, default=0)),
                ("inventory_level", models.IntegerField(db_default=0, default=0)),
                ("inventory_change", models.IntegerField(db_default=0, default=0)),
                ("stockout_minutes", models.IntegerField(db_default=0, default=0)),
                (
                    "price_open",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "price_close",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "price_min",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "price_max",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                ("price_change_count", models.IntegerField(db_default=0, default=0)),
                ("review_count", models.IntegerField(db_default=0, default=0)),
                (
                    "average_rating",
                    models.DecimalField(
                        db_default=Decimal("0"),
                        decimal_places=2,
                        default=Decimal("0"),
                        max_digits=3,
                    ),
                ),
                ("promotion_units", models.IntegerField(db_default=0, default=0)),
                (
                    "promotion_discount",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "promotion_revenue",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                ("page_view_count", models.IntegerField(db_default=0, default=0)),
                ("unique_view_count", models.IntegerField(db_default=0, default=0)),
                ("cart_add_count", models.IntegerField(db_default=0, default=0)),
                ("cart_remove_count", models.IntegerField(db_default=0, default=0)),
                (
                    "conversion_rate",
                    models.DecimalField(
                        db_default=Decimal("0"),
                        decimal_places=4,
                        default=Decimal("0"),
                        max_digits=5,
                    ),
                ),
                ("refund_count", models.IntegerField(db_default=0, default=0)),
                (
                    "refund_value",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "partition_key",
                    models.GeneratedField(
                        db_persist=True,
                        expression=shop.fields.UTCDay(models.F("event_time")),
                        output_field=models.DateField(),
                    ),
                ),
            ],
            by="event_time",
            key=["event_time", "product_id"],
            options={
                "verbose_name_plural": "product metrics daily",
                "db_table": "product_metrics_daily",
                "indexes": [
                    shop.fields.Index(
                        fields=["product_id", "event_time"],
                        name="idx_product_metrics_daily_product_id_event_time",
                    )
                ],
            },
        ),
        shop.partitions.operations.CreatePartitionedModel(
            name="ProductMetricsHourly",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=shop.fields.UUIDv7(),
                        default=shop.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("event_time", models.DateTimeField()),
                ("currency", models.CharField(max_length=3)),
                (
                    "extra_metrics",
                    models.JSONField(blank=True, db_default={}, default=dict),
                ),
                (
                    "computed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                ("product_id", models.UUIDField()),
                ("shop_id", models.UUIDField()),
                ("units_sold", models.IntegerField(db_default=0, default=0)),
                ("order_count", models.IntegerField(db_default=0, default=0)),
                (
                    "revenue",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                ("unique_customers", models.IntegerField(db_default=0, default=0)),
                ("inventory_level", models.IntegerField(db_default=0, default=0)),
                ("inventory_change", models.IntegerField(db_default=0, default=0)),
                ("stockout_minutes", models.IntegerField(db_default=0, default=0)),
                (
                    "price_open",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "price_close",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "price_min",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "price_max",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                ("price_change_count", models.IntegerField(db_default=0, default=0)),
                ("review_count", models.IntegerField(db_default=0, default=0)),
                (
                    "average_rating",
                    models.DecimalField(
                        db_default=Decimal("0"),
                        decimal_places=2,
                        default=Decimal("0"),
                        max_digits=3,
                    ),
                ),
                ("promotion_units", models.IntegerField(db_default=0, default=0)),
                (
                    "promotion_discount",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "promotion_revenue",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                ("page_view_count", models.IntegerField(db_default=0, default=0)),
                ("unique_view_count", models.IntegerField(db_default=0, default=0)),
                ("cart_add_count", models.IntegerField(db_default=0, default=0)),
                ("cart_remove_count", models.IntegerField(db_default=0, default=0)),
                (
                    "conversion_rate",
                    models.DecimalField(
                        db_default=Decimal("0"),
                        decimal_places=4,
                        default=Decimal("0"),
                        max_digits=5,
                    ),
                ),
                ("refund_count", models.IntegerField(db_default=0, default=0)),
                (
                    "refund_value",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "partition_key",
                    models.GeneratedField(
                        db_persist=True,
                        expression=shop.fields.UTCHour(models.F("event_time")),
                        output_field=shop.fields.HourField(),
                    ),
                ),
            ],
            by="event_time",
            key=["event_time", "product_id"],
            options={
                "verbose_name_plural": "product metrics hourly",
                "db_table": "product_metrics_hourly",
                "indexes": [
                    shop.fields.Index(
                        fields=["product_id", "event_time"],
                        name="idx_product_metrics_hourly_product_id_event_time",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RollupRun",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=shop.fields.UUIDv7(),
                        default=shop.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("rollup", models.CharField(max_length=64)),
                ("period_start", models.DateTimeField()),
                ("period_end", models.DateTimeField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                        ],
                        db_default="pending",
                        default="pending",
                        max_length=32,
                    ),
                ),
                ("rows", models.IntegerField(db_default=0, default=0)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("error", models.TextField(blank=True, db_default="", default="")),
            ],
            options={
                "db_table": "rollup_runs",
                "indexes": [
                    shop.fields.Index(
                        fields=["status", "period_start"],
                        name="idx_rollup_runs_status_period_start",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("rollup", "period_start"),
                        name="uk_rollup_runs_rollup_period_start",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["pending", "running", "done", "failed"])
                        ),
                        name="chk_rollup_runs_status",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("period_end__gt", models.F("period_start"))
                        ),
                        name="chk_rollup_runs_period",
                    ),
                ],
            },
        ),
        shop.partitions.operations.CreatePartitionedModel(
            name="SalesAggregateDaily",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=shop.fields.UUIDv7(),
                        default=shop.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                ("date", models.DateField()),
                ("product_id", models.UUIDField()),
                ("category", models.CharField(blank=True, max_length=255)),
                ("payment_method", models.CharField(max_length=32)),
                ("currency", models.CharField(max_length=3)),
                (
                    "total_revenue",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                ("total_units", models.IntegerField(db_default=0, default=0)),
                ("order_count", models.IntegerField(db_default=0, default=0)),
                ("unique_customers", models.IntegerField(db_default=0, default=0)),
            ],
            by="date",
            key=["date", "product_id", "category", "payment_method"],
            options={
                "verbose_name_plural": "sales aggregates daily",
                "db_table": "sales_aggregates_daily",
                "indexes": [
                    shop.fields.Index(
                        fields=["product_id"],
                        name="idx_sales_aggregates_daily_product_id",
                    ),
                    shop.fields.Index(
                        fields=["category"], name="idx_sales_aggregates_daily_category"
                    ),
                    shop.fields.Index(
                        fields=["payment_method"],
                        name="idx_sales_aggregates_daily_payment_method",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SalesMetrics",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=shop.fields.UUIDv7(),
                        default=shop.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("date", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                (
                    "total_sales",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                ("order_count", models.IntegerField(db_default=0, default=0)),
                (
                    "average_order_value",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                ("unique_customers", models.IntegerField(db_default=0, default=0)),
                ("returning_customers", models.IntegerField(db_default=0, default=0)),
                (
                    "conversion_rate",
                    models.DecimalField(
                        db_default=Decimal("0"),
                        decimal_places=4,
                        default=Decimal("0"),
                        max_digits=5,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "sales metrics",
                "db_table": "sales_metrics",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("date", "currency"),
                        name="uk_sales_metrics_date_currency",
                    )
                ],
            },
        ),
        shop.partitions.operations.CreatePartitionedModel(
            name="ShopMetricsDaily",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=shop.fields.UUIDv7(),
                        default=shop.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("event_time", models.DateTimeField()),
                ("currency", models.CharField(max_length=3)),
                (
                    "extra_metrics",
                    models.JSONField(blank=True, db_default={}, default=dict),
                ),
                (
                    "computed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                ("shop_id", models.UUIDField()),
                ("order_count", models.IntegerField(db_default=0, default=0)),
                ("item_count", models.IntegerField(db_default=0, default=0)),
                (
                    "revenue",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "average_order_value",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                ("unique_customers", models.IntegerField(db_default=0, default=0)),
                ("new_customers", models.IntegerField(db_default=0, default=0)),
                ("returning_customers", models.IntegerField(db_default=0, default=0)),
                (
                    "customer_sketch",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(),
                        db_default=models.Value(
                            [],
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.UUIDField(), size=None
                            ),
                        ),
                        default=list,
                        size=None,
                    ),
                ),
                ("product_count_sold", models.IntegerField(db_default=0, default=0)),
                ("review_count", models.IntegerField(db_default=0, default=0)),
                (
                    "average_rating",
                    models.DecimalField(
                        db_default=Decimal("0"),
                        decimal_places=2,
                        default=Decimal("0"),
                        max_digits=3,
                    ),
                ),
                ("promotion_usage_count", models.IntegerField(db_default=0, default=0)),
                (
                    "promotion_discount",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "promotion_revenue",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "inventory_value",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                ("inventory_units", models.IntegerField(db_default=0, default=0)),
                (
                    "inventory_turnover",
                    models.DecimalField(
                        db_default=Decimal("0"),
                        decimal_places=4,
                        default=Decimal("0"),
                        max_digits=12,
                    ),
                ),
                ("payment_success_count", models.IntegerField(db_default=0, default=0)),
                ("payment_failure_count", models.IntegerField(db_default=0, default=0)),
                (
                    "payment_success_rate",
                    models.DecimalField(
                        db_default=Decimal("0"),
                        decimal_places=4,
                        default=Decimal("0"),
                        max_digits=5,
                    ),
                ),
                ("refund_count", models.IntegerField(db_default=0, default=0)),
                (
                    "refund_value",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                ("page_view_count", models.IntegerField(db_default=0, default=0)),
                ("cart_add_count", models.IntegerField(db_default=0, default=0)),
                (
                    "conversion_rate",
                    models.DecimalField(
                        db_default=Decimal("0"),
                        decimal_places=4,
                        default=Decimal("0"),
                        max_digits=5,
                    ),
                ),
                (
                    "response_time_p50_ms",
                    models.DecimalField(
                        db_default=Decimal("0"),
                        decimal_places=2,
                        default=Decimal("0"),
                        max_digits=12,
                    ),
                ),
                (
                    "response_time_p95_ms",
                    models.DecimalField(
                        db_default=Decimal("0"),
                        decimal_places=2,
                        default=Decimal("0"),
                        max_digits=12,
                    ),
                ),
                ("error_count", models.IntegerField(db_default=0, default=0)),
                (
                    "success_rate",
                    models.DecimalField(
                        db_default=Decimal("0"),
                        decimal_places=4,
                        default=Decimal("0"),
                        max_digits=5,
                    ),
                ),
                (
                    "partition_key",
                    models.GeneratedField(
                        db_persist=True,
                        expression=shop.fields.UTCDay(models.F("event_time")),
                        output_field=models.DateField(),
                    ),
                ),
            ],
            by="event_time",
            key=["event_time", "shop_id"],
            options={
                "verbose_name_plural": "shop metrics daily",
                "db_table": "shop_metrics_daily",
                "indexes": [
                    shop.fields.Index(
                        fields=["shop_id", "event_time"],
                        name="idx_shop_metrics_daily_shop_id_event_time",
                    )
                ],
            },
        ),
        shop.partitions.operations.CreatePartitionedModel(
            name="ShopMetricsHourly",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=shop.fields.UUIDv7(),
                        default=shop.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("event_time", models.DateTimeField()),
                ("currency", models.CharField(max_length=3)),
                (
                    "extra_metrics",
                    models.JSONField(blank=True, db_default={}, default=dict),
                ),
                (
                    "computed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                ("shop_id", models.UUIDField()),
                ("order_count", models.IntegerField(db_default=0, default=0)),
                ("item_count", models.IntegerField(db_default=0, default=0)),
                (
                    "revenue",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "average_order_value",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                ("unique_customers", models.IntegerField(db_default=0, default=0)),
                ("new_customers", models.IntegerField(db_default=0, default=0)),
                ("returning_customers", models.IntegerField(db_default=0, default=0)),
                (
                    "customer_sketch",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(),
                        db_default=models.Value(
                            [],
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.UUIDField(), size=None
                            ),
                        ),
                        default=list,
                        size=None,
                    ),
                ),
                ("product_count_sold", models.IntegerField(db_default=0, default=0)),
                ("review_count", models.IntegerField(db_default=0, default=0)),
                (
                    "average_rating",
                    models.DecimalField(
                        db_default=Decimal("0"),
                        decimal_places=2,
                        default=Decimal("0"),
                        max_digits=3,
                    ),
                ),
                ("promotion_usage_count", models.IntegerField(db_default=0, default=0)),
                (
                    "promotion_discount",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "promotion_revenue",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "inventory_value",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                ("inventory_units", models.IntegerField(db_default=0, default=0)),
                (
                    "inventory_turnover",
                    models.DecimalField(
                        db_default=Decimal("0"),
                        decimal_places=4,
                        default=Decimal("0"),
                        max_digits=12,
                    ),
                ),
                ("payment_success_count", models.IntegerField(db_default=0, default=0)),
                ("payment_failure_count", models.IntegerField(db_default=0, default=0)),
                (
                    "payment_success_rate",
                    models.DecimalField(
                        db_default=Decimal("0"),
                        decimal_places=4,
                        default=Decimal("0"),
                        max_digits=5,
                    ),
                ),
                ("refund_count", models.IntegerField(db_default=0, default=0)),
                (
                    "refund_value",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                ("page_view_count", models.IntegerField(db_default=0, default=0)),
                ("cart_add_count", models.IntegerField(db_default=0, default=0)),
                (
                    "conversion_rate",
                    models.DecimalField(
                        db_default=Decimal("0"),
                        decimal_places=4,
                        default=Decimal("0"),
                        max_digits=5,
                    ),
                ),
                (
                    "response_time_p50_ms",
                    models.DecimalField(
                        db_default=Decimal("0"),
                        decimal_places=2,
                        default=Decimal("0"),
                        max_digits=12,
                    ),
                ),
                (
                    "response_time_p95_ms",
                    models.DecimalField(
                        db_default=Decimal("0"),
                        decimal_places=2,
                        default=Decimal("0"),
                        max_digits=12,
                    ),
                ),
                ("error_count", models.IntegerField(db_default=0, default=0)),
                (
                    "success_rate",
                    models.DecimalField(
                        db_default=Decimal("0"),
                        decimal_places=4,
                        default=Decimal("0"),
                        max_digits=5,
                    ),
                ),
                (
                    "partition_key",
                    models.GeneratedField(
                        db_persist=True,
                        expression=shop.fields.UTCHour(models.F("event_time")),
                        output_field=shop.fields.HourField(),
                    ),
                ),
            ],
            by="event_time",
            key=["event_time", "shop_id"],
            options={
                "verbose_name_plural": "shop metrics hourly",
                "db_table": "shop_metrics_hourly",
                "indexes": [
                    shop.fields.Index(
                        fields=["shop_id", "event_time"],
                        name="idx_shop_metrics_hourly_shop_id_event_time",
                    )
                ],
            },
        ),
        shop.partitions.operations.CreatePartitionedModel(
            name="UserMetricsDaily",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=shop.fields.UUIDv7(),
                        default=shop.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("event_time", models.DateTimeField()),
                ("currency", models.CharField(max_length=3)),
                (
                    "extra_metrics",
                    models.JSONField(blank=True, db_default={}, default=dict),
                ),
                (
                    "computed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                ("user_id", models.UUIDField()),
                ("order_count", models.IntegerField(db_default=0, default=0)),
                (
                    "order_value",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "average_order_value",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                ("payment_success_count", models.IntegerField(db_default=0, default=0)),
                ("payment_failure_count", models.IntegerField(db_default=0, default=0)),
                (
                    "payment_success_rate",
                    models.DecimalField(
                        db_default=Decimal("0"),
                        decimal_places=4,
                        default=Decimal("0"),
                        max_digits=5,
                    ),
                ),
                ("review_count", models.IntegerField(db_default=0, default=0)),
                (
                    "average_rating",
                    models.DecimalField(
                        db_default=Decimal("0"),
                        decimal_places=2,
                        default=Decimal("0"),
                        max_digits=3,
                    ),
                ),
                ("promotion_usage_count", models.IntegerField(db_default=0, default=0)),
                (
                    "discount_value",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                ("cart_add_count", models.IntegerField(db_default=0, default=0)),
                ("cart_remove_count", models.IntegerField(db_default=0, default=0)),
                (
                    "cart_abandonment_count",
                    models.IntegerField(db_default=0, default=0),
                ),
                (
                    "cart_abandonment_value",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                ("page_view_count", models.IntegerField(db_default=0, default=0)),
                ("session_count", models.IntegerField(db_default=0, default=0)),
                ("search_count", models.IntegerField(db_default=0, default=0)),
                ("refund_count", models.IntegerField(db_default=0, default=0)),
                (
                    "refund_value",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "partition_key",
                    models.GeneratedField(
                        db_persist=True,
                        expression=shop.fields.UTCDay(models.F("event_time")),
                        output_field=models.DateField(),
                    ),
                ),
            ],
            by="event_time",
            key=["event_time", "user_id"],
            options={
                "verbose_name_plural": "user metrics daily",
                "db_table": "user_metrics_daily",
                "indexes": [
                    shop.fields.Index(
                        fields=["user_id", "event_time"],
                        name="idx_user_metrics_daily_user_id_event_time",
                    )
                ],
            },
        ),
        shop.partitions.operations.CreatePartitionedModel(
            name="UserMetricsHourly",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=shop.fields.UUIDv7(),
                        default=shop.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("event_time", models.DateTimeField()),
                ("currency", models.CharField(max_length=3)),
                (
                    "extra_metrics",
                    models.JSONField(blank=True, db_default={}, default=dict),
                ),
                (
                    "computed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                ("user_id", models.UUIDField()),
                ("order_count", models.IntegerField(db_default=0, default=0)),
                (
                    "order_value",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "average_order_value",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                ("payment_success_count", models.IntegerField(db_default=0, default=0)),
                ("payment_failure_count", models.IntegerField(db_default=0, default=0)),
                (
                    "payment_success_rate",
                    models.DecimalField(
                        db_default=Decimal("0"),
                        decimal_places=4,
                        default=Decimal("0"),
                        max_digits=5,
                    ),
                ),
                ("review_count", models.IntegerField(db_default=0, default=0)),
                (
                    "average_rating",
                    models.DecimalField(
                        db_default=Decimal("0"),
                        decimal_places=2,
                        default=Decimal("0"),
                        max_digits=3,
                    ),
                ),
                ("promotion_usage_count", models.IntegerField(db_default=0, default=0)),
                (
                    "discount_value",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                ("cart_add_count", models.IntegerField(db_default=0, default=0)),
                ("cart_remove_count", models.IntegerField(db_default=0, default=0)),
                (
                    "cart_abandonment_count",
                    models.IntegerField(db_default=0, default=0),
                ),
                (
                    "cart_abandonment_value",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                ("page_view_count", models.IntegerField(db_default=0, default=0)),
                ("session_count", models.IntegerField(db_default=0, default=0)),
                ("search_count", models.IntegerField(db_default=0, default=0)),
                ("refund_count", models.IntegerField(db_default=0, default=0)),
                (
                    "refund_value",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "partition_key",
                    models.GeneratedField(
                        db_persist=True,
                        expression=shop.fields.UTCHour(models.F("event_time")),
                        output_field=shop.fields.HourField(),
                    ),
                ),
            ],
            by="event_time",
            key=["event_time", "user_id"],
            options={
                "verbose_name_plural": "user metrics hourly",
                "db_table": "user_metrics_hourly",
                "indexes": [
                    shop.fields.Index(
                        fields=["user_id", "event_time"],
                        name="idx_user_metrics_hourly_user_id_event_time",
                    )
                ],
            },
        ),
        shop.schema.FinishTables(),
    ]
