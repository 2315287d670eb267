from ingestion.models.api import RawApiResponse, SyncCursor
from ingestion.models.file import (
    FileStatus,
    IngestionFile,
    IngestionRecord,
    IngestionRowError,
    RecordAction,
)
from ingestion.models.reference import ExternalReference

__all__ = [
    "ExternalReference",
    "FileStatus",
    "IngestionFile",
    "IngestionRecord",
    "IngestionRowError",
    "RawApiResponse",
    "RecordAction",
    "SyncCursor",
]
