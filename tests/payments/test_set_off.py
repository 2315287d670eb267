"""An order changed before it is sent: only the difference moves."""

import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from django.core import mail
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Sum
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.models import ShopMetricsDaily
from analytics.rollups import ROLLUPS
from analytics.services.rollups import collect_marks, work_off
from analytics.services.verification import verify
from catalog.errors import OutOfStock
from catalog.models import ProductVariant
from orders.errors import QuoteChanged, TooManyUnits, WrongStatus
from orders.mail import send_order_news, send_pay_link
from orders.models import (
    Checkout,
    CheckoutStatus,
    FinancialStatus,
    Invoice,
    Order,
    OrderStatus,
)
from orders.services.checkout import expire_checkouts
from orders.services.drafts import pay_link_token
from orders.services.news import OrderNews
from orders.services.orders import cancel_order, ship_items
from payments.errors import RefundChanged
from payments.gateways import SimulatedGateway
from payments.models import (
    LedgerEntry,
    Payment,
    PaymentStatus,
    Refund,
    RefundStatus,
    SimulatedCharge,
)
from payments.services import set_off
from payments.services.editing import Edited, edit_order, preview_edit
from payments.services.item_refunds import RefundLine, refund_items
from payments.services.ledger import (
    COMMISSION,
    SHOP_TAX,
    book_payment,
    gateway_account,
)
from payments.services.payments import complete_payment, start_payment
from payments.services.refunds import refund_cancelled_order, refund_order
from payments.services.set_off import release_kept
from payments.services.settling import settle_open_payments
from payments.tasks import give_back_kept
from shop.errors import DomainError
from shop.events.relay import relay
from tests.factories.catalog import ProductVariantFactory
from tests.orders.crowds import at_once, kinds
from tests.orders.purchases import NOON, fill_checkout, say_yes

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=3)
HOLD = timedelta(hours=2)
OVER = LATER + HOLD + timedelta(minutes=1)
KEYS = count()


@dataclass
class Stall:
    """A paid order of three at 10.00, and other wares of the shop."""

    order: Order
    ten: ProductVariant
    wares: dict[str, ProductVariant]

    def preview(self, price: str, units: int = 1) -> Any:
        return preview_edit(
            order=Order.objects.get(pk=self.order.pk),
            remove={self.order.items.get().pk: units},
            add={self.wares[price].pk: 1},
            by=self.order.shop.owner,
            now=LATER,
        )

    def swap(self, price: str, units: int = 1, **more: Any) -> Edited:
        shown = self.preview(price, units)
        asked: dict[str, Any] = {
            "expected_refund": shown.refund,
            "expected_due": shown.due,
            "restock": True,
            "hold": HOLD,
            "by": self.order.shop.owner,
            "now": LATER,
            **more,
        }
        return edit_order(
            order_id=self.order.pk,
            remove={self.order.items.get().pk: units},
            add={self.wares[price].pk: 1},
            **asked,
        )


def stall(token: str = "approve", **more: Any) -> Stall:
    # A price with its tax, so that the books have three accounts.
    ten = ProductVariantFactory(
        price=Decimal("10.00"), inventory_quantity=50, product__shop__country=""
    )
    wares = {
        price: ProductVariantFactory(
            product__shop=ten.shop, price=Decimal(price), inventory_quantity=50
        )
        for price in ("0.00", "7.00", "10.00", "12.00", "33.00")
    }
    checkout = fill_checkout({ten: 3}, **more)
    say_yes(checkout)
    pay(checkout, now=NOON, token=token)
    return Stall(checkout.orders.get(), ten, wares)


def pay(checkout: Checkout, *, now: Any = LATER, token: str = "approve") -> Any:
    return start_payment(
        checkout_id=checkout.pk,
        gateway="test",
        token=token,
        return_url="/",
        now=now,
    )


def fresh(order: Order | None) -> Order:
    assert order is not None
    return Order.objects.select_related("checkout__adds_to", "shop").get(pk=order.pk)


