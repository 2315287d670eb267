"""What an importer says about its files: columns, their types, and the SQL that writes them.

Validation is generated from these declarations (`validation.py`); the statements that write
are by hand, in `ingestion/sql/<importer>/`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from django.db.models import Model

from ingestion.errors import WrongColumns
from ingestion.importers.types import ColumnType, Text

if TYPE_CHECKING:
    from ingestion.models import IngestionFile
    from shop.models import Shop

SQL_DIR = Path(__file__).resolve().parent.parent / "sql"

# The two columns that a corrected-file download adds; every importer takes them back.
REASON = "Reason"
ORIGIN = "Soko row"

Step = str | Callable[[Any, Mapping[str, Any]], None]


def folded(heading: str) -> str:
    """`Customer ID`, `CustomerID` and `customer_id` are one spelling."""
    return re.sub(r"[\W_]+", "", heading).casefold()


@dataclass(frozen=True)
class Column:
    """One column of a file.

    name: as SQL steps call it, a plain lower-case identifier. headings: accepted spellings,
    the first is ours; case, spaces, dots and underscores do not matter. required: no cell
    may be empty. in_every_file: False when a file may come without the column. personal: its
    cells tell who somebody is, so a wrong one is not kept with its error.
    """

    name: str
    headings: tuple[str, ...]
    type: ColumnType = field(default_factory=Text)
    required: bool = True
    in_every_file: bool = True
    personal: bool = False


@dataclass(frozen=True)
class Sheet:
    """One kind of table that an importer reads, recognised by its heading.

    rules: SELECTs over `incoming` that return (line, column, value, message) for what only
    the database can judge. steps: what writes a chunk, in order. finish: what runs once, in
    the transaction that completes the file. Each is a file of `ingestion/sql/`, or a
    callable `(cursor, params)`.
    moments: typed column -> partitioned models that get rows at that instant.
    ignored: headings that may stand in the file and are not read.
    together: a column whose neighbouring equal values are kept in one chunk, for importers
    that count or sum over it.
    exported: such files are written here too, with an apostrophe before what a spreadsheet
    would take for a formula; it is taken off again.
    """

    name: str
    columns: tuple[Column, ...]
    steps: tuple[Step, ...]
    rules: tuple[str, ...] = ()
    finish: tuple[Step, ...] = ()
    moments: Mapping[str, tuple[type[Model], ...]] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    together: str | None = None
    exported: bool = False

    def read_heading(self, heading: list[str]) -> Layout:
        """Which cell is which column. Raises WrongColumns, naming every wrong one."""
        wanted = {
            folded(spelling): column
            for column in self.columns
            for spelling in column.headings
        }
        places: dict[str, int] = {}
        origin: int | None = None
        unknown: list[str] = []
        twice: list[str] = []
        passed = {folded(name) for name in (*self.ignored, REASON)}
        for place, cell in enumerate(heading):
            key = folded(cell)
            column = wanted.get(key)
            if column is not None:
                if column.name in places:
                    twice.append(cell)
                places[column.name] = place
            elif key == folded(ORIGIN):
                origin = place
            elif cell.strip() and key not in passed:
                unknown.append(cell)
        missing = [
            column.headings[0]
            for column in self.columns
            if column.in_every_file and column.name not in places
        ]
        if missing or unknown or twice:
            raise WrongColumns(_wrong(missing, unknown, twice))
        return Layout(
            heading=tuple(heading), places=places, origin=origin, width=len(heading)
        )


@dataclass(frozen=True)
class Layout:
    """Where a file has its columns: name -> index of the cell."""

    heading: tuple[str, ...]
    places: Mapping[str, int]
    origin: int | None
    width: int

    def heading_of(self, name: str) -> str:
        return self.heading[self.places[name]].strip()


class Importer:
    """A kind of file. Subclasses are declarations; one instance each is in the registry."""

    kind: ClassVar[str]
    label: ClassVar[str]
    sheets: ClassVar[tuple[Sheet, ...]]
    # Whether a shop's own people may bring it in: it writes to their shop and nowhere else.
    for_shops: ClassVar[bool] = False
    # How long the upload as it came is kept; what it became stays.
    keep_upload: ClassVar[timedelta] = timedelta(days=90)

    def shop_for(
        self, *, shop: Shop | None, uploaded_by: Any, may_create: bool
    ) -> Shop | None:
        """The shop that the rows belong to; None when the file itself names its shops.

        Called when a file comes in, and again inside each chunk's transaction. May create
        one only when `may_create`. Raises NoShop.
        """
        return shop

    def params(self, *, file: IngestionFile, shop: Shop | None) -> dict[str, Any]:
        """Further parameters for this importer's SQL, besides those of the pipeline."""
        return {}

    def sheet_for(self, heading: list[str]) -> tuple[Sheet, Layout]:
        """The sheet with this heading. Raises WrongColumns against the nearest one."""
        refusals: list[tuple[int, WrongColumns]] = []
        for sheet in self.sheets:
            try:
                return sheet, sheet.read_heading(heading)
            except WrongColumns as refusal:
                known = {
                    folded(name) for column in sheet.columns for name in column.headings
                }
                hits = sum(folded(cell) in known for cell in heading)
                refusals.append((hits, refusal))
        raise max(refusals, key=lambda pair: pair[0])[1]

    def sheet_named(self, name: str) -> Sheet:
        return next(sheet for sheet in self.sheets if sheet.name == name)


def _wrong(missing: list[str], unknown: list[str], twice: list[str]) -> str:
    parts = []
    if missing:
        parts.append(f"it lacks {_names(missing)}")
    if unknown:
        parts.append(f"it has {_names(unknown)}, which this import does not know")
    if twice:
        parts.append(f"it has {_names(twice)} twice")
    return "The heading of this file does not fit: " + "; ".join(parts) + "."


def _names(names: list[str]) -> str:
    shown = [f"“{name[:60]}”" for name in names[:10]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
