"""What was left open: calls whose answer nobody recorded, refunds nobody carried through."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db.models import F, Min

from payments.models import OPEN, PaymentAttempt, PaymentStatus, Refund, RefundStatus
from payments.services.payments import complete_payment
from payments.services.refunds import process_refund
from payments.services.set_off import forgotten, release_kept

# Whoever began it has had the time to end it.
AGE = timedelta(seconds=60)

log = structlog.get_logger(__name__)


def settle_open_payments(*, now: datetime, limit: int = 200) -> int:
    """Ask the gateways how open payments and refunds ended, the longest unasked first.

    Each by itself: one that fails is logged and comes again. Money set aside for a checkout
    that was given up is let go, and what was kept for it goes back. Returns how many were
    asked. May be repeated, and run twice at once.
    """
    live = PaymentAttempt.objects.filter(
        status__in=[*OPEN, PaymentStatus.AUTHORIZED], created_at__lt=now - AGE
    ).exclude(key="")
    checkouts = (
        live.values("payment__checkout")
        .annotate(asked=Min("asked_at"), begun=Min("created_at"))
        .order_by(F("asked").asc(nulls_first=True), "begun")
        .values_list("payment__checkout", flat=True)[:limit]
    )
    refunds = (
        Refund.objects.filter(
            status=RefundStatus.PENDING, kept_for=None, created_at__lt=now - AGE
        )
        .order_by(F("asked_at").asc(nulls_first=True), "created_at")
        .values_list("pk", flat=True)[:limit]
    )
    asked = 0
    for checkout_id in list(checkouts):
        asked += _settle(complete_payment, checkout_id=checkout_id, now=now)
    for order_id in forgotten(limit=limit):
        asked += _settle(release_kept, order_id=order_id, now=now)
    for refund_id in list(refunds):
        asked += _settle(process_refund, refund_id=refund_id, now=now)
    return asked


def _settle(use_case: Callable[..., Any], **arguments: Any) -> bool:
    try:
        use_case(**arguments)
    except Exception:
        log.exception(
            "payment not settled", **{k: str(v) for k, v in arguments.items()}
        )
        return False
    return True
