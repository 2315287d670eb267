"""The operator's door to parked receivers."""

import pytest
from django.urls import reverse
from django.utils import timezone

from shop.ids import uuid7
from shop.models import EventDelivery, GlobalEvent
from tests.factories.shop import GlobalEventFactory
from tests.factories.users import UserFactory

LIST = "admin:shop_eventdelivery_changelist"
pytestmark = pytest.mark.django_db


def park() -> EventDelivery:
    event = GlobalEventFactory(published_at=timezone.now())
    return EventDelivery.objects.create(
        event_id=event.event_id,
        event_time=event.event_time,
        event_type=event.event_type,
        entity_id=uuid7(),
        receiver="tests.gone",
        attempts=11,
        parked_at=timezone.now(),
    )


def act(client, action: str, parked: EventDelivery):
    return client.post(
        reverse(LIST), {"action": action, "_selected_action": [str(parked.pk)]}
    )


def test_operator_tries_a_parked_receiver_again(client):
    parked = park()
    client.force_login(UserFactory(is_staff=True, is_superuser=True))

    assert act(client, "try_again", parked).status_code == 302

    parked.refresh_from_db()
    assert (parked.parked_at, parked.attempts) == (None, 0)
    assert GlobalEvent.objects.get().published_at is None


def test_operator_gives_a_parked_receiver_up(client):
    parked = park()
    client.force_login(UserFactory(is_staff=True, is_superuser=True))

    assert act(client, "give_up", parked).status_code == 302

    assert not EventDelivery.objects.exists()
    assert GlobalEvent.objects.get().published_at is not None


def test_customer_changes_nothing(client):
    parked = park()
    client.force_login(UserFactory())

    act(client, "give_up", parked)

    assert EventDelivery.objects.get() == parked
