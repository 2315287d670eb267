"""Money goes back: never above what was paid, once, and through kills."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from orders.errors import RefundTooLarge
from orders.models import FinancialStatus, OrderReturn
from orders.services.orders import cancel_order
from payments.errors import (
    GatewayUnavailable,
    InvalidAmount,
    NothingPaid,
    RefundKeyReused,
)
from payments.gateways import Outcome, Result, SimulatedGateway
from payments.models import (
    LedgerEntry,
    Payment,
    PaymentStatus,
    Refund,
    RefundStatus,
    SimulatedCharge,
)
from payments.queries import refundable_amount
from payments.services.refunds import (
    process_refund,
    refund_cancelled_order,
    refund_order,
)
from payments.services.settling import settle_open_payments
from payments.tasks import refund_cancelled, settle_open
from shop.events.relay import relay
from shop.models import GlobalEvent
from tests.factories.orders import OrderFactory, OrderReturnFactory
from tests.factories.payments import PaymentFactory, RefundFactory
from tests.factories.users import UserFactory
from tests.payments.purchases import LATER, paid_order, placed_checkout

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def give_back(order, amount, **more):
    asked = {"reason": "broken", "by": None, "now": LATER, **more}
    return refund_order(order_id=order.pk, amount=Decimal(amount), **asked)


def given_by_gateway():
    charges = SimulatedCharge.objects.all()
    return sum(
        Decimal(amount) for charge in charges for amount in charge.refunds.values()
    )


def test_part_of_a_payment_goes_back():
    order, operator = paid_order("10.00"), UserFactory()

    (refund,) = give_back(order, "4.00", by=operator)

    order.refresh_from_db()
    payment = Payment.objects.get()
    assert refund.status == RefundStatus.SUCCEEDED
    assert (refund.processed_by, refund.processed_at) == (operator, LATER)
    assert payment.status == PaymentStatus.PARTIALLY_REFUNDED
    assert order.financial_status == FinancialStatus.PARTIALLY_REFUNDED
    assert order.total_refunded == Decimal(4)
    assert refundable_amount(order_id=order.pk) == Decimal(6)
    assert given_by_gateway() == Decimal(4)
    assert GlobalEvent.objects.filter(event_type="payment.refunded").count() == 1


def test_all_parts_together_are_the_whole():
    order = paid_order("10.00")

    for amount in ("4.00", "5.99", "0.01"):
        give_back(order, amount)

    order.refresh_from_db()
    assert order.financial_status == FinancialStatus.REFUNDED
    assert Payment.objects.get().status == PaymentStatus.REFUNDED
    assert refundable_amount(order_id=order.pk) == 0
    with pytest.raises(RefundTooLarge, match="At most 0"):
        give_back(order, "0.01")


def test_more_than_is_left_is_refused_and_nothing_written():
    order = paid_order("10.00")
    give_back(order, "4.00")

    with pytest.raises(RefundTooLarge, match=r"At most 6\.00 USD"):
        give_back(order, "6.01")

    assert Refund.objects.count() == 1
    assert given_by_gateway() == Decimal(4)


@pytest.mark.parametrize("amount", ["0", "-1", "0.001"])
def test_amounts_that_are_none_are_refused(amount):
    with pytest.raises(InvalidAmount):
        give_back(paid_order(), amount)


def test_half_a_yen_is_refused():
    with pytest.raises(InvalidAmount):
        give_back(paid_order("1000", currency="JPY"), "10.50")


def test_an_unpaid_order_and_one_paid_elsewhere_are_refused():
    unpaid = placed_checkout().orders.get()
    elsewhere = PaymentFactory(gateway="").order

    with pytest.raises(NothingPaid):
        give_back(unpaid, "1.00")
    with pytest.raises(GatewayUnavailable):
        give_back(elsewhere, "1.00")

    assert not Refund.objects.exists()


def test_a_refund_spans_the_payments_of_an_order():
    order = OrderFactory(subtotal_price=Decimal("10.00"))
    for key, amount in (("one", "4.00"), ("two", "6.00")):
        gateway = SimulatedGateway()
        taken = gateway.charge(
            key=key,
            amount=Decimal(amount),
            currency="USD",
            token="approve",
            return_url="",
        )
        PaymentFactory(
            order=order,
            amount=Decimal(amount),
            gateway_transaction_id=taken.transaction_id,
        )

    first = give_back(order, "5.00")
    second = give_back(order, "5.00")

    assert [refund.amount for refund in first] == [Decimal(4), Decimal(1)]
    assert [refund.amount for refund in second] == [Decimal(5)]
    assert given_by_gateway() == Decimal(10)
    order.refresh_from_db()
    assert order.total_refunded == Decimal(10)


def test_the_callers_key_gives_the_same_refund_again():
    order = paid_order("10.00")

    first = give_back(order, "4.00", key="k")
    second = give_back(order, "4.00", key="k")
    other = give_back(order, "4.00", key="l")

    assert first == second != other
    with pytest.raises(RefundKeyReused):
        give_back(order, "5.00", key="k")
    assert given_by_gateway() == Decimal(8)


def test_a_return_is_closed_by_its_refund():
    order = paid_order("10.00")
    back = OrderReturnFactory(order=order)

    give_back(order, "3.00", order_return_id=back.pk)

    back.refresh_from_db()
    assert (back.status, back.refund_total) == ("refunded", Decimal(3))
    with pytest.raises(OrderReturn.DoesNotExist):
        give_back(order, "1.00", order_return_id=OrderReturnFactory().pk)


def test_declined_refund_fails_and_leaves_the_money_to_be_given(monkeypatch):
    order = paid_order("10.00")
    no = Outcome(result=Result.DECLINED, message="Too old.")
    with monkeypatch.context() as strict:
        strict.setattr(SimulatedGateway, "refund", lambda self, **_: no)
        (refund,) = give_back(order, "10.00")

    assert refund.status == RefundStatus.FAILED
    assert refund.gateway_response["message"] == "Too old."
    assert refundable_amount(order_id=order.pk) == Decimal(10)
    assert give_back(order, "10.00")[0].status == RefundStatus.SUCCEEDED


@pytest.mark.parametrize("is_given", [False, True])
def test_refund_without_an_answer_is_repeated_and_given_once(monkeypatch, is_given):
    order = paid_order("10.00")
    refund_at_gateway = SimulatedGateway.refund

    def lost(self, **arguments):
        if is_given:
            refund_at_gateway(self, **arguments)
        raise TimeoutError

    with monkeypatch.context() as slow:
        slow.setattr(SimulatedGateway, "refund", lost)
        (refund,) = give_back(order, "4.00")
    pending = (refund.status, refundable_amount(order_id=order.pk))
    too_early = settle_open_payments(now=LATER)
    settled = settle_open_payments(now=LATER + 2 * MINUTE)

    refund.refresh_from_db()
    assert pending == (RefundStatus.PENDING, Decimal(6))
    assert (too_early, settled) == (0, 1)
    assert refund.status == RefundStatus.SUCCEEDED
    assert given_by_gateway() == Decimal(4)
    order.refresh_from_db()
    assert order.total_refunded == Decimal(4)


def test_scheduled_task_settles():
    order = paid_order("10.00")
    refund = RefundFactory(
        payment=order.payments.get(), status="pending", processed_at=None
    )
    Refund.objects.update(created_at="2020-01-01T00:00:00Z")

    settle_open()

    refund.refresh_from_db()
    assert refund.status == RefundStatus.SUCCEEDED


# ------------------------------------------------------------------ cancelled
def test_cancelled_order_is_given_back_once():
    order = paid_order("10.00")
    give_back(order, "4.00")
    cancel_order(order_id=order.pk, reason="No longer", by=None, now=LATER)

    first = refund_cancelled_order(order_id=order.pk, now=LATER)
    second = refund_cancelled_order(order_id=order.pk, now=LATER)

    order.refresh_from_db()
    assert [refund.amount for refund in first] == [Decimal(6)]
    assert second == []
    assert (order.status, order.financial_status) == ("cancelled", "refunded")
    assert given_by_gateway() == Decimal(10)


@pytest.mark.django_db(transaction=True)
def test_news_of_a_cancelled_order_brings_its_money_back(redis_server, monkeypatch):
    queued = []
    monkeypatch.setattr(refund_cancelled, "delay", lambda **kw: queued.append(kw))
    order = paid_order("10.00")
    cancel_order(order_id=order.pk, reason="", by=None, now=LATER)

    relay()
    # Delivered at least once: a repeat gives nothing more.
    for arguments in [*queued, *queued]:
        refund_cancelled(**arguments)

    assert queued == [{"order_id": str(order.pk)}]
    assert given_by_gateway() == Decimal(10)


# ------------------------------------------------------------------ at once
def at_once(work, times=20):
    start = threading.Barrier(times)

    def one(number):
        start.wait()
        try:
            return work(number)
        except Exception as error:  # noqa: BLE001 - told to the test
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


@pytest.mark.django_db(transaction=True)
def test_twenty_refunds_never_give_more_than_was_paid():
    order = paid_order("10.00")

    results = at_once(lambda _: give_back(order, "3.00"))

    given = [result for result in results if isinstance(result, list)]
    refused = [result for result in results if isinstance(result, Exception)]
    order.refresh_from_db()
    assert (len(given), {type(error) for error in refused}) == (3, {RefundTooLarge})
    assert given_by_gateway() == order.total_refunded == Decimal(9)
    assert {refund.status for (refund,) in given} == {"succeeded"}


@pytest.mark.django_db(transaction=True)
def test_twenty_repeats_with_one_key_give_once():
    order = paid_order("10.00")

    results = at_once(lambda _: give_back(order, "3.00", key="one"))

    assert len({refund.pk for (refund,) in results}) == 1
    assert given_by_gateway() == Decimal(3)


@pytest.mark.django_db(transaction=True)
def test_a_refund_processed_by_twenty_is_booked_once():
    order = paid_order("10.00")
    refund = RefundFactory(
        payment=order.payments.get(), status="pending", processed_at=None
    )

    at_once(lambda _: process_refund(refund_id=refund.pk, now=LATER))

    order.refresh_from_db()
    assert order.total_refunded == given_by_gateway() == Decimal(1)
    assert LedgerEntry.objects.filter(transaction_id=refund.pk).count() == 3


@pytest.mark.django_db(transaction=True)
def test_the_database_refuses_more_than_was_paid_from_twenty_writers_at_once():
    payment = PaymentFactory(amount=Decimal("10.00"))

    def write(number):
        with transaction.atomic():
            return Refund.objects.create(
                payment_id=payment.pk, amount=Decimal(3), currency="USD"
            )

    results = at_once(write)

    refused = [result for result in results if isinstance(result, Exception)]
    assert Refund.objects.count() == 3
    assert {type(error) for error in refused} == {IntegrityError}
    assert "more than its 10.00" in str(refused[0])


def test_failed_refunds_do_not_count_until_they_are_revived():
    payment = PaymentFactory(amount=Decimal("10.00"))
    failed = RefundFactory(payment=payment, amount=Decimal(8), status="failed")
    RefundFactory(payment=payment, amount=Decimal(8))

    with pytest.raises(IntegrityError), transaction.atomic():
        Refund.objects.filter(pk=failed.pk).update(status="succeeded")
