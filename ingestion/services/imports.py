"""The import itself: chunk after chunk, each one transaction with its progress.

A kill at any point loses at most the chunk in hand, and the next start goes on behind the last
committed one. Two workers on one file do no chunk twice: the file's row is locked and must
still stand where the chunk begins.

A rehearsal does the very same with many chunks in one transaction, which it then takes back: a
chunk sees what the ones before it wrote, so the counts are those of an import. Its rows are
locked meanwhile, so it begins a new transaction after half a minute, or when somebody is in its
way; a key that repeats across such a border is counted as if it were new.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from time import monotonic
from typing import Any
from uuid import UUID

import structlog
from django.db import (
    DataError,
    IntegrityError,
    OperationalError,
    connection,
    transaction,
)
from django.db.models import Model
from django.db.models.functions import Coalesce
from psycopg import errors as postgres
from psycopg import sql

from ingestion.events import FileCompleted
from ingestion.importers import Importer, importer_of
from ingestion.importers.declaration import SQL_DIR, Step
from ingestion.models import FileStatus, IngestionFile
from ingestion.readers import Table, open_table
from ingestion.services import validation
from ingestion.services.staging import CHUNK_LINES, Block, blocks
from ingestion.services.uploads import IN_MEMORY, UNFINISHED, opened
from ingestion.targets import TARGETS
from shop.errors import DomainError
from shop.events import publish
from shop.partitions import PartitionsBusy, ensure_range

log = structlog.get_logger(__name__)

# Starts without progress after which a file is parked: it kills its worker.
MOST_ATTEMPTS = 5
STALLED_AFTER = timedelta(minutes=5)
CHUNK_TRIES = 4
PASSING = (
    postgres.DeadlockDetected,
    postgres.SerializationFailure,
    postgres.LockNotAvailable,
)
# A rehearsal's transaction: its length, and how many chunks' temporary tables it may leave in
# the server's table of locks.
REHEARSAL_S = 30.0
REHEARSED_CHUNKS = 32
COPY_BLOCK = 1024 * 1024
ERRORS_COPY = 'ingestion_row_errors (id, file_id, line, "column", value, message)'
# Some dozens of rows in one chunk that the database refuses; more is a broken importer.
MOST_HALVINGS = 1_000
COUNTS = ("created", "updated", "unchanged", "failed")


class UnaccountedLines(RuntimeError):
    """An importer's steps left lines out of `outcome`: a mistake in its SQL."""


class _Elsewhere(Exception):
    """Another worker has this file in hand."""


class _Rehearsed(Exception):
    """Rolls what was rehearsed back."""


@dataclass(frozen=True)
class Run:
    """How a file stands when `run_import` returns.

    goes_on: the budget ended first; call again. is_elsewhere: another worker has it.
    """

    file: IngestionFile
    goes_on: bool = False
    is_elsewhere: bool = False


Progress = Callable[[IngestionFile], None]


def run_import(
    *,
    file_id: UUID,
    clock: Callable[[], datetime],
    budget_s: float | None = None,
    progress: Progress | None = None,
    chunk_lines: int = CHUNK_LINES,
) -> Run:
    """Import a file from where it stands to its end, or for about `budget_s` seconds.

    May be repeated and run twice at once; an ended file is returned as it is. What is
    wrong with the file as a whole makes it `failed`, with a sentence in `error_message`.
    progress: called with the file after each chunk. Must not run inside a transaction.
    """
    file = _claim(file_id, clock())
    if file is None:
        return Run(IngestionFile.objects.get(pk=file_id), is_elsewhere=True)
    if file.status != FileStatus.PROCESSING:
        return Run(file)
    stop_at = monotonic() + budget_s if budget_s is not None else float("inf")
    try:
        with (
            opened(file) as stream,
            open_table(stream, filename=file.filename) as table,
        ):
            work = _Work(file, table, clock)
            work.count_rows()
            with work.temporary_tables():
                ended = work.chunks(stop_at, progress, chunk_lines)
                if ended:
                    work.finish()
    except _Elsewhere:
        return Run(IngestionFile.objects.get(pk=file_id), is_elsewhere=True)
    except PartitionsBusy:
        # Nothing is wrong with the file; the next start goes on here.
        log.warning("import waits for partitions", file_id=str(file_id))
        return Run(IngestionFile.objects.get(pk=file_id))
    except DomainError as refusal:
        _fail(file_id, refusal.message)
    except (DataError, IntegrityError, UnaccountedLines):
        log.exception("import failed", file_id=str(file_id))
        _fail(
            file_id,
            "The import stopped because of a mistake on our side. What came in before is"
            " kept, and it will go on from there when it is mended and started again.",
        )
    file = IngestionFile.objects.get(pk=file_id)
    return Run(file, goes_on=file.status == FileStatus.PROCESSING)


