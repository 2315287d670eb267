"""What was taken out of an order, and pays another one instead of going back.

Set aside, it is a refund that waits: it counts like what is on its way back, and no gateway
is asked. When the other order is paid it becomes a payment of that order, of the same
charge; when that order ends unpaid, it goes back like any refund. Which of the two is
decided under the lock of the other order's checkout, and behind it those of the order it
was taken out of.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from orders.models import Checkout, Order, OrderStatus
from payments.models import Payment, PaymentStatus, Refund, RefundStatus
from payments.queries import TAKEN
from payments.services.commission import commission_rates
from payments.services.ledger import book_payment
from payments.services.refunds import (
    carry_through,
    lock_payments,
    process_refund,
)


def pay_from_kept(*, checkout: Checkout, now: datetime) -> Decimal:
    """What is set aside for a checkout becomes payments of its order; returns their sum.

    In the transaction of a caller who has locked the checkout, and before stock is locked:
    zero when the money went back meanwhile.
    """
    if not checkout.set_off or checkout.adds_to_id is None:
        return Decimal(0)
    lock_payments(checkout.adds_to_id)
    waiting = _kept(Order.objects.filter(checkout=checkout))
    kept = list(
        waiting.select_related(
            "payment__order__checkout", "kept_for__shop", "processed_by"
        )
    )
    for refund in kept:
        _become(refund, checkout, now)
    return sum((refund.amount for refund in kept), Decimal(0))


def release_kept(*, order_id: UUID, now: datetime) -> list[Refund]:
    """Give back what was set aside for an order that ended unpaid. Safe to repeat.

    Nothing, as long as the order is to be paid, or when it was paid too late after all.
    """
    released = _release(order_id)
    return [process_refund(refund_id=refund.pk, now=now) for refund in released]


def forgotten(*, limit: int) -> list[UUID]:
    """Orders that ended unpaid while something is set aside for them."""
    ended = _kept(Order.objects.filter(status=OrderStatus.CANCELLED))
    ids = ended.values_list("kept_for", flat=True)[:limit]
    return sorted({order_id for order_id in ids if order_id is not None})


def _become(refund: Refund, checkout: Checkout, now: datetime) -> None:
    source, order = refund.payment, refund.kept_for
    assert order is not None  # the caller has looked for it
    came = Payment.objects.filter(order=order, status__in=TAKEN)
    before = came.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    refund.became = Payment.objects.create(
        order=order,
        checkout=checkout,
        payment_method_id=source.payment_method_id,
        amount=refund.amount,
        currency=refund.currency,
        status=PaymentStatus.SUCCEEDED,
        gateway=source.gateway,
        gateway_transaction_id=source.gateway_transaction_id,
        event_time=now,
        processed_at=now,
    )
    carry_through(refund=refund, now=now)
    book_payment(
        payment=refund.became,
        order=order,
        rates=commission_rates(shop_ids={order.shop_id}, now=now),
        now=now,
        booked_before=before,
    )


@transaction.atomic
def _release(order_id: UUID) -> Sequence[Refund]:
    checkouts = Checkout.objects.filter(orders=order_id)
    checkouts.select_for_update(no_key=True, of=("self",)).first()
    ended = Order.objects.filter(pk=order_id, status=OrderStatus.CANCELLED)
    kept = list(_kept(ended))
    for refund in kept:
        refund.kept_for = None
        refund.reason = refund.reason or _("What was added instead was not paid.")
        refund.save(update_fields=["kept_for", "reason", "updated_at"])
    return kept


def _kept(orders: QuerySet[Order]) -> QuerySet[Refund]:
    waiting = Refund.objects.filter(kept_for__in=orders, status=RefundStatus.PENDING)
    return waiting.order_by("id")
