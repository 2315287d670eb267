"""A market with somebody in every situation that a shopper's page can show.

Built once for a module, before the browser starts: what a page needs is a name in `ids`, and
who looks at it a name in `cookies`.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.core import mail
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from fido2.cose import ES256
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

from catalog.models import Product, ProductVariant
from catalog.services.images import add_product_image
from catalog.services.prices import set_price
from orders.models import Checkout, Order, OrderReturn
from orders.services.orders import (
    cancel_order,
    mark_delivered,
    record_refund,
    ship_items,
)
from orders.services.returns import approve_return, request_return
from payments.models import SimulatedCharge
from tests.factories.catalog import (
    BrandFactory,
    CategoryFactory,
    ProductFactory,
    ProductReviewFactory,
    ProductVariantFactory,
    RetiredProductFactory,
    WishlistFactory,
    WishlistItemFactory,
)
from tests.factories.orders import (
    CouponFactory,
    DeliveryMethodFactory,
    DeliveryZoneFactory,
    PromotionFactory,
    ShippingAddressFactory,
    TaxRateFactory,
)
from tests.factories.shop import ShopFactory
from tests.factories.users import (
    PASSWORD,
    ShopFollowerFactory,
    UserConnectionFactory,
    UserFactory,
    UserProfileFactory,
)
from tests.orders.purchases import buy
from users.models import User, UserConnection

PICTURES = Path(__file__).parents[2] / "ingestion" / "demo" / "pictures"
ADDRESS = {
    "country": "US",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "address1": "12 Long Lane",
    "city": "Springfield",
    "province": "IL",
    "zip": "62701",
}
# Longer than any line of a phone, and with no place to part it.
LONG = "Wetterfeste Gartenbeleuchtungsanlage Sommernachtstraum-XXL-4000-Doppelpack"
# People with a log-in, and guests with a cart. Nobody else has a cookie.
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)


@dataclass
class Scenes:
    """ids: what addresses are made of. cookies: of whom, name -> value."""

    address: str = ""
    ids: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)

    def keep(self, who: str, client: Client) -> Client:
        self.cookies[who] = {name: one.value for name, one in client.cookies.items()}
        return client

    def cookies_of(self, who: str, *, language: str = "") -> list[dict[str, str]]:
        """As a browser takes them."""
        own = dict(self.cookies.get(who, {}))
        if language:
            own[settings.LANGUAGE_COOKIE_NAME] = language
        return [
            {"name": name, "value": value, "url": self.address}
            for name, value in own.items()
        ]


def build_scenes() -> Scenes:
    scenes = Scenes()
    now = timezone.now()
    goods = _shelves(scenes, now)
    _accounts(scenes)
    _ada(scenes, goods, now)
    _guests(scenes, goods, now)
    _entrances(scenes)
    return scenes


# ------------------------------------------------------------------ what is sold
def _shelves(scenes: Scenes, now: datetime) -> dict[str, ProductVariant]:
    lamps = ShopFactory(
        name="Lamp works", slug="lamps", description="Lamps of all sorts."
    )
    paper = ShopFactory(name="Paper house", slug="paper", description="Paper and pens.")
    ShopFactory(name="Shut shop", slug="shut")
    _deliveries(paper)
    TaxRateFactory(
        country="US", province="IL", name="Sales tax", rate=Decimal("0.06250")
    )
    home = CategoryFactory(name="Home", slug="home")
    category = CategoryFactory(name="Lamps", slug="lamps", parent=home)
    desk = CategoryFactory(name="Desk", slug="desk")
    CategoryFactory(name="Bare shelf", slug="bare", parent=home)
    brand = BrandFactory(name="Lumen", slug="lumen")
    BrandFactory(name="Nobody’s", slug="nobody")
    made = [
        _lamp(number, shop=lamps, category=category, brand=brand)
        for number in range(70)
    ]
    lamp = _well_described(made[7].product, now)
    rare = _product(lamps, category, "Candle of a short night", "night-candle", units=2)
    gone = _product(lamps, category, "Lantern that all wanted", "lantern", units=0)
    pen = _product(paper, desk, "Pen with green ink", "pen", units=40)
    long = _product(paper, desk, LONG, "long", units=9, description=LONG * 3)
    for variant, picture in (
        (rare, "candle"),
        (gone, "lantern"),
        (pen, "fountain-pen"),
    ):
        _picture(variant.product, picture)
    RetiredProductFactory(
        slug="old-lamp",
        name="Old lamp",
        shop_id=lamps.pk,
        product_id=made[3].product.pk,
    )
    scenes.ids |= {"tall": "TALL", "gone_product": str(gone.product.pk)}
    return {
        "lamp": lamp,
        "rare": rare,
        "gone": gone,
        "pen": pen,
        "long": long,
        "second": made[8],
        "third": made[9],
    }


def _deliveries(shop: Any) -> None:
    zone = DeliveryZoneFactory(shop=shop, countries=["US"])
    DeliveryMethodFactory(zone=zone, name="Post", free_from=Decimal("80.00"))
    DeliveryMethodFactory(
        zone=zone, name="Courier", price=Decimal("14.00"), min_days=1, max_days=1
    )


def _lamp(number: int, **more: Any) -> ProductVariant:
    made = ProductFactory(
        name=f"Lamp {number:02}",
        slug=f"lamp-{number:02}",
        sku=f"LAMP-{number:02}",
        price=10 + number,
        attributes={"facts": {"Light": "Warm" if number % 2 else "Cold"}},
        **more,
    )
    return ProductVariantFactory(
        product=made, sku=f"L{number:02}", inventory_quantity=60
    )


def _product(
    shop: Any, category: Any, name: str, slug: str, *, units: int, **more: Any
) -> ProductVariant:
    made = ProductFactory(
        shop=shop,
        category=category,
        name=name,
        slug=slug,
        price=Decimal("12.50"),
        **more,
    )
    return ProductVariantFactory(
        product=made, sku=slug.upper(), inventory_quantity=units
    )


def _well_described(product: Product, now: datetime) -> ProductVariant:
    """All that a product's page can show: options, pictures, a reduction, reviews."""
    Product.objects.filter(pk=product.pk).update(
        option_names=["Height", "Shade"],
        short_description="A quiet light for the evening.",
        description="Stands on any table.\n\nComes with a bulb.",
        weight=Decimal("1.250"),
    )
    product.refresh_from_db()
    ProductVariant.objects.filter(product=product).update(
        name="Small, Linen", option1="Small", option2="Linen", compare_price=Decimal(24)
    )
    lamp = ProductVariant.objects.get(product=product)
    for place, (sku, height, shade, units) in enumerate(
        [("TALL", "Tall", "Linen", 2), ("TALL-P", "Tall", "Paper", 0)], start=1
    ):
        ProductVariantFactory(
            product=product, sku=sku, name=f"{height}, {shade}", option1=height,
            option2=shade, price=99, inventory_quantity=units, position=place,
        )  # fmt: skip
    set_price(
        variant_id=lamp.pk, price=Decimal("15.00"), compare_price=Decimal(24), now=now
    )
    for picture in ("lantern", "candle"):
        _picture(product, picture)
    for number in range(12):
        ProductReviewFactory(
            product=product,
            rating=1 + number % 5,
            title=f"Word {number}",
            review="It stands where it should, and shines as it ought to.",
            is_verified_purchase=number % 2 == 0,
            helpful_count=number,
        )
    return ProductVariant.objects.get(pk=lamp.pk)


