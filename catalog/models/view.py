from django.conf import settings
from django.db import models

from shop import fields
from shop.models import Shop


class SavedView(models.Model):
    """How somebody who works for a shop likes to look at its products: filters with a name."""

    id = fields.key()
    shop = models.ForeignKey(
        Shop, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    name = fields.required_text(60)
    # The query of the list's address.
    query = fields.text(1000)

    class Meta:
        db_table = "saved_views"
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "user", "name"], name="uk_saved_views_shop_user_name"
            )
        ]

    def __str__(self) -> str:
        return self.name
