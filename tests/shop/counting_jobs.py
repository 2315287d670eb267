"""A kind of job for tests: it adds to `review_count` of shops, and is told to break.

`python -m tests.shop.counting_jobs JOB_ID` does such a job in a process of its own.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

KIND = "tests.count"


def declare() -> None:
    """What it can do: params `add`, `kill_at` (dies by SIGKILL when a shop has this name)."""
    from shop.models import Shop
    from shop.services.jobs import Asked, Chunk, Result, job_kind

    def words(params: Mapping[str, Any]) -> str:
        return f"Count {params.get('add', 1)} more"

    def restore(chunk: Chunk) -> Iterable[Result]:
        shops = Shop.objects.select_for_update().order_by("id").in_bulk(chunk.ids)
        for row in chunk.rows:
            shop = shops.get(row.entity_id)
            if shop is None:
                continue
            if shop.review_count != row.wanted["after"]:
                yield Result(row.entity_id, refusal="It was changed meanwhile.")
                continue
            yield _set(shop, row.wanted["before"])

    @job_kind(KIND, right="edit_products", words=words, undo=restore)
    def count(chunk: Chunk) -> Iterable[Result]:
        shops = Shop.objects.select_for_update().order_by("id").in_bulk(chunk.ids)
        for row in chunk.rows:
            if row.entity_id in shops:
                yield _counted(chunk, row, shops[row.entity_id])

    def _counted(chunk: Chunk, row: Asked, shop: Shop) -> Result:
        if shop.name == "refuses":
            return Result(shop.pk, refusal="No more.")
        if shop.name == "too much":
            return _set(shop, 2**40)
        if shop.name == "breaks":
            raise RuntimeError("a mistake")
        result = _set(shop, shop.review_count + (row.wanted or chunk.params["add"]))
        if shop.name == chunk.params.get("kill_at"):
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    def _set(shop: Shop, count: int) -> Result:
        before = shop.review_count
        Shop.objects.filter(pk=shop.pk).update(review_count=count)
        return Result(shop.pk, before=before, after=count)


if __name__ == "__main__":
    import django
    from django.utils import timezone

    django.setup()
    declare()
    from shop.services.jobs import run_job

    run_job(job_id=UUID(sys.argv[1]), budget_s=60, clock=timezone.now)
else:
    declare()
