"""`manage.py partitions`: list, make, tidy, merge and drop the children of tables."""

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any, cast

from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from shop.partitions.children import (
    Child,
    children_of,
    exact_rows,
    partitioned_models,
    partitioning_of,
    table_of,
)
from shop.partitions.maintenance import Maintenance
from shop.partitions.retention import outlived_children

STEPS = ("ahead", "strays", "merge", "retention", "list")
# Wide enough for whole names where the output is no terminal.
PIPE_WIDTH = 140


class Command(BaseCommand):
    help = (
        "Look after partitioned tables. Steps may be combined and run in the order"
        " ahead, strays, merge, retention, list; without any, the partitions are listed."
        " Everything may be repeated, and run while the shop is open."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--list",
            action="store_true",
            help="bounds, rows and size of each partition",
        )
        parser.add_argument(
            "--ahead",
            nargs="?",
            type=int,
            const=0,
            metavar="N",
            help="make the next partitions: 48 hours, 14 days, 3 months, or N of each",
        )
        parser.add_argument(
            "--strays",
            action="store_true",
            help="move rows out of the default partitions into their own",
        )
        parser.add_argument(
            "--merge",
            action="store_true",
            help="make days of older hours, and months of older days",
        )
        parser.add_argument(
            "--retention",
            action="store_true",
            help="drop partitions whose rows all happened, and were written, longer ago than"
            " their table keeps",
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="with --merge and --retention: say what would be done, and do nothing",
        )
        parser.add_argument(
            "--table",
            action="append",
            metavar="NAME",
            help="only this table; repeatable",
        )
        parser.add_argument(
            "--exact", action="store_true", help="with --list: count rows (slow)"
        )
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ends with an error when a table could not be done; the others are."""
        self.as_json = options["json"]
        self.console = Console(
            # Django's wrapper would end each of the progress bar's strokes with a line.
            file=cast(Any, self.stdout)._out,
            width=None if self.stdout.isatty() else PIPE_WIDTH,
            highlight=False,
        )
        dry_run = options["dry_run"]
        # By identity: `--ahead` alone is 0, which equals False.
        steps = [
            step
            for step in STEPS
            if options[step] is not None and options[step] is not False
        ]
        if dry_run and {"ahead", "strays"} & set(steps):
            raise CommandError("--dry-run goes with --merge and --retention only.")
        work = Maintenance(now=timezone.now(), models=_chosen(options["table"]))
        result: dict[str, Any] = {}
        for step in steps or ["list"]:
            if step == "list":
                result[step] = self._list(work, exact=options["exact"])
            elif step == "ahead":
                result[step] = self._ahead(work, options["ahead"] or None)
            elif step == "strays":
                result[step] = self._strays(work)
            elif step == "merge":
                result[step] = self._merge(work, dry_run=dry_run)
            else:
                result[step] = self._retention(work, dry_run=dry_run)
        if self.as_json:
            result["failures"] = [error.message for error in work.failures]
            self.stdout.write(json.dumps(result, indent=2))
        if work.failures:
            raise CommandError("\n".join(error.message for error in work.failures))

    def _ahead(self, work: Maintenance, count: int | None) -> list[str]:
        work.ahead(count)
        self._say(f"{len(work.made)} partitions made.")
        return work.made

    def _strays(self, work: Maintenance) -> list[dict[str, Any]]:
        work.strays()
        for home in work.brought_home:
            self._say(f"{home.table}: {home.rows} rows into {_names(home.children)}")
        rows = sum(home.rows for home in work.brought_home)
        self._say(f"{rows} rows brought home from the default partitions.")
        return [vars(home) for home in work.brought_home]

    def _merge(self, work: Maintenance, *, dry_run: bool) -> list[dict[str, Any]]:
        due = list(work.due())
        if dry_run:
            for _, group in due:
                count, rows = len(group.children), group.rows
                self._say(f"{group.name}: {count} partitions, about {rows} rows")
            self._say(f"{len(due)} partitions would be made of finer ones.")
            return [
                {
                    "table": group.table,
                    "name": group.name,
                    "children": [child.name for child in group.children],
                }
                for _, group in due
            ]
        with Progress(
            console=self.console, disable=self.as_json or not self.stdout.isatty()
        ) as progress:
            for model, group in progress.track(due, description="Merging"):
                work.merge(model, group)
        for merged in work.merged:
            count = len(merged.children)
            self._say(f"{merged.name}: {merged.rows} rows of {count} partitions")
        self._say(f"{len(work.merged)} partitions made of finer ones.")
        return [vars(merged) for merged in work.merged]

    def _retention(self, work: Maintenance, *, dry_run: bool) -> list[dict[str, Any]]:
        expired = list(work.expired())
        self._say_spared(work, [child for _, child in expired])
        gone = [child for _, child in expired]
        if not dry_run:
            for model, child in expired:
                work.drop(model, child)
            gone = work.dropped
        for child in gone:
            until, size = _moment(child.end), filesizeformat(child.size)
            self._say(f"{child.name}: until {until}, about {child.rows} rows, {size}")
        verb = "would be dropped" if dry_run else "dropped"
        self._say(f"{len(gone)} partitions {verb}.")
        return [_as_dict(child) for child in gone]

    def _say_spared(self, work: Maintenance, expired: list[Child]) -> None:
        """Tables whose old partitions stay because they were filled lately."""
        for model in work.models:
            keep = partitioning_of(model).keep
            outlived = outlived_children(model, now=work.now)
            spared = [child for child in outlived if child not in expired]
            if spared and keep:
                self._say(
                    f"{table_of(model)}: {len(spared)} partitions stay, whose rows are as"
                    f" old but were written within the last {keep.days} days."
                )

    def _list(self, work: Maintenance, *, exact: bool) -> list[dict[str, Any]]:
        table = Table("table", "partition", "from", "until", box=None, pad_edge=False)
        table.add_column("rows" if exact else "rows, about", justify="right")
        table.add_column("size", justify="right")
        listed = []
        for model in work.models:
            for child in children_of(model):
                rows = exact_rows(child) if exact else child.rows
                listed.append(
                    {"table": table_of(model), **_as_dict(child), "rows": rows}
                )
                table.add_row(
                    table_of(model),
                    child.name,
                    _moment(child.start),
                    _moment(child.end),
                    f"{rows:,}",
                    filesizeformat(child.size),
                )
        if not self.as_json:
            self.console.print(table)
        size = filesizeformat(sum(entry["size_bytes"] for entry in listed))
        self._say(f"{len(listed)} partitions of {len(work.models)} tables, {size}.")
        return listed

    def _say(self, line: str) -> None:
        if not self.as_json:
            self.stdout.write(line)


def _chosen(names: list[str] | None) -> list[Any]:
    models = {table_of(model): model for model in partitioned_models()}
    unknown = sorted(set(names or ()) - set(models))
    if unknown:
        raise CommandError(
            f"No partitioned table {', '.join(unknown)}. There are: {', '.join(models)}."
        )
    return [models[name] for name in names] if names else list(models.values())


def _as_dict(child: Child) -> dict[str, Any]:
    return {
        "name": child.name,
        "every": child.every,
        "start": child.start.isoformat() if child.start else None,
        "end": child.end.isoformat() if child.end else None,
        "is_default": child.is_default,
        "rows": child.rows,
        "size_bytes": child.size,
    }


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M}"


def _names(names: list[str]) -> str:
    first = ", ".join(names[:3])
    return first if len(names) <= 3 else f"{first} and {len(names) - 3} more"
