"""Begin, complete, capture, let go; repeats, kills, late money."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from catalog.models import ProductVariant, StockReservation
from catalog.services.stock import release_expired_stock
from orders.errors import CheckoutClosed, CheckoutExpired
from orders.models import CheckoutStatus, FinancialStatus, OrderStatus
from orders.services.checkout import expire_checkout, fail_checkout
from orders.services.orders import cancel_order
from payments.errors import (
    GatewayUnavailable,
    NothingToCapture,
    NotPlaced,
    PaymentUnderWay,
)
from payments.gateways import Outcome, Result, SimulatedGateway
from payments.models import (
    LedgerEntry,
    Payment,
    PaymentAttempt,
    PaymentStatus,
    Refund,
    RefundStatus,
    SimulatedCharge,
)
from payments.queries import PaymentState, payment_outcome
from payments.services.payments import (
    CALL,
    capture_payment,
    complete_payment,
    void_payment,
)
from payments.services.settling import settle_open_payments
from shop.models import GlobalEvent
from tests.factories.orders import CheckoutFactory
from tests.payments.purchases import AFTER, LATER, pay, placed_checkout

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def decide(checkout, is_approved=True):
    key = PaymentAttempt.objects.filter(payment__checkout=checkout).latest("id").key
    return SimulatedGateway().decide(key=key, is_approved=is_approved)


def states(checkout):
    payments = Payment.objects.filter(checkout=checkout)
    return sorted(payments.values_list("status", flat=True))


def events(prefix="payment."):
    rows = GlobalEvent.objects.filter(event_type__startswith=prefix)
    return list(rows.order_by("position").values_list("event_type", flat=True))


class Killed(BaseException):
    """A process that ends here."""


def kill(*_args, **_more):
    raise Killed


# ------------------------------------------------------------------ the usual
def test_approved_payment_pays_every_order_of_the_checkout():
    checkout = placed_checkout("10.00", "20.00")

    outcome = pay(checkout)

    checkout.refresh_from_db()
    orders = checkout.orders.order_by("total_price")
    payments = Payment.objects.filter(checkout=checkout).order_by("amount")
    assert outcome.status == PaymentState.SUCCEEDED
    assert checkout.status == CheckoutStatus.PAID
    assert [order.financial_status for order in orders] == [FinancialStatus.PAID] * 2
    assert [payment.amount for payment in payments] == [Decimal(10), Decimal(20)]
    assert [payment.order for payment in payments] == list(orders)
    assert states(checkout) == ["succeeded", "succeeded"]
    assert len({payment.gateway_transaction_id for payment in payments}) == 1
    assert SimulatedCharge.objects.get().amount == Decimal(30)
    assert events() == ["payment.succeeded"] * 2


def test_paying_again_changes_nothing():
    checkout = placed_checkout()
    pay(checkout)

    again = pay(checkout, "decline")

    assert again.status == PaymentState.SUCCEEDED
    assert SimulatedCharge.objects.count() == 1
    assert events() == ["payment.succeeded"]


def test_declined_payment_leaves_the_order_to_be_paid_in_another_way():
    checkout = placed_checkout()

    declined = pay(checkout, "decline")
    order = checkout.orders.get()
    first = (declined.status, order.status, order.financial_status, states(checkout))
    paid = pay(checkout)

    assert first == ("failed", "pending", "failed", ["failed"])
    assert declined.message == "The bank said no. Try another way to pay."
    assert paid.status == PaymentState.SUCCEEDED
    assert [a.attempt_number for a in PaymentAttempt.objects.order_by("id")] == [1, 2]
    assert events() == ["payment.failed", "payment.succeeded"]


def test_a_payment_that_asks_to_be_confirmed_is_completed_after_the_return():
    checkout = placed_checkout()

    asked = pay(checkout, "require_action")
    waiting = complete_payment(checkout_id=checkout.pk, now=LATER)
    decide(checkout)
    done = complete_payment(checkout_id=checkout.pk, now=LATER)
    again = complete_payment(checkout_id=checkout.pk, now=LATER)

    assert asked.status == waiting.status == PaymentState.REQUIRES_ACTION
    assert asked.next_url.startswith("/pay/test/")
    assert done.status == again.status == PaymentState.SUCCEEDED
    assert events() == ["payment.succeeded"]


def test_a_refused_confirmation_is_a_failed_payment():
    checkout = placed_checkout()
    pay(checkout, "require_action")
    decide(checkout, is_approved=False)

    outcome = complete_payment(checkout_id=checkout.pk, now=LATER)

    assert outcome.status == PaymentState.FAILED
    assert states(checkout) == ["failed"]


def test_choosing_anew_withdraws_what_was_not_confirmed():
    checkout = placed_checkout()
    pay(checkout, "require_action")
    first = SimulatedCharge.objects.get()

    outcome = pay(checkout)

    first.refresh_from_db()
    assert outcome.status == PaymentState.SUCCEEDED
    assert first.state == "voided"


def test_an_order_that_costs_nothing_asks_no_gateway():
    checkout = placed_checkout("0.00")

    outcome = pay(checkout)

    assert outcome.status == PaymentState.SUCCEEDED
    assert not SimulatedCharge.objects.exists()
    assert not Payment.objects.exists()


def test_unknown_and_forbidden_gateways_are_refused(settings):
    checkout = placed_checkout()

    with pytest.raises(GatewayUnavailable):
        pay(checkout, gateway="nobody")
    settings.ALLOW_TEST_GATEWAY = settings.DEBUG = False
    with pytest.raises(GatewayUnavailable):
        pay(checkout)

    assert not Payment.objects.exists()


def test_what_is_not_placed_or_given_up_is_not_paid():
    with pytest.raises(NotPlaced):
        pay(CheckoutFactory())
    late = placed_checkout()
    with pytest.raises(CheckoutExpired):
        pay(late, now=AFTER)
    fail_checkout(checkout_id=late.pk, now=LATER)
    with pytest.raises(CheckoutClosed):
        pay(late)

    assert not Payment.objects.exists()


def test_nothing_begun_is_nothing_completed():
    outcome = complete_payment(checkout_id=placed_checkout().pk, now=LATER)

    assert outcome.status == PaymentState.NOT_STARTED


# ------------------------------------------------------------------ no answer
def test_lost_answer_is_asked_for_and_nothing_charged_twice():
    checkout = placed_checkout()

    pending = pay(checkout, "time_out")
    with pytest.raises(PaymentUnderWay):
        pay(checkout)
    done = complete_payment(checkout_id=checkout.pk, now=LATER + MINUTE)

    assert pending.status == PaymentState.PENDING
    assert done.status == PaymentState.SUCCEEDED
    assert SimulatedCharge.objects.count() == 1


def test_killed_between_claim_and_call_ends_as_cancelled(monkeypatch):
    checkout = placed_checkout()
    with monkeypatch.context() as broken:
        broken.setattr(SimulatedGateway, "charge", kill)
        with pytest.raises(Killed):
            pay(checkout)

    too_early = complete_payment(checkout_id=checkout.pk, now=LATER + CALL / 2)
    settled = settle_open_payments(now=LATER + 2 * MINUTE)

    assert (too_early.status, settled) == (PaymentState.PENDING, 1)
    assert states(checkout) == ["cancelled"]
    # A call that was still on its way finds the key taken.
    key = PaymentAttempt.objects.get().key
    late = SimulatedGateway().charge(
        key=key, amount=Decimal(10), currency="USD", token="approve", return_url=""
    )
    assert late.result == Result.VOIDED
    assert pay(checkout, now=LATER + 2 * MINUTE).status == PaymentState.SUCCEEDED


def test_killed_between_call_and_record_ends_as_paid(monkeypatch):
    checkout = placed_checkout("10.00", "20.00")
    with monkeypatch.context() as broken:
        broken.setattr("payments.services.payments.record_outcome", kill)
        with pytest.raises(Killed):
            pay(checkout)
    assert states(checkout) == ["pending", "pending"]

    first = settle_open_payments(now=LATER + 2 * MINUTE)
    second = settle_open_payments(now=LATER + 2 * MINUTE)

    assert (first, second) == (1, 0)
    assert states(checkout) == ["succeeded", "succeeded"]
    assert SimulatedCharge.objects.count() == 1


def test_gateway_away_leaves_the_try_open(monkeypatch):
    checkout = placed_checkout()

    def away(*_args, **_more):
        raise ConnectionError("no route")

    with monkeypatch.context() as broken:
        broken.setattr(SimulatedGateway, "charge", away)
        broken.setattr(SimulatedGateway, "status", away)
        outcome = pay(checkout)
        settle_open_payments(now=LATER + 2 * MINUTE)
        with pytest.raises(PaymentUnderWay):
            pay(checkout, now=LATER + 2 * MINUTE)

    assert outcome.status == PaymentState.PENDING
    assert states(checkout) == ["pending"]


def test_one_that_fails_keeps_no_other_from_being_settled(monkeypatch):
    broken, fine = placed_checkout(), placed_checkout()
    for checkout in (broken, fine):
        pay(checkout, "time_out")
    key = PaymentAttempt.objects.get(payment__checkout=broken).key
    status = SimulatedGateway.status

    def sometimes(self, *, key: str):
        if key == sometimes.broken:
            raise ValueError("a gateway's nonsense")
        return status(self, key=key)

    sometimes.broken = key
    monkeypatch.setattr(SimulatedGateway, "status", sometimes)

    assert settle_open_payments(now=LATER + 2 * MINUTE) == 1
    assert (states(broken), states(fine)) == (["pending"], ["succeeded"])


def test_settling_asks_nobody_about_young_tries():
    checkout = placed_checkout()
    pay(checkout, "time_out")

    assert settle_open_payments(now=LATER + timedelta(seconds=30)) == 0


def test_settling_withdraws_what_nobody_confirmed_in_time():
    checkout = placed_checkout()
    pay(checkout, "require_action")

    settle_open_payments(now=LATER + 2 * MINUTE)
    waiting = states(checkout)
    settle_open_payments(now=AFTER)

    assert waiting == ["requires_action"]
    assert states(checkout) == ["cancelled"]
    assert SimulatedCharge.objects.get().state == "voided"


# ------------------------------------------------------------------ late money
def expired(checkout, stock_gone):
    """Nobody paid in time, and others bought what there was, or did not."""
    expire_checkout(checkout_id=checkout.pk, now=AFTER)
    release_expired_stock(now=AFTER)
    if stock_gone:
        ProductVariant.objects.update(inventory_quantity=0)


def test_late_money_buys_what_is_still_there():
    checkout = placed_checkout(stock=1)
    pay(checkout, "time_out")
    expired(checkout, stock_gone=False)

    outcome = complete_payment(checkout_id=checkout.pk, now=AFTER)

    order = checkout.orders.get()
    assert outcome.status == PaymentState.SUCCEEDED
    assert (order.status, order.financial_status) == ("processing", "paid")
    assert ProductVariant.objects.get().inventory_quantity == 0
    assert not Refund.objects.exists()


def test_late_money_goes_back_when_the_goods_are_gone():
    checkout = placed_checkout("10.00", "20.00", stock=1)
    pay(checkout, "time_out")
    expired(checkout, stock_gone=True)

    outcome = complete_payment(checkout_id=checkout.pk, now=AFTER)
    again = complete_payment(checkout_id=checkout.pk, now=AFTER)

    checkout.refresh_from_db()
    assert outcome == again
    assert outcome.status == PaymentState.REFUNDED
    assert "You get all of it back" in outcome.message
    assert checkout.status == CheckoutStatus.EXPIRED
    assert states(checkout) == ["refunded", "refunded"]
    assert SimulatedCharge.objects.get().refunds.keys() == {
        str(refund.pk) for refund in Refund.objects.all()
    }
    assert {order.status for order in checkout.orders.all()} == {"cancelled"}
    assert LedgerEntry.objects.count() > 0


def test_late_money_expires_a_checkout_nobody_has_expired_yet():
    checkout = placed_checkout(stock=1)
    pay(checkout, "time_out")
    StockReservation.objects.all().delete()
    ProductVariant.objects.update(inventory_quantity=0, reserved_quantity=0)

    outcome = complete_payment(checkout_id=checkout.pk, now=AFTER)

    checkout.refresh_from_db()
    assert outcome.status == PaymentState.REFUNDED
    assert checkout.status == CheckoutStatus.EXPIRED


def test_late_refund_that_was_killed_is_carried_through(monkeypatch):
    checkout = placed_checkout(stock=1)
    pay(checkout, "time_out")
    expired(checkout, stock_gone=True)
    with monkeypatch.context() as broken:
        broken.setattr(SimulatedGateway, "refund", kill)
        with pytest.raises(Killed):
            complete_payment(checkout_id=checkout.pk, now=AFTER)
    assert Refund.objects.get().status == RefundStatus.PENDING

    settle_open_payments(now=AFTER + 2 * MINUTE)

    assert Refund.objects.get().status == RefundStatus.SUCCEEDED
    assert states(checkout) == ["refunded"]


def test_only_the_part_of_an_order_cancelled_meanwhile_goes_back():
    checkout = placed_checkout("10.00", "20.00")
    pay(checkout, "require_action")
    cheap = checkout.orders.get(total_price=10)
    cancel_order(order_id=cheap.pk, reason="", by=None, now=LATER)
    decide(checkout)

    outcome = complete_payment(checkout_id=checkout.pk, now=LATER)

    assert outcome.status == PaymentState.SUCCEEDED
    assert [refund.amount for refund in Refund.objects.all()] == [Decimal(10)]
    kept = checkout.orders.get(total_price=20)
    assert (kept.status, kept.financial_status) == ("processing", "paid")
    cheap.refresh_from_db()
    assert cheap.status == OrderStatus.CANCELLED


# ------------------------------------------------------------------ set aside
def test_money_is_set_aside_and_captured():
    checkout = placed_checkout("10.00", "20.00")

    held = pay(checkout, capture=False)
    repeated = pay(checkout, capture=False)
    before = (checkout.orders.first().status, LedgerEntry.objects.count())
    captured = capture_payment(checkout_id=checkout.pk, now=LATER)
    again = capture_payment(checkout_id=checkout.pk, now=LATER)

    assert held.status == repeated.status == PaymentState.AUTHORIZED
    assert before == (OrderStatus.PENDING, 0)
    assert captured.status == again.status == PaymentState.SUCCEEDED
    assert SimulatedCharge.objects.get().state == "captured"
    assert states(checkout) == ["succeeded", "succeeded"]


def test_money_set_aside_is_let_go():
    checkout = placed_checkout()
    pay(checkout, capture=False)

    outcome = void_payment(checkout_id=checkout.pk, now=LATER)
    void_payment(checkout_id=checkout.pk, now=LATER)

    assert outcome.status == PaymentState.CANCELLED
    assert SimulatedCharge.objects.get().state == "voided"
    assert states(checkout) == ["cancelled"]
    assert events() == ["payment.voided"]
    with pytest.raises(NothingToCapture):
        capture_payment(checkout_id=checkout.pk, now=LATER)


def test_capture_for_a_checkout_given_up_lets_go():
    checkout = placed_checkout()
    pay(checkout, capture=False)
    expired(checkout, stock_gone=True)

    with pytest.raises(NothingToCapture):
        capture_payment(checkout_id=checkout.pk, now=AFTER)

    assert SimulatedCharge.objects.get().state == "voided"


def test_settling_lets_go_of_what_was_set_aside_and_forgotten():
    checkout = placed_checkout()
    pay(checkout, capture=False)

    settle_open_payments(now=LATER + 2 * MINUTE)
    held = states(checkout)
    settle_open_payments(now=AFTER)

    assert (held, states(checkout)) == (["authorized"], ["cancelled"])


def test_capture_killed_before_it_was_recorded_is_found(monkeypatch):
    checkout = placed_checkout()
    pay(checkout, capture=False)
    with monkeypatch.context() as broken:
        broken.setattr("payments.services.payments.record_outcome", kill)
        with pytest.raises(Killed):
            capture_payment(checkout_id=checkout.pk, now=LATER)

    settle_open_payments(now=LATER + 2 * MINUTE)

    assert states(checkout) == ["succeeded"]


# ------------------------------------------------------------------ at once
def at_once(work, times=20):
    start = threading.Barrier(times)

    def one(_):
        start.wait()
        try:
            return work()
        except Exception as error:  # noqa: BLE001 - told to the test
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


@pytest.mark.django_db(transaction=True)
def test_twenty_starts_charge_once():
    checkout = placed_checkout("10.00", "20.00")

    results = at_once(lambda: pay(checkout))

    refused = [result for result in results if isinstance(result, Exception)]
    assert {type(error) for error in refused} <= {PaymentUnderWay}
    assert len(refused) < 20
    assert SimulatedCharge.objects.count() == 1
    assert states(checkout) == ["succeeded", "succeeded"]
    assert events() == ["payment.succeeded"] * 2


@pytest.mark.django_db(transaction=True)
def test_twenty_completions_record_once():
    checkout = placed_checkout("10.00", "20.00")
    pay(checkout, "time_out")

    results = at_once(lambda: complete_payment(checkout_id=checkout.pk, now=LATER))

    assert {result.status for result in results} == {PaymentState.SUCCEEDED}
    assert events() == ["payment.succeeded"] * 2
    assert states(checkout) == ["succeeded", "succeeded"]


@pytest.mark.django_db(transaction=True)
def test_gateways_are_called_outside_of_transactions(monkeypatch):
    within = []

    def watched(verb):
        original = getattr(SimulatedGateway, verb)

        def call(self, **arguments):
            within.append(connection.in_atomic_block)
            return original(self, **arguments)

        return call

    for verb in ("charge", "status", "void", "refund"):
        monkeypatch.setattr(SimulatedGateway, verb, watched(verb))
    checkout = placed_checkout(stock=1)
    pay(checkout, "require_action")
    pay(checkout, "time_out")
    expired(checkout, stock_gone=True)
    complete_payment(checkout_id=checkout.pk, now=AFTER)

    assert within == [False] * len(within)
    assert len(within) >= 5
    assert states(checkout) == ["refunded"]


def test_outcome_of_a_payment_costs_the_same_for_one_order_and_many(
    django_assert_num_queries,
):
    for prices in (["10.00"], ["10.00", "20.00", "30.00"]):
        checkout = placed_checkout(*prices)
        pay(checkout, "decline")
        with django_assert_num_queries(2):
            payment_outcome(checkout_id=checkout.pk)


def test_answers_that_say_nothing_change_nothing(monkeypatch):
    checkout = placed_checkout()
    pay(checkout, "time_out")
    monkeypatch.setattr(
        SimulatedGateway, "status", lambda self, *, key: Outcome(result=Result.PENDING)
    )

    outcome = complete_payment(checkout_id=checkout.pk, now=LATER + MINUTE)

    assert outcome.status == PaymentState.PENDING
    assert Payment.objects.get().status == PaymentStatus.PENDING
