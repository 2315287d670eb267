import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

import shop.fields
import shop.ids
import shop.schema


class Migration(migrations.Migration):
    """What shops answer to reviews, and what they report to the operators."""

    dependencies = [
        ("catalog", "0010_sellers_list_indexes"),
        ("shop", "0007_opening_and_closure"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="ReviewReport",
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
                    "reason",
                    models.CharField(
                        choices=[
                            ("abuse", "It insults or threatens"),
                            ("personal", "It names private things of a person"),
                            ("advert", "It advertises something"),
                            ("off_topic", "It is not about the product"),
                            ("untrue", "It says what is not true"),
                            ("other", "Something else"),
                        ],
                        db_default="other",
                        default="other",
                        max_length=32,
                    ),
                ),
                ("words", models.TextField(blank=True, db_default="", default="")),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("was_kept", models.BooleanField(blank=True, null=True)),
            ],
            options={
                "db_table": "review_reports",
            },
        ),
        migrations.AddField(
            model_name="productreview",
            name="answer",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="productreview",
            name="answered_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="productreview",
            name="answered_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="reviewreport",
            name="reporter",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="reviewreport",
            name="review",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="reports",
                to="catalog.productreview",
            ),
        ),
        migrations.AddIndex(
            model_name="reviewreport",
            index=shop.fields.Index(
                fields=["review", "id"], name="idx_review_reports_review_id_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewreport",
            constraint=models.UniqueConstraint(
                condition=models.Q(("decided_at__isnull", True)),
                fields=("review",),
                name="uk_review_reports_review",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewreport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "reason__in",
                        ["abuse", "personal", "advert", "off_topic", "untrue", "other"],
                    )
                ),
                name="chk_review_reports_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewreport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at__isnull", True), ("was_kept__isnull", True)),
                    models.Q(
                        ("decided_at__isnull", False), ("was_kept__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="chk_review_reports_decided",
            ),
        ),
        AddConstraintNotValid(
            model_name="productreview",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answer", ""), ("answered_at__isnull", True)),
                    models.Q(
                        models.Q(("answer", ""), _negated=True),
                        ("answered_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="chk_product_reviews_answer",
            ),
        ),
        shop.schema.FinishTables("reviewreport", "productreview"),
    ]
