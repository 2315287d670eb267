"""Import files from the command line: `manage.py ingest olist DIR --shop SLUG`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from ingestion.importers import REGISTRY, importer_of
from ingestion.models import FileStatus, IngestionFile
from ingestion.queries import untold_rows
from ingestion.services.corrections import corrected_file
from ingestion.services.folders import choose_files
from ingestion.services.imports import Run, run_import
from ingestion.services.undo import undo_import
from ingestion.services.uploads import Receipt, receive_file
from shop.errors import DomainError
from shop.models import Shop

INTERRUPTED = 130


@dataclass
class Result:
    """What became of one file; `state` is a FileStatus, or why it was not begun."""

    file: str
    id: str = ""
    sheet: str = ""
    state: str = "unreadable"
    message: str = ""
    already_imported: bool = False
    rows_read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    untold: int = 0
    seconds: float = 0.0
    errors_file: str = ""

    @property
    def is_bad(self) -> bool:
        return self.state in (FileStatus.FAILED, "unreadable")


@dataclass
class Summary:
    """All files of one call; what `--json` prints."""

    kind: str
    is_check: bool
    files: list[Result] = field(default_factory=list)
    passed_over: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def as_json(self) -> str:
        sums = {
            name: sum(getattr(result, name) for result in self.files)
            for name in ("rows_read", "created", "updated", "unchanged", "failed")
        }
        return json.dumps({**asdict(self), **sums}, indent=2)


class Command(BaseCommand):
    help = (
        "Imports a file, or every table of a folder that the import knows. "
        "Run it again after an interruption: it goes on where it stopped. "
        "Exits with 1 when a file could not be imported; rows that failed are counted, "
        "and --errors writes them to a file to correct."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", nargs="?", choices=sorted(REGISTRY))
        parser.add_argument("path", nargs="?", type=Path, help="A file or a folder.")
        parser.add_argument("--shop", metavar="SLUG", help="The shop it belongs to.")
        parser.add_argument(
            "--check", action="store_true", help="Check everything, keep nothing."
        )
        parser.add_argument("--json", action="store_true", help="Answer for programs.")
        parser.add_argument(
            "--errors",
            metavar="PATH",
            type=Path,
            help="Where to write the rows that failed; a folder when a folder came in.",
        )
        parser.add_argument(
            "--undo", metavar="FILE_ID", type=UUID, help="Take an import back."
        )

    def handle(self, **options: Any) -> None:
        if options["undo"]:
            self._undo(options["undo"])
            return
        if not options["kind"] or not options["path"]:
            raise CommandError(
                "Say what to import and from where: "
                f"manage.py ingest {{{','.join(sorted(REGISTRY))}}} PATH."
            )
        try:
            self._import(**options)
        except DomainError as refusal:
            raise CommandError(refusal.message) from refusal

    def _import(
        self,
        *,
        kind: str,
        path: Path,
        shop: str | None,
        check: bool,
        errors: Path | None,
        **options: Any,
    ) -> None:
        started = monotonic()
        chosen = choose_files(path=path, importer=importer_of(kind))
        summary = Summary(kind, check, passed_over=chosen.passed)
        seller = _shop(shop)
        for found in chosen.paths:
            result = self._one(found, kind, seller, check, quiet=options["json"])
            summary.files.append(result)
            if errors and result.failed:
                target = errors / found.name if path.is_dir() else errors
                result.errors_file = _write_errors(result, target)
            if not options["json"]:
                self._tell(result, check)
            if result.is_bad:
                break  # later tables of a set build on this one
        summary.seconds = round(monotonic() - started, 2)
        self._end(summary, as_json=options["json"])

    def _one(
        self, path: Path, kind: str, shop: Shop | None, check: bool, *, quiet: bool
    ) -> Result:
        result = Result(path.name)
        started = monotonic()
        try:
            with path.open("rb") as stream:
                receipt = receive_file(
                    stream=stream,
                    filename=path.name,
                    kind=kind,
                    now=timezone.now(),
                    shop=shop,
                    is_check=check,
                    queue=False,
                )
            run = self._run(receipt, quiet)
        except (DomainError, OSError) as refusal:
            result.message = getattr(refusal, "message", str(refusal))
        else:
            _fill(result, run, receipt)
        result.seconds = round(monotonic() - started, 2)
        return result

    def _run(self, receipt: Receipt, quiet: bool) -> Run:
        try:
            with _bar(receipt.file.filename, quiet) as advance:
                return run_import(
                    file_id=receipt.file.pk, clock=timezone.now, progress=advance
                )
        except KeyboardInterrupt:
            self.stderr.write(
                "\nStopped. What was read so far is kept; run the same command again to "
                "go on from there."
            )
            raise SystemExit(INTERRUPTED) from None

    def _tell(self, result: Result, check: bool) -> None:
        if result.is_bad:
            self.stderr.write(self.style.ERROR(f"{result.file}: {result.message}"))
            return
        if result.message:
            self.stdout.write(f"{result.file}: {result.message}")
        self.stdout.write(
            f"{result.file}: {result.rows_read:,} rows read, {result.created:,} created,"
            f" {result.updated:,} updated, {result.unchanged:,} unchanged,"
            f" {result.failed:,} failed, {result.seconds:.1f} s"
            + (" (a check: nothing was kept)" if check else "")
        )
        if result.untold:
            self.stdout.write(
                f"  {result.untold:,} of them are counted only: there are too many errors to"
                " keep every reason."
            )
        if result.errors_file:
            self.stdout.write(f"  The rows that failed are in {result.errors_file}.")
        elif result.failed:
            self.stdout.write(
                "  Add --errors PATH to get the rows that failed, with the reasons."
            )

    def _end(self, summary: Summary, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(summary.as_json())
        else:
            for name in summary.passed_over:
                self.stdout.write(f"{name}: not a table of this import, passed over")
        if any(result.is_bad for result in summary.files):
            raise SystemExit(1)

    def _undo(self, file_id: UUID) -> None:
        try:
            file = undo_import(file_id=file_id, now=timezone.now())
        except IngestionFile.DoesNotExist:
            raise CommandError(f"There is no import with the id {file_id}.") from None
        except DomainError as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(f"{file.filename}: taken back.")


def _shop(slug: str | None) -> Shop | None:
    if slug is None:
        return None
    shop = Shop.objects.filter(slug=slug).first()
    if shop is None:
        raise CommandError(f"There is no shop with the slug “{slug}”.")
    return shop


def _fill(result: Result, run: Run, receipt: Receipt) -> None:
    file = run.file
    result.id, result.sheet, result.state = str(file.pk), file.sheet, file.status
    result.rows_read = file.processed_rows
    result.created, result.updated = file.created_rows, file.updated_rows
    result.unchanged, result.failed = file.unchanged_rows, file.failed_rows
    result.untold = untold_rows(file)
    result.message = file.error_message
    if run.is_elsewhere:
        result.message = "Another worker has this file in hand; it goes on there."
    elif file.status == FileStatus.PROCESSING:
        result.message = "The database was busy. Run the same command again to go on."
    # `receipt.file` is as the content was found, before this run.
    elif not receipt.is_new and receipt.file.status == FileStatus.COMPLETED:
        result.already_imported = True
        # Of this call: whatever came in did so before.
        result.unchanged = file.processed_rows - file.failed_rows
        result.created = result.updated = 0
        result.message = (
            f"the same content was imported on {receipt.file.completed_at:%Y-%m-%d %H:%M}"
            " UTC; nothing changed."
        )


@contextmanager
def _bar(title: str, quiet: bool) -> Iterator[Any]:
    """A progress bar on the error stream, where it does not mix with the answer."""
    console = Console(stderr=True, quiet=quiet)
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as progress:
        task = progress.add_task(title, total=None)

        def advance(file: IngestionFile) -> None:
            total = file.total_rows if file.total_rows > file.processed_rows else None
            progress.update(task, completed=file.processed_rows, total=total)

        yield advance


def _write_errors(result: Result, target: Path) -> str:
    """The corrected-file download beside what it came from, as CSV."""
    if target.suffix.lower() != ".csv":
        target = target.with_name(target.name + ".csv")
    target.parent.mkdir(parents=True, exist_ok=True)
    file = IngestionFile.objects.get(pk=result.id)
    with target.open("w", encoding="utf-8", newline="") as output:
        output.writelines(corrected_file(file=file))
    return str(target)
