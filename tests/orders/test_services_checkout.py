from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from catalog.errors import OutOfStock
from catalog.models import (
    InventoryLog,
    InventoryPolicy,
    ProductStatus,
    ProductVariant,
    StockReservation,
)
from orders.errors import (
    AddressRefused,
    CartClosed,
    CartHasProblems,
    CheckoutClosed,
    CheckoutExpired,
    CheckoutIncomplete,
    CouponUsedUp,
    DeliveryUnavailable,
    EmptyCart,
    InvalidEmail,
    QuoteChanged,
)
from orders.models import (
    Cart,
    CartStatus,
    Checkout,
    CheckoutStatus,
    Coupon,
    Customer,
    DeliveryMethod,
    FinancialStatus,
    Invoice,
    Order,
    OrderCoupon,
    OrderItem,
    OrderStatus,
)
from orders.queries import checkout_view
from orders.services.cart import add_to_cart, find_cart
from orders.services.checkout import (
    PAYMENT_WINDOW,
    expire_checkout,
    expire_checkouts,
    fail_checkout,
    place_orders,
    set_address,
    set_contact,
    set_delivery,
    start_checkout,
)
from orders.services.orders import cancel_order, mark_paid, mark_payment_failed
from shop.encryption import email_hash
from shop.models import GlobalEvent
from tests.factories.catalog import ProductVariantFactory
from tests.factories.orders import (
    CartFactory,
    CheckoutFactory,
    CouponFactory,
    DeliveryMethodFactory,
    OrderFactory,
    TaxRateFactory,
)
from tests.factories.shop import ShopFactory
from tests.factories.users import UserFactory
from tests.orders.purchases import ADDRESS, NOON, buy, fill_checkout, say_yes

pytestmark = pytest.mark.django_db
OVER = NOON + PAYMENT_WINDOW


def variant(**values) -> ProductVariant:
    """Ten of it, of a shop that sends everywhere for 5."""
    made = ProductVariantFactory(
        **{"inventory_quantity": 10, "product__shop__country": "", **values}
    )
    return made


def stock(of: ProductVariant) -> tuple[int, int]:
    return ProductVariant.objects.values_list(
        "inventory_quantity", "reserved_quantity"
    ).get(pk=of.pk)


def events(orders: Iterable[Order]) -> list[str]:
    rows = GlobalEvent.objects.filter(entity_id__in=[order.pk for order in orders])
    return list(rows.order_by("position").values_list("event_type", flat=True))


def written() -> tuple[int, ...]:
    models = (Order, OrderItem, OrderCoupon, StockReservation, Invoice, InventoryLog)
    return tuple(model.objects.count() for model in models)


# ------------------------------------------------------------------ placing


def test_a_checkout_becomes_one_order_a_shop():
    mug, bowl, plate = variant(), variant(), variant()
    plate_shop = plate.product.shop
    checkout = fill_checkout({mug: 2, plate: 1})
    ProductVariant.objects.filter(pk=bowl.pk).update()

    orders = say_yes(checkout)

    checkout.refresh_from_db()
    assert {order.shop_id for order in orders} == {mug.shop_id, plate_shop.pk}
    assert checkout.status == CheckoutStatus.AWAITING_PAYMENT
    assert checkout.expires_at == NOON + timedelta(minutes=15)
    assert checkout.total_price == Decimal("40.00")
    assert [stock(one) for one in (mug, bowl, plate)] == [(10, 2), (10, 0), (10, 1)]
    assert Cart.objects.get().status == CartStatus.ORDERED
    assert events(orders) == ["order.placed", "order.placed"]
    first = next(order for order in orders if order.shop_id == mug.shop_id)
    item = first.items.get()
    assert (item.quantity, item.price, item.sku) == (2, mug.price, mug.sku)
    assert (first.total_shipping, first.total_price) == (Decimal(5), Decimal(25))
    assert [step.status for step in first.status_history.all()] == ["pending"]


