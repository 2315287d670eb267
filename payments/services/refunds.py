"""Refunds: claimed under the payments' locks, asked of the gateway, recorded.

Never more than was paid: what is on its way back counts like what is back. A trigger in the
database says the same to whoever comes past this module.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import structlog
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Sum

from orders.errors import RefundTooLarge
from orders.models import Checkout, Order, OrderReturn
from orders.services.orders import record_refund
from payments.errors import (
    GatewayUnavailable,
    InvalidAmount,
    NothingPaid,
    RefundKeyReused,
)
from payments.events import PaymentRefunded
from payments.gateways import REGISTRY, Outcome, Result
from payments.models import Payment, PaymentStatus, Refund, RefundStatus
from payments.queries import HOLDS_MONEY, TAKEN, refundable
from payments.services.ledger import book_refund
from shop.events import publish
from shop.money import round_money

MOST_REASON = 1000

log = structlog.get_logger(__name__)


def refund_order(
    *,
    order_id: UUID,
    amount: Decimal,
    reason: str,
    by: AbstractBaseUser | None,
    now: datetime,
    order_return_id: UUID | None = None,
    key: str = "",
) -> list[Refund]:
    """Give back a part of what was paid for an order, or all of it.

    Returns a refund for each payment it was taken from: one, unless the order was paid in
    parts. A refund that is still pending goes on by itself; a failed one says why. key: of
    the caller's own; repeated with it, the same refunds are returned. Raises
    RefundTooLarge, InvalidAmount, NothingPaid, GatewayUnavailable, RefundKeyReused.
    """
    claimed = claim_refund(
        order_id=order_id,
        amount=amount,
        reason=reason,
        by=by,
        now=now,
        order_return_id=order_return_id,
        key=key,
    )
    for refund in claimed:
        process_refund(refund_id=refund.pk, now=now)
    return list(
        Refund.objects.filter(pk__in=[refund.pk for refund in claimed]).order_by("id")
    )


def refund_cancelled_order(*, order_id: UUID, now: datetime) -> list[Refund]:
    """Give back all that is left of what was paid for a cancelled order. Safe to repeat."""
    claimed = _claim_rest(order_id=order_id, now=now)
    for refund in claimed:
        process_refund(refund_id=refund.pk, now=now)
    return list(
        Refund.objects.filter(pk__in=[refund.pk for refund in claimed]).order_by("id")
    )


def process_refund(*, refund_id: UUID, now: datetime) -> Refund:
    """Ask the gateway for a claimed refund and record the answer. Safe to repeat.

    The refund's id is the gateway's key: asked twice, it gives the money once. What is set
    aside for another order stays here.
    """
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    gateway = REGISTRY.get(refund.payment.gateway)
    is_open = refund.status == RefundStatus.PENDING and refund.kept_for_id is None
    if not is_open or gateway is None:
        return refund
    Refund.objects.filter(pk=refund_id).update(asked_at=now)
    try:
        outcome = gateway.refund(
            key=str(refund.pk),
            transaction_id=refund.payment.gateway_transaction_id,
            amount=refund.amount,
            currency=refund.currency,
        )
    except (TimeoutError, ConnectionError) as error:
        log.warning("gateway did not answer", reason=str(error))
        return refund
    return _record(refund_id=refund_id, outcome=outcome, now=now)


# ------------------------------------------------------------------ claim


@transaction.atomic
def claim_refund(
    *,
    order_id: UUID,
    amount: Decimal,
    reason: str,
    by: AbstractBaseUser | None,
    now: datetime,
    order_return_id: UUID | None,
    key: str,
    kept_for: Order | None = None,
) -> list[Refund]:
    """The first half of `refund_order`; the caller goes on with `process_refund`.

    kept_for: an order that it is set aside for instead.
    """
    order, payments = lock_payments(order_id)
    if key:
        known = _of_key(payments, key, amount)
        if known:
            return known
    if amount <= 0 or round_money(amount, order.currency) != amount:
        raise InvalidAmount
    if not any(
        payment.status in (*HOLDS_MONEY, PaymentStatus.REFUNDED) for payment in payments
    ):
        raise NothingPaid
    left, whole = left_to_refund(order=order, payments=payments)
    if amount > whole:
        raise RefundTooLarge(whole, order.currency)
    if order_return_id is not None:
        # Another order's return is nobody's business here.
        OrderReturn.objects.get(pk=order_return_id, order_id=order_id)
    claimed = []
    for payment in payments:
        part = min(amount, left.get(payment.pk, Decimal(0)))
        if not part:
            continue
        if payment.gateway not in REGISTRY:
            raise GatewayUnavailable
        amount -= part
        claimed.append(
            _write(
                payment=payment,
                amount=part,
                reason=reason,
                by=by,
                now=now,
                order_return_id=order_return_id,
                key=key,
                kept_for=kept_for,
            )
        )
    return claimed


@transaction.atomic
def _claim_rest(*, order_id: UUID, now: datetime) -> list[Refund]:
    order, payments = lock_payments(order_id)
    left, whole = left_to_refund(order=order, payments=payments)
    claimed = []
    for payment in payments:
        part = min(whole, left.get(payment.pk, Decimal(0)))
        if not part or payment.gateway not in REGISTRY:
            continue
        whole -= part
        claimed.append(
            _write(
                payment=payment,
                amount=part,
                reason=order.cancel_reason,
                by=None,
                now=now,
            )
        )
    return claimed


def left_to_refund(
    *, order: Order, payments: list[Payment]
) -> tuple[dict[UUID, Decimal], Decimal]:
    """What can be given back: of each payment, and of the order."""
    left = refundable(payments=payments)
    pending = Refund.objects.filter(payment__in=payments, status=RefundStatus.PENDING)
    on_its_way = pending.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    due = order.total_price - order.total_refunded - on_its_way
    whole = min(due, sum(left.values(), Decimal(0)))
    return left, max(whole, Decimal(0))


def claim_whole_refund(*, payment: Payment, reason: str, now: datetime) -> Refund:
    """For a payment that the caller has locked, in the caller's transaction."""
    return _write(
        payment=payment, amount=payment.amount, reason=reason, by=None, now=now
    )


