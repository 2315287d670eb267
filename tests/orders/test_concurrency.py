"""Many buyers at once, with real connections: nobody gets what is not there.

Each of these fails when its guard is removed: the row locks of `catalog.services.stock`, their
order, the lock of the checkout, the condition in the use of a coupon, the counter of invoices.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import F, Sum
from django.test.utils import CaptureQueriesContext

from catalog.models import ProductVariant, StockReservation
from orders.models import (
    Cart,
    CartItem,
    Checkout,
    Coupon,
    Customer,
    Invoice,
    Order,
    OrderCoupon,
    OrderItem,
    ShipmentItem,
)
from orders.queries import checkout_view
from orders.services.cart import add_item, merge_carts, open_cart
from orders.services.checkout import expire_checkout, place_orders, start_checkout
from orders.services.orders import cancel_order, mark_paid, ship_items
from shop.models import GlobalEvent
from tests.factories.catalog import ProductVariantFactory
from tests.factories.orders import (
    CouponFactory,
    DeliveryMethodFactory,
    OrderItemFactory,
    OrderTrackingFactory,
)
from tests.factories.users import UserFactory
from tests.orders.crowds import (
    FULL,
    WORKERS,
    assert_stock_agrees,
    at_once,
    crowd,
    kinds,
    opening,
)
from tests.orders.purchases import NOON, fill_checkout, say_yes

pytestmark = pytest.mark.django_db(transaction=True)


def variant(units: int) -> ProductVariant:
    made = ProductVariantFactory(inventory_quantity=units)
    DeliveryMethodFactory(zone__shop=made.product.shop)
    return made


def agreed(checkout_id):
    return checkout_view(checkout_id=checkout_id, now=NOON).quote.hash


def place(checkout_id):
    return place_orders(
        checkout_id=checkout_id, quote_hash=agreed(checkout_id), now=NOON
    )


def test_fifty_units_make_fifty_orders_whoever_comes():
    units, buyers = (50, 400) if FULL else (10, 60)
    mug = variant(units)
    checkouts = crowd(buyers, [{mug: 1}], now=NOON)

    results = at_once(place, checkouts)

    assert kinds(results) == {"list": units, "OutOfStock": buyers - units}
    mug.refresh_from_db()
    assert (mug.inventory_quantity, mug.reserved_quantity) == (units, units)
    assert Order.objects.count() == Customer.objects.count() == units
    assert_stock_agrees({mug.pk: units})


def test_carts_that_share_variants_in_any_order_never_deadlock():
    variants = [variant(10_000) for _ in range(4)]
    one, two, three, four = variants
    wanted = [
        {one: 1, two: 1, three: 1, four: 1},
        {four: 1, three: 1, two: 1, one: 1},
        {three: 2, one: 1},
        {one: 1, three: 2},
        {two: 1, four: 1, one: 1},
    ]
    checkouts = crowd(2000 if FULL else 80, wanted, now=NOON)

    def buy(checkout_id):
        place(checkout_id)
        return mark_paid(checkout_id=checkout_id, now=NOON)

    results = at_once(buy, checkouts)

    assert kinds(results) == {"list": len(checkouts)}
    assert_stock_agrees(opening(variants))
    for of in variants:
        numbers = Invoice.objects.filter(shop=of.shop).values_list(
            "invoice_number", flat=True
        )
        assert sorted(map(int, numbers)) == list(range(1, len(numbers) + 1))


def test_one_checkout_completed_by_twenty_at_once_is_placed_once():
    mug, bowl = variant(100), variant(100)
    checkout = fill_checkout({mug: 2, bowl: 1})
    seen = agreed(checkout.pk)

    results = at_once(
        lambda _: place_orders(checkout_id=checkout.pk, quote_hash=seen, now=NOON),
        range(20),
        workers=16,
    )

    assert kinds(results) == {"list": 20}
    assert len({frozenset(order.pk for order in orders) for orders in results}) == 1
    assert Order.objects.count() == 2
    assert StockReservation.objects.aggregate(sum=Sum("quantity"))["sum"] == 3
    placed = GlobalEvent.objects.filter(event_type="order.placed")
    assert placed.count() == 2


def test_one_checkout_paid_by_twenty_at_once_is_paid_once():
    mug = variant(100)
    checkout = fill_checkout({mug: 2})
    say_yes(checkout)

    results = at_once(
        lambda _: mark_paid(checkout_id=checkout.pk, now=NOON), range(20), workers=16
    )

    assert kinds(results) == {"list": 20}
    assert Invoice.objects.count() == 1
    assert_stock_agrees({mug.pk: 100})
    assert GlobalEvent.objects.filter(event_type="order.paid").count() == 1


def test_a_coupon_is_used_as_often_as_it_may_be():
    uses, buyers = (100, 500) if FULL else (10, 50)
    mug = variant(buyers)
    CouponFactory(code="TEN", usage_limit=uses, promotion__shop=mug.product.shop)
    checkouts = crowd(buyers, [{mug: 1}], now=NOON, coupons=["TEN"])
    # They have all seen the lower price.
    seen = agreed(checkouts[0])

    results = at_once(
        lambda id_: place_orders(checkout_id=id_, quote_hash=seen, now=NOON), checkouts
    )

    answers = kinds(results)
    assert answers["list"] == uses
    assert answers["CouponUsedUp"] + answers["QuoteChanged"] == buyers - uses
    assert Coupon.objects.get().usage_count == uses
    assert OrderCoupon.objects.count() == Order.objects.count() == uses
    assert_stock_agrees({mug.pk: buyers})


def test_one_persons_limit_holds_in_many_tabs():
    mug = variant(100)
    CouponFactory(code="TEN", usage_limit_per_user=1, promotion__shop=mug.product.shop)
    checkouts = crowd(WORKERS, [{mug: 1}], now=NOON, coupons=["TEN"])
    Checkout.objects.update(email="ada@example.com")

    results = at_once(place, checkouts)

    assert kinds(results) == {"list": 1, "CouponUsedUp": WORKERS - 1}
    assert OrderCoupon.objects.count() == 1


@contextmanager
def left_open(checkout_id) -> Iterator[None]:
    """Somebody places this checkout, and commits only after the block."""
    is_placed, may_end = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            place(checkout_id)
            is_placed.set()
            may_end.wait(60)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert is_placed.wait(60)
        yield
    finally:
        may_end.set()
        holder.join()


def place_without_waiting(checkout_id):
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '500ms'")
        return place(checkout_id)


@pytest.mark.parametrize("limit", [None, 100])
def test_a_coupon_makes_buyers_wait_only_for_its_limit(limit):
    mug = variant(100)
    bowl = ProductVariantFactory(product=mug.product, inventory_quantity=100)
    CouponFactory(code="TEN", usage_limit=limit, promotion__shop=mug.product.shop)
    first, second = crowd(2, [{mug: 1}, {bowl: 1}], now=NOON, coupons=["TEN"])

    with left_open(first):
        if limit is None:
            assert len(place_without_waiting(second)) == 1
            mark_paid(checkout_id=second, now=NOON)
        else:
            # What the other case would find, if there were a row to wait for.
            with pytest.raises(OperationalError, match="lock timeout"):
                place_without_waiting(second)

    assert OrderCoupon.objects.count() == (2 if limit is None else 1)
    assert Coupon.objects.get().usage_count == (0 if limit is None else 1)


def test_a_coupon_without_limit_costs_three_statements():
    mug = variant(100)
    CouponFactory(code="TEN", promotion__shop=mug.product.shop)
    (without,) = crowd(1, [{mug: 1}], now=NOON)
    (with_it,) = crowd(1, [{mug: 1}], now=NOON, coupons=["TEN"])

    def count(step):
        with CaptureQueriesContext(connection) as asked:
            step()
        return len(asked)

    def costs(id_):
        seen = agreed(id_)
        return (
            count(lambda: agreed(id_)),
            count(lambda: place_orders(checkout_id=id_, quote_hash=seen, now=NOON)),
            count(lambda: mark_paid(checkout_id=id_, now=NOON)),
        )

    plain, lowered = costs(without), costs(with_it)

    # Its terms when it is quoted and when it is placed, and the use of it.
    more = [one - other for one, other in zip(lowered, plain, strict=True)]
    assert more == [1, 2, 0]
    assert OrderCoupon.objects.count() == 1


def test_a_payment_and_the_end_of_its_time_do_not_both_win():
    mug = variant(100)
    over = NOON.replace(hour=13)
    checkouts = crowd(20, [{mug: 1}], now=NOON)
    for checkout_id in checkouts:
        place(checkout_id)

    def race(job):
        service, checkout_id = job
        return service(checkout_id=checkout_id, now=over)

    jobs = [(step, id_) for id_ in checkouts for step in (expire_checkout, mark_paid)]
    results = at_once(race, jobs)

    # Whichever came first, there was stock for all of the late ones.
    assert kinds(results) == {"bool": 20, "list": 20}
    assert set(Order.objects.values_list("status", flat=True)) == {"processing"}
    assert_stock_agrees({mug.pk: 100})


def test_a_cancellation_and_a_parcel_do_not_both_win():
    mug = variant(100)
    orders = []
    for checkout_id in crowd(12, [{mug: 1}], now=NOON):
        place(checkout_id)
        orders += mark_paid(checkout_id=checkout_id, now=NOON)

    def cancel(order):
        return cancel_order(order_id=order.pk, reason="", by=None, now=NOON)

    def ship(order):
        return ship_items(
            order_id=order.pk,
            quantities={order.items.get().pk: 1},
            carrier="Post",
            tracking_number="1",
            now=NOON,
            by=None,
        )

    results = at_once(
        lambda job: job[0](job[1]),
        [(step, order) for order in orders for step in (cancel, ship)],
    )

    answers = kinds(results)
    assert answers["WrongStatus"] == 12
    assert answers["Order"] + answers["OrderTracking"] == 12
    ends = Counter(Order.objects.values_list("status", flat=True))
    assert ends["cancelled"] == answers["Order"]
    assert ends["shipped"] == answers["OrderTracking"]
    assert_stock_agrees({mug.pk: 100})


def test_two_parcels_at_once_hold_no_more_than_was_ordered():
    mug = variant(100)
    checkout = fill_checkout({mug: 5})
    say_yes(checkout)
    (order,) = mark_paid(checkout_id=checkout.pk, now=NOON)
    item = OrderItem.objects.get()

    results = at_once(
        lambda number: ship_items(
            order_id=order.pk,
            quantities={item.pk: 1},
            carrier="Post",
            tracking_number=str(number),
            now=NOON,
            by=None,
        ),
        range(12),
    )

    assert kinds(results) == {"OrderTracking": 5, "TooManyUnits": 7} or kinds(
        results
    ) == {"OrderTracking": 5, "WrongStatus": 7}


def test_the_database_lets_nobody_pack_or_take_out_more_than_there_is():
    item = OrderItemFactory(quantity=5)
    parcels = OrderTrackingFactory.create_batch(12, order=item.order)

    def pack(parcel):
        return ShipmentItem.objects.create(tracking=parcel, order_item=item, quantity=1)

    def take_out(_):
        return OrderItem.objects.filter(pk=item.pk).update(
            removed_quantity=F("removed_quantity") + 1
        )

    jobs = [(step, parcel) for parcel in parcels for step in (pack, take_out)]
    results = at_once(lambda job: job[0](job[1]), jobs)

    answers = kinds(results)
    assert answers["IntegrityError"] == len(jobs) - 5
    item.refresh_from_db()
    assert ShipmentItem.objects.count() == answers["ShipmentItem"]
    assert answers["ShipmentItem"] + item.removed_quantity == 5


def test_clicks_at_once_all_count_and_open_one_cart():
    mug = variant(900)

    def click(_):
        cart = open_cart(user_id=None, token="t", currency="USD", now=NOON)
        add_item(cart_id=cart.pk, variant_id=mug.pk, quantity=1, now=NOON)
        return start_checkout(cart_id=cart.pk, now=NOON)

    results = at_once(click, range(24))

    assert kinds(results) == {"Checkout": 24}
    assert Cart.objects.count() == Checkout.objects.count() == 1
    assert CartItem.objects.get().quantity == 24


def test_a_guests_cart_is_merged_once_by_two_log_ins():
    user, mug, bowl = UserFactory(), variant(900), variant(900)
    for owner, of, units in ((None, mug, 3), (None, bowl, 1), (user.pk, mug, 2)):
        cart = open_cart(user_id=owner, token="t", currency="USD", now=NOON)
        add_item(cart_id=cart.pk, variant_id=of.pk, quantity=units, now=NOON)

    results = at_once(
        lambda _: merge_carts(user_id=user.pk, token="t", now=NOON), range(12)
    )

    assert kinds(results) == {"Merged": 12}
    own = Cart.objects.get(user=user, status="open")
    assert dict(own.items.values_list("variant", "quantity")) == {
        mug.pk: 5,
        bowl.pk: 1,
    }


def test_invoices_of_a_shop_are_numbered_without_gaps_or_doubles():
    first = variant(100)
    others = ProductVariantFactory.create_batch(
        11, product=first.product, inventory_quantity=100
    )
    # No two neighbours wait for each other's stock.
    checkouts = crowd(24, [{one: 1} for one in (first, *others)], now=NOON)
    for checkout_id in checkouts:
        place(checkout_id)

    results = at_once(lambda id_: mark_paid(checkout_id=id_, now=NOON), checkouts)

    assert kinds(results) == {"list": 24}
    numbers = Invoice.objects.values_list("invoice_number", flat=True)
    assert sorted(map(int, numbers)) == list(range(1, 25))
