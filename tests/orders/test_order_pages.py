"""An order after it was placed: who sees it, and what can be done with it."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from catalog.models import ProductVariant
from orders.models import (
    CartItem,
    CartStatus,
    Invoice,
    Order,
    OrderReturn,
    OrderStatus,
    ReturnKind,
)
from orders.services.orders import mark_delivered, record_refund, ship_items
from orders.services.returns import receive_return, withdraw
from tests.factories.catalog import ProductFactory, ProductVariantFactory
from tests.factories.orders import (
    CouponFactory,
    OrderCouponFactory,
    PromotionFactory,
)
from tests.factories.shop import ShopFactory
from tests.factories.users import UserFactory
from tests.orders.purchases import buy

pytestmark = pytest.mark.django_db

FIND = reverse("orders:find_order")


@pytest.fixture
def lamp() -> ProductVariant:
    shop = ShopFactory(name="Lamp works", currency="KES", country="KE")
    product = ProductFactory(shop=shop, name="Lamp <b>№ 7</b>", currency="KES")
    return ProductVariantFactory(
        product=product, shop=shop, price=2000, inventory_quantity=9
    )


@pytest.fixture
def order(lamp: ProductVariant) -> Order:
    """Two lamps of an account, paid."""
    user = UserFactory()
    return buy({lamp: 2}, user=user, email=user.email, now=timezone.now())[0]


@pytest.fixture
def buyer(client: Client, order: Order) -> Client:
    client.force_login(order.user)
    return client


def page(name: str, order: Order) -> str:
    return reverse(f"orders:{name}", args=[order.pk])


def send(order: Order, *, delivered_ago: timedelta | None = None) -> None:
    now = timezone.now()
    units = {item.pk: item.quantity for item in order.items.all()}
    ship_items(
        order_id=order.pk,
        quantities=units,
        carrier="Posta",
        tracking_number="KE123",
        now=now,
        by=None,
    )
    if delivered_ago is not None:
        mark_delivered(order_id=order.pk, now=now - delivered_ago)


def picture() -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (40, 30), "red").save(buffer, "PNG")
    return buffer.getvalue()


# ------------------------------------------------------------------ who sees it
@pytest.mark.parametrize(
    "name", ["order", "cancel_order", "return_order", "withdraw", "invoice"]
)
def test_order_is_its_buyers_alone(order, name):
    stranger, other = Client(), Client()
    other.force_login(UserFactory())

    for visitor in (stranger, other):
        assert visitor.get(page(name, order)).status_code == 404
    assert other.post(page("reorder", order)).status_code == 404
    assert other.post(page("cancel_order", order)).status_code == 404
    order.refresh_from_db()
    assert order.status == OrderStatus.PROCESSING


def test_buyer_follows_the_order_from_the_account(buyer, order):
    account = buyer.get(reverse("orders:account")).content.decode()
    assert page("order", order) in account

    send(order)
    shown = buyer.get(page("order", order)).content.decode()

    assert order.order_number in shown
    assert "On its way" in shown
    assert "KE123" in shown
    assert "Lamp &lt;b&gt;№ 7&lt;/b&gt;" in shown


def test_guest_finds_the_order_by_number_and_address(client, lamp):
    order = buy({lamp: 1}, email="ada@example.com", now=timezone.now())[0]
    assert client.get(page("order", order)).status_code == 404

    sent = {"number": f" {order.order_number.lower()} ", "email": "ADA@example.com"}
    response = client.post(FIND, sent)

    assert response.url == page("order", order)
    assert client.get(response.url).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        {"number": "NOSUCHNUMB", "email": "ada@example.com"},
        {"number": None, "email": "eve@example.com"},
        {"number": "\x00", "email": "ada@example.com"},
        {"number": "😀" * 20, "email": "ada@example.com"},
    ],
)
def test_guest_is_told_the_same_of_a_wrong_address_and_an_unknown_number(
    client, lamp, sent
):
    order = buy({lamp: 1}, email="ada@example.com", now=timezone.now())[0]
    sent = {**sent, "number": sent["number"] or order.order_number}

    response = client.post(FIND, sent)

    assert response.status_code == 200
    assert response.context["form"].errors
    assert client.get(page("order", order)).status_code == 404


def test_order_without_an_address_is_found_by_nobody(client, lamp):
    order = buy({lamp: 1}, now=timezone.now())[0]
    Order.objects.filter(pk=order.pk).update(email="")

    response = client.post(FIND, {"number": order.order_number, "email": ""})

    assert response.context["form"].errors["email"]


def test_guessing_is_slowed_down(client):
    for _ in range(11):
        sent = {"number": "AAAAAAAAAA", "email": "a@example.com"}
        response = client.post(FIND, sent, REMOTE_ADDR="203.0.113.77")

    assert "Too many tries" in response.content.decode()


# ------------------------------------------------------------------ cancelling
def test_order_is_cancelled_while_nothing_was_sent(buyer, order, lamp):
    assert buyer.get(page("cancel_order", order)).status_code == 200

    buyer.post(page("cancel_order", order), {"reason": "Too big"})

    order.refresh_from_db()
    lamp.refresh_from_db()
    assert (order.status, order.cancel_reason) == (OrderStatus.CANCELLED, "Too big")
    assert lamp.inventory_quantity == 9


def test_order_on_its_way_is_not_cancelled(buyer, order):
    send(order)

    response = buyer.post(page("cancel_order", order), follow=True)

    order.refresh_from_db()
    assert order.status == OrderStatus.SHIPPED
    assert "Return them instead" in response.content.decode()


# ------------------------------------------------------------------ sending back
def test_return_with_photos_waits_for_the_shop(buyer, order):
    send(order, delivered_ago=timedelta(days=2))
    item = order.items.get()
    photo = SimpleUploadedFile("lamp.png", picture(), "image/png")

    response = buyer.post(
        page("return_order", order),
        {str(item.pk): 1, "reason": "It flickers", "photos": [photo]},
        follow=True,
    )

    back = OrderReturn.objects.get()
    assert (back.reason, back.lines.get().quantity) == ("It flickers", 1)
    assert "Waiting for the shop" in response.content.decode()
    shown = reverse("orders:return_photo", args=[back.photos.get().pk])
    assert buyer.get(shown)["Content-Type"] == "image/webp"
    assert Client().get(shown).status_code == 404


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"units": 0}, "Choose what you want to send back"),
        ({"units": 3}, "You can send back 2"),
        ({"units": -1}, "Write 0 or more"),
        ({"units": "NaN"}, "whole number"),
        ({"units": 10**9}, "You can send back 2"),
        ({"reason": ""}, "required"),
        ({"reason": "x" * 100_000}, "at most 2000"),
        ({"photo": b"no picture"}, "not a picture"),
        ({"photo": b"<svg xmlns='http://www.w3.org/2000/svg'/>"}, "not a picture"),
    ],
)
def test_wrong_return_is_said_beside_its_field_and_not_kept(buyer, order, sent, said):
    send(order, delivered_ago=timedelta(days=2))
    item = order.items.get()
    data = {str(item.pk): sent.get("units", 1), "reason": sent.get("reason", "Why not")}
    if "photo" in sent:
        data["photos"] = SimpleUploadedFile("a.png", sent["photo"], "image/png")

    response = buyer.post(page("return_order", order), data)

    assert said in response.content.decode()
    assert not OrderReturn.objects.exists()


def test_six_photos_are_too_many(buyer, order):
    send(order, delivered_ago=timedelta(days=2))
    photos = [SimpleUploadedFile("a.png", picture(), "image/png") for _ in range(6)]
    data = {str(order.items.get().pk): 1, "reason": "Why not", "photos": photos}

    response = buyer.post(page("return_order", order), data)

    assert "at most 5" in response.content.decode()
    assert not OrderReturn.objects.exists()


def test_withdrawal_needs_no_reason_and_no_answer(buyer, order):
    send(order, delivered_ago=timedelta(days=13))
    item = order.items.get()

    buyer.post(page("withdraw", order), {str(item.pk): 2})

    assert OrderReturn.objects.get().kind == ReturnKind.WITHDRAWAL


def test_withdrawal_is_over_after_fourteen_days_and_a_return_goes_on(buyer, order):
    send(order, delivered_ago=timedelta(days=15))

    shown = buyer.get(page("order", order)).content.decode()

    assert page("withdraw", order) not in shown
    assert page("return_order", order) in shown
    assert buyer.post(page("withdraw", order), {}).url == page("order", order)
    assert not OrderReturn.objects.exists()


# ------------------------------------------------------------------ invoice, again
def test_invoice_is_made_once_and_kept(buyer, order):
    first = buyer.get(page("invoice", order))
    second = buyer.get(page("invoice", order))

    assert first["Content-Type"] == "application/pdf"
    assert first.content.startswith(b"%PDF-")
    assert first.content == second.content
    assert Invoice.objects.get().document


def test_order_is_bought_again_as_far_as_it_can_be(buyer, order, lamp):
    response = buyer.post(page("reorder", order), follow=True)
    in_cart = CartItem.objects.filter(cart__status=CartStatus.OPEN)
    assert in_cart.get().quantity == 2

    ProductVariant.objects.filter(pk=lamp.pk).update(inventory_quantity=0)
    in_cart.delete()
    response = buyer.post(page("reorder", order), follow=True)

    assert "Not to be had any more: Lamp" in response.content.decode()
    assert not in_cart.exists()


def test_order_page_asks_the_same_for_one_item_and_many(
    buyer, order, django_assert_num_queries, django_assert_max_num_queries
):
    send(order, delivered_ago=timedelta(days=1))
    buyer.get(page("order", order))
    with django_assert_max_num_queries(16) as asked:
        buyer.get(page("order", order))
    budget = len(asked)
    shop, user = order.shop, order.user
    wanted = {}
    for _ in range(12):
        product = ProductFactory(shop=shop, currency="KES")
        wanted[
            ProductVariantFactory(product=product, shop=shop, inventory_quantity=9)
        ] = 1
    large = buy(wanted, user=user, email=user.email, now=timezone.now())[0]
    send(large, delivered_ago=timedelta(days=1))

    with django_assert_num_queries(budget):
        buyer.get(page("order", large))


# ------------------------------------------------------------------ sent in part, sent back


def test_each_promotion_is_named_with_what_it_took_off(buyer, order):
    order.total_discount = 600
    order.total_price -= 600
    order.save(update_fields=["total_discount", "total_price"])
    used = {"order": order, "customer": order.customer}
    ten = CouponFactory(promotion__shop=order.shop, code="TEN")
    OrderCouponFactory(**used, coupon=ten, discount=400)
    free = PromotionFactory(shop=order.shop, name="Post is free", kind="free_shipping")
    OrderCouponFactory(**used, coupon=None, promotion=free, discount=250)

    found = buyer.get(page("order", order)).context["discounts"]

    assert [(one.name, one.code, one.goods, one.delivery) for one in found] == [
        ("Ten off", "TEN", 400, 0),
        ("Post is free", "", 0, 250),
        ("", "", 200, 0),
    ]


def test_part_that_was_sent_and_part_that_is_to_come_are_told_apart(buyer, order):
    item = order.items.get()
    ship_items(
        order_id=order.pk,
        quantities={item.pk: 1},
        carrier="Posta",
        tracking_number="KE1",
        now=timezone.now(),
        by=None,
    )

    shown = " ".join(buyer.get(page("order", order)).content.decode().split())

    assert "A part is on its way" in shown
    assert shown.count("Paid, being packed") == 1
    assert "Still to come" in shown
    assert shown.count("× 1") == 2


def test_nothing_is_to_come_of_what_was_sent_whole(buyer, order):
    send(order)

    shown = buyer.get(page("order", order)).content.decode()

    assert "Still to come" not in shown
    assert "A part is on its way" not in shown


def test_refunded_return_says_what_was_given_back(buyer, order):
    send(order, delivered_ago=timedelta(days=1))
    now = timezone.now()
    back = withdraw(order_id=order.pk, now=now)
    before = buyer.get(page("order", order)).content.decode()
    receive_return(return_id=back.pk, restock=[], by=None, now=now)
    due = buyer.get(page("order", order)).content.decode()
    record_refund(
        order_id=order.pk,
        amount=order.items.get().subtotal,
        now=now,
        order_return_id=back.pk,
    )
    given = buyer.get(page("order", order)).content.decode()

    assert "Ask the shop where to." in before
    assert "is due for it." in due
    assert "was given back for it." in given
    assert "is due for it." not in given


def test_mail_leads_to_the_order_with_its_number_filled_in(client, order):
    shown = client.get(f"{FIND}?number={order.order_number}")

    assert f'value="{order.order_number}"' in shown.content.decode()
    assert client.get(f"{FIND}?number={'x' * 5000}%00").status_code == 200
