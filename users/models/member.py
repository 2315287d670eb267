from django.db import models
from django.utils.translation import pgettext_lazy

from shop import fields
from shop.models import Shop
from users.models.user import User


class MemberRole(models.TextChoices):
    OWNER = "owner", pgettext_lazy("role", "Owner")
    MANAGER = "manager", pgettext_lazy("role", "Manager")
    STAFF = "staff", pgettext_lazy("role", "Staff")


class ShopMember(models.Model):
    """Who works for which shop."""

    id = fields.key()
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = fields.choice(MemberRole, MemberRole.STAFF)

    class Meta:
        db_table = "shop_members"
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "user"], name="uk_shop_members_shop_user"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=MemberRole.values),
                name="chk_shop_members_role",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.user_id} of {self.shop_id}"
