"""Whatever order things happen in, stock, money, orders and items agree.

Hypothesis makes up sequences of what buyers, their banks, shops and time do. SOKO_FULL=1
tries 500.
"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.db.models import F, Q, Sum
from django.test import override_settings
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from catalog.models import ProductVariant, StockReservation
from orders.models import (
    Checkout,
    CheckoutStatus,
    Coupon,
    FinancialStatus,
    FulfillmentStatus,
    Order,
    OrderCoupon,
    OrderReturn,
    OrderStatus,
    ReturnStatus,
)
from orders.services.checkout import expire_checkouts, fail_checkout
from orders.services.orders import (
    cancel_order,
    mark_delivered,
    ship_items,
)
from orders.services.returns import (
    approve_return,
    receive_return,
    refuse_return,
    request_return,
    withdraw,
)
from payments.errors import PaymentUnderWay
from payments.gateways import SimulatedGateway
from payments.models import (
    LedgerEntry,
    Payment,
    PaymentAttempt,
    PaymentStatus,
    Refund,
    RefundStatus,
    SimulatedCharge,
)
from payments.queries import refundable_amount
from payments.services.editing import edit_order, preview_edit
from payments.services.ledger import gateway_account
from payments.services.payments import (
    LIVE,
    capture_payment,
    complete_payment,
    start_payment,
    void_payment,
)
from payments.services.refunds import refund_cancelled_order, refund_order
from payments.services.settling import settle_open_payments
from shop.errors import DomainError
from tests.factories.catalog import ProductVariantFactory
from tests.factories.orders import CouponFactory, DeliveryMethodFactory
from tests.orders.crowds import FULL, assert_stock_agrees
from tests.orders.purchases import NOON, fill_checkout, say_yes

UNITS = (6, 4, 40)
USES = 3
BACK = "/checkout/done/"
CAME = [
    PaymentStatus.SUCCEEDED,
    PaymentStatus.PARTIALLY_REFUNDED,
    PaymentStatus.REFUNDED,
]


class Trade(RuleBasedStateMachine):
    """Three variants of two shops, few of them, and a coupon with three uses.

    Each sequence is a transaction that is rolled back at its end.
    """

    checkouts = Bundle("checkouts")
    orders = Bundle("orders")
    returns = Bundle("returns")

    def __init__(self):
        super().__init__()
        self.whole = transaction.atomic()
        self.whole.__enter__()
        self.now = NOON
        self.buyers = 0
        self.links = []

    def teardown(self):
        try:
            if hasattr(self, "levels") and not connection.needs_rollback:
                self.let_time_run_out()
        finally:
            transaction.set_rollback(True)
            self.whole.__exit__(None, None, None)

    def let_time_run_out(self):
        """Whatever was begun has ended, and nobody holds what is another's."""
        self.now += timedelta(days=1)
        while settle_open_payments(now=self.now):
            pass
        expire_checkouts(now=self.now)
        # What was set aside for links that nobody paid.
        settle_open_payments(now=self.now)
        assert not Refund.objects.filter(status=RefundStatus.PENDING).exists()
        ended = [CheckoutStatus.PAID, CheckoutStatus.FAILED, CheckoutStatus.EXPIRED]
        assert not Checkout.objects.exclude(status__in=ended).exists()
        assert not PaymentAttempt.objects.filter(status__in=LIVE).exists()
        assert not StockReservation.objects.exists()
        assert not ProductVariant.objects.exclude(reserved_quantity=0).exists()
        self.stock_agrees()
        self.statuses_agree()
        self.money_agrees()
        charges = SimulatedCharge.objects.all()
        assert {charge.state for charge in charges} <= {
            *("captured", "voided", "declined")
        }
        # A cancelled order keeps nothing; of the others the shop has what was not given back.
        kept = Order.objects.filter(checkout__status=CheckoutStatus.PAID)
        owed = kept.exclude(Q(status="cancelled") | Q(payments=None)).aggregate(
            sum=Sum(F("total_price") - F("total_refunded"))
        )
        assert _held(charges) == (owed["sum"] or 0)

    @initialize()
    def open_shops(self):
        one = ProductVariantFactory(inventory_quantity=UNITS[0])
        two = ProductVariantFactory(product=one.product, inventory_quantity=UNITS[1])
        three = ProductVariantFactory(inventory_quantity=UNITS[2])
        self.variants = [one, two, three]
        for shop in (one.product.shop, three.product.shop):
            DeliveryMethodFactory(zone__shop=shop)
        CouponFactory(code="TEN", usage_limit=USES, promotion__shop=one.product.shop)
        self.levels = {
            variant.pk: units
            for variant, units in zip(self.variants, UNITS, strict=True)
        }

    # -------------------------------------------------------------- buyers

    @rule(
        target=checkouts,
        wanted=st.lists(st.integers(0, 3), min_size=3, max_size=3).filter(any),
        has_coupon=st.booleans(),
    )
    def place(self, wanted, has_coupon):
        checkout_id = self.place_order(wanted, has_coupon)
        return multiple() if checkout_id is None else checkout_id

    def in_order(self, orders):
        """Ids, the first shop's before the second's: keys of one moment are in no order."""
        first = self.variants[0].shop_id
        return [one.pk for one in sorted(orders, key=lambda one: one.shop_id != first)]

    def place_order(self, wanted, has_coupon):
        self.buyers += 1
        cart = {
            variant: units
            for variant, units in zip(self.variants, wanted, strict=True)
            if units
        }
        is_for = has_coupon and (wanted[0] or wanted[1])
        try:
            with transaction.atomic():
                checkout = fill_checkout(
                    cart,
                    email=f"buyer{self.buyers}@example.com",
                    coupons=("TEN",) if is_for else (),
                    now=self.now,
                )
                say_yes(checkout, now=self.now)
        except DomainError:
            return None
        return checkout.pk

    @rule(target=orders, data=st.data())
    def buy(self, data):
        """Placed and paid at once: most of what happens, happens to paid orders."""
        wanted = data.draw(st.sampled_from([(1, 0, 2), (0, 1, 0), (2, 1, 1)]))
        checkout_id = self.place_order(wanted, has_coupon=data.draw(st.booleans()))
        if checkout_id is None:
            return multiple()
        self.start(checkout_id, "approve")
        return self.paid_orders(checkout_id)

    @rule(
        target=orders,
        checkout_id=checkouts,
        token=st.sampled_from(
            ["approve", "decline", "time_out", "require_action", "authorize"]
        ),
    )
    def pay(self, checkout_id, token):
        self.start(checkout_id, token)
        return self.paid_orders(checkout_id)

    def start(self, checkout_id, token):
        try:
            start_payment(
                checkout_id=checkout_id,
                gateway="test",
                token="approve" if token == "authorize" else token,
                return_url=BACK,
                now=self.now,
                capture=token != "authorize",
            )
        except PaymentUnderWay:
            tries = PaymentAttempt.objects.filter(payment__checkout=checkout_id)
            assert tries.filter(status__in=LIVE).exists()
        except DomainError:
            checkout = Checkout.objects.get(pk=checkout_id)
            is_waiting = checkout.status == CheckoutStatus.AWAITING_PAYMENT
            assert not is_waiting or checkout.is_overdue(self.now)

    def paid_orders(self, checkout_id):
        of = Order.objects.filter(checkout=checkout_id).exclude(invoices=None)
        return multiple(*self.in_order(of))

    @rule(target=orders, checkout_id=checkouts, is_approved=st.booleans())
    def confirm(self, checkout_id, is_approved):
        """At the bank, and back."""
        waiting = PaymentAttempt.objects.filter(
            payment__checkout=checkout_id, status=PaymentStatus.REQUIRES_ACTION
        )
        for key in sorted(set(waiting.values_list("key", flat=True))):
            SimulatedGateway().decide(key=key, is_approved=is_approved)
        complete_payment(checkout_id=checkout_id, now=self.now)
        return self.paid_orders(checkout_id)

    @rule(target=orders, checkout_id=checkouts, is_wanted=st.booleans())
    def end_authorization(self, checkout_id, is_wanted):
        step = capture_payment if is_wanted else void_payment
        try:
            step(checkout_id=checkout_id, now=self.now)
        except DomainError:
            pass
        return self.paid_orders(checkout_id)

    @rule(checkout_id=checkouts)
    def give_up(self, checkout_id):
        fail_checkout(checkout_id=checkout_id, now=self.now)

    @rule(checkout_id=checkouts, which=st.integers(0, 1))
    def cancel_unpaid(self, checkout_id, which):
        of = self.in_order(Order.objects.filter(checkout=checkout_id))
        self.cancel(of[which % len(of)])

    @rule(target=returns, order_id=orders, units=st.integers(1, 3))
    def ask_to_return(self, order_id, units):
        item = Order.objects.get(pk=order_id).items.order_by("variant").first()
        try:
            back = request_return(
                order_id=order_id,
                quantities={item.pk: units},
                reason="",
                by=None,
                now=self.now,
            )
        except DomainError:
            return multiple()
        return back.pk

    @rule(target=returns, order_id=orders)
    def withdraw_from(self, order_id):
        try:
            return withdraw(order_id=order_id, now=self.now).pk
        except DomainError:
            return multiple()

    # -------------------------------------------------------------- shops

    @rule(order_id=orders)
    def cancel(self, order_id):
        try:
            cancel_order(order_id=order_id, reason="", by=None, now=self.now)
        except DomainError:
            order = Order.objects.get(pk=order_id)
            assert order.fulfillment_status != "unfulfilled" or order.status in {
                "refunded",
                "delivered",
            }
        else:
            # What the payments do when they hear of it.
            refund_cancelled_order(order_id=order_id, now=self.now)

    @rule(order_id=orders, units=st.integers(1, 3))
    def ship(self, order_id, units):
        items = Order.objects.get(pk=order_id).items.order_by("variant")
        try:
            ship_items(
                order_id=order_id,
                quantities={item.pk: min(units, item.quantity) for item in items},
                carrier="Post",
                tracking_number="",
                now=self.now,
                by=None,
            )
        except DomainError:
            pass

    @rule(order_id=orders)
    def deliver(self, order_id):
        try:
            mark_delivered(order_id=order_id, now=self.now)
        except DomainError:
            pass

    @rule(
        target=orders,
        order_id=orders,
        units=st.integers(0, 2),
        added=st.tuples(st.integers(0, 2), st.integers(0, 2)).filter(any),
    )
    def change(self, order_id, units, added):
        """Units out, others in: paid at once, or by a link that may be paid or not."""
        order = Order.objects.get(pk=order_id)
        item = order.items.order_by("variant").first()
        its_own = [one for one in self.variants if one.shop_id == order.shop_id]
        asked = {
            "remove": {item.pk: units} if units else {},
            "add": {
                variant.pk: wanted
                for variant, wanted in zip(its_own, added, strict=False)
                if wanted
            },
        }
        if not asked["add"] and not asked["remove"]:
            return multiple()
        person = order.shop.owner
        try:
            shown = preview_edit(order=order, by=person, now=self.now, **asked)
            done = edit_order(
                order_id=order_id,
                expected_refund=shown.refund,
                expected_due=shown.due,
                restock=True,
                hold=timedelta(hours=1),
                by=person,
                now=self.now,
                **asked,
            )
        except DomainError:
            return multiple()
        if done.addition is None or done.addition.invoices.exists():
            return multiple(*([done.addition.pk] if done.addition else []))
        self.links.append(done.addition.checkout_id)
        return multiple()

    @rule(
        target=orders,
        which=st.integers(0, 5),
        token=st.sampled_from(["approve", "approve", "decline", "require_action"]),
    )
    def pay_link(self, which, token):
        if not self.links:
            return multiple()
        checkout_id = self.links[which % len(self.links)]
        self.start(checkout_id, token)
        return self.paid_orders(checkout_id)

    @rule(which=st.integers(0, 5))
    def cancel_link(self, which):
        if self.links:
            checkout_id = self.links[which % len(self.links)]
            of = Order.objects.get(checkout=checkout_id)
            if of.status == OrderStatus.PENDING:
                self.cancel(of.pk)

    @rule(order_id=orders, share=st.sampled_from(["0.10", "0.50", "1"]))
    def refund(self, order_id, share):
        order = Order.objects.get(pk=order_id)
        amount = (order.total_price * Decimal(share)).quantize(Decimal("0.01"))
        self.give_back(order_id, amount)

    @rule(return_id=returns)
    def refund_return(self, return_id):
        back = OrderReturn.objects.get(pk=return_id)
        if back.status == ReturnStatus.RECEIVED and back.refund_total:
            self.give_back(back.order_id, back.refund_total, order_return_id=back.pk)

    def give_back(self, order_id, amount, **more):
        left = refundable_amount(order_id=order_id)
        try:
            refund_order(
                order_id=order_id,
                amount=amount,
                reason="",
                by=None,
                now=self.now,
                **more,
            )
        except DomainError:
            assert amount > left
        else:
            assert amount <= left

    @rule(return_id=returns, is_yes=st.booleans())
    def answer(self, return_id, is_yes):
        step = approve_return if is_yes else refuse_return
        try:
            step(return_id=return_id, by=None, now=self.now, answer="")
        except DomainError:
            pass

    @rule(return_id=returns, is_good=st.booleans())
    def receive(self, return_id, is_good):
        lines = OrderReturn.objects.get(pk=return_id).lines.all()
        try:
            receive_return(
                return_id=return_id,
                restock=[line.pk for line in lines if is_good],
                by=None,
                now=self.now,
            )
        except DomainError:
            pass

    # -------------------------------------------------------------- time

    @rule(minutes=st.sampled_from([5, 15, 60]))
    def wait(self, minutes):
        self.now += timedelta(minutes=minutes)

    @rule()
    def expire(self):
        expire_checkouts(now=self.now)

    @rule()
    def settle(self):
        settle_open_payments(now=self.now)

    # -------------------------------------------------------------- always

    @invariant()
    def stock_agrees(self):
        if hasattr(self, "levels"):
            assert_stock_agrees(self.levels)

    @invariant()
    def the_database_would_commit(self):
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")

    @invariant()
    def money_agrees(self):
        given = Refund.objects.filter(status=RefundStatus.SUCCEEDED)
        gone = {}
        for payment in Payment.objects.select_related("order").prefetch_related(
            "refunds"
        ):
            back = sum(
                refund.amount
                for refund in payment.refunds.all()
                if refund.status == RefundStatus.SUCCEEDED
            )
            gone[payment.order] = gone.get(payment.order, Decimal(0)) + back
            assert back <= payment.amount
            has_come = payment.status in CAME
            assert has_come or not back
            assert (payment.status == PaymentStatus.REFUNDED) == (
                has_come and back == payment.amount
            )
            if payment.order.invoices.exists():
                assert has_come
        assert all(order.total_refunded == back for order, back in gone.items())
        came = Payment.objects.filter(status__in=CAME)
        booked = _sum(came) - _sum(given)
        entries = LedgerEntry.objects.filter(account=gateway_account("test"))
        assert _sum(entries) == booked
        assert _sum(LedgerEntry.objects.all()) == 0
        # What the bank has taken and we have not heard of is for the open tries.
        unheard = _held(SimulatedCharge.objects.all()) - booked
        live = PaymentAttempt.objects.filter(status__in=LIVE)
        assert unheard == 0 or (unheard > 0 and live.exists())

    @invariant()
    def statuses_agree(self):
        orders = Order.objects.select_related("checkout").prefetch_related(
            "invoices",
            "status_history",
            "items__shipment_items",
            "items__return_items__order_return",
        )
        for order in orders:
            is_paid = order.financial_status in {
                FinancialStatus.PAID,
                FinancialStatus.PARTIALLY_REFUNDED,
                FinancialStatus.REFUNDED,
            }
            if order.invoices.all():
                assert is_paid
            elif is_paid:
                # The money came when the order could not be kept, and is given back.
                assert order.status == OrderStatus.CANCELLED
                assert order.financial_status == FinancialStatus.REFUNDED
            if order.status in {"processing", "shipped", "delivered", "refunded"}:
                assert is_paid
                assert order.checkout.status == CheckoutStatus.PAID
            if order.status == OrderStatus.PENDING:
                assert order.checkout.status == CheckoutStatus.AWAITING_PAYMENT
            last = max(order.status_history.all(), key=lambda step: step.pk)
            assert last.status == order.status
            _assert_parcels_agree(order)

    @invariant()
    def coupon_agrees(self):
        coupon = Coupon.objects.first()
        if coupon is not None:
            uses = OrderCoupon.objects.exclude(
                order__status=OrderStatus.CANCELLED, order__invoices=None
            )
            assert coupon.usage_count == uses.count() <= USES


