"""Who logs in, and what they may do: the roles a person holds at this moment."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.utils import timezone

from users.models import User, UserRole, UserStatus


class RoleBackend(AuthenticationBackend):
    """Log-in by e-mail as the account library does it; permissions from roles alone."""

    def user_can_authenticate(self, user: Any) -> bool:
        """A closed account logs in nowhere, and its open sessions end with the next page."""
        return bool(
            super().user_can_authenticate(user) and user.status == UserStatus.ACTIVE
        )

    def _get_user_permissions(self, user_obj: User) -> QuerySet[Permission]:
        held = UserRole.objects.filter(user=user_obj).valid_at(timezone.now())
        return Permission.objects.filter(roles__user_roles__in=held)

    def _get_group_permissions(self, user_obj: User) -> QuerySet[Permission]:
        """There are no groups: a role can expire, a group cannot."""
        return Permission.objects.none()
