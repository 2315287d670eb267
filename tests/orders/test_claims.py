"""Orders of guests come to the account that confirms their address, and to no other."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from catalog.models import ProductBuyer
from orders.events import OrderClaimed
from orders.models import Checkout, CheckoutStatus, Invoice, Order
from orders.receivers import verify_reviews
from orders.services.claims import claim_orders
from orders.services.orders import mark_delivered, ship_items
from shop.models import GlobalEvent
from tests.factories.catalog import ProductFactory, ProductVariantFactory
from tests.factories.shop import ShopFactory
from tests.factories.users import PASSWORD, UserFactory
from tests.orders.crowds import at_once
from tests.orders.purchases import NOON, buy, fill_checkout, say_yes

pytestmark = pytest.mark.django_db
ADA = "ada@example.com"


@pytest.fixture
def lamp():
    shop = ShopFactory(name="Lamp works", country="KE")
    return ProductVariantFactory(
        product=ProductFactory(shop=shop, name="Lamp"),
        shop=shop,
        price="20.00",
        inventory_quantity=99,
    )


def account(email: str = ADA, *, is_confirmed: bool = True):
    user = UserFactory(email=email)
    EmailAddress.objects.update_or_create(
        user=user, email=email, defaults={"verified": is_confirmed, "primary": True}
    )
    return user


def test_confirmed_address_brings_its_purchases_once(lamp):
    orders = buy({lamp: 2}, email="Ada@Example.com")
    user = account()

    counts = [claim_orders(user_id=user.pk, now=NOON) for _ in range(2)]

    assert counts == [1, 0]
    order = Order.objects.get()
    assert (order.pk, order.user, order.checkout.user) == (orders[0].pk, user, user)
    assert Invoice.objects.get().user == user
    told = GlobalEvent.objects.filter(event_type=OrderClaimed.type)
    assert [row.data["user_id"] for row in told] == [str(user.pk)]


def test_unconfirmed_address_brings_nothing(lamp):
    buy({lamp: 1}, email=ADA)
    user = account(is_confirmed=False)

    assert claim_orders(user_id=user.pk, now=NOON) == 0
    assert Order.objects.get().user is None


def test_others_addresses_and_others_orders_stay_where_they_are(lamp):
    owner = UserFactory()
    buy({lamp: 1}, email="eve@example.com")
    # Bought by an account, with the address of another one.
    buy({lamp: 1}, user=owner, email=ADA)
    user = account()

    assert claim_orders(user_id=user.pk, now=NOON) == 0
    assert set(Order.objects.values_list("user", flat=True)) == {None, owner.pk}


def test_closed_account_is_given_nothing(lamp):
    buy({lamp: 1}, email=ADA)
    user = account()
    type(user).objects.filter(pk=user.pk).update(is_active=False)

    assert claim_orders(user_id=user.pk, now=NOON) == 0


def test_purchase_that_is_being_paid_stays_with_its_browser(lamp):
    say_yes(fill_checkout({lamp: 1}, email=ADA))
    user = account()

    assert claim_orders(user_id=user.pk, now=NOON) == 0
    assert Checkout.objects.get().status == CheckoutStatus.AWAITING_PAYMENT


def test_claimed_purchase_counts_for_reviews_when_it_was_sent(lamp):
    (order,) = buy({lamp: 1}, email=ADA)
    ship_items(
        order_id=order.pk,
        quantities={order.items.get().pk: 1},
        carrier="Posta",
        tracking_number="1",
        now=NOON,
        by=None,
    )
    mark_delivered(order_id=order.pk, now=NOON)
    user = account()
    claim_orders(user_id=user.pk, now=NOON)

    row = GlobalEvent.objects.get(event_type=OrderClaimed.type)
    verify_reviews(OrderClaimed.from_row(row))

    bought = ProductBuyer.objects.values_list("user_id", "product_id")
    assert list(bought) == [(user.pk, lamp.product_id)]


@pytest.mark.django_db(transaction=True)
def test_two_at_once_claim_once(lamp):
    for _ in range(3):
        buy({lamp: 1}, email=ADA)
    user = account()

    counts = at_once(lambda _place: claim_orders(user_id=user.pk, now=NOON), range(6))

    assert sum(counts) == 3
    assert GlobalEvent.objects.filter(event_type=OrderClaimed.type).count() == 3


def test_costs_the_same_for_one_order_and_many(lamp, django_assert_max_num_queries):
    users = [account(), account("bea@example.com")]
    buy({lamp: 1}, email=ADA)
    with django_assert_max_num_queries(13) as one:
        claim_orders(user_id=users[0].pk, now=NOON)
    for _ in range(3):
        buy({lamp: 1}, email="bea@example.com")

    with django_assert_max_num_queries(len(one)):
        assert claim_orders(user_id=users[1].pk, now=NOON) == 3


# ------------------------------------------------------------------ through the doors


def test_whoever_signs_up_finds_earlier_orders_after_confirming(lamp, client):
    (order,) = buy({lamp: 1}, email=ADA, now=timezone.now() - timedelta(days=3))
    client.post(reverse("account_signup"), {"email": ADA, "password1": PASSWORD})
    assert Order.objects.get().user is None
    (message,) = mail.outbox
    link = next(word for word in message.body.split() if "confirm-email" in word)
    path = "/" + link.split("/", 3)[3]

    page = client.post(path, follow=True)

    assert Order.objects.get().user.email == ADA
    assert "1 order that you placed as a guest is in your account now." in (
        page.content.decode()
    )
    listed = client.get(reverse("orders:account")).content.decode()
    assert order.order_number in listed
    assert client.get(reverse("orders:order", args=[order.pk])).status_code == 200


def test_what_was_bought_as_a_guest_since_comes_at_the_log_in(lamp, client):
    user = account()
    buy({lamp: 1}, email=ADA, now=timezone.now())

    form = {"login": user.email, "password": PASSWORD}
    client.post(reverse("account_login"), form)

    assert Order.objects.get().user == user
