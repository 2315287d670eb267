"""What coupons take off.

Each step of a purchase reads it; the statement is written out, since building it by the ORM
took longer than its answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from orders.pricing import CouponTerms

SQL = Path(__file__).resolve().parent.parent / "sql"
COUPON_TERMS = (SQL / "coupon_terms.sql").read_text()


def coupon_terms(
    *, codes: Sequence[str], shop_ids: Iterable[UUID], now: datetime
) -> dict[UUID, CouponTerms]:
    """By shop, the coupon of the last of these codes, in capitals, that the shop knows."""
    if not codes:
        return {}
    values: dict[str, Any] = {
        "shop_ids": list(shop_ids),
        "codes": list(codes),
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(COUPON_TERMS, values)
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {row["shop_id"]: _terms(row) for row in rows}


def _terms(row: dict[str, Any]) -> CouponTerms:
    problem = _problem(row["code"], row.pop("is_valid"), row.pop("is_used_up"))
    conditions = json.loads(row.pop("conditions"))
    return CouponTerms(
        conditions=conditions if isinstance(conditions, dict) else {},
        problem=problem,
        **row,
    )


def _problem(code: str, is_valid: bool, is_used_up: bool) -> str:
    if not is_valid:
        return _("%(code)s is not valid now.") % {"code": code}
    if is_used_up:
        return _("%(code)s was used as often as it may be.") % {"code": code}
    return ""