def at_the_bank() -> Decimal:
    """Taken and not given back, by the provider's own books."""
    return sum(
        (
            charge.amount - sum(map(Decimal, charge.refunds.values()), Decimal(0))
            for charge in SimulatedCharge.objects.filter(state="captured")
        ),
        Decimal(0),
    )


def kept_value() -> Decimal:
    """Of orders that stand, and were paid."""
    paid = Order.objects.filter(checkout__status=CheckoutStatus.PAID)
    worth = paid.exclude(status=OrderStatus.CANCELLED).aggregate(
        sum=Sum(F("total_price") - F("total_refunded"))
    )
    return worth["sum"] or Decimal(0)


def aside() -> Decimal:
    kept = Refund.objects.filter(status=RefundStatus.PENDING)
    return kept.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


def booked(*accounts: str) -> Decimal:
    entries = LedgerEntry.objects.all()
    if accounts:
        entries = entries.filter(account__in=accounts)
    return entries.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


def assert_agrees() -> None:
    """The provider, the books and the orders tell one sum."""
    assert at_the_bank() == kept_value() == booked(gateway_account("test"))
    assert booked() == 0
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


# ------------------------------------------------------------------ the three ways


def test_dearer_asks_for_the_difference_and_gives_nothing_back() -> None:
    one = stall()
    total = one.order.total_price

    done = one.swap("12.00")

    addition = fresh(done.addition)
    assert (done.refunds, done.set_off) == ((), Decimal(10))
    assert addition.status == OrderStatus.PENDING
    assert addition.checkout.due == Decimal(2)
    assert at_the_bank() == total
    assert fresh(one.order).total_refunded == 0

    pay(addition.checkout)

    addition, order = fresh(addition), fresh(one.order)
    assert addition.status == OrderStatus.PROCESSING
    assert order.total_refunded == Decimal(10)
    assert order.financial_status == FinancialStatus.PARTIALLY_REFUNDED
    parts = Payment.objects.filter(order=addition).order_by("amount")
    assert [part.amount for part in parts] == [Decimal(2), Decimal(10)]
    source = Payment.objects.get(order=order)
    assert parts[1].gateway_transaction_id == source.gateway_transaction_id
    assert parts[1].made_of.payment == source
    assert at_the_bank() == total + 2
    assert Invoice.objects.get(order=addition).total == Decimal(12)
    assert_agrees()


def test_cheaper_is_paid_at_once_and_the_rest_goes_back() -> None:
    one = stall()
    total = one.order.total_price

    done = one.swap("7.00")

    addition = fresh(done.addition)
    assert [(row.amount, row.status) for row in done.refunds] == [
        (Decimal(3), RefundStatus.SUCCEEDED)
    ]
    assert addition.status == OrderStatus.PROCESSING
    assert addition.checkout.status == CheckoutStatus.PAID
    assert addition.financial_status == FinancialStatus.PAID
    assert at_the_bank() == total - 3
    assert fresh(one.order).total_refunded == Decimal(10)
    assert Payment.objects.get(order=addition).amount == Decimal(7)
    assert_agrees()


def test_equal_is_paid_at_once_and_nothing_moves() -> None:
    one = stall()
    total = one.order.total_price

    done = one.swap("10.00")

    assert done.refunds == ()
    assert fresh(done.addition).status == OrderStatus.PROCESSING
    charge = SimulatedCharge.objects.get()
    assert (charge.amount, charge.refunds) == (total, {})
    assert_agrees()


def test_a_gift_instead_gives_all_back() -> None:
    one = stall()

    done = one.swap("0.00")

    assert [row.amount for row in done.refunds] == [Decimal(10)]
    assert fresh(done.addition).status == OrderStatus.PROCESSING
    assert not Payment.objects.filter(order=done.addition).exists()
    assert_agrees()


