"""A shop's orders for programs."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from orders.models import Checkout, Order, OrderNote, OrderStatus, OrderTracking
from payments.models import Refund
from payments.services.payments import start_payment
from tests.factories.catalog import ProductVariantFactory
from tests.factories.shop import ShopFactory
from tests.factories.users import ShopMemberFactory, UserFactory
from tests.orders.purchases import ADDRESS, fill_checkout, say_yes
from users.models import MemberRole

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def test_gateway(settings) -> None:
    settings.ALLOW_TEST_GATEWAY = True


def lamp(**more):
    made = {"inventory_quantity": 50, "price": 10, **more}
    if "product__shop" not in more:
        made["product__shop__country"] = ""
    return ProductVariantFactory(**made)


def paid(variant=None, units=2) -> Order:
    now = timezone.now()
    checkout = fill_checkout({variant or lamp(): units}, now=now)
    say_yes(checkout, now=now)
    start_payment(
        checkout_id=checkout.pk,
        gateway="test",
        token="approve",
        return_url="/",
        now=now,
    )
    return checkout.orders.select_related("shop").get()


def seller(shop, role: str = "owner") -> APIClient:
    client = APIClient()
    person = shop.owner
    if role != "owner":
        person = ShopMemberFactory(shop=shop, role=role).user
    client.force_authenticate(person)
    return client


def url(name: str, shop, *more) -> str:
    return reverse(f"v1:{name}", args=[shop.slug, *more])


def post(client: APIClient, address: str, body=None, **headers):
    headers.setdefault("HTTP_IDEMPOTENCY_KEY", uuid4().hex)
    return client.post(address, body or {}, format="json", **headers)


ONE = ("", "-notes", "-ship", "-delivered", "-cancel", "-link", "-refund", "-edit")
MORE = ("-refund-preview", "-edit-preview")


def test_orders_are_listed_by_state_with_cursors() -> None:
    variant = lamp()
    orders = [paid(variant) for _ in range(2)]
    shop = orders[0].shop

    body = seller(shop).get(url("sell-orders", shop), {"tab": "to_pack"}).json()

    assert [one["id"] for one in body["results"]] == [
        str(order.pk) for order in reversed(orders)
    ]
    assert body["results"][0]["units"] == 2
    assert body["counts"]["to_pack"] == 2
    assert (body["next"], body["previous"]) == ("", "")


@pytest.mark.parametrize(
    "query", [{"tab": "x"}, {"since": "x"}, {"payment": "gold"}, {"search": "x" * 999}]
)
def test_an_odd_list_is_refused(query) -> None:
    shop = ShopFactory()

    assert seller(shop).get(url("sell-orders", shop), query).status_code == 400


def test_staff_pack_and_do_not_touch_money() -> None:
    order = paid()
    staff = seller(order.shop, MemberRole.STAFF)

    answers = {
        name: post(staff, url(f"sell-order{name}", order.shop, order.pk)).status_code
        for name in (*ONE, *MORE)
        if name
    }

    assert {name for name, status in answers.items() if status == 403} == {
        *("-cancel", "-link", "-refund", "-edit"),
        *MORE,
    }
    assert post(staff, url("sell-drafts", order.shop)).status_code == 403
    assert not Refund.objects.exists()


def test_strangers_and_other_shops_find_nothing() -> None:
    order, other = paid(), paid()
    stranger = APIClient()
    stranger.force_authenticate(UserFactory())
    own_shop = seller(other.shop)

    for name in (*ONE, *MORE):
        there = url(f"sell-order{name}", order.shop, order.pk)
        foreign = url(f"sell-order{name}", other.shop, order.pk)
        for client, address in (
            (stranger, there),
            (own_shop, there),
            (own_shop, foreign),
        ):
            assert client.get(address).status_code in {404, 405}
            assert post(client, address).status_code in {404, 405}
    assert stranger.put(url("sell-orders", order.shop)).status_code in {404, 405}
    assert own_shop.put(url("sell-orders", other.shop)).status_code == 405


def test_an_order_is_told_noted_sent_and_delivered() -> None:
    order = paid(units=3)
    shop, client, item = order.shop, seller(order.shop), order.items.get()

    note = post(client, url("sell-order-notes", shop, order.pk), {"text": "Call"})
    part = post(
        client,
        url("sell-order-ship", shop, order.pk),
        {"items": [{"item": str(item.pk), "quantity": 1}], "carrier": "Post"},
    )
    rest = post(client, url("sell-order-ship", shop, order.pk))
    done = post(client, url("sell-order-delivered", shop, order.pk)).json()

    assert note.status_code == 201
    assert part.json()["items"][0]["left"] == 2
    assert rest.json()["items"][0]["left"] == 0
    assert done["status"] == OrderStatus.DELIVERED
    assert [one["text"] for one in done["notes"]] == ["Call"]
    assert (done["paid"], done["refundable"]) == (f"{order.total_price}",) * 2
    assert OrderTracking.objects.count() == 2


@pytest.mark.parametrize("quantity", [0, -1, 4, "NaN", 10**12, None])
def test_a_parcel_of_nonsense_is_refused(quantity) -> None:
    order = paid(units=3)
    item = {"item": str(order.items.get().pk), "quantity": quantity}

    answer = post(
        seller(order.shop),
        url("sell-order-ship", order.shop, order.pk),
        {"items": [item]},
    )

    assert answer.status_code in {400, 409}
    assert not OrderTracking.objects.exists()


def test_another_orders_items_are_not_sent() -> None:
    order, other = paid(), paid()
    item = {"item": str(other.items.get().pk), "quantity": 1}

    answer = post(
        seller(order.shop),
        url("sell-order-ship", order.shop, order.pk),
        {"items": [item]},
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "not_in_order")


def test_many_are_sent_once_and_what_is_foreign_is_unknown() -> None:
    order, foreign = paid(), paid()
    body = {"orders": [{"order": str(one.pk)} for one in (order, foreign)]}
    client, address = seller(order.shop), url("sell-orders-ship", order.shop)

    first, second = (post(client, address, body).json() for _ in range(2))

    assert [(one["sent"], one["code"]) for one in first] == [
        (True, ""),
        (False, "not_found"),
    ]
    assert [one["code"] for one in second] == ["sent_before", "not_found"]
    assert OrderTracking.objects.get().order_id == order.pk


def test_cancelling_needs_a_reason() -> None:
    order = paid()
    client, address = (
        seller(order.shop),
        url("sell-order-cancel", order.shop, order.pk),
    )

    assert post(client, address).status_code == 400
    body = post(client, address, {"reason": "Sold out"}).json()

    assert (body["status"], body["cancel_reason"]) == ("cancelled", "Sold out")


def test_a_refund_is_planned_shown_and_given_once() -> None:
    order = paid()
    shop, client, item = order.shop, seller(order.shop), order.items.get()
    body = {"items": [{"item": str(item.pk), "unsent": 1, "restock": True}]}
    address = url("sell-order-refund", shop, order.pk)

    plan = client.get(address).json()
    shown = post(client, url("sell-order-refund-preview", shop, order.pk), body).json()
    answers = [post(client, address, body, HTTP_IDEMPOTENCY_KEY="k") for _ in "ab"]

    assert plan["items"][0]["unsent"] == 2
    assert shown["amount"] == "10.00"
    assert [answer.status_code for answer in answers] == [201, 201]
    assert Refund.objects.get().amount == Decimal("10.00")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"amount": "NaN"},
        {"amount": "-1"},
        {"amount": "999999.00"},
        {"delivery": "Infinity"},
        {"items": "x"},
        {"items": [{"item": str(uuid4()), "unsent": 1}]},
    ],
)
def test_a_refund_of_nonsense_is_refused(body) -> None:
    order = paid()

    answer = post(
        seller(order.shop), url("sell-order-refund", order.shop, order.pk), body
    )

    assert answer.status_code in {400, 409}
    assert not Refund.objects.exists()


def test_a_change_is_shown_and_made() -> None:
    order = paid()
    shop, client, item = order.shop, seller(order.shop), order.items.get()
    extra = lamp(product__shop=shop, price=4)
    body = {
        "remove": [{"item": str(item.pk), "quantity": 1}],
        "add": [{"variant": str(extra.pk), "quantity": 1}],
    }

    shown = post(client, url("sell-order-edit-preview", shop, order.pk), body).json()
    agreed = body | {"refund": shown["refund"], "due": shown["due"]}
    done = post(client, url("sell-order-edit", shop, order.pk), agreed).json()

    assert shown == {
        "taken": "10.00",
        "cost": "4.00",
        "set_off": "4.00",
        "refund": "6.00",
        "due": "0.00",
        "difference": "-6.00",
    }
    assert [(one["amount"], one["kept_for"]) for one in done["refunds"]] == [
        ("6.00", None)
    ]
    assert done["set_off"] == "4.00"
    added = Order.objects.get(pk=done["addition"])
    assert (added.total_price, added.status) == (4, "processing")
    page = client.get(url("sell-order", shop, added.pk)).json()
    assert (page["set_off"], page["paid"]) == ("4.00", "4.00")
    payment = client.get(f"/api/v1/payments/?order={added.pk}").json()["results"][0]
    assert payment["taken_from"] == str(order.payments.get().pk)


def test_a_draft_is_written_and_placed() -> None:
    variant = lamp()
    shop = variant.product.shop
    client = seller(shop)
    written = post(
        client,
        url("sell-drafts", shop),
        {
            "items": [{"variant": str(variant.pk), "quantity": 2}],
            "email": "call@example.com",
            "shipping_address": ADDRESS,
        },
    )
    draft = written.json()
    place = url("sell-draft-place", shop, draft["id"])

    wrong = post(client, place, {"total": "0.01"})
    placed = [post(client, place, {"total": draft["total"]}) for _ in range(2)]

    assert written.status_code == 201
    assert draft["missing"] == []
    assert (wrong.status_code, wrong.json()["code"]) == (409, "quote_changed")
    assert placed[0].json()["id"] == placed[1].json()["id"]
    assert Order.objects.get().email == "call@example.com"


def test_a_draft_is_changed_whole_or_not_at_all() -> None:
    variant = lamp()
    shop = variant.product.shop
    client = seller(shop)
    items = [{"variant": str(variant.pk), "quantity": 2}]
    draft = post(client, url("sell-drafts", shop), {"items": items}).json()

    answer = client.patch(
        url("sell-draft", shop, draft["id"]),
        {
            "items": [{"variant": str(variant.pk), "quantity": 5}],
            "email": "call@example.com",
            "shipping_address": ADDRESS | {"country": "ZZ"},
        },
        content_type="application/json",
    )

    assert answer.status_code == 409
    assert Checkout.objects.get().cart.items.get().quantity == 2


def test_a_draft_that_is_refused_leaves_nothing() -> None:
    shop, foreign = ShopFactory(), lamp()

    answer = post(
        seller(shop),
        url("sell-drafts", shop),
        {"items": [{"variant": str(foreign.pk), "quantity": 1}]},
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "not_of_shop")
    assert not Checkout.objects.filter(shop=shop).exists()
    assert not OrderNote.objects.exists()
