from datetime import timedelta

from django.db import models
from django.utils import timezone

from shop import fields
from shop.partitions import Every, Partitioning


class UserActivity(models.Model):
    """What a person did, for their own history and for support."""

    id = fields.key()
    user_id = models.UUIDField()
    activity_type = models.CharField(max_length=50)
    metadata = fields.document()
    timestamp = models.DateTimeField(default=timezone.now)

    partitioning = Partitioning(
        by="timestamp",
        every=Every.MONTH,
        key=("id", "timestamp"),
        keep=timedelta(days=365),
    )

    class Meta:
        db_table = "user_activities"
        verbose_name_plural = "user activities"
        indexes = [
            fields.Index(
                fields=["user_id", "timestamp"],
                name="idx_user_activities_user_id_timestamp",
            )
        ]

    def __str__(self) -> str:
        return f"{self.activity_type} {self.user_id}"
