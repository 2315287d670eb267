from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

import shop.fields


class Migration(migrations.Migration):
    """What an account's list of orders reads by, built while orders come in."""

    atomic = False
    dependencies = [("orders", "0013_shops_own_tax")]

    operations = [
        AddIndexConcurrently(
            model_name="order",
            index=shop.fields.Index(
                condition=models.Q(("user__isnull", False)),
                fields=["user", "event_time"],
                name="idx_orders_user_id_event_time",
            ),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=shop.fields.Index(
                condition=models.Q(("user__isnull", False)),
                fields=["user", "id"],
                name="idx_orders_user_id_id",
            ),
        ),
    ]
