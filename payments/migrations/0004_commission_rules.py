import uuid

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.datetime
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models

import shop.fields
import shop.ids
import shop.schema


class Migration(migrations.Migration):
    """What the market takes, by shop, category and time."""

    dependencies = [
        ("catalog", "0017_brands_merged"),
        ("payments", "0003_refund_items"),
        ("shop", "0009_failed_tasks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        BtreeGistExtension(),
        migrations.CreateModel(
            name="CommissionRule",
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
                ("rate", models.DecimalField(decimal_places=4, max_digits=5)),
                ("valid_from", models.DateTimeField(default=django.utils.timezone.now)),
                ("valid_until", models.DateTimeField(blank=True, null=True)),
                (
                    "note",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=255
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
                    "category",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="commission_rules",
                        to="catalog.category",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="commission_rules",
                        to="shop.shop",
                    ),
                ),
            ],
            options={
                "db_table": "commission_rules",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("rate__range", (0, 1))),
                        name="chk_commission_rules_rate",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_until", None),
                            ("valid_until__gt", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="chk_commission_rules_validity",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            (
                                django.db.models.functions.comparison.Coalesce(
                                    "shop",
                                    models.Value(
                                        uuid.UUID(
                                            "00000000-0000-0000-0000-000000000000"
                                        ),
                                        output_field=models.UUIDField(),
                                    ),
                                ),
                                "=",
                            ),
                            (
                                django.db.models.functions.comparison.Coalesce(
                                    "category",
                                    models.Value(
                                        uuid.UUID(
                                            "00000000-0000-0000-0000-000000000000"
                                        ),
                                        output_field=models.UUIDField(),
                                    ),
                                ),
                                "=",
                            ),
                            (
                                models.Func(
                                    "valid_from",
                                    "valid_until",
                                    function="tstzrange",
                                    output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField(),
                                ),
                                "&&",
                            ),
                        ],
                        name="uk_commission_rules_overlap",
                        violation_error_message="Another rule holds for the same shop and category at that time. End it first.",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="commissionrule",
            trigger=pgtrigger.compiler.Trigger(
                name="kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='RAISE EXCEPTION \'pgtrigger: Cannot update of "rate", "shop_id", "category_id", "valid_from" rows from % table\', TG_TABLE_NAME;',
                    hash="e500cb49058931cb2bc15baf2c3dd86ae7ff4458",
                    operation='UPDATE OF "rate", "shop_id", "category_id", "valid_from"',
                    pgid="pgtrigger_kept_77db4",
                    table="commission_rules",
                    when="BEFORE",
                ),
            ),
        ),
        shop.schema.FinishTables("commissionrule"),
    ]
