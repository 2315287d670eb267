from django.db import models
from django.db.models import F, Q

from shop import fields


class RollupStatus(models.TextChoices):
    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class RollupRun(models.Model):
    """One bucket of one rollup: dirty (`pending`), being built, built or failed."""

    id = fields.key()
    rollup = models.CharField(max_length=64)
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    status = fields.choice(RollupStatus, RollupStatus.PENDING)
    rows = fields.count()
    started_at = fields.moment()
    finished_at = fields.moment()
    error = fields.long_text()

    class Meta:
        db_table = "rollup_runs"
        indexes = [
            fields.Index(
                fields=["status", "period_start"],
                name="idx_rollup_runs_status_period_start",
            ),
            # How fresh the figures are: one look at its end.
            fields.Index(fields=["finished_at"], name="idx_rollup_runs_finished_at"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["rollup", "period_start"],
                name="uk_rollup_runs_rollup_period_start",
            ),
            models.CheckConstraint(
                condition=Q(status__in=RollupStatus.values),
                name="chk_rollup_runs_status",
            ),
            models.CheckConstraint(
                condition=Q(period_end__gt=F("period_start")),
                name="chk_rollup_runs_period",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rollup} {self.period_start:%Y-%m-%d %H:%M}"


class RollupMark(models.Model):
    """Something changed that a figure is made of; written by triggers, with the change.

    Only ever added to, so that two who sell at once never wait for each other's mark.
    """

    id = fields.key()
    # The table that changed, or what its change touches beyond its own hour.
    source = models.CharField(max_length=32)
    hour = fields.moment()
    # An order, a return or a variant whose hours are looked up when the mark is taken.
    subject_id = models.UUIDField(null=True)
    product_id = models.UUIDField(null=True)
    created_at = fields.written_at()

    class Meta:
        db_table = "rollup_marks"

    def __str__(self) -> str:
        return f"{self.source} {self.hour or self.subject_id}"