def stalled_files(*, now: datetime) -> list[UUID]:
    """Unfinished files without progress for five minutes."""
    seen = Coalesce("progressed_at", "started_at", "created_at")
    return list(
        IngestionFile.objects.filter(status__in=UNFINISHED)
        .annotate(seen=seen)
        .filter(seen__lt=now - STALLED_AFTER)
        .order_by("created_at")
        .values_list("pk", flat=True)
    )


@transaction.atomic
def _claim(file_id: UUID, now: datetime) -> IngestionFile | None:
    """The file, marked as being worked on; None when somebody holds its row just now."""
    file = (
        IngestionFile.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(pk=file_id)
        .first()
    )
    if file is None or file.status not in UNFINISHED:
        return file
    file.attempts += 1
    file.status = FileStatus.PROCESSING
    file.started_at = file.started_at or now
    file.progressed_at = now
    if file.attempts > MOST_ATTEMPTS:
        file.status = FileStatus.FAILED
        file.error_message = (
            f"The import was started {MOST_ATTEMPTS} times and never came past line"
            f" {file.cursor_line or 1:,}. Look at the lines that follow it, or split the"
            " file; upload it again to try once more."
        )
    file.save(
        update_fields=[
            "attempts",
            "status",
            "started_at",
            "progressed_at",
            "error_message",
            "updated_at",
        ]
    )
    return file


def _fail(file_id: UUID, message: str) -> None:
    IngestionFile.objects.filter(pk=file_id, status__in=UNFINISHED).update(
        status=FileStatus.FAILED, error_message=message
    )