def test_placing_again_gives_the_same_orders():
    checkout = fill_checkout({variant(): 1})
    orders = say_yes(checkout)
    before = written()

    again = place_orders(checkout_id=checkout.pk, quote_hash="", now=NOON)

    assert again == orders
    assert written() == before


def test_placing_takes_fifteen_statements_for_two_shops():
    checkout = fill_checkout({variant(): 1, variant(): 2})
    agreed = checkout_view(checkout_id=checkout.pk, now=NOON).quote.hash

    with CaptureQueriesContext(
        connection,
    ) as captured:
        place_orders(checkout_id=checkout.pk, quote_hash=agreed, now=NOON)

    sent = [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]
    assert len(sent) <= 15, "\n".join(sent)


def test_a_guest_and_an_account_with_one_address_are_one_customer():
    user = UserFactory(email="Ada@example.com")
    mug = variant()
    buy({mug: 1}, email=" ada@Example.com ")
    later = NOON + timedelta(days=1)
    buy({mug: 1}, user=user, email="other@example.com", now=later)

    customer = Customer.objects.get()
    assert customer.email_hash == email_hash("ada@example.com")
    assert (customer.first_order_at, customer.last_order_at) == (NOON, later)
    assert Order.objects.filter(customer=customer).count() == 2


def test_what_changed_since_the_buyer_looked_is_shown_before_it_is_bought():
    mug = variant()
    checkout = fill_checkout({mug: 1})
    seen = checkout_view(checkout_id=checkout.pk, now=NOON).quote.hash
    ProductVariant.objects.filter(pk=mug.pk).update(price=Decimal("11.00"))
    before = written()

    with pytest.raises(QuoteChanged):
        place_orders(checkout_id=checkout.pk, quote_hash=seen, now=NOON)

    assert written() == before
    assert say_yes(checkout)[0].subtotal_price == Decimal("11.00")


def test_too_little_stock_is_named_and_nothing_is_written():
    mug, bowl = (
        variant(product__name="Mug", inventory_quantity=2),
        variant(product__name="Bowl", inventory_quantity=1),
    )
    checkout = fill_checkout({mug: 2, bowl: 1})
    buy({mug: 1, bowl: 1})
    before = written()

    with pytest.raises(OutOfStock) as refusal:
        say_yes(checkout)

    assert refusal.value.message == (
        "Only 1 of Mug is left; you want 2. Bowl is sold out."
    ) or refusal.value.message == (
        "Bowl is sold out. Only 1 of Mug is left; you want 2."
    )
    assert written() == before
    assert Checkout.objects.get(pk=checkout.pk).status == CheckoutStatus.OPEN


def test_what_is_not_on_sale_any_more_is_named():
    mug = variant(product__name="Mug")
    checkout = fill_checkout({mug: 1})
    mug.product.status = ProductStatus.ARCHIVED
    mug.product.save()

    with pytest.raises(CartHasProblems, match="Mug is not on sale any more"):
        say_yes(checkout)


def test_backorders_and_uncounted_stock_sell_without_limit():
    later = variant(inventory_quantity=0, inventory_policy=InventoryPolicy.CONTINUE)
    free = variant(inventory_quantity=0, inventory_tracking=False)
    checkout = fill_checkout({later: 3, free: 4})

    say_yes(checkout)
    held = (stock(later), stock(free))
    mark_paid(checkout_id=checkout.pk, now=NOON)

    assert held == ((0, 3), (0, 0))
    assert (stock(later), stock(free)) == ((-3, 0), (0, 0))
    assert InventoryLog.objects.get().adjustment == -3


def test_an_order_without_items_is_refused_by_the_database():
    with pytest.raises(IntegrityError, match="has no items"), transaction.atomic():
        OrderFactory(checkout=CheckoutFactory())
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


# ------------------------------------------------------------------ steps


