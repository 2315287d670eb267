"""Stops an upload that is too large while it arrives, before it fills the disk."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest

# What a form sends around its file.
ENVELOPE = 1024 * 1024


def is_too_large(request: HttpRequest) -> bool:
    """Whether the request says of itself that it is larger than an upload may be."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    return length.isdecimal() and int(length) > settings.UPLOAD_MAX_BYTES + ENVELOPE


def most_mb() -> int:
    return int(settings.UPLOAD_MAX_BYTES // (1024 * 1024))


def too_large() -> str:
    return f"The file is larger than {most_mb():,} MB. Split it and upload the parts."


class UploadQuota(FileUploadHandler):
    """The first of settings.FILE_UPLOAD_HANDLERS; the file then is missing from the form.

    The form's other fields that came before the file are there, the CSRF token among them.
    """

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self._received = 0

    def new_file(self, *args: Any, **options: Any) -> None:
        super().new_file(*args, **options)
        if self.request is not None and is_too_large(self.request):
            raise StopUpload(connection_reset=True)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self._received += len(raw_data)
        if self._received > settings.UPLOAD_MAX_BYTES + ENVELOPE:
            raise StopUpload(connection_reset=True)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
