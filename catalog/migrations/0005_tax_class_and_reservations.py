from django.db import migrations, models


class Migration(migrations.Migration):
    """Goods fall under a tax class; a checkout promises a variant once."""

    dependencies = [
        ("catalog", "0004_search_names"),
    ]

    operations = [
        migrations.AddField(
            model_name="product",
            name="tax_class",
            field=models.CharField(
                blank=True, db_default="standard", default="standard", max_length=32
            ),
        ),
        migrations.AlterField(
            model_name="stockreservation",
            name="checkout_id",
            field=models.UUIDField(),
        ),
        migrations.AddConstraint(
            model_name="stockreservation",
            constraint=models.UniqueConstraint(
                fields=("checkout_id", "variant"),
                name="uk_stock_reservations_checkout_id_variant",
            ),
        ),
    ]
