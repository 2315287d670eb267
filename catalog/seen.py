"""What a browser looked at lately: kept in a signed cookie of its own, and nowhere else."""

from __future__ import annotations

import base64
from binascii import Error
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse

COOKIE = "seen"
SALT = "catalog.seen"
MOST = 9
MAX_AGE_S = 30 * 24 * 3600
KEY_BYTES = 16


def seen_products(request: HttpRequest) -> list[UUID]:
    """Keys of products, the last one first; empty for a cookie that is not ours."""
    text = request.get_signed_cookie(COOKIE, default="", salt=SALT, max_age=MAX_AGE_S)
    try:
        keys = base64.urlsafe_b64decode(text or "")
    except (Error, ValueError):
        return []
    return [
        UUID(bytes=keys[start : start + KEY_BYTES])
        for start in range(0, len(keys) - KEY_BYTES + 1, KEY_BYTES)
    ][:MOST]


def remember_seen(
    response: HttpResponse, *, product_id: UUID, before: list[UUID]
) -> None:
    """Put a product first. A second look at the same changes nothing."""
    if before[:1] == [product_id]:
        return
    keys = [product_id, *(key for key in before if key != product_id)][:MOST]
    response.set_signed_cookie(
        COOKIE,
        base64.urlsafe_b64encode(b"".join(key.bytes for key in keys)).decode(),
        salt=SALT,
        max_age=MAX_AGE_S,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )


def forget_seen(response: HttpResponse) -> None:
    response.delete_cookie(COOKIE, samesite="Lax")
