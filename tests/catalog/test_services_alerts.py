"""People wait for a variant, and are told once."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog import tasks
from catalog.errors import CanBeBought, NoSuchThing
from catalog.mail import send_back_in_stock
from catalog.models import ProductStatus, ProductVariant, StockAlert
from catalog.services import alerts
from catalog.services.alerts import (
    LEASE,
    LONGEST_WAIT,
    MOST_WAITING,
    ask_for_alert,
    notify_all_back_in_stock,
    notify_back_in_stock,
    send_due_alerts,
)
from shop.events.relay import relay
from shop.models import GlobalEvent
from tests.factories.catalog import (
    ProductFactory,
    ProductVariantFactory,
    StockAlertFactory,
)
from tests.factories.users import UserFactory

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def variant():
    return ProductVariantFactory(
        product=ProductFactory(name="Lamp"), inventory_quantity=0
    )


def restock(variant, units=3):
    ProductVariant.objects.filter(pk=variant.pk).update(inventory_quantity=units)


def test_guest_and_account_wait_once_each(variant):
    user = UserFactory()

    for _ in range(2):
        ask_for_alert(variant_id=variant.pk, email="Ada@Example.com")
        ask_for_alert(variant_id=variant.pk, user_id=user.pk, email="x@example.com")

    rows = StockAlert.objects.order_by("email").values_list("user_id", "email")
    assert list(rows) == [(user.pk, ""), (None, "ada@example.com")]


def test_nobody_waits_for_what_is_there_or_not_on_sale(variant):
    there = ProductVariantFactory(inventory_quantity=1)
    hidden = ProductVariantFactory(product__status=ProductStatus.DRAFT)

    with pytest.raises(CanBeBought):
        ask_for_alert(variant_id=there.pk, email="a@example.com")
    with pytest.raises(NoSuchThing):
        ask_for_alert(variant_id=hidden.pk, email="a@example.com")

    assert not StockAlert.objects.exists()


def test_address_waits_for_so_many_things_and_no_more(variant):
    StockAlertFactory.create_batch(MOST_WAITING, user=None, email="a@example.com")

    ask_for_alert(variant_id=variant.pk, email="a@example.com")

    assert not variant.alerts.exists()


def test_alert_belongs_to_somebody(variant):
    with pytest.raises(IntegrityError), transaction.atomic():
        StockAlert.objects.create(variant=variant)


def test_sold_out_variant_tells_nobody(variant):
    StockAlertFactory(variant=variant)

    assert notify_back_in_stock(variant_id=variant.pk, now=NOON) == 0
    assert notify_all_back_in_stock(now=NOON) == 0


@time_machine.travel(NOON)
def test_variant_that_is_back_is_told_once_and_the_address_forgotten(variant):
    ask_for_alert(variant_id=variant.pk, email="guest@example.com")
    ask_for_alert(variant_id=variant.pk, user_id=UserFactory(first_name="Ada").pk)
    restock(variant)

    assert notify_back_in_stock(variant_id=variant.pk, now=NOON) == 2
    assert notify_back_in_stock(variant_id=variant.pk, now=NOON) == 0
    assert GlobalEvent.objects.filter(event_type="product.back_in_stock").count() == 1
    for _ in range(2):
        send_due_alerts(now=NOON, send=send_back_in_stock)

    assert len(mail.outbox) == 2
    assert {message.subject for message in mail.outbox} == {"Lamp is back"}
    assert f"?variant={variant.sku}" in mail.outbox[0].body
    assert {"Hello,", "Hello Ada,"} == {m.body.splitlines()[0] for m in mail.outbox}
    assert not StockAlert.objects.exclude(email="").exists()
    assert not StockAlert.objects.filter(notified_at=None).exists()


def test_stock_that_came_back_in_silence_is_noticed(variant):
    StockAlertFactory(variant=variant)
    restock(variant)

    tasks.announce_back_in_stock()

    assert len(mail.outbox) == 1


@pytest.mark.django_db(transaction=True)
def test_news_of_it_sends_the_messages(variant, monkeypatch, redis_server):
    StockAlertFactory(variant=variant)
    restock(variant)
    notify_back_in_stock(variant_id=variant.pk, now=timezone.now())
    monkeypatch.setattr(tasks.send_stock_alerts, "delay", tasks.send_stock_alerts)

    relay()

    assert len(mail.outbox) == 1


def test_message_that_could_not_be_sent_is_tried_again_after_the_lease(variant):
    StockAlertFactory.create_batch(2, variant=variant)
    restock(variant)
    notify_back_in_stock(variant_id=variant.pk, now=NOON)
    tried = []

    def fails(alert):
        tried.append(alert.id)
        return False

    assert send_due_alerts(now=NOON, send=fails) == 0
    assert send_due_alerts(now=NOON + LEASE / 2, send=send_back_in_stock) == 0
    assert send_due_alerts(now=NOON + LEASE, send=send_back_in_stock) == 2
    assert len(tried) == 2


def test_mail_server_that_is_away_is_no_failure(variant, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    StockAlertFactory(variant=variant)
    restock(variant)
    notify_back_in_stock(variant_id=variant.pk, now=NOON)

    assert send_due_alerts(now=NOON, send=send_back_in_stock) == 0
    assert StockAlert.objects.filter(notified_at=None).count() == 1


def test_nobody_waits_for_ever(variant):
    StockAlertFactory(variant=variant)
    later = datetime.now(UTC) + LONGEST_WAIT + timedelta(hours=1)

    alerts.notify_all_back_in_stock(now=later)

    assert not StockAlert.objects.exists()
