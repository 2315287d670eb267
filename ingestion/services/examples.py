"""The template of a kind of file: its heading and a row or two, to be filled in."""

from __future__ import annotations

import csv
import io

from ingestion.importers.declaration import Sheet
from ingestion.importers.soko import EXAMPLES, Soko


def sheet_names() -> list[str]:
    return [sheet.name for sheet in Soko.sheets]


def template_csv(*, sheet: Sheet) -> str:
    """CSV with every column of a Soko sheet and its example rows, which import as they are."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    names = [column.headings[0] for column in sheet.columns]
    writer.writerow(names)
    for row in EXAMPLES[sheet.name]:
        writer.writerow([row.get(name, "") for name in names])
    return buffer.getvalue()
