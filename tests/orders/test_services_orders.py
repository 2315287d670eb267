from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from catalog.models import InventoryLog, ProductStatus, ProductVariant
from orders.errors import (
    NotInOrder,
    RefundTooLarge,
    ReturnRefused,
    TooManyUnits,
    WrongStatus,
)
from orders.models import (
    CartItem,
    Order,
    OrderReturn,
    OrderTracking,
    ShipmentItem,
)
from orders.services.cart import reorder
from orders.services.orders import (
    cancel_order,
    mark_delivered,
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
from shop.models import GlobalEvent
from tests.factories.catalog import ProductVariantFactory
from tests.factories.orders import OrderReturnFactory
from tests.factories.users import UserFactory
from tests.orders.purchases import NOON, buy, fill_checkout, say_yes

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=2)


def variant(**values) -> ProductVariant:
    made = {"inventory_quantity": 10, "product__shop__country": ""} | values
    return ProductVariantFactory(**made)


def level(of: ProductVariant) -> int:
    return ProductVariant.objects.get(pk=of.pk).inventory_quantity


def ship(order: Order, units: int | None = None, **more) -> OrderTracking:
    """A parcel with so many of every item; with all of them by default."""
    quantities = {item.pk: units or item.quantity for item in order.items.all()}
    return ship_items(
        **{
            "order_id": order.pk,
            "quantities": quantities,
            "carrier": "Post",
            "tracking_number": "1",
            "now": NOON,
            "by": None,
        }
        | more
    )


def delivered(of: ProductVariant, units: int, **more) -> Order:
    (order,) = buy({of: units}, **more)
    ship(order)
    return mark_delivered(order_id=order.pk, now=LATER)


def history(order: Order) -> list[str]:
    steps = order.status_history.order_by("created_at", "id")
    return list(steps.values_list("status", flat=True))


def events(order: Order) -> list[str]:
    rows = GlobalEvent.objects.filter(entity_id=order.pk).order_by("position")
    return list(rows.values_list("event_type", flat=True))


# ------------------------------------------------------------------ cancelling


def test_a_paid_order_is_cancelled_once_and_its_units_come_back():
    mug, seller = variant(), UserFactory()
    (order,) = buy({mug: 3})

    for _ in range(2):
        order = cancel_order(order_id=order.pk, reason="Broken", by=seller, now=LATER)

    assert (order.status, order.cancel_reason) == ("cancelled", "Broken")
    assert order.cancelled_at == LATER
    assert level(mug) == 10
    assert list(
        InventoryLog.objects.order_by("id").values_list("adjustment", "user_id")
    ) == [(-3, None), (3, seller.pk)]
    assert history(order) == ["pending", "processing", "cancelled"]
    told = GlobalEvent.objects.get(event_type="order.cancelled")
    assert told.data == {
        "shop_id": str(order.shop_id),
        "paid": True,
        "expired": False,
    }


def test_an_order_that_was_sent_in_part_is_not_cancelled():
    mug = variant()
    (order,) = buy({mug: 3})
    ship(order, 1)

    with pytest.raises(WrongStatus):
        cancel_order(order_id=order.pk, reason="", by=None, now=NOON)

    assert level(mug) == 7


# ------------------------------------------------------------------ parcels


def test_an_order_goes_out_in_parcels_and_arrives():
    (order,) = buy({variant(): 3})
    first = ship(order, 1)
    order.refresh_from_db()
    in_part = (order.status, order.fulfillment_status)
    second = ship(order, 2)

    mark_delivered(order_id=order.pk, now=LATER, tracking_id=first.pk)
    order.refresh_from_db()
    half = order.status
    order = mark_delivered(order_id=order.pk, now=LATER)
    mark_delivered(order_id=order.pk, now=LATER + timedelta(days=1))

    second.refresh_from_db()
    assert in_part == ("processing", "partial")
    assert half == "shipped"
    assert (order.status, order.fulfillment_status) == ("delivered", "fulfilled")
    assert (order.completed_at, second.delivered_at) == (LATER, LATER)
    assert events(order) == [
        "order.placed",
        "order.paid",
        "order.shipped",
        "order.shipped",
        "order.delivered",
    ]


@pytest.mark.parametrize("units", [0, -1, 4, 10**9])
def test_no_more_is_shipped_than_was_ordered(units):
    (order,) = buy({variant(): 3})
    item = order.items.get()

    with pytest.raises(TooManyUnits):
        ship(order, quantities={item.pk: units})
    with pytest.raises(TooManyUnits):
        ship(order, quantities={})
    with pytest.raises(NotInOrder):
        ship(order, quantities={uuid4(): 1})

    assert not OrderTracking.objects.exists()
    assert not ShipmentItem.objects.exists()


def test_only_a_paid_order_is_shipped_and_only_a_shipped_one_delivered():
    (unpaid,) = say_yes(fill_checkout({variant(): 1}))
    (paid,) = buy({variant(): 1})

    with pytest.raises(WrongStatus):
        ship(unpaid)
    with pytest.raises(WrongStatus):
        mark_delivered(order_id=paid.pk, now=NOON)


# ------------------------------------------------------------------ refunds


def test_refunds_add_up_to_the_whole():
    (order,) = buy({variant(): 1})

    record_refund(order_id=order.pk, amount=Decimal("5.00"), now=LATER)
    order.refresh_from_db()
    part = (order.status, order.financial_status)
    for amount in ("10.01", "0", "-1"):
        with pytest.raises(RefundTooLarge):
            record_refund(order_id=order.pk, amount=Decimal(amount), now=LATER)
    order = record_refund(order_id=order.pk, amount=Decimal("10.00"), now=LATER)

    assert part == ("processing", "partially_refunded")
    assert (order.status, order.financial_status) == ("refunded", "refunded")
    assert order.total_refunded == order.total_price == Decimal("15.00")
    assert history(order)[-1] == "refunded"