def test_an_account_begins_with_what_is_known_of_it():
    from tests.factories.orders import ShippingAddressFactory

    user = UserFactory()
    ShippingAddressFactory(user=user, is_default=True, city="Mombasa")
    item = add_to_cart(
        user_id=user.pk, token="", variant_id=variant().pk, quantity=1, now=NOON
    )

    checkout = start_checkout(cart_id=item.cart_id, now=NOON)

    assert checkout.email == user.email
    assert checkout.shipping_address["city"] == "Mombasa"
    assert start_checkout(cart_id=item.cart_id, now=NOON) == checkout


def test_an_empty_or_closed_cart_is_not_checked_out():
    with pytest.raises(EmptyCart):
        start_checkout(cart_id=CartFactory().pk, now=NOON)
    with pytest.raises(CartClosed):
        start_checkout(cart_id=CartFactory(status="ordered").pk, now=NOON)
    with pytest.raises(CartClosed):
        start_checkout(cart_id=uuid4(), now=NOON)

    assert list(Checkout.objects.all()) == []


@pytest.mark.parametrize("email", ["", "ada", "a@b", "a" * 250 + "@example.com"])
def test_an_address_that_no_mail_reaches_is_refused(email):
    checkout = fill_checkout({variant(): 1})

    with pytest.raises(InvalidEmail):
        set_contact(checkout_id=checkout.pk, email=email, now=NOON)

    checkout.refresh_from_db()
    assert checkout.email == "buyer@example.com"


def test_a_postal_address_must_be_one():
    checkout = fill_checkout({variant(): 1})

    with pytest.raises(AddressRefused):
        set_address(checkout_id=checkout.pk, shipping={"country": "KE"}, now=NOON)

    checkout.refresh_from_db()
    assert checkout.shipping_address["city"] == "Nairobi"


def test_what_is_missing_is_named():
    item = add_to_cart(
        user_id=None, token="t", variant_id=variant().pk, quantity=1, now=NOON
    )
    checkout = start_checkout(cart_id=item.cart_id, now=NOON)

    with pytest.raises(CheckoutIncomplete) as refusal:
        say_yes(checkout)

    assert refusal.value.missing == ("contact", "address")


def test_a_placed_checkout_takes_no_more_changes():
    checkout = fill_checkout({variant(): 1})
    say_yes(checkout)

    for change in (
        lambda: set_contact(checkout_id=checkout.pk, email="x@example.com", now=NOON),
        lambda: set_address(checkout_id=checkout.pk, shipping=ADDRESS, now=NOON),
        lambda: set_delivery(checkout_id=checkout.pk, choices={}, now=NOON),
    ):
        with pytest.raises(CheckoutClosed):
            change()


# ------------------------------------------------------------------ delivery, tax


def test_a_shop_that_says_nothing_sends_at_the_markets_rate_to_its_country():
    abroad = variant(product__shop__country="US", product__shop__name="Abroad")
    checkout = fill_checkout({abroad: 1})

    with pytest.raises(DeliveryUnavailable, match="Abroad does not deliver"):
        say_yes(checkout)

    method = DeliveryMethod.objects.get()
    assert (method.zone.countries, method.price) == (["US"], Decimal("5.00"))


def test_the_buyer_chooses_among_the_ways_of_the_nearest_zone():
    mug = variant()
    slow = DeliveryMethodFactory(
        zone__shop=mug.product.shop, zone__countries=["KE"], price=3
    )
    fast = DeliveryMethodFactory(zone=slow.zone, price=9)
    elsewhere = DeliveryMethodFactory(zone__shop=mug.product.shop, price=20)
    checkout = fill_checkout({mug: 1})
    cheapest = checkout_view(checkout_id=checkout.pk, now=NOON).quote.shipping

    set_delivery(checkout_id=checkout.pk, choices={mug.shop_id: fast.pk}, now=NOON)
    with pytest.raises(DeliveryUnavailable):
        set_delivery(
            checkout_id=checkout.pk, choices={mug.shop_id: elsewhere.pk}, now=NOON
        )
    with pytest.raises(DeliveryUnavailable):
        set_delivery(checkout_id=checkout.pk, choices={uuid4(): fast.pk}, now=NOON)

    (order,) = say_yes(checkout)
    assert cheapest == Decimal(3)
    assert (order.total_shipping, order.delivery_method) == (Decimal(9), fast.name)
    assert (order.delivery_min_days, order.delivery_max_days) == (2, 5)


