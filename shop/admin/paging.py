"""Pages of a list whose rows nobody counts one by one."""

from functools import cached_property
from typing import Any

from django.core.paginator import Paginator
from django.db import connections, models

# Up to here a list is counted exactly; beyond it, PostgreSQL's own estimate will do.
EXACT_UP_TO = 1_000
# A deeper page reads and throws away everything before it: narrow the list instead.
LAST_PAGE = 1_000

ESTIMATE = """
SELECT coalesce(sum(greatest(reltuples, 0)), 0)::bigint
  FROM pg_class
 WHERE relkind <> 'p'
   AND (oid = %(table)s::regclass
        OR oid IN (SELECT relid FROM pg_partition_tree(%(table)s::regclass)))
"""


def estimated_rows(model: type[models.Model], using: str = "default") -> int:
    """Rows of a table as PostgreSQL last saw them, children included; 0 when never."""
    with connections[using].cursor() as cursor:
        cursor.execute(ESTIMATE, {"table": f'"{model._meta.db_table}"'})
        return int(cursor.fetchone()[0])


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts a bounded number of rows, or takes the estimate of a whole large table."""

    def __init__(self, *args: Any, page: int = 1, **options: Any) -> None:
        super().__init__(*args, **options)
        self.asked_page = page

    @cached_property
    def count(self) -> int:
        """Exact up to a bound that grows with the page asked for, at least that beyond."""
        if not isinstance(self.object_list, models.QuerySet):
            return len(self.object_list)
        if not self.object_list.query.where:
            estimate = estimated_rows(self.object_list.model, self.object_list.db)
            if estimate > EXACT_UP_TO:
                return estimate
        ahead = (min(self.asked_page, LAST_PAGE) + 10) * self.per_page
        bound = max(EXACT_UP_TO, ahead)
        return self.object_list.order_by()[: bound + 1].count()

    @cached_property
    def num_pages(self) -> int:
        return min(super().num_pages, LAST_PAGE)
