"""A shop's people are away: its pages stay, nothing of it can be bought."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog.models import ProductVariant
from orders.errors import CartHasProblems, ShopClosed
from orders.models import Order
from orders.queries import checkout_view
from orders.queries.cart import cart_view
from orders.services.cart import add_to_cart
from orders.services.orders import ship_items
from shop.models import ShopStatus
from tests.factories.catalog import ProductFactory, ProductVariantFactory
from tests.factories.shop import ShopFactory
from tests.factories.users import OperatorFactory
from tests.orders.purchases import NOON, buy, fill_checkout, say_yes
from users.services.shops import set_closure, set_shop_status

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NOTE = "We are at the sea"


@pytest.fixture
def lamp() -> ProductVariant:
    product = ProductFactory(
        name="Lamp", shop=ShopFactory(name="Lamp works", country="KE")
    )
    return ProductVariantFactory(product=product, inventory_quantity=9, price=20)


def away(
    variant: ProductVariant, *, since: datetime, until: datetime | None = None
) -> None:
    set_closure(
        shop_id=variant.shop_id,
        closed_from=since,
        closed_until=until,
        note=NOTE,
        now=since - DAY,
    )


def test_a_closure_holds_from_its_beginning_to_its_end(lamp: ProductVariant) -> None:
    away(lamp, since=NOON, until=NOON + DAY)
    shop = lamp.product.shop
    shop.refresh_from_db()
    second = timedelta(seconds=1)

    moments = (NOON - second, NOON, NOON + DAY - second, NOON + DAY)

    assert [shop.is_closed_at(now) for now in moments] == [False, True, True, False]


def test_nothing_of_a_closed_shop_goes_into_a_cart(lamp: ProductVariant) -> None:
    away(lamp, since=NOON, until=NOON + DAY)
    whose: dict[str, Any] = {"user_id": None, "token": "guest"}

    with pytest.raises(ShopClosed, match=r"Lamp works is closed until 2 January 2030"):
        add_to_cart(**whose, variant_id=lamp.pk, quantity=1, now=NOON)

    item = add_to_cart(**whose, variant_id=lamp.pk, quantity=1, now=NOON + DAY)
    assert item.quantity == 1


def test_a_checkout_is_refused_while_the_shop_is_closed(lamp: ProductVariant) -> None:
    checkout = fill_checkout({lamp: 2})
    agreed = checkout_view(checkout_id=checkout.pk, now=NOON)
    away(lamp, since=NOON)

    with pytest.raises(CartHasProblems, match="Lamp works is closed for now"):
        say_yes(checkout)

    lamp.refresh_from_db()
    assert (Order.objects.count(), lamp.reserved_quantity) == (0, 0)
    assert agreed.problems == ()
    assert checkout.cart is not None
    view = cart_view(cart_id=checkout.cart.pk, now=NOON)
    assert [problem.kind for problem in view.problems] == ["shop_closed"]
    assert not view.can_check_out


def test_a_cart_of_a_closed_shop_takes_no_more_statements(lamp: ProductVariant) -> None:
    checkout = fill_checkout({lamp: 1})
    assert checkout.cart is not None
    counts = []
    for _time in range(2):
        with CaptureQueriesContext(connection) as read:
            cart_view(cart_id=checkout.cart.pk, now=NOON)
        counts.append(len(read))
        away(lamp, since=NOON)

    assert counts[0] == counts[1]


def test_pages_of_a_closed_shop_say_so_and_offer_nothing(
    client: Client, lamp: ProductVariant
) -> None:
    shop, product = lamp.product.shop, lamp.product
    button = reverse("orders:add_to_cart")
    open_page = client.get(product.get_absolute_url()).content.decode()
    away(lamp, since=timezone.now() - DAY, until=timezone.now() + DAY)

    page = client.get(product.get_absolute_url()).content.decode()
    shop_page = client.get(shop.get_absolute_url()).content.decode()
    told = client.get(f"/api/v1/products/{product.slug}/").json()["shop"]
    sent = client.post(button, {"variant": lamp.pk}, headers={"HX-Request": "true"})

    assert (button in open_page, button in page) == (True, False)
    for words in (page, shop_page):
        assert "Closed until" in words
        assert NOTE in words
    assert reverse("catalog:save_wish") in page
    assert '"availability": "https://schema.org/InStock"' not in page
    assert (told["is_closed"], told["closed_note"]) == (True, NOTE)
    assert "is closed until" in sent.content.decode()


def test_programs_read_why_a_cart_cannot_be_bought(
    client: Client, lamp: ProductVariant
) -> None:
    client.post(reverse("orders:add_to_cart"), {"variant": lamp.pk})
    away(lamp, since=timezone.now() - DAY)

    cart = client.get(reverse("v1:cart")).json()

    assert "shop_closed" in str(cart)


@pytest.mark.parametrize("status", [ShopStatus.SUSPENDED, ShopStatus.CLOSED])
def test_a_shop_that_stops_leaves_the_store_and_finishes_its_orders(
    client: Client, lamp: ProductVariant, status: ShopStatus
) -> None:
    order = buy({lamp: 2})[0]

    set_shop_status(
        shop_id=lamp.shop_id,
        status=status,
        reason="It never answered.",
        by=OperatorFactory(),
        now=NOON,
    )

    item = order.items.get()
    ship_items(
        order_id=order.pk,
        quantities={item.pk: 2},
        carrier="Post",
        tracking_number="1",
        now=NOON,
        by=None,
    )
    order.refresh_from_db()
    seller = Client()
    seller.force_login(lamp.product.shop.owner)
    slug = lamp.product.shop.slug
    assert client.get(lamp.product.get_absolute_url()).status_code in {404, 410}
    assert client.get(lamp.product.shop.get_absolute_url()).status_code == 404
    assert order.status == "shipped"
    assert seller.get(f"/sell/{slug}/orders/{order.pk}/").status_code == 200
