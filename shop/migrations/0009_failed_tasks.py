import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import shop.fields
import shop.ids
import shop.schema


class Migration(migrations.Migration):
    """Tasks that failed for good, and failed jobs by when they were last seen."""

    dependencies = [
        ("shop", "0008_low_stock_threshold"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FailedTask",
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
                ("task", models.CharField(max_length=200)),
                ("args", models.JSONField(blank=True, db_default=[], default=list)),
                ("kwargs", models.JSONField(blank=True, db_default={}, default=dict)),
                ("error", models.CharField(max_length=500)),
                ("failed_at", models.DateTimeField()),
                ("retried_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "db_table": "failed_tasks",
            },
        ),
        migrations.AddIndex(
            model_name="job",
            index=shop.fields.Index(
                condition=models.Q(("state", "failed")),
                fields=["-touched_at"],
                name="idx_jobs_failed",
            ),
        ),
        migrations.AddField(
            model_name="failedtask",
            name="retried_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="failedtask",
            index=shop.fields.Index(
                fields=["failed_at"], name="idx_failed_tasks_failed_at"
            ),
        ),
        migrations.AddIndex(
            model_name="failedtask",
            index=shop.fields.Index(
                condition=models.Q(("retried_at__isnull", True)),
                fields=["failed_at"],
                name="idx_failed_tasks_open",
            ),
        ),
        shop.schema.FinishTables("failedtask"),
    ]
