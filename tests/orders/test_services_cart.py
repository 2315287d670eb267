from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from catalog.errors import InvalidQuantity, OutOfStock
from catalog.models import ProductStatus, ProductVariant
from orders.errors import (
    CartClosed,
    CouponNotValid,
    CouponUnknown,
    CurrencyMismatch,
    NotInCart,
    ProductUnavailable,
)
from orders.models import AbandonedCart, Cart, CartItem, CartStatus
from orders.queries import cart_summary, cart_view
from orders.services import cart as cart_services
from orders.services.cart import (
    abandon_carts,
    accept_prices,
    add_item,
    add_to_cart,
    find_cart,
    merge_carts,
    open_cart,
    remove_coupon,
    remove_item,
    restore_item,
    set_coupon,
    set_quantity,
)
from shop.models import GlobalEvent
from tests.factories.catalog import ProductVariantFactory
from tests.factories.orders import (
    CartFactory,
    CartItemFactory,
    CouponFactory,
)
from tests.factories.shop import ShopFactory
from tests.factories.users import UserFactory

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
TOKEN = "a" * 43
pytestmark = pytest.mark.django_db


def variant(**values):
    return ProductVariantFactory(**{"inventory_quantity": 10, **values})


def quantities(cart):
    return dict(CartItem.objects.filter(cart=cart).values_list("variant", "quantity"))


def guest_adds(of, quantity):
    return add_to_cart(
        user_id=None, token=TOKEN, variant_id=of.pk, quantity=quantity, now=NOON
    )


def test_a_guest_has_one_cart_that_fills_up():
    mug = variant()

    guest_adds(mug, 2)
    guest_adds(mug, 3)

    cart = find_cart(user_id=None, token=TOKEN, now=NOON)
    assert cart is not None
    assert quantities(cart) == {mug.pk: 5}
    assert cart.expires_at == NOON + timedelta(days=30)
    assert (
        list(
            GlobalEvent.objects.filter(entity_id=cart.pk).values_list(
                "event_type", flat=True
            )
        )
        == ["cart.item_added"] * 2
    )


def test_an_accounts_cart_is_not_found_by_a_token_or_by_another_account():
    user = UserFactory()
    cart = open_cart(user_id=user.pk, token="", currency="USD", now=NOON)

    assert open_cart(user_id=user.pk, token="", currency="KES", now=NOON) == cart
    assert find_cart(user_id=None, token=TOKEN, now=NOON) is None
    assert find_cart(user_id=None, token="", now=NOON) is None
    assert find_cart(user_id=UserFactory().pk, token=TOKEN, now=NOON) is None


def test_a_cart_left_too_long_makes_way_for_a_new_one():
    guest_adds(variant(), 1)
    later = NOON + timedelta(days=30)

    assert find_cart(user_id=None, token=TOKEN, now=later) is None
    fresh = open_cart(user_id=None, token=TOKEN, currency="USD", now=later)

    assert quantities(fresh) == {}
    assert sorted(Cart.objects.values_list("status", flat=True)) == [
        "abandoned",
        "open",
    ]


@pytest.mark.parametrize("quantity", [0, -1, 1000, 10**9])
def test_an_impossible_quantity_is_refused_and_nothing_written(quantity):
    mug = variant()

    with pytest.raises(InvalidQuantity) as refusal:
        guest_adds(mug, quantity)

    assert refusal.value.code == "invalid_quantity"
    assert refusal.value.message == "Choose a quantity between 1 and 999."
    assert list(CartItem.objects.all()) == []


def test_no_more_goes_into_a_cart_than_there_is():
    mug = variant(inventory_quantity=3, reserved_quantity=1, name="blue")
    mug.product.name = "Mug"
    mug.product.save()
    item = guest_adds(mug, 2)

    with pytest.raises(OutOfStock) as refusal:
        guest_adds(mug, 1)

    item.refresh_from_db()
    assert refusal.value.message == "Only 2 of Mug (blue) are left; you want 3."
    assert item.quantity == 2


