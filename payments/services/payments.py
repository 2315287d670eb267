"""Payments of a checkout: begun, completed, captured, let go.

Each use case claims an attempt in one transaction, calls the gateway outside of it, and
records the answer in another. Killed in between, the attempt stays open, and whoever comes
next, the buyer's browser or the task, asks the gateway how it ended.

Locks are taken in the orders' order, checkout first, then payments by their keys: one
purchase's money is moved by one caller at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from catalog.errors import OutOfStock
from orders.errors import CheckoutClosed, CheckoutExpired
from orders.models import Checkout, CheckoutStatus, Order, OrderStatus
from orders.services.checkout import expire_checkout, fail_checkout
from orders.services.orders import mark_paid, mark_payment_failed
from payments.errors import (
    GatewayUnavailable,
    NothingToCapture,
    NotPlaced,
    PaymentUnderWay,
)
from payments.events import PaymentFailed, PaymentSucceeded, PaymentVoided
from payments.gateways import REGISTRY, Gateway, Outcome, Result
from payments.models import OPEN, Payment, PaymentAttempt, PaymentStatus
from payments.queries import PaymentOutcome, PaymentState, payment_outcome
from payments.services.commission import commission_rates
from payments.services.ledger import book_payment
from payments.services.refunds import claim_whole_refund, process_refund
from payments.services.set_off import pay_from_kept
from shop.events import publish_many
from shop.ids import uuid7

# So long a call may be at work before anybody doubts it; gateways end theirs sooner.
CALL = timedelta(seconds=30)
LIVE = (*OPEN, PaymentStatus.AUTHORIZED)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class _Call:
    """One call of a gateway, for all payments of a checkout."""

    key: str
    gateway: str
    transaction_id: str
    amount: Decimal
    currency: str
    status: str
    created_at: datetime


# ------------------------------------------------------------------ use cases


def start_payment(
    *,
    checkout_id: UUID,
    gateway: str,
    token: str,
    return_url: str,
    now: datetime,
    capture: bool = True,
) -> PaymentOutcome:
    """Pay for a placed checkout; with `capture=False` the money is only set aside.

    Safe to repeat: what is paid stays paid, and an earlier try is ended before another one
    begins. Raises GatewayUnavailable, NotPlaced, PaymentUnderWay (an earlier try whose end
    nobody knows), CheckoutExpired, CheckoutClosed.
    """
    provider = find_gateway(gateway)
    if _is_held(checkout_id=checkout_id, now=now):
        return payment_outcome(checkout_id=checkout_id)
    call = _claim(checkout_id=checkout_id, gateway=provider, capture=capture, now=now)
    if call is not None:
        outcome = _ask(
            lambda: provider.charge(
                key=call.key,
                amount=call.amount,
                currency=call.currency,
                token=token,
                return_url=return_url,
                capture=capture,
            )
        )
        record_outcome(key=call.key, outcome=outcome, now=now)
    return payment_outcome(checkout_id=checkout_id)


def complete_payment(*, checkout_id: UUID, now: datetime) -> PaymentOutcome:
    """Ask the gateway how an open try ended, and record it. Safe to repeat.

    For the browser's return, the gateway's notice and the task alike. A buyer who has not
    decided in the time there is to pay does not any more.
    """
    call = live_call(checkout_id=checkout_id)
    if call is None:
        return payment_outcome(checkout_id=checkout_id)
    provider = REGISTRY.get(call.gateway)
    if provider is None:
        raise GatewayUnavailable
    PaymentAttempt.objects.filter(key=call.key).update(asked_at=now)
    outcome = _ask(lambda: provider.status(key=call.key))
    is_unknown = outcome.result == Result.NOT_FOUND
    if is_unknown and now < call.created_at + CALL:
        return payment_outcome(checkout_id=checkout_id)
    if is_unknown or (_is_undecided(outcome) and _is_over(checkout_id, now)):
        # Once voided, a call that is still on its way takes nothing.
        outcome = _void(provider, call)
    record_outcome(key=call.key, outcome=outcome, now=now)
    return payment_outcome(checkout_id=checkout_id)


def capture_payment(*, checkout_id: UUID, now: datetime) -> PaymentOutcome:
    """Take the money that was set aside for a checkout. Safe to repeat.

    What belongs to orders cancelled since goes back. Raises NothingToCapture, also when
    the checkout was given up meanwhile: then the money is let go.
    """
    call = live_call(checkout_id=checkout_id)
    if call is None or call.status != PaymentStatus.AUTHORIZED:
        outcome = payment_outcome(checkout_id=checkout_id)
        if outcome.status == PaymentState.SUCCEEDED:
            return outcome
        raise NothingToCapture
    provider = find_gateway(call.gateway)
    if _is_over(checkout_id, now):
        void_payment(checkout_id=checkout_id, now=now)
        raise NothingToCapture
    answer = _ask(
        lambda: provider.capture(
            key=call.key, transaction_id=call.transaction_id, amount=call.amount
        )
    )
    record_outcome(key=call.key, outcome=answer, now=now)
    return payment_outcome(checkout_id=checkout_id)


def void_payment(*, checkout_id: UUID, now: datetime) -> PaymentOutcome:
    """Let go of money that was set aside, or end a try that is open. Safe to repeat.

    What was taken already is recorded as such: it needs a refund.
    """
    call = live_call(checkout_id=checkout_id)
    if call is not None:
        provider = REGISTRY.get(call.gateway)
        if provider is None:
            raise GatewayUnavailable
        PaymentAttempt.objects.filter(key=call.key).update(asked_at=now)
        record_outcome(key=call.key, outcome=_void(provider, call), now=now)
    return payment_outcome(checkout_id=checkout_id)


def find_gateway(name: str) -> Gateway:
    """Raises GatewayUnavailable."""
    gateway = REGISTRY.get(name)
    if gateway is None or not gateway.is_available():
        raise GatewayUnavailable
    return gateway


# ------------------------------------------------------------------ claim


@transaction.atomic
def _claim(
    *, checkout_id: UUID, gateway: Gateway, capture: bool, now: datetime
) -> _Call | None:
    """Write down what the gateway is about to be asked; None when it is paid already."""
    checkout = _lock_checkout(checkout_id)
    if checkout.status == CheckoutStatus.PAID:
        return None
    if checkout.status == CheckoutStatus.OPEN:
        raise NotPlaced
    if checkout.status == CheckoutStatus.EXPIRED or checkout.is_overdue(now):
        raise CheckoutExpired
    if checkout.status != CheckoutStatus.AWAITING_PAYMENT:
        raise CheckoutClosed
    if live_call(checkout_id=checkout_id) is not None:
        raise PaymentUnderWay
    orders = list(checkout.orders.filter(status=OrderStatus.PENDING).order_by("id"))
    # What is set off is of an addition, which is one order.
    amounts = {order: order.total_price - checkout.set_off for order in orders}
    amount = sum(amounts.values(), Decimal(0))
    if orders and not amount:
        # Nothing to ask anybody for: coupons paid it all.
        pay_from_kept(checkout=checkout, now=now)
        mark_paid(checkout_id=checkout_id, now=now)
        return None
    key = str(uuid7(now))
    payments, tries = _payments(checkout, amounts, gateway.name, now)
    PaymentAttempt.objects.bulk_create(
        PaymentAttempt(
            payment=payment,
            attempt_number=tries.get(payment.pk, 0) + 1,
            key=key,
            gateway=gateway.name,
            is_captured=capture,
            status=PaymentStatus.PENDING,
            created_at=now,
        )
        for payment in payments
    )
    return _Call(
        key=key,
        gateway=gateway.name,
        transaction_id="",
        amount=amount,
        currency=checkout.currency,
        status=PaymentStatus.PENDING,
        created_at=now,
    )


def _payments(
    checkout: Checkout, amounts: Mapping[Order, Decimal], gateway: str, now: datetime
) -> tuple[list[Payment], dict[UUID, int]]:
    """One for each order placed here, and how often each was tried: another try uses them
    again. The checkout is locked, so nobody else makes them."""
    known = Payment.objects.filter(checkout=checkout, order__in=list(amounts))
    found = {payment.order_id: payment for payment in known}
    if found:
        known.update(
            status=PaymentStatus.PENDING,
            gateway=gateway,
            gateway_transaction_id="",
            failure_reason="",
            updated_at=now,
        )
    made = [
        Payment(
            order=order,
            checkout=checkout,
            amount=amount,
            currency=order.currency,
            gateway=gateway,
            event_time=now,
        )
        for order, amount in amounts.items()
        if order.pk not in found
    ]
    Payment.objects.bulk_create(made)
    attempts = PaymentAttempt.objects.filter(payment__in=list(found.values()))
    counted = attempts.values_list("payment").annotate(Count("pk")).order_by()
    tries = dict(counted) if found else {}
    return [*found.values(), *made], tries


def live_call(*, checkout_id: UUID) -> _Call | None:
    """The call that is not over: open, or with money set aside. There is at most one."""
    attempts = list(
        PaymentAttempt.objects.filter(payment__checkout=checkout_id, status__in=LIVE)
        .exclude(key="")
        .select_related("payment")
    )
    if not attempts:
        return None
    first = attempts[0]
    return _Call(
        key=first.key,
        gateway=first.gateway,
        transaction_id=first.payment.gateway_transaction_id,
        amount=sum((attempt.payment.amount for attempt in attempts), Decimal(0)),
        currency=first.payment.currency,
        status=first.status,
        created_at=first.created_at,
    )


def _is_held(*, checkout_id: UUID, now: datetime) -> bool:
    """True when the money is set aside already. A try that is open is ended before.

    Raises PaymentUnderWay when nobody can say how it ends.
    """
    call = live_call(checkout_id=checkout_id)
    if call is None:
        return False
    if call.status == PaymentStatus.PENDING and now < call.created_at + CALL:
        # Its caller is most likely still waiting for the answer.
        raise PaymentUnderWay
    outcome = complete_payment(checkout_id=checkout_id, now=now)
    if outcome.status == PaymentState.REQUIRES_ACTION:
        # The buyer came back without deciding, and chose anew.
        void_payment(checkout_id=checkout_id, now=now)
    call = live_call(checkout_id=checkout_id)
    if call is not None and call.status != PaymentStatus.AUTHORIZED:
        raise PaymentUnderWay
    return call is not None


# ------------------------------------------------------------------ call


def _ask(call: Callable[[], Outcome]) -> Outcome:
    try:
        return call()
    except (TimeoutError, ConnectionError) as error:
        log.warning("gateway did not answer", reason=str(error))
        return Outcome(result=Result.TIMEOUT)


def _void(provider: Gateway, call: _Call) -> Outcome:
    return _ask(lambda: provider.void(key=call.key, transaction_id=call.transaction_id))


# ------------------------------------------------------------------ record


def record_outcome(*, key: str, outcome: Outcome, now: datetime) -> None:
    """Write down what a gateway said of a call, and do what follows from it.

    Safe to repeat, and in any order: what has ended stays as it ended. Money that came too
    late, or for orders cancelled meanwhile, goes back.
    """
    for refund_id in _record(key=key, outcome=outcome, now=now):
        process_refund(refund_id=refund_id, now=now)


@transaction.atomic
def _record(*, key: str, outcome: Outcome, now: datetime) -> list[UUID]:
    """Returns the refunds that were claimed with it."""
    checkout_id = (
        Checkout.objects.filter(payments__attempts__key=key)
        .distinct()
        .values_list("pk", flat=True)
        .get()
    )
    checkout = _lock_checkout(checkout_id)
    payments = list(
        Payment.objects.filter(attempts__key=key)
        .select_related("order__shop")
        .order_by("id")
        .select_for_update(no_key=True, of=("self",))
    )
    attempts = PaymentAttempt.objects.filter(key=key)
    status = attempts.values_list("status", flat=True)[0]
    if status not in LIVE:
        return []
    match outcome.result:
        case Result.APPROVED if outcome.is_captured:
            return _succeed(checkout, payments, attempts, outcome, now)
        case Result.APPROVED:
            _set(payments, attempts, PaymentStatus.AUTHORIZED, outcome, now)
        case Result.REQUIRES_ACTION if status in OPEN:
            _set(payments, attempts, PaymentStatus.REQUIRES_ACTION, outcome, now)
        case Result.DECLINED:
            _fail(checkout_id, payments, attempts, outcome, now)
        case Result.VOIDED:
            _cancel(checkout_id, payments, attempts, outcome, status, now)
    return []


def _succeed(
    checkout: Checkout,
    payments: Sequence[Payment],
    attempts: Any,
    outcome: Outcome,
    now: datetime,
) -> list[UUID]:
    _set(payments, attempts, PaymentStatus.SUCCEEDED, outcome, now)
    shop_ids = {payment.order.shop_id for payment in payments}
    rates = commission_rates(shop_ids=shop_ids, now=now)
    for payment in payments:
        book_payment(payment=payment, order=payment.order, rates=rates, now=now)
    _publish(PaymentSucceeded, payments, now)
    kind = REGISTRY[payments[0].gateway].kind
    try:
        with transaction.atomic():
            _cover(checkout, payments, now)
            orders = mark_paid(checkout_id=checkout.pk, now=now, payment_method=kind)
    except (OutOfStock, CheckoutExpired, CheckoutClosed):
        _give_up(checkout.pk, now)
        unwanted = {payment.order_id for payment in payments}
    else:
        unwanted = {
            order.pk for order in orders if order.status == OrderStatus.CANCELLED
        }
    reason = _("The payment came when the order could not be kept any more.")
    return [
        claim_whole_refund(payment=payment, reason=reason, now=now).pk
        for payment in payments
        if payment.order_id in unwanted and payment.amount
    ]


def _cover(checkout: Checkout, payments: Sequence[Payment], now: datetime) -> None:
    """The rest of an addition's price, from what is set aside for it.

    Raises CheckoutClosed when that went back, since the time to pay was over.
    """
    if not checkout.set_off:
        return
    came = sum((payment.amount for payment in payments), Decimal(0))
    price = sum((payment.order.total_price for payment in payments), Decimal(0))
    if came + pay_from_kept(checkout=checkout, now=now) != price:
        raise CheckoutClosed


def _give_up(checkout_id: UUID, now: datetime) -> None:
    """Nothing is left to be paid: the checkout says so, if it does not yet."""
    if not expire_checkout(checkout_id=checkout_id, now=now):
        fail_checkout(checkout_id=checkout_id, now=now)


def _fail(
    checkout_id: UUID,
    payments: Sequence[Payment],
    attempts: Any,
    outcome: Outcome,
    now: datetime,
) -> None:
    _set(payments, attempts, PaymentStatus.FAILED, outcome, now)
    _publish(PaymentFailed, payments, now)
    mark_payment_failed(checkout_id=checkout_id, now=now)


def _cancel(
    checkout_id: UUID,
    payments: Sequence[Payment],
    attempts: Any,
    outcome: Outcome,
    status: str,
    now: datetime,
) -> None:
    _set(payments, attempts, PaymentStatus.CANCELLED, outcome, now)
    was_held = status == PaymentStatus.AUTHORIZED
    _publish(PaymentVoided if was_held else PaymentFailed, payments, now)
    mark_payment_failed(checkout_id=checkout_id, now=now)


def _set(
    payments: Sequence[Payment],
    attempts: Any,
    status: PaymentStatus,
    outcome: Outcome,
    now: datetime,
) -> None:
    changes = {
        "status": status,
        "gateway_response": dict(outcome.raw),
        "failure_reason": outcome.message,
        "processed_at": None if status in LIVE else now,
        "updated_at": now,
    }
    if outcome.transaction_id:
        changes["gateway_transaction_id"] = outcome.transaction_id
    for payment in payments:
        for name, value in changes.items():
            setattr(payment, name, value)
    Payment.objects.filter(pk__in=[payment.pk for payment in payments]).update(
        **changes
    )
    attempts.update(
        status=status,
        next_url=outcome.next_url,
        gateway_response=dict(outcome.raw),
        failure_reason=outcome.message,
    )


# ------------------------------------------------------------------ the rules


def _lock_checkout(checkout_id: UUID) -> Checkout:
    return Checkout.objects.select_for_update(no_key=True).get(pk=checkout_id)


def _is_undecided(outcome: Outcome) -> bool:
    """Nothing is taken so far, and still could be."""
    if outcome.result == Result.APPROVED:
        return not outcome.is_captured
    return outcome.result == Result.REQUIRES_ACTION


def _is_over(checkout_id: UUID, now: datetime) -> bool:
    """Nobody waits for this payment any more."""
    checkout = Checkout.objects.get(pk=checkout_id)
    return checkout.status != CheckoutStatus.AWAITING_PAYMENT or checkout.is_overdue(
        now
    )


def _publish(event: Any, payments: Sequence[Payment], now: datetime) -> None:
    publish_many(
        event.about(
            payment,
            at=now,
            data={
                "order_id": payment.order_id,
                "shop_id": payment.order.shop_id,
                "amount": payment.amount,
                "currency": payment.currency,
                "gateway": payment.gateway,
            },
        )
        for payment in payments
    )
