"""All orders that match, sent or marked as delivered at once, by a job."""

from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from orders.models import Order, OrderStatus, OrderTracking
from orders.services.fulfillment import ship_rest
from orders.services.orders import mark_delivered
from shop.models import Job, JobRow, RowState
from shop.services.jobs import run_job
from tests.factories.catalog import ProductVariantFactory
from tests.orders.test_sell_orders_pages import paid, seller

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def test_gateway(settings) -> None:
    settings.ALLOW_TEST_GATEWAY = True


@pytest.fixture
def orders() -> list[Order]:
    """Three paid ones of one shop, and one of another's."""
    lamp = ProductVariantFactory(
        inventory_quantity=50, price=10, product__shop__country=""
    )
    paid()
    return [paid(lamp) for _ in range(3)]


def page(order: Order) -> str:
    return reverse("sell:orders_all", args=[order.shop.slug])


def work() -> Job:
    job = Job.objects.get()
    while run_job(job_id=job.pk, budget_s=10, clock=timezone.now):
        pass
    job.refresh_from_db()
    return job


def test_all_that_match_are_sent_once_and_nobody_elses(orders):
    client = seller(orders[0], "staff")
    shown = client.get(page(orders[0]), {"tab": "to_pack", "do": "send"})
    assert "Send 3 orders" in shown.content.decode()

    sent = {"tab": "to_pack", "do": "send", "carrier": "Post", "expected": "3"}
    token = str(uuid4())
    answers = [client.post(page(orders[0]), {**sent, "token": token}) for _ in range(2)]
    ship_rest(
        order_id=orders[1].pk,
        carrier="By hand",
        tracking_number="",
        by=None,
        now=timezone.now(),
    )
    job = work()

    assert answers[0].url == answers[1].url
    assert job.total_rows == 3
    parcels = OrderTracking.objects.values_list("order_id", "carrier")
    assert sorted(parcels) == sorted(
        [
            (orders[0].pk, "Post"),
            (orders[1].pk, "By hand"),
            (orders[2].pk, "Post"),
        ]
    )
    refused = JobRow.objects.get(job=job, state=RowState.REFUSED)
    assert (refused.entity_id, refused.message) == (
        orders[1].pk,
        "It was sent before.",
    )


def test_another_number_by_then_is_shown_again(orders):
    client = seller(orders[0])

    sent = {"tab": "to_pack", "do": "send", "expected": "2"}
    response = client.post(page(orders[0]), sent)

    assert "Meanwhile it is 3 instead of 2" in response.content.decode()
    assert not Job.objects.exists()


def test_what_was_sent_is_marked_as_delivered(orders):
    for order in orders[:2]:
        ship_rest(
            order_id=order.pk,
            carrier="",
            tracking_number="",
            by=None,
            now=timezone.now(),
        )
    client = seller(orders[0])
    sent = {"tab": "sent", "do": "deliver", "expected": "2"}
    client.post(page(orders[0]), sent)
    mark_delivered(order_id=orders[0].pk, now=timezone.now())
    work()

    states = Order.objects.filter(pk__in=[one.pk for one in orders])
    assert sorted(states.values_list("status", flat=True)) == [
        OrderStatus.DELIVERED,
        OrderStatus.DELIVERED,
        OrderStatus.PROCESSING,
    ]


def test_nothing_to_do_leads_back_with_a_word(orders):
    client = seller(orders[0])

    response = client.get(
        page(orders[0]), {"tab": "delivered", "do": "send"}, follow=True
    )

    assert "No order of this list can be sent" in response.content.decode()


def test_program_does_the_same(orders):
    client = APIClient()
    client.force_login(orders[0].shop.owner)
    address = reverse("v1:sell-orders-change", args=[orders[0].shop.slug])
    sent = {"filter": {"tab": "to_pack"}, "action": "send"}

    wrong = client.post(address, {**sent, "expected": 9}, format="json")
    answer = client.post(address, {**sent, "expected": 3}, format="json")
    work()

    assert wrong.json()["code"] == "count_changed"
    assert answer.status_code == 202
    assert OrderTracking.objects.count() == 3


def test_search_of_everything_sends_what_can_be_sent_alone(orders):
    mark = Order.objects.filter(pk=orders[0].pk)
    mark.update(status=OrderStatus.CANCELLED)
    client = seller(orders[1])

    client.post(page(orders[1]), {"tab": "all", "do": "send", "expected": "2"})
    work()

    assert not OrderTracking.objects.filter(order=orders[0]).exists()
    assert OrderTracking.objects.count() == 2
