"""Programs that pay and give back, all at once, at a running store of two processes."""

import threading
import time
from collections import Counter
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import transaction
from django.db.models import Sum
from django.test import Client
from django.utils import timezone

from orders.models import Checkout, Order
from orders.queries import checkout_view
from payments.models import Refund, SimulatedCharge
from shop.models import IdempotencyKey
from tests.factories.catalog import ProductVariantFactory
from tests.factories.orders import DeliveryMethodFactory
from tests.factories.users import ShopMemberFactory
from tests.orders.crowds import at_once
from tests.orders.purchases import fill_checkout
from tests.orders.web import Browser, served
from tests.payments.purchases import paid_order

pytestmark = pytest.mark.django_db(transaction=True)
REFUNDS = "/api/v1/payments/refunds/"
TRIES = 20
DEADLINE_S = 60


@pytest.mark.parametrize("keys", ["a key each", "one key"])
def test_twenty_refunds_at_once_give_no_more_than_was_paid(keys):
    order = paid_order("10.00")
    client = Client()
    client.force_login(ShopMemberFactory(shop=order.shop, role="manager").user)
    session = client.cookies["sessionid"].value

    with served() as shop:

        def give_back(place):
            key = f"k{place}" if keys == "a key each" else "k"
            return Browser(shop.port, sessionid=session).post_json(
                REFUNDS,
                {"order": str(order.pk), "amount": "1.00", "reason": "broken"},
                **{"Idempotency-Key": key},
            )

        answers = at_once(give_back, range(TRIES), workers=TRIES)

    said = Counter(
        answer.json()["code"] if answer.status == 409 else answer.status
        for answer in answers
    )
    given = Decimal(10) if keys == "a key each" else Decimal(1)
    if keys == "a key each":
        assert said == {201: 10, "refund_too_large": 10}
    else:
        assert said[201] >= 1
        assert said[201] + said["request_in_progress"] == TRIES
        done = [answer.json() for answer in answers if answer.status == 201]
        assert all(body == done[0] for body in done)
    order.refresh_from_db()
    charge = SimulatedCharge.objects.get()
    assert Refund.objects.aggregate(sum=Sum("amount"))["sum"] == given
    assert sum(map(Decimal, charge.refunds.values())) == given
    assert order.total_refunded == given


def test_a_key_at_work_is_refused_and_its_answer_given_again():
    mug = ProductVariantFactory(inventory_quantity=5)
    DeliveryMethodFactory(zone__shop=mug.product.shop)
    now = timezone.now()
    checkout = fill_checkout({mug: 1}, now=now)
    agreed = checkout_view(checkout_id=checkout.pk, now=now).quote.hash
    sent = {
        "quote_hash": agreed,
        "gateway": "test",
        "token": "approve",
        "return_url": "/checkout/done/",
    }
    key, answers = uuid4().hex, []

    with served() as shop:
        browser = Browser(shop.port, token=checkout.cart.session_id)

        def complete(**more):
            return browser.post_json(
                f"/api/v1/checkouts/{checkout.pk}/complete/",
                sent | more,
                **{"Idempotency-Key": key},
            )

        first = threading.Thread(target=lambda: answers.append(complete()))
        with transaction.atomic():
            # The first waits for this row, in the middle of its work.
            Checkout.objects.select_for_update().get(pk=checkout.pk)
            first.start()
            until = time.monotonic() + DEADLINE_S
            while not IdempotencyKey.objects.filter(key=key).exists():
                assert time.monotonic() < until
                time.sleep(0.01)
            meanwhile, other = complete(), complete(token="decline")
        first.join()
        again, still_other = complete(), complete(token="decline")

    (done,) = answers
    assert (meanwhile.status, meanwhile.json()["code"]) == (409, "request_in_progress")
    assert int(meanwhile.headers["Retry-After"]) >= 1
    for refused in (other, still_other):
        assert (refused.status, refused.json()["code"]) == (
            422,
            "idempotency_key_reused",
        )
    assert done.status == again.status == 201
    assert done.json() == again.json()
    assert "Idempotency-Replayed" not in done.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert done.json()["payment"]["status"] == "succeeded"
    assert (Order.objects.count(), SimulatedCharge.objects.count()) == (1, 1)
