"""What doors show of files: which ones, their errors, what an undo would take back."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet

from ingestion.models import IngestionFile, IngestionRowError, RecordAction
from ingestion.targets import TARGETS
from shop.models import Shop
from users.rights import Right, shops_where


def files_for(user: Any) -> QuerySet[IngestionFile]:
    """The imports a person may see: operators all, others those of `shops_of`."""
    files = IngestionFile.objects.select_related("shop", "uploaded_by")
    if may_see_all(user):
        return files
    return files.filter(shop__in=shops_of(user))


def shops_for_upload(user: Any) -> QuerySet[Shop]:
    """The shops a person may upload into: operators all, others those of `shops_of`."""
    if may_upload_anything(user):
        return Shop.objects.all()
    return shops_of(user)


def shops_of(user: Any) -> QuerySet[Shop]:
    """Those whose products the person may change, as a file does."""
    return shops_where(user_id=user.pk, right=Right.EDIT_PRODUCTS)


def may_see_all(user: Any) -> bool:
    return bool(user.is_staff and user.has_perm("ingestion.view_ingestionfile"))


def may_upload_anything(user: Any) -> bool:
    return bool(user.is_staff and user.has_perm("ingestion.add_ingestionfile"))


def errors_of(file: IngestionFile) -> QuerySet[IngestionRowError]:
    return file.row_errors.order_by("line", "id")


def untold_rows(file: IngestionFile) -> int:
    """Refused rows beyond the errors that are kept of a file: counted, without a reason."""
    if not file.failed_rows:
        return 0
    told = file.row_errors.values("line").distinct().count()
    left: int = file.failed_rows - told
    return max(0, left)


def written_by(file: IngestionFile) -> list[tuple[str, int, int]]:
    """Noun, rows created, rows changed: what an undo would take back."""
    rows = (
        file.records.exclude(action=RecordAction.UNCHANGED)
        .values_list("entity_type", "action")
        .annotate(rows=Count("entity_id", distinct=True))
    )
    found: dict[str, dict[str, int]] = {}
    for entity_type, action, count in rows:
        found.setdefault(entity_type, {})[action] = count
    return [
        (
            target.noun,
            found[name].get(RecordAction.CREATED, 0),
            found[name].get(RecordAction.UPDATED, 0),
        )
        for name, target in TARGETS.items()
        if name in found
    ]
