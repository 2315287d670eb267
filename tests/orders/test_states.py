"""Whatever order things happen in, stock, ledger, orders and items agree.

Hypothesis makes up sequences of what buyers, shops and time do. SOKO_FULL=1 tries 500.
"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
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

from catalog.errors import OutOfStock
from orders.errors import CheckoutExpired
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
)
from orders.services.checkout import expire_checkouts, fail_checkout
from orders.services.orders import (
    cancel_order,
    mark_delivered,
    mark_paid,
    mark_payment_failed,
    record_refund,
    ship_items,
)
from orders.services.returns import (
    approve_return,
    receive_return,
    refuse_return,
    request_return,
    withdraw,
)
from shop.errors import DomainError
from tests.factories.catalog import ProductVariantFactory
from tests.factories.orders import CouponFactory, DeliveryMethodFactory
from tests.orders.crowds import FULL, assert_stock_agrees
from tests.orders.purchases import NOON, fill_checkout, say_yes

UNITS = (6, 4, 40)
USES = 3


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

    def teardown(self):
        transaction.set_rollback(True)
        self.whole.__exit__(None, None, None)

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
        paid = mark_paid(checkout_id=checkout_id, now=self.now)
        return multiple(*self.in_order(paid))

    @rule(target=orders, checkout_id=checkouts)
    def pay(self, checkout_id):
        try:
            paid = mark_paid(checkout_id=checkout_id, now=self.now)
        except (OutOfStock, CheckoutExpired):
            checkout = Checkout.objects.get(pk=checkout_id)
            assert checkout.is_overdue(self.now) or checkout.status == "expired"
            return multiple()
        except DomainError:
            return multiple()
        return multiple(*self.in_order(paid))

    @rule(checkout_id=checkouts)
    def fail_to_pay(self, checkout_id):
        mark_payment_failed(checkout_id=checkout_id, now=self.now)

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

    @rule(order_id=orders, share=st.sampled_from(["0.10", "0.50", "1"]))
    def refund(self, order_id, share):
        order = Order.objects.get(pk=order_id)
        amount = (order.total_price * Decimal(share)).quantize(Decimal("0.01"))
        try:
            record_refund(order_id=order_id, amount=amount, now=self.now)
        except DomainError:
            assert amount > order.total_price - order.total_refunded

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

    # -------------------------------------------------------------- always

    @invariant()
    def stock_agrees(self):
        if hasattr(self, "levels"):
            assert_stock_agrees(self.levels)

    @invariant()
    def statuses_agree(self):
        orders = Order.objects.select_related("checkout").prefetch_related(
            "invoices", "status_history", "items__shipment_items"
        )
        for order in orders:
            is_paid = order.financial_status in {
                FinancialStatus.PAID,
                FinancialStatus.PARTIALLY_REFUNDED,
                FinancialStatus.REFUNDED,
            }
            assert is_paid == bool(order.invoices.all())
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


def _assert_parcels_agree(order):
    left = [
        item.quantity - sum(one.quantity for one in item.shipment_items.all())
        for item in order.items.all()
    ]
    assert min(left) >= 0
    if order.fulfillment_status == FulfillmentStatus.UNFULFILLED:
        assert sum(left) == sum(item.quantity for item in order.items.all())
    if order.fulfillment_status == FulfillmentStatus.FULFILLED:
        assert sum(left) == 0


@pytest.mark.django_db
def test_any_sequence_leaves_stock_and_orders_in_agreement():
    run_state_machine_as_test(
        Trade,
        settings=settings(
            max_examples=500 if FULL else 16,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=not FULL,
        ),
    )
