"""Every page has a budget of SQL statements, the same for one row and for a hundred.

A route without an entry fails: whoever adds a page says what it may cost. The account, the
session and savepoints count; the cache is empty.
"""

from __future__ import annotations

import re
from datetime import timedelta
from http import HTTPStatus
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.urls import reverse
from django.utils import timezone

from catalog.models import Product, ProductVariant
from orders.models import (
    Checkout,
    CheckoutStatus,
    FulfillmentStatus,
    Order,
    OrderStatus,
    ReturnStatus,
)
from orders.services.checkout import start_checkout
from orders.services.drafts import pay_link_token
from shop.ids import uuid7
from shop.models import Shop
from tests.factories.catalog import (
    BrandFactory,
    CategoryFactory,
    ProductFactory,
    ProductImageFactory,
    ProductReviewFactory,
    ProductVariantFactory,
    RetiredProductFactory,
    ReviewImageFactory,
    WishlistFactory,
    WishlistItemFactory,
)
from tests.factories.orders import (
    CartFactory,
    CartItemFactory,
    CouponFactory,
    DeliveryMethodFactory,
    DeliveryZoneFactory,
    InvoiceFactory,
    OrderFactory,
    OrderItemFactory,
    OrderReturnFactory,
    OrderReturnItemFactory,
    OrderReturnPhotoFactory,
    OrderStatusChangeFactory,
    OrderTrackingFactory,
    PromotionFactory,
    ShipmentItemFactory,
    ShippingAddressFactory,
)
from tests.factories.payments import (
    PaymentFactory,
    RefundFactory,
    SimulatedChargeFactory,
)
from tests.factories.shop import ShopFactory
from tests.factories.users import (
    PASSWORD,
    ShopFollowerFactory,
    ShopMemberFactory,
    UserConnectionFactory,
    UserFactory,
    UserProfileFactory,
    UserSessionFactory,
)
from tests.orders.purchases import ADDRESS
from tests.shop.budgets import MANY, Page, Visitor, asked, open_page, routes, shorter
from tests.shop.test_query_budgets_changes import CHANGES
from users.models import UserConnection

pytestmark = pytest.mark.django_db
NOT_ALLOWED = HTTPStatus.METHOD_NOT_ALLOWED


# ------------------------------------------------------------------ what there is to show
def a_shop(me: Visitor) -> Shop:
    return me.once("shop", ShopFactory)


def a_product(me: Visitor) -> Product:
    return me.once("product", lambda: ProductFactory(shop=a_shop(me), name="Lamp"))


def a_variant(me: Visitor) -> ProductVariant:
    return me.once(
        "variant",
        lambda: ProductVariantFactory(product=a_product(me), inventory_quantity=9_000),
    )


def on_sale(me: Visitor, rows: int, **given: object) -> list[Product]:
    """Products that can be bought, each of a brand and with a picture."""
    department = me.once("department", CategoryFactory)
    made = []
    for _ in range(rows):
        values = {"shop": a_shop(me), "category": department, "brand": BrandFactory()}
        product = ProductFactory(**values | given, name="Walnut lamp", review_count=9)
        ProductVariantFactory(product=product, inventory_quantity=9_000)
        ProductImageFactory(product=product, is_primary=True)
        made.append(product)
    return made


def stalls(me: Visitor, rows: int) -> list[Product]:
    """Shops with a product each, in departments of their own."""
    return [
        on_sale(me, 1, shop=ShopFactory(owner=me.user), category=CategoryFactory())[0]
        for _ in range(rows)
    ]


def reviewed(rows: int, **given: object) -> None:
    """Reviews with two photos each."""
    for review in ProductReviewFactory.create_batch(rows, **given):
        ReviewImageFactory.create_batch(2, review=review)


def home(me: Visitor, rows: int) -> str:
    stalls(me, rows)
    return reverse("catalog:home")


def category(me: Visitor, rows: int) -> str:
    top = me.once("top", CategoryFactory)
    for _ in range(rows):
        on_sale(me, 1, shop=ShopFactory(), category=CategoryFactory(parent=top))
    return reverse("catalog:category", args=[top.slug])


