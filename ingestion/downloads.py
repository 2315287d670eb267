"""Files that go out to whoever brought one in."""

from __future__ import annotations

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from ingestion.models import IngestionFile
from ingestion.services.corrections import corrected_file


def corrected_response(file: IngestionFile) -> StreamingHttpResponse:
    """The rows that failed, streamed. Raises NothingToCorrect or UploadGone at once."""
    stem = file.filename.partition(".")[0] or "file"
    return StreamingHttpResponse(
        corrected_file(file=file),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": content_disposition_header(
                True, f"{stem}-to-correct.csv"
            )
        },
    )
