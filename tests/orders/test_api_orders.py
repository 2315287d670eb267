"""The orders' API: who sees them, what can be done with them, what is refused."""

from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from orders.models import Cart, Invoice, Order, OrderReturn, OrderStatus
from orders.services.orders import mark_delivered, ship_items
from orders.visitor import KNOWN
from tests.factories.catalog import ProductFactory, ProductVariantFactory
from tests.factories.shop import ShopFactory
from tests.factories.users import UserFactory
from tests.orders.api_buyers import API, Buyer, attrs
from tests.orders.purchases import buy

pytestmark = pytest.mark.django_db
ORDERS = f"{API}orders/"
ACTIONS = ("cancel", "returns", "withdraw", "reorder")
NO_QUANTITY = [0, -1, 1_000_000_000, 1.5, "two", None, [1], {"a": [{"b": 1}]}]


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def order(user) -> Order:
    """Two of one thing, paid."""
    return bought(user)


@pytest.fixture
def me(user) -> Buyer:
    return Buyer(user)


def bought(user=None, kinds: int = 1) -> Order:
    shop = ShopFactory(currency="KES", country="KE")
    product = ProductFactory(shop=shop, currency="KES")
    variants = [
        ProductVariantFactory(
            product=product, shop=shop, price=2000, inventory_quantity=9
        )
        for _ in range(kinds)
    ]
    wanted = dict.fromkeys(variants, 2)
    return buy(wanted, user=user, now=timezone.now())[0]


def send(order: Order, *, delivered_ago: timedelta | None = None) -> None:
    """A parcel for each item."""
    now = timezone.now()
    for item in order.items.all():
        ship_items(
            order_id=order.pk,
            quantities={item.pk: item.quantity},
            carrier="Posta",
            tracking_number="KE123",
            now=now,
            by=None,
        )
    if delivered_ago is not None:
        mark_delivered(order_id=order.pk, now=now - delivered_ago)


def url(order: Order, action: str = "") -> str:
    return f"{ORDERS}{order.pk}/{action}/" if action else f"{ORDERS}{order.pk}/"


def ask(buyer, order, action, sent, key="", **more):
    headers = {"Idempotency-Key": key or uuid4().hex}
    return buyer.post(url(order, action), sent, headers=headers, **more)


def back(order: Order, quantity=1, **more):
    item = str(order.items.first().pk)
    return {"items": [{"item": item, "quantity": quantity}], "reason": "Broken", **more}


# ------------------------------------------------------------------ who sees them
def test_a_guest_sees_the_orders_of_the_cart_and_those_found_by_number():
    bought(), bought(UserFactory())
    mine, known = bought(), bought()
    guest = Buyer()
    guest.add(ProductVariantFactory(inventory_quantity=1))
    token = Cart.objects.get(status="open").session_id
    Cart.objects.filter(checkouts=mine.checkout).update(session_id=token)
    session = guest.session
    session[KNOWN] = [str(known.pk)]
    session.save()

    listed = guest.get(ORDERS).json()["results"]

    assert {one["id"] for one in listed} == {str(mine.pk), str(known.pk)}
    assert guest.get(url(mine)).json()["order_number"] == mine.order_number
    assert Buyer().get(ORDERS).json()["results"] == []


def test_other_people_s_orders_are_not_found(order):
    for other in (Buyer(), Buyer(UserFactory())):
        assert other.get(url(order)).status_code == 404
        assert other.get(url(order, "invoice")).status_code == 404
        for action in ACTIONS:
            assert ask(other, order, action, back(order)).status_code == 404
    order.refresh_from_db()
    assert order.status == OrderStatus.PROCESSING
    assert not OrderReturn.objects.exists()


@pytest.mark.parametrize("key", ["7", "nonsense", "%00", "x" * 5000])
def test_what_is_no_id_is_not_found(me, key):
    assert me.get(f"{ORDERS}{key}/").status_code == 404


def test_the_newest_comes_first_page_by_page(me, user):
    orders = [bought(user) for _ in range(3)]

    first = me.get(ORDERS, {"page_size": 2}).json()
    second = me.get(first["next"]).json()

    listed = [one["id"] for one in first["results"] + second["results"]]
    assert listed == sorted((str(order.pk) for order in orders), reverse=True)
    assert (len(second["results"]), second["next"]) == (1, None)
    assert me.get(ORDERS, {"cursor": "nonsense"}).status_code == 404
    assert me.get(ORDERS, {"status": "nonsense"}).status_code == 400
    assert me.get(ORDERS, {"status": "cancelled"}).json()["results"] == []


def test_an_order_says_what_became_of_it(me, order):
    send(order)
    mark_delivered(order_id=order.pk, now=timezone.now())
    ask(me, order, "returns", back(order))

    shown = me.get(url(order)).json()

    item = order.items.get()
    assert shown["total_price"] == f"{order.total_price:.2f}"
    assert [(one["quantity"], one["price"]) for one in shown["items"]] == [
        (2, "2000.00")
    ]
    assert shown["items"][0]["returnable"] == 1
    assert shown["parcels"][0]["items"] == [{"item": str(item.pk), "quantity": 2}]
    assert [one["status"] for one in shown["history"]][-1] == "delivered"
    assert shown["returns"][0]["items"] == [{"item": str(item.pk), "quantity": 1}]
    assert shown["invoice_number"] == Invoice.objects.get().invoice_number
    may = [shown[f"can_{what}"] for what in ("cancel", "return", "withdraw")]
    assert may == [False, True, True]
    assert "internal_notes" not in shown


