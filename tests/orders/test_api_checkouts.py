"""Buying by API: the journey, what is refused, and one purchase however often it is sent."""

import re
from uuid import uuid4

import pytest
from django.test import Client

from catalog.models import ProductVariant
from orders.models import Cart, Checkout, CheckoutStatus, Order, OrderStatus
from payments.models import SimulatedCharge
from tests.factories.catalog import ProductVariantFactory
from tests.factories.orders import DeliveryMethodFactory
from tests.factories.users import UserFactory
from tests.orders.api_buyers import API, Buyer, attrs, checkout_url
from tests.orders.crowds import at_once
from tests.orders.purchases import ADDRESS

pytestmark = pytest.mark.django_db
JUNK = [7, [1], "x" * 100_000, {"a": [{"b": "c"}]}, None]
MONEY = re.compile(r"\d+\.\d\d")


@pytest.fixture(autouse=True)
def test_gateway(settings):
    settings.ALLOW_TEST_GATEWAY = True


@pytest.fixture
def lamp() -> ProductVariant:
    return ware("20.00")


def ware(price: str) -> ProductVariant:
    """Of a shop of its own, which sends everywhere for 5.00."""
    variant = ProductVariantFactory(price=price, inventory_quantity=9)
    DeliveryMethodFactory(zone__shop=variant.shop)
    return variant


def ready(buyer: Buyer, *variants: ProductVariant):
    for variant in variants:
        assert buyer.add(variant).status_code == 201
    return buyer.begin()


def sums(costs):
    names = ("subtotal", "discount", "shipping", "tax", "included_tax", "total")
    return {name: costs[name] for name in names}


# ------------------------------------------------------------------ the journey
@pytest.mark.parametrize("who", ["guest", "account"])
def test_a_purchase_of_two_shops_from_cart_to_paid_orders(lamp, who):
    buyer = Buyer(UserFactory() if who == "account" else None)
    buyer.add(lamp, 2)
    buyer.add(ware("10.00"))

    begun = buyer.post(f"{API}checkouts/")
    checkout = buyer.begin()
    done = buyer.complete(checkout)
    after = buyer.get(checkout_url(checkout)).json()

    assert begun["Location"].endswith(checkout_url(checkout))
    assert begun.json()["missing"] == (
        ["address", "delivery"]
        if who == "account"
        else ["contact", "address", "delivery"]
    )
    assert (checkout["status"], checkout["missing"]) == ("open", [])
    assert checkout["quote"]["total"] == "60.00"
    assert all(MONEY.fullmatch(amount) for amount in sums(checkout["quote"]).values())
    assert [one["chosen"] is None for one in checkout["deliveries"]] == [False, False]
    assert done.status_code == 201, done.data
    assert done.json()["payment"]["status"] == "succeeded"
    totals = {order["total_price"] for order in done.json()["orders"]}
    assert totals == {"45.00", "15.00"}
    assert (after["status"], after["quote"], len(after["orders"])) == ("paid", None, 2)
    listed = buyer.get(f"{API}orders/").json()["results"]
    assert {one["id"] for one in listed} == {one["id"] for one in after["orders"]}


def test_a_delivery_is_chosen_and_changes_the_sum(lamp):
    buyer = Buyer()
    fast = DeliveryMethodFactory(
        zone=lamp.shop.delivery_zones.get(), name="Courier", price="12.00"
    )
    checkout = ready(buyer, lamp)

    chosen = buyer.patch(
        checkout_url(checkout),
        {"deliveries": [{"shop": str(lamp.shop_id), "method": str(fast.pk)}]},
    ).json()

    assert checkout["quote"]["shipping"] == "5.00"
    assert chosen["deliveries"][0]["chosen"] == str(fast.pk)
    assert (chosen["quote"]["shipping"], chosen["quote"]["total"]) == ("12.00", "32.00")
    assert chosen["quote"]["hash"] != checkout["quote"]["hash"]


def test_the_other_address_stays_until_it_is_taken_back(lamp):
    buyer = Buyer()
    url = checkout_url(ready(buyer, lamp))
    office = ADDRESS | {"city": "Mombasa"}

    named = buyer.patch(url, {"billing_address": office}).json()
    kept = buyer.patch(url, {"shipping_address": ADDRESS, "notes": "Ring."}).json()
    gone = buyer.patch(url, {"billing_address": None}).json()

    assert named["billing_address"]["city"] == "Mombasa"
    assert (kept["billing_address"], kept["notes"]) == (
        named["billing_address"],
        "Ring.",
    )
    assert gone["billing_address"] is None