def test_only_out_and_only_in_are_as_before() -> None:
    one = stall()
    person, item = one.order.shop.owner, one.order.items.get()
    common: dict[str, Any] = {
        "order_id": one.order.pk,
        "restock": True,
        "hold": HOLD,
        "by": person,
        "now": LATER,
    }

    out = edit_order(
        remove={item.pk: 1},
        add={},
        expected_refund=Decimal(10),
        expected_due=Decimal(0),
        **common,
    )
    into = edit_order(
        remove={},
        add={one.wares["12.00"].pk: 1},
        expected_refund=Decimal(0),
        expected_due=Decimal(12),
        **common,
    )

    assert [row.amount for row in out.refunds] == [Decimal(10)]
    assert out.addition is None
    assert (into.refunds, fresh(into.addition).checkout.due) == ((), Decimal(12))
    pay(fresh(into.addition).checkout)
    assert_agrees()


# ------------------------------------------------------------------ the link


def test_a_link_that_nobody_pays_gives_back_what_was_taken_out() -> None:
    one = stall()
    total = one.order.total_price
    addition = fresh(one.swap("12.00").addition)
    assert settle_open_payments(now=LATER + timedelta(minutes=10)) == 0

    expire_checkouts(now=OVER)
    released = release_kept(order_id=addition.pk, now=OVER)
    again = release_kept(order_id=addition.pk, now=OVER)

    assert fresh(addition).status == OrderStatus.CANCELLED
    assert [(row.amount, row.status) for row in released] == [
        (Decimal(10), RefundStatus.SUCCEEDED)
    ]
    assert again == []
    assert at_the_bank() == total - 10
    assert fresh(one.order).total_refunded == Decimal(10)
    assert_agrees()


def test_what_nobody_released_is_found_by_the_task() -> None:
    one = stall()
    one.swap("12.00")
    expire_checkouts(now=OVER)

    settle_open_payments(now=OVER)

    assert aside() == 0
    assert_agrees()


def test_nothing_is_released_while_the_link_is_open() -> None:
    one = stall()
    addition = fresh(one.swap("12.00").addition)

    assert release_kept(order_id=addition.pk, now=LATER) == []

    assert aside() == Decimal(10)
    pay(addition.checkout)
    assert release_kept(order_id=addition.pk, now=LATER) == []
    assert_agrees()


@pytest.mark.django_db(transaction=True)
def test_cancelling_the_addition_gives_it_back(redis_server, monkeypatch) -> None:
    queued: list[Any] = []
    monkeypatch.setattr(give_back_kept, "delay", lambda **kw: queued.append(kw))
    one = stall()
    addition = fresh(one.swap("12.00").addition)

    cancel_order(order_id=addition.pk, reason="", by=None, now=LATER)
    relay()
    # Delivered at least once: a repeat gives nothing more.
    for arguments in [*queued, *queued]:
        give_back_kept(**arguments)

    assert queued == [{"order_id": str(addition.pk)}]
    assert aside() == 0
    assert fresh(one.order).total_refunded == Decimal(10)
    assert_agrees()


def test_a_payment_that_comes_too_late_goes_back_too() -> None:
    one = stall()
    total = one.order.total_price
    addition = fresh(one.swap("12.00").addition)
    pay(addition.checkout, token="require_action")
    (charge,) = SimulatedCharge.objects.filter(state="waiting")
    expire_checkouts(now=OVER)
    release_kept(order_id=addition.pk, now=OVER)

    SimulatedGateway().decide(key=charge.key, is_approved=True)
    complete_payment(checkout_id=addition.checkout_id, now=OVER)

    addition = fresh(addition)
    assert addition.status == OrderStatus.CANCELLED
    assert addition.financial_status == FinancialStatus.REFUNDED
    assert at_the_bank() == total - 10
    assert_agrees()


def test_a_late_payment_still_counts_while_the_money_is_set_aside() -> None:
    one = stall()
    addition = fresh(one.swap("12.00").addition)
    pay(addition.checkout, token="require_action")
    (charge,) = SimulatedCharge.objects.filter(state="waiting")
    expire_checkouts(now=OVER)

    SimulatedGateway().decide(key=charge.key, is_approved=True)
    complete_payment(checkout_id=addition.checkout_id, now=OVER)

    assert fresh(addition).status == OrderStatus.PROCESSING
    assert release_kept(order_id=addition.pk, now=OVER) == []
    assert_agrees()


