"""The files of a folder that one importer reads, in the order it wants them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ingestion.errors import UnreadableFile, WrongColumns
from ingestion.importers import Importer
from ingestion.readers import open_table

# What a folder of tables is expected to hold; others beside them are passed over.
TABLES = (".csv", ".tsv", ".txt", ".gz", ".zip", ".xlsx")


@dataclass(frozen=True)
class Chosen:
    """paths: to be imported, in this order. passed: file name -> why it is left out."""

    paths: list[Path]
    passed: dict[str, str]


def choose_files(*, path: Path, importer: Importer) -> Chosen:
    """The file itself, or the tables of a folder that `importer` knows by their headings.

    A single file is not looked into: its import says what is wrong with it. Raises
    UnreadableFile when there is nothing at `path`, or nothing to import in the folder.
    """
    if path.is_file():
        return Chosen([path], {})
    if not path.is_dir():
        raise UnreadableFile(f"There is no file or folder “{path}”.")
    places: list[tuple[int, Path]] = []
    passed: dict[str, str] = {}
    for found in sorted(path.iterdir()):
        if not found.is_file() or found.suffix.lower() not in TABLES:
            continue
        try:
            places.append((_place(found, importer), found))
        except (UnreadableFile, WrongColumns) as refusal:
            passed[found.name] = refusal.message
    if not places:
        raise UnreadableFile(
            f"The folder “{path}” holds no table for the import “{importer.kind}”."
        )
    return Chosen([found for _, found in sorted(places)], passed)


def _place(path: Path, importer: Importer) -> int:
    with path.open("rb") as stream, open_table(stream, filename=path.name) as table:
        sheet, _ = importer.sheet_for(table.columns)
    return importer.sheets.index(sheet)
