from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from shop import fields
from shop.models.shop import Shop


class JobState(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


AT_WORK = (JobState.QUEUED, JobState.RUNNING)


class JobQuerySet(models.QuerySet["Job"]):
    def at_work(self) -> JobQuerySet:
        return self.filter(state__in=AT_WORK)


class Job(models.Model):
    """Work on many rows of one shop, done in the background: what, for whom, how far.

    `done_rows` and `refused_rows` are written with the rows they count, in one transaction.
    """

    id = fields.key()
    shop = models.ForeignKey(
        Shop, on_delete=models.CASCADE, related_name="jobs", db_index=False
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    # What the reasons of refusals are written in.
    language = fields.text(16)
    # As an app's `jobs.py` registers it.
    kind = models.CharField(max_length=64)
    params = fields.document()
    state = fields.choice(JobState, JobState.QUEUED)
    total_rows = fields.count()
    done_rows = fields.count()
    refused_rows = fields.count()
    # Given by the form or the client: the same one again is the same job.
    token = models.UUIDField(null=True, blank=True)
    undo_of = models.ForeignKey(
        "self",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="undos",
    )
    # Chunks that broke one after the other.
    attempts = fields.count()
    created_at = fields.written_at()
    started_at = fields.moment()
    ended_at = fields.moment()
    # The last sign of life; long ago while queued or running means that its worker died.
    touched_at = models.DateTimeField()

    objects = JobQuerySet.as_manager()

    class Meta:
        db_table = "jobs"
        indexes = [
            fields.Index(fields=["shop", "-id"], name="idx_jobs_shop_id_id"),
            fields.Index(
                fields=["touched_at"],
                name="idx_jobs_touched_at",
                condition=Q(state__in=["queued", "running"]),
            ),
            fields.Index(
                fields=["-touched_at"],
                name="idx_jobs_failed",
                condition=Q(state="failed"),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=JobState.values), name="chk_jobs_state"
            ),
            models.CheckConstraint(
                condition=Q(
                    done_rows__gte=0,
                    refused_rows__gte=0,
                    total_rows__gte=models.F("done_rows") + models.F("refused_rows"),
                ),
                name="chk_jobs_rows",
            ),
            models.UniqueConstraint(
                fields=["shop", "token"], name="uk_jobs_shop_id_token"
            ),
            # Two undos of one job at once would meet each other's values.
            models.UniqueConstraint(
                fields=["undo_of"],
                name="uk_jobs_undo_of",
                condition=Q(state__in=["queued", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    @property
    def is_at_work(self) -> bool:
        return self.state in AT_WORK

    @property
    def handled_rows(self) -> int:
        handled: int = self.done_rows + self.refused_rows
        return handled


class RowState(models.TextChoices):
    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    UNDONE = "undone"


class JobRow(models.Model):
    """One entity of a job: what is asked of it, and what came of that.

    `before` and `after` are all that an undo needs. An undo's own rows have them in `wanted`.
    """

    id = fields.key()
    job = models.ForeignKey(
        Job, on_delete=models.CASCADE, related_name="rows", db_index=False
    )
    entity_id = models.UUIDField()
    label = fields.text(255)
    wanted = models.JSONField(null=True, blank=True)
    state = fields.choice(RowState, RowState.WAITING)
    message = fields.long_text()
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)

    class Meta:
        db_table = "job_rows"
        indexes = [
            fields.Index(
                fields=["job", "state", "id"], name="idx_job_rows_job_id_state_id"
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["job", "entity_id"], name="uk_job_rows_job_id_entity_id"
            ),
            models.CheckConstraint(
                condition=Q(state__in=RowState.values), name="chk_job_rows_state"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.state}"