class _Work:
    """One run over one file: its importer, its sheet, and where it stands."""

    def __init__(
        self, file: IngestionFile, table: Table, clock: Callable[[], datetime]
    ) -> None:
        self.file, self.table, self.clock = file, table, clock
        self.importer: Importer = importer_of(file.kind)
        self.sheet, self.layout = self.importer.sheet_for(table.columns)
        self.done, self.next_analysis = 0, 1
        self.written: set[str] = set()
        self.months: set[tuple[type[Model], datetime]] = set()

    def count_rows(self) -> None:
        """Before the first chunk: how many rows there are, for who watches.

        Reads to the end, so a file that breaks off below is refused with nothing written.
        """
        if not self.file.cursor_line:
            rows = self.table.count_rows()
            IngestionFile.objects.filter(pk=self.file.pk).update(total_rows=rows)

    @contextmanager
    def temporary_tables(self) -> Iterator[None]:
        """The tables of `validation`, gone at the end: pooled connections live on."""
        with connection.cursor() as cursor:
            for statement in validation.create_tables(self.sheet):
                cursor.execute(statement)
        try:
            yield
        finally:
            if connection.is_usable():
                with connection.cursor() as cursor:
                    for statement in validation.drop_tables():
                        cursor.execute(statement)

    def chunks(
        self, stop_at: float, progress: Progress | None, chunk_lines: int
    ) -> bool:
        """Whether the file's last chunk is done."""
        upcoming = self._blocks(chunk_lines)
        if self.file.is_check:
            return self._rehearse(upcoming, stop_at, progress)
        for block in upcoming:
            self._chunk(block)
            self._refresh_statistics()
            if progress is not None:
                progress(self.file)
            if monotonic() > stop_at:
                return False
        return True

    def _blocks(self, chunk_lines: int) -> Iterator[Block]:
        """Where the file stands to its end; the next is read while one is worked on."""
        rows = self.table.rows(self.file.cursor_line + 1)
        cut = blocks(
            rows, sheet=self.sheet, layout=self.layout, chunk_lines=chunk_lines
        )
        with ThreadPoolExecutor(max_workers=1) as reader:
            upcoming = reader.submit(next, cut, None)
            while (block := upcoming.result()) is not None:
                upcoming = reader.submit(next, cut, None)
                yield block

    def _rehearse(
        self, upcoming: Iterator[Block], stop_at: float, progress: Progress | None
    ) -> bool:
        """Like `chunks`, and nothing but the counts and the errors stays."""
        block = next(upcoming, None)
        while block is not None:
            with (
                transaction.atomic(),
                tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as errors,
            ):
                self._locked()
                start = self.file.cursor_line
                try:
                    with transaction.atomic():
                        block = self._rehearse_some(block, upcoming, stop_at, progress)
                        self._copy_errors_to(errors, start)
                        raise _Rehearsed
                except _Rehearsed:
                    self._copy_errors_from(errors)
                    self.file.save()
            if monotonic() > stop_at:
                return block is None
        return True

    def _rehearse_some(
        self,
        block: Block,
        upcoming: Iterator[Block],
        stop_at: float,
        progress: Progress | None,
    ) -> Block | None:
        """As many chunks as one transaction may have; returns the first of the next one."""
        stop_at = min(stop_at, monotonic() + REHEARSAL_S)
        following: Block | None = block
        for done in range(REHEARSED_CHUNKS):
            if following is None or (done and monotonic() > stop_at):
                break
            try:
                self._chunk(following, tries=1 if done else CHUNK_TRIES)
            except OperationalError as error:
                if done and isinstance(error.__cause__, PASSING):
                    break
                raise
            self._refresh_statistics()
            with connection.cursor() as cursor:
                _drop_step_tables(cursor)
                # Whoever holds the locks of several chunks does not wait for another one.
                cursor.execute("SET LOCAL lock_timeout = '500ms'")
            if progress is not None:
                progress(self.file)
            following = next(upcoming, None)
        return following

    def _copy_errors_to(self, errors: Any, start: int) -> None:
        # With DEBUG, Django's cursor takes a COPY without parameters only.
        statement = sql.SQL(
            'COPY (SELECT id, file_id, line, "column", value, message'
            " FROM ingestion_row_errors WHERE file_id = {} AND line > {}"
            " ORDER BY id) TO STDOUT"
        ).format(sql.Literal(self.file.pk), sql.Literal(start))
        with (
            connection.cursor() as cursor,
            cursor.copy(statement.as_string()) as copy,
        ):
            for data in copy:
                errors.write(data)

    def _copy_errors_from(self, errors: Any) -> None:
        errors.seek(0)
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY {ERRORS_COPY} FROM STDIN") as copy,
        ):
            while data := errors.read(COPY_BLOCK):
                copy.write(data)

    def _refresh_statistics(self) -> None:
        """ANALYZE what doubled, looked at after 1, 4, 16, 64 … chunks.

        Autovacuum is minutes late for an import, and plans made for empty tables then
        take thousands of times longer.
        """
        self.done += 1
        if self.done < self.next_analysis:
            return
        self.next_analysis *= 4
        with connection.cursor() as cursor:
            cursor.execute("SELECT DISTINCT entity_type FROM outcome")
            self.written |= {TARGETS[name].table for (name,) in cursor.fetchall()}
            cursor.execute(
                _statement("pipeline/grown_tables.sql"),
                {"tables": sorted(self.written | {"ingestion_records"})},
            )
            if tables := ", ".join(name for (name,) in cursor.fetchall()):
                cursor.execute(f"ANALYZE (SKIP_LOCKED) {tables}")

    def _chunk(self, block: Block, tries: int = CHUNK_TRIES) -> None:
        self._stage(block)
        if not self.file.is_check:
            self._ensure_partitions()
        for attempt in range(1, tries + 1):
            try:
                self._write(block)
                return
            except OperationalError as error:
                if not isinstance(error.__cause__, PASSING) or attempt == tries:
                    raise
                log.warning("chunk tried again", file_id=str(self.file.pk))
                self._stage(block)

    def _stage(self, block: Block) -> None:
        """COPY the cells and hold them against their types; writes temporary tables only."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL jit = off")
            # Estimates for tables this small need no more.
            cursor.execute("SET LOCAL default_statistics_target = 10")
            cursor.execute("TRUNCATE " + ", ".join(validation.TEMPORARY))
            statement = validation.copy_statement(self.sheet, self.layout)
            with cursor.copy(statement) as copy:
                copy.write(block.csv)
            cursor.execute(
                validation.find_errors(self.sheet, self.layout).replace("%%", "%")
            )
            cursor.execute("ANALYZE refused")
            cursor.execute(
                validation.take_good_rows(self.sheet, self.layout).replace("%%", "%")
            )
            cursor.execute("ANALYZE incoming")

    def _ensure_partitions(self) -> None:
        """Children for the months in this chunk; DDL stays out of its transaction."""
        for column, models in self.sheet.moments.items():
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT DISTINCT date_trunc('month', {column}) FROM incoming"
                    f" WHERE {column} IS NOT NULL ORDER BY 1"
                )
                months = [month for (month,) in cursor.fetchall()]
            for month in months:
                for model in models:
                    if (model, month) not in self.months:
                        end = (month + timedelta(days=32)).replace(day=1)
                        ensure_range(model, month, end, now=self.clock())
                        self.months.add((model, month))

    def _write(self, block: Block) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            file = self._locked()
            # A crash of the server may lose the last chunk and the cursor with it: it is done
            # again. The end of the file, which people are told, is waited for.
            cursor.execute("SET LOCAL synchronous_commit = off")
            # Sorts and hashes of a chunk stay in memory, and none of its statements is
            # long enough to be worth compiling.
            cursor.execute("SET LOCAL work_mem = '64MB'")
            cursor.execute("SET LOCAL jit = off")
            params = self._params(file)
            for rule in self.sheet.rules:
                _run(cursor, rule, params, wrap=validation.apply_rule)
            cursor.execute(validation.DROP_BAD_ROWS)
            counts = self._apply(cursor, params)
            if counts["failed"]:
                cursor.execute(validation.keep_errors(self.sheet, self.layout), params)
            file.processed_rows += block.rows
            file.created_rows += counts["created"]
            file.updated_rows += counts["updated"]
            file.unchanged_rows += counts["unchanged"]
            file.failed_rows += counts["failed"]
            file.cursor_line = block.last_line
            file.sheet = self.sheet.name
            file.attempts = 0
            file.progressed_at = self.clock()
            file.save()
        self.file = file

    def _locked(self) -> IngestionFile:
        """The file's row, ours until the commit, standing where we stand."""
        file = (
            IngestionFile.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("shop")
            .filter(pk=self.file.pk, status=FileStatus.PROCESSING)
            .first()
        )
        if file is None or file.cursor_line != self.file.cursor_line:
            raise _Elsewhere
        return file

    def _params(self, file: IngestionFile) -> dict[str, Any]:
        params = {
            "file_id": file.pk,
            "user_id": file.uploaded_by_id,
            "now": self.clock(),
            "is_check": file.is_check,
        }
        shop = file.shop
        if shop is None and file.is_check:
            # An import has it made when the file comes in; here it goes with the rest.
            shop = self.importer.shop_for(
                shop=None, uploaded_by=file.uploaded_by, may_create=True
            )
        return params | {
            "shop_id": shop.pk if shop else None,
            "shop_slug": shop.slug if shop else "",
            "currency": shop.currency if shop else None,
            **self.importer.params(file=file, shop=shop),
        }

    def _apply(self, cursor: Any, params: dict[str, Any]) -> dict[str, int]:
        """Run the steps over the chunk; returns its lines by what became of them.

        A row that breaks a rule of the database, which no declaration foresaw, would take
        the whole chunk with it: such rows are found by halving, and refused.
        """
        try:
            return self._steps(cursor, params)
        except (DataError, IntegrityError):
            cursor.execute("CREATE TEMP TABLE halved ON COMMIT DROP AS TABLE incoming")
            cursor.execute("SELECT line FROM halved ORDER BY line")
            lines = [line for (line,) in cursor.fetchall()]
            tries = iter(range(MOST_HALVINGS))
            counts = self._halves(cursor, params, lines, tries)
            cursor.execute("SELECT count(DISTINCT line) FROM refused")
            return counts | {"failed": cursor.fetchone()[0]}

    def _halves(
        self,
        cursor: Any,
        params: dict[str, Any],
        lines: list[int],
        tries: Iterator[int],
    ) -> dict[str, int]:
        """Refuse the rows the database will not have; every other row is written."""
        if not lines:
            return dict.fromkeys(COUNTS, 0)
        cursor.execute("TRUNCATE incoming, outcome")
        cursor.execute(
            "INSERT INTO incoming SELECT * FROM halved WHERE line BETWEEN %s AND %s",
            [lines[0], lines[-1]],
        )
        try:
            counts = self._steps(cursor, params)
        except (DataError, IntegrityError) as error:
            if next(tries, None) is None:
                raise
            if len(lines) == 1:
                cursor.execute(
                    "INSERT INTO refused VALUES (%s, '', NULL, %s)",
                    [lines[0], _database_says(error)],
                )
                return dict.fromkeys(COUNTS, 0)
            middle = len(lines) // 2
            first = self._halves(cursor, params, lines[:middle], tries)
            second = self._halves(cursor, params, lines[middle:], tries)
            return {name: first[name] + second[name] for name in COUNTS}
        _drop_step_tables(cursor, but="halved")
        return counts

    def _steps(self, cursor: Any, params: dict[str, Any]) -> dict[str, int]:
        """The importer's steps and their records, or nothing of them."""
        with transaction.atomic():
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            for step in self.sheet.steps:
                _run(cursor, step, params)
            counts = _count(cursor)
            # What would else break at the commit, where no row could be blamed.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            _keep_records(cursor, params)
        return counts

    def finish(self) -> None:
        """The last steps, and the end, in one transaction."""
        with transaction.atomic(), connection.cursor() as cursor:
            file = self._locked()
            now = self.clock()
            if not file.is_check:
                cursor.execute("TRUNCATE incoming, outcome")
                cursor.execute("SET LOCAL work_mem = '64MB'")
                cursor.execute("SET LOCAL jit = off")
                params = self._params(file)
                for step in self.sheet.finish:
                    _run(cursor, step, params)
                _keep_records(cursor, params)
            file.status = FileStatus.COMPLETED
            file.sheet = self.sheet.name
            file.completed_at = file.progressed_at = now
            file.attempts, file.error_message = 0, ""
            file.save()
            if not file.is_check:
                publish(FileCompleted, entity=file, at=now, data=_summary(file))
        self.file = file


