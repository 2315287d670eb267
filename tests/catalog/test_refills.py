"""Whichever door units come back through, each person who waits is written to once."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from catalog import tasks
from catalog.models import InventoryLog, ProductVariant, StockAlert, StockReason
from catalog.services.alerts import ask_for_alert
from catalog.services.stock import correct_stock, count_stock
from ingestion.models import FileStatus
from ingestion.services.imports import run_import
from ingestion.services.uploads import receive_file
from orders.models import Order, OrderStatus
from orders.services.orders import cancel_order, mark_delivered, ship_items
from orders.services.returns import approve_return, receive_return, request_return
from shop.models import Job
from shop.services import jobs
from tests.factories.catalog import ProductVariantFactory
from tests.factories.shop import ShopFactory
from tests.factories.users import UserFactory, UserProfileFactory
from tests.orders.crowds import at_once
from tests.orders.purchases import buy

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lamp() -> ProductVariant:
    """Sold out: one unit is at its buyer's, another waits to be sent."""
    shop = ShopFactory.create(currency="KES", country="KE")
    made = ProductVariantFactory.create(
        product__shop=shop, product__name="Lamp", sku="LAMP", inventory_quantity=2
    )
    now = timezone.now()
    for _ in range(2):
        buy({made: 1}, now=now)
    sent = Order.objects.earliest("id")
    ship_items(
        order_id=sent.pk,
        quantities={item.pk: 1 for item in sent.items.all()},
        carrier="Post",
        tracking_number="1",
        now=now,
        by=None,
    )
    mark_delivered(order_id=sent.pk, now=now)
    return made


def seller(lamp: ProductVariant) -> Client:
    client = Client()
    client.force_login(lamp.shop.owner)
    return client


def work(job: Job) -> None:
    jobs.run_job(job_id=job.pk, budget_s=60, clock=timezone.now)
    job.refresh_from_db()
    assert job.done_rows == job.total_rows


# ------------------------------------------------------------------ the doors


def by_count(lamp: ProductVariant) -> None:
    where = reverse("sell:stock_set", args=[lamp.shop.slug, lamp.pk])
    answer = seller(lamp).post(where, {"count-counted": "3", "count-seen": "0"})
    assert answer.status_code == 302


def by_delivery(lamp: ProductVariant) -> None:
    where = reverse("v1:sell-stock-change", args=[lamp.shop.slug, lamp.pk])
    sent = {"change": 3, "reason": "delivery", "seen": 0}
    answer = seller(lamp).post(where, sent, content_type="application/json")
    assert answer.status_code == 200, answer.content


def by_count_sheet(lamp: ProductVariant) -> None:
    where = reverse("sell:stock_count", args=[lamp.shop.slug])
    plan = seller(lamp).post(where, {"scanned": "LAMP\nLAMP"}).context["plan"]
    where = reverse("sell:stock_count_apply", args=[lamp.shop.slug])
    seller(lamp).post(where, {"plan": plan})
    work(Job.objects.get())


def by_grid(lamp: ProductVariant) -> None:
    where = reverse("sell:grid", args=[lamp.shop.slug])
    plan = seller(lamp).post(where, {"paste": "sku;stock\nLAMP;3"}).context["plan"]
    seller(lamp).post(reverse("sell:grid_apply", args=[lamp.shop.slug]), {"plan": plan})
    work(Job.objects.get())


def by_api(lamp: ProductVariant) -> None:
    where = reverse("v1:sell-products-sheet", args=[lamp.shop.slug])
    sent = {"rows": [{"sku": "LAMP", "stock": "3"}]}
    answer = seller(lamp).post(where, sent, content_type="application/json")
    assert answer.status_code == 202, answer.content
    work(Job.objects.get())


def by_import(lamp: ProductVariant) -> None:
    receipt = receive_file(
        stream=io.BytesIO(b"sku,quantity\nLAMP,3\n"),
        filename="stock.csv",
        kind="soko",
        shop=lamp.shop,
        is_check=False,
        now=timezone.now(),
        queue=False,
    )
    run = run_import(file_id=receipt.file.pk, clock=timezone.now, chunk_lines=100)
    assert run.file.status == FileStatus.COMPLETED, run.file.error_message