# ------------------------------------------------------------------ what can be done
def test_an_order_is_cancelled_and_again(me, order):
    first = me.post(url(order, "cancel"), {"reason": "Too late"})
    again = me.post(url(order, "cancel"), {})

    assert (first.status_code, first.json()["status"]) == (200, "cancelled")
    assert (first.json()["cancel_reason"], again.status_code) == ("Too late", 200)


def test_what_was_sent_is_not_cancelled(me, order):
    send(order)

    refused = me.post(url(order, "cancel"), {})

    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_status")


def test_a_return_is_asked_for_once_however_often_it_is_sent(me, order):
    send(order)

    first = ask(me, order, "returns", back(order), "k")
    again = ask(me, order, "returns", back(order), "k")
    other = ask(me, order, "returns", back(order, 2), "k")

    assert (first.status_code, again.json()) == (201, first.json())
    assert (first.json()["status"], first.json()["reason"]) == ("requested", "Broken")
    assert (other.status_code, OrderReturn.objects.count()) == (422, 1)
    assert me.post(url(order, "returns"), back(order)).status_code == 400


def test_a_return_takes_photos_along(me, order):
    send(order)
    buffer = BytesIO()
    Image.new("RGB", (40, 30), "red").save(buffer, "PNG")
    sent = {
        "items[0]item": str(order.items.get().pk),
        "items[0]quantity": "1",
        "reason": "Broken",
        "photos": SimpleUploadedFile("lamp.png", buffer.getvalue(), "image/png"),
    }
    junk = sent | {"photos": SimpleUploadedFile("lamp.png", b"no picture")}

    refused = ask(me, order, "returns", junk, format="multipart")
    asked = ask(me, order, "returns", sent, format="multipart")

    assert (refused.status_code, asked.status_code) == (400, 201), asked.data
    assert OrderReturn.objects.get().photos.count() == 1


def test_a_withdrawal_is_of_everything_unless_said_otherwise(me, order):
    send(order, delivered_ago=timedelta(days=1))

    one = ask(me, order, "withdraw", {"items": back(order)["items"]}).json()
    rest = ask(me, order, "withdraw", {}).json()
    nothing = ask(me, order, "withdraw", {})

    assert (one["kind"], one["status"]) == ("withdrawal", "approved")
    assert [row["items"][0]["quantity"] for row in (one, rest)] == [1, 1]
    assert nothing.status_code == 409


def test_after_its_days_nothing_is_withdrawn(me, order):
    send(order, delivered_ago=timedelta(days=15))

    refused = ask(me, order, "withdraw", {})

    assert (refused.status_code, refused.json()["code"]) == (409, "return_refused")
    assert not OrderReturn.objects.exists()


@pytest.mark.parametrize("quantity", NO_QUANTITY)
@pytest.mark.parametrize("action", ["returns", "withdraw"])
def test_what_is_no_quantity_is_named(me, order, action, quantity):
    send(order)

    refused = ask(me, order, action, back(order, quantity))

    assert (refused.status_code, attrs(refused)) == (400, ["items.0.quantity"])
    assert not OrderReturn.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"items": []},
        {"items": "x" * 100_000},
        {"items": {"a": [{"b": "c"}]}},
        {"items": [7]},
        {"items": [{"item": "٣" * 36, "quantity": 1}]},
        {"items": [{"item": str(uuid4()), "quantity": 1}] * 2},
        {"items": [{"item": str(uuid4()), "quantity": 1}]},
        {"reason": "r" * 100_000},
        {"reason": ["r"]},
        {"reason": ""},
    ],
)
def test_a_bad_return_is_refused(me, order, wrong):
    send(order)

    refused = ask(me, order, "returns", back(order) | wrong)

    assert refused.status_code in {400, 409}
    assert not OrderReturn.objects.exists()


def test_the_same_is_put_into_the_cart_again(me, order):
    again = me.post(url(order, "reorder")).json()

    assert (again["added"], again["gone"], again["cart"]["count"]) == (1, [], 2)


@pytest.mark.parametrize("accept", ["application/pdf", "application/json", "*/*"])
def test_the_invoice_is_a_pdf(me, order, accept):
    shown = me.get(url(order, "invoice"), headers={"Accept": accept})

    assert (shown.status_code, shown["Content-Type"]) == (200, "application/pdf")
    assert shown.content.startswith(b"%PDF")


def test_without_an_invoice_there_is_none(me, order):
    Invoice.objects.all().delete()

    missing = me.get(url(order, "invoice"), headers={"Accept": "application/pdf"})

    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


def test_each_change_asks_for_the_csrf_token(me, order):
    me.credentials()

    for action in ACTIONS:
        assert ask(me, order, action, back(order)).status_code == 403


# ------------------------------------------------------------------ cost
def test_list_and_page_cost_the_same_for_one_and_for_three(
    me, user, django_assert_num_queries, django_assert_max_num_queries
):
    one, three = bought(user), bought(UserFactory(), kinds=3)
    for order in (one, three):
        send(order)
    with django_assert_max_num_queries(5) as listed:
        me.get(ORDERS)
    list_asks = len(listed)
    with django_assert_max_num_queries(16) as page:
        me.get(url(one))
    page_asks = len(page)
    Order.objects.filter(pk=three.pk).update(user=user)
    bought(user)

    with django_assert_num_queries(list_asks):
        assert len(me.get(ORDERS).json()["results"]) == 3
    with django_assert_num_queries(page_asks):
        assert len(me.get(url(three)).json()["parcels"]) == 3
