import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import shop.fields
import shop.ids
import shop.schema


class Migration(migrations.Migration):
    """Operators who saw the site as somebody, and what they did meanwhile."""

    dependencies = [
        ("users", "0005_shop_messages"),
    ]

    operations = [
        migrations.CreateModel(
            name="Impersonation",
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
                ("reason", models.TextField()),
                ("started_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "operator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="impersonations",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "session",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="impersonation",
                        to="users.usersession",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="impersonated",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "impersonations",
                "permissions": [("impersonate", "Can see the site as somebody")],
            },
        ),
        migrations.CreateModel(
            name="ImpersonatedRequest",
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
                ("at", models.DateTimeField()),
                ("method", models.CharField(max_length=8)),
                ("route", models.CharField(max_length=200)),
                (
                    "object_id",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=64
                    ),
                ),
                ("status", models.SmallIntegerField(blank=True, null=True)),
                (
                    "impersonation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="requests",
                        to="users.impersonation",
                    ),
                ),
            ],
            options={
                "db_table": "impersonated_requests",
            },
        ),
        migrations.AddConstraint(
            model_name="impersonation",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True),
                name="chk_impersonations_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="impersonation",
            constraint=models.CheckConstraint(
                condition=models.Q(("operator", models.F("user")), _negated=True),
                name="chk_impersonations_not_self",
            ),
        ),
        migrations.AddIndex(
            model_name="impersonatedrequest",
            index=shop.fields.Index(
                fields=["object_id"], name="idx_impersonated_requests_object_id"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="impersonatedrequest",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."status" IS NOT NULL)',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="214beb54bc759973561735ac667b0ba88208329b",
                    operation="UPDATE",
                    pgid="pgtrigger_append_only_ca78b",
                    table="impersonated_requests",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="impersonatedrequest",
            trigger=pgtrigger.compiler.Trigger(
                name="kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="b6705a1fd6049ddb64227cb2ce33d85ab38c607d",
                    operation="DELETE",
                    pgid="pgtrigger_kept_8edae",
                    table="impersonated_requests",
                    when="BEFORE",
                ),
            ),
        ),
        shop.schema.FinishTables("impersonation", "impersonatedrequest"),
    ]
