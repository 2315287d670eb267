import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import shop.fields
import shop.ids
import shop.schema


class Migration(migrations.Migration):
    """Who of a shop was told of a decision about it."""

    dependencies = [
        ("shop", "0007_opening_and_closure"),
        ("users", "0004_shop_invitations"),
    ]

    operations = [
        migrations.CreateModel(
            name="ShopMessage",
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
                ("about", models.CharField(max_length=64)),
                ("claimed_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="shop.shop",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "shop_messages",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("shop", "user", "about"),
                        name="uk_shop_messages_shop_user_about",
                    )
                ],
            },
        ),
        shop.schema.FinishTables("shopmessage"),
    ]
