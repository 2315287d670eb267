"""The market decides about shops: in the admin, with a reason, and the owners hear of it once."""

from __future__ import annotations

from datetime import UTC, datetime
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.test import Client
from django.urls import reverse

from shop.models import GlobalEvent, Shop, ShopStatus
from tests.factories.shop import ShopFactory
from tests.factories.users import OperatorFactory, ShopMemberFactory, UserFactory
from tests.orders.crowds import at_once
from users import tasks
from users.events import ShopStatusChanged
from users.models import MemberRole, ShopMessage
from users.receivers import tell_the_owners
from users.services.shop_news import BeingSent, tell_owners
from users.services.shops import set_shop_status
from users.shop_mail import send_decision

pytestmark = pytest.mark.django_db
NOON = datetime(2031, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(OperatorFactory.create(is_superuser=True))
    return client


def decide(client: Client, name: str, *shops: Shop, **sent: str) -> Any:
    address = reverse("admin:shop_shop_decide", args=[name])
    return client.post(address, {"id": [shop.pk for shop in shops], **sent})


def status_of(shop: Shop) -> str:
    shop.refresh_from_db()
    return shop.status


def test_an_operator_lets_a_shop_in_and_the_history_says_so(operator: Client) -> None:
    shop = ShopFactory.create(status=ShopStatus.PENDING)
    page = operator.get(reverse("admin:shop_shop_change", args=[shop.pk]))

    answer = decide(operator, "approve", shop, reason="Welcome to the market.")

    words = page.content.decode()
    assert reverse("admin:shop_shop_decide", args=["approve"]) in words
    assert reverse("admin:shop_shop_decide", args=["suspend"]) not in words
    assert 'name="status"' not in words
    assert answer["Location"] == reverse("admin:shop_shop_change", args=[shop.pk])
    assert status_of(shop) == ShopStatus.ACTIVE
    entry = LogEntry.objects.get(object_id=str(shop.pk))
    assert entry.get_change_message() == "Approved. Welcome to the market."
    event = GlobalEvent.objects.get(event_type=ShopStatusChanged.type)
    assert event.data["reason"] == "Welcome to the market."


@pytest.mark.parametrize("name", ["refuse", "suspend", "close"])
def test_what_takes_something_away_needs_a_reason(operator: Client, name: str) -> None:
    before = ShopStatus.PENDING if name == "refuse" else ShopStatus.ACTIVE
    shop = ShopFactory.create(status=before)

    answer = decide(operator, name, shop, reason=" \0 ")
    long = decide(operator, name, shop, reason="x" * 100_000)

    assert "Write the reason" in answer.content.decode()
    assert "at most 2000 characters" in long.content.decode()
    assert status_of(shop) == before


def test_a_decision_that_does_not_fit_is_said_and_changes_nothing(
    operator: Client,
) -> None:
    active = ShopFactory.create(status=ShopStatus.ACTIVE)
    waiting = ShopFactory.create(status=ShopStatus.PENDING)

    decide(operator, "refuse", active, waiting, reason="No.")

    assert (status_of(active), status_of(waiting)) == ("active", "closed")
    assert LogEntry.objects.count() == 1


def test_the_list_leads_to_the_same_question(operator: Client) -> None:
    shop = ShopFactory.create(status=ShopStatus.ACTIVE)
    address = reverse("admin:shop_shop_changelist")

    answer = operator.post(
        address, {"action": "suspend", "_selected_action": [shop.pk]}, follow=True
    )

    assert shop.name in answer.content.decode()
    assert "Reason" in answer.content.decode()
    assert status_of(shop) == ShopStatus.ACTIVE


@pytest.mark.parametrize("sent", ["", "x", "\0", "9" * 5000])
def test_no_shop_is_no_page(operator: Client, sent: str) -> None:
    address = reverse("admin:shop_shop_decide", args=["approve"])

    assert operator.get(address, {"id": sent}).status_code == 404
    assert operator.get(address.replace("approve", "x")).status_code == 404


def test_who_may_not_change_shops_decides_nothing(client: Client) -> None:
    shop = ShopFactory.create(status=ShopStatus.PENDING)
    client.force_login(UserFactory.create(is_staff=True))

    assert decide(client, "approve", shop).status_code == 403
    client.force_login(shop.owner)
    assert decide(client, "approve", shop).status_code in {302, 403}
    assert status_of(shop) == ShopStatus.PENDING


def test_the_commission_changes_with_a_trace(operator: Client) -> None:
    shop = ShopFactory.create(description="Lamps")
    address = reverse("admin:shop_shop_change", args=[shop.pk])
    form = operator.get(address).context["adminform"].form
    sent: dict[str, Any] = {}
    for name in form.fields:
        value = form[name].value()
        if isinstance(value, datetime):
            sent |= {f"{name}_0": f"{value:%Y-%m-%d}", f"{name}_1": f"{value:%H:%M}"}
        elif value not in (None, False, ""):
            sent[name] = value

    answer = operator.post(address, sent | {"commission_rate": "0.05", "address": "{}"})

    shop.refresh_from_db()
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert str(shop.commission_rate) == "0.0500"
    told = LogEntry.objects.get().get_change_message()
    assert told.startswith("Commission from 0.1000 to 0.05")


def test_its_people_read_the_reason_on_every_page() -> None:
    shop = ShopFactory.create()
    suspended(shop)
    client = Client()
    client.force_login(shop.owner)

    page = client.get(reverse("sell:settings", args=[shop.slug])).content.decode()

    assert "The reason: It never answered." in page


# ------------------------------------------------------------------ the mail


def suspended(shop: Shop) -> GlobalEvent:
    set_shop_status(
        shop_id=shop.pk,
        status=ShopStatus.SUSPENDED,
        reason="It never answered.",
        by=OperatorFactory.create(),
        now=NOON,
    )
    return GlobalEvent.objects.get(entity_id=shop.pk, event_type=ShopStatusChanged.type)


def test_each_owner_reads_the_decision_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("users.receivers.tell_owners.delay", tasks.tell_owners)
    shop = ShopFactory.create(name="Lamp\nworks")
    other = ShopMemberFactory.create(shop=shop, role=MemberRole.OWNER).user
    ShopMemberFactory.create(shop=shop, role=MemberRole.MANAGER)
    event = suspended(shop)

    # The relay may bring it twice.
    for _time in range(2):
        tell_the_owners(ShopStatusChanged.from_row(event))

    assert sorted(letter.to[0] for letter in mail.outbox) == sorted(
        [shop.owner.email, other.email]
    )
    assert mail.outbox[0].subject == "News of Lamp works"
    assert "It never answered." in mail.outbox[0].body
    assert "suspended" in mail.outbox[0].body
    assert f"/sell/{shop.slug}/" in mail.outbox[0].body


def test_opening_a_shop_is_no_news_to_its_owner() -> None:
    shop = ShopFactory.create()
    event = suspended(shop)
    event.data["before"] = ""

    tell_the_owners(ShopStatusChanged.from_row(event))

    assert (mail.outbox, ShopMessage.objects.count()) == ([], 0)


def tell(shop: Shop, send: Any, now: datetime = NOON) -> int:
    return tell_owners(
        shop_id=shop.pk, about="event", status="active", before="pending", reason="",
        send=send, now=now,
    )  # fmt: skip


def test_a_letter_that_could_not_be_sent_is_sent_later() -> None:
    shop = ShopFactory.create()

    def away(_decision: Any) -> None:
        raise SMTPServerDisconnected

    with pytest.raises(OSError):
        tell(shop, away)
    assert tell(shop, send_decision) == 1
    assert tell(shop, send_decision) == 0
    assert len(mail.outbox) == 1
    assert "can see it and buy there" in mail.outbox[0].body


@pytest.mark.django_db(transaction=True)
def test_many_senders_at_once_send_one_letter() -> None:
    shop, sent = ShopFactory.create(), []

    results = at_once(lambda _place: tell(shop, sent.append), range(8))

    assert len(sent) == 1
    assert all(one in (0, 1) or isinstance(one, BeingSent) for one in results)
