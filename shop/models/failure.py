from django.conf import settings
from django.db import models

from shop import fields


class FailedTask(models.Model):
    """A task of the background that ended with an error and is not tried again by itself."""

    id = fields.key()
    task = models.CharField(max_length=200)
    # Ids and the like: whoever queues a task sends no personal data.
    args = models.JSONField(default=list, db_default=[], blank=True)
    kwargs = fields.document()
    error = models.CharField(max_length=500)
    failed_at = models.DateTimeField()
    # When an operator queued it again; a new failure is a new row.
    retried_at = fields.moment()
    retried_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        db_table = "failed_tasks"
        indexes = [
            fields.Index(fields=["failed_at"], name="idx_failed_tasks_failed_at"),
            fields.Index(
                fields=["failed_at"],
                name="idx_failed_tasks_open",
                condition=models.Q(retried_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.task
