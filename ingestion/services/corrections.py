"""The bad rows of a file as they came, each with its reasons, to mend and upload again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import groupby

from ingestion.errors import NothingToCorrect, UploadGone
from ingestion.importers.declaration import ORIGIN, REASON, folded
from ingestion.models import IngestionFile, IngestionRowError
from ingestion.queries import untold_rows
from ingestion.readers import Table, open_table
from ingestion.services.staging import FORMULA
from ingestion.services.uploads import opened, upload_storage

ROWS_A_PART = 500
UNTOLD = (
    "This row was refused. The file had too many errors to keep every reason; import these rows"
    " to see them."
)


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
        for count, (line, cells, reason) in enumerate(_refused(file, table), start=1):
            row = [_safe(cells[i]) if i < len(cells) else "" for i in kept]
            # A row that was corrected before and is bad again stays the row it was.
            known = (
                cells[mark].strip() if mark is not None and mark < len(cells) else ""
            )
            origin = known or f"{str(file.pk)[-8:]}:{line}"
            row += [reason, origin, *map(_safe, cells[width:])]
            writer.writerow(row)
            if count % ROWS_A_PART == 0:
                yield _taken(buffer)
    yield _taken(buffer)


def _refused(file: IngestionFile, table: Table) -> Iterator[tuple[int, list[str], str]]:
    """Line, cells and reason of every refused row, in the order of the file.

    Behind the last error that is kept, a row was refused that became nothing; what a rehearsal
    would have taken there is not known.
    """
    reasons = _reasons(file)
    wanted, reason = next(reasons)
    left = 0 if file.is_check else untold_rows(file)
    became: Iterator[int] | None = None
    passed = 0
    for line, cells in table.rows(wanted):
        if became is not None:
            while passed < line:
                passed = next(became, file.cursor_line + 1)
            if passed != line:
                yield line, cells, UNTOLD
                left -= 1
        elif line == wanted:
            yield line, cells, reason
            wanted, reason = next(reasons, (0, ""))
            if not wanted:
                became = _became_something(file, after=line)
        if became is not None and not left:
            return


def _became_something(file: IngestionFile, *, after: int) -> Iterator[int]:
    return (
        file.records.filter(line__gt=after)
        .order_by("line")
        .values_list("line", flat=True)
        .iterator()
    )


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