def _picture(product: Product, name: str) -> None:
    content = (PICTURES / f"{name}.webp").read_bytes()
    add_product_image(product=product, content=content, alt=name.replace("-", " "))


# ------------------------------------------------------------------ who looks
def _accounts(scenes: Scenes) -> None:
    """newcomer has nothing so far; ready has just said again who they are."""
    newcomer = _person("newcomer@example.com")
    scenes.keep("newcomer", _client(newcomer))
    ready = _client(newcomer)
    ready.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    scenes.keep("ready", ready)

    keeper = _person("keeper@example.com")
    TOTP.activate(keeper, generate_totp_secret())
    RecoveryCodes.activate(keeper)
    key = _passkey(keeper)
    scenes.ids["key"] = str(key.pk)
    scenes.keep("keeper", _client(keeper))
    trusted = _client(keeper)
    trusted.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    scenes.keep("trusted keeper", trusted)
    halfway = Client()
    halfway.post(
        reverse("account_login"), {"login": keeper.email, "password": PASSWORD}
    )
    scenes.keep("halfway", halfway)

    bare = _person("bare@example.com")
    bare.set_unusable_password()
    bare.save()
    scenes.keep("bare", _client(bare))


def _person(email: str, **more: Any) -> User:
    user: User = UserFactory(email=email, last_name="Lovelace", **more)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _passkey(user: User) -> Authenticator:
    """As a browser would have registered it."""
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    credential = AttestedCredentialData.create(
        b"\0" * 16, b"key-of-a-test", ES256.from_cryptography_key(public)
    )
    flags = AuthenticatorData.FLAG
    data = AuthenticatorData.create(
        hashlib.sha256(b"localhost").digest(),
        flags.UP | flags.UV | flags.AT,
        0,
        credential,
    )
    client_data = CollectedClientData.create(
        "webauthn.create", b"challenge", "http://localhost"
    )
    spoken = {
        "id": _b64(b"key-of-a-test"),
        "rawId": _b64(b"key-of-a-test"),
        "type": "public-key",
        "clientExtensionResults": {"credProps": {"rk": True}},
        "response": {
            "attestationObject": _b64(AttestationObject.create("none", data, {})),
            "clientDataJSON": _b64(client_data),
        },
    }
    return Authenticator.objects.create(
        user=user,
        type=Authenticator.Type.WEBAUTHN,
        data={"name": "My laptop", "credential": spoken},
    )