def test_tax_stands_inside_the_prices_or_on_top_of_them():
    TaxRateFactory(province="", rate=Decimal("0.16"))
    inside, on_top = variant(), variant(product__shop__prices_include_tax=False)
    orders = say_yes(fill_checkout({inside: 2, on_top: 2}))

    by_shop = {order.shop_id: order for order in orders}
    first, second = by_shop[inside.shop_id], by_shop[on_top.shop_id]
    assert (first.total_price, first.total_tax, first.included_tax) == (
        Decimal("25.00"),
        Decimal("0.00"),
        # 20 of goods and 5 of delivery, each with 16/116 in it.
        Decimal("2.76") + Decimal("0.69"),
    )
    assert (second.total_price, second.total_tax, second.included_tax) == (
        Decimal("29.00"),
        Decimal("4.00"),
        Decimal("0.00"),
    )
    assert second.items.get().tax == Decimal("3.20")
    assert first.items.get().included_tax == Decimal("2.76")


def test_nothing_is_delivered_of_what_needs_no_sending():
    ebook = variant(requires_shipping=False, product__shop__country="US")
    item = add_to_cart(
        user_id=None, token="t", variant_id=ebook.pk, quantity=1, now=NOON
    )
    checkout = start_checkout(cart_id=item.cart_id, now=NOON)
    set_contact(checkout_id=checkout.pk, email="a@example.com", now=NOON)

    (order,) = say_yes(checkout)

    assert (order.total_price, order.total_shipping) == (Decimal(10), Decimal(0))


# ------------------------------------------------------------------ coupons


def test_a_coupon_takes_off_and_is_remembered():
    mug = variant()
    coupon = CouponFactory(code="TEN", usage_limit=1, promotion__shop=mug.product.shop)
    (order,) = say_yes(fill_checkout({mug: 2}, coupons=("ten",)))

    used = OrderCoupon.objects.get()
    coupon.refresh_from_db()
    assert (order.total_discount, order.total_price) == (Decimal(2), Decimal(23))
    assert (used.coupon, used.discount) == (coupon, Decimal("2.00"))
    assert used.customer_id == order.customer_id
    assert coupon.usage_count == 1


def test_a_use_comes_back_when_nobody_pays():
    mug = variant()
    CouponFactory(code="TEN", usage_limit=1, promotion__shop=mug.product.shop)
    first = fill_checkout({mug: 1}, coupons=("TEN",))
    second = fill_checkout({mug: 1}, coupons=("TEN",))
    seen = checkout_view(checkout_id=second.pk, now=NOON).quote.hash
    say_yes(first)
    # What the buyer has seen does not hold any more.
    with pytest.raises(QuoteChanged):
        place_orders(checkout_id=second.pk, quote_hash=seen, now=NOON)

    expire_checkout(checkout_id=first.pk, now=OVER)
    (order,) = place_orders(checkout_id=second.pk, quote_hash=seen, now=NOON)

    assert order.total_discount == Decimal("1.00")
    assert Coupon.objects.get().usage_count == 1


def test_one_person_uses_a_coupon_as_often_as_it_says():
    mug = variant()
    CouponFactory(code="TEN", usage_limit_per_user=1, promotion__shop=mug.product.shop)
    buy({mug: 1}, coupons=("TEN",), email="ada@example.com")
    mine = fill_checkout({mug: 1}, coupons=("TEN",), email="ADA@example.com")
    before = written()

    with pytest.raises(CouponUsedUp):
        say_yes(mine)
    assert written() == before
    buy({mug: 1}, coupons=("TEN",), email="bob@example.com")

    assert OrderCoupon.objects.count() == 2