def _summary(file: IngestionFile) -> dict[str, Any]:
    return {
        "kind": file.kind,
        "shop_id": file.shop_id,
        "rows": file.total_rows,
        "created": file.created_rows,
        "updated": file.updated_rows,
        "unchanged": file.unchanged_rows,
        "failed": file.failed_rows,
    }


@cache
def _statement(name: str) -> str:
    return (SQL_DIR / name).read_text(encoding="utf-8")


def _run(
    cursor: Any,
    step: Step,
    params: Mapping[str, Any],
    wrap: Callable[[str], str] = str,
) -> None:
    if callable(step):
        step(cursor, params)
    else:
        cursor.execute(wrap(_statement(step)), params)


def _count(cursor: Any) -> dict[str, int]:
    """Lines of the chunk by what became of them. Raises UnaccountedLines."""
    cursor.execute(_statement("pipeline/count_lines.sql"))
    *counts, left_out = cursor.fetchone()
    if left_out:
        raise UnaccountedLines(f"{left_out} lines have no outcome")
    return dict(zip(COUNTS, counts, strict=True))


def _keep_records(cursor: Any, params: Mapping[str, Any]) -> None:
    cursor.execute(_statement("pipeline/keep_records.sql"), params)


def _drop_step_tables(cursor: Any, but: str = "") -> None:
    """The steps that follow in the same transaction make theirs anew."""
    ours = [*validation.TEMPORARY, but]
    cursor.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = pg_my_temp_schema()"
        " AND relkind = 'r' AND relname <> ALL(%s)",
        [ours],
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f'DROP TABLE pg_temp."{name}"')


def _database_says(error: Exception) -> str:
    """Names the broken rule, which docs and operators know; no internals."""
    diagnosis = getattr(error.__cause__, "diag", None)
    rule = getattr(diagnosis, "constraint_name", None)
    what = f"it breaks the rule {rule}" if rule else "a value does not fit its column"
    return f"This row cannot be stored: {what}."