def product(me: Visitor, rows: int) -> str:
    lamp = a_product(me)
    for place in range(rows):
        variant = ProductVariantFactory(product=lamp, inventory_quantity=9)
        ProductImageFactory(product=lamp, variant=variant if place % 2 else None)
    reviewed(rows, product=lamp)
    on_sale(me, rows)
    return lamp.get_absolute_url()


def retired(me: Visitor, rows: int) -> str:
    # Fewer than a row of its category, and the shop is asked as well.
    first = me.once("first", lambda: on_sale(me, 8)[0])
    on_sale(me, rows)
    gone = me.once(
        "gone",
        lambda: RetiredProductFactory(
            shop_id=a_shop(me).pk, category_id=first.category_id
        ),
    )
    return reverse("catalog:product", args=[gone.slug])


def reviews(me: Visitor, rows: int) -> str:
    reviewed(rows, product=a_product(me))
    return reverse("catalog:reviews", args=[a_product(me).slug])


def write_review(me: Visitor, rows: int) -> str:
    reviews(me, rows)
    return reverse("catalog:write_review", args=[a_product(me).slug])


def my_reviews(me: Visitor, rows: int) -> str:
    reviewed(rows, user=me.user)
    return reverse("catalog:my_reviews")


def wishlists(me: Visitor, rows: int) -> str:
    for _ in range(rows):
        WishlistFactory(user=me.user, name=uuid4().hex)
    return reverse("catalog:wishlists")


def a_list(me: Visitor, rows: int):
    """With so many things on it, and as many lists beside it."""
    mine = me.once(
        "list",
        lambda: WishlistFactory(user=me.user, name="Mine", share_token=uuid4().hex),
    )
    for wished in on_sale(me, rows):
        variant = wished.variants.first()
        WishlistItemFactory(wishlist=mine, product=wished, variant=variant)
    wishlists(me, rows)
    return mine


def wishlist(me: Visitor, rows: int) -> str:
    return reverse("catalog:wishlist", args=[a_list(me, rows).pk])


def shared_wishlist(me: Visitor, rows: int) -> str:
    token = a_list(me, rows).share_token
    return reverse("catalog:shared_wishlist", args=[token])


def save_wish(me: Visitor, rows: int) -> str:
    wishlists(me, rows)
    return reverse("catalog:save_wish", query={"product": str(a_product(me).pk)})


def shops(me: Visitor, rows: int) -> str:
    stalls(me, rows)
    return reverse("catalog:shops")


def shop(me: Visitor, rows: int) -> str:
    for _ in range(rows):
        on_sale(me, 1, category=CategoryFactory())
    return reverse("catalog:shop", args=[a_shop(me).slug])


def brands(me: Visitor, rows: int) -> str:
    stalls(me, rows)
    return reverse("catalog:brands")


def brand(me: Visitor, rows: int) -> str:
    made = me.once("brand", BrandFactory)
    for _ in range(rows):
        on_sale(me, 1, brand=made, shop=ShopFactory())
    return reverse("catalog:brand", args=[made.slug])


def search(me: Visitor, rows: int) -> str:
    stalls(me, rows)
    return reverse("catalog:search", query={"q": "walnut lamp"})


def near_search(me: Visitor, rows: int) -> str:
    stalls(me, rows)
    return reverse("catalog:search", query={"q": "walnutt"})


def sitemap_index(me: Visitor, rows: int) -> str:
    stalls(me, rows)
    return reverse("catalog:sitemap-index")


def sitemap(section: str):
    def fill(me: Visitor, rows: int) -> str:
        stalls(me, rows)
        return reverse("catalog:sitemap", args=[section])

    return fill


# ------------------------------------------------------------------ buying
def a_cart(me: Visitor, rows: int):
    """Items of as many shops, each with a coupon in use."""
    cart = me.once("cart", lambda: CartFactory(user=me.user))
    for _ in range(rows):
        made = ShopFactory(owner=me.user)
        method = DeliveryMethodFactory(zone=DeliveryZoneFactory(shop=made))
        assert method.zone.shop_id == made.pk
        (bought,) = on_sale(me, 1, shop=made)
        CartItemFactory(cart=cart, variant=bought.variants.get())
        coupon = CouponFactory(
            promotion=PromotionFactory(shop=made, starts_at="2020-01-01T00:00:00Z")
        )
        cart.coupon_codes.append(coupon.code)
    cart.save(update_fields=["coupon_codes"])
    return cart


