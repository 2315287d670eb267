from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import RestrictedError

from orders.models import Order
from tests.factories.orders import (
    CouponFactory,
    OrderFactory,
    OrderItemFactory,
    OrderReturnItemFactory,
    PromotionFactory,
)
from tests.factories.payments import PaymentFactory, RefundFactory
from tests.factories.shop import ShopFactory

pytestmark = pytest.mark.django_db


def test_a_total_is_the_sum_of_its_parts():
    order = OrderFactory(
        subtotal_price=Decimal("10.00"),
        total_discount=Decimal("1.00"),
        total_shipping=Decimal("3.00"),
        total_tax=Decimal("0.50"),
    )

    assert order.total_price == Decimal("12.50")
    with pytest.raises(IntegrityError, match="chk_orders_total"):
        Order.objects.filter(pk=order.pk).update(total_price=Decimal("12.51"))


def test_an_order_is_in_its_shops_currency():
    with pytest.raises(IntegrityError, match="fk_orders_shop_currency"):
        OrderFactory(shop=ShopFactory(currency="KES"), currency="USD")


def test_a_reference_is_unique_in_its_shop_only():
    first = OrderFactory(order_ref="536365")
    OrderFactory(order_ref="536365")

    with pytest.raises(IntegrityError, match="uk_orders_shop_order_ref"):
        OrderFactory(order_ref="536365", shop=first.shop)


def test_an_items_subtotal_is_made_by_the_database():
    item = OrderItemFactory(quantity=3, price=Decimal("2.35"))
    item.refresh_from_db()

    assert item.subtotal == Decimal("7.05")


@pytest.mark.parametrize("factory", [OrderItemFactory, OrderReturnItemFactory])
def test_a_quantity_is_one_or_more(factory):
    with pytest.raises(IntegrityError, match="quantity"):
        factory(quantity=0)


def test_a_sold_product_stays():
    item = OrderItemFactory()

    with pytest.raises(RestrictedError):
        item.product.delete()


def test_the_database_refuses_to_drop_a_sold_product_too():
    item = OrderItemFactory()

    with (
        pytest.raises(IntegrityError, match="fk_order_items_product"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM products WHERE id = %s", [item.product_id])


def test_items_go_with_their_order_in_sql_as_well():
    item = OrderItemFactory()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM orders WHERE id = %s", [item.order_id])
        cursor.execute("SELECT count(*) FROM order_items")
        (left,) = cursor.fetchone()

    assert left == 0


def test_a_code_is_unique_in_its_shop_whatever_its_case():
    coupon = CouponFactory(code="SUMMER")

    with pytest.raises(IntegrityError, match="uk_coupons_shop_upper_code"):
        CouponFactory(code="summer", promotion=coupon.promotion)


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"value": Decimal("100.01")}, "chk_promotions_value"),
        ({"ends_at": "2029-01-01T00:00:00Z"}, "chk_promotions_ends"),
        ({"usage_limit": 1, "usage_count": 2}, "chk_promotions_usage"),
    ],
)
def test_a_promotion_keeps_its_bounds(values, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        PromotionFactory(**values)


def test_orders_of_one_checkout_may_share_a_transaction_once_each():
    payment = PaymentFactory(gateway_transaction_id="t-1")
    PaymentFactory(gateway_transaction_id="t-1")

    with pytest.raises(IntegrityError, match="uk_payments_gateway_transaction_order"):
        PaymentFactory(gateway_transaction_id="t-1", order=payment.order)


def test_a_refund_that_went_through_says_when():
    with pytest.raises(IntegrityError, match="chk_refunds_processed_at"):
        RefundFactory(processed_at=None)