# ------------------------------------------------------------------ paying


def test_paid_stock_leaves_and_an_invoice_is_issued():
    mug, plate = variant(), variant()
    checkout = fill_checkout({mug: 2, plate: 1})
    say_yes(checkout)

    orders = mark_paid(checkout_id=checkout.pk, now=NOON)
    again = mark_paid(checkout_id=checkout.pk, now=NOON)

    assert again == orders
    assert {order.status for order in orders} == {OrderStatus.PROCESSING}
    assert {order.financial_status for order in orders} == {FinancialStatus.PAID}
    assert (stock(mug), stock(plate)) == ((8, 0), (9, 0))
    assert sorted(
        InventoryLog.objects.values_list("adjustment", "new_quantity", "reason")
    ) == [(-2, 8, "sale"), (-1, 9, "sale")]
    assert [invoice.invoice_number for invoice in Invoice.objects.all()] == [
        "000001",
        "000001",
    ]
    assert events(orders).count("order.paid") == 2
    assert not StockReservation.objects.exists()


def test_invoices_count_up_without_gaps_in_each_shop():
    mug, plate = variant(), variant()
    buy({mug: 1})
    buy({mug: 1, plate: 1})
    buy({mug: 1})

    def numbers(of: ProductVariant) -> list[str]:
        mine = Invoice.objects.filter(shop_id=of.shop_id).order_by("invoice_number")
        return list(mine.values_list("invoice_number", flat=True))

    assert numbers(mug) == ["000001", "000002", "000003"]
    assert numbers(plate) == ["000001"]


def test_a_failed_try_keeps_the_stock_and_may_be_followed_by_another():
    mug = variant()
    checkout = fill_checkout({mug: 1})
    (order,) = say_yes(checkout)

    mark_payment_failed(checkout_id=checkout.pk, now=NOON)
    order.refresh_from_db()
    assert (order.status, order.financial_status, stock(mug)) == (
        OrderStatus.PENDING,
        FinancialStatus.FAILED,
        (10, 1),
    )

    (paid,) = mark_paid(checkout_id=checkout.pk, now=NOON)
    assert paid.financial_status == FinancialStatus.PAID


def test_time_over_frees_stock_and_brings_the_cart_back():
    mug = variant()
    user = UserFactory()
    checkout = fill_checkout({mug: 2}, user=user)
    (order,) = say_yes(checkout)

    assert expire_checkouts(now=OVER - timedelta(seconds=1)) == 0
    assert expire_checkouts(now=OVER) == 1
    assert expire_checkouts(now=OVER) == 0

    order.refresh_from_db()
    checkout.refresh_from_db()
    assert (order.status, order.financial_status) == ("cancelled", "failed")
    assert checkout.status == CheckoutStatus.EXPIRED
    assert stock(mug) == (10, 0)
    cart = find_cart(user_id=user.pk, token="", now=OVER)
    assert cart is not None
    assert [item.quantity for item in cart.items.all()] == [2]
    assert events([order]) == ["order.placed", "order.cancelled"]
    with pytest.raises(CheckoutExpired):
        place_orders(checkout_id=checkout.pk, quote_hash="", now=OVER)


def test_a_new_cart_is_not_disturbed_by_the_old_one():
    user = UserFactory()
    mug, bowl = variant(), variant()
    checkout = fill_checkout({mug: 2}, user=user)
    say_yes(checkout)
    add_to_cart(user_id=user.pk, token="", variant_id=bowl.pk, quantity=1, now=NOON)

    fail_checkout(checkout_id=checkout.pk, now=NOON)

    cart = find_cart(user_id=user.pk, token="", now=NOON)
    assert cart is not None
    assert [item.variant_id for item in cart.items.all()] == [bowl.pk]


