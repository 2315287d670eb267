import django.db.models.deletion
from django.db import migrations, models

import shop.schema


class Migration(migrations.Migration):
    """A shop's own rates of tax beside the market's, which have no shop."""

    dependencies = [
        ("orders", "0012_returns_of_shops"),
        ("shop", "0007_opening_and_closure"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="taxrate",
            name="shop",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="tax_rates",
                to="shop.shop",
            ),
        ),
        migrations.RemoveConstraint(
            model_name="taxrate", name="uk_tax_rates_country_province_tax_class"
        ),
        migrations.AddConstraint(
            model_name="taxrate",
            constraint=models.UniqueConstraint(
                fields=("country", "province", "tax_class", "shop"),
                name="uk_tax_rates_country_province_tax_class_shop",
                nulls_distinct=False,
            ),
        ),
        shop.schema.FinishTables("taxrate"),
        # Backwards the market's alone are kept: two shops may have the same.
        migrations.RunSQL(
            migrations.RunSQL.noop, "DELETE FROM tax_rates WHERE shop_id IS NOT NULL"
        ),
    ]
