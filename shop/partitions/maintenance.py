"""What keeps the partitions in order, over all tables; for the command and the task."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from django.db.models import Model

from shop.errors import DomainError
from shop.partitions.children import Child, partitioned_models, table_of
from shop.partitions.locks import WAIT_S
from shop.partitions.merge import Group, due_groups, merge
from shop.partitions.ranges import Homecoming, bring_strays_home, ensure_ahead
from shop.partitions.retention import drop_child, expired_children

# All tables busy for this long, in every step, still fit a task's time limit.
SCHEDULED_WAIT_S = 15.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Merged:
    """A coarse child, its rows, and the names of those it took in."""

    table: str
    name: str
    rows: int
    children: list[str]


@dataclass
class Maintenance:
    """Steps that each go through all tables and remember what they did.

    A table that is busy or refuses is noted in `failures`, and the next one is done. Every
    step may be repeated and run beside others.
    """

    now: datetime
    models: Sequence[type[Model]] = field(default_factory=partitioned_models)
    wait_s: float = WAIT_S
    made: list[str] = field(default_factory=list)
    brought_home: list[Homecoming] = field(default_factory=list)
    merged: list[Merged] = field(default_factory=list)
    dropped: list[Child] = field(default_factory=list)
    failures: list[DomainError] = field(default_factory=list)

    def ahead(self, count: int | None = None) -> None:
        """Children from now on; `count` of them, or as many as each grain needs."""
        for model in self.models:
            with self._noting(model):
                self.made += ensure_ahead(
                    model, now=self.now, count=count, wait_s=self.wait_s
                )

    def strays(self) -> None:
        """Rows of the default partitions into children of their own."""
        for model in self.models:
            with self._noting(model):
                home = bring_strays_home(model, now=self.now, wait_s=self.wait_s)
                if home.children:
                    self.brought_home.append(home)

    def due(self) -> Iterator[tuple[type[Model], Group]]:
        """The groups of children that are to be merged, oldest first in each table."""
        for model in self.models:
            for group in due_groups(model, now=self.now):
                yield model, group

    def merge(self, model: type[Model], group: Group) -> None:
        """One group; nothing when another merge is at work on the table."""
        with self._noting(model):
            rows = merge(model, group, wait_s=self.wait_s)
            if rows is not None:
                names = [child.name for child in group.children]
                self.merged.append(Merged(group.table, group.name, rows, names))

    def merge_all(self, *, budget_s: float) -> None:
        """Groups until the seconds are over; the one begun is finished."""
        stop_at = time.monotonic() + budget_s
        for model, group in self.due():
            if time.monotonic() >= stop_at:
                return
            self.merge(model, group)

    def expired(self) -> Iterator[tuple[type[Model], Child]]:
        """Children with nothing but rows that happened, and were written, too long ago."""
        for model in self.models:
            for child in expired_children(model, now=self.now):
                yield model, child

    def drop(self, model: type[Model], child: Child) -> None:
        """One child with its rows, for good."""
        with self._noting(model):
            if drop_child(model, child, now=self.now, wait_s=self.wait_s):
                self.dropped.append(child)

    def drop_all(self, *, budget_s: float) -> None:
        """Expired children until the seconds are over."""
        stop_at = time.monotonic() + budget_s
        for model, child in self.expired():
            if time.monotonic() >= stop_at:
                return
            self.drop(model, child)

    @contextmanager
    def _noting(self, model: type[Model]) -> Iterator[None]:
        try:
            yield
        except DomainError as error:
            log.warning("partitions left", table=table_of(model), reason=error.message)
            self.failures.append(error)


def maintain(*, now: datetime, merge_s: float) -> Maintenance:
    """What the schedule does each hour: children ahead, strays home, older ones merged.

    Nothing is dropped; that is `drop_expired`. `merge_s`: seconds after which no further
    merge is begun; the next run goes on.
    """
    work = Maintenance(now=now, wait_s=SCHEDULED_WAIT_S)
    work.ahead()
    work.strays()
    work.merge_all(budget_s=merge_s)
    return work


def drop_expired(*, now: datetime, budget_s: float) -> Maintenance:
    """What the schedule does each night: children go whose rows their models no longer keep.

    `budget_s`: seconds after which no further one is dropped; the next run goes on.
    """
    work = Maintenance(now=now, wait_s=SCHEDULED_WAIT_S)
    work.drop_all(budget_s=budget_s)
    for child in work.dropped:
        log.info("partition dropped", name=child.name, until=str(child.end))
    return work