def test_a_late_payment_without_stock_leaves_the_rest_to_be_given_back() -> None:
    one = stall()
    addition = fresh(one.swap("12.00").addition)
    pay(addition.checkout, token="require_action")
    (charge,) = SimulatedCharge.objects.filter(state="waiting")
    expire_checkouts(now=OVER)
    ProductVariant.objects.filter(pk=one.wares["12.00"].pk).update(inventory_quantity=0)

    SimulatedGateway().decide(key=charge.key, is_approved=True)
    complete_payment(checkout_id=addition.checkout_id, now=OVER)
    assert aside() == Decimal(10)
    release_kept(order_id=addition.pk, now=OVER)

    assert fresh(addition).status == OrderStatus.CANCELLED
    assert aside() == 0
    assert_agrees()


def test_a_declined_link_can_be_tried_again() -> None:
    one = stall()
    addition = fresh(one.swap("12.00").addition)

    pay(addition.checkout, token="decline")
    assert aside() == Decimal(10)
    pay(addition.checkout)

    assert fresh(addition).status == OrderStatus.PROCESSING
    assert_agrees()


# ------------------------------------------------------------------ afterwards


def test_what_was_set_off_is_given_back_from_the_first_charge() -> None:
    one = stall()
    addition = fresh(one.swap("12.00").addition)
    pay(addition.checkout)

    refunds = refund_order(
        order_id=addition.pk, amount=Decimal(12), reason="", by=None, now=LATER
    )

    assert sorted(row.amount for row in refunds) == [Decimal(2), Decimal(10)]
    assert {row.status for row in refunds} == {RefundStatus.SUCCEEDED}
    assert fresh(addition).status == OrderStatus.REFUNDED
    assert_agrees()


def test_both_orders_cancelled_give_everything_back() -> None:
    one = stall()
    addition = fresh(one.swap("12.00").addition)
    pay(addition.checkout)

    for order in (addition, one.order):
        cancel_order(order_id=order.pk, reason="", by=None, now=LATER)
        refund_cancelled_order(order_id=order.pk, now=LATER)

    assert at_the_bank() == 0
    assert_agrees()
    for account in (SHOP_TAX, COMMISSION):
        assert booked(account) == 0


def test_a_cancelled_order_keeps_what_is_set_aside_for_the_link() -> None:
    one = stall()
    addition = fresh(one.swap("12.00").addition)
    cancel_order(order_id=one.order.pk, reason="", by=None, now=LATER)

    refund_cancelled_order(order_id=one.order.pk, now=LATER)
    assert at_the_bank() == Decimal(10)
    expire_checkouts(now=OVER)
    release_kept(order_id=addition.pk, now=OVER)

    assert at_the_bank() == 0
    assert fresh(one.order).financial_status == FinancialStatus.REFUNDED
    assert_agrees()


def test_what_was_added_is_changed_in_its_turn() -> None:
    one = stall()
    first = fresh(one.swap("33.00", units=2).addition)
    pay(first.checkout)
    second = Stall(first, one.wares["33.00"], one.wares)
    more = fresh(
        edit_order(
            order_id=first.pk,
            remove={},
            add={one.wares["7.00"].pk: 1},
            expected_refund=Decimal(0),
            expected_due=Decimal(7),
            restock=True,
            hold=HOLD,
            by=first.shop.owner,
            now=LATER,
        ).addition
    )
    pay(more.checkout)
    # One of 33.00 and nothing else: to take it out is to cancel it.
    with pytest.raises(WrongStatus):
        second.swap("12.00")

    assert_agrees()


