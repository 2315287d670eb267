from django.contrib.postgres.fields import ArrayField
from django.db import models

from shop import fields
from shop.models import Shop
from users.models.user import User


class UserConnection(models.Model):
    """One person follows or blocks another."""

    class Kind(models.TextChoices):
        FOLLOW = "follow"
        BLOCK = "block"

    id = fields.key()
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="connections")
    target = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="connected_by"
    )
    kind = fields.choice(Kind, Kind.FOLLOW)
    created_at = fields.written_at()

    class Meta:
        db_table = "user_connections"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "target", "kind"],
                name="uk_user_connections_user_target_kind",
            ),
            models.CheckConstraint(
                condition=~models.Q(user=models.F("target")),
                name="chk_user_connections_not_self",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=["follow", "block"]),
                name="chk_user_connections_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind} {self.target_id}"


class ShopFollower(models.Model):
    """A person wants to hear of a shop."""

    id = fields.key()
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="followed_shops"
    )
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="followers")
    created_at = fields.written_at()

    class Meta:
        db_table = "shop_followers"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "shop"], name="uk_shop_followers_user_shop"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} follows {self.shop_id}"


class UserSocial(models.Model):
    """A view: the connections of each person who has any, as arrays."""

    user_id = models.UUIDField(primary_key=True)
    followers = ArrayField(models.UUIDField())
    following = ArrayField(models.UUIDField())
    blocked = ArrayField(models.UUIDField())

    class Meta:
        db_table = "user_social"
        managed = False
        verbose_name_plural = "user social"

    def __str__(self) -> str:
        return str(self.user_id)