def by_cancelled_order(_lamp: ProductVariant) -> None:
    order = Order.objects.get(status=OrderStatus.PROCESSING)
    cancel_order(order_id=order.pk, reason="", by=None, now=timezone.now())
    assert InventoryLog.objects.latest("id").order_id == order.pk


def by_return(_lamp: ProductVariant) -> None:
    order, now = Order.objects.get(status=OrderStatus.DELIVERED), timezone.now()
    back = request_return(
        order_id=order.pk,
        quantities={item.pk: 1 for item in order.items.all()},
        reason="Too small",
        by=None,
        now=now,
    )
    approve_return(return_id=back.pk, by=None, now=now, answer="To us")
    lines = list(back.lines.values_list("pk", flat=True))
    receive_return(return_id=back.pk, restock=lines, by=None, now=now)
    assert InventoryLog.objects.latest("id").order_id == order.pk


DOORS: tuple[Callable[[ProductVariant], None], ...] = (
    by_count,
    by_delivery,
    by_count_sheet,
    by_grid,
    by_api,
    by_import,
    by_cancelled_order,
    by_return,
)


def wait(lamp: ProductVariant) -> Counter[str]:
    """A guest and two people; the addresses that shall be written to, once each."""
    people = [UserFactory.create(), UserFactory.create()]
    for person in people:
        ask_for_alert(variant_id=lamp.pk, user_id=person.pk)
    ask_for_alert(variant_id=lamp.pk, email="guest@example.com")
    return Counter(["guest@example.com", *(person.email for person in people)])


def written() -> Counter[str]:
    return Counter(message.to[0] for message in mail.outbox)


@pytest.mark.parametrize("refill", DOORS)
def test_a_refill_through_any_door_is_told_once(
    lamp: ProductVariant, refill: Callable[[ProductVariant], None]
) -> None:
    expected = wait(lamp)

    refill(lamp)
    for _ in range(3):
        tasks.announce_back_in_stock()

    assert written() == expected
    assert not StockAlert.objects.filter(notified_at=None).exists()


def test_two_refills_and_two_clocks_at_once_write_to_each_once(
    lamp: ProductVariant,
) -> None:
    expected = wait(lamp)
    values: dict[str, Any] = {
        "shop_id": lamp.shop_id,
        "variant_id": lamp.pk,
        "seen": None,
        "now": NOON,
        "user_id": None,
    }

    def refill(number: int) -> None:
        if number % 2:
            count_stock(counted=3, **values)
        else:
            correct_stock(change=2, reason=StockReason.DELIVERY, **values)
        tasks.announce_back_in_stock()

    assert at_once(refill, range(8), workers=8) == [None] * 8

    connection.close()
    tasks.announce_back_in_stock()
    assert written() == expected


def test_the_next_time_it_is_gone_people_may_wait_again(lamp: ProductVariant) -> None:
    person = UserFactory.create()
    for _ in range(2):
        ask_for_alert(variant_id=lamp.pk, user_id=person.pk)
        by_delivery(lamp)
        tasks.announce_back_in_stock()
        ProductVariant.objects.update(inventory_quantity=0)

    assert written() == {person.email: 2}


# ------------------------------------------------------------------ languages


@pytest.mark.parametrize("door", ["page", "api"])
def test_a_guest_is_written_to_in_the_language_they_asked_in(
    lamp: ProductVariant, door: str
) -> None:
    headers = {"Accept-Language": "de"}
    if door == "page":
        where = reverse("catalog:stock_alert", args=[lamp.product.slug])
        sent = {"email": "gast@example.com"}
        Client(headers=headers).post(where, sent)
    else:
        sent = {"email": "gast@example.com", "variant": str(lamp.pk)}
        Client(headers=headers).post(
            reverse("v1:alerts"), sent, content_type="application/json"
        )
    assert StockAlert.objects.get().language == "de"

    by_cancelled_order(lamp)
    tasks.announce_back_in_stock()

    [message] = mail.outbox
    assert message.subject == "Lamp ist wieder da"


def test_the_language_that_an_account_chose_comes_first(lamp: ProductVariant) -> None:
    person = UserProfileFactory.create(language="sw").user
    ask_for_alert(variant_id=lamp.pk, user_id=person.pk, language="de")

    by_cancelled_order(lamp)
    tasks.announce_back_in_stock()

    with translation.override("sw"):
        expected = translation.gettext("%(product)s is back") % {"product": "Lamp"}
    assert [message.subject for message in mail.outbox] == [expected]
