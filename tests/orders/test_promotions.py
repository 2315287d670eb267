"""Promotions while somebody buys: who gets them, how often, and what a crowd may do to them."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from catalog.models import ProductVariant
from orders.errors import CouponUsedUp, QuoteChanged
from orders.models import Cart, Checkout, Coupon, Order, OrderCoupon, Promotion
from orders.queries import cart_view, checkout_view
from orders.services.cart import add_to_cart
from orders.services.checkout import expire_checkout, place_orders
from orders.services.orders import cancel_order, mark_paid
from tests.factories.catalog import (
    CategoryFactory,
    ProductFactory,
    ProductVariantFactory,
)
from tests.factories.orders import (
    CouponFactory,
    DeliveryMethodFactory,
    PromotionFactory,
)
from tests.factories.users import UserFactory
from tests.orders.crowds import at_once, crowd
from tests.orders.purchases import NOON, buy, fill_checkout, say_yes
from users.models import ShopFollower

pytestmark = pytest.mark.django_db
OVER = NOON + timedelta(minutes=16)
ZERO = Decimal(0)


def variant(**more: Any) -> ProductVariant:
    """Of a shop that sends everywhere."""
    values = {"price": Decimal(10), "inventory_quantity": 100, **more}
    if "product" not in more:
        values["product__shop__country"] = ""
    return ProductVariantFactory(**values)


def sent(**more: Any) -> ProductVariant:
    """Whose shop has said how it delivers: a crowd comes to its checkouts ready."""
    made = variant(**more)
    DeliveryMethodFactory(zone__shop=made.product.shop)
    return made


def automatic(mug: ProductVariant, **values: Any) -> Promotion:
    values = {"value": Decimal(10), "is_automatic": True, **values}
    return PromotionFactory(shop=mug.product.shop, **values)


def off(order: Order) -> dict[str, Decimal]:
    uses = OrderCoupon.objects.filter(order=order)
    return dict(uses.values_list("promotion__name", "discount"))


# ------------------------------------------------------------------ by itself


def test_an_automatic_promotion_takes_off_and_is_remembered() -> None:
    mug = variant()
    promotion = automatic(mug)

    (order,) = say_yes(fill_checkout({mug: 2}))

    used = OrderCoupon.objects.get()
    assert order.total_discount == Decimal(2)
    assert (used.promotion, used.coupon, used.discount) == (promotion, None, 2)
    assert used.customer_id == order.customer_id


@pytest.mark.parametrize(
    "values",
    [
        {"is_active": False},
        {"starts_at": NOON + timedelta(seconds=1)},
        {"ends_at": NOON, "starts_at": NOON - timedelta(days=1)},
        {"usage_limit": 1, "usage_count": 1},
        {"conditions": {"customers": "first_order"}},
        {"conditions": {"prodcuts": []}},
    ],
)
def test_nothing_comes_by_itself_out_of_its_time(values: dict[str, Any]) -> None:
    mug = variant()
    automatic(mug, **values)
    item = add_to_cart(user_id=None, token="t", variant_id=mug.pk, quantity=1, now=NOON)

    view = cart_view(cart_id=item.cart_id, now=NOON)

    assert view.quote.discount == ZERO
    assert [group.discounts for group in view.groups] == [()]


def test_a_category_means_all_below_it() -> None:
    kitchen = CategoryFactory(slug="kitchen")
    pots = CategoryFactory(slug="pots", parent=kitchen)
    mug = variant(product=ProductFactory(category=pots, shop__country=""))
    lamp = variant(product=ProductFactory(shop=mug.product.shop))
    automatic(mug, name="Kitchen", conditions={"categories": ["kitchen"]})
    automatic(mug, name="Pots", conditions={"categories": [str(pots.pk)]}, value=20)

    (order,) = say_yes(fill_checkout({mug: 1, lamp: 1}))

    assert off(order) == {"Pots": Decimal("2.00")}


def test_automatic_ones_and_a_code_are_named_one_by_one() -> None:
    mug = variant()
    automatic(mug, name="Cups", conditions={"products": [str(mug.product_id)]})
    CouponFactory(
        code="FIVE",
        promotion__shop=mug.product.shop,
        promotion__name="Welcome",
        promotion__kind="fixed",
        promotion__value=5,
    )

    checkout = fill_checkout({mug: 2}, coupons=("FIVE",))
    (shop,) = checkout_view(checkout_id=checkout.pk, now=NOON).quote.shops
    (order,) = say_yes(checkout)

    assert [(one.label, one.goods) for one in shop.discounts] == [
        ("Cups", Decimal("2.00")),
        ("FIVE", Decimal("5.00")),
    ]
    assert off(order) == {"Cups": Decimal("2.00"), "Welcome": Decimal("5.00")}
    assert order.total_discount == Decimal(7)


# ------------------------------------------------------------------ for whom


def test_a_first_order_is_a_persons_first_in_this_shop() -> None:
    mug, elsewhere = variant(), variant()
    automatic(mug, conditions={"customers": "first_order"})
    buy({elsewhere: 1}, email="ada@example.com")

    (first,) = buy({mug: 1}, email="ada@example.com")
    (second,) = buy({mug: 1}, email="ADA@example.com")

    assert (first.total_discount, second.total_discount) == (1, 0)


def test_a_cancelled_order_was_none() -> None:
    mug = variant()
    automatic(mug, conditions={"customers": "first_order"})
    (first,) = say_yes(fill_checkout({mug: 1}, email="ada@example.com"))
    cancel_order(order_id=first.pk, reason="No", by=None, now=NOON)

    (second,) = buy({mug: 1}, email="ada@example.com")

    assert second.total_discount == 1


def test_a_code_for_returning_buyers_says_so_at_the_checkout() -> None:
    mug = variant()
    CouponFactory(
        code="AGAIN",
        promotion__shop=mug.product.shop,
        promotion__conditions={"customers": "returning"},
    )
    checkout = fill_checkout({mug: 1}, coupons=("AGAIN",), email="new@example.com")

    (shop,) = checkout_view(checkout_id=checkout.pk, now=NOON).quote.shops

    assert shop.coupon is not None
    assert shop.coupon.problem == (
        "AGAIN is for those who have ordered in this shop before."
    )
    assert shop.discount == ZERO


def test_followers_are_known_by_their_account() -> None:
    mug, ada, bob = variant(), UserFactory(), UserFactory()
    automatic(mug, conditions={"customers": "followers"})
    ShopFollower.objects.create(user=ada, shop=mug.product.shop)

    (hers,) = say_yes(fill_checkout({mug: 1}, user=ada))
    (his,) = say_yes(fill_checkout({mug: 1}, user=bob))

    assert (hers.total_discount, his.total_discount) == (1, 0)


# ------------------------------------------------------------------ how often


def test_a_limit_per_customer_holds_over_all_codes_and_without_one() -> None:
    mug = variant()
    promotion = automatic(mug, usage_limit_per_user=1)

    (first,) = buy({mug: 1}, email="ada@example.com")
    (second,) = buy({mug: 1}, email="ada@example.com")
    Promotion.objects.filter(pk=promotion.pk).update(is_automatic=False)
    CouponFactory(code="TEN", promotion=promotion)
    with pytest.raises(CouponUsedUp):
        buy({mug: 1}, email="ada@example.com", coupons=("TEN",))

    assert (first.total_discount, second.total_discount) == (1, 0)


def test_a_use_comes_back_when_nobody_pays() -> None:
    mug = variant()
    promotion = automatic(mug, usage_limit=1)
    first, second = fill_checkout({mug: 1}), fill_checkout({mug: 1})
    say_yes(first)

    (without,) = say_yes(second)
    expire_checkout(checkout_id=first.pk, now=OVER)
    promotion.refresh_from_db()

    assert without.total_discount == 0
    assert promotion.usage_count == 0


def test_a_late_payment_uses_again_what_came_by_itself() -> None:
    mug = variant()
    promotion = automatic(mug, usage_limit=1)
    checkout = fill_checkout({mug: 1})
    say_yes(checkout)
    expire_checkout(checkout_id=checkout.pk, now=OVER)

    mark_paid(checkout_id=checkout.pk, now=OVER)
    promotion.refresh_from_db()

    assert promotion.usage_count == 1


@pytest.mark.django_db(transaction=True)
def test_a_code_removed_meanwhile_changes_the_quote(monkeypatch: Any) -> None:
    mug = variant()
    coupon = CouponFactory(code="TEN", promotion__shop=mug.product.shop)
    checkout = fill_checkout({mug: 1}, coupons=("TEN",))
    agreed = checkout_view(checkout_id=checkout.pk, now=NOON).quote.hash

    def remove(**_values: Any) -> None:
        Coupon.objects.filter(pk=coupon.pk).delete()

    # Between the reading of the terms and the writing of the use.
    monkeypatch.setattr("orders.services.checkout.redeem_promotions", remove)
    with pytest.raises(QuoteChanged):
        place_orders(checkout_id=checkout.pk, quote_hash=agreed, now=NOON)

    assert not Order.objects.exists()


# ------------------------------------------------------------------ what it costs


def test_a_shop_without_promotions_is_asked_nothing_more() -> None:
    mug = variant()
    item = add_to_cart(user_id=None, token="t", variant_id=mug.pk, quantity=1, now=NOON)

    def count() -> int:
        with CaptureQueriesContext(connection) as asked:
            cart_view(cart_id=item.cart_id, now=NOON)
        return len(asked)

    plain = count()
    automatic(mug)
    with_one = count()
    automatic(mug, conditions={"customers": "first_order"})
    Cart.objects.update(email="ada@example.com")
    who = count()
    for _more in range(5):
        automatic(mug, conditions={"customers": "returning"})

    assert (plain, with_one, who, count()) == (3, 4, 5, 5)


# ------------------------------------------------------------------ a crowd


@pytest.mark.django_db(transaction=True)
def test_a_limit_in_total_holds_without_a_code() -> None:
    mug = sent()
    automatic(mug, usage_limit=5)
    checkouts = crowd(20, [{mug: 1}], now=NOON)
    seen = _agreed(checkouts[0])

    results = at_once(
        lambda id_: place_orders(checkout_id=id_, quote_hash=seen, now=NOON), checkouts
    )

    placed = [one for one in results if isinstance(one, list)]
    refused = [one for one in results if isinstance(one, QuoteChanged)]
    assert (len(placed), len(refused)) == (5, 15)
    assert Promotion.objects.get().usage_count == OrderCoupon.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_one_persons_first_order_is_one_in_many_tabs() -> None:
    mug = sent()
    automatic(mug, conditions={"customers": "first_order"})
    checkouts = crowd(8, [{mug: 1}], now=NOON)
    _all_of("ada@example.com")
    seen = _agreed(checkouts[0])

    results = at_once(
        lambda id_: place_orders(checkout_id=id_, quote_hash=seen, now=NOON), checkouts
    )

    assert sum(isinstance(one, list) for one in results) == 1
    assert OrderCoupon.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_a_limit_nobody_waits() -> None:
    mug = sent()
    bowl = ProductVariantFactory(product=mug.product, inventory_quantity=100)
    automatic(mug)
    first, second = crowd(2, [{mug: 1}, {bowl: 1}], now=NOON)
    is_placed, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            place_orders(checkout_id=first, quote_hash=_agreed(first), now=NOON)
            is_placed.set()
            may_end.wait(60)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert is_placed.wait(60)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '500ms'")
            placed = place_orders(
                checkout_id=second, quote_hash=_agreed(second), now=NOON
            )
    finally:
        may_end.set()
        holder.join()

    assert len(placed) == 1
    assert OrderCoupon.objects.count() == 2


def _agreed(checkout_id: Any) -> str:
    return checkout_view(checkout_id=checkout_id, now=NOON).quote.hash


def _all_of(email: str) -> None:
    Checkout.objects.update(email=email)
