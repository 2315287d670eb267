"""Every change a page makes has a budget of SQL statements, the same for one row and a hundred.

What a commit leads to counts too. Placing and paying grows with the shops of a purchase alone,
each of which is an order with a payment of its own; by how much, a test says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from catalog.models import ProductVariant
from orders.models import Order
from orders.queries.checkout import checkout_view
from orders.services.addresses import BOOK_LIMIT
from orders.services.orders import mark_delivered, ship_items
from tests.factories.catalog import (
    ProductBuyerFactory,
    ProductFactory,
    ProductReviewFactory,
    ProductVariantFactory,
    ReviewVoteFactory,
    StockAlertFactory,
    WishlistFactory,
    WishlistItemFactory,
)
from tests.factories.orders import (
    CartFactory,
    CartItemFactory,
    CouponFactory,
    OrderFactory,
    PromotionFactory,
    ShippingAddressFactory,
)
from tests.factories.payments import SimulatedChargeFactory
from tests.factories.shop import ShopFactory
from tests.factories.users import (
    PASSWORD,
    ShopFollowerFactory,
    UserConnectionFactory,
    UserFactory,
    UserProfileFactory,
    UserSessionFactory,
)
from tests.orders.purchases import ADDRESS, buy, fill_checkout
from tests.shop.budgets import MANY, Visitor, asked, shorter
from users.models import UserConnection

pytestmark = pytest.mark.django_db
SHOPS = 5
# Of a purchase, beyond its first.
MOST_FOR_A_SHOP = 8

Sent = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Change:
    """most: SQL statements. fill: with so many rows about, what is sent where."""

    most: int
    fill: Callable[[Visitor, int], Sent]
    status: int = 302
    rows: int = MANY


# ------------------------------------------------------------------ the cart
def wares(rows: int, shops: int = 1) -> list[ProductVariant]:
    """Of one shop, unless said."""
    sellers = [ShopFactory(country="KE") for _ in range(shops)]
    return [
        ProductVariantFactory(
            product=ProductFactory(shop=sellers[place % shops]), inventory_quantity=999
        )
        for place in range(rows)
    ]


def a_cart(me: Visitor, rows: int) -> list[Any]:
    cart = me.once("cart", lambda: CartFactory(user=me.user))
    return [CartItemFactory(cart=cart, variant=one) for one in wares(rows)]


def add(me: Visitor, rows: int) -> Sent:
    a_cart(me, rows)
    (ware,) = wares(1)
    return reverse("orders:add_to_cart"), {"variant": ware.pk, "quantity": 2}


def change_item(me: Visitor, rows: int) -> Sent:
    item = a_cart(me, rows)[-1]
    return reverse("orders:change_item", args=[item.pk]), {"quantity": 3}


def remove_item(me: Visitor, rows: int) -> Sent:
    item = a_cart(me, rows)[-1]
    return reverse("orders:remove_item", args=[item.pk]), {}


def restore_item(me: Visitor, rows: int) -> Sent:
    a_cart(me, rows)
    (ware,) = wares(1)
    return reverse("orders:restore_item"), {"variant": ware.pk, "quantity": 2}


def accept_prices(me: Visitor, rows: int) -> Sent:
    a_cart(me, rows)
    ProductVariant.objects.update(price="11.00")
    return reverse("orders:accept_prices"), {}


def choose_destination(me: Visitor, rows: int) -> Sent:
    a_cart(me, rows)
    return reverse("orders:choose_destination"), {"country": "KE"}


def use_coupon(me: Visitor, rows: int) -> Sent:
    shop = a_cart(me, rows)[0].variant.shop
    CouponFactory.create_batch(rows, promotion__shop=shop)
    promotion = PromotionFactory(shop=shop, starts_at="2020-01-01T00:00:00Z")
    coupon = CouponFactory(promotion=promotion)
    return reverse("orders:use_coupon"), {"code": coupon.code}


def drop_coupon(me: Visitor, rows: int) -> Sent:
    _url, sent = use_coupon(me, rows)
    me.kept["cart"].coupon_codes = [sent["code"].upper()]
    me.kept["cart"].save(update_fields=["coupon_codes"])
    return reverse("orders:drop_coupon"), sent


def log_in(me: Visitor, rows: int) -> Sent:
    """A guest's cart joins the account's, which has half of the same things."""
    ours = wares(rows + 1)
    cart = CartFactory(user=me.user)
    for one in ours[::2]:
        CartItemFactory(cart=cart, variant=one)
    me.client.logout()
    for one in ours:
        me.client.post(
            reverse("orders:add_to_cart"), {"variant": one.pk, "quantity": 1}
        )
    return reverse("account_login"), {"login": me.user.email, "password": PASSWORD}


# ------------------------------------------------------------------ the checkout
def a_checkout(me: Visitor, rows: int, shops: int = 1):
    wanted = dict.fromkeys(wares(rows, shops), 1)
    now = timezone.now()
    return fill_checkout(wanted, user=me.user, email=me.user.email, now=now)


def checkout(me: Visitor, rows: int) -> Sent:
    a_cart(me, rows)
    ShippingAddressFactory.create_batch(rows, user=me.user, is_default=False)
    return reverse("orders:checkout"), {}


def checkout_address(me: Visitor, rows: int) -> Sent:
    begun = a_checkout(me, rows)
    sent = {**ADDRESS, "email": "a@example.com", "same_billing": "on"}
    return reverse("orders:checkout_address", args=[begun.pk]), sent


def use_kept_address(me: Visitor, rows: int) -> Sent:
    begun = a_checkout(me, rows)
    kept = ShippingAddressFactory.create_batch(rows, user=me.user)[-1]
    return reverse("orders:use_kept_address", args=[begun.pk, kept.pk]), {}


def checkout_billing(me: Visitor, rows: int) -> Sent:
    begun = a_checkout(me, rows)
    return reverse("orders:checkout_billing", args=[begun.pk]), ADDRESS


def checkout_delivery(me: Visitor, rows: int) -> Sent:
    """As many shops as rows."""
    begun = a_checkout(me, rows, shops=rows)
    view = checkout_view(checkout_id=begun.pk, now=timezone.now())
    sent = {str(one.shop_id): str(one.methods[0].id) for one in view.deliveries}
    return reverse("orders:checkout_delivery", args=[begun.pk]), sent


def pay(me: Visitor, rows: int, shops: int = 1) -> Sent:
    begun = a_checkout(me, rows, shops)
    agreed = checkout_view(checkout_id=begun.pk, now=timezone.now()).quote.hash
    sent = {"quote": agreed, "method": "test:approve"}
    return reverse("payments:pay", args=[begun.pk]), sent


def simulated(me: Visitor, rows: int) -> Sent:
    SimulatedChargeFactory.create_batch(rows)
    charge = SimulatedChargeFactory(return_url="/")
    url = reverse("payments:simulated", args=[charge.key])
    return url, {"decision": "approve"}


# ------------------------------------------------------------------ orders
def an_order(me: Visitor, rows: int) -> Order:
    wanted = dict.fromkeys(wares(rows), 2)
    now = timezone.now()
    (made,) = buy(wanted, user=me.user, email=me.user.email, now=now)
    return made


def delivered(me: Visitor, rows: int) -> Order:
    made, now = an_order(me, rows), timezone.now()
    units = {item.pk: item.quantity for item in made.items.all()}
    ship_items(
        order_id=made.pk,
        quantities=units,
        carrier="Posta",
        tracking_number="KE1",
        now=now,
        by=None,
    )
    mark_delivered(order_id=made.pk, now=now)
    return made


def find_order(me: Visitor, rows: int) -> Sent:
    OrderFactory.create_batch(rows)
    wanted = OrderFactory(
        email="ada@example.com", order_number=uuid4().hex[:10].upper()
    )
    sent = {"number": wanted.order_number, "email": wanted.email}
    return reverse("orders:find_order"), sent


def cancel(me: Visitor, rows: int) -> Sent:
    return reverse("orders:cancel_order", args=[an_order(me, rows).pk]), {}


def send_back(me: Visitor, rows: int) -> Sent:
    made = delivered(me, rows)
    units = {str(item.pk): 1 for item in made.items.all()}
    return reverse("orders:return_order", args=[made.pk]), {**units, "reason": "Torn."}


def withdraw(me: Visitor, rows: int) -> Sent:
    made = delivered(me, rows)
    units = {str(item.pk): 1 for item in made.items.all()}
    return reverse("orders:withdraw", args=[made.pk]), units


def reorder(me: Visitor, rows: int) -> Sent:
    return reverse("orders:reorder", args=[an_order(me, rows).pk]), {}


# ------------------------------------------------------------------ the account
BOOK = {**ADDRESS, "phone": "", "is_default": "on"}


def new_address(me: Visitor, rows: int) -> Sent:
    ShippingAddressFactory.create_batch(rows, user=me.user)
    return reverse("orders:new_address", query={"country": "KE"}), BOOK


def address(name: str, sent: dict[str, Any]):
    def fill(me: Visitor, rows: int) -> Sent:
        one = ShippingAddressFactory.create_batch(rows, user=me.user)[-1]
        return reverse(f"orders:{name}", args=[one.pk]), sent

    return fill


def profile(me: Visitor, rows: int) -> Sent:
    UserProfileFactory(user=me.user)
    return reverse("users:profile"), {"first_name": "Ada", "bio": "I sew."}


def avatar(me: Visitor, rows: int) -> Sent:
    sessions(me, rows)
    return reverse("users:avatar"), {"avatar": picture()}


def picture() -> SimpleUploadedFile:
    made = BytesIO()
    Image.new("RGB", (40, 30), "red").save(made, "PNG")
    return SimpleUploadedFile("me.png", made.getvalue(), "image/png")


def remove_avatar(me: Visitor, rows: int) -> Sent:
    sessions(me, rows)
    return reverse("users:remove_avatar"), {}


def notices(me: Visitor, rows: int) -> Sent:
    UserProfileFactory(user=me.user)
    return reverse("users:notices"), {"marketing": "on"}


def sessions(me: Visitor, rows: int) -> list[Any]:
    return [UserSessionFactory(user=me.user) for _ in range(rows)]


def end_session(me: Visitor, rows: int) -> Sent:
    one = sessions(me, rows)[-1]
    return reverse("users:end_session", args=[one.pk]), {}


def stop_impersonation(me: Visitor, rows: int) -> Sent:
    """Nothing to stop: the same for everybody who is not an operator."""
    return reverse("users:stop_impersonation"), {}


def end_other_sessions(me: Visitor, rows: int) -> Sent:
    sessions(me, rows)
    return reverse("users:end_other_sessions"), {}


def follow_shop(me: Visitor, rows: int) -> Sent:
    ShopFollowerFactory.create_batch(rows, user=me.user)
    shop = ShopFactory()
    ShopFollowerFactory.create_batch(rows, shop=shop)
    return reverse("users:follow_shop", args=[shop.slug]), {}


def person(action: str):
    def fill(me: Visitor, rows: int) -> Sent:
        shown = UserProfileFactory(settings={"is_public": True}).user
        UserConnectionFactory.create_batch(rows, user=me.user)
        UserConnectionFactory.create_batch(rows, target=shown)
        kind = {
            "unfollow": UserConnection.Kind.FOLLOW,
            "unblock": UserConnection.Kind.BLOCK,
        }.get(action)
        if kind is not None:
            UserConnectionFactory(user=me.user, target=shown, kind=kind)
        return reverse(f"users:{action}_person", args=[shown.pk]), {}

    return fill


# ------------------------------------------------------------------ reviews, lists, alerts
def write_review(me: Visitor, rows: int) -> Sent:
    lamp = ProductFactory()
    ProductReviewFactory.create_batch(rows, product=lamp)
    ProductBuyerFactory(product=lamp, user=me.user)
    sent = {"rating": "5", "title": "Good", "review": "It shines."}
    return reverse("catalog:write_review", args=[lamp.slug]), sent


def vote(me: Visitor, rows: int) -> Sent:
    review = ProductReviewFactory()
    ReviewVoteFactory.create_batch(rows, review=review)
    return reverse("catalog:vote", args=[review.pk]), {}


def delete_review(me: Visitor, rows: int) -> Sent:
    mine = ProductReviewFactory(user=me.user)
    ProductReviewFactory.create_batch(rows, product=mine.product)
    ReviewVoteFactory.create_batch(rows, review=mine)
    return reverse("catalog:delete_review", args=[mine.pk]), {}


def stock_alert(me: Visitor, rows: int) -> Sent:
    lamp = ProductFactory()
    gone = ProductVariantFactory(product=lamp, inventory_quantity=0)
    StockAlertFactory.create_batch(rows, variant=gone)
    return reverse("catalog:stock_alert", args=[lamp.slug]), {}


def lists(me: Visitor, rows: int) -> list[Any]:
    made = []
    for place in range(rows):
        made.append(WishlistFactory(user=me.user, name=f"List {place}"))
    return made


def new_list(me: Visitor, rows: int) -> Sent:
    lists(me, rows)
    return reverse("catalog:wishlists"), {"name": "Books"}


def a_list(me: Visitor, rows: int) -> Any:
    mine = me.once("list", lambda: WishlistFactory(user=me.user, name="Mine"))
    WishlistItemFactory.create_batch(rows, wishlist=mine)
    return mine


def save_wish(me: Visitor, rows: int) -> Sent:
    mine = a_list(me, rows)
    sent = {"product": str(ProductFactory().pk), "wishlist": str(mine.pk)}
    return reverse("catalog:save_wish"), sent


def of_list(name: str, sent: dict[str, Any]):
    def fill(me: Visitor, rows: int) -> Sent:
        return reverse(f"catalog:{name}", args=[a_list(me, rows).pk]), sent

    return fill


def remove_wish(me: Visitor, rows: int) -> Sent:
    one = a_list(me, rows).items.first()
    return reverse("catalog:remove_wish", args=[one.pk]), {}


def move_wish(me: Visitor, rows: int) -> Sent:
    one = a_list(me, rows).items.first()
    other = WishlistFactory(user=me.user, name="Other")
    WishlistItemFactory.create_batch(rows, wishlist=other)
    return reverse("catalog:move_wish", args=[one.pk]), {"wishlist": str(other.pk)}


def nothing(name: str, **sent: Any):
    return lambda me, rows: (reverse(name), sent)


# Two statements of each are the session and the account, two more begin and end the
# transaction, and each step of a service that may stand alone is a savepoint of two.
CHANGES: dict[str, Change] = {
    "orders:add_to_cart": Change(20, add, rows=MANY - 1),
    "orders:change_item": Change(20, change_item),
    "orders:remove_item": Change(20, remove_item),
    "orders:restore_item": Change(20, restore_item, rows=MANY - 1),
    "orders:accept_prices": Change(20, accept_prices),
    "orders:choose_destination": Change(20, choose_destination),
    "orders:use_coupon": Change(20, use_coupon),
    "orders:drop_coupon": Change(20, drop_coupon),
    "orders:checkout": Change(20, checkout),
    "orders:checkout_address": Change(20, checkout_address),
    "orders:use_kept_address": Change(20, use_kept_address),
    "orders:checkout_billing": Change(20, checkout_billing),
    "orders:checkout_delivery": Change(20, checkout_delivery),
    "payments:pay": Change(73, pay),
    "payments:simulated": Change(20, simulated),
    "orders:find_order": Change(20, find_order),
    "orders:cancel_order": Change(30, cancel),
    "orders:return_order": Change(40, send_back),
    "orders:withdraw": Change(40, withdraw),
    "orders:reorder": Change(30, reorder),
    "orders:new_address": Change(20, new_address, rows=BOOK_LIMIT - 1),
    "orders:edit_address": Change(20, address("edit_address", BOOK)),
    "orders:make_address_default": Change(20, address("make_address_default", {})),
    "orders:delete_address": Change(20, address("delete_address", {})),
    "users:profile": Change(20, profile),
    "users:avatar": Change(14, avatar),
    "users:remove_avatar": Change(12, remove_avatar),
    "users:notices": Change(20, notices),
    "users:end_session": Change(20, end_session),
    "users:end_other_sessions": Change(20, end_other_sessions),
    "users:stop_impersonation": Change(4, stop_impersonation),
    "users:follow_shop": Change(20, follow_shop),
    **{
        f"users:{action}_person": Change(20, person(action))
        for action in ("follow", "unfollow", "block", "unblock")
    },
    "catalog:write_review": Change(30, write_review),
    "catalog:vote": Change(20, vote),
    "catalog:delete_review": Change(20, delete_review),
    "catalog:stock_alert": Change(20, stock_alert),
    "catalog:wishlists": Change(20, new_list, rows=40),
    "catalog:save_wish": Change(20, save_wish),
    "catalog:rename_wishlist": Change(20, of_list("rename_wishlist", {"name": "N"})),
    "catalog:share_wishlist": Change(
        20, of_list("share_wishlist", {"is_shared": "yes"})
    ),
    "catalog:delete_wishlist": Change(20, of_list("delete_wishlist", {})),
    "catalog:remove_wish": Change(20, remove_wish),
    "catalog:move_wish": Change(20, move_wish),
    "catalog:forget_seen": Change(20, nothing("catalog:forget_seen")),
    "set_language": Change(20, nothing("set_language", language="de")),
    "account_login": Change(46, log_in, rows=MANY - 1),
}


@pytest.fixture
def send(settings, django_capture_on_commit_callbacks):
    """Does a change with so many rows; the statements, with those after the commit."""
    settings.ALLOW_TEST_GATEWAY = True

    def sent(fill: Callable[..., Sent], status: int, **size: int) -> list[str]:
        me = Visitor(Client(), UserFactory())
        me.client.force_login(me.user)
        url, data = fill(me, **size)

        def post() -> Any:
            with django_capture_on_commit_callbacks(execute=True):
                return me.client.post(url, data)

        answer, statements = asked(post)
        assert answer.status_code == status, (url, answer.status_code)
        return statements

    return sent


@pytest.mark.parametrize("name", CHANGES)
def test_change_asks_the_same_for_one_row_and_a_hundred(send, name):
    change = CHANGES[name]
    # What only a process's first request asks.
    send(change.fill, change.status, rows=1)

    for_one = send(change.fill, change.status, rows=1)
    for_many = send(change.fill, change.status, rows=change.rows)

    assert len(for_one) == len(for_many), shorter(for_many)
    assert len(for_many) <= change.most, shorter(for_many)


def test_paying_grows_by_shops_alone_and_by_how_much(send):
    """An order, a payment, an invoice and their events are rows of a shop each."""

    def paying(rows: int, shops: int) -> int:
        return len(send(pay, 302, rows=rows, shops=shops))

    paying(1, 1)
    of_one, lines, of_many = paying(1, 1), paying(MANY, 1), paying(MANY, SHOPS)

    assert lines == of_one
    assert of_many - of_one <= (SHOPS - 1) * MOST_FOR_A_SHOP
