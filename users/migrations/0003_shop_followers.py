import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import shop.fields
import shop.ids
import shop.schema


class Migration(migrations.Migration):
    dependencies = [
        ("shop", "0004_waiting_entities"),
        ("users", "0002_user_social"),
    ]

    operations = [
        migrations.CreateModel(
            name="ShopFollower",
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
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="followers",
                        to="shop.shop",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="followed_shops",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "shop_followers",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "shop"), name="uk_shop_followers_user_shop"
                    )
                ],
            },
        ),
        shop.schema.FinishTables("ShopFollower"),
    ]
