"""What is refused before a view is reached: a page for people, problem details for programs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from rest_framework import exceptions

from shop.api.problems import MEDIA_TYPE

API = "/api/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(API):
        return _problem(request, exceptions.ParseError)
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(API):
        return _problem(request, exceptions.PermissionDenied)
    return defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(API):
        return _problem(request, exceptions.NotFound)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    if request.path.startswith(API):
        return _problem(request, exceptions.APIException)
    return defaults.server_error(request)


def _problem(request: HttpRequest, kind: type[exceptions.APIException]) -> HttpResponse:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(kind.status_code).phrase,
        "status": kind.status_code,
        "code": kind.default_code,
        "detail": str(kind.default_detail),
        "instance": request.path,
    }
    return JsonResponse(body, status=kind.status_code, content_type=MEDIA_TYPE)
