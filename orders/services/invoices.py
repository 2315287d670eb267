"""Invoices: numbers without gaps in a shop."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from orders.models import Invoice, Order

NEXT_NUMBERS = """
INSERT INTO invoice_counters (shop_id, last_number)
SELECT shop_id, 1 FROM unnest(%s::uuid[]) AS shops(shop_id)
    ON CONFLICT (shop_id) DO UPDATE SET last_number = invoice_counters.last_number + 1
RETURNING shop_id, last_number
"""


def issue_invoices(orders: Sequence[Order], *, now: datetime) -> list[Invoice]:
    """Invoices of paid orders of different shops, in the caller's transaction.

    A number is taken under the lock of its shop's counter and comes or goes with the
    transaction, which leaves no gaps. All orders of a shop wait for that row: call this last.
    """
    shop_ids = sorted(order.shop_id for order in orders)
    with connection.cursor() as cursor:
        cursor.execute(NEXT_NUMBERS, [shop_ids])
        numbers = dict(cursor.fetchall())
    return Invoice.objects.bulk_create(
        Invoice(
            event_time=now,
            invoice_number=f"{numbers[order.shop_id]:06d}",
            shop_id=order.shop_id,
            user_id=order.user_id,
            order=order,
            currency=order.currency,
            total=order.total_price,
            tax=order.total_tax + order.included_tax,
            issued_at=now,
            paid_at=now,
        )
        for order in orders
    )
