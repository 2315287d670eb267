"""What a price was before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

WINDOW = timedelta(days=30)
# The prices as they followed each other; of one instant the last written counts, and what
# stood before the first known change was its old price. The lowest in force in the days
# before the price of now came.
LOWEST = """
WITH changes AS MATERIALIZED (
    SELECT id, old_price, new_price, changed_at FROM price_history
     WHERE variant_id = %(variant_id)s AND changed_at <= %(now)s
), instants AS (
    SELECT DISTINCT ON (changed_at) changed_at, new_price AS price FROM changes
     ORDER BY changed_at, id DESC
), first AS (
    SELECT '-infinity'::timestamptz, old_price FROM changes
     ORDER BY changed_at, id LIMIT 1
), steps AS (
    SELECT changed_at, price,
           lag(price) OVER (ORDER BY changed_at) AS previous
      FROM (SELECT * FROM instants
             UNION ALL SELECT * FROM first WHERE old_price IS NOT NULL) AS known
), began AS (
    SELECT changed_at AS at, price FROM steps
     WHERE price IS DISTINCT FROM previous
     ORDER BY changed_at DESC LIMIT 1
), start AS (
    SELECT max(changed_at) AS at FROM steps
     WHERE changed_at <= (SELECT at - %(window)s FROM began)
)
SELECT began.price,
       (SELECT min(steps.price) FROM steps
         WHERE steps.changed_at < began.at
           AND (start.at IS NULL OR steps.changed_at >= start.at))
  FROM began, start
"""


@dataclass(frozen=True)
class Reduction:
    """A price that fell. lowest: of the 30 days before; percent: less than that."""

    lowest: Decimal
    percent: int


def price_reduction(
    *, variant_id: UUID, price: Decimal, now: datetime
) -> Reduction | None:
    """What a shop may say of a reduction (Directive 98/6/EC, article 6a): one statement.

    The reduction began when the present price came into force. None when nothing is known
    from before, or when the price was as low in the 30 days: then it is no reduction.
    """
    values: Any = {"variant_id": variant_id, "now": now, "window": WINDOW}
    with connection.cursor() as cursor:
        cursor.execute(LOWEST, values)
        row = cursor.fetchone()
    if row is None or row[0] != price or row[1] is None or row[1] <= price:
        return None
    lowest: Decimal = row[1]
    return Reduction(lowest=lowest, percent=int((lowest - price) * 100 / lowest))
