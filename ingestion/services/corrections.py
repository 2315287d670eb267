"""The bad rows of a file as they came, each with its reasons, to mend and upload again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import groupby

from ingestion.errors import NothingToCorrect, UploadGone
from ingestion.importers.declaration import ORIGIN, REASON, folded
from ingestion.models import IngestionFile, IngestionRowError
from ingestion.readers import open_table
from ingestion.services.staging import FORMULA
from ingestion.services.uploads import opened, upload_storage

ROWS_A_PART = 500


def corrected_file(*, file: IngestionFile) -> Iterator[str]:
    """The download as CSV text, part by part; memory does not grow with the file.

    The heading and cells are the upload's own; a reason is added, and the row's mark, by
    which its re-upload is known to be that row and not another one like it. Raises
    NothingToCorrect or UploadGone at once, before the first part.
    """
    if not file.row_errors.exists():
        raise NothingToCorrect(file.filename)
    if not file.file_path or not upload_storage().exists(file.file_path):
        raise UploadGone(file.filename)
    return _parts(file)


def _parts(file: IngestionFile) -> Iterator[str]:
    reasons = _reasons(file)
    wanted, reason = next(reasons)
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    with opened(file) as stream, open_table(stream, filename=file.filename) as table:
        ours = {folded(REASON), folded(ORIGIN)}
        kept = [i for i, name in enumerate(table.columns) if folded(name) not in ours]
        mark = next(
            (
                i
                for i, name in enumerate(table.columns)
                if folded(name) == folded(ORIGIN)
            ),
            None,
        )
        width = len(table.columns)
        writer.writerow([*(table.columns[i] for i in kept), REASON, ORIGIN])
        for count, (line, cells) in enumerate(table.rows(wanted), start=1):
            if line == wanted:
                row = [_safe(cells[i]) if i < len(cells) else "" for i in kept]
                # A row that was corrected before and is bad again stays the row it was.
                known = cells[mark].strip() if mark and mark < len(cells) else ""
                origin = known or f"{str(file.pk)[-8:]}:{line}"
                row += [reason, origin, *map(_safe, cells[width:])]
                writer.writerow(row)
                try:
                    wanted, reason = next(reasons)
                except StopIteration:
                    break
            if count % ROWS_A_PART == 0 and buffer.tell():
                yield _taken(buffer)
    yield _taken(buffer)


def _reasons(file: IngestionFile) -> Iterator[tuple[int, str]]:
    """Line and all its reasons in one text, in the order of the lines."""
    found = (
        IngestionRowError.objects.filter(file=file)
        .order_by("line", "column")
        .values_list("line", "column", "message")
        .iterator()
    )
    for line, errors in groupby(found, key=lambda error: error[0]):
        texts = [f"{column} {message}".strip() for _, column, message in errors]
        yield line, _safe("; ".join(texts))


def _safe(cell: str) -> str:
    """Opened in a spreadsheet, the cell is text."""
    return f"'{cell}" if cell.startswith(FORMULA) and not _is_number(cell) else cell


def _is_number(cell: str) -> bool:
    """A negative amount is no formula, and must come back as the number it is."""
    return cell.lstrip("+-").replace(".", "", 1).isdecimal() and cell[:1] in "+-"


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