def test_a_refunded_cancelled_order_stays_cancelled():
    (order,) = buy({variant(): 1})
    cancel_order(order_id=order.pk, reason="", by=None, now=NOON)

    order = record_refund(order_id=order.pk, amount=order.total_price, now=LATER)

    assert (order.status, order.financial_status) == ("cancelled", "refunded")


# ------------------------------------------------------------------ returns


def test_a_return_is_asked_for_approved_received_and_refunded():
    mug = variant()
    order = delivered(mug, 3)
    item = order.items.get()

    back = request_return(
        order_id=order.pk,
        quantities={item.pk: 2},
        reason="Too small",
        by=None,
        now=LATER,
    )
    for _ in range(2):
        approve_return(return_id=back.pk, by=None, now=LATER, answer="Send it")
    line = back.lines.get()
    for _ in range(2):
        back = receive_return(return_id=back.pk, restock=[line.pk], by=None, now=LATER)
    received = (back.status, back.refund_total)
    record_refund(
        order_id=order.pk,
        amount=back.refund_total,
        now=LATER,
        order_return_id=back.pk,
    )

    back.refresh_from_db()
    order.refresh_from_db()
    assert received == ("received", Decimal("20.00"))
    assert (back.status, back.refund_total) == ("refunded", Decimal("20.00"))
    assert level(mug) == 9
    assert (order.status, order.fulfillment_status) == ("delivered", "fulfilled")
    assert events(order)[-4:] == [
        "order.return_requested",
        "order.return_answered",
        "order.return_received",
        "order.refunded",
    ]


def test_nothing_comes_back_twice():
    order = delivered(variant(), 3)
    item = order.items.get()

    def ask(units: int) -> OrderReturn:
        return request_return(
            order_id=order.pk,
            quantities={item.pk: units},
            reason="",
            by=None,
            now=LATER,
        )

    first = ask(2)
    with pytest.raises(TooManyUnits):
        ask(2)
    for units in (0, -1, 10**9):
        with pytest.raises(TooManyUnits):
            ask(units)
    refuse_return(return_id=first.pk, by=None, now=LATER, answer="Worn")
    ask(3)

    assert OrderReturn.objects.count() == 2


def test_what_was_not_sent_or_is_old_does_not_come_back():
    (unsent,) = buy({variant(): 1})
    order = delivered(variant(), 1)
    item = order.items.get()

    with pytest.raises(ReturnRefused):
        withdraw(order_id=unsent.pk, now=NOON)
    with pytest.raises(ReturnRefused, match="14 days"):
        withdraw(order_id=order.pk, now=LATER + timedelta(days=14))
    with pytest.raises(ReturnRefused, match="30 days"):
        request_return(
            order_id=order.pk,
            quantities={item.pk: 1},
            reason="",
            by=None,
            now=LATER + timedelta(days=30),
        )

    assert not OrderReturn.objects.exists()


def test_a_withdrawal_needs_no_answer_and_takes_no_refusal():
    mug = variant()
    order = delivered(mug, 2)

    back = withdraw(order_id=order.pk, now=LATER + timedelta(days=13))
    with pytest.raises(ReturnRefused):
        refuse_return(return_id=back.pk, by=None, now=LATER, answer="No")
    back = receive_return(return_id=back.pk, restock=[], by=None, now=LATER)

    order.refresh_from_db()
    assert (back.kind, back.refund_total) == ("withdrawal", Decimal("20.00"))
    assert order.fulfillment_status == "returned"
    # Not fit to be sold again.
    assert level(mug) == 8


def test_a_return_is_received_after_its_answer():
    back = OrderReturnFactory()

    with pytest.raises(WrongStatus):
        receive_return(return_id=back.pk, restock=[], by=None, now=LATER)


def test_parts_that_come_back_are_worth_the_whole_together():
    from tests.factories.orders import CouponFactory

    mug = variant(product__price=Decimal("10.00"))
    CouponFactory(
        code="OFF",
        promotion__shop=mug.product.shop,
        promotion__kind="fixed",
        promotion__value=Decimal("0.01"),
    )
    order = delivered(mug, 3, coupons=("OFF",))
    item = order.items.get()

    worth = []
    for _ in range(3):
        back = withdraw(order_id=order.pk, now=LATER, quantities={item.pk: 1})
        back = receive_return(return_id=back.pk, restock=[], by=None, now=LATER)
        worth.append(back.refund_total)

    assert sum(worth) == Decimal("29.99")


# ------------------------------------------------------------------ again


def test_an_old_order_fills_the_cart_with_what_can_still_be_bought():
    user = UserFactory()
    mug, few, gone = variant(), variant(inventory_quantity=3), variant()
    orders = buy({mug: 2, few: 2, gone: 1}, user=user)
    gone.product.status = ProductStatus.ARCHIVED
    gone.product.save()

    again = [
        reorder(order_id=order.pk, user_id=user.pk, token="", now=LATER)
        for order in orders
    ]

    names = [name for one in again for name in one.gone]
    assert names == [gone.product.name]
    assert dict(
        CartItem.objects.filter(cart__status="open").values_list("variant", "quantity")
    ) == {mug.pk: 2, few.pk: 1}
