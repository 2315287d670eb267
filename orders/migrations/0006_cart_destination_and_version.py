from django.db import migrations, models

import orders.models.cart


class Migration(migrations.Migration):
    """Where a cart would be sent, and a number that rises with each change of it."""

    dependencies = [("orders", "0005_checkout")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="cart",
            name="country",
            field=models.CharField(blank=True, db_default="", default="", max_length=2),
        ),
        migrations.AddField(
            model_name="cart",
            name="province",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=100
            ),
        ),
        # First the same number for the rows there are: that writes none of them anew.
        migrations.AddField(
            model_name="cart",
            name="version",
            field=models.BigIntegerField(db_default=0, editable=False),
        ),
        migrations.RunSQL(
            "CREATE SEQUENCE carts_version_seq OWNED BY carts.version",
            "DROP SEQUENCE IF EXISTS carts_version_seq",
        ),
        migrations.AlterField(
            model_name="cart",
            name="version",
            field=models.BigIntegerField(
                db_default=orders.models.cart.NextVersion(), editable=False
            ),
        ),
    ]
