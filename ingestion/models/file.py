from django.conf import settings
from django.db import models

from shop import fields
from shop.models import Shop


class FileStatus(models.TextChoices):
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    UNDONE = "undone"


class RecordAction(models.TextChoices):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


class IngestionFile(models.Model):
    """A file that came in, and how far its import is."""

    id = fields.key()
    created_at = fields.written_at()
    updated_at = fields.changed_at()
    shop = models.ForeignKey(
        Shop, on_delete=models.RESTRICT, null=True, blank=True, related_name="+"
    )
    kind = models.CharField(max_length=64)
    filename = fields.required_text()
    file_path = fields.text(1024)
    # Which table of its kind it holds, and how far the import is: the last line taken.
    sheet = fields.text(64)
    cursor_line = fields.count()
    # Starts since the last progress: a file that kills its worker is parked.
    attempts = fields.count()
    progressed_at = fields.moment()
    content_hash = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField(**fields.both(0))
    status = fields.choice(FileStatus, FileStatus.PENDING)
    total_rows = fields.count()
    processed_rows = fields.count()
    failed_rows = fields.count()
    created_rows = fields.count()
    updated_rows = fields.count()
    unchanged_rows = fields.count()
    # A rehearsal: everything is checked and counted, nothing is kept.
    is_check = models.BooleanField(**fields.both(False))
    error_message = fields.long_text()
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    started_at = fields.moment()
    completed_at = fields.moment()

    class Meta:
        db_table = "ingestion_files"
        indexes = [
            fields.Index(fields=["status"], name="idx_ingestion_files_status"),
            fields.Index(fields=["created_at"], name="idx_ingestion_files_created_at"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=FileStatus.values),
                name="chk_ingestion_files_status",
            ),
            # The same content is imported once into a shop; a rehearsal or an undone import
            # does not stand in its way.
            models.UniqueConstraint(
                fields=["content_hash", "kind", "shop"],
                condition=models.Q(is_check=False) & ~models.Q(status="undone"),
                nulls_distinct=False,
                name="uk_ingestion_files_content_hash",
            ),
        ]

    def __str__(self) -> str:
        return self.filename


class IngestionRowError(models.Model):
    """Why a line was not taken, column by column."""

    id = fields.key()
    file = models.ForeignKey(
        IngestionFile,
        on_delete=models.CASCADE,
        related_name="row_errors",
        db_index=False,
    )
    line = models.IntegerField()
    column = fields.text(255)
    value = fields.long_text()
    message = fields.long_text()

    class Meta:
        db_table = "ingestion_row_errors"
        indexes = [
            fields.Index(
                fields=["file", "line"], name="idx_ingestion_row_errors_file_id_line"
            )
        ]

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"


class IngestionRecord(models.Model):
    """What a line of a file became; what an undo takes back."""

    id = fields.key()
    file = models.ForeignKey(
        IngestionFile,
        on_delete=models.CASCADE,
        related_name="records",
        db_index=False,
    )
    # 0: the file as a whole.
    line = models.IntegerField()
    entity_type = models.CharField(max_length=32)
    entity_id = models.UUIDField(db_index=True)
    action = models.CharField(max_length=16, choices=RecordAction.choices)
    # Of an updated row: the columns that were changed, with their values before.
    previous = models.JSONField(null=True, blank=True, editable=False)

    class Meta:
        db_table = "ingestion_records"
        indexes = [
            fields.Index(
                fields=["file", "line"], name="idx_ingestion_records_file_id_line"
            )
        ]

    def __str__(self) -> str:
        return f"line {self.line}: {self.action} {self.entity_type}"
