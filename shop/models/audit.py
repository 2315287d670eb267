from datetime import timedelta

from django.db import models
from django.db.models.functions import Now

from shop import fields
from shop.partitions import Every, Partitioning


class AuditEntry(models.Model):
    """One change of one row: only the columns that changed, old and new."""

    class Operation(models.TextChoices):
        INSERT = "INSERT"
        UPDATE = "UPDATE"
        DELETE = "DELETE"

    id = models.BigAutoField(primary_key=True)
    timestamp = models.DateTimeField(db_default=Now())
    table_name = models.CharField(max_length=63)
    operation = models.CharField(max_length=6, choices=Operation.choices)
    row_id = models.CharField(max_length=64)
    user_id = models.UUIDField(null=True)
    changed_data = fields.document()

    partitioning = Partitioning(
        by="timestamp",
        every=Every.MONTH,
        key=("timestamp", "id"),
        keep=timedelta(days=365),
    )

    class Meta:
        db_table = "audit_log"
        verbose_name = "audit entry"
        verbose_name_plural = "audit log"
        indexes = [
            fields.Index(
                fields=["table_name", "row_id", "timestamp"],
                name="idx_audit_log_table_name_row_id_timestamp",
            ),
            fields.Index(
                fields=["user_id", "timestamp"],
                name="idx_audit_log_user_id_timestamp",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.table_name} {self.row_id}"