def test_what_does_not_exist_or_is_not_on_sale_is_refused():
    cart = CartFactory(expires_at=NOON + timedelta(days=1))
    draft = variant(product__status=ProductStatus.DRAFT)
    closed = variant(product__shop__status="suspended")

    for variant_id in (uuid4(), draft.pk, closed.pk):
        with pytest.raises(ProductUnavailable):
            add_item(cart_id=cart.pk, variant_id=variant_id, quantity=1, now=NOON)

    assert quantities(cart) == {}


def test_a_cart_has_one_currency_until_it_is_empty():
    dollars, shillings = variant(), variant(product__shop=ShopFactory(currency="KES"))
    item = guest_adds(dollars, 1)

    with pytest.raises(CurrencyMismatch, match="USD.*KES"):
        guest_adds(shillings, 1)
    remove_item(cart_id=item.cart_id, item_id=item.pk, now=NOON)
    guest_adds(shillings, 1)

    assert quantities(item.cart_id) == {shillings.pk: 1}
    assert Cart.objects.get().currency == "KES"


def test_setting_a_quantity_may_be_repeated():
    item = guest_adds(variant(), 1)

    for _ in range(2):
        set_quantity(cart_id=item.cart_id, item_id=item.pk, quantity=4, now=NOON)

    item.refresh_from_db()
    assert item.quantity == 4
    changed = GlobalEvent.objects.filter(event_type="cart.item_changed")
    assert [event.data["quantity"] for event in changed] == [4]


def test_other_peoples_items_are_not_in_the_cart():
    theirs = CartItemFactory(variant=variant())
    item = guest_adds(variant(), 1)

    with pytest.raises(NotInCart):
        set_quantity(cart_id=item.cart_id, item_id=theirs.pk, quantity=2, now=NOON)
    with pytest.raises(NotInCart):
        remove_item(cart_id=item.cart_id, item_id=theirs.pk, now=NOON)

    theirs.refresh_from_db()
    assert theirs.quantity == 1


def test_a_removed_item_comes_back_once():
    item = guest_adds(variant(), 3)
    removed = remove_item(cart_id=item.cart_id, item_id=item.pk, now=NOON)

    for _ in range(2):
        restore_item(
            cart_id=item.cart_id,
            variant_id=removed.variant_id,
            quantity=removed.quantity,
            now=NOON,
        )

    assert quantities(item.cart_id) == {item.variant_id: 3}


@pytest.mark.parametrize("status", ["ordered", "merged", "abandoned"])
def test_a_closed_cart_takes_nothing(status):
    cart = CartFactory(status=status)

    with pytest.raises(CartClosed):
        add_item(cart_id=cart.pk, variant_id=variant().pk, quantity=1, now=NOON)


# ------------------------------------------------------------------ log-in


def test_merging_adds_up_caps_and_happens_once():
    user = UserFactory()
    shared, theirs, scarce = variant(), variant(), variant(inventory_quantity=3)
    for of, units in ((shared, 2), (scarce, 2)):
        add_to_cart(
            user_id=user.pk, token="", variant_id=of.pk, quantity=units, now=NOON
        )
    for of, units in ((shared, 1), (theirs, 4), (scarce, 2)):
        guest_adds(of, units)

    merged = merge_carts(user_id=user.pk, token=TOKEN, now=NOON)
    again = merge_carts(user_id=user.pk, token=TOKEN, now=NOON)

    assert quantities(merged.cart) == {shared.pk: 3, theirs.pk: 4, scarce.pk: 3}
    assert merged.capped == (scarce.pk,)
    assert (again.cart, again.capped) == (merged.cart, ())
    assert find_cart(user_id=None, token=TOKEN, now=NOON) is None


