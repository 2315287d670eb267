"""The pages of a shop's orders, for everybody who might open them."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from orders.models import Checkout, Order, OrderNote, OrderStatus, OrderTracking
from payments.models import FraudFlag, Payment, Refund
from payments.services.payments import start_payment
from tests.factories.catalog import ProductVariantFactory
from tests.factories.shop import ShopFactory
from tests.factories.users import ShopMemberFactory, UserFactory
from tests.orders.purchases import ADDRESS, fill_checkout, say_yes
from users.models import MemberRole

pytestmark = pytest.mark.django_db
MANY = "9" * 400


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


def seller(order: Order, role: str = "owner") -> Client:
    person = order.shop.owner
    if role != "owner":
        person = ShopMemberFactory(shop=order.shop, role=role).user
    client = Client()
    client.force_login(person)
    return client


def url(name: str, order: Order, *more) -> str:
    return reverse(f"sell:{name}", args=[order.shop.slug, *more])


def page(name: str, order: Order) -> str:
    return url(name, order, order.pk)


READ = ("order", "order_ship", "order_cancel", "order_refund", "order_edit")
PACKS = ("order_note", "order_ship", "order_delivered")
LEADS = ("order_cancel", "order_refund", "order_edit", "order_link")


def test_staff_pack_and_do_not_touch_money() -> None:
    order = paid()
    staff = seller(order, MemberRole.STAFF)

    answers = {
        name: staff.post(page(name, order)).status_code for name in PACKS + LEADS
    }

    assert {name for name, status in answers.items() if status == 403} == set(LEADS)
    text = staff.get(page("order", order)).content.decode()
    assert page("order_ship", order) in text
    assert not any(page(name, order) in text for name in LEADS)
    assert not Refund.objects.exists()


@pytest.mark.parametrize("role", ["owner", MemberRole.MANAGER])
def test_owners_and_managers_may_do_all(role) -> None:
    order = paid()
    client = seller(order, role)

    assert {name: client.get(page(name, order)).status_code for name in READ} == (
        dict.fromkeys(READ, 200)
    )


def test_strangers_and_other_shops_find_nothing() -> None:
    order, other = paid(), paid()
    stranger = Client()
    stranger.force_login(UserFactory())

    for client in (stranger, seller(other)):
        for name in (*READ, *PACKS, "order_link", "order_invoice"):
            for method in (client.get, client.post):
                answer = method(page(name, order))
                assert answer.status_code in {404, 405}, name
        assert client.get(url("orders", order)).status_code == 404
    own_shop = seller(other)
    for name in READ:
        foreign = url(name, other, order.pk)
        assert own_shop.get(foreign).status_code == 404
    assert Client().get(page("order", order)).status_code == 302


def test_the_page_tells_all_about_an_order() -> None:
    order = paid()
    payment = Payment.objects.get(order=order)
    FraudFlag.objects.create(
        payment=payment, risk_score=Decimal("0.91"), flags={"new_address": True}
    )
    client = seller(order)
    client.post(page("order_note", order), {"text": "<b>Call first</b>"})

    text = client.get(page("order", order)).content.decode()

    for words in (
        order.order_number,
        "Ada",
        "Moi Avenue",
        "buyer@example.com",
        "&lt;b&gt;Call first&lt;/b&gt;",
        "new address (91 %)",
        order.items.get().sku,
    ):
        assert words in text
    assert client.get(page("order_invoice", order)).headers["Content-Type"] == (
        "application/pdf"
    )


def test_an_empty_note_is_refused_beside_its_field() -> None:
    order = paid()

    answer = seller(order).post(page("order_note", order), {"text": " \0 "})

    assert answer.status_code == 200
    assert not OrderNote.objects.exists()


def test_an_exact_number_leads_straight_to_its_order() -> None:
    order = paid()

    answer = seller(order).get(url("orders", order), {"q": f"#{order.order_number}"})

    assert answer.headers["Location"] == page("order", order)


@pytest.mark.parametrize(
    "query",
    [
        {"tab": "nonsense"},
        {"cursor": "nonsense"},
        {"since": "yesterday", "until": "9999-12-31"},
        {"country": "XX", "payment": "gold"},
        {"q": "\0%_'"},
        {"q": "x" * 5000},
    ],
)
def test_an_odd_address_is_a_list(query) -> None:
    order = paid()

    assert seller(order).get(url("orders", order), query).status_code == 200


def test_the_list_costs_the_same_for_one_and_many_and_keeps_its_filters() -> None:
    variant = lamp()
    order = paid(variant)
    client, address = seller(order), url("orders", order)

    def statements() -> int:
        with CaptureQueriesContext(connection) as found:
            answer = client.get(address, {"tab": "to_pack", "q": "buyer"})
        assert 'value="buyer"' in answer.content.decode()
        return len(found)

    statements()
    before = statements()
    for _ in range(3):
        paid(variant)

    assert statements() == before
    assert before <= 12


def test_a_part_is_sent_with_its_number() -> None:
    order = paid(units=3)
    item = order.items.get()

    answer = seller(order).post(
        page("order_ship", order),
        {
            str(item.pk): "2",
            "carrier": "Post",
            "tracking_number": "RR1",
            "tracking_url": "https://post.example/RR1",
        },
    )

    parcel = OrderTracking.objects.get()
    assert answer.headers["Location"] == page("order", order)
    assert (parcel.carrier, parcel.tracking_number) == ("Post", "RR1")
    assert parcel.items.get().quantity == 2


@pytest.mark.parametrize(
    "sent",
    [
        {"units": "4"},
        {"units": "-1"},
        {"units": "NaN"},
        {"units": "1.5"},
        {"units": MANY},
        {"units": "0"},
        {"units": "1", "tracking_url": "javascript:alert(1)"},
        {"units": "1", "carrier": "x" * 101},
    ],
)
def test_a_parcel_of_nonsense_is_refused(sent) -> None:
    order = paid(units=3)
    sent[str(order.items.get().pk)] = sent.pop("units")

    answer = seller(order).post(page("order_ship", order), sent)

    assert answer.status_code == 200
    assert "field-error" in answer.content.decode() or "message-error" in (
        answer.content.decode()
    )
    assert not OrderTracking.objects.exists()


def test_many_are_printed_and_sent_and_what_is_foreign_is_not_there() -> None:
    variant = lamp()
    first, second, foreign = paid(variant), paid(variant), paid()
    client = seller(first)
    ids = [first.pk, second.pk, foreign.pk, "nonsense", uuid4()]

    slips = client.get(url("order_slips", first), {"order": ids}).content.decode()
    grid = client.get(url("orders_ship", first), {"order": ids}).content.decode()
    client.post(
        url("orders_ship", first),
        {"order": ids, "carrier": "Post", f"number-{first.pk}": "A1"},
    )
    client.post(url("orders_ship", first), {"order": ids, "carrier": "Post"})

    for text in (slips, grid):
        assert first.order_number in text
        assert second.order_number in text
        assert foreign.order_number not in text
    assert "$" not in slips
    assert set(OrderTracking.objects.values_list("order", "tracking_number")) == {
        (first.pk, "A1"),
        (second.pk, ""),
    }


def test_nothing_picked_says_so() -> None:
    order = paid()

    for name in ("order_slips", "orders_ship"):
        answer = seller(order).get(url(name, order), {"order": uuid4()}, follow=True)
        assert "Pick orders" in answer.content.decode()


def test_cancelling_needs_a_reason_and_gives_the_money_back() -> None:
    order = paid()
    client = seller(order)

    refused = client.post(page("order_cancel", order), {"reason": " "})
    order.refresh_from_db()
    assert (refused.status_code, order.status) == (200, OrderStatus.PROCESSING)

    client.post(page("order_cancel", order), {"reason": "Sold out", "restock": "on"})

    order.refresh_from_db()
    assert (order.status, order.cancel_reason) == (OrderStatus.CANCELLED, "Sold out")


def test_delivery_is_noted() -> None:
    order = paid()
    client = seller(order)
    client.post(page("order_delivered", order))
    order.refresh_from_db()
    assert order.status == OrderStatus.PROCESSING

    client.post(page("order_ship", order), {str(order.items.get().pk): "2"})
    client.post(page("order_delivered", order))

    order.refresh_from_db()
    assert order.status == OrderStatus.DELIVERED


# ------------------------------------------------------------------ money


def test_a_refund_is_worked_out_before_and_given_once() -> None:
    order = paid()
    client, address = seller(order), page("order_refund", order)
    field = f"unsent-{order.items.get().pk}"

    shown = client.post(address, {field: "1", "key": "k", "do": "preview"})
    assert "$10.00" in shown.content.decode()
    assert not Refund.objects.exists()

    sent = {field: "1", "key": "k", "do": "refund", "expected": "10.00"}
    answers = [client.post(address, sent) for _ in range(2)]

    assert {answer.headers["Location"] for answer in answers} == {page("order", order)}
    assert Refund.objects.get().amount == Decimal("10.00")


@pytest.mark.parametrize(
    "sent",
    [
        {"units": "3"},
        {"units": "-1"},
        {"units": "NaN"},
        {"units": "2", "do": "refund"},
        {"amount": "-5"},
        {"amount": "NaN"},
        {"amount": "Infinity"},
        {"amount": "1e9"},
        {"amount": MANY},
        {"delivery": "9999"},
        {"units": "1", "expected": "9.99", "do": "refund"},
        {"units": "1", "expected": "NaN", "do": "refund"},
        {"units": "1", "key": "x" * 500, "do": "refund"},
        {"do": "refund"},
    ],
)
def test_a_refund_of_nonsense_is_refused(sent) -> None:
    order = paid()
    values = {"do": "refund", **sent}
    if "units" in values:
        values[f"unsent-{order.items.get().pk}"] = values.pop("units")

    answer = seller(order).post(page("order_refund", order), values)

    assert answer.status_code == 200
    assert not Refund.objects.exists()


def test_an_order_is_changed_as_it_was_shown() -> None:
    order = paid()
    extra = lamp(product__shop=order.shop, price=Decimal("4.00"))
    client, address = seller(order), page("order_edit", order)
    item = order.items.get()
    wanted = {f"remove-{item.pk}": "1", f"add-{extra.pk}": "2"}

    shown = client.get(address, wanted).content.decode()
    assert "$10.00" in shown
    assert "$8.00" in shown
    assert "$2.00" in shown
    assert not Refund.objects.exists()
    agreed = {
        **wanted,
        "key": "once",
        "expected_refund": "2.00",
        "expected_due": "0.00",
        "restock": "on",
        "hold": "24",
    }
    for _ in range(2):
        client.post(address, agreed)

    item.refresh_from_db()
    addition = Order.objects.exclude(pk=order.pk).get()
    assert item.removed_quantity == 1
    assert addition.total_price == Decimal("8.00")
    assert addition.status == OrderStatus.PROCESSING
    given = Refund.objects.filter(kept_for=None).values_list("amount", flat=True)
    assert list(given) == [Decimal("2.00")]
    assert addition.order_number in client.get(page("order", order)).content.decode()


@pytest.mark.parametrize("units", ["x", "-1", MANY, "1.5", "3"])
def test_a_change_of_nonsense_is_said(units) -> None:
    order = paid()

    answer = seller(order).get(
        page("order_edit", order), {f"remove-{order.items.get().pk}": units}
    )

    assert answer.status_code == 200
    assert "message-error" in answer.content.decode()


def test_a_change_takes_nothing_of_another_shop() -> None:
    order, foreign = paid(), lamp()

    answer = seller(order).get(page("order_edit", order), {f"add-{foreign.pk}": "1"})

    assert "message-error" in answer.content.decode()
    assert foreign.product.name not in answer.content.decode()


# ------------------------------------------------------------------ drafts


def test_an_order_is_written_on_the_telephone() -> None:
    variant = lamp()
    shop = variant.product.shop
    client = Client()
    client.force_login(shop.owner)
    address = client.post(reverse("sell:drafts", args=[shop.slug])).headers["Location"]

    found = client.get(address, {"q": variant.sku}).content.decode()
    assert variant.product.name in found
    client.post(address, {"do": "items", "add": variant.pk})
    client.post(address, {"do": "items", f"units-{variant.pk}": "3"})
    client.post(address, {"do": "buyer", "email": "call@example.com", **ADDRESS})
    draft = Checkout.objects.get(shop=shop)
    ready = client.get(address)
    total = ready.context["view"].quote.total
    assert total == ready.context["view"].quote.shipping + 30
    placed = client.post(address, {"do": "place", "expected": total, "hold": "48"})

    order = Order.objects.get()
    assert placed.headers["Location"] == url("order", order, order.pk)
    assert client.get(address).headers["Location"] == url("order", order, order.pk)
    draft.refresh_from_db()
    assert draft.expires_at > timezone.now() + timedelta(hours=47)
    again = client.post(page("order_link", order), follow=True)
    assert "once more" in again.content.decode()


@pytest.mark.parametrize(
    "sent",
    [
        {"do": "items", "add": "nonsense"},
        {"do": "items", "add": str(uuid4())},
        {"do": "buyer", "email": "nobody", **ADDRESS},
        {"do": "buyer", "email": "a@example.com", **ADDRESS, "zip": "x" * 99},
        {"do": "delivery", "method": str(uuid4())},
        {"do": "place", "expected": "0", "hold": "24"},
        {"do": "place", "expected": "NaN", "hold": "24"},
        {"do": "place", "expected": "1", "hold": "9999999"},
        {"do": "nonsense"},
    ],
)
def test_a_draft_of_nonsense_is_said(sent) -> None:
    shop = ShopFactory()
    client = Client()
    client.force_login(shop.owner)
    address = client.post(reverse("sell:drafts", args=[shop.slug])).headers["Location"]

    assert client.post(address, sent).status_code == 200
    assert not Order.objects.exists()


def test_another_shops_draft_is_not_found() -> None:
    mine, theirs = ShopFactory(), ShopFactory()
    client, other = Client(), Client()
    client.force_login(mine.owner)
    other.force_login(theirs.owner)
    address = client.post(reverse("sell:drafts", args=[mine.slug])).headers["Location"]
    draft = Checkout.objects.get()

    assert other.get(address).status_code == 404
    foreign = reverse("sell:draft", args=[theirs.slug, draft.pk])
    assert other.post(foreign, {"do": "discard"}).status_code == 404
    assert client.post(address, {"do": "discard"}).status_code == 302
    assert not Checkout.objects.exists()
