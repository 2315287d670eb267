from analytics.models.calendar import CalendarDay
from analytics.models.conversions import Conversion, ConversionSource
from analytics.models.metrics import (
    ProductMetricsDaily,
    ProductMetricsHourly,
    ShopMetricsDaily,
    ShopMetricsHourly,
    UserMetricsDaily,
    UserMetricsHourly,
)
from analytics.models.rollup import RollupMark, RollupRun, RollupStatus
from analytics.models.sales import (
    ProductDay,
    SalesAggregateDaily,
    SalesAggregateMonthly,
    SalesMetrics,
)

__all__ = [
    "CalendarDay",
    "Conversion",
    "ConversionSource",
    "ProductDay",
    "ProductMetricsDaily",
    "ProductMetricsHourly",
    "RollupMark",
    "RollupRun",
    "RollupStatus",
    "SalesAggregateDaily",
    "SalesAggregateMonthly",
    "SalesMetrics",
    "ShopMetricsDaily",
    "ShopMetricsHourly",
    "UserMetricsDaily",
    "UserMetricsHourly",
]