def cart(me: Visitor, rows: int) -> str:
    a_cart(me, rows)
    return reverse("orders:cart")


def a_checkout(me: Visitor, rows: int) -> Checkout:
    """It waits for its buyer's yes; the account keeps as many addresses."""
    ShippingAddressFactory.create_batch(rows, user=me.user)
    now = timezone.now()
    begun = start_checkout(cart_id=a_cart(me, rows).pk, now=now)
    begun.shipping_address, begun.email = ADDRESS, me.user.email
    begun.save(update_fields=["shipping_address", "email"])
    return begun


def checkout(me: Visitor, rows: int) -> str:
    a_checkout(me, rows)
    return reverse("orders:checkout")


def step(name: str):
    def fill(me: Visitor, rows: int) -> str:
        return reverse(name, args=[a_checkout(me, rows).pk])

    return fill


def placed(me: Visitor, rows: int, status: str) -> Checkout:
    """With so many orders of a line each."""
    bought = me.once(
        "placed",
        lambda: Checkout.objects.create(
            user=me.user,
            email=me.user.email,
            currency="USD",
            status=status,
            shipping_address=ADDRESS,
            expires_at=timezone.now() + timedelta(minutes=15),
        ),
    )
    for _ in range(rows):
        one = OrderFactory(checkout=bought, user=me.user, status=OrderStatus.PENDING)
        OrderItemFactory(order=one)
        bought.total_price += one.total_price
    bought.save(update_fields=["total_price"])
    return bought


def done(me: Visitor, rows: int) -> str:
    bought = placed(me, rows, CheckoutStatus.PAID)
    return reverse("orders:checkout_done", args=[bought.pk])


def pay_again(me: Visitor, rows: int) -> str:
    bought = placed(me, rows, CheckoutStatus.AWAITING_PAYMENT)
    return reverse("payments:pay", args=[bought.pk])


def pay_link(me: Visitor, rows: int) -> str:
    """To one of so many orders that a shop wrote."""
    links = Checkout.objects.bulk_create(
        Checkout(shop=a_shop(me), currency="USD") for _ in range(rows)
    )
    wanted = me.once("link", lambda: links[0])
    return reverse("payments:pay_link", args=[pay_link_token(wanted.pk)])


def simulated(me: Visitor, rows: int) -> str:
    SimulatedChargeFactory.create_batch(rows)
    charge = me.once("charge", SimulatedChargeFactory)
    return reverse("payments:simulated", args=[charge.key])


def delivery_promise(me: Visitor, rows: int) -> str:
    for _ in range(rows):
        zone = DeliveryZoneFactory(shop=a_shop(me))
        DeliveryMethodFactory(zone=zone)
    ShippingAddressFactory.create_batch(rows, user=me.user)
    return reverse("orders:delivery_promise", args=[a_variant(me).pk])


# ------------------------------------------------------------------ orders, the account
def an_order(me: Visitor, rows: int, **state: object) -> Order:
    """With so many items, parcels, returns with photos, changes of status and refunds."""
    made = me.once(
        "order",
        lambda: OrderFactory(
            user=me.user, shop=a_shop(me), shipping_address=ADDRESS, **state
        ),
    )
    for place in range(rows):
        item = OrderItemFactory(
            order=made, variant=a_variant(me), sku=f"S{uuid4()}", quantity=3
        )
        parcel = OrderTrackingFactory(order=made)
        ShipmentItemFactory(tracking=parcel, order_item=item, quantity=2)
        back = OrderReturnFactory(order=made, status=ReturnStatus.APPROVED)
        OrderReturnItemFactory(order_return=back, order_item=item)
        if place < 3:
            OrderReturnPhotoFactory(order_return=back)
        OrderStatusChangeFactory(order=made)
        payment = me.once("payment", lambda: PaymentFactory(order=made))
        RefundFactory(payment=payment, amount="0.01")
    return made