def test_several_payments_and_refunds_before_are_counted() -> None:
    """An addition of two payments is changed, after a part of it went back."""
    one = stall()
    pair = edit_order(
        order_id=one.order.pk,
        remove={one.order.items.get().pk: 1},
        add={one.wares["7.00"].pk: 2, one.wares["12.00"].pk: 1},
        expected_refund=Decimal(0),
        expected_due=Decimal(16),
        restock=True,
        hold=HOLD,
        by=one.order.shop.owner,
        now=LATER,
    )
    addition = fresh(pair.addition)
    pay(addition.checkout)
    refund_order(order_id=addition.pk, amount=Decimal(9), reason="", by=None, now=LATER)
    item = addition.items.get(variant=one.wares["12.00"])

    done = edit_order(
        order_id=addition.pk,
        remove={item.pk: 1},
        add={one.wares["33.00"].pk: 1},
        expected_refund=Decimal(0),
        expected_due=Decimal(21),
        restock=True,
        hold=HOLD,
        by=one.order.shop.owner,
        now=LATER,
    )
    last = fresh(done.addition)
    assert Refund.objects.filter(kept_for=last).count() == 1 + (aside() > 10)
    pay(last.checkout)

    assert last.total_price == Decimal(33)
    came = Payment.objects.filter(order=last).aggregate(sum=Sum("amount"))["sum"]
    assert came == Decimal(33)
    assert_agrees()


def test_shares_of_parts_sum_to_the_whole() -> None:
    one, plain = stall(), stall()
    addition = fresh(one.swap("33.00", units=1).addition)
    pay(addition.checkout)
    whole = fill_checkout({plain.wares["33.00"]: 1}, email="other@example.com")
    (other,) = say_yes(whole)
    Order.objects.filter(pk=other.pk).update(total_price=33, total_shipping=0)
    pay(whole, now=NOON)

    def shares(order: Order) -> dict[str, Decimal]:
        rows = LedgerEntry.objects.filter(payment__order=order).values_list("account")
        return dict(rows.annotate(Sum("amount")))

    assert shares(addition) == shares(other)


# ------------------------------------------------------------------ refused


def test_what_was_shown_is_what_moves() -> None:
    one = stall()
    before = Order.objects.count()

    with pytest.raises(RefundChanged):
        one.swap("12.00", expected_refund=Decimal(10), expected_due=Decimal(12))
    with pytest.raises(QuoteChanged):
        one.swap("12.00", expected_due=Decimal(1))
    with pytest.raises(QuoteChanged):
        one.swap("7.00", expected_refund=Decimal(4))
    with pytest.raises(QuoteChanged):
        one.swap("7.00", expected_refund=Decimal(400))
    ProductVariant.objects.filter(pk=one.wares["12.00"].pk).update(inventory_quantity=0)
    with pytest.raises(OutOfStock):
        one.swap("12.00")

    assert Order.objects.count() == before
    assert not Refund.objects.exists()
    assert one.order.items.get().removed_quantity == 0


def test_an_unpaid_or_sent_order_is_not_changed() -> None:
    one = stall()
    ship_items(
        order_id=one.order.pk,
        quantities={one.order.items.get().pk: 3},
        carrier="",
        tracking_number="",
        now=LATER,
        by=None,
    )

    with pytest.raises((WrongStatus, TooManyUnits)):
        one.swap("12.00", expected_refund=Decimal(0), expected_due=Decimal(2))
    assert not Refund.objects.exists()


def test_the_same_key_changes_once() -> None:
    one = stall()

    dearer = [
        one.swap("12.00", key="a", expected_refund=Decimal(0), expected_due=Decimal(2))
        for _ in range(2)
    ]
    cheaper = [
        one.swap("7.00", key="b", expected_refund=Decimal(3), expected_due=Decimal(0))
        for _ in range(2)
    ]

    assert dearer[0].addition == dearer[1].addition
    assert cheaper[0].addition == cheaper[1].addition
    assert [row.pk for row in cheaper[0].refunds] == [
        row.pk for row in cheaper[1].refunds
    ]
    assert one.order.items.get().removed_quantity == 2
    assert (aside(), Order.objects.count()) == (Decimal(10), 3)


