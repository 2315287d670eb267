"""Every address of the market, who may use it, and what right input is for it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signing import get_cookie_signer
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from orders.models import Checkout, Order
from orders.services.orders import mark_delivered, ship_items
from orders.visitor import COOKIE, SALT
from shop.models import Shop
from tests.factories.catalog import (
    BrandFactory,
    CategoryFactory,
    ProductFactory,
    ProductReviewFactory,
    ProductVariantFactory,
    RetiredProductFactory,
    ReviewImageFactory,
    WishlistFactory,
    WishlistItemFactory,
)
from tests.factories.ingestion import IngestionFileFactory
from tests.factories.orders import (
    OrderReturnPhotoFactory,
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
    OperatorFactory,
    ShopFollowerFactory,
    UserConnectionFactory,
    UserFactory,
    UserProfileFactory,
    UserSessionFactory,
)
from tests.orders.purchases import buy, fill_checkout, say_yes
from tests.sell.world import Stall
from tests.shop import bad_sell_doors
from tests.shop.bad_fields import NOTHING, Door, Field, Sent, address_fields, id_field
from tests.shop.bad_values import picture

TOKEN = "x" * 32


@dataclass(frozen=True)
class Route:
    """pattern: as the resolver spells it."""

    name: str
    pattern: str
    is_api: bool

    def address(self, args: Mapping[str, Any]) -> str:
        if ":" in self.name or not self.name.startswith("/"):
            return reverse(self.name, kwargs=dict(args))
        return self.name


def routes() -> list[Route]:
    """Of the market: the admin has its own tests."""
    found = [
        Route(name or f"/{pattern}", pattern, _is_api(pattern))
        for pattern, name in _walk(get_resolver(), "", "")
        if not pattern.startswith("admin/")
    ]
    return sorted(found, key=lambda route: route.name)


def _is_api(pattern: str) -> bool:
    """Whether problems are answered as such; the schema and its page are documents."""
    start = "api/v1/"
    return pattern.startswith(start) and pattern not in (start, f"{start}schema/")


def _walk(resolver: Any, path: str, space: str) -> Iterator[tuple[str, str]]:
    for one in resolver.url_patterns:
        here = path + str(one.pattern)
        if isinstance(one, URLResolver):
            inner = f"{space}{one.namespace}:" if one.namespace else space
            yield from _walk(one, here, inner)
        elif isinstance(one, URLPattern):
            yield here, f"{space}{one.name}" if one.name else ""


# ------------------------------------------------------------------ the things
class Belongings:
    """What a buyer has: a cart, checkouts, orders, addresses, lists, reviews."""

    def __init__(self, shop: Shop, user: Any) -> None:
        self.user = user
        product = ProductFactory(shop=shop, currency=shop.currency, price=2000)
        self.variant = ProductVariantFactory(
            product=product, shop=shop, price=2000, inventory_quantity=50
        )
        self.review = ProductReviewFactory(product=product, user=user)
        self.review_photo = ReviewImageFactory(review=self.review)
        self.sent = self._order()
        self._send(self.sent)
        self.photo = OrderReturnPhotoFactory(order_return__order=self.sent)
        self.fresh = self._order()
        self.placed = self._checkout()
        say_yes(self.placed, now=timezone.now())
        self.checkout = self._checkout()
        assert self.checkout.cart is not None
        self.item = self.checkout.cart.items.get()
        self.address = ShippingAddressFactory(user=user, zip="00100")
        self.wishlist = WishlistFactory(user=user)
        self.wish = WishlistItemFactory(wishlist=self.wishlist, product=product)
        self.session = UserSessionFactory(user=user)
        self.connection = UserConnectionFactory(user=user)
        self.followed = ShopFollowerFactory(user=user, shop=shop)

    def _order(self) -> Order:
        found: Order = buy({self.variant: 2}, user=self.user, now=timezone.now())[0]
        return found

    def _checkout(self) -> Checkout:
        return fill_checkout({self.variant: 1}, user=self.user, now=timezone.now())

    def _send(self, order: Order) -> None:
        now = timezone.now()
        units = {item.pk: item.quantity for item in order.items.all()}
        ship_items(
            order_id=order.pk,
            quantities=units,
            carrier="Post",
            tracking_number="1",
            now=now,
            by=None,
        )
        mark_delivered(order_id=order.pk, now=now)


class World:
    """Two buyers, a shop, an operator; and a client for each who asks."""

    def __init__(self) -> None:
        self.shop = ShopFactory(currency="KES", country="KE", name="Lamp works")
        self.category = CategoryFactory(slug="lamps")
        self.brand = BrandFactory(slug="bright")
        self.retired = RetiredProductFactory(shop_id=self.shop.pk)
        self.product = ProductFactory(
            shop=self.shop,
            currency="KES",
            price=1000,
            category=self.category,
            brand=self.brand,
        )
        self.variant, self.sold_out = (
            ProductVariantFactory(
                product=self.product, shop=self.shop, price=1000, inventory_quantity=n
            )
            for n in (30, 0)
        )
        self.me = Belongings(self.shop, UserFactory(email="me@example.com"))
        self.other = Belongings(self.shop, UserFactory())
        UserProfileFactory(user=self.me.user)
        self.public = UserProfileFactory(settings={"is_public": True}).user
        self.shared = WishlistFactory(share_token=TOKEN)
        self.others_review = ProductReviewFactory(product=self.product)
        self.charge = SimulatedChargeFactory(return_url="word")
        self.payment = PaymentFactory(order=self.me.sent)
        self.refund = RefundFactory(payment=self.payment)
        self.file = IngestionFileFactory()
        self.stall = Stall("Rope works", self.me.user)
        self.other_stall = Stall("Sail works", self.other.user)
        self._guest_cart()
        self.clients = {
            "me": self._logged_in(self.me.user),
            "guest": self._guest(),
            "stranger": self._client(),
            "operator": self._logged_in(OperatorFactory()),
            "seller": self._logged_in(self.stall.owner),
            "secured": self._secured(),
        }
        self.doors = doors(self)
        self.cookies = {name: dict(c.cookies) for name, c in self.clients.items()}

    def client(self, who: str) -> Client:
        """As it was when it came in."""
        found = self.clients[who]
        found.cookies.clear()
        found.cookies.update(self.cookies[who])
        return found

    def _client(self) -> Client:
        client = Client(enforce_csrf_checks=True)
        client.get("/api/v1/cart/")
        client.defaults["HTTP_X_CSRFTOKEN"] = client.cookies["csrftoken"].value
        return client

    def _logged_in(self, user: Any) -> Client:
        client = self._client()
        answer = client.post(
            reverse("account_login"), {"login": user.email, "password": PASSWORD}
        )
        assert answer.status_code == 302, answer.content.decode()
        client.get("/api/v1/cart/")
        client.defaults["HTTP_X_CSRFTOKEN"] = client.cookies["csrftoken"].value
        return client

    def _secured(self) -> Client:
        user = UserFactory()
        client = self._logged_in(user)
        TOTP.activate(user, generate_totp_secret())
        RecoveryCodes.activate(user)
        return client

    def _guest(self) -> Client:
        client = self._client()
        signer = get_cookie_signer(salt=COOKIE + SALT)
        client.cookies[COOKIE] = signer.sign(self.guest_token)
        return client

    def _guest_cart(self) -> None:
        self.guest_checkout = fill_checkout({self.variant: 1}, now=timezone.now())
        cart = self.guest_checkout.cart
        assert cart is not None
        self.guest_token = cart.session_id
        self.guest_item = cart.items.get()


# ------------------------------------------------------------------ the table
def doors(w: World) -> dict[str, Door]:
    """By the name of the route; a route without an entry fails the test."""
    me, other = w.me, w.other
    text = Field("word", "text")
    free = Field("word", "free")
    password = Field(PASSWORD, "free")
    email = Field("new@example.com", "email")
    switch = Field("on", "free")
    name = Field("Birthday", "text", 255)
    csrf_only = Sent()
    found: dict[str, Door] = {}

    def page(name: str, who: str = "guest", **more: Any) -> None:
        found[name] = Door(who=who, **more)

    def act(name: str, who: str, fields: Any = NOTHING, **more: Any) -> None:
        """A button: it is pressed, never opened."""
        found[name] = Door(who, is_read=False, sends={"POST": Sent(fields)}, **more)

    def form(name: str, who: str, fields: Any = NOTHING, **more: Any) -> None:
        """A page with a form."""
        kind = more.pop("kind", "form")
        found[name] = Door(who, sends={"POST": Sent(fields, kind)}, **more)

    def ids(name: str, mine: Any, others: Any) -> dict[str, Any]:
        return {"args": {name: mine.pk}, "others": {name: others.pk}}

    # ---------------------------------------------------------------- the shelves
    for one in ("home", "shops", "brands", "search", "sitemap-index"):
        page(f"catalog:{one}")
    page("catalog:sitemap", args={"section": "products"})
    page("catalog:category", args={"slug": w.category.slug})
    page("catalog:shop", args={"slug": w.shop.slug})
    page("catalog:brand", args={"slug": w.brand.slug})
    slug = {"args": {"slug": w.product.slug}}
    page("catalog:product", **slug)
    page("catalog:reviews", **slug)
    act(
        "catalog:stock_alert",
        "guest",
        {"email": email},
        query=f"?variant={w.sold_out.sku}",
        **slug,
    )
    form(
        "catalog:write_review",
        "me",
        {
            "rating": Field("4", "choice"),
            "title": Field("word", "text", 255),
            "review": Field("word", "text", 10_000),
            "photos": Field(picture(), "picture"),
            "alt": Field("word", "free"),
        },
        kind="multipart",
        **slug,
    )
    act("catalog:vote", "me", {"is_helpful": free}, args={"review_id": w.others_review.pk})  # fmt: skip
    act("catalog:delete_review", "me", **ids("review_id", me.review, other.review))
    act("catalog:forget_seen", "guest")
    page("catalog:my_reviews", "me")
    form("catalog:wishlists", "me", {"name": name})
    form(
        "catalog:save_wish",
        "me",
        {
            "product": id_field(w.product),
            "variant": Field("", "free"),
            "wishlist": Field(str(me.wishlist.pk), "free"),
            # Of a new list, where none was chosen.
            "name": Field("", "free"),
        },
        query=f"?product={w.product.pk}",
    )
    mine = ids("wishlist_id", me.wishlist, other.wishlist)
    page("catalog:wishlist", "me", **mine)
    act("catalog:rename_wishlist", "me", {"name": name}, **mine)
    act("catalog:delete_wishlist", "me", **mine)
    act("catalog:share_wishlist", "me", {"is_shared": Field("yes", "free")}, **mine)
    mine = ids("item_id", me.wish, other.wish)
    act("catalog:remove_wish", "me", **mine)
    act("catalog:move_wish", "me", {"wishlist": id_field(me.wishlist)}, **mine)
    page("catalog:shared_wishlist", args={"token": TOKEN})

    # ---------------------------------------------------------------- buying
    page("orders:cart")
    variant = id_field(w.variant)
    units = Field("1", "form_quantity")
    act("orders:add_to_cart", "guest", {"variant": variant, "quantity": units})
    mine = ids("item_id", w.guest_item, other.item)
    act("orders:change_item", "guest", {"quantity": units}, **mine)
    act("orders:remove_item", "guest", **mine)
    act("orders:restore_item", "guest", {"variant": variant, "quantity": units})
    act("orders:accept_prices", "guest")
    place = {"country": Field("KE", "country"), "province": Field("", "free")}
    act("orders:choose_destination", "guest", place)
    act("orders:use_coupon", "guest", {"code": Field("NONE", "code", 64)})
    act("orders:drop_coupon", "guest", {"code": Field("NONE", "free")})
    form("orders:checkout", "guest")
    mine = ids("checkout_id", w.guest_checkout, other.checkout)
    address = address_fields(is_json=False)
    form("orders:checkout_address", "guest", {"email": email, **address, "same_billing": switch}, **mine)  # fmt: skip
    form("orders:checkout_billing", "guest", address, **mine)
    form("orders:checkout_delivery", "guest", {str(w.shop.pk): Field("", "free")}, **mine)  # fmt: skip
    page("orders:checkout_done", **mine)
    act(
        "orders:use_kept_address",
        "me",
        args={"checkout_id": me.checkout.pk, "address_id": me.address.pk},
        others={"checkout_id": other.checkout.pk, "address_id": other.address.pk},
    )
    page("orders:delivery_promise", args={"variant_id": w.variant.pk})
    form("payments:pay", "guest", {"method": Field("test:approve", "choice"), "quote": free}, **mine)  # fmt: skip
    form("payments:simulated", "guest", {"decision": free}, args={"key": w.charge.key})
    page("payments:pay_link", args={"token": "unknown"})
    form("orders:find_order", "stranger", {"number": text, "email": email})
    page("orders:account", "me")
    page("orders:addresses", "me")
    book = {**address, "is_default": switch}
    form("orders:new_address", "me", book)
    mine = ids("address_id", me.address, other.address)
    form("orders:edit_address", "me", book, **mine)
    act("orders:make_address_default", "me", **mine)
    form("orders:delete_address", "me", **mine)
    mine = ids("order_id", me.fresh, other.fresh)
    page("orders:order", "me", **mine)
    form("orders:cancel_order", "me", {"reason": text}, **mine)
    act("orders:reorder", "me", **mine)
    page("orders:invoice", "me", **mine)
    mine = ids("order_id", me.sent, other.sent)
    units = {str(me.sent.items.get().pk): Field("1", "form_quantity")}
    photos = Field(picture(), "picture")
    form("orders:return_order", "me", {**units, "reason": Field("word", "text", 2000), "photos": photos}, kind="multipart", **mine)  # fmt: skip
    form("orders:withdraw", "me", units, **mine)
    page("orders:return_photo", "me", **ids("photo_id", me.photo, other.photo))

    # ---------------------------------------------------------------- the account
    form(
        "users:profile",
        "me",
        {
            "first_name": Field("Ada", "text", 150),
            "last_name": Field("L", "text", 150),
            "language": Field("de", "choice"),
            "timezone": Field("Africa/Nairobi", "choice"),
            "is_public": switch,
            "bio": Field("word", "text", 1000),
        },
    )
    found["users:avatar"] = Door(
        "me",
        is_read=False,
        sends={"POST": Sent({"avatar": Field(picture(), "picture")}, "multipart")},
    )
    act("users:remove_avatar", "me")
    page("users:security", "me")
    page("users:sessions", "me")
    act("users:end_other_sessions", "me")
    act("users:stop_impersonation", "me")
    act("users:end_session", "me", **ids("session_id", me.session, other.session))
    form("users:notices", "me", {"marketing": switch})
    page("users:following", "me")
    form("users:follow_shop", "me", {"next": free, "unfollow": free}, args={"slug": w.shop.slug})  # fmt: skip
    page("users:person", args={"user_id": w.public.pk}, others={"user_id": other.user.pk})  # fmt: skip
    for action in ("follow", "unfollow", "block", "unblock"):
        act(f"users:{action}_person", "me", {"next": free}, args={"user_id": w.public.pk})  # fmt: skip
    form("account_login", "stranger", {"login": email, "password": password, "remember": switch})  # fmt: skip
    form("account_logout", "me")
    form("account_signup", "stranger", {"email": email, "password1": Field("correct horse battery", "free"), "next": free})  # fmt: skip
    form("account_reauthenticate", "me", {"password": password, "next": free})
    form("account_email", "me", {"email": email, "action_add": switch})
    form("account_change_password", "me", {"oldpassword": password, "password1": Field("a long way to go", "free"), "password2": Field("a long way to go", "free")})  # fmt: skip
    form("account_set_password", "me", {"password1": free, "password2": free})
    form("account_reset_password", "stranger", {"email": email})
    form("account_reset_password_from_key", "stranger", {"password1": free, "password2": free}, args={"uidb36": "1", "key": "set-password"})  # fmt: skip
    form("account_confirm_email", "stranger", args={"key": "Mw:abc"})
    form("account_confirm_login_code", "stranger", {"code": free})
    for one in ("inactive", "email_verification_sent", "reset_password_done", "reset_password_from_key_done"):  # fmt: skip
        page(f"account_{one}", "stranger")
    page("mfa_index", "secured")
    form("mfa_authenticate", "stranger", {"code": free, "credential": free})
    form("mfa_reauthenticate", "secured", {"code": Field("123456", "free")})
    form("mfa_activate_totp", "me", {"code": Field("123456", "free")})
    form("mfa_deactivate_totp", "secured")
    page("mfa_view_recovery_codes", "secured")
    form("mfa_generate_recovery_codes", "secured")
    page("mfa_download_recovery_codes", "secured")
    credential = {"credential": Field("{}", "credential")}
    page("mfa_list_webauthn", "secured")
    form("mfa_add_webauthn", "secured", {"name": free, "passwordless": switch, **credential})  # fmt: skip
    form("mfa_reauthenticate_webauthn", "secured", credential)
    form("mfa_login_webauthn", "stranger", credential)
    form("mfa_remove_webauthn", "secured", args={"pk": 1})
    form("mfa_edit_webauthn", "secured", {"name": free}, args={"pk": 1})
    page("socialaccount_login_cancelled", "stranger")
    page("socialaccount_login_error", "stranger")
    form("socialaccount_signup", "stranger", {"email": email})
    form("socialaccount_connections", "me", {"account": free})
    for path in ("login/cancelled/", "login/error/", "signup/", "connections/"):
        found[f"/accounts/social/{path}"] = Door("me", sends={"POST": csrf_only})
    form("google_login", "stranger", {"process": free, "next": free})
    page("google_callback", "stranger", sends={"POST": csrf_only})
    act("google_login_by_token", "stranger", {"credential": free, "g_csrf_token": free})
    provider = {"args": {"provider_id": "unknown"}}
    form("openid_connect_login", "stranger", {"process": free}, **provider)
    page("openid_connect_callback", "stranger", sends={"POST": csrf_only}, **provider)

    # ---------------------------------------------------------------- the rest
    act("set_language", "guest", {"language": Field("de", "free"), "next": free})
    for one in ("health", "robots", "favicon"):
        page(f"shop:{one}")
    page("shop:media", args={"path": "products/none.webp"})
    return found | _api(w) | bad_sell_doors.sell_doors(w.stall, w.other_stall)


def _api(w: World) -> dict[str, Door]:
    me, other = w.me, w.other
    quantity = Field(1, "quantity")
    keyed = {"needs_key": True}
    found: dict[str, Door] = {}

    def door(
        name: str, who: str, *, is_read: bool = True, args: Any = NOTHING,
        others: Any = NOTHING, query: str = "", **sends: Any
    ) -> None:  # fmt: skip
        taken = {
            method.upper(): one if isinstance(one, Sent) else Sent(one, "json")
            for method, one in sends.items()
        }
        found[f"v1:{name}"] = Door(who, args, others, is_read, taken, query)

    def both(mine: Any, others: Any, name: str = "pk") -> dict[str, Any]:
        return {"args": {name: mine.pk}, "others": {name: others.pk}}

    book = {**address_fields(is_json=True), "is_default": Field(False, "switch")}
    door(
        "account-profile",
        "me",
        patch={
            "first_name": Field("Ada", "text", 150),
            "last_name": Field("L", "text", 150),
            "bio": Field("word", "text", 1000),
            "is_public": Field(True, "switch"),
            "language": Field("de", "choice"),
            "timezone": Field("UTC", "choice"),
            "marketing_email": Field(True, "switch"),
        },
    )
    photo = {"avatar": Field(picture(), "picture")}
    door("account-avatar", "me", is_read=False, put=Sent(photo, "multipart"), delete={})
    door("account-session-list", "me")
    door("account-session-detail", "me", is_read=False, delete={}, **both(me.session, other.session))  # fmt: skip
    door("account-connection-list", "me", post={"person": Field(str(w.public.pk), "key"), "kind": Field("follow", "choice")})  # fmt: skip
    door("account-connection-detail", "me", is_read=False, delete={}, **both(me.connection, other.connection))  # fmt: skip
    door("account-shop-list", "me", post={"shop": Field(w.shop.slug, "choice")})
    door("account-shop-detail", "me", is_read=False, delete={}, **both(me.followed, other.followed))  # fmt: skip
    door("account-address-list", "me", post=book)
    door("account-address-detail", "me", put=book, delete={}, **both(me.address, other.address))  # fmt: skip

    upload = {
        "file": Field(b"sku,name,price\n", "free_file"),
        "kind": Field("unknown", "choice"),
        "shop": Field(w.shop.slug, "free"),
        "is_check": Field("true", "free"),
    }
    door("ingestion-file-list", "operator", post=Sent(upload, "multipart"))
    for one in ("detail", "errors", "corrected"):
        door(f"ingestion-file-{one}", "operator", args={"pk": w.file.pk})
    door("ingestion-file-undo", "operator", is_read=False, post={}, args={"pk": w.file.pk})  # fmt: skip
    door("product-list", "guest")
    key = {"args": {"key": w.product.slug}}
    door("product", "guest", **key)
    door("variants", "guest", **key)
    door(
        "reviews",
        "me",
        post={
            "rating": quantity,
            "title": Field("word", "text", 255),
            "review": Field("word", "text", 10_000),
        },
        **key,
    )
    door("review", "me", is_read=False, delete={}, **both(me.review, other.review, "review_id"))  # fmt: skip
    door("vote", "me", is_read=False, put={}, delete={}, args={"review_id": w.others_review.pk})  # fmt: skip
    door("alerts", "guest", is_read=False, post={"variant": id_field(w.sold_out), "email": Field("a@example.com", "email")})  # fmt: skip
    wish = {"wishlist": id_field(me.wishlist)}
    door("wish", "me", is_read=False, patch=wish, delete={}, **both(me.wish, other.wish, "item_id"))  # fmt: skip
    door("shared-wishlist", "guest", args={"token": TOKEN})
    for one, slug in (("category", w.category.slug), ("brand", w.brand.slug), ("shop", w.shop.slug)):  # fmt: skip
        door(f"{one}-list", "guest")
        door(f"{one}-detail", "guest", args={"slug": slug})
    name = {"name": Field("Birthday", "text", 255)}
    door("wishlist-list", "me", post=name)
    mine = both(me.wishlist, other.wishlist)
    door("wishlist-detail", "me", patch={**name, "is_shared": Field(True, "switch")}, delete={}, **mine)  # fmt: skip
    door("wishlist-items", "me", is_read=False, post={"product": id_field(w.product), "variant": Field(None, "optional_key")}, **mine)  # fmt: skip

    photo = {"photo": Field(picture(), "picture"), "alt": Field("word", "free")}
    mine = both(me.review, other.review, "review_id")
    door("review-photos", "me", is_read=False, post=Sent(photo, "multipart"), **mine)
    mine = {
        "args": {"review_id": me.review.pk, "photo_id": me.review_photo.pk},
        "others": {"review_id": other.review.pk, "photo_id": other.review_photo.pk},
    }
    door("review-photo", "me", is_read=False, delete={}, **mine)
    door("cart", "guest")
    door("cart-summary", "guest")
    door("cart-items", "guest", is_read=False, post={"variant": id_field(w.variant), "quantity": quantity})  # fmt: skip
    mine = both(w.guest_item, other.item, "item_id")
    door("cart-item", "guest", is_read=False, patch={"quantity": quantity}, delete={}, **mine)  # fmt: skip
    door("cart-coupons", "guest", is_read=False, post={"code": Field("NONE", "code", 64)}, delete={}, query="?code=NONE")  # fmt: skip
    door("checkouts", "guest", is_read=False, post={})
    mine = both(w.guest_checkout, other.checkout, "checkout_id")
    change = {
        "email": Field("a@example.com", "email"),
        "notes": Field("word", "text", 2000),
        **address_fields(is_json=True, at="shipping_address."),
        "billing_address": Field(None, "optional_object"),
        "deliveries": Field([], "list"),
    }
    door("checkout", "guest", patch=change, **mine)
    start = {
        "gateway": Field("test", "choice"),
        "token": Field("approve", "text", 500),
        "return_url": Field("/back/", "place"),
    }
    agreed = {"quote_hash": Field("x" * 64, "text", 64)}
    door("complete-checkout", "guest", is_read=False, post=Sent({**agreed, **start}, "json", **keyed), **mine)  # fmt: skip
    door("order-list", "me")
    mine = both(me.fresh, other.fresh)
    door("order-detail", "me", **mine)
    door("order-cancel", "me", is_read=False, post={"reason": Field("word", "text", 1000)}, **mine)  # fmt: skip
    door("order-invoice", "me", **mine)
    door("order-reorder", "me", is_read=False, post={}, **mine)
    mine = both(me.sent, other.sent)
    units = {
        "items.0.item": id_field(me.sent.items.get()),
        "items.0.quantity": quantity,
    }
    asked = {**units, "reason": Field("word", "text", 2000), "photos": Field([], "list")}  # fmt: skip
    door("order-returns", "me", is_read=False, post=Sent(asked, "json", **keyed), **mine)  # fmt: skip
    door("order-withdraw", "me", is_read=False, post=Sent(units, "json", **keyed), **mine)  # fmt: skip
    mine = both(me.placed, other.placed)
    door("checkout-payment-detail", "me", **mine)
    door("checkout-payment-choices", "me", **mine)
    door("checkout-payment-complete", "me", is_read=False, post={}, **mine)
    door("checkout-payment-start", "me", is_read=False, post=Sent(start, "json"), **mine)  # fmt: skip
    refund = {
        "order": id_field(me.sent),
        "amount": Field("1.00", "amount"),
        "reason": Field("word", "text", 1000),
        "order_return": Field(None, "optional_key"),
    }
    door("refund-list", "operator", post=Sent(refund, "json", **keyed))
    door("refund-detail", "operator", args={"pk": w.refund.pk})
    door("payment-list", "operator")
    door("payment-detail", "operator", args={"pk": w.payment.pk})
    door("schema", "guest")
    door("docs", "guest")
    return found


# ------------------------------------------------------------------ requests
def body(sent: Sent, changed: Mapping[str, Any], dropped: str = "") -> dict[str, Any]:
    """What is right for the door, with some fields otherwise."""
    values = {path: one.valid for path, one in sent.fields.items() if path != dropped}
    values |= changed
    if sent.form != "json":
        return {path: _as_file(value) for path, value in values.items()}
    whole: dict[str, Any] = {}
    for path, value in values.items():
        last = path.rpartition(".")[2]
        here: Any = whole
        for step, following in pairwise(path.split(".")):
            inner: Any = [] if following.isdigit() else {}
            if isinstance(here, list):
                if not here:
                    here.append(inner)
                here = here[0]
            else:
                here = here.setdefault(step, inner)
        if isinstance(here, list):
            here.append(value)
        else:
            here[last] = value
    return whole


def _as_file(value: Any) -> Any:
    """Anew for each request, which reads it to its end."""
    return SimpleUploadedFile("a.png", value) if isinstance(value, bytes) else value


def ask(
    client: Client,
    method: str,
    address: str,
    sent: Sent | None = None,
    data: Any = None,
    **headers: Any,
) -> Any:
    if sent is not None and sent.needs_key:
        headers.setdefault("Idempotency-Key", uuid4().hex)
    if sent is None or method == "GET":
        return client.generic(method, address, headers=headers)
    if sent.form == "json":
        whole = data if isinstance(data, bytes) else json.dumps(data).encode()
        return client.generic(method, address, whole, "application/json", headers=headers)  # fmt: skip
    if sent.form == "multipart":
        whole = encode_multipart(BOUNDARY, data)
        return client.generic(
            method, address, whole, MULTIPART_CONTENT, headers=headers
        )
    # As bytes: what is no UTF-8 is sent as it is.
    coded = urlencode(data, doseq=True, encoding="utf-8", errors="surrogatepass")
    kind = "application/x-www-form-urlencoded"
    return client.generic(method, address, coded.encode(), kind, headers=headers)
