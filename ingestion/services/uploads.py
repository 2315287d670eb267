"""Files come in, are recognised by their content, and are kept for a while."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import IO, Any

from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage, storages
from django.db import IntegrityError, transaction

from ingestion.errors import UnreadableFile, UploadGone
from ingestion.events import FileReceived
from ingestion.importers import REGISTRY, importer_of
from ingestion.models import FileStatus, IngestionFile
from shop.events import publish
from shop.models import Shop

BLOCK = 1024 * 1024
IN_MEMORY = 4 * 1024 * 1024
UNFINISHED = (FileStatus.PENDING, FileStatus.PROCESSING)


@dataclass(frozen=True)
class Receipt:
    """is_new: False when this content came before; `file` is then the earlier one."""

    file: IngestionFile
    is_new: bool


def upload_storage() -> Storage:
    return storages["private"]


def receive_file(
    *,
    stream: IO[bytes],
    filename: str,
    kind: str,
    now: datetime,
    shop: Shop | None = None,
    uploaded_by: Any = None,
    is_check: bool = False,
    queue: bool = True,
) -> Receipt:
    """Keep an upload and enter it for import; nothing of it is read as a table yet.

    The same content for the same kind and shop is recognised and nothing changes, except
    that a failed import is given another chance. A rehearsal (`is_check`) is always new.
    queue: whether a worker shall begin; False for who calls `run_import` next. Memory does
    not grow with the file. Raises UnknownKind, NoShop, UnreadableFile when too large.
    """
    importer = importer_of(kind)
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as copy:
        digest, size = _copy(stream, copy)
        with transaction.atomic():
            shop = importer.shop_for(
                shop=shop, uploaded_by=uploaded_by, may_create=not is_check
            )
            earlier = None if is_check else _earlier(digest, kind, shop)
        if earlier is not None and not (
            earlier.status == FileStatus.FAILED or _lost(earlier)
        ):
            return Receipt(earlier, is_new=False)
        key = _keep(copy, digest)
    wanted = IngestionFile(
        shop=shop,
        kind=kind,
        filename=PurePath(filename.replace("\\", "/")).name[:255] or "upload",
        file_path=key,
        content_hash=digest,
        size_bytes=size,
        is_check=is_check,
        uploaded_by=uploaded_by,
    )
    return _enter(wanted, now=now, queue=queue)


def _copy(stream: IO[bytes], copy: IO[bytes]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while block := stream.read(BLOCK):
        size += len(block)
        if size > settings.UPLOAD_MAX_BYTES:
            most = settings.UPLOAD_MAX_BYTES // (1024 * 1024)
            raise UnreadableFile(
                f"The file is larger than {most:,} MB. Split it and upload the parts."
            )
        digest.update(block)
        copy.write(block)
    return digest.hexdigest(), size


def _earlier(digest: str, kind: str, shop: Shop | None) -> IngestionFile | None:
    return (
        IngestionFile.objects.filter(
            content_hash=digest, kind=kind, shop=shop, is_check=False
        )
        .exclude(status=FileStatus.UNDONE)
        .first()
    )


def _lost(file: IngestionFile) -> bool:
    """Whether an import has still to come and its upload is away."""
    return file.status in UNFINISHED and not (
        file.file_path and upload_storage().exists(file.file_path)
    )


def _keep(copy: IO[bytes], digest: str) -> str:
    """Store by content: what is there already is there once."""
    key = f"ingestion/{digest[:2]}/{digest}"
    storage = upload_storage()
    if storage.exists(key):
        return key
    copy.seek(0)
    # When another upload of it was quicker, storage gives this copy a name of its own.
    return storage.save(key, File(copy, name=digest))


def _enter(wanted: IngestionFile, *, now: datetime, queue: bool) -> Receipt:
    try:
        with transaction.atomic():
            wanted.save(force_insert=True)
            if queue:
                _tell(wanted, now)
        return Receipt(wanted, is_new=True)
    except IntegrityError:
        # Somebody else entered the same content meanwhile, or it failed before.
        with transaction.atomic():
            earlier = IngestionFile.objects.select_for_update().get(
                pk=_entered(wanted).pk
            )
            if earlier.status == FileStatus.FAILED or _lost(earlier):
                earlier.status = FileStatus.PENDING
                earlier.file_path = wanted.file_path
                earlier.attempts, earlier.error_message = 0, ""
                earlier.save(
                    update_fields=[
                        "status",
                        "file_path",
                        "attempts",
                        "error_message",
                        "updated_at",
                    ]
                )
                if queue:
                    _tell(earlier, now)
        return Receipt(earlier, is_new=False)


def _entered(wanted: IngestionFile) -> IngestionFile:
    earlier = _earlier(wanted.content_hash, wanted.kind, wanted.shop)
    if earlier is None:
        raise UnreadableFile(
            "The same file was just taken back by somebody. Upload it again."
        )
    return earlier


def _tell(file: IngestionFile, now: datetime) -> None:
    publish(
        FileReceived,
        entity=file,
        at=now,
        actor=file.uploaded_by,
        data={"kind": file.kind, "is_check": file.is_check},
    )


@contextmanager
def opened(file: IngestionFile) -> Iterator[IO[bytes]]:
    """The upload as it came. Raises UploadGone."""
    if not file.file_path or not upload_storage().exists(file.file_path):
        raise UploadGone(file.filename)
    with upload_storage().open(file.file_path, "rb") as stream:
        yield stream


def drop_expired(*, now: datetime) -> int:
    """Delete uploads past their kind's retention; the rows stay. Returns how many.

    Content that another, younger row still needs is kept. Unfinished imports keep theirs.
    """
    dropped = 0
    for kind, importer in REGISTRY.items():
        expired = IngestionFile.objects.filter(
            kind=kind, created_at__lt=now - importer.keep_upload
        ).exclude(file_path="")
        for file in expired.exclude(status__in=UNFINISHED).iterator():
            path = file.file_path
            IngestionFile.objects.filter(pk=file.pk).update(file_path="")
            if not IngestionFile.objects.filter(file_path=path).exists():
                upload_storage().delete(path)
            dropped += 1
    return dropped