def _sum(rows):
    return rows.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


def _held(charges):
    """What a bank has taken and not given back."""
    return sum(
        (
            charge.amount - sum(map(Decimal, charge.refunds.values()))
            for charge in charges
            if charge.state == SimulatedCharge.State.CAPTURED
        ),
        Decimal(0),
    )


def _assert_parcels_agree(order):
    items = order.items.all()
    sent = [sum(one.quantity for one in item.shipment_items.all()) for item in items]
    back = [
        sum(
            line.quantity
            for line in item.return_items.all()
            if line.order_return.status != ReturnStatus.REJECTED
        )
        for item in items
    ]
    left = [
        item.quantity - item.removed_quantity - units
        for item, units in zip(items, sent, strict=True)
    ]
    assert min(left) >= 0
    assert all(one <= other for one, other in zip(back, sent, strict=True))
    if order.fulfillment_status == FulfillmentStatus.UNFULFILLED:
        kept = sum(item.quantity - item.removed_quantity for item in order.items.all())
        assert sum(left) == kept
    if order.fulfillment_status == FulfillmentStatus.FULFILLED:
        assert sum(left) == 0


@pytest.mark.django_db
@override_settings(ALLOW_TEST_GATEWAY=True)
def test_any_sequence_leaves_stock_money_and_orders_in_agreement():
    run_state_machine_as_test(
        Trade,
        settings=settings(
            max_examples=500 if FULL else 12,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=not FULL,
        ),
    )
