"""A market to look at."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count, Sum
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from catalog.models import Product, ProductReview
from ingestion.demo import Step, fill, is_filled
from ingestion.demo.accounts import make_logins, read_logins
from ingestion.demo.catalogue import COUNTRY, CURRENCY
from ingestion.demo.wholesaler import NotImported
from orders.models import Order
from shop.models import Shop


class Command(BaseCommand):
    help = (
        "Fills a market with shops, products, a year of orders and the figures of it."
        " Does nothing where it is there already; a killed run is taken up again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--logins",
            action="store_true",
            help="print the demo's log-ins as JSON, and do nothing else",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["logins"]:
            self.stdout.write(json.dumps([login.__dict__ for login in read_logins()]))
        elif is_filled():
            if not read_logins():
                make_logins()
            self.stdout.write("The demo is there already.")
        else:
            self.fill()

    def fill(self) -> None:
        began = time.monotonic()
        with Progress(
            TextColumn("{task.description:<20}"),
            BarColumn(),
            TaskProgressColumn(),
            console=Console(stderr=True),
        ) as progress:
            tasks: dict[str, Any] = {}

            def report(step: Step) -> None:
                if step.name not in tasks:
                    for earlier in tasks.values():
                        progress.update(
                            earlier, completed=progress.tasks[earlier].total
                        )
                    tasks[step.name] = progress.add_task(step.name)
                progress.update(tasks[step.name], completed=step.done, total=step.of)

            try:
                fill(now=timezone.now(), report=report)
            except NotImported as refusal:
                raise CommandError(f"The sample did not come in: {refusal}") from None
        self.stdout.write(_summary(time.monotonic() - began))
        if settings.MARKET_CURRENCY != CURRENCY:
            self.stdout.write(
                f"The sample shops trade in {CURRENCY}: set MARKET_CURRENCY={CURRENCY}"
                f" and MARKET_COUNTRY={COUNTRY}, as `make demo` does."
            )


def _summary(seconds: float) -> str:
    orders = Order.objects.aggregate(number=Count("id"), value=Sum("total_price"))
    return (
        f"{Shop.objects.count()} shops, {Product.objects.count():,} products,"
        f" {ProductReview.objects.count():,} reviews and {orders['number']:,} orders"
        f" of £{orders['value']:,.2f} in {seconds:.0f} s."
    )
