"""Paying and giving back through the API; other people's rows are not there."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.core import signing
from rest_framework.test import APIClient

from orders.models import Checkout
from orders.visitor import COOKIE, SALT
from payments.models import Refund, SimulatedCharge
from shop.ids import uuid7
from tests.factories.orders import CartFactory, OrderReturnFactory
from tests.factories.users import (
    OperatorFactory,
    RoleFactory,
    ShopMemberFactory,
    UserFactory,
    UserRoleFactory,
)
from tests.payments.purchases import paid_order, placed_checkout

pytestmark = pytest.mark.django_db
PAYMENTS = "/api/v1/payments/"


@pytest.fixture(autouse=True)
def today(time_machine_at_noon):
    return time_machine_at_noon


@pytest.fixture
def buyer():
    return UserFactory()


@pytest.fixture
def checkout(buyer):
    made = placed_checkout("10.00")
    Checkout.objects.filter(pk=made.pk).update(user=buyer)
    return made


def client(user=None):
    made = APIClient()
    if user is not None:
        made.force_authenticate(user)
    return made


def start(by, checkout, token="approve", **more):
    asked = {"gateway": "test", "token": token, "return_url": "/back/", **more}
    return by.post(f"{PAYMENTS}checkouts/{checkout.pk}/start/", asked)


def give_back(by, order, amount="4.00", key="k1", **more):
    asked = {"order": str(order.pk), "amount": amount, "reason": "broken", **more}
    headers = {"Idempotency-Key": key} if key else {}
    return by.post(f"{PAYMENTS}refunds/", asked, headers=headers)


# ------------------------------------------------------------------ paying
def test_a_buyer_pays_and_looks(buyer, checkout):
    by = client(buyer)

    before = by.get(f"{PAYMENTS}checkouts/{checkout.pk}/")
    paid = start(by, checkout)
    after = by.get(f"{PAYMENTS}checkouts/{checkout.pk}/")

    assert before.data["status"] == "not_started"
    assert (paid.status_code, paid.data["status"]) == (200, "succeeded")
    assert (
        after.data
        == paid.data
        == {
            "status": "succeeded",
            "next_url": None,
            "message": "Your payment is here. Thank you.",
        }
    )


def test_a_buyer_confirms_and_completes(buyer, checkout):
    by = client(buyer)

    asked = start(by, checkout, "require_action")
    decided = by.post(
        asked.data["next_url"], {"decision": "approve"}, format="multipart"
    )
    done = by.post(f"{PAYMENTS}checkouts/{checkout.pk}/complete/")

    assert asked.data["status"] == "requires_action"
    assert (decided.status_code, decided["Location"]) == (302, "/back/")
    assert done.data["status"] == "succeeded"


def test_a_start_sent_again_is_answered_again(buyer, checkout):
    by = client(buyer)
    by.credentials(HTTP_IDEMPOTENCY_KEY="k")

    first, second = start(by, checkout, "decline"), start(by, checkout, "decline")

    assert first.data == second.data
    assert SimulatedCharge.objects.count() == 1
    assert start(by, checkout, "approve").status_code == 422


def test_a_guest_pays_with_the_carts_cookie(checkout):
    cart = CartFactory(user=None, session_id="token")
    Checkout.objects.filter(pk=checkout.pk).update(user=None, cart=cart)
    by, other = client(), client()
    by.cookies[COOKIE] = signing.get_cookie_signer(salt=COOKIE + SALT).sign("token")

    assert start(other, checkout).status_code == 404
    assert start(by, checkout).data["status"] == "succeeded"


def test_other_peoples_checkouts_are_not_there(checkout):
    for by in (client(), client(UserFactory()), client(OperatorFactory())):
        address = f"{PAYMENTS}checkouts/{checkout.pk}/"
        assert by.get(address).status_code == 404
        assert start(by, checkout).status_code == 404
        assert by.post(f"{address}complete/").status_code == 404
        assert by.get(f"{address}choices/").status_code == 404
    assert client().get(f"{PAYMENTS}checkouts/nonsense/").status_code == 404
    assert not SimulatedCharge.objects.exists()


def test_ways_to_pay_are_listed(buyer, checkout):
    answer = client(buyer).get(f"{PAYMENTS}checkouts/{checkout.pk}/choices/")

    assert [choice["token"] for choice in answer.data] == [
        "approve",
        "require_action",
        "decline",
        "time_out",
    ]


@pytest.mark.parametrize(
    ("wrong", "attr"),
    [
        ({"return_url": "https://elsewhere.example/"}, "return_url"),
        ({"return_url": "javascript:alert(1)"}, "return_url"),
        ({"gateway": ""}, "gateway"),
        ({"token": "x" * 501}, "token"),
    ],
)
def test_bad_input_is_said_by_field(buyer, checkout, wrong, attr):
    answer = start(client(buyer), checkout, **wrong)

    assert answer.status_code == 400
    assert [error["attr"] for error in answer.data["errors"]] == [attr]
    assert not SimulatedCharge.objects.exists()


def test_refusals_have_a_code(buyer, checkout):
    answer = start(client(buyer), checkout, gateway="nobody")

    assert (answer.status_code, answer.data["code"]) == (409, "gateway_unavailable")


# ------------------------------------------------------------------ giving back
def leader(order, role="manager"):
    return ShopMemberFactory(shop=order.shop, role=role).user


def permitted(*codenames):
    user, role = UserFactory(is_staff=True), RoleFactory()
    role.permissions.set(Permission.objects.filter(codename__in=codenames))
    UserRoleFactory(user=user, role=role)
    return user


def test_managers_owners_and_permitted_operators_give_back():
    for pick in (
        leader,
        lambda order: leader(order, "owner"),
        lambda order: order.shop.owner,
        lambda order: permitted("add_refund"),
    ):
        order = paid_order("10.00")
        user = pick(order)

        answer = give_back(client(user), order, key=str(order.pk))

        assert answer.status_code == 201
        assert [(row["amount"], row["status"]) for row in answer.data] == [
            ("4.00", "succeeded")
        ]
        assert Refund.objects.latest("id").processed_by == user


def test_staff_see_refunds_and_give_none():
    order = paid_order("10.00")
    give_back(client(leader(order)), order)
    by = client(leader(order, "staff"))

    assert give_back(by, order, key="k2").status_code == 403
    assert len(by.get(f"{PAYMENTS}refunds/").data["results"]) == 1
    assert Refund.objects.count() == 1


def test_other_shops_orders_payments_and_refunds_are_not_there():
    order, other = paid_order("10.00"), paid_order("10.00")
    give_back(client(leader(other)), other)
    by, payment, refund = (
        client(leader(order)),
        other.payments.get(),
        Refund.objects.get(),
    )

    assert give_back(by, other).status_code == 404
    assert by.get(f"{PAYMENTS}refunds/{refund.pk}/").status_code == 404
    assert by.get(f"{PAYMENTS}{payment.pk}/").status_code == 404
    assert by.get(f"{PAYMENTS}refunds/").data["results"] == []
    assert [row["order"] for row in by.get(PAYMENTS).data["results"]] == [order.pk]


def test_an_operator_without_the_permission_sees_nothing():
    order = paid_order("10.00")
    by = client(permitted("view_order"))

    assert give_back(by, order).status_code == 404
    assert by.get(PAYMENTS).data["results"] == []
    assert client(permitted("view_payment")).get(PAYMENTS).data["results"] != []


def test_a_refund_sent_again_is_answered_again():
    order = paid_order("10.00")
    by = client(leader(order))

    first, second = give_back(by, order), give_back(by, order)

    assert first.json() == second.json()
    assert Refund.objects.count() == 1
    assert give_back(by, order, "5.00").status_code == 422
    assert give_back(by, order, key=None).status_code == 400


def test_a_crash_in_the_middle_gives_once(monkeypatch):
    order = paid_order("10.00")
    by = client(leader(order))
    by.raise_request_exception = False

    def crash(*_args, **_more):
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr("payments.api.views.RefundSerializer", crash)
        first = give_back(by, order)
    second = give_back(by, order)

    assert (first.status_code, second.status_code) == (500, 201)
    assert Refund.objects.count() == 1


@pytest.mark.parametrize(
    ("amount", "status", "code"),
    [
        ("10.01", 409, "refund_too_large"),
        ("0", 400, "invalid"),
        ("-1", 400, "invalid"),
        ("0.001", 400, "invalid"),
        ("NaN", 400, "invalid"),
        ("many", 400, "invalid"),
    ],
)
def test_wrong_amounts_are_refused(amount, status, code):
    order = paid_order("10.00")

    answer = give_back(client(leader(order)), order, amount)

    assert (answer.status_code, answer.data["code"]) == (status, code)
    assert not Refund.objects.exists()


def test_another_orders_return_is_not_there():
    order = paid_order("10.00")
    back = OrderReturnFactory()

    answer = give_back(client(leader(order)), order, order_return=str(back.pk))

    assert answer.status_code == 404
    assert not Refund.objects.exists()


def test_an_unknown_order_is_not_there():
    answer = client(OperatorFactory()).post(
        f"{PAYMENTS}refunds/",
        {"order": str(uuid7()), "amount": "1.00"},
        headers={"Idempotency-Key": "k"},
    )

    assert answer.status_code == 404


def test_nobody_else_gets_in():
    assert client().get(PAYMENTS).status_code == 403
    assert client().get(f"{PAYMENTS}refunds/").status_code == 403


@pytest.mark.parametrize("address", [PAYMENTS, f"{PAYMENTS}refunds/"])
def test_lists_cost_the_same_for_one_row_and_three(
    address, django_assert_max_num_queries
):
    by = client(OperatorFactory())
    orders = [paid_order("10.00")]
    give_back(by, orders[0])
    for _ in range(2):
        with django_assert_max_num_queries(2):
            assert by.get(address).status_code == 200
        orders += [paid_order("10.00"), paid_order("10.00")]
        give_back(by, orders[-1], key=str(orders[-1].pk))
        give_back(by, orders[-2], key=str(orders[-2].pk))
    assert Decimal(by.get(address).data["results"][0]["amount"]) > 0