def _write(
    *,
    payment: Payment,
    amount: Decimal,
    reason: str,
    by: AbstractBaseUser | None,
    now: datetime,
    order_return_id: UUID | None = None,
    key: str = "",
    kept_for: Order | None = None,
) -> Refund:
    return Refund.objects.create(
        payment=payment,
        amount=amount,
        currency=payment.currency,
        reason=reason.replace("\0", "").strip()[:MOST_REASON],
        processed_by_id=by.pk if by else None,
        order_return_id=order_return_id,
        idempotency_key=key,
        kept_for=kept_for,
        created_at=now,
    )


def _of_key(payments: list[Payment], key: str, amount: Decimal) -> list[Refund]:
    known = list(
        Refund.objects.filter(payment__in=payments, idempotency_key=key).order_by("id")
    )
    if known and sum(refund.amount for refund in known) != amount:
        raise RefundKeyReused
    return known


# ------------------------------------------------------------------ record


@transaction.atomic
def _record(*, refund_id: UUID, outcome: Outcome, now: datetime) -> Refund:
    order_id = Order.objects.values_list("pk", flat=True).get(
        payments__refunds=refund_id
    )
    lock_payments(order_id)
    refund = Refund.objects.select_related(
        "payment__order__checkout", "processed_by"
    ).get(pk=refund_id)
    if refund.status != RefundStatus.PENDING:
        return refund
    match outcome.result:
        case Result.APPROVED:
            refund.gateway_refund_id = outcome.transaction_id
            refund.gateway_response = dict(outcome.raw)
            carry_through(refund=refund, now=now)
        case Result.DECLINED:
            refund.status = RefundStatus.FAILED
            refund.gateway_response = {**outcome.raw, "message": outcome.message}
            refund.save(update_fields=["status", "gateway_response", "updated_at"])
    return refund


def carry_through(*, refund: Refund, now: datetime) -> None:
    """The money is gone from its payment: to the buyer, or to the order it `became` one of.

    In the transaction of a caller who has locked the payments of its order.
    """
    payment = refund.payment
    done = payment.refunds.filter(status=RefundStatus.SUCCEEDED)
    before = done.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    refund.status, refund.processed_at = RefundStatus.SUCCEEDED, now
    refund.save(
        update_fields=[
            "status",
            "processed_at",
            "became",
            "gateway_refund_id",
            "gateway_response",
            "updated_at",
        ]
    )
    is_whole = before + refund.amount == payment.amount
    payment.status = (
        PaymentStatus.REFUNDED if is_whole else PaymentStatus.PARTIALLY_REFUNDED
    )
    payment.save(update_fields=["status", "updated_at"])
    book_refund(refund=refund, payment=payment, given_before=before, now=now)
    record_refund(
        order_id=payment.order_id,
        amount=refund.amount,
        now=now,
        by=refund.processed_by,
        order_return_id=refund.order_return_id,
        paid=_paid(payment.order),
        kept_for=refund.kept_for_id,
    )
    publish(
        PaymentRefunded,
        entity=payment,
        at=now,
        actor=refund.processed_by,
        data={
            "order_id": payment.order_id,
            "shop_id": payment.order.shop_id,
            "refund_id": refund.pk,
            "amount": refund.amount,
            "currency": refund.currency,
            "gateway": payment.gateway,
            "kept_for": refund.kept_for_id,
        },
    )


def _paid(order: Order) -> Decimal | None:
    """What came for an order that was to be paid in part by another; else None.

    Too late for it, only the buyer's part came.
    """
    if order.checkout is None or not order.checkout.set_off:
        return None
    came = Payment.objects.filter(order=order, status__in=TAKEN)
    return came.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


def lock_payments(order_id: UUID) -> tuple[Order, list[Payment]]:
    """Checkout, order and payments, in this order."""
    checkouts = Checkout.objects.filter(orders=order_id)
    checkouts.select_for_update(no_key=True, of=("self",)).first()
    order = Order.objects.select_for_update(no_key=True).get(pk=order_id)
    payments = Payment.objects.filter(order=order).order_by("id")
    return order, list(payments.select_for_update(no_key=True))
