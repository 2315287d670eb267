"""An order's one-page history: all of it, in order, for those who may see it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from orders.models import OrderMessage, OrderNote, OrderStatusChange
from payments.order_story import order_story
from tests.factories.orders import (
    InvoiceFactory,
    OrderFactory,
    OrderItemFactory,
    OrderReturnFactory,
    OrderTrackingFactory,
)
from tests.factories.payments import PaymentFactory, RefundFactory
from tests.factories.shop import GlobalEventFactory
from tests.factories.users import (
    ImpersonatedRequestFactory,
    OperatorFactory,
    RoleFactory,
    UserFactory,
    UserRoleFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client: Client) -> Any:
    person = OperatorFactory()
    client.force_login(person)
    return person


def fill(order: Any, operator: Any) -> None:
    """One more of everything that an order's story is made of."""
    now = timezone.now()
    OrderItemFactory(order=order)
    payment = PaymentFactory(order=order)
    RefundFactory(payment=payment, processed_by=operator, reason="Broken glass")
    OrderReturnFactory(order=order, reason="Too small")
    OrderTrackingFactory(order=order, carrier="Posta", tracking_number="P-7")
    if not order.invoices.exists():
        InvoiceFactory(order=order, shop=order.shop)
    OrderStatusChange.objects.create(
        order=order, status="cancelled", notes="Changed her mind", user=operator
    )
    OrderNote.objects.create(
        order=order, author=operator, text="Call first", created_at=now
    )
    OrderMessage.objects.create(
        order=order, kind="placed", about=str(uuid4()), claimed_at=now
    )
    GlobalEventFactory(
        entity_id=order.pk,
        event_type="order.held",
        actor_id=order.user_id,
        data={"operator_id": str(operator.pk)},
        event_time=now,
    )
    ImpersonatedRequestFactory(
        object_id=str(order.pk), impersonation__operator=operator
    )


def page_of(order: Any) -> str:
    return reverse("order_story", args=[order.pk])


def test_the_page_tells_all_of_an_order(client: Client, operator: Any) -> None:
    hour_ago = timezone.now() - timedelta(hours=1)
    order = OrderFactory(user=UserFactory(email="ada@example.com"), event_time=hour_ago)
    fill(order, operator)
    other = OrderFactory()
    OrderNote.objects.create(order=other, text="Not hers", created_at=timezone.now())

    words = client.get(page_of(order)).content.decode()

    for text in (
        "Call first",
        "Changed her mind",
        "Broken glass",
        "Too small",
        "Posta P-7",
        "order.held",
        f"{operator.email} for ada@example.com",
        "POST orders:cancel_order",
        "Begun, and not sent so far.",
    ):
        assert text in words, text
    assert "Not hers" not in words


def test_entries_stand_in_the_order_of_time(operator: Any) -> None:
    order = OrderFactory(event_time=timezone.now() - timedelta(hours=3))
    fill(order, operator)

    story = order_story(order=order, now=timezone.now() + timedelta(minutes=1))

    times = [entry.at for entry in story.entries]
    assert times == sorted(times)
    kinds = {entry.kind for entry in story.entries}
    assert {"Order", "Note", "Parcel", "Return", "Invoice", "Mail"} <= kinds
    assert {"Payment", "Refund", "Event", "Operator"} <= kinds


def test_the_page_asks_the_same_for_few_and_many(client: Client, operator: Any) -> None:
    order = OrderFactory(user=UserFactory())

    def asked() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(page_of(order)).status_code == 200
        return len(caught)

    fill(order, operator)
    asked()
    few = asked()
    for _ in range(5):
        fill(order, operator)

    assert asked() == few <= 24


def test_the_order_leads_to_it(client: Client, operator: Any) -> None:
    order = OrderFactory()

    answer = client.get(f"/admin/orders/order/{order.pk}/story/")

    assert answer["Location"] == page_of(order)
    assert client.get(reverse("order_story", args=[uuid4()])).status_code == 404


def test_both_rights_are_asked_for(client: Client) -> None:
    person = UserFactory(is_staff=True)
    role = RoleFactory()
    UserRoleFactory(user=person, role=role)
    client.force_login(person)
    order = OrderFactory()

    answers = []
    for codename in ("view_order", "view_payment"):
        role.permissions.add(Permission.objects.get(codename=codename))
        answers.append(client.get(page_of(order)).status_code)

    assert answers == [403, 200]
