from django.db import migrations, models


class Migration(migrations.Migration):
    """A shop says whether its prices are what a buyer pays."""

    dependencies = [
        ("shop", "0004_waiting_entities"),
    ]

    operations = [
        migrations.AddField(
            model_name="shop",
            name="prices_include_tax",
            field=models.BooleanField(db_default=True, default=True),
        ),
    ]