def test_a_buyer_confirms_at_the_bank(lamp):
    buyer = Buyer()

    asked = buyer.complete(ready(buyer, lamp), token="require_action").json()

    assert asked["payment"]["status"] == "requires_action"
    assert asked["payment"]["next_url"]
    assert Order.objects.get().status == OrderStatus.PENDING


def test_after_a_decline_another_key_tries_again(lamp):
    buyer = Buyer()
    checkout = ready(buyer, lamp)

    declined = buyer.complete(checkout, token="decline").json()
    paid = buyer.complete(checkout).json()

    assert declined["payment"]["status"] == "failed"
    assert paid["payment"]["status"] == "succeeded"
    assert declined["orders"] == paid["orders"]


# ------------------------------------------------------------------ refused
def test_a_sum_that_changed_is_shown_again_first(lamp):
    buyer = Buyer()
    checkout = ready(buyer, lamp)
    ProductVariant.objects.filter(pk=lamp.pk).update(price="21.00")

    refused = buyer.complete(checkout)

    assert (refused.status_code, refused.json()["code"]) == (409, "quote_changed")
    assert not Order.objects.exists()


def test_nothing_is_placed_that_could_not_be_paid(lamp):
    buyer = Buyer()

    refused = buyer.complete(ready(buyer, lamp), gateway="none")

    assert refused.status_code == 409
    assert not Order.objects.exists()


def test_what_is_missing_keeps_a_checkout_from_being_placed(lamp):
    buyer = Buyer()
    buyer.add(lamp)
    begun = buyer.post(f"{API}checkouts/").json()

    refused = buyer.complete(begun)

    assert refused.status_code == 409
    assert not Order.objects.exists()


def test_an_empty_cart_is_not_checked_out():
    refused = Buyer().post(f"{API}checkouts/")

    assert (refused.status_code, refused.json()["code"]) == (409, "empty_cart")


def test_a_placed_checkout_takes_no_changes(lamp):
    buyer = Buyer()
    checkout = ready(buyer, lamp)
    buyer.complete(checkout)

    refused = buyer.patch(checkout_url(checkout), {"email": "new@example.com"})

    assert (refused.status_code, refused.json()["code"]) == (409, "checkout_closed")


@pytest.mark.parametrize(
    ("sent", "attr"),
    [
        *[({"email": junk}, "email") for junk in [*JUNK, "", "nobody", "\0@x.example"]],
        *[({"shipping_address": junk}, "shipping_address") for junk in JUNK],
        *[
            ({"shipping_address": ADDRESS | {"city": junk}}, "shipping_address.city")
            for junk in JUNK[:4]
        ],
        ({"shipping_address": ADDRESS | {"country": "XX"}}, "shipping_address.country"),
        ({"shipping_address": ADDRESS | {"city": "🏙"}}, "shipping_address.city"),
        ({"billing_address": {}}, "billing_address."),
        ({"deliveries": [{"shop": 1.5, "method": "x"}]}, "deliveries."),
        ({"deliveries": [7]}, "deliveries."),
        ({"deliveries": "x"}, "deliveries"),
        ({"deliveries": [{"shop": str(uuid4())}] * 101}, "deliveries"),
        ({"notes": "n" * 100_000}, "notes"),
        ([1], ""),
    ],
)
def test_what_is_wrong_is_named_and_nothing_of_it_kept(lamp, sent, attr):
    buyer = Buyer()
    before = ready(buyer, lamp)
    more = {"notes": "Ring."} if isinstance(sent, dict) else None

    refused = buyer.patch(checkout_url(before), more | sent if more else sent)

    assert refused.status_code == 400, refused.data
    assert all(str(named).startswith(attr) for named in attrs(refused))
    assert buyer.get(checkout_url(before)).json() == before


def test_an_unknown_way_to_deliver_leaves_the_rest_unwritten(lamp):
    buyer = Buyer()
    before = ready(buyer, lamp)
    choice = {"shop": str(lamp.shop_id), "method": str(uuid4())}

    refused = buyer.patch(
        checkout_url(before), {"email": "new@example.com", "deliveries": [choice]}
    )

    assert (refused.status_code, refused.json()["code"]) == (
        409,
        "delivery_unavailable",
    )
    assert buyer.get(checkout_url(before)).json() == before