def test_a_guests_cart_becomes_the_accounts_first():
    user = UserFactory()
    item = guest_adds(variant(product__shop=ShopFactory(currency="KES")), 2)

    merged = merge_carts(user_id=user.pk, token=TOKEN, now=NOON)

    assert merged.cart.user_id == user.pk
    assert merged.cart.currency == "KES"
    assert quantities(merged.cart) == {item.variant_id: 2}


def test_carts_of_two_currencies_wait_for_each_other():
    user = UserFactory()
    add_to_cart(
        user_id=user.pk, token="", variant_id=variant().pk, quantity=1, now=NOON
    )
    guest_adds(variant(product__shop=ShopFactory(currency="KES")), 2)

    merged = merge_carts(user_id=user.pk, token=TOKEN, now=NOON)

    assert merged.is_waiting
    guest = find_cart(user_id=None, token=TOKEN, now=NOON)
    assert guest is not None
    assert sum(quantities(guest).values()) == 2


def test_a_guests_cart_waits_until_the_accounts_has_room(monkeypatch):
    monkeypatch.setattr(cart_services, "MOST_ITEMS", 2)
    user, shared, theirs = UserFactory(), variant(), variant()
    for of in (shared, variant()):
        add_to_cart(user_id=user.pk, token="", variant_id=of.pk, quantity=1, now=NOON)
    guest_adds(shared, 1)
    guest_adds(theirs, 4)

    full = merge_carts(user_id=user.pk, token=TOKEN, now=NOON)
    left = dict(quantities(full.cart))
    remove_item(
        cart_id=full.cart.pk,
        item_id=full.cart.items.exclude(variant=shared).get().pk,
        now=NOON,
    )
    merged = merge_carts(user_id=user.pk, token=TOKEN, now=NOON)

    assert full.is_too_full
    assert (len(left), left[shared.pk]) == (2, 1)
    assert quantities(merged.cart) == {shared.pk: 2, theirs.pk: 4}


def test_logging_in_without_a_guests_cart_changes_nothing():
    user = UserFactory()

    assert merge_carts(user_id=user.pk, token=TOKEN, now=NOON).cart is None


# ------------------------------------------------------------------ what a page shows


def test_a_view_says_what_is_wrong_with_each_item():
    dearer = guest_adds(variant(name="", product__name="Mug"), 1).variant
    short = guest_adds(variant(name="", product__name="Bowl"), 5).variant
    out = guest_adds(variant(name="", product__name="Jug"), 1).variant
    gone = guest_adds(variant(name="", product__name="Cup"), 1).variant
    ProductVariant.objects.filter(pk=dearer.pk).update(price=Decimal("12.00"))
    ProductVariant.objects.filter(pk=short.pk).update(inventory_quantity=2)
    ProductVariant.objects.filter(pk=out.pk).update(inventory_quantity=0)
    gone.product.status = ProductStatus.ARCHIVED
    gone.product.save()
    cart = Cart.objects.get()

    view = cart_view(cart_id=cart.pk, now=NOON)

    assert [problem.message for problem in view.problems] == [
        "Mug now costs $12.00 instead of $10.00.",
        "Only 2 of Bowl are left.",
        "Jug is sold out.",
        "Cup is not on sale any more.",
    ]
    assert not view.can_check_out
    assert view.count == 8
    # The gone item costs nothing.
    assert view.quote.total == Decimal("72.00")


def test_a_changed_price_does_not_block_and_can_be_accepted():
    item = guest_adds(variant(), 1)
    ProductVariant.objects.update(price=Decimal("9.00"))
    before = cart_view(cart_id=item.cart_id, now=NOON)

    accepted = accept_prices(cart_id=item.cart_id, now=NOON)

    after = cart_view(cart_id=item.cart_id, now=NOON)
    assert (before.can_check_out, len(before.problems)) == (True, 1)
    assert (accepted, after.problems) == (1, ())


