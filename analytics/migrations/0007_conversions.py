from decimal import Decimal

import django.db.models.functions.datetime
from django.db import migrations, models

import shop.fields
import shop.ids
import shop.partitions.operations
import shop.schema

# Which promotion it was and what it took off are figures now; see MARKED of 0003.
MARK = """
CREATE OR REPLACE FUNCTION mark_order_coupons_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rollup_marks (source, hour, subject_id, product_id)
    SELECT 'order_coupons', NULL::timestamptz, order_id, NULL::uuid
      FROM ((SELECT {facts} FROM old_rows EXCEPT SELECT {facts} FROM new_rows)
            UNION ALL
            (SELECT {facts} FROM new_rows EXCEPT SELECT {facts} FROM old_rows)) AS changed
     GROUP BY order_id;
    RETURN NULL;
END $$
"""
# The days of what is there already: the next run of the rollups builds them.
DAYS = """
INSERT INTO rollup_runs (rollup, period_start, period_end, status)
SELECT DISTINCT 'fact_conversions', date_trunc('day', placed.event_time, 'UTC'),
       date_trunc('day', placed.event_time, 'UTC') + interval '1 day', 'pending'
  FROM order_coupons AS used
  JOIN orders AS placed ON placed.id = used.order_id
    ON CONFLICT (rollup, period_start) DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0006_monthly_sales"),
        ("orders", "0015_promotions"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        shop.partitions.operations.CreatePartitionedModel(
            name="Conversion",
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
                ("date", models.DateField()),
                (
                    "source_type",
                    models.CharField(
                        choices=[("promotion", "Promotion")], max_length=32
                    ),
                ),
                ("source_id", models.UUIDField()),
                ("currency", models.CharField(max_length=3)),
                ("conversions", models.IntegerField(db_default=0, default=0)),
                (
                    "revenue",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "discount",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "computed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
            ],
            by="date",
            key=["date", "source_type", "source_id"],
            options={
                "db_table": "fact_conversions",
                "indexes": [
                    shop.fields.Index(
                        fields=["source_id", "date"],
                        name="idx_fact_conversions_source_id_date",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("source_type__in", ["promotion"])),
                        name="chk_fact_conversions_source_type",
                    )
                ],
            },
        ),
        shop.schema.FinishTables("conversion"),
        migrations.RunSQL(
            MARK.format(facts="id, order_id, promotion_id, discount"),
            MARK.format(facts="id, order_id"),
        ),
        migrations.RunSQL(
            DAYS, "DELETE FROM rollup_runs WHERE rollup = 'fact_conversions'"
        ),
    ]