@pytest.mark.parametrize(
    ("wrong", "attr"),
    [
        *[({"quote_hash": junk}, "quote_hash") for junk in JUNK if junk != 7],
        *[({"gateway": junk}, "gateway") for junk in JUNK if junk != 7],
        *[({"token": junk}, "token") for junk in JUNK if junk != 7],
        ({"return_url": "https://elsewhere.example/"}, "return_url"),
        ({"return_url": "javascript:alert(1)"}, "return_url"),
    ],
)
def test_a_bad_yes_is_refused_by_field(lamp, wrong, attr):
    buyer = Buyer()

    refused = buyer.complete(ready(buyer, lamp), **wrong)

    assert (refused.status_code, attrs(refused)) == (400, [attr])
    assert not Order.objects.exists()


def test_other_people_s_checkouts_are_not_found(lamp):
    checkout = ready(Buyer(), lamp)

    for other in (Buyer(), Buyer(UserFactory())):
        assert other.get(checkout_url(checkout)).status_code == 404
        change = {"email": "mine@example.com"}
        assert other.patch(checkout_url(checkout), change).status_code == 404
        assert other.complete(checkout).status_code == 404
    assert Checkout.objects.get().email == "buyer@example.com"
    assert not Order.objects.exists()


def test_a_guest_s_yes_asks_for_the_csrf_token(lamp):
    buyer = Buyer()
    checkout = ready(buyer, lamp)
    buyer.credentials()

    assert buyer.complete(checkout).status_code == 403
    assert buyer.post(f"{API}checkouts/").status_code == 403
    pay = f"{API}payments/checkouts/{checkout['id']}/start/"
    assert buyer.post(pay, {}).status_code == 403
    assert not Order.objects.exists()


# ------------------------------------------------------------------ sent again
def test_the_same_key_gives_the_same_answer(lamp):
    buyer = Buyer()
    checkout = ready(buyer, lamp)

    first, again = buyer.complete(checkout, "k"), buyer.complete(checkout, "k")
    other = buyer.complete(checkout, "k", token="decline")
    without = buyer.post(f"{checkout_url(checkout)}complete/", {})

    assert (again.status_code, again.json()) == (201, first.json())
    assert again["Idempotency-Replayed"] == "true"
    assert (other.status_code, without.status_code) == (422, 400)
    assert (Order.objects.count(), SimulatedCharge.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("keys", ["one key", "a key each"])
def test_twenty_at_once_place_one_set_of_orders(lamp, keys):
    buyer = Buyer()
    checkout = ready(buyer, lamp, ware("10.00"))

    def complete(place):
        mine = Buyer()
        mine.cookies["cart"] = buyer.cookies["cart"].value
        return mine.complete(checkout, "k" if keys == "one key" else f"k{place}")

    answers = at_once(complete, range(20), workers=10)

    assert {answer.status_code for answer in answers} <= {201, 409}
    placed = [
        answer.json()["orders"] for answer in answers if answer.status_code == 201
    ]
    assert placed
    assert all(orders == placed[0] for orders in placed)
    assert (Order.objects.count(), SimulatedCharge.objects.count()) == (2, 1)
    assert Checkout.objects.get().status == CheckoutStatus.PAID
    assert not Cart.objects.filter(status="open").exists()


@pytest.mark.django_db(transaction=True)
def test_two_addresses_sent_at_once_are_both_kept(lamp):
    buyer = Buyer()
    url = checkout_url(ready(buyer, lamp))

    def change(sent):
        mine = Buyer()
        mine.cookies["cart"] = buyer.cookies["cart"].value
        return mine.patch(url, sent).status_code

    for turn in range(10):
        town = ADDRESS | {"city": f"Town {turn}"}
        both = [{"shipping_address": town}, {"billing_address": town}]
        answers = at_once(change, both, workers=2)

        kept = buyer.get(url).json()
        cities = [
            kept[name]["city"] for name in ("shipping_address", "billing_address")
        ]
        assert (answers, cities) == ([200, 200], [f"Town {turn}"] * 2)


# ------------------------------------------------------------------ cost
def test_a_checkout_costs_the_same_for_one_item_and_for_three(
    lamp, django_assert_num_queries, django_assert_max_num_queries
):
    buyer = Buyer()
    url = checkout_url(ready(buyer, lamp))
    with django_assert_max_num_queries(12) as one:
        buyer.get(url)
    asks = len(one)
    for price in ("10.00", "11.00"):
        buyer.add(ware(price))

    with django_assert_num_queries(asks):
        assert len(buyer.get(url).json()["deliveries"]) == 3


def test_the_page_s_cart_and_the_program_s_are_one(lamp):
    """The same cookie opens both doors."""
    buyer, browser = Buyer(), Client()
    checkout = ready(buyer, lamp)
    browser.cookies["cart"] = buyer.cookies["cart"].value

    shown = browser.get("/checkout/", follow=True)

    assert checkout["id"] in shown.redirect_chain[-1][0]
