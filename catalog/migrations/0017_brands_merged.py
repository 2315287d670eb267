import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import shop.schema


class Migration(migrations.Migration):
    """A brand that was merged leads to the one that took its place."""

    dependencies = [
        ("catalog", "0016_stock_thresholds_hold"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="brand",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="merged",
                to="catalog.brand",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="product",
            trigger=pgtrigger.compiler.Trigger(
                name="follow_merge",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.brand_id IS NOT NULL)",
                    declare="DECLARE meant uuid;",
                    func="\n        SELECT merged_into_id INTO meant\n          FROM brands WHERE id = NEW.brand_id FOR KEY SHARE;\n        NEW.brand_id := coalesce(meant, NEW.brand_id);\n        RETURN NEW;\n    ",
                    hash="d1b9026c6aae580b88ea8968fab15e827c91736e",
                    operation='INSERT OR UPDATE OF "brand_id"',
                    pgid="pgtrigger_follow_merge_c1541",
                    table="products",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="brand",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("merged_into", None),
                    models.Q(
                        ("is_active", False),
                        models.Q(("merged_into", models.F("id")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="chk_brands_merged",
            ),
        ),
        shop.schema.FinishTables("brand"),
    ]