def _b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(bytes(value)).decode().rstrip("=")


# ------------------------------------------------------------------ an account in use
def _ada(scenes: Scenes, goods: dict[str, ProductVariant], now: datetime) -> None:
    ada = _person("ada@example.com")
    UserProfileFactory(
        user=ada, bio="I read by lamplight.", settings={"is_public": True}
    )
    boole = _person("boole@example.com")
    UserProfileFactory(user=boole, bio="Yes or no.", settings={"is_public": True})
    other = UserFactory()
    UserConnectionFactory(user=ada, target=boole)
    UserConnectionFactory(user=ada, target=other, kind=UserConnection.Kind.BLOCK)
    ShopFollowerFactory(user=ada, shop=goods["lamp"].shop)
    for agent in (PHONE, FIREFOX):
        client = Client(headers={"user-agent": agent})
        client.post(
            reverse("account_login"), {"login": ada.email, "password": PASSWORD}
        )
        client.get(reverse("users:sessions"))
    scenes.keep("ada", client)
    scenes.ids |= {"person": str(boole.pk), "me": str(ada.pk)}
    _address_book(scenes, ada)
    _orders(scenes, ada, goods, now)
    _lists(scenes, ada, goods)
    _ada_reviews(ada, goods)
    client.post(reverse("orders:add_to_cart"), {"variant": goods["pen"].pk})
    client.post(reverse("orders:checkout"))
    checkout = Checkout.objects.get(user=ada, status="open")
    scenes.ids["ada_checkout"] = str(checkout.pk)


def _address_book(scenes: Scenes, ada: User) -> None:
    kept = {**ADDRESS, "address1": "1 Moi Avenue", "phone": "+1 217 555 0100"}
    address = ShippingAddressFactory(user=ada, **kept)
    ShippingAddressFactory(user=ada, is_default=True, **ADDRESS)
    scenes.ids["address"] = str(address.pk)


