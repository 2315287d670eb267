from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import Permission
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from shop import fields
from users.models.user import User


class Role(models.Model):
    """A named set of permissions that people are given."""

    id = fields.key()
    name = models.CharField(max_length=100, unique=True)
    description = fields.long_text()
    permissions = models.ManyToManyField(
        Permission, blank=True, related_name="roles", db_table="role_permissions"
    )

    class Meta:
        db_table = "roles"

    def __str__(self) -> str:
        return self.name


class UserRoleQuerySet(models.QuerySet["UserRole"]):
    def valid_at(self, now: datetime) -> UserRoleQuerySet:
        """An expired role grants nothing from that second on."""
        return self.filter(
            models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=now)
        )


class UserRole(models.Model):
    """A role given to a person, for ever or until it expires."""

    id = fields.key()
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="user_roles")
    role = models.ForeignKey(Role, on_delete=models.RESTRICT, related_name="user_roles")
    granted_at = models.DateTimeField(default=timezone.now, db_default=Now())
    granted_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    expires_at = fields.moment()

    objects = UserRoleQuerySet.as_manager()

    class Meta:
        db_table = "user_roles"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role"], name="uk_user_roles_user_role"
            )
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.user_id}"