def test_a_view_costs_the_same_for_one_item_and_for_many(django_assert_num_queries):
    item = guest_adds(variant(), 1)
    with django_assert_num_queries(3):
        cart_view(cart_id=item.cart_id, now=NOON)
    for _ in range(3):
        guest_adds(variant(), 1)

    with django_assert_num_queries(3):
        cart_view(cart_id=item.cart_id, now=NOON)


@pytest.mark.django_db(transaction=True)
def test_the_header_follows_every_change_and_survives_a_lost_cache(settings):
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    }
    from django.core.cache import cache

    cache.clear()
    mug = variant()
    nothing = cart_summary(user_id=None, token=TOKEN, now=NOON)
    guest_adds(mug, 3)
    kept = cart_summary(user_id=None, token=TOKEN, now=NOON)
    cache.clear()
    read = cart_summary(user_id=None, token=TOKEN, now=NOON)

    assert (nothing.count, kept.count, kept.total) == (0, 3, Decimal("30.00"))
    assert read == kept


# ------------------------------------------------------------------ coupons


def test_a_coupon_is_used_for_its_own_shop_and_replaces_the_shops_other():
    item = guest_adds(variant(), 2)
    shop = item.variant.shop
    for code, off in (("TEN", 10), ("HALF", 50)):
        CouponFactory(code=code, promotion__shop=shop, promotion__value=off)

    set_coupon(cart_id=item.cart_id, code="ten", now=NOON)
    set_coupon(cart_id=item.cart_id, code=" Half ", now=NOON)

    view = cart_view(cart_id=item.cart_id, now=NOON)
    assert view.coupon_codes == ("HALF",)
    assert view.quote.total == Decimal("10.00")
    remove_coupon(cart_id=item.cart_id, code="half", now=NOON)
    assert cart_view(cart_id=item.cart_id, now=NOON).quote.total == Decimal("20.00")


@pytest.mark.parametrize("code", ["", "nope", "x" * 65, "\0", "TEN"])
def test_a_code_that_no_shop_of_the_cart_knows_is_refused(code):
    CouponFactory(code="TEN")
    item = guest_adds(variant(), 1)

    with pytest.raises(CouponUnknown):
        set_coupon(cart_id=item.cart_id, code=code, now=NOON)

    assert Cart.objects.get().coupon_codes == []


@pytest.mark.parametrize(
    "values",
    [
        {"starts_at": NOON + timedelta(seconds=1)},
        {"starts_at": NOON - timedelta(days=1), "ends_at": NOON},
        {"is_active": False},
    ],
)
def test_a_coupon_counts_from_its_start_until_its_end(values):
    item = guest_adds(variant(), 1)
    CouponFactory(
        code="TEN",
        promotion__shop=item.variant.shop,
        **{f"promotion__{name}": value for name, value in values.items()},
    )

    with pytest.raises(CouponNotValid, match="TEN is not valid now"):
        set_coupon(cart_id=item.cart_id, code="TEN", now=NOON)


# ------------------------------------------------------------------ time


def test_carts_left_too_long_are_kept_as_they_stood():
    item = guest_adds(variant(), 2)
    later = NOON + timedelta(days=31)

    assert abandon_carts(now=NOON) == 0
    assert abandon_carts(now=later) == 1
    assert abandon_carts(now=later) == 0

    cart = Cart.objects.get()
    assert cart.status == CartStatus.ABANDONED
    left = AbandonedCart.objects.get(cart=cart)
    assert left.total_price == Decimal("20.00")
    assert left.items == [
        {"variant_id": str(item.variant_id), "quantity": 2, "price": "10.00"}
    ]


def test_empty_cart_of_an_account_takes_the_currency_of_the_guests():
    user, guest = UserFactory(), CartFactory(user=None, session_id="t", currency="GBP")
    own = CartFactory(user=user, currency="USD")
    CartItemFactory(cart=guest)

    merge_carts(user_id=user.pk, token="t", now=NOON)

    own.refresh_from_db()
    assert own.currency == "GBP"
