"""Returns behind the counter: answered, looked at by unit, paid back once."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog.models import ProductVariant
from orders.errors import (
    NotInOrder,
    RefundTooLarge,
    ReturnRefused,
    TooManyUnits,
    WrongStatus,
)
from orders.models import Order, OrderReturn, ReturnStatus
from orders.queries.sell_returns import (
    clock_of,
    listed_returns,
    return_counts,
    sell_return,
    shop_returns,
)
from orders.services.news import RETURN_ANSWERED, about_answer
from orders.services.orders import mark_delivered, ship_items
from orders.services.returns import (
    Inspected,
    approve_return,
    note_sent_back,
    receive_return,
    refuse_return,
    request_return,
    withdraw,
)
from orders.tasks import tell_buyer
from payments.errors import InvalidAmount, RefundChanged
from payments.models import Refund
from payments.services.item_refunds import RefundLine, refund_items
from payments.services.payments import start_payment
from payments.services.return_refunds import refund_return, return_refund
from tests.factories.catalog import ProductVariantFactory
from tests.factories.orders import OrderReturnFactory
from tests.factories.users import ShopMemberFactory
from tests.orders.crowds import at_once, kinds
from tests.orders.purchases import fill_checkout, say_yes

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0)
MANY = "9" * 400


@pytest.fixture(autouse=True)
def test_gateway(settings) -> None:
    settings.ALLOW_TEST_GATEWAY = True


def lamp(**more) -> ProductVariant:
    made = {"inventory_quantity": 20, "price": Decimal("9.99"), **more}
    if "product__shop" not in more:
        made["product__shop__country"] = ""
    return ProductVariantFactory(**made)


def delivered(*variants: ProductVariant, units: int = 3) -> Order:
    checkout = fill_checkout({one: units for one in variants or (lamp(),)}, now=NOW)
    say_yes(checkout, now=NOW)
    start_payment(
        checkout_id=checkout.pk,
        gateway="test",
        token="approve",
        return_url="/",
        now=NOW,
    )
    order = checkout.orders.select_related("shop").get()
    ship_items(
        order_id=order.pk,
        quantities={item.pk: item.quantity for item in order.items.all()},
        carrier="Post",
        tracking_number="1",
        now=NOW,
        by=None,
    )
    mark_delivered(order_id=order.pk, now=NOW)
    return order


def asked(order: Order, units: int = 2, answer: str = "To us") -> OrderReturn:
    """Approved, where there is an answer."""
    back = request_return(
        order_id=order.pk,
        quantities={item.pk: units for item in order.items.all()},
        reason="Too small",
        by=None,
        now=NOW,
    )
    if answer:
        approve_return(return_id=back.pk, by=None, now=NOW, answer=answer)
    return back


def received(back: OrderReturn, good: int, damaged: int = 0, **more) -> OrderReturn:
    line = back.lines.get()
    return receive_return(
        return_id=back.pk,
        restock=more.pop("restock", [line.pk]),
        inspected={line.pk: Inspected(good=good, damaged=damaged)},
        by=None,
        now=NOW,
    )


def give_back(back: OrderReturn, **more) -> list[Refund]:
    return refund_return(return_id=back.pk, by=None, now=NOW, **more)


def level(variant: ProductVariant) -> int:
    return ProductVariant.objects.get(pk=variant.pk).inventory_quantity


# ------------------------------------------------------------------ looked at


def test_good_units_go_back_on_the_shelf_and_damaged_ones_do_not() -> None:
    ware = lamp()
    back = asked(delivered(ware), units=3)

    back = received(back, good=2, damaged=1)

    line = back.lines.get()
    assert (line.quantity, line.received_quantity, line.damaged_quantity) == (3, 3, 1)
    assert (back.status, back.refund_total) == ("received", Decimal("29.97"))
    assert level(ware) == 19


def test_what_did_not_come_back_leaves_the_return() -> None:
    ware = lamp()
    order = delivered(ware)
    back = received(asked(order, units=3), good=1)

    view = sell_return(back=shop_returns(shop_id=order.shop_id).get(), now=NOW)
    assert (back.refund_total, level(ware)) == (Decimal("9.99"), 18)
    assert view.missing == [(order.items.get().sku, 2)]
    # The buyer can announce them again.
    asked(order, units=2)


@pytest.mark.parametrize(
    ("good", "damaged", "refusal"),
    [
        (3, 0, TooManyUnits),
        (1, 2, TooManyUnits),
        (-1, 1, TooManyUnits),
        (0, 0, ReturnRefused),
    ],
)
def test_no_other_units_are_received(good: int, damaged: int, refusal: type) -> None:
    ware = lamp()
    back = asked(delivered(ware))

    with pytest.raises(refusal):
        received(back, good=good, damaged=damaged)

    back.refresh_from_db()
    assert (back.status, level(ware)) == (ReturnStatus.APPROVED, 17)


def test_lines_of_other_returns_are_not_of_this_one() -> None:
    back, other = asked(delivered()), asked(delivered())

    with pytest.raises(NotInOrder):
        receive_return(
            return_id=back.pk,
            restock=[],
            inspected={other.lines.get().pk: Inspected(good=1)},
            by=None,
            now=NOW,
        )


def test_a_refusal_says_why() -> None:
    back = asked(delivered(), answer="")

    with pytest.raises(ReturnRefused):
        refuse_return(return_id=back.pk, by=None, now=NOW, answer=" \0")

    back.refresh_from_db()
    assert back.status == ReturnStatus.REQUESTED


def test_a_withdrawal_is_told_where_to_go_once() -> None:
    back = withdraw(order_id=delivered().pk, now=NOW)

    for words in ("1 Street", "2 Street"):
        approve_return(return_id=back.pk, by=None, now=NOW, answer=words)

    back.refresh_from_db()
    assert back.answer == "1 Street"


@pytest.mark.django_db(transaction=True)
def test_many_receive_it_and_stock_grows_once() -> None:
    ware = lamp()
    back = asked(delivered(ware), units=2)
    line = back.lines.get()

    at_once(
        lambda _place: receive_return(
            return_id=back.pk,
            restock=[line.pk],
            inspected={line.pk: Inspected(good=2)},
            by=None,
            now=NOW,
        ),
        range(8),
    )

    assert level(ware) == 19


@pytest.mark.parametrize("answer", ["Send it to 1 Street", "It was worn"])
def test_the_buyer_is_written_what_the_shop_says_once(answer: str) -> None:
    order = delivered()
    back = asked(order, answer="")
    step = refuse_return if "worn" in answer else approve_return
    back = step(return_id=back.pk, by=None, now=NOW, answer=answer)
    about = about_answer(return_id=back.pk, status=back.status)

    for _ in range(2):
        tell_buyer(order_id=str(order.pk), status=RETURN_ANSWERED, about=about)

    (letter,) = mail.outbox
    assert answer in letter.body
    assert ("does not take back" in letter.body) is (step is refuse_return)
    assert letter.to == ["buyer@example.com"]


# ------------------------------------------------------------------ the clock


def test_the_law_gives_fourteen_days_after_the_withdrawal() -> None:
    back = withdraw(order_id=delivered().pk, now=NOW)

    clock = clock_of(back=back, now=NOW + timedelta(days=13, hours=1))
    late = clock_of(back=back, now=NOW + timedelta(days=14))

    assert clock is not None and late is not None
    assert clock.due == NOW + timedelta(days=14)
    assert (clock.is_over, clock.days_left, clock.may_wait) == (False, 1, True)
    assert (late.is_over, late.days_left) == (True, 0)


def test_no_clock_runs_for_a_return_or_once_the_money_is_back() -> None:
    back = received(withdraw(order_id=delivered().pk, now=NOW), good=3)
    running = clock_of(back=back, now=NOW)
    give_back(back)
    back.refresh_from_db()

    assert running is not None and not running.may_wait
    assert clock_of(back=back, now=NOW) is None
    assert clock_of(back=asked(delivered()), now=NOW) is None


# ------------------------------------------------------------------ the money


def test_the_money_goes_back_once_however_often_it_is_asked() -> None:
    order = delivered()
    back = received(asked(order), good=1, damaged=1)

    first, second = give_back(back), give_back(back)

    back.refresh_from_db()
    order.refresh_from_db()
    assert [one.pk for one in first] == [one.pk for one in second]
    assert order.total_refunded == back.refund_total == Decimal("19.98")
    assert back.status == ReturnStatus.REFUNDED


@pytest.mark.django_db(transaction=True)
def test_many_give_the_money_back_at_once_and_it_goes_once() -> None:
    order = delivered()
    back = received(asked(order), good=2)

    results = at_once(lambda _place: give_back(back), range(8))

    order.refresh_from_db()
    assert kinds(results) == {"list": 8}
    assert Refund.objects.count() == 1
    assert order.total_refunded == Decimal("19.98")


def test_a_withdrawal_from_all_of_it_gives_the_delivery_back_too() -> None:
    order = delivered()
    part = withdraw(order_id=order.pk, now=NOW, quantities={order.items.get().pk: 1})
    part.order = order
    whole = withdraw(order_id=(other := delivered()).pk, now=NOW)
    whole = received(whole, good=3)

    assert not return_refund(back=part).is_whole
    give_back(whole)

    other.refresh_from_db()
    assert other.total_refunded == other.total_price


def test_units_refunded_another_way_are_not_paid_for_twice() -> None:
    order = delivered()
    item = order.items.get()
    refund_items(
        order_id=order.pk,
        lines=[RefundLine(item_id=item.pk, sent=2)],
        reason="",
        by=None,
        now=NOW,
    )
    back = received(asked(order, units=2), good=2)

    (refund,) = give_back(back)

    assert refund.amount == Decimal("9.99")


def test_it_is_given_back_before_the_goods_on_proof_of_sending() -> None:
    ware = lamp()
    order = delivered(ware)
    back = withdraw(order_id=order.pk, now=NOW)
    with pytest.raises(WrongStatus):
        give_back(back)

    for _ in range(2):
        note_sent_back(return_id=back.pk, by=None, now=NOW)
    give_back(back)
    back.refresh_from_db()
    early = back.status
    back = received(back, good=2)

    assert (early, back.status) == (ReturnStatus.REFUNDED, ReturnStatus.REFUNDED)
    # It was paid for, so it stays in the return.
    assert back.lines.get().quantity == 3
    assert level(ware) == 19
    order.refresh_from_db()
    assert order.total_refunded == order.total_price


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"amount": Decimal(100)}, RefundTooLarge),
        ({"amount": Decimal(0)}, InvalidAmount),
        ({"amount": Decimal(-1)}, InvalidAmount),
        ({"amount": Decimal("NaN")}, InvalidAmount),
        ({"amount": Decimal("0.001")}, InvalidAmount),
        ({"expected": Decimal("1.00")}, RefundChanged),
    ],
)
def test_no_other_amount_goes_back(more: dict, refusal: type) -> None:
    back = received(asked(delivered()), good=2)

    with pytest.raises(refusal):
        give_back(back, **more)

    assert not Refund.objects.exists()


# ------------------------------------------------------------------ lists


def test_a_shop_lists_its_own_what_waits_longest_first() -> None:
    ware = lamp()
    first, second = asked(delivered(ware), answer=""), asked(delivered(ware), answer="")
    asked(delivered(), answer="")
    shop_id = ware.product.shop_id

    _page, rows = listed_returns(shop_id=shop_id, tab=ReturnStatus.REQUESTED, now=NOW)

    assert [row.back.pk for row in rows] == [first.pk, second.pk]
    assert [row.units for row in rows] == [2, 2]
    assert return_counts(shop_id=shop_id) == {
        ReturnStatus.REQUESTED: 2,
        ReturnStatus.APPROVED: 0,
        ReturnStatus.RECEIVED: 0,
    }


# ------------------------------------------------------------------ pages


def client_of(order: Order, role: str = "owner") -> Client:
    person = order.shop.owner
    if role != "owner":
        person = ShopMemberFactory(shop=order.shop, role=role).user
    client = Client()
    client.force_login(person)
    return client


def address(name: str, back: OrderReturn) -> str:
    shop = back.order.shop
    return reverse(f"sell:{name}", args=[shop.slug, back.pk])


def test_from_the_request_to_the_money_by_its_pages() -> None:
    ware = lamp()
    order = delivered(ware)
    back = asked(order, answer="")
    client = client_of(order)
    line = back.lines.get()

    asked_for = client.get(address("return", back)).content.decode()
    client.post(address("return_approve", back), {"approve-answer": "1 Street"})
    client.post(
        address("return_receive", back),
        {f"good-{line.pk}": 1, f"damaged-{line.pk}": 1, f"restock-{line.pk}": "on"},
    )
    due = client.get(address("return_refund", back)).content.decode()
    for _ in range(2):
        client.post(address("return_refund", back), {"expected": "19.98"})

    back.refresh_from_db()
    order.refresh_from_db()
    assert "Too small" in asked_for
    assert "$19.98" in due
    assert (back.status, back.answer) == (ReturnStatus.REFUNDED, "1 Street")
    assert (order.total_refunded, level(ware)) == (Decimal("19.98"), 18)
    page = client.get(address("return", back)).content.decode()
    assert "1 came back" in page or "2 came back, 1 damaged" in page


def test_staff_receive_and_do_not_decide_or_pay() -> None:
    order = delivered()
    back = asked(order, answer="")
    client = client_of(order, "staff")

    answers = [
        client.post(address(name, back), {"approve-answer": "1 Street"}).status_code
        for name in ("return_approve", "return_refuse", "return_refund")
    ]

    back.refresh_from_db()
    page = client.get(address("return", back)).content.decode()
    assert answers == [403, 403, 403]
    assert back.status == ReturnStatus.REQUESTED
    assert "Approve" not in page


@pytest.mark.parametrize("units", ["", "x", "-1", "1.5", MANY, "3", "\0"])
def test_units_that_cannot_be_are_told_beside_the_field(units: str) -> None:
    order = delivered()
    back = asked(order)
    line = back.lines.get()

    answer = client_of(order).post(
        address("return_receive", back),
        {f"good-{line.pk}": units, f"damaged-{line.pk}": "0"},
    )

    back.refresh_from_db()
    assert answer.status_code == 200
    assert "field-error" in answer.content.decode()
    assert back.status == ReturnStatus.APPROVED


@pytest.mark.parametrize(
    "amount", ["x", "-1", "1.999", MANY, "99999", "NaN", "Infinity"]
)
def test_amounts_that_cannot_be_are_told_beside_the_field(amount: str) -> None:
    order = delivered()
    back = received(asked(order), good=2)

    answer = client_of(order).post(address("return_refund", back), {"amount": amount})

    assert answer.status_code == 200
    assert "field-error" in answer.content.decode()
    assert not Refund.objects.exists()


def test_another_shops_return_and_photo_are_not_found() -> None:
    order, theirs = delivered(), asked(delivered(), answer="")
    client = client_of(order)
    shop = order.shop.slug

    statuses = {
        client.get(reverse(f"sell:{name}", args=[shop, id_])).status_code
        for name, id_ in (
            ("return", theirs.pk),
            ("return_refund", theirs.pk),
            ("return", uuid4()),
            ("return_photo", uuid4()),
        )
    }

    assert statuses == {404}


def test_the_list_asks_the_same_number_of_statements() -> None:
    ware = lamp()
    order = delivered(ware)
    asked(order, answer="")
    client = client_of(order)
    page = reverse("sell:returns", args=[order.shop.slug])
    client.get(page)
    with CaptureQueriesContext(
        connection,
    ) as one:
        client.get(page)
    OrderReturnFactory.create_batch(4, order=order, event_time=NOW)

    with CaptureQueriesContext(connection) as many:
        body = client.get(page).content.decode()

    assert body.count('scope="row"') == 5
    assert len(many) == len(one) <= 12


def test_programs_do_the_same() -> None:
    order = delivered()
    back = asked(order, answer="")
    client = client_of(order)
    root = f"/api/v1/sell/{order.shop.slug}/returns/"
    one = f"{root}{back.pk}/"
    line = back.lines.get()

    def post(path: str, data: dict):
        return client.post(one + path, data, content_type="application/json")

    listed = client.get(root).json()
    statuses = [
        post("approve/", {"answer": ""}).status_code,
        post("approve/", {"answer": "1 Street"}).status_code,
        post("receive/", {"lines": [{"line": line.pk, "good": 3}]}).status_code,
        post("receive/", {"lines": [{"line": uuid4(), "good": 1}]}).status_code,
        post("receive/", {"lines": [{"line": line.pk, "good": 2}]}).status_code,
    ]
    plan = client.get(f"{one}refund/").json()
    refunds = [post("refund/", {"expected": plan["due"]}) for _ in range(2)]

    assert [row["id"] for row in listed["results"]] == [str(back.pk)]
    assert listed["counts"]["requested"] == 1
    assert statuses == [400, 200, 409, 409, 200]
    assert plan["due"] == "19.98"
    assert [answer.status_code for answer in refunds] == [201, 201]
    assert refunds[0].json() == refunds[1].json()
    assert client.get(one).json()["status"] == "refunded"
