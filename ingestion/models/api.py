from datetime import timedelta

from django.db import models
from django.db.models.functions import Now

from shop import fields
from shop.partitions import Every, Partitioning


class RawApiResponse(models.Model):
    """What another program's API answered, kept for a month as it came."""

    id = models.BigAutoField(primary_key=True)
    endpoint = models.CharField(max_length=255)
    response_data = models.JSONField()
    timestamp = models.DateTimeField(db_default=Now())
    api_version = models.CharField(max_length=20)

    partitioning = Partitioning(
        by="timestamp",
        every=Every.DAY,
        key=("timestamp", "id"),
        keep=timedelta(days=30),
    )

    class Meta:
        db_table = "raw_api_responses"
        indexes = [
            fields.Index(
                fields=["endpoint", "timestamp"],
                name="idx_raw_api_responses_endpoint_timestamp",
            )
        ]

    def __str__(self) -> str:
        return f"{self.endpoint} {self.timestamp}"


class SyncCursor(models.Model):
    """Where a synchronisation goes on after an interruption."""

    id = fields.key()
    source = models.CharField(max_length=100)
    resource = models.CharField(max_length=100)
    cursor = fields.long_text()
    synced_at = fields.moment()

    class Meta:
        db_table = "sync_cursors"
        constraints = [
            models.UniqueConstraint(
                fields=["source", "resource"], name="uk_sync_cursors_source_resource"
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.resource}"
