import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import shop.fields
import shop.ids
import shop.partitions.operations
import shop.schema


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("shop", "0002_shop_owner"),
        ("users", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="IngestionFile",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=shop.fields.UUIDv7(),
                        default=shop.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        auto_now=True,
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                ("kind", models.CharField(max_length=64)),
                ("filename", models.CharField(max_length=255)),
                (
                    "file_path",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=1024
                    ),
                ),
                ("content_hash", models.CharField(max_length=64)),
                ("size_bytes", models.BigIntegerField(db_default=0, default=0)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("processing", "Processing"),
                            ("completed", "Completed"),
                            ("failed", "Failed"),
                            ("undone", "Undone"),
                        ],
                        db_default="pending",
                        default="pending",
                        max_length=32,
                    ),
                ),
                ("total_rows", models.IntegerField(db_default=0, default=0)),
                ("processed_rows", models.IntegerField(db_default=0, default=0)),
                ("failed_rows", models.IntegerField(db_default=0, default=0)),
                ("created_rows", models.IntegerField(db_default=0, default=0)),
                ("updated_rows", models.IntegerField(db_default=0, default=0)),
                ("unchanged_rows", models.IntegerField(db_default=0, default=0)),
                ("is_check", models.BooleanField(db_default=False, default=False)),
                (
                    "error_message",
                    models.TextField(blank=True, db_default="", default=""),
                ),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("completed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "shop",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="shop.shop",
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "ingestion_files",
            },
        ),
        migrations.CreateModel(
            name="IngestionRecord",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=shop.fields.UUIDv7(),
                        default=shop.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("line", models.IntegerField()),
                ("entity_type", models.CharField(max_length=32)),
                ("entity_id", models.UUIDField(db_index=True)),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("created", "Created"),
                            ("updated", "Updated"),
                            ("unchanged", "Unchanged"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="records",
                        to="ingestion.ingestionfile",
                    ),
                ),
            ],
            options={
                "db_table": "ingestion_records",
            },
        ),
        migrations.CreateModel(
            name="IngestionRowError",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=shop.fields.UUIDv7(),
                        default=shop.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("line", models.IntegerField()),
                (
                    "column",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=255
                    ),
                ),
                ("value", models.TextField(blank=True, db_default="", default="")),
                ("message", models.TextField(blank=True, db_default="", default="")),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="row_errors",
                        to="ingestion.ingestionfile",
                    ),
                ),
            ],
            options={
                "db_table": "ingestion_row_errors",
            },
        ),
        shop.partitions.operations.CreatePartitionedModel(
            name="RawApiResponse",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("endpoint", models.CharField(max_length=255)),
                ("response_data", models.JSONField()),
                (
                    "timestamp",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                ("api_version", models.CharField(max_length=20)),
            ],
            by="timestamp",
            key=["timestamp", "id"],
            options={
                "db_table": "raw_api_responses",
                "indexes": [
                    shop.fields.Index(
                        fields=["endpoint", "timestamp"],
                        name="idx_raw_api_responses_endpoint_timestamp",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SyncCursor",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=shop.fields.UUIDv7(),
                        default=shop.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("source", models.CharField(max_length=100)),
                ("resource", models.CharField(max_length=100)),
                ("cursor", models.TextField(blank=True, db_default="", default="")),
                ("synced_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "db_table": "sync_cursors",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source", "resource"),
                        name="uk_sync_cursors_source_resource",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="ingestionfile",
            index=shop.fields.Index(
                fields=["status"], name="idx_ingestion_files_status"
            ),
        ),
        migrations.AddIndex(
            model_name="ingestionfile",
            index=shop.fields.Index(
                fields=["created_at"], name="idx_ingestion_files_created_at"
            ),
        ),
        migrations.AddConstraint(
            model_name="ingestionfile",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        ["pending", "processing", "completed", "failed", "undone"],
                    )
                ),
                name="chk_ingestion_files_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="ingestionfile",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("is_check", False), models.Q(("status", "undone"), _negated=True)
                ),
                fields=("content_hash", "kind", "shop"),
                name="uk_ingestion_files_content_hash",
                nulls_distinct=False,
            ),
        ),
        shop.schema.FinishTables(),
    ]
