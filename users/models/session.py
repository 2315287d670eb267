from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from shop import fields
from users.models.user import User


class UserSessionQuerySet(models.QuerySet["UserSession"]):
    def open_at(self, now: datetime) -> UserSessionQuerySet:
        """Those that are logged in at that moment."""
        return self.filter(expires_at__gt=now)


class UserSession(models.Model):
    """One device where a person is logged in."""

    id = fields.key()
    session_id = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    device_type = fields.text(32)
    device_info = fields.document()
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    last_activity = models.DateTimeField(default=timezone.now, db_default=Now())
    expires_at = models.DateTimeField(db_index=True)
    created_at = fields.written_at()

    objects = UserSessionQuerySet.as_manager()

    class Meta:
        db_table = "user_sessions"

    def __str__(self) -> str:
        return f"{self.device_type or 'device'} of {self.user_id}"