DELIVERED = {
    "status": OrderStatus.DELIVERED,
    "fulfillment_status": FulfillmentStatus.FULFILLED,
}


def order(me: Visitor, rows: int) -> str:
    made = an_order(me, rows, **DELIVERED, completed_at=timezone.now())
    me.once("invoice", lambda: InvoiceFactory(order=made))
    return reverse("orders:order", args=[made.pk])


def send_back(me: Visitor, rows: int) -> str:
    made = an_order(me, rows, **DELIVERED, completed_at=timezone.now())
    return reverse("orders:return_order", args=[made.pk])


def withdraw(me: Visitor, rows: int) -> str:
    made = an_order(me, rows, **DELIVERED, completed_at=timezone.now())
    return reverse("orders:withdraw", args=[made.pk])


def cancel(me: Visitor, rows: int) -> str:
    made = me.once("order", lambda: OrderFactory(user=me.user))
    OrderItemFactory.create_batch(rows, order=made)
    return reverse("orders:cancel_order", args=[made.pk])


def invoice(me: Visitor, rows: int) -> str:
    order(me, rows)
    return reverse("orders:invoice", args=[me.kept["order"].pk])


def return_photo(me: Visitor, rows: int) -> str:
    """Of one of so many orders."""
    for _ in range(rows):
        back = OrderReturnFactory(order=OrderFactory(user=me.user))
    photo = me.once("photo", lambda: OrderReturnPhotoFactory(order_return=back))
    return reverse("orders:return_photo", args=[photo.pk])


def account(me: Visitor, rows: int) -> str:
    for _ in range(rows):
        OrderItemFactory(order=OrderFactory(user=me.user))
    return reverse("orders:account")


def addresses(name: str = "orders:addresses"):
    def fill(me: Visitor, rows: int) -> str:
        ShippingAddressFactory.create_batch(rows, user=me.user)
        return reverse(name)

    return fill


def address(name: str):
    def fill(me: Visitor, rows: int) -> str:
        ShippingAddressFactory.create_batch(rows, user=me.user)
        one = me.once("address", lambda: ShippingAddressFactory(user=me.user))
        return reverse(name, args=[one.pk])

    return fill


def sessions(me: Visitor, rows: int) -> None:
    for _ in range(rows):
        UserSessionFactory(user=me.user, session_id=uuid4().hex)


def account_page(name: str):
    """With as many sessions, addresses of e-mail and keys as rows."""

    def fill(me: Visitor, rows: int) -> str:
        me.once("profile", lambda: UserProfileFactory(user=me.user))
        sessions(me, rows)
        for _ in range(rows):
            EmailAddress.objects.create(
                user=me.user, email=f"{uuid4().hex}@example.com", verified=True
            )
            Authenticator.objects.create(
                user=me.user,
                type=Authenticator.Type.WEBAUTHN,
                data={"name": "Key", "credential": {}},
            )
        return reverse(name)

    return fill


def following(me: Visitor, rows: int) -> str:
    for _ in range(rows):
        ShopFollowerFactory(user=me.user)
        for kind in UserConnection.Kind:
            tie = UserConnectionFactory(user=me.user, kind=kind)
            UserProfileFactory(user=tie.target)
    return reverse("users:following")


def follow_shop(me: Visitor, rows: int) -> str:
    ShopFollowerFactory.create_batch(rows, shop=a_shop(me))
    return reverse("users:follow_shop", args=[a_shop(me).slug])


def person(me: Visitor, rows: int) -> str:
    shown = me.once(
        "person", lambda: UserProfileFactory(settings={"is_public": True}).user
    )
    UserConnectionFactory.create_batch(rows, target=shown)
    return reverse("users:person", args=[shown.pk])


def sell_choose(me: Visitor, rows: int) -> str:
    """Two at least: into the only one one is led at once."""
    me.once("second", lambda: ShopMemberFactory(user=me.user))
    ShopMemberFactory.create_batch(rows, user=me.user)
    return reverse("sell:choose")