def test_whoever_is_short_takes_what_expired():
    mug = variant(inventory_quantity=2)
    slow = fill_checkout({mug: 2})
    quick = fill_checkout({mug: 1})
    say_yes(slow)

    say_yes(quick, now=OVER)

    assert stock(mug) == (2, 1)
    # The first one's payment comes after all, and there is too little left.
    with pytest.raises(OutOfStock):
        mark_paid(checkout_id=slow.pk, now=OVER)
    assert stock(mug) == (2, 1)


@pytest.mark.parametrize("is_noted", [True, False])
def test_a_late_payment_takes_the_stock_again(is_noted):
    mug = variant()
    CouponFactory(code="TEN", usage_limit=1, promotion__shop=mug.product.shop)
    checkout = fill_checkout({mug: 2}, coupons=("TEN",))
    say_yes(checkout)
    if is_noted:
        expire_checkout(checkout_id=checkout.pk, now=OVER)

    (order,) = mark_paid(checkout_id=checkout.pk, now=OVER)

    assert (order.status, order.cancelled_at) == (OrderStatus.PROCESSING, None)
    assert stock(mug) == (8, 0)
    assert Coupon.objects.get().usage_count == 1


def test_a_late_payment_is_refused_when_its_coupon_went_to_somebody_else():
    mug = variant()
    CouponFactory(code="TEN", usage_limit=1, promotion__shop=mug.product.shop)
    checkout = fill_checkout({mug: 2}, coupons=("TEN",))
    say_yes(checkout)
    expire_checkout(checkout_id=checkout.pk, now=OVER)
    buy({mug: 1}, coupons=("TEN",), now=OVER)

    with pytest.raises(CheckoutExpired):
        mark_paid(checkout_id=checkout.pk, now=OVER)

    assert stock(mug) == (9, 0)


def test_a_payment_for_what_was_given_up_is_refused():
    mug = variant()
    checkout = fill_checkout({mug: 1})
    (order,) = say_yes(checkout)
    cancel_order(order_id=order.pk, reason="No more", by=None, now=NOON)

    with pytest.raises(CheckoutClosed):
        mark_paid(checkout_id=checkout.pk, now=NOON)

    assert stock(mug) == (10, 0)
    assert Checkout.objects.get().status == CheckoutStatus.FAILED


def test_what_was_cancelled_before_the_payment_is_not_paid():
    mug, plate = variant(), variant()
    checkout = fill_checkout({mug: 2, plate: 1})
    orders = say_yes(checkout)
    gone = next(order for order in orders if order.shop_id == plate.shop_id)
    cancel_order(order_id=gone.pk, reason="", by=None, now=NOON)
    checkout.refresh_from_db()

    mark_paid(checkout_id=checkout.pk, now=NOON)

    gone.refresh_from_db()
    assert checkout.total_price == Decimal("25.00")
    assert (gone.status, gone.financial_status) == ("cancelled", "voided")
    assert (stock(mug), stock(plate)) == ((8, 0), (10, 0))


def test_the_right_checkout_is_found_for_its_owner_only():
    user = UserFactory()
    mine = fill_checkout({variant(): 1}, user=user)
    guests = fill_checkout({variant(): 1})
    token = guests.cart.session_id

    def owned(user_id: UUID | None, token: str) -> list[Checkout]:
        return list(Checkout.objects.owned_by(user_id, token))

    assert owned(user.pk, "") == [mine]
    assert owned(None, token) == [guests]
    assert owned(UserFactory().pk, token) == []
    assert owned(None, "") == []


def test_orders_of_one_purchase_are_listed_as_the_cart_had_them():
    shops = [ShopFactory(country="KE") for _ in range(6)]
    wanted = {
        ProductVariantFactory(
            product__shop=shop, shop=shop, inventory_quantity=5, price="5.00"
        ): 1
        for shop in shops
    }

    orders = buy(wanted)

    placed = Order.objects.filter(checkout=orders[0].checkout)
    for column in ("id", "order_number"):
        listed = placed.order_by(column).values_list("shop_id", flat=True)
        assert list(listed) == [shop.pk for shop in shops]
