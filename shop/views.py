"""Doors that belong to no page: health, robots, the icon, stored pictures."""

import logging
import posixpath

from django.core.cache import cache
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe

logger = logging.getLogger(__name__)

# A stored picture's name follows from its content; it never changes under one address.
A_YEAR_S = 365 * 24 * 3600
A_DAY_S = 24 * 3600
# Of one visitor, or for programs: nothing there for a search engine.
CLOSED_TO_CRAWLERS = [
    *("/admin/", "/accounts/", "/account/", "/api/"),
    *("/cart/", "/checkout/", "/search/"),
]


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """For load balancers: 200 while pages can be served, 503 without the database.

    Without the cache pages are slower, not wrong, so that is told and answers 200.
    """
    parts = {"database": _database_answers(), "cache": _cache_answers()}
    body = {name: "ok" if answers else "down" for name, answers in parts.items()}
    status = "ok" if all(parts.values()) else "degraded"
    if not parts["database"]:
        status = "down"
    return JsonResponse(
        {"status": status, **body}, status=503 if status == "down" else 200
    )


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        logger.exception("health_database_down")
        return False
    return True


def _cache_answers() -> bool:
    cache.set("health", "ok", timeout=10)
    return bool(cache.get("health") == "ok")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What crawlers may read, and where the sitemap is."""
    sitemap = request.build_absolute_uri(reverse("catalog:sitemap-index"))
    closed = [f"Disallow: {path}" for path in CLOSED_TO_CRAWLERS]
    lines = ["User-agent: *", *closed]
    return HttpResponse(
        "\n".join([*lines, f"Sitemap: {sitemap}", ""]), content_type="text/plain"
    )


@require_safe
@cache_control(public=True, max_age=A_DAY_S)
def favicon(request: HttpRequest) -> HttpResponse:
    """Programs ask here without reading a page; the icon's own address has its hash."""
    return redirect(static("shop/icon.ico"))


@require_safe
def media(request: HttpRequest, path: str) -> FileResponse:
    """A public file of the local store; with S3 the store serves its own."""
    clean = posixpath.normpath(path)
    if clean != path or clean.startswith(("/", "..")) or "\x00" in clean:
        raise Http404
    try:
        file = default_storage.open(clean)
    except OSError:
        raise Http404 from None
    response = FileResponse(file)
    response["Cache-Control"] = f"public, max-age={A_YEAR_S}, immutable"
    return response