def test_the_database_keeps_what_was_set_off() -> None:
    one, other = stall(), stall()
    addition = fresh(one.swap("10.00").addition)
    made = Payment.objects.get(order=addition)
    source = Payment.objects.get(order=one.order)

    def refused(write: Any) -> None:
        with pytest.raises(DatabaseError), transaction.atomic():
            write()

    refund = Refund.objects.get()
    rows, payments = Refund.objects.all(), Payment.objects.all()
    refused(lambda: rows.update(status=RefundStatus.FAILED))
    refused(lambda: rows.update(became=None, kept_for=None))
    refused(lambda: rows.update(amount=1))
    refused(lambda: rows.filter(pk=refund.pk).delete())
    refused(lambda: payments.filter(pk=made.pk).update(amount=11))
    refused(lambda: payments.filter(pk=source.pk).update(gateway_transaction_id="x"))
    refused(lambda: payments.filter(pk=made.pk).delete())
    # No part of a charge is made a payment of twice, nor more than was taken.
    mine: dict[str, Any] = {
        "payment": Payment.objects.get(order=other.order),
        "currency": made.currency,
        "kept_for": addition,
    }
    succeeded = {"status": RefundStatus.SUCCEEDED, "processed_at": LATER}
    refused(
        lambda: Refund.objects.create(
            **mine, **succeeded, became=made, amount=made.amount
        )
    )
    refused(lambda: Refund.objects.create(**mine, **succeeded, amount=1))
    refused(lambda: Refund.objects.create(**mine, amount=1, status=RefundStatus.FAILED))
    assert_agrees()


# ------------------------------------------------------------------ at once


@pytest.mark.django_db(transaction=True)
def test_people_at_once_change_or_refund_the_last_units_once() -> None:
    """Fails without the locks of the order and its payments."""
    one = stall()
    person = one.order.shop.owner
    item = one.order.items.get()

    def change(price: str) -> Any:
        if not price:
            line = RefundLine(item_id=item.pk, unsent=2, restock=True)
            return refund_items(
                order_id=one.order.pk, lines=[line], reason="", by=person, now=LATER
            )
        due = Decimal(price) - 20
        return edit_order(
            order_id=one.order.pk,
            remove={item.pk: 2},
            add={one.wares[price].pk: 1},
            expected_refund=max(-due, Decimal(0)),
            expected_due=max(due, Decimal(0)),
            restock=True,
            hold=HOLD,
            by=person,
            now=LATER,
        )

    results = at_once(change, ["33.00", "", "7.00", ""] * 2, workers=8)

    ends = kinds(results)
    assert ends.pop("TooManyUnits") == 7
    assert set(ends) <= {"Edited", "list"}
    item.refresh_from_db()
    assert item.removed_quantity == 2
    for open_link in Checkout.objects.filter(status=CheckoutStatus.AWAITING_PAYMENT):
        pay(open_link)
    assert aside() == 0
    assert_agrees()


@pytest.mark.django_db(transaction=True)
def test_a_link_paid_while_it_lapses_has_one_end() -> None:
    for _ in range(4):
        one = stall()
        addition = fresh(one.swap("12.00").addition)

        def act(step: str, addition: Order = addition) -> Any:
            if step == "pay":
                return pay(addition.checkout, now=OVER - timedelta(minutes=2))
            expire_checkouts(now=OVER)
            return release_kept(order_id=addition.pk, now=OVER)

        results = at_once(act, ["pay", "lapse", "lapse", "pay"], workers=4)
        settle_open_payments(now=OVER + timedelta(minutes=5))

        refused = [one for one in results if isinstance(one, Exception)]
        assert all(isinstance(one, DomainError) for one in refused)
        assert_one_end(one, addition)


@pytest.mark.django_db(transaction=True)
def test_a_late_payment_and_the_way_back_have_one_end(monkeypatch) -> None:
    """Fails without the lock of the checkout in `release_kept`."""
    one = stall()
    addition = fresh(one.swap("12.00").addition)
    pay(addition.checkout, token="require_action")
    (charge,) = SimulatedCharge.objects.filter(state="waiting")
    SimulatedGateway().decide(key=charge.key, is_approved=True)
    expire_checkouts(now=OVER)
    is_taken = threading.Event()

    def book(**more: Any) -> None:
        """The money is taken for the addition, and nobody else can see it so far."""
        is_taken.set()
        book_payment(**more)

    def act(step: str) -> Any:
        if step == "pay":
            return complete_payment(checkout_id=addition.checkout_id, now=OVER)
        is_taken.wait(timeout=30)
        return release_kept(order_id=addition.pk, now=OVER)

    monkeypatch.setattr(set_off, "book_payment", book)
    results = at_once(act, ["pay", "release", "release", "release"], workers=4)

    assert [one for one in results if isinstance(one, Exception)] == []
    assert results[1:] == [[], [], []]
    assert_one_end(one, addition)
    assert fresh(addition).status == OrderStatus.PROCESSING


