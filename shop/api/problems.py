"""Errors of the API as problem details (RFC 9457), every one with a stable `code`."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.utils.translation import gettext as _
from drf_standardized_errors.formatter import ExceptionFormatter
from drf_standardized_errors.handler import ExceptionHandler
from rest_framework import exceptions
from rest_framework.response import Response

from shop.errors import DomainError

MEDIA_TYPE = "application/problem+json"
INVALID = "invalid"


class Refused(exceptions.APIException):
    """A rule of the domain said no: 409, with the rule's own code and sentence."""

    status_code = HTTPStatus.CONFLICT

    def __init__(self, refusal: DomainError) -> None:
        super().__init__(detail=refusal.message, code=refusal.code)


class ProblemHandler(ExceptionHandler):
    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if isinstance(exc, DomainError):
            return Refused(exc)
        if isinstance(exc, SuspiciousOperation):
            # More fields than anybody fills in, and the like.
            return exceptions.ParseError(_("This request cannot be read."))
        return super().convert_known_exceptions(exc)

    def get_response(self, exc: exceptions.APIException, data: Any) -> Response:
        headers = self.get_headers(exc)
        return Response(
            data, status=exc.status_code, headers=headers, content_type=MEDIA_TYPE
        )


class ProblemFormatter(ExceptionFormatter):
    """`errors` names each field by a dotted path; elsewhere `detail` says it all."""

    def format_error_response(self, error_response: Any) -> dict[str, Any]:
        request = self.context["request"]
        found = error_response.errors
        problem: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(self.exc.status_code).phrase,
            "status": int(self.exc.status_code),
            "code": found[0].code if len(found) == 1 else INVALID,
            "detail": _sayable(" ".join(error.detail for error in found[:3])),
            "instance": request.path if request is not None else "",
        }
        if isinstance(self.exc, exceptions.ValidationError):
            problem["code"] = INVALID
            problem["errors"] = [
                {
                    "code": error.code,
                    "detail": _sayable(error.detail),
                    "attr": _sayable(error.attr),
                }
                for error in found
            ]
        return problem


def _sayable(text: str | None) -> str | None:
    """A sentence may repeat what was sent: half a surrogate pair, which UTF-8 has not."""
    return text and text.encode(errors="replace").decode()


PROBLEM_SCHEMA = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable; switch on this."},
        "detail": {"type": "string", "description": "A sentence for a person."},
        "instance": {"type": "string", "format": "uri-reference"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "detail"],
                "properties": {
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                    "attr": {"type": "string", "nullable": True},
                },
            },
        },
    },
}


def describe_problems(result: Any, **_: Any) -> Any:
    """Post-processing hook: every operation may answer with a problem."""
    components = result.setdefault("components", {}).setdefault("schemas", {})
    components["Problem"] = PROBLEM_SCHEMA
    answer = {
        "description": "A problem, in RFC 9457's form.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for operations in result.get("paths", {}).values():
        for operation in operations.values():
            if isinstance(operation, dict) and "responses" in operation:
                operation["responses"].setdefault("default", answer)
    return result
