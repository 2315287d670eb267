"""Who calls an API that guests may use too."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request


class SessionOrGuest(SessionAuthentication):
    """An account by its session; anybody else is a guest, known by a cookie of their own.

    Django REST framework asks for the CSRF token of accounts only. A guest's cookie is sent
    along by other sites' forms just the same, so theirs is asked for too.
    """

    def authenticate(self, request: Request) -> Any:
        found = super().authenticate(request)
        if found is None:
            self.enforce_csrf(request)
        return found


class SessionOrGuestScheme(OpenApiAuthenticationExtension):
    target_class = SessionOrGuest
    name = "sessionOrGuest"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "An account's session. A guest is known by the cart's cookie.",
        }
