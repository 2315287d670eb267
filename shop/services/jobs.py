"""Jobs: work on many rows of a shop, chunk by chunk in the background, that can be undone.

An app registers what it can do to a chunk in its `jobs.py`:

    @job_kind("tea.set_price", right="edit_products", words=..., undo=restore_price)
    def set_price(chunk: Chunk) -> Iterable[Result]: ...

A view opens a job over the rows of a queryset, or over picked ones, with `open_job`. A worker
calls `run_job` until the job has ended; each chunk is one transaction with its rows' results
and the job's counts, so a worker may die anywhere and the next one goes on.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, ClassVar
from uuid import UUID

import structlog
from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError, connection, transaction
from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shop.errors import DomainError
from shop.events import Event, Stream, publish
from shop.models import Job, JobRow, JobState, RowState

log = structlog.get_logger(__name__)

CHUNK = 500
MOST_ROWS = 200_000
# A chunk that breaks is tried again; the third time the job has failed.
MOST_ATTEMPTS = 3
# No chunk takes as long: whoever was silent for this long is dead.
SILENCE = timedelta(minutes=2)
# The news of a job may stand behind a hundred thousand others; it need not wait for it.
PATIENCE = timedelta(seconds=10)
KEPT = timedelta(days=90)
DROPPED_AT_ONCE = 50

OPEN_ROWS = """
INSERT INTO job_rows (job_id, entity_id, label, wanted)
SELECT %s, entity_id, left(label, 255), wanted::jsonb FROM ({rows}) AS found
"""
OPEN_ITEMS = """
INSERT INTO job_rows (job_id, entity_id, label, wanted)
SELECT %s, entity_id, left(label, 255), wanted::jsonb
  FROM unnest(%s::uuid[], %s::text[], %s::text[])
       WITH ORDINALITY AS found(entity_id, label, wanted, place)
 ORDER BY place
    ON CONFLICT (job_id, entity_id) DO NOTHING
"""
OPEN_UNDO = """
INSERT INTO job_rows (job_id, entity_id, label, wanted)
SELECT %s, entity_id, label, jsonb_build_object('before', before, 'after', after)
  FROM job_rows WHERE job_id = %s AND state = 'done' AND after IS NOT NULL
 ORDER BY id
"""
WRITE_RESULTS = """
UPDATE job_rows AS job_row
   SET state = found.state, message = found.message,
       before = found.before::jsonb, after = found.after::jsonb
  FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[])
       AS found(id, state, message, before, after)
 WHERE job_row.id = found.id
"""
DROP_OLD = """
DELETE FROM jobs WHERE id = ANY(ARRAY(
    SELECT id FROM jobs
     WHERE state NOT IN ('queued', 'running') AND ended_at < %s
     ORDER BY ended_at LIMIT %s))
"""
MARK_UNDONE = """
UPDATE job_rows SET state = 'undone'
 WHERE job_id = %s AND state = 'done' AND entity_id = ANY(%s)
