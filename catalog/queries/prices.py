"""What a price was before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection


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
    with connection.cursor() as cursor:
        cursor.execute("SELECT lowest_before(%s, %s, %s)", [variant_id, price, now])
        row = cursor.fetchone()
    lowest: Decimal | None = row[0] if row else None
    if lowest is None:
        return None
    return Reduction(lowest=lowest, percent=int((lowest - price) * 100 / lowest))
