from django.db import models

from shop import fields
from shop.encryption import EncryptedDateField, EncryptedTextField
from users.models.user import User


class UserProfile(models.Model):
    """What a person tells of themselves."""

    id = fields.key()
    created_at = fields.written_at()
    updated_at = fields.changed_at()
    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="profile")
    bio = fields.long_text()
    preferences = fields.document()
    settings = fields.document()
    address = EncryptedTextField(blank=True, **fields.both(""))
    date_of_birth = EncryptedDateField(null=True, blank=True)
    gender = fields.text(32)
    # {"lat": …, "lon": …}, as the search index reads it.
    location = models.JSONField(null=True, blank=True)
    language = fields.text(16)
    timezone = fields.text(64)

    class Meta:
        db_table = "user_profiles"
        indexes = [
            fields.GinIndex(
                fields=["preferences"], name="idx_user_profiles_preferences"
            )
        ]

    def __str__(self) -> str:
        return f"profile of {self.user_id}"