"""


class JobOpened(Event):
    """A job waits for its worker. data: kind."""

    type: ClassVar[str] = "job.opened"
    stream: ClassVar[Stream] = Stream.ANALYTICS


class CannotRetry(DomainError):
    """reason: a sentence for people."""

    code = "cannot_retry"


class NothingToDo(DomainError):
    """A job without a row."""

    code = "nothing_to_do"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or _("Nothing was chosen."))


class CountChanged(DomainError):
    """Others came or went since the number was shown: look again before saying yes."""

    code = "count_changed"

    def __init__(self, *, expected: int, found: int) -> None:
        super().__init__(
            _(
                "Meanwhile it is %(found)d instead of %(expected)d. Look at them again, then confirm."
            )
            % {"found": found, "expected": expected}
        )
        self.found = found


class TooManyRows(DomainError):
    code = "too_many_rows"

    def __init__(self) -> None:
        super().__init__(
            ngettext(
                "At most %(most)d row at once.",
                "At most %(most)d rows at once.",
                MOST_ROWS,
            )
            % {"most": MOST_ROWS}
        )


class CannotUndo(DomainError):
    code = "cannot_undo"


@dataclass(frozen=True)
class Asked:
    """One row of a chunk. wanted: what was asked of it alone; of an undo, `before`, `after`."""

    entity_id: UUID
    wanted: Any


@dataclass(frozen=True)
class Chunk:
    """Some rows of a job; `rows` are at most CHUNK."""

    job_id: UUID
    shop_id: UUID
    user_id: UUID | None
    params: Mapping[str, Any]
    rows: Sequence[Asked]
    now: datetime

    @property
    def ids(self) -> list[UUID]:
        return [row.entity_id for row in self.rows]


@dataclass(frozen=True)
class Result:
    """What came of one entity: done, with JSON before and after, or refused, with a reason.

    An entity without a result counts as gone. after None: nothing to undo.
    """

    entity_id: UUID
    before: Any = None
    after: Any = None
    refusal: str = ""


Work = Callable[[Chunk], Iterable[Result]]
Words = Callable[[Mapping[str, Any]], str]
Shown = Callable[[Any, Mapping[str, Any]], str]


@dataclass(frozen=True)
class Kind:
    """right: the word of `users.rights` that who sees, stops or undoes such a job needs.

    words: what it does, for a person, from its params, in the active language. shown: a row's
    `before` or `after`, with the params, as a person reads it.
    """

    name: str
    right: str
    words: Words
    work: Work
    undo: Work | None
    shown: Shown


_kinds: dict[str, Kind] = {}


def plainly(value: Any, _params: Mapping[str, Any]) -> str:
    """JSON of a row that is a text, a number, nothing, or a list of these."""
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return "" if value is None else str(value)


def job_kind(
    name: str,
    *,
    right: str,
    words: Words,
    undo: Work | None = None,
    shown: Shown = plainly,
) -> Callable[[Work], Work]:
    """Register what does a chunk of such jobs, in one transaction that this module opens.

    Work and undo may raise DomainError: the chunk is then done row by row, and the rows that
    raise are refused with its sentence. An undo gets `before` and `after` of each row in
    `wanted`, and refuses where the value is not `after` any more.
    """

    def declare(work: Work) -> Work:
        if name in _kinds and _kinds[name].work is not work:
            raise TypeError(f"The job {name} is declared already.")
        _kinds[name] = Kind(name, right, words, work, undo, shown)
        return work

    return declare


@cache
def _discover() -> None:
    autodiscover_modules("jobs")


def kind_of(name: str) -> Kind:
    """Raises LookupError for one that no app registers."""
    _discover()
    try:
        return _kinds[name]
    except KeyError:
        raise LookupError(f"No app does jobs of the kind {name}.") from None


def kinds_with(rights: Iterable[str]) -> list[str]:
    """Names of the kinds that somebody with those rights may see."""
    _discover()
    allowed = set(rights)
    return [kind.name for kind in _kinds.values() if kind.right in allowed]


# ------------------------------------------------------------------ opening
@transaction.atomic
def open_job(
    *,
    shop_id: UUID,
    by: Any,
    kind: str,
    now: datetime,
    params: Mapping[str, Any] | None = None,
    rows: QuerySet[Any] | None = None,
    items: Iterable[tuple[UUID, str, Any]] = (),
    expected: int | None = None,
    token: UUID | None = None,
    language: str = "",
) -> Job:
    """Enter a job over many rows; a worker begins after the commit.

    by: an account, or None. rows: a queryset annotated with `entity_id`, `label` and perhaps
    `wanted`, each entity once; else items: entity id, label, what is wanted of it. expected:
    how many were shown to whoever said yes. token: the same again is the same job. Raises
    NothingToDo, TooManyRows and CountChanged, with nothing written.
    """
    kind_of(kind)
    if token is not None:
        known = Job.objects.filter(shop_id=shop_id, token=token).first()
        if known is not None:
            return known
    job = Job.objects.create(
        shop_id=shop_id,
        created_by=by,
        language=language or translation.get_language() or settings.LANGUAGE_CODE,
        kind=kind,
        params=json.loads(_json(params or {})),
        token=token,
        touched_at=now,
    )
    total = _enter_rows(job, rows) if rows is not None else _enter_items(job, items)
    if expected is not None and total != expected:
        raise CountChanged(expected=expected, found=total)
    _open(job, total, now)
    return job


def _enter_rows(job: Job, rows: QuerySet[Any]) -> int:
    names = ["entity_id", "label"]
    has_wanted = "wanted" in rows.query.annotations
    wanted = rows.values_list(*names, *(["wanted"] if has_wanted else []))
    try:
        # One more than allowed is enough to know.
        sql, values = wanted[: MOST_ROWS + 1].query.sql_with_params()
    except EmptyResultSet:
        # Such as none of an empty list: there is no statement for it.
        return 0
    names_sql = "entity_id, label, wanted" if has_wanted else "entity_id, label"
    source = (
        f"SELECT {names_sql}{'' if has_wanted else ', NULL AS wanted'}"
        f" FROM ({sql}) AS chosen({names_sql})"
    )
    with connection.cursor() as cursor:
        cursor.execute(OPEN_ROWS.format(rows=source), [job.pk, *values])
        return int(cursor.rowcount)


def _enter_items(job: Job, items: Iterable[tuple[UUID, str, Any]]) -> int:
    entries = list(items)
    columns: list[list[Any]] = [
        [entity_id for entity_id, _, _ in entries],
        [label for _, label, _ in entries],
        [None if wanted is None else _json(wanted) for _, _, wanted in entries],
    ]
    with connection.cursor() as cursor:
        cursor.execute(OPEN_ITEMS, [job.pk, *columns])
        return int(cursor.rowcount)


def _open(job: Job, total: int, now: datetime) -> None:
    if total == 0:
        raise NothingToDo
    if total > MOST_ROWS:
        raise TooManyRows
    job.total_rows = total
    job.save(update_fields=["total_rows"])
    publish(
        JobOpened,
        entity=job,
        at=now,
        actor=job.created_by,
        data={"kind": job.kind},
    )


@transaction.atomic
def undo_job(*, job_id: UUID, by: Any, now: datetime, language: str = "") -> Job:
    """Open the job that takes back what a job did, row by row, where nobody changed it since.

    While one is at work, that one is returned. Raises CannotUndo.
    """
    job = Job.objects.select_for_update().get(pk=job_id)
    if job.undo_of_id or kind_of(job.kind).undo is None:
        raise CannotUndo(_("Such a job cannot be undone."))
    if job.is_at_work:
        raise CannotUndo(_("It is still at work. Stop it first."))
    running = job.undos.at_work().first()
    if running is not None:
        found: Job = running
        return found
    undo = Job.objects.create(
        shop_id=job.shop_id,
        created_by=by,
        language=language or translation.get_language() or settings.LANGUAGE_CODE,
        kind=job.kind,
        params=job.params,
        undo_of=job,
        touched_at=now,
    )
    with connection.cursor() as cursor:
        cursor.execute(OPEN_UNDO, [undo.pk, job.pk])
        total = int(cursor.rowcount)
    if total == 0:
        raise CannotUndo(_("There is nothing left to undo."))
    _open(undo, total, now)
    return undo


@transaction.atomic
def retry_job(*, job_id: UUID, by: Any, now: datetime) -> Job:
    """Take a failed job up where it broke; one that is at work already is left to it.

    Raises CannotRetry for one that ended otherwise, or whose like is at work.
    """
    job = Job.objects.select_for_update().get(pk=job_id)
    if job.is_at_work:
        return job
    if job.state != JobState.FAILED:
        raise CannotRetry(_("It has ended. Only a job that failed can go on."))
    if job.undo_of_id:
        # Its own row is what two undos at once would wait for.
        Job.objects.select_for_update().get(pk=job.undo_of_id)
        if Job.objects.filter(undo_of=job.undo_of_id).at_work().exists():
            raise CannotRetry(_("The same job is being undone already."))
    job.state, job.attempts, job.ended_at, job.touched_at = (
        JobState.QUEUED,
        0,
        None,
        now,
    )
    job.save(update_fields=["state", "attempts", "ended_at", "touched_at"])
    publish(JobOpened, entity=job, at=now, actor=by, data={"kind": job.kind})
    return job


@transaction.atomic
def cancel_job(*, job_id: UUID, now: datetime) -> Job:
    """Stop behind the chunk that is at work; what is done stays. May be repeated."""
    job = Job.objects.select_for_update().get(pk=job_id)
    if job.is_at_work:
        job.state, job.ended_at, job.touched_at = JobState.CANCELLED, now, now
        job.save(update_fields=["state", "ended_at", "touched_at"])
    return job


def rehearse(
    *,
    shop_id: UUID,
    by: Any,
    kind: str,
    params: Mapping[str, Any],
    items: Iterable[tuple[UUID, Any]],
    now: datetime,
) -> dict[UUID, Result]:
    """What a job would do to a few rows: done, and taken back at once.

    items: entity id, what is wanted of it. Raises what the work raises for all of them.
    """
    chunk = Chunk(
        job_id=UUID(int=0),
        shop_id=shop_id,
        user_id=getattr(by, "pk", None),
        params=json.loads(_json(params)),
        rows=[Asked(entity_id, wanted) for entity_id, wanted in items],
        now=now,
    )
    with transaction.atomic():
        results = {one.entity_id: one for one in kind_of(kind).work(chunk)}
        transaction.set_rollback(True)
    return results


# ------------------------------------------------------------------ working
def run_job(*, job_id: UUID, budget_s: float, clock: Callable[[], datetime]) -> bool:
    """Do chunks until the job has ended or the time is over; True when there is more to do.

    Safe to repeat and to run twice at once: whoever finds the job in other hands leaves it.
    """
    ends = time.monotonic() + budget_s
    while True:
        try:
            goes_on = run_chunk(job_id=job_id, now=clock())
        except Exception:
            # Whatever a chunk dies of, the job must come to an end; what broke is in the log.
            log.exception("a chunk of a job broke", job_id=str(job_id))
            return count_attempt(job_id=job_id, now=clock())
        if not goes_on:
            return False
        if time.monotonic() >= ends:
            return True


@transaction.atomic
def run_chunk(*, job_id: UUID, now: datetime) -> bool:
    """The next rows of a job, their results and the counts; False when there is no more to do
    for the caller: the job has ended, or another worker has it.
    """
    job = (
        Job.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(pk=job_id)
        .at_work()
        .first()
    )
    if job is None:
        return False
    if job.state == JobState.QUEUED:
        job.state, job.started_at = JobState.RUNNING, now
    waiting = JobRow.objects.filter(job=job, state=RowState.WAITING)
    rows = list(waiting.order_by("id").only("id", "entity_id", "wanted")[:CHUNK])
    with translation.override(job.language):
        _do(job, rows, now)
    if len(rows) < CHUNK:
        job.state, job.ended_at = JobState.DONE, now
    job.attempts, job.touched_at = 0, now
    job.save(
        update_fields=[
            *("state", "started_at", "ended_at", "touched_at", "attempts"),
            *("done_rows", "refused_rows"),
        ]
    )
    return job.is_at_work


def _do(job: Job, rows: Sequence[JobRow], now: datetime) -> None:
    if not rows:
        return
    kind = kind_of(job.kind)
    work = kind.undo if job.undo_of_id else kind.work
    assert work is not None  # undo_job asked
    results = _results(work, job, rows, now)
    gone = _("It is not there any more.")
    written: list[tuple[UUID, str, str, str | None, str | None]] = []
    done = []
    for row in rows:
        result = results.get(row.entity_id) or Result(row.entity_id, refusal=gone)
        if result.refusal:
            written.append((row.pk, RowState.REFUSED.value, result.refusal, None, None))
            continue
        done.append(row.entity_id)
        kept = (_kept(result.before), _kept(result.after))
        written.append((row.pk, RowState.DONE.value, "", *kept))
    with connection.cursor() as cursor:
        cursor.execute(
            WRITE_RESULTS, [list(column) for column in zip(*written, strict=True)]
        )
        if job.undo_of_id:
            cursor.execute(MARK_UNDONE, [job.undo_of_id, done])
    job.done_rows += len(done)
    job.refused_rows += len(rows) - len(done)


def _results(
    work: Work, job: Job, rows: Sequence[JobRow], now: datetime
) -> dict[UUID, Result]:
    """Of the chunk at once; where that is refused, of each row by itself."""
    try:
        with transaction.atomic():
            return _called(work, job, rows, now)
    except (DomainError, DatabaseError) as refusal:
        if isinstance(refusal, DatabaseError) and not _is_of_a_row(refusal):
            raise
    results: dict[UUID, Result] = {}
    for row in rows:
        try:
            with transaction.atomic():
                results |= _called(work, job, [row], now)
        except DomainError as refusal:
            results[row.entity_id] = Result(row.entity_id, refusal=refusal.message)
        except DatabaseError as refusal:
            if not _is_of_a_row(refusal):
                raise
            log.warning("a row of a job was refused", error=str(refusal))
            results[row.entity_id] = Result(
                row.entity_id, refusal=_("This value cannot be stored.")
            )
    return results


def _called(
    work: Work, job: Job, rows: Sequence[JobRow], now: datetime
) -> dict[UUID, Result]:
    chunk = Chunk(
        job_id=job.pk,
        shop_id=job.shop_id,
        user_id=job.created_by_id,
        params=job.params,
        rows=[Asked(row.entity_id, row.wanted) for row in rows],
        now=now,
    )
    return {result.entity_id: result for result in work(chunk)}


def _is_of_a_row(error: DatabaseError) -> bool:
    """Data exceptions and broken constraints (SQLSTATE classes 22 and 23): no lost connection."""
    state = getattr(error.__cause__, "sqlstate", None) or ""
    return state[:2] in {"22", "23"}


@transaction.atomic
def count_attempt(*, job_id: UUID, now: datetime) -> bool:
    """A chunk broke; True when it is to be tried again, False when the job has failed."""
    job = Job.objects.select_for_update().filter(pk=job_id).first()
    if job is None or not job.is_at_work:
        return False
    job.attempts += 1
    job.touched_at = now
    if job.attempts >= MOST_ATTEMPTS:
        job.state, job.ended_at = JobState.FAILED, now
    job.save(update_fields=["attempts", "touched_at", "state", "ended_at"])
    return job.is_at_work


def stale_jobs(*, now: datetime) -> list[UUID]:
    """Those whose worker is silent for too long or has not begun, the longest first."""
    waiting = Q(state=JobState.QUEUED, touched_at__lt=now - PATIENCE)
    silent = Q(state=JobState.RUNNING, touched_at__lt=now - SILENCE)
    found = Job.objects.filter(waiting | silent)
    return list(found.order_by("touched_at").values_list("pk", flat=True)[:100])


def drop_old_jobs(*, now: datetime) -> int:
    """Forget jobs that ended long ago, with their rows; returns how many. May be repeated."""
    dropped = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(DROP_OLD, [now - KEPT, DROPPED_AT_ONCE])
            if not cursor.rowcount:
                return dropped
            dropped += cursor.rowcount


def _json(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, allow_nan=False)


def _kept(value: Any) -> str | None:
    return None if value is None else _json(value)
