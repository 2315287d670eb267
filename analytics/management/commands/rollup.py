"""Rebuild or verify the figures of a range of time."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from analytics.dashboard import warm_dashboards
from analytics.models import RollupMark
from analytics.queries.market import extent_of_data
from analytics.rollups import ROLLUPS, Rollup
from analytics.services.calendar import extend_calendar
from analytics.services.rollups import (
    Outcome,
    collect_marks,
    pieces,
    plan_range,
    tidy,
    work_off,
)
from analytics.services.verification import months, verify


def moment(text: str) -> datetime:
    """`2030-01-31` or `2030-01-31T13:00`, UTC where it names no other zone."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(
            f"“{text}” is not a time; write 2030-01-31 or 2030-01-31T13:00."
        ) from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def chosen(text: str) -> list[Rollup]:
    """The rollups of a comma-separated list, in the order they are built in."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in ROLLUPS]
    if unknown:
        raise CommandError(
            f"No rollup is called {', '.join(unknown)}; there are {', '.join(ROLLUPS)}."
        )
    return [rollup for name, rollup in ROLLUPS.items() if not names or name in names]


class Command(BaseCommand):
    help = (
        "Rebuilds the hourly and daily figures of [--from, --to) from the raw rows, or"
        " proves them with --verify. Without a range: all there is. Ctrl-C or a kill"
        " loses nothing: --resume goes on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="start", metavar="TIME", type=moment)
        parser.add_argument("--to", dest="end", metavar="TIME", type=moment)
        parser.add_argument(
            "--only", default="", metavar="NAMES", help=", ".join(ROLLUPS)
        )
        parser.add_argument(
            "--resume",
            action="store_true",
            help="build only what an earlier run left, or never began",
        )
        parser.add_argument(
            "--verify",
            action="store_true",
            help="compute every cell again and compare; writes nothing",
        )
        parser.add_argument(
            "--json", action="store_true", help="a summary for programs"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        rollups = chosen(options["only"])
        span = self.span(options["start"], options["end"])
        if span is None:
            self.summary(options, "There is nothing to add up yet.", buckets=0)
        elif options["verify"]:
            self.verify(rollups, *span, options)
        else:
            self.build(rollups, *span, options)

    def span(
        self, start: datetime | None, end: datetime | None
    ) -> tuple[datetime, datetime] | None:
        """The asked range in whole days; an open end is where the data ends."""
        if start is None or end is None:
            extent = extent_of_data()
            if extent is None:
                return None
            start = start or extent[0]
            end = end or extent[1] + timedelta(microseconds=1)
        if start >= end:
            raise CommandError("--from must be before --to.")
        daily = ROLLUPS["shop_daily"]
        return daily.floor(start), daily.ceil(end)

    def progress(self, options: dict[str, Any]) -> Progress:
        return Progress(
            TextColumn("{task.description:<22}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=options["json"],
        )

    def build(
        self,
        rollups: list[Rollup],
        start: datetime,
        end: datetime,
        options: dict[str, Any],
    ) -> None:
        began = time.monotonic()
        collect_marks()
        again = not options["resume"]
        plan_range(rollups=rollups, start=start, end=end, again=again)
        left = sum(
            piece.buckets for piece in pieces(rollups=rollups, start=start, end=end)
        )
        built: list[Outcome] = []
        with self.progress(options) as progress:
            bar = progress.add_task("", total=left)

            def report(outcome: Outcome) -> None:
                built.append(outcome)
                progress.update(
                    bar,
                    description=outcome.piece.rollup.name,
                    advance=outcome.piece.buckets,
                )

            work_off(rollups=rollups, start=start, end=end, report=report)
            last = max(end, timezone.now())
            extend_calendar(first=start.date(), last=last.date())
            tidy(rollups, rows=sum(outcome.rows for outcome in built))
            warm_dashboards(now=timezone.now())
        failed = [outcome for outcome in built if outcome.error]
        buckets = sum(outcome.piece.buckets for outcome in built)
        rows = sum(outcome.rows for outcome in built)
        seconds = time.monotonic() - began
        self.summary(
            options,
            f"{buckets:,} buckets built, {rows:,} rows written, {len(failed):,} failed,"
            f" {seconds:.1f} s.",
            buckets=buckets,
            rows=rows,
            failed=len(failed),
            seconds=round(seconds, 1),
        )
        if failed:
            first = failed[0]
            raise CommandError(
                f"{first.piece.rollup.name} from {first.piece.start:%Y-%m-%d %H:%M} on"
                f" was not built: {first.error}. Mend it, then run again with --resume."
            )

    def verify(
        self,
        rollups: list[Rollup],
        start: datetime,
        end: datetime,
        options: dict[str, Any],
    ) -> None:
        steps = len(rollups) * len(list(months(start, end)))
        with self.progress(options) as progress:
            bar = progress.add_task("", total=steps)
            result = verify(
                rollups=rollups,
                start=start,
                end=end,
                report=lambda rollup, month: progress.update(
                    bar, description=f"{rollup.name} {month:%Y-%m}", advance=1
                ),
            )
        if result.difference is None:
            words = f"0 differing cells; {result.cells:,} cells compared."
            self.summary(options, words, differing=0, cells=result.cells)
            return
        waiting = RollupMark.objects.exists() or any(
            True for _ in pieces(rollups=rollups, start=start, end=end)
        )
        self.summary(
            options,
            f"A cell differs: {result.difference}.",
            differing=1,
            cells=result.cells,
            first=str(result.difference),
        )
        raise CommandError(
            "The figures are not what the raw rows say."
            + (" Changes wait to be added up: run `rollup` first." if waiting else "")
        )

    def summary(self, options: dict[str, Any], words: str, **figures: Any) -> None:
        self.stdout.write(json.dumps(figures) if options["json"] else words)
