from django.db import models
from django.db.models.functions import Lower

from shop import fields
from shop.models import Shop
from users.models.member import MemberRole
from users.models.user import User


class ShopInvitation(models.Model):
    """Somebody is asked by e-mail to work for a shop; the link in the mail holds the key."""

    id = fields.key()
    created_at = fields.written_at()
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = fields.choice(MemberRole, MemberRole.STAFF)
    # SHA-256 of the key: who reads the table cannot accept in somebody's place.
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    expires_at = models.DateTimeField()
    accepted_at = fields.moment()

    class Meta:
        db_table = "shop_invitations"
        constraints = [
            models.UniqueConstraint(
                models.F("shop"),
                Lower("email"),
                condition=models.Q(accepted_at__isnull=True),
                name="uk_shop_invitations_shop_email",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=MemberRole.values),
                name="chk_shop_invitations_role",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.shop_id}"