def sell_home(me: Visitor, rows: int) -> str:
    mine = me.once("mine", lambda: ShopFactory(owner=me.user))
    for _ in range(rows):
        OrderItemFactory(order=OrderFactory(shop=mine))
    on_sale(me, rows, shop=mine)
    return reverse("sell:home", args=[mine.slug])


def plain(name: str, *args: object):
    """A page that lists nothing; the header's cart has the rows."""

    def fill(me: Visitor, rows: int) -> str:
        cart = me.once("cart", lambda: CartFactory(user=me.user))
        variants = ProductVariantFactory.create_batch(rows, product=a_product(me))
        for variant in variants:
            CartItemFactory(cart=cart, variant=variant)
        return reverse(name, args=args)

    return fill


def fixed(name: str, *args: object):
    """What reads no rows at all."""
    return lambda me, rows: reverse(name, args=args)


def media(me: Visitor, rows: int) -> str:
    picture = me.once("picture", ProductImageFactory)
    return picture.src.url


# The statements of a page for whoever is logged in: session, account, departments, cart.
PAGES: dict[str, Page] = {
    # ---- the storefront
    "catalog:home": Page(8, home),
    "catalog:category": Page(9, category),
    "catalog:product": Page(9, product),
    "catalog:product gone": Page(10, retired, status=410),
    "catalog:reviews": Page(7, reviews),
    "catalog:write_review": Page(7, write_review),
    "catalog:my_reviews": Page(8, my_reviews),
    "catalog:wishlists": Page(6, wishlists),
    "catalog:wishlist": Page(8, wishlist),
    "catalog:shared_wishlist": Page(8, shared_wishlist),
    "catalog:save_wish": Page(7, save_wish),
    "catalog:shops": Page(7, shops),
    "catalog:shop": Page(9, shop),
    "catalog:brands": Page(7, brands),
    "catalog:brand": Page(9, brand),
    "catalog:search": Page(9, search),
    "catalog:search near": Page(9, near_search),
    "catalog:sitemap-index": Page(9, sitemap_index),
    **{
        f"catalog:sitemap {section}": Page(3, sitemap(section))
        for section in ("pages", "categories", "shops", "brands", "products")
    },
    # ---- buying
    "orders:cart": Page(12, cart),
    "orders:checkout": Page(13, checkout, status=302),
    "orders:checkout_address": Page(12, step("orders:checkout_address")),
    "orders:checkout_billing": Page(12, step("orders:checkout_billing")),
    "orders:checkout_delivery": Page(12, step("orders:checkout_delivery")),
    "orders:checkout_done": Page(10, done),
    "payments:pay": Page(12, step("payments:pay")),
    "payments:pay again": Page(12, pay_again),
    "payments:pay_link": Page(8, pay_link, status=302),
    "payments:simulated": Page(6, simulated),
    "orders:delivery_promise": Page(8, delivery_promise),
    # ---- orders, the account
    "orders:find_order": Page(6, plain("orders:find_order")),
    "orders:order": Page(14, order),
    "orders:cancel_order": Page(13, cancel),
    "orders:return_order": Page(13, send_back),
    "orders:withdraw": Page(13, withdraw),
    "orders:invoice": Page(6, invoice),
    "orders:return_photo": Page(5, return_photo),
    "orders:account": Page(7, account),
    "orders:addresses": Page(6, addresses()),
    "orders:new_address": Page(6, addresses("orders:new_address")),
    "orders:edit_address": Page(6, address("orders:edit_address")),
    "orders:delete_address": Page(6, address("orders:delete_address")),
    "users:profile": Page(6, account_page("users:profile")),
    "users:security": Page(7, account_page("users:security")),
    "users:sessions": Page(7, account_page("users:sessions")),
    "users:notices": Page(6, account_page("users:notices")),
    "users:following": Page(11, following),
    "users:follow_shop": Page(7, follow_shop),
    "users:person": Page(8, person),
    # ---- a shop's own people
    "sell:choose": Page(8, sell_choose),
    "sell:home": Page(12, sell_home),
    # ---- the library's pages
    "account_email": Page(8, account_page("account_email")),
    "mfa_index": Page(8, account_page("mfa_index")),
    "mfa_list_webauthn": Page(8, account_page("mfa_list_webauthn")),
    # ---- what is no page
    "shop:health": Page(2, fixed("shop:health")),
    # Whoever has a session's cookie has it looked at.
    "shop:robots": Page(1, fixed("shop:robots")),
    "shop:favicon": Page(1, fixed("shop:favicon"), status=302),
    "shop:media": Page(2, media),
}


