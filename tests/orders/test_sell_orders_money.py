"""Money of a shop's orders: refunds by item, and changes before an order is sent."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import ProductVariant
from orders.errors import NotInOrder, QuoteChanged, RefundTooLarge, TooManyUnits
from orders.models import FinancialStatus, Order, OrderStatus
from orders.services.orders import ship_items
from payments.errors import InvalidAmount, NothingToChange, RefundChanged
from payments.models import Refund, RefundItem, RefundStatus
from payments.services.editing import edit_order, preview_edit
from payments.services.item_refunds import (
    RefundLine,
    preview_refund,
    refund_items,
    refund_plan,
)
from payments.services.payments import start_payment
from tests.factories.catalog import ProductVariantFactory
from tests.orders.crowds import at_once, kinds
from tests.orders.purchases import NOON, fill_checkout, say_yes

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=3)
NAN, MANY = Decimal("NaN"), Decimal("Infinity")


@pytest.fixture(autouse=True)
def test_gateway(settings) -> None:
    settings.ALLOW_TEST_GATEWAY = True


def lamp(**more) -> ProductVariant:
    made = {"inventory_quantity": 20, "price": Decimal("9.99"), **more}
    if "product__shop" not in more:
        made["product__shop__country"] = ""
    return ProductVariantFactory(**made)


def paid(*variants: ProductVariant, units: int = 3) -> Order:
    checkout = fill_checkout({one: units for one in variants or (lamp(),)})
    say_yes(checkout)
    start_payment(
        checkout_id=checkout.pk,
        gateway="test",
        token="approve",
        return_url="/",
        now=NOON,
    )
    return checkout.orders.get()


def give_back(order: Order, unsent: int = 0, sent: int = 0, **more) -> list[Refund]:
    item = more.pop("item", None) or order.items.first()
    restock = more.pop("restock", False)
    line = RefundLine(item_id=item.pk, unsent=unsent, sent=sent, restock=restock)
    asked = {"reason": "", "by": None, "now": LATER, **more}
    lines = [line] if unsent or sent else []
    return refund_items(order_id=order.pk, lines=lines, **asked)


def send(order: Order, units: int) -> None:
    ship_items(
        order_id=order.pk,
        quantities={order.items.get().pk: units},
        carrier="",
        tracking_number="",
        now=LATER,
        by=None,
    )


def plan_of(order: Order):
    return refund_plan(order=Order.objects.get(pk=order.pk))


def test_units_are_worth_their_share_of_what_was_paid() -> None:
    order = paid()

    (refund,) = give_back(order, unsent=1)

    order.refresh_from_db()
    assert (refund.amount, refund.status) == (Decimal("9.99"), RefundStatus.SUCCEEDED)
    assert order.total_refunded == Decimal("9.99")
    assert order.financial_status == FinancialStatus.PARTIALLY_REFUNDED
    assert order.items.get().removed_quantity == 1
    assert plan_of(order).most == order.total_price - Decimal("9.99")


def test_restock_is_chosen_line_by_line() -> None:
    kept, broken = lamp(), None
    broken = lamp(product__shop=kept.shop)
    order = paid(kept, broken)
    lines = [
        RefundLine(item_id=item.pk, unsent=1, restock=item.variant_id == kept.pk)
        for item in order.items.all()
    ]

    refund_items(order_id=order.pk, lines=lines, reason="", by=None, now=LATER)

    kept.refresh_from_db()
    broken.refresh_from_db()
    assert (kept.inventory_quantity, broken.inventory_quantity) == (18, 17)
    assert set(RefundItem.objects.values_list("order_item__sku", "restocked")) == {
        (kept.sku, True),
        (broken.sku, False),
    }


def test_sent_and_unsent_units_are_told_apart() -> None:
    order = paid()
    send(order, 1)

    (one,) = plan_of(order).items
    assert (one.unsent, one.sent) == (2, 1)
    with pytest.raises(TooManyUnits):
        give_back(order, sent=2)

    give_back(order, sent=1)

    (one,) = plan_of(order).items
    assert (one.unsent, one.sent) == (2, 0)
    assert order.items.get().removed_quantity == 0


def test_delivery_is_given_back_up_to_what_it_cost() -> None:
    order = paid()
    Order.objects.filter(pk=order.pk).update()
    delivery = plan_of(order).delivery
    assert delivery == order.total_shipping

    with pytest.raises((RefundTooLarge, InvalidAmount)):
        give_back(order, delivery=delivery + 1)
    if delivery:
        give_back(order, delivery=delivery)
        assert plan_of(order).delivery == 0


@pytest.mark.parametrize(
    "more",
    [
        {"unsent": 4},
        {"unsent": -1},
        {"sent": 1},
        {},
        {"amount": Decimal(-1)},
        {"amount": Decimal(0)},
        {"amount": NAN},
        {"amount": MANY},
        {"amount": Decimal("0.001")},
        {"amount": Decimal(1000000)},
        {"delivery": NAN},
        {"delivery": Decimal(-5)},
        {"unsent": 1, "amount": Decimal(99999)},
    ],
)
def test_what_cannot_be_given_back_writes_nothing(more) -> None:
    order = paid()

    with pytest.raises((TooManyUnits, InvalidAmount, RefundTooLarge)):
        give_back(order, **more)

    assert not Refund.objects.exists()
    assert order.items.get().removed_quantity == 0


def test_another_orders_item_is_not_given_back() -> None:
    order, other = paid(), paid()

    with pytest.raises(NotInOrder):
        give_back(order, unsent=1, item=other.items.get())

    assert not Refund.objects.exists()


def test_a_sum_of_ones_own_is_given_and_counts() -> None:
    order = paid()

    give_back(order, amount=Decimal("5.00"))

    order.refresh_from_db()
    assert order.total_refunded == Decimal("5.00")
    plan = plan_of(order)
    line = RefundLine(item_id=order.items.get().pk, unsent=2)
    assert preview_refund(plan=plan, lines=[line]).amount == Decimal("19.98")
    assert plan.most == order.total_price - 5


def test_the_same_key_gives_once() -> None:
    order = paid()

    first = give_back(order, unsent=1, key="click", restock=True)
    again = give_back(order, unsent=1, key="click", restock=True)

    assert first == again
    assert order.items.get().removed_quantity == 1
    order.refresh_from_db()
    assert order.total_refunded == Decimal("9.99")


def test_what_was_shown_is_what_is_given() -> None:
    order = paid()

    with pytest.raises(RefundChanged):
        give_back(order, unsent=1, expected=Decimal("9.98"))

    assert not Refund.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_ten_refunds_at_once_give_no_more_than_the_units_there_are() -> None:
    order = paid(units=3)
    send(order, 3)

    results = at_once(
        lambda key: give_back(order, sent=1, key=key),
        [f"key-{place}" for place in range(10)],
        workers=10,
    )

    assert kinds(results) == {"list": 3, "TooManyUnits": 7}
    order.refresh_from_db()
    assert order.total_refunded == Decimal("29.97")
    assert sum(RefundItem.objects.values_list("quantity", flat=True)) == 3


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    price=st.decimals("0.01", "99.99", places=2),
    units=st.integers(2, 7),
    discount=st.decimals("0", "0.50", places=2),
)
def test_parts_of_a_line_sum_to_what_was_paid(price, units, discount) -> None:
    from orders.models import OrderItem
    from payments.services.item_refunds import Refundable

    item = OrderItem(quantity=units, price=price)
    whole = price * units - min(discount, price)

    parts = [
        Refundable(
            item=item, unsent=0, sent=1, before=before, paid=whole, currency="USD"
        ).worth(1)
        for before in range(units)
    ]

    assert sum(parts) == whole
    assert all(part >= 0 for part in parts)


# ------------------------------------------------------------------ changes


def change(order: Order, *, remove=None, add=None, **more):
    person = order.shop.owner
    shown = preview_edit(
        order=order, remove=remove or {}, add=add or {}, by=person, now=LATER
    )
    asked = {
        "expected_refund": shown.refund,
        "expected_due": shown.due,
        "restock": True,
        "hold": timedelta(hours=2),
        "by": person,
        "now": LATER,
        **more,
    }
    return edit_order(order_id=order.pk, remove=remove or {}, add=add or {}, **asked)


def test_a_change_asks_for_the_difference_and_happens_once() -> None:
    order = paid()
    item = order.items.get()
    extra = lamp(product__shop=order.shop, price=Decimal("14.00"))
    shown = preview_edit(
        order=order,
        remove={item.pk: 1},
        add={extra.pk: 1},
        by=order.shop.owner,
        now=LATER,
    )
    assert not Order.objects.exclude(pk=order.pk).exists()

    done = [
        change(order, remove={item.pk: 1}, add={extra.pk: 1}, key="one")
        for _ in range(1)
    ]
    again = edit_order(
        order_id=order.pk,
        remove={item.pk: 1},
        add={extra.pk: 1},
        expected_refund=shown.refund,
        expected_due=shown.due,
        restock=True,
        hold=timedelta(hours=2),
        by=order.shop.owner,
        now=LATER,
        key="one",
    )

    assert (shown.taken, shown.cost) == (Decimal("9.99"), Decimal("14.00"))
    assert (shown.refund, shown.due) == (Decimal(0), Decimal("4.01"))
    assert shown.difference == Decimal("4.01")
    assert again == done[0]
    assert (done[0].refunds, done[0].set_off) == ((), Decimal("9.99"))
    assert done[0].addition.status == OrderStatus.PENDING
    assert Refund.objects.get().status == RefundStatus.PENDING
    item.refresh_from_db()
    assert item.removed_quantity == 1
    assert Order.objects.count() == 2


def test_a_change_that_cannot_be_whole_is_not_begun() -> None:
    order = paid()
    item = order.items.get()
    short = lamp(product__shop=order.shop, inventory_quantity=0)

    with pytest.raises(Exception, match="left|out|sold"):
        change(order, remove={item.pk: 1}, add={short.pk: 1})
    with pytest.raises(NothingToChange):
        change(order)
    with pytest.raises(QuoteChanged):
        change(
            order,
            add={lamp(product__shop=order.shop).pk: 1},
            expected_due=Decimal("0.01"),
        )

    item.refresh_from_db()
    assert item.removed_quantity == 0
    assert not Refund.objects.exists()
    assert Order.objects.count() == 1
