from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import factory

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
from shop.ids import uuid7

DAY = datetime(2030, 1, 1, tzinfo=UTC)


class _Metrics(factory.django.DjangoModelFactory):
    class Meta:
        abstract = True

    # As the rollups write it: the key carries the bucket's start.
    id = factory.LazyAttribute(lambda row: uuid7(row.event_time))
    event_time = DAY
    currency = "USD"


class UserMetricsHourlyFactory(_Metrics):
    class Meta:
        model = UserMetricsHourly

    user_id = factory.LazyFunction(uuid7)


class UserMetricsDailyFactory(UserMetricsHourlyFactory):
    class Meta:
        model = UserMetricsDaily


class ShopMetricsHourlyFactory(_Metrics):
    class Meta:
        model = ShopMetricsHourly

    shop_id = factory.LazyFunction(uuid7)


class ShopMetricsDailyFactory(ShopMetricsHourlyFactory):
    class Meta:
        model = ShopMetricsDaily


class ProductMetricsHourlyFactory(_Metrics):
    class Meta:
        model = ProductMetricsHourly

    product_id = factory.LazyFunction(uuid7)
    shop_id = factory.LazyFunction(uuid7)


class ProductMetricsDailyFactory(ProductMetricsHourlyFactory):
    class Meta:
        model = ProductMetricsDaily


class ProductDayFactory(ProductMetricsDailyFactory):
    """A row of the view is a product's day in the table below it."""

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        row = super()._create(ProductMetricsDaily, *args, **kwargs)
        return ProductDay.objects.get(pk=row.pk)

    class Meta:
        model = ProductDay


class SalesAggregateDailyFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = SalesAggregateDaily

    id = factory.LazyFunction(lambda: uuid7(DAY))
    date = DAY.date()
    product_id = factory.LazyFunction(uuid7)
    category = "chairs"
    payment_method = "card"
    currency = "USD"
    total_revenue = Decimal("10.00")


class SalesAggregateMonthlyFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = SalesAggregateMonthly

    month = DAY.date()
    product_id = factory.LazyFunction(uuid7)
    currency = "USD"
    total_revenue = Decimal("10.00")
    total_units = 1


class SalesMetricsFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = SalesMetrics

    date = factory.Sequence(lambda n: date(2030, 1, 1) + timedelta(days=n))
    currency = "USD"


class ConversionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Conversion

    id = factory.LazyFunction(lambda: uuid7(DAY))
    date = DAY.date()
    source_type = "promotion"
    source_id = factory.LazyFunction(uuid7)
    currency = "USD"
    conversions = 1
    revenue = Decimal("10.00")


class CalendarDayFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = CalendarDay
        django_get_or_create = ("date",)

    date = factory.Sequence(lambda n: date(2040, 1, 1) + timedelta(days=n))
    year = factory.LazyAttribute(lambda day: day.date.year)
    month = factory.LazyAttribute(lambda day: day.date.month)
    day = factory.LazyAttribute(lambda day: day.date.day)
    day_of_week = factory.LazyAttribute(lambda day: day.date.isoweekday())
    week_of_year = factory.LazyAttribute(lambda day: day.date.isocalendar().week)
    is_weekend = factory.LazyAttribute(lambda day: day.date.isoweekday() > 5)
    is_holiday = False


class RollupRunFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = RollupRun

    rollup = "shop_hourly"
    period_start = factory.Sequence(lambda n: DAY + timedelta(hours=n))
    period_end = factory.LazyAttribute(
        lambda run: run.period_start + timedelta(hours=1)
    )


class RollupMarkFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = RollupMark

    source = "orders"
    hour = DAY