def assert_one_end(one: Stall, addition: Order) -> None:
    addition = fresh(addition)
    assert addition.status in {OrderStatus.PROCESSING, OrderStatus.CANCELLED}
    assert fresh(one.order).total_refunded == Decimal(10)
    assert aside() == 0
    made = Payment.objects.filter(order=addition, made_of__isnull=False)
    assert made.exists() == (addition.status == OrderStatus.PROCESSING)
    assert_agrees()


# ------------------------------------------------------------------ any sequence


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["swap", "pay", "lapse", "refund", "cancel", "cancel added"]),
        st.sampled_from(["0.00", "7.00", "10.00", "12.00", "33.00"]),
        st.integers(1, 2),
    ),
    min_size=2,
    max_size=9,
)


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(steps=STEPS)
def test_after_any_sequence_the_bank_holds_what_the_orders_are_worth(steps) -> None:
    with transaction.atomic():
        one = stall(email=f"buyer{next(KEYS)}@example.com")
        now = LATER
        for step, price, units in steps:
            now += timedelta(minutes=1)
            added = Order.objects.filter(checkout__adds_to=one.order).order_by("-id")
            _step(one, step, price, units, added, now)
            assert booked() == 0
            assert at_the_bank() - aside() <= kept_value() <= at_the_bank()
            assert booked(gateway_account("test")) == at_the_bank()
        now += timedelta(days=1)
        expire_checkouts(now=now)
        settle_open_payments(now=now)
        assert aside() == 0
        assert_agrees()
        transaction.set_rollback(True)


def _step(one: Stall, step: str, price: str, units: int, added: Any, now: Any) -> None:
    newest = added.first()
    try:
        with transaction.atomic():
            if step == "swap":
                one.swap(price, units, now=now)
            elif step == "refund":
                part = Decimal(price) / 4
                refund_order(
                    order_id=one.order.pk,
                    amount=part.quantize(Decimal("0.01")),
                    reason="",
                    by=None,
                    now=now,
                )
            elif step == "cancel":
                cancel_order(order_id=one.order.pk, reason="", by=None, now=now)
                refund_cancelled_order(order_id=one.order.pk, now=now)
            elif newest is not None and step == "pay":
                pay(newest.checkout, now=now)
            elif newest is not None and step == "lapse":
                Checkout.objects.filter(pk=newest.checkout_id).update(expires_at=now)
                expire_checkouts(now=now)
                release_kept(order_id=newest.pk, now=now)
            elif newest is not None:
                cancel_order(order_id=newest.pk, reason="", by=None, now=now)
                refund_cancelled_order(order_id=newest.pk, now=now)
                release_kept(order_id=newest.pk, now=now)
    except DomainError:
        pass


# ------------------------------------------------------------------ the numbers


def test_the_numbers_count_a_payment_once() -> None:
    one = stall()
    pay(fresh(one.swap("12.00").addition).checkout)
    one.swap("7.00")

    collect_marks()
    assert work_off(rollups=list(ROLLUPS.values()))

    (day,) = ShopMetricsDaily.objects.filter(shop_id=one.order.shop_id, revenue__gt=0)
    # Of the first order and of the link; of the second change there was none.
    assert (day.payment_success_count, day.payment_failure_count) == (2, 0)
    assert day.revenue - day.refund_value == kept_value() == at_the_bank()
    result = verify(
        rollups=list(ROLLUPS.values()),
        start=NOON - timedelta(days=1),
        end=NOON + timedelta(days=1),
    )
    assert result.difference is None


# ------------------------------------------------------------------ words


