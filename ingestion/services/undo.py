"""Taking an import back: delete what it created, restore what it changed, or refuse."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import SET_NULL, ManyToOneRel

from ingestion.errors import UndoRefused
from ingestion.events import FileUndone
from ingestion.importers.declaration import SQL_DIR
from ingestion.models import FileStatus, IngestionFile
from ingestion.targets import TARGETS, Target
from shop.events import publish
from shop.schema import foreign_keys

SHOWN_REASONS = 5
# Tables that only repeat what a row says of itself: `product_tags` is the array `tags`.
REPEATING = ("catalog.ProductTag",)
# Tables that name a row without a foreign key, because they are partitioned.
LOOSE = {
    "product_variant": (
        ("inventory_log", "variant_id"),
        ("price_change", "variant_id"),
    ),
}


def undo_import(*, file_id: UUID, now: datetime, actor: Any = None) -> IngestionFile:
    """Take a completed or failed import back, all or nothing; one transaction.

    Deletes what the file created, writes back what it changed, and takes its movements out
    of the stock. Afterwards the same content may be imported again. Repeating it changes
    nothing. Raises UndoRefused, naming what depends on the file, with nothing changed.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            file = IngestionFile.objects.select_for_update().get(pk=file_id)
            if file.status == FileStatus.UNDONE:
                return file
            _refuse_unless_ended(file)
            cursor.execute("SET LOCAL jit = off")
            for name in ("undo_created", "undo_changed"):
                cursor.execute(_sql(name), {"file_id": file.pk})
                cursor.execute(f"ANALYZE {name}")
            reasons = list(_dependants(cursor, file))
            if reasons:
                raise UndoRefused(_sentence(file, reasons))
            _take_back(cursor)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            file.status = FileStatus.UNDONE
            file.save(update_fields=["status", "updated_at"])
            publish(
                FileUndone, entity=file, at=now, actor=actor, data={"kind": file.kind}
            )
            for name in ("undo_created", "undo_changed"):
                cursor.execute(f"DROP TABLE {name}")
    except IntegrityError as refused:
        # A rule of the data model that no query above foresaw, such as stock below zero.
        raise UndoRefused(
            f"“{file.filename}” cannot be taken back: what came after it builds on it."
        ) from refused
    return file


def _refuse_unless_ended(file: IngestionFile) -> None:
    if file.is_check:
        raise UndoRefused(
            f"“{file.filename}” was only checked. There is nothing to undo."
        )
    if file.status not in (FileStatus.COMPLETED, FileStatus.FAILED):
        raise UndoRefused(
            f"“{file.filename}” is still being imported. Wait for its end."
        )


def _sql(name: str) -> str:
    return (SQL_DIR / "pipeline" / f"{name}.sql").read_text(encoding="utf-8")


# ------------------------------------------------------------------ what stands in the way
def _dependants(cursor: Any, file: IngestionFile) -> Iterator[str]:
    cursor.execute(_sql("undo_later_files"), {"file_id": file.pk})
    for filename, rows in cursor.fetchall():
        yield f"{rows:,} of its rows came again with the later file “{filename}”"
    cursor.execute("SELECT DISTINCT entity_type FROM undo_created")
    created = [name for (name,) in cursor.fetchall()]
    for name in created:
        target = TARGETS[name]
        for relation in _relations(target):
            yield from _referring(
                cursor,
                file,
                target,
                relation.related_model,
                relation.field.column,
                is_cleared=relation.on_delete is SET_NULL,
            )
        for other, column in LOOSE.get(name, ()):
            yield from _referring(cursor, file, target, TARGETS[other].model, column)


def _relations(target: Target) -> Iterator[Any]:
    for relation in target.model._meta.get_fields(include_hidden=True):
        if (
            isinstance(relation, ManyToOneRel)
            and relation.related_model._meta.label not in REPEATING
            and relation.field in set(foreign_keys(relation.related_model))
        ):
            yield relation


def _referring(
    cursor: Any,
    file: IngestionFile,
    target: Target,
    model: Any,
    column: str,
    *,
    is_cleared: bool = False,
) -> Iterator[str]:
    """Rows that hang on created ones and did not come in with the same file.

    is_cleared: they outlive what they name; those that only this file let name it are as
    before in a moment.
    """
    table, key = model._meta.db_table, model._meta.pk.column
    cursor.execute(
        f"SELECT count(*), min(owner.{target.called}::text)"
        f' FROM "{table}" AS other'
        f' JOIN undo_created AS made ON made.entity_id = other."{column}"'
        f' JOIN "{target.table}" AS owner ON owner."{target.key.column}" = made.entity_id'
        " WHERE NOT EXISTS (SELECT FROM undo_created AS ours"
        f' WHERE ours.entity_id = other."{key}")'
        f' AND other."{key}" <> %s'
        " AND NOT (%s AND EXISTS (SELECT FROM undo_changed AS back"
        f' WHERE back.entity_id = other."{key}" AND back.previous ? %s))',
        [file.pk, is_cleared, column],
    )
    count, example = cursor.fetchone()
    if count:
        names = (
            model._meta.verbose_name if count == 1 else model._meta.verbose_name_plural
        )
        needs = "needs" if count == 1 else "need"
        yield f"{count:,} {names} {needs} the {target.noun} “{example}” or others of it"


def _sentence(file: IngestionFile, reasons: list[str]) -> str:
    shown = "; ".join(reasons[:SHOWN_REASONS])
    more = len(reasons) - SHOWN_REASONS
    tail = f"; and {more} more reasons" if more > 0 else ""
    return f"“{file.filename}” cannot be taken back: {shown}{tail}."


# ------------------------------------------------------------------ the way back
def _take_back(cursor: Any) -> None:
    cursor.execute(_sql("undo_stock"))
    for name, target in reversed(TARGETS.items()):
        cursor.execute(
            f'DELETE FROM "{target.table}" USING undo_created AS made'
            f' WHERE made.entity_type = %s AND "{target.table}"."{target.key.column}"'
            " = made.entity_id",
            [name],
        )
    for name, target in TARGETS.items():
        _restore(cursor, name, target)
    cursor.execute(_sql("undo_tags"))


def _restore(cursor: Any, name: str, target: Target) -> None:
    """Write the values before back, column by column, as each row has them."""
    cursor.execute(
        "SELECT DISTINCT jsonb_object_keys(previous) FROM undo_changed"
        " WHERE entity_type = %s",
        [name],
    )
    keys = {key for (key,) in cursor.fetchall()}
    columns = [f.column for f in target.model._meta.concrete_fields if f.column in keys]
    if not columns:
        return
    settings = ", ".join(
        f'"{column}" = CASE WHEN previous ? \'{column}\' THEN before."{column}"'
        f' ELSE now."{column}" END'
        for column in columns
    )
    cursor.execute(
        f'UPDATE "{target.table}" AS now SET {settings} FROM undo_changed AS changed,'
        f' jsonb_populate_record(NULL::"{target.table}", changed.previous) AS before'
        f" WHERE changed.entity_type = '{name}'"
        f' AND now."{target.key.column}" = changed.entity_id'
    )
