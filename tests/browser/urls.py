"""The store's addresses, and some that fail, to see what is shown then."""

from allauth.core.internal.ratelimit import respond_429
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.csrf import csrf_failure

from config.urls import urlpatterns as doors


def fail(request: HttpRequest, way: str) -> HttpResponse:
    if way == "denied":
        raise PermissionDenied
    if way == "suspicious":
        raise SuspiciousOperation
    if way == "forged":
        return csrf_failure(request)
    if way == "hasty":
        return respond_429(request)
    raise RuntimeError("Broken on purpose.")


urlpatterns = [*doors, path("fails/<str:way>/", fail, name="fails")]