@pytest.fixture
def me(client, settings) -> Visitor:
    settings.ALLOW_TEST_GATEWAY = True
    user = UserFactory()
    client.force_login(user)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return Visitor(client, user)


@pytest.mark.parametrize("name", PAGES)
def test_page_asks_the_same_for_one_row_and_a_hundred(me, name):
    page = PAGES[name]
    url = page.fill(me, 1)
    for_one = open_page(me, url, page)

    url = page.fill(me, page.rows - 1)
    for_many = open_page(me, url, page)

    assert len(for_one) == len(for_many), shorter(for_many)
    assert len(for_many) <= page.most, shorter(for_many)


# ------------------------------------------------------------------ the account library's
# It asks for each kind of second step by itself, and keeps what it begins in the session.
LIBRARY_MOST = 13
LIBRARIES = ("account_", "mfa_", "socialaccount_")
# Addresses with a key in them; the library answers what is not there.
KEYED = {
    "account_confirm_email": ("key",),
    "account_reset_password_from_key": ("1", "key"),
    "mfa_edit_webauthn": (1,),
    "mfa_remove_webauthn": (1,),
}
LIBRARY = sorted(
    {route.name for route in routes() if route.name.startswith(LIBRARIES)} - {*PAGES}
)


@pytest.mark.parametrize("name", LIBRARY)
def test_page_of_the_account_library_asks_the_same(me, name):
    """Forms and confirmations, which list no more than keys and addresses."""
    url = reverse(name, args=KEYED.get(name, ()))

    counts = []
    for rows in (1, MANY - 1):
        addresses()(me, rows)
        sessions(me, rows)
        me.client.get(url)
        answer, statements = asked(lambda: me.client.get(url))
        assert answer.status_code in (200, 302, 401, 404), answer.status_code
        counts.append(len(statements))

    assert counts[0] == counts[1], shorter(statements)
    assert counts[0] <= LIBRARY_MOST, shorter(statements)


# ------------------------------------------------------------------ none left out
OURS = ("catalog:", "orders:", "payments:", "shop:", "users:", "set_language")
# Other tables hold them: the admin's, the API's, the library's. What a shop's own people see
# is tested beside it.
ELSEWHERE = ("admin:", "v1:", "sell:", "partitions", *LIBRARIES)
# They lead to somebody else's server, which says how it went.
PROVIDERS = ("google_", "openid_connect_")
# What does not look at how it is asked.
ANY_METHOD = ("shop:", "catalog:sitemap")
SAMPLES = {"uuid": str(uuid7()), "slug": "x", "str": "x", "path": "x"}


def test_every_route_stands_in_a_table():
    unknown = [
        route.name or route.pattern
        for route in routes()
        if not route.name.startswith((*OURS, *ELSEWHERE, *PROVIDERS))
        # Old addresses of the library, which lead to its own.
        and not route.pattern.startswith(("accounts/social/", "admin/"))
    ]

    assert unknown == []


def test_every_door_of_a_route_has_a_budget(me):
    """Whoever adds a page or a change gives it a budget here or in `CHANGES`."""
    pages = {name.partition(" ")[0] for name in PAGES}
    without = []

    for route in routes():
        if not route.name.startswith(OURS):
            continue
        address = "/" + re.sub(
            r"<(?:(\w+):)?\w+>", lambda part: SAMPLES[part[1] or "str"], route.pattern
        )
        is_read = me.client.get(address).status_code != NOT_ALLOWED
        if is_read and route.name not in {*pages, "set_language"}:
            without.append(f"GET {route.name}")
        is_written = me.client.post(address).status_code != NOT_ALLOWED
        is_any = route.name.startswith(ANY_METHOD)
        if is_written and not is_any and route.name not in CHANGES:
            without.append(f"POST {route.name}")

    assert without == []
