import django.db.models.deletion
import django.db.models.lookups
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

import shop.fields
import shop.schema

# What an order cost does not change by it: its figures need no rebuilding.
NAME_PROMOTIONS = """
ALTER TABLE order_coupons DISABLE TRIGGER USER;
UPDATE order_coupons AS used SET promotion_id = coupon.promotion_id
  FROM coupons AS coupon WHERE coupon.id = used.coupon_id;
ALTER TABLE order_coupons ENABLE TRIGGER USER;
"""


class Migration(migrations.Migration):
    """Automatic promotions, and a row of each use of a promotion with or without a code."""

    dependencies = [
        ("orders", "0014_account_list_indexes"),
        ("shop", "0008_low_stock_threshold"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="promotion",
            name="is_automatic",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="promotion",
            name="is_combinable",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name="promotion",
            name="usage_limit_per_user",
            field=models.IntegerField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name="promotion",
            index=shop.fields.Index(
                condition=models.Q(("is_active", True), ("is_automatic", True)),
                fields=["shop"],
                name="idx_promotions_shop_id_automatic",
            ),
        ),
        migrations.AddIndex(
            model_name="promotion",
            index=shop.fields.Index(
                fields=["shop", "-starts_at", "-id"],
                name="idx_promotions_shop_id_starts_at_id",
            ),
        ),
        AddConstraintNotValid(
            model_name="promotion",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(
                    models.Func(
                        models.F("conditions"),
                        function="jsonb_typeof",
                        output_field=models.TextField(),
                    ),
                    "object",
                ),
                name="chk_promotions_conditions",
                violation_error_message="Conditions are an object.",
            ),
        ),
        migrations.AddField(
            model_name="ordercoupon",
            name="promotion",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="order_coupons",
                to="orders.promotion",
            ),
        ),
        migrations.RunSQL(NAME_PROMOTIONS, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="ordercoupon",
            name="promotion",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="order_coupons",
                to="orders.promotion",
            ),
        ),
        migrations.AlterField(
            model_name="ordercoupon",
            name="coupon",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="order_coupons",
                to="orders.coupon",
            ),
        ),
        # Backwards, the uses of what had no code go: there is no place for them.
        migrations.RunSQL(
            migrations.RunSQL.noop,
            "DELETE FROM order_coupons WHERE coupon_id IS NULL",
        ),
        migrations.RemoveConstraint(
            model_name="ordercoupon", name="uk_order_coupons_order_coupon"
        ),
        migrations.AddConstraint(
            model_name="ordercoupon",
            constraint=models.UniqueConstraint(
                fields=("order", "promotion"),
                name="uk_order_coupons_order_promotion",
            ),
        ),
        shop.schema.FinishTables("ordercoupon", "promotion"),
    ]
