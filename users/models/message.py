from django.db import models

from shop import fields
from shop.models import Shop
from users.models.user import User


class ShopMessage(models.Model):
    """What somebody of a shop was written about it: one row, and one message, for each thing.

    Whoever sends claims the row first. One that was claimed and never sent may be claimed again.
    """

    id = fields.key()
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="messages")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    # The id of the event that it tells of.
    about = fields.required_text(64)
    claimed_at = models.DateTimeField()
    sent_at = fields.moment()

    class Meta:
        db_table = "shop_messages"
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "user", "about"],
                name="uk_shop_messages_shop_user_about",
            )
        ]

    def __str__(self) -> str:
        return f"{self.about} of {self.shop_id}"
