from django.db import migrations, models


class Migration(migrations.Migration):
    """From how many units on a shop's stock is low."""

    dependencies = [
        ("shop", "0007_opening_and_closure"),
    ]

    operations = [
        migrations.AddField(
            model_name="shop",
            name="low_stock_threshold",
            field=models.IntegerField(db_default=5, default=5),
        ),
        migrations.AddConstraint(
            model_name="shop",
            constraint=models.CheckConstraint(
                condition=models.Q(("low_stock_threshold__range", (0, 1000000))),
                name="chk_shops_low_stock_threshold",
            ),
        ),
    ]
