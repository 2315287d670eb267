"""The books add up, whatever happens in whatever order."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from orders.services.checkout import expire_checkout
from orders.services.orders import cancel_order
from payments.models import LedgerEntry, Payment, Refund, RefundStatus
from payments.queries import shop_balances
from payments.services.payments import (
    capture_payment,
    complete_payment,
    void_payment,
)
from payments.services.refunds import refund_cancelled_order, refund_order
from payments.services.settling import settle_open_payments
from shop.errors import DomainError
from shop.ids import uuid7
from tests.factories.payments import LedgerEntryFactory
from tests.payments.purchases import AFTER, LATER, paid_order, pay, placed_checkout

HELD = ("succeeded", "partially_refunded", "refunded")


def entries(**wanted):
    rows = LedgerEntry.objects.filter(**wanted)
    return dict(rows.values_list("account").annotate(Sum("amount")).order_by())


def refund(order, amount):
    return refund_order(
        order_id=order.pk, amount=Decimal(amount), reason="", by=None, now=LATER
    )


@pytest.mark.django_db
def test_a_payment_is_the_shops_but_for_tax_and_commission():
    order = paid_order("12.00", included_tax="2.00", rates=["0.1500"])

    assert entries() == {
        "gateway:test": Decimal("12.00"),
        "shop_tax": Decimal("-2.00"),
        "commission": Decimal("-1.50"),
        "shop_payable": Decimal("-8.50"),
    }
    assert shop_balances(shop_id=order.shop_id) == {
        ("commission", "USD"): Decimal("-1.50"),
        ("gateway:test", "USD"): Decimal("12.00"),
        ("shop_payable", "USD"): Decimal("-8.50"),
        ("shop_tax", "USD"): Decimal("-2.00"),
    }


@pytest.mark.django_db
def test_a_refund_takes_from_every_account_its_share():
    order = paid_order("12.00", included_tax="2.00", rates=["0.1500"])

    (half,) = refund(order, "6.00")
    booked = entries(refund=half)
    # The rate of the day of the refund does not matter.
    order.shop.commission_rate = Decimal("0.5000")
    order.shop.save(update_fields=["commission_rate"])
    refund(order, "6.00")

    assert booked == {
        "gateway:test": Decimal("-6.00"),
        "shop_tax": Decimal("1.00"),
        "commission": Decimal("0.75"),
        "shop_payable": Decimal("4.25"),
    }
    assert set(entries().values()) == {Decimal(0)}


@pytest.mark.django_db
def test_a_payment_in_cents_given_back_by_the_cent_leaves_nothing():
    order = paid_order("0.07", included_tax="0.01", rates=["0.3333"])

    for _ in range(7):
        refund(order, "0.01")

    assert set(entries().values()) == {Decimal(0)}


@pytest.mark.django_db
def test_the_database_refuses_entries_that_do_not_balance():
    with pytest.raises(IntegrityError, match="balanced"), transaction.atomic():
        LedgerEntryFactory(amount=Decimal("1.00"))
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.django_db
def test_the_database_refuses_one_currency_balanced_by_another():
    movement = uuid7()

    with pytest.raises(IntegrityError, match="balanced"), transaction.atomic():
        for account, amount, currency in (("a", 1, "USD"), ("b", -1, "EUR")):
            LedgerEntryFactory(
                transaction_id=movement,
                account=account,
                amount=amount,
                currency=currency,
            )
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.django_db
def test_entries_are_neither_changed_nor_deleted():
    entry = LedgerEntryFactory()

    with pytest.raises(DatabaseError), transaction.atomic():
        LedgerEntry.objects.update(amount=1)
    with pytest.raises(DatabaseError), transaction.atomic():
        entry.delete()

    assert LedgerEntry.objects.get() == entry


STEPS = st.one_of(
    st.tuples(
        st.sampled_from(["pay", "hold"]),
        st.sampled_from(["approve", "decline", "require_action", "time_out"]),
    ),
    st.tuples(
        st.sampled_from(["complete", "capture", "void", "expire", "settle"]), st.none()
    ),
    st.tuples(st.sampled_from(["cancel", "give_back"]), st.integers(0, 2)),
    st.tuples(st.just("refund"), st.tuples(st.integers(0, 2), st.integers(1, 2500))),
)


class BooksTest(TestCase):
    """Hypothesis runs each example in a transaction of its own."""

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        prices=st.lists(st.integers(1, 5000), min_size=1, max_size=3),
        tax=st.integers(0, 100),
        rate=st.integers(0, 10_000),
        has_stock=st.booleans(),
        steps=st.lists(STEPS, max_size=12),
    )
    def test_books_add_up_after_any_sequence(self, prices, tax, rate, has_stock, steps):
        checkout = placed_checkout(
            *(str(Decimal(price) / 100) for price in prices),
            included_tax=str(min(Decimal(tax), *map(Decimal, prices)) / 100),
            rates=[str(Decimal(rate) / 10_000)] * len(prices),
            stock=5 if has_stock else 1,
        )
        for step, argument in steps:
            try:
                take(checkout, step, argument)
            except DomainError:
                continue
        check_books(checkout)
        settle_open_payments(now=AFTER)
        check_books(checkout)


def take(checkout, step, argument):
    orders = list(checkout.orders.order_by("id"))
    match step:
        case "pay" | "hold":
            pay(checkout, argument, capture=step == "pay")
        case "complete":
            complete_payment(checkout_id=checkout.pk, now=LATER)
        case "capture":
            capture_payment(checkout_id=checkout.pk, now=LATER)
        case "void":
            void_payment(checkout_id=checkout.pk, now=LATER)
        case "expire":
            expire_checkout(checkout_id=checkout.pk, now=AFTER)
        case "settle":
            settle_open_payments(now=AFTER)
        case "cancel":
            order = orders[argument % len(orders)]
            cancel_order(order_id=order.pk, reason="", by=None, now=LATER)
        case "give_back":
            order = orders[argument % len(orders)]
            order.refresh_from_db()
            if order.status == "cancelled":
                refund_cancelled_order(order_id=order.pk, now=LATER)
        case "refund":
            place, cents = argument
            refund(orders[place % len(orders)], Decimal(cents) / 100)


def check_books(checkout):
    """Every movement sums to zero, and each order's money is what was paid and kept."""
    sums = LedgerEntry.objects.values("transaction_id", "currency").annotate(
        total=Sum("amount")
    )
    assert {row["total"] for row in sums} <= {Decimal(0)}
    for order in checkout.orders.all():
        payments = Payment.objects.filter(order=order)
        paid = sum((p.amount for p in payments if p.status in HELD), Decimal(0))
        back = Refund.objects.filter(
            payment__order=order, status=RefundStatus.SUCCEEDED
        ).aggregate(total=Sum("amount"))["total"] or Decimal(0)
        lies = entries(payment__order=order).get("gateway:test", Decimal(0))
        owed = -sum(
            amount
            for account, amount in entries(payment__order=order).items()
            if account != "gateway:test"
        )
        assert lies == owed == paid - back
        assert 0 <= back <= paid
        assert order.total_refunded == back
