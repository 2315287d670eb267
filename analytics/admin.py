"""The market's numbers in the admin: read, never written; the dashboard on its home."""

from __future__ import annotations

from django.contrib import admin

from analytics.models import (
    CalendarDay,
    Conversion,
    ProductDay,
    ProductMetricsDaily,
    ProductMetricsHourly,
    RollupMark,
    RollupRun,
    SalesAggregateDaily,
    SalesAggregateMonthly,
    SalesMetrics,
    ShopMetricsDaily,
    ShopMetricsHourly,
    UserMetricsDaily,
    UserMetricsHourly,
)
from shop.admin.base import HistoryAdmin
from shop.admin.columns import badge, money, reference
from shop.admin.filters import choices, days

# The theme's own index would win over a template of the same name.
admin.site.index_template = "analytics/dashboard.html"
SUBJECT = "A whole id."


class MetricsAdmin(HistoryAdmin):
    """A list by bucket, newest first; found by whom it tells of."""

    list_filter = (days("event_time"),)
    ordering = ("-event_time",)
    search_help_text = SUBJECT


@admin.register(ShopMetricsHourly, ShopMetricsDaily)
class ShopMetricsAdmin(MetricsAdmin):
    list_display = (
        "event_time",
        reference("shop_id", "shop.shop", "shop"),
        "order_count",
        money("revenue"),
        money("average_order_value"),
        "new_customers",
        "returning_customers",
        money("refund_value"),
        "inventory_units",
    )
    search_ids = ("shop_id",)


@admin.register(ProductMetricsHourly, ProductMetricsDaily)
class ProductMetricsAdmin(MetricsAdmin):
    list_display = (
        "event_time",
        reference("product_id", "catalog.product", "product"),
        "units_sold",
        money("revenue"),
        "inventory_level",
        "stockout_minutes",
        money("price_close"),
        "review_count",
        money("refund_value"),
    )
    search_ids = ("product_id", "shop_id")


@admin.register(UserMetricsHourly, UserMetricsDaily)
class UserMetricsAdmin(MetricsAdmin):
    list_display = (
        "event_time",
        "user_id",
        "order_count",
        money("order_value"),
        "payment_success_count",
        "payment_failure_count",
        "review_count",
        money("refund_value"),
    )
    search_ids = ("user_id",)


@admin.register(SalesAggregateDaily)
class SalesAggregateDailyAdmin(HistoryAdmin):
    list_display = (
        "date",
        reference("product_id", "catalog.product", "product"),
        "category",
        "payment_method",
        money("total_revenue"),
        "total_units",
        "order_count",
        "unique_customers",
    )
    list_filter = (days("date"), choices("payment_method"))
    ordering = ("-date",)
    search_ids = ("product_id",)
    search_help_text = SUBJECT


@admin.register(SalesAggregateMonthly)
class SalesAggregateMonthlyAdmin(HistoryAdmin):
    list_display = (
        "month",
        reference("product_id", "catalog.product", "product"),
        money("total_revenue"),
        "total_units",
    )
    list_filter = (days("month"),)
    ordering = ("-month",)
    search_ids = ("product_id",)
    search_help_text = SUBJECT


@admin.register(SalesMetrics)
class SalesMetricsAdmin(HistoryAdmin):
    list_display = (
        "date",
        "currency",
        money("total_sales"),
        "order_count",
        money("average_order_value"),
        "unique_customers",
        "returning_customers",
    )
    list_filter = (days("date"),)
    ordering = ("-date", "currency")


@admin.register(Conversion)
class ConversionAdmin(HistoryAdmin):
    list_display = (
        "date",
        reference("source_id", "orders.promotion", "promotion"),
        "conversions",
        money("revenue"),
        money("discount"),
    )
    list_filter = (days("date"),)
    ordering = ("-date",)
    search_ids = ("source_id",)
    search_help_text = SUBJECT


@admin.register(ProductDay)
class ProductDayAdmin(HistoryAdmin):
    list_display = (
        "date",
        reference("product_id", "catalog.product", "product"),
        "purchases",
        "revenue",
        "views",
        "add_to_carts",
        "conversion_rate",
    )
    list_filter = (days("date"),)
    ordering = ("-date",)
    search_ids = ("product_id",)
    search_help_text = SUBJECT


@admin.register(CalendarDay)
class CalendarDayAdmin(HistoryAdmin):
    list_display = (
        "date",
        "day_of_week",
        "week_of_year",
        "is_weekend",
        "is_holiday",
        "holiday_countries",
    )
    list_filter = (days("date"), "is_holiday")
    ordering = ("-date",)


@admin.register(RollupRun)
class RollupRunAdmin(HistoryAdmin):
    list_display = (
        "rollup",
        "period_start",
        badge(),
        "rows",
        "started_at",
        "finished_at",
        "error",
    )
    list_filter = (choices("status"), days("period_start"))
    ordering = ("-period_start",)


@admin.register(RollupMark)
class RollupMarkAdmin(HistoryAdmin):
    list_display = ("created_at", "source", "hour", "subject_id", "product_id")
    ordering = ("-id",)