def _orders(
    scenes: Scenes, ada: User, goods: dict[str, ProductVariant], now: datetime
) -> None:
    lamp, second = goods["second"], goods["third"]

    def bought(ago_d: int, **more: Any) -> Order:
        return buy(
            {lamp: 2, second: 1},
            user=ada,
            email=ada.email,
            address=ADDRESS,
            now=now - timedelta(days=ago_d),
            **more,
        )[0]

    made = {
        name: bought(20 - place)
        for place, name in enumerate(
            [
                *("refunded", "returned", "delivered", "returnable", "also_returnable"),
                *("partly_sent", "sent", "cancelled"),
            ]
        )
    }
    made["paid"] = bought(0)
    for name in list(made)[:5]:
        _send(made[name], now - timedelta(days=9), is_delivered=True)
    _send(made["sent"], now)
    items = list(made["partly_sent"].items.order_by("id"))
    ship_items(
        order_id=made["partly_sent"].pk,
        quantities={items[0].pk: 1},
        carrier="Post",
        tracking_number="US-123-456",
        tracking_url="https://post.example/US-123-456",
        now=now,
        by=None,
    )
    _cancelled(made["cancelled"], now)
    back = _sent_back(made["returned"], now)
    approve_return(
        return_id=_sent_back(made["refunded"], now).pk,
        by=None,
        now=now,
        answer="Send it to the address on the parcel.",
    )
    record_refund(order_id=made["refunded"].pk, amount=Decimal("5.00"), now=now)
    scenes.ids["photo"] = str(back.photos.get().pk)
    scenes.ids |= {name: str(order.pk) for name, order in made.items()}
    scenes.ids["number"] = made["paid"].order_number


def _send(order: Order, now: datetime, *, is_delivered: bool = False) -> None:
    ship_items(
        order_id=order.pk,
        quantities={item.pk: item.quantity for item in order.items.all()},
        carrier="Post",
        tracking_number=f"US-{order.order_number}",
        now=now,
        by=None,
    )
    if is_delivered:
        mark_delivered(order_id=order.pk, now=now)


def _cancelled(order: Order, now: datetime) -> None:
    cancel_order(order_id=order.pk, reason="I found another.", by=order.user, now=now)


def _sent_back(order: Order, now: datetime) -> OrderReturn:
    item = order.items.order_by("id")[0]
    return request_return(
        order_id=order.pk,
        quantities={item.pk: 1},
        reason="It leans to the left.",
        photos=[(PICTURES / "lantern.webp").read_bytes()],
        by=order.user,
        now=now,
    )


def _lists(scenes: Scenes, ada: User, goods: dict[str, ProductVariant]) -> None:
    birthday = WishlistFactory(user=ada, name="Birthday", share_token="shared-by-ada")
    for name in ("lamp", "gone", "long"):
        WishlistItemFactory(wishlist=birthday, product=goods[name].product)
    WishlistItemFactory(
        wishlist=birthday, product=goods["second"].product, variant=goods["second"]
    )
    flat = WishlistFactory(user=ada, name="New flat")
    scenes.ids |= {"list": str(birthday.pk), "empty_list": str(flat.pk)}
    scenes.ids["lamp_id"] = str(goods["lamp"].product.pk)
    WishlistFactory(user=ada, name="Later", share_token="empty-and-shared")


def _ada_reviews(ada: User, goods: dict[str, ProductVariant]) -> None:
    for name, is_approved in (("second", True), ("third", False)):
        ProductReviewFactory(
            product=goods[name].product,
            user=ada,
            title="Bright",
            review="I see the page, and the lamp does not see me.",
            is_approved=is_approved,
        )


# ------------------------------------------------------------------ guests
def _guests(scenes: Scenes, goods: dict[str, ProductVariant], now: datetime) -> None:
    lamp, pen = goods["lamp"], goods["pen"]
    promotion = PromotionFactory(shop=pen.shop, starts_at=now - timedelta(days=1))
    CouponFactory(promotion=promotion, code="TENOFF")

    guest = _guest(scenes, "guest", {lamp: 2, pen: 1, goods["long"]: 1})
    guest.post(reverse("orders:use_coupon"), {"code": "TENOFF"})
    _checkout(scenes, "guest", guest)
    _guest(scenes, "beginner", {lamp: 1})
    begun = _guest(scenes, "addressless", {lamp: 1})
    begun.post(reverse("orders:checkout"))
    scenes.ids["addressless_checkout"] = _newest_checkout()

    abroad = _guest(scenes, "abroad", {pen: 1})
    german = {"country": "DE", "last_name": "Noether", "address1": "Hauptstr. 1"}
    _checkout(scenes, "abroad", abroad, german | {"zip": "91054", "city": "Erlangen"})

    troubled = _guest(
        scenes, "troubled", {goods["second"]: 1, goods["rare"]: 2, pen: 3}
    )
    set_price(
        variant_id=goods["second"].pk,
        price=Decimal("19.00"),
        compare_price=None,
        now=now,
    )
    ProductVariant.objects.filter(pk=goods["rare"].pk).update(inventory_quantity=1)
    scenes.keep("troubled", troubled)
    scenes.ids |= {"variant": str(lamp.pk), "rare": str(goods["rare"].pk)}

    for who, method in (
        *(("paid guest", "approve"), ("declined", "decline")),
        *(("waiting", "require_action"), ("approved", "require_action")),
        *(("refused", "require_action"), ("late", "require_action")),
    ):
        buyer = _guest(scenes, who, {lamp: 1})
        _checkout(scenes, who, buyer)
        _pay(scenes, who, buyer, method)
    ProductVariant.objects.filter(pk=lamp.pk).update(inventory_quantity=60)
    Checkout.objects.filter(pk=scenes.ids["late_checkout"]).update(
        expires_at=now - timedelta(minutes=1)
    )