def test_the_buyer_reads_what_pays_what() -> None:
    one = stall()
    addition = fresh(one.swap("12.00").addition)

    send_pay_link(addition)
    pay(addition.checkout)
    send_order_news(OrderNews(order=fresh(addition), status="processing"))

    number = one.order.order_number
    link, paid = (message.body for message in mail.outbox)
    assert (
        f"$10.00 of that is paid with what was taken out of your order {number}."
        in link
    )
    assert "To pay: $2.00" in link
    assert "Then $10.00 goes back to where you paid from." in link
    assert (
        f"$10.00 of it was paid with what was taken out of your order {number}." in paid
    )


def test_a_refund_mail_counts_only_what_went_back() -> None:
    one = stall()
    one.swap("7.00")

    send_order_news(
        OrderNews(order=fresh(one.order), status="refunded", amount=Decimal(3))
    )

    assert "has given back $3.00" in mail.outbox[0].body
    assert "Together" not in mail.outbox[0].body


def test_pages_say_it_in_words(client) -> None:
    one = stall()
    addition = fresh(one.swap("12.00").addition)
    client.force_login(one.order.shop.owner)
    slug, number = one.order.shop.slug, one.order.order_number

    def page(order: Order) -> str:
        answer = client.get(reverse("sell:order", args=[slug, order.pk]))
        return " ".join(answer.content.decode().split())

    assert "Set aside for" in page(one.order)
    assert f"With what was taken out of {number}" in page(addition)
    pay(addition.checkout)
    assert "Set off against" in page(one.order)
    assert f"Paid with what was taken out of {number}" in page(addition)


def test_the_change_page_shows_the_difference_and_moves_it(client) -> None:
    one = stall()
    client.force_login(one.order.shop.owner)
    address = reverse("sell:order_edit", args=[one.order.shop.slug, one.order.pk])
    wanted = {
        f"remove-{one.order.items.get().pk}": "1",
        f"add-{one.wares['12.00'].pk}": "1",
    }

    shown = client.get(address, wanted)
    agreed = {
        name: shown.context["confirm"].initial[name]
        for name in ("key", "expected_refund", "expected_due", "hold")
    }
    answer = client.post(address, {**wanted, **agreed, "restock": "on"})

    words = " ".join(shown.content.decode().split())
    assert "$10.00 is set aside until the link is paid." in words
    assert answer.status_code == 302
    assert aside() == Decimal(10)
    assert Checkout.objects.get(adds_to=one.order).due == Decimal(2)


def test_the_payment_page_asks_for_the_difference(client) -> None:
    one = stall()
    addition = fresh(one.swap("12.00").addition)
    Checkout.objects.update(expires_at="2100-01-01T00:00Z")

    link = reverse("payments:pay_link", args=[pay_link_token(addition.checkout_id)])
    shown = client.get(link, follow=True)

    words = " ".join(shown.content.decode().split())
    assert f"Taken out of order {one.order.order_number}" in words
    assert "$2.00" in words
    assert PaymentStatus.SUCCEEDED not in set(
        Payment.objects.filter(order=addition).values_list("status", flat=True)
    )


@pytest.mark.django_db(transaction=True)
def test_units_out_and_in_are_locked_in_one_order() -> None:
    """Else a change of A for B and a cart of both could wait for each other."""
    one = stall()
    locked = ProductVariant.objects.select_for_update(no_key=True)

    def swap() -> None:
        try:
            one.swap("12.00")
        finally:
            connection.close()

    change = threading.Thread(target=swap)
    try:
        with transaction.atomic():
            locked.get(pk=one.ten.pk)
            change.start()
            wait_for_a_waiter()
            free = ProductVariant.objects.select_for_update(no_key=True, nowait=True)
            assert free.get(pk=one.wares["12.00"].pk)
    finally:
        change.join()

    assert Order.objects.filter(checkout__adds_to=one.order).exists()


def wait_for_a_waiter() -> None:
    """Until another connection waits for a lock, for five seconds at most."""
    ends = time.monotonic() + 5
    with connection.cursor() as cursor:
        while time.monotonic() < ends:
            cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
            if cursor.fetchone()[0]:
                return
    raise AssertionError("Nobody waits.")
