from decimal import Decimal

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    """How much of an addition is paid by what was taken out of its order."""

    dependencies = [
        ("orders", "0015_promotions"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="checkout",
            name="set_off",
            field=models.DecimalField(
                db_default=Decimal("0.00"),
                decimal_places=2,
                default=Decimal("0.00"),
                max_digits=12,
            ),
        ),
        AddConstraintNotValid(
            model_name="checkout",
            constraint=models.CheckConstraint(
                condition=models.Q(("set_off__gte", 0)), name="chk_checkouts_set_off"
            ),
        ),
    ]
