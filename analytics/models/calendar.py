from django.contrib.postgres.fields import ArrayField
from django.db import models


class CalendarDay(models.Model):
    """One day of `dim_time`; `is_holiday` speaks of the market's own country."""

    date = models.DateField(primary_key=True)
    year = models.SmallIntegerField()
    month = models.SmallIntegerField()
    day = models.SmallIntegerField()
    # Monday is 1, Sunday 7; weeks are ISO 8601's.
    day_of_week = models.SmallIntegerField()
    week_of_year = models.SmallIntegerField()
    is_weekend = models.BooleanField()
    is_holiday = models.BooleanField()
    holiday_countries = ArrayField(
        models.CharField(max_length=2),
        default=list,
        help_text="Countries where the day is a public holiday.",
    )

    class Meta:
        db_table = "dim_time"

    def __str__(self) -> str:
        return str(self.date)