def _guest(scenes: Scenes, who: str, wanted: dict[ProductVariant, int]) -> Client:
    client = Client()
    for variant, quantity in wanted.items():
        client.post(
            reverse("orders:add_to_cart"), {"variant": variant.pk, "quantity": quantity}
        )
    return scenes.keep(who, client)


def _checkout(
    scenes: Scenes, who: str, client: Client, address: dict[str, str] = ADDRESS
) -> None:
    """As far as the last step."""
    client.post(reverse("orders:checkout"))
    pk = _newest_checkout()
    scenes.ids[f"{who}_checkout"] = pk
    sent = {**address, "email": "ada@example.com", "same_billing": "on"}
    client.post(reverse("orders:checkout_address", args=[pk]), sent)
    client.post(reverse("orders:checkout_delivery", args=[pk]), {})
    scenes.keep(who, client)


def _newest_checkout() -> str:
    return str(Checkout.objects.order_by("-id").values_list("pk", flat=True)[0])


def _pay(scenes: Scenes, who: str, client: Client, method: str) -> None:
    here = reverse("payments:pay", args=[scenes.ids[f"{who}_checkout"]])
    shown = client.get(here).content.decode()
    quote = re.search(r'name="quote" value="([^"]+)"', shown)
    assert quote is not None, who
    client.post(here, {"quote": quote[1], "method": f"test:{method}"})
    if method != "require_action":
        return
    charge = SimulatedCharge.objects.order_by("-pk")[0]
    scenes.ids[f"{who}_charge"] = charge.key
    decisions = {"approved": "approve", "refused": "refuse"}
    if who in decisions:
        bank = reverse("payments:simulated", args=[charge.key])
        client.post(bank, {"decision": decisions[who]})


# ------------------------------------------------------------------ doors into an account
def _entrances(scenes: Scenes) -> None:
    """Links that came by mail, and a sign-up with another site's account."""
    forgetful = _person("forgetful@example.com")
    Client().post(reverse("account_reset_password"), {"email": forgetful.email})
    scenes.ids["reset"] = _link("/password/reset/key/")
    newborn = Client()
    newborn.post(
        reverse("account_signup"),
        {"email": "newborn@example.com", "password1": "a long way to Mombasa"},
    )
    scenes.ids["confirm"] = _link("/accounts/confirm-email/")

    mover = _client(_person("mover@example.com"))
    mover.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    mover.post(
        reverse("account_email"), {"email": "moved@example.com", "action_add": ""}
    )
    scenes.keep("mover", mover)

    joining = Client()
    joining.get(reverse("account_login"))
    session = joining.session
    login = SocialLogin(
        user=User(email="joining@example.com"),
        account=SocialAccount(provider="google", uid="1", extra_data={}),
        email_addresses=[],
        provider=get_adapter().get_provider(RequestFactory().get("/"), "google"),
    )
    session["socialaccount_sociallogin"] = login.serialize()
    session.save()
    joining.cookies["sessionid"] = session.session_key
    scenes.keep("joining", joining)


def _link(part: str) -> str:
    """The path of the newest mail's link."""
    found = re.search(rf"http://[^/\s]+(\S*{part}\S+)", str(mail.outbox[-1].body))
    assert found is not None, part
    return found[1]
