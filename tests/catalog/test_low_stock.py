"""Low stock: told once in the morning to who orders goods, each variant once until refilled."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.urls import reverse

from catalog import tasks
from catalog.mail import send_low_stock
from catalog.models import (
    InventoryPolicy,
    LowStockLine,
    LowStockNotice,
    ProductStatus,
    ProductVariant,
    StockReason,
)
from catalog.services.low_stock import (
    MOST_NAMED,
    send_notice,
    shops_to_tell,
    unsent_notices,
    write_notice,
)
from catalog.services.stock import set_stock
from shop.models import Shop, ShopStatus
from tests.factories.catalog import ProductVariantFactory
from tests.factories.shop import ShopFactory
from tests.factories.users import (
    ShopMemberFactory,
    UserFactory,
    UserProfileFactory,
)
from tests.orders.crowds import at_once
from users.models import MemberRole
from users.services.accounts import choose_low_stock

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
DAY = date(2030, 1, 1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return ShopFactory.create(name="Lamp works", timezone="UTC")


def shelf(shop: Shop, units: int, **given: Any) -> ProductVariant:
    return ProductVariantFactory.create(
        product__shop=shop, inventory_quantity=units, **given
    )


def move(variant: ProductVariant, level: int, at: datetime) -> None:
    set_stock(levels={variant.pk: level}, now=at, reason=StockReason.CORRECTION)


def told(shop: Shop, day: date = DAY, now: datetime = NOON) -> list[str]:
    """SKUs of the day's notice, written at that time."""
    notice = write_notice(shop_id=shop.pk, day=day, now=now)
    return sorted(notice.lines.values_list("variant__sku", flat=True))


def send(shop: Shop, day: date = DAY, by: Any = send_low_stock) -> int:
    return send_notice(shop_id=shop.pk, day=day, send=by, now=NOON)


def test_what_is_low_and_on_sale_is_named(shop: Shop) -> None:
    shelf(shop, 5, sku="low")
    shelf(shop, 6, sku="enough")
    shelf(shop, 0, sku="gone")
    shelf(shop, 8, sku="held", reserved_quantity=4)
    shelf(shop, 9, sku="own", low_stock_threshold=9)
    shelf(shop, 1, sku="own-less", low_stock_threshold=0)
    shelf(shop, 0, sku="free", inventory_tracking=False)
    shelf(shop, 0, sku="more", inventory_policy=InventoryPolicy.CONTINUE)
    shelf(shop, 0, sku="rests", is_active=False)
    shelf(shop, 0, sku="draft", product__status=ProductStatus.DRAFT)
    shelf(ShopFactory.create(), 0, sku="theirs")

    assert told(shop) == ["gone", "held", "low", "own"]
    line = LowStockLine.objects.get(variant__sku="held")
    assert (line.left, line.threshold) == (4, 5)


def test_a_variant_is_named_once_until_it_is_refilled(shop: Shop) -> None:
    lamp, rope = shelf(shop, 2, sku="lamp"), shelf(shop, 2, sku="rope")
    assert told(shop) == ["lamp", "rope"]

    days = [DAY + timedelta(days=n) for n in range(4)]
    move(lamp, 1, NOON + timedelta(hours=1))
    assert told(shop, days[1], NOON + timedelta(days=1)) == []
    # Refilled and sold again before anybody looked.
    move(lamp, 20, NOON + timedelta(hours=30))
    move(lamp, 3, NOON + timedelta(hours=31))
    # Refilled, and there are enough still.
    move(rope, 20, NOON + timedelta(hours=30))
    assert told(shop, days[2], NOON + timedelta(days=2)) == ["lamp"]
    move(rope, 1, NOON + timedelta(hours=50))
    assert told(shop, days[3], NOON + timedelta(days=3)) == ["rope"]


def test_a_day_has_one_notice(shop: Shop) -> None:
    shelf(shop, 2, sku="lamp")
    assert told(shop) == ["lamp"]
    shelf(shop, 2, sku="rope")

    assert told(shop) == ["lamp"]
    assert told(shop, DAY + timedelta(days=1)) == ["rope"]


def test_owners_and_managers_are_told_once_each_in_their_language(shop: Shop) -> None:
    lamp = shelf(shop, 2, sku="LAMP", product__name="Lamp")
    shelf(shop, 0, sku="ROPE", product__name="Rope", name="Blue")
    manager = UserProfileFactory.create(language="de").user
    ShopMemberFactory.create(shop=shop, user=manager, role=MemberRole.MANAGER)
    ShopMemberFactory.create(shop=shop, role=MemberRole.STAFF)
    quiet = ShopMemberFactory.create(shop=shop, role=MemberRole.MANAGER).user
    choose_low_stock(user_id=quiet.pk, is_wanted=False)
    gone = ShopMemberFactory.create(shop=shop, role=MemberRole.MANAGER).user
    gone.is_active = False
    gone.save(update_fields=["is_active"])
    told(shop)

    assert (send(shop), send(shop)) == (2, 0)

    by_address = {message.to[0]: message for message in mail.outbox}
    assert set(by_address) == {shop.owner.email, manager.email}
    message = by_address[shop.owner.email]
    assert message.subject == "Low stock in Lamp works"
    assert "- LAMP  Lamp: 2 left\n" in message.body
    assert "- ROPE  Rope (Blue): sold out\n" in message.body
    assert f"/sell/{shop.slug}/stock/?tab=low" in message.body
    assert reverse("users:notices") in message.body
    assert lamp.sku in by_address[manager.email].body


def test_a_long_list_is_cut_and_counted(shop: Shop) -> None:
    for _ in range(MOST_NAMED + 2):
        shelf(shop, 1)
    told(shop)

    send(shop)

    [message] = mail.outbox
    assert message.body.count(": 1 left") == MOST_NAMED
    assert "and 2 more." in message.body


def test_a_message_that_could_not_be_sent_is_sent_later(shop: Shop) -> None:
    shelf(shop, 2)
    told(shop)

    def fails(_message: Any) -> None:
        raise SMTPServerDisconnected

    with pytest.raises(SMTPServerDisconnected):
        send(shop, by=fails)
    assert unsent_notices(now=NOON + timedelta(hours=1)) == [(shop.pk, DAY)]
    assert send(shop) == 1


def test_it_is_told_in_the_morning_of_the_shop() -> None:
    early = ShopFactory.create(timezone="Pacific/Auckland")
    late = ShopFactory.create(timezone="America/New_York")
    ShopFactory.create(timezone="UTC", status=ShopStatus.CLOSED)

    # 7:30 in New York, past midnight in Auckland.
    due = shops_to_tell(now=NOON + timedelta(minutes=30))
    assert due == [(late.pk, DAY)]
    write_notice(shop_id=late.pk, day=DAY, now=NOON)
    assert shops_to_tell(now=NOON + timedelta(hours=1)) == []
    assert shops_to_tell(now=NOON + timedelta(hours=7)) == [
        (early.pk, DAY + timedelta(days=1))
    ]


@time_machine.travel(NOON)
def test_the_clock_tells_everybody(shop: Shop, monkeypatch: Any) -> None:
    shelf(shop, 2)
    ShopFactory.create(timezone="UTC")
    monkeypatch.setattr(
        tasks.send_low_stock_notice, "delay", tasks.send_low_stock_notice
    )

    for _ in range(2):
        tasks.tell_low_stock()

    assert len(mail.outbox) == 1
    assert LowStockNotice.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_clocks_at_once_write_one_notice() -> None:
    shop = ShopFactory.create()
    for _ in range(3):
        shelf(shop, 2)

    notices = at_once(
        lambda _one: write_notice(shop_id=shop.pk, day=DAY, now=NOON).pk,
        range(6),
        workers=6,
    )

    connection.close()
    assert len(set(notices)) == 1
    assert LowStockLine.objects.count() == 3


def test_who_runs_a_shop_may_switch_it_off(client: Any, shop: Shop) -> None:
    client.force_login(shop.owner)
    page = client.get(reverse("users:notices")).content.decode()
    assert "when stock of my shop is low" in page

    client.post(reverse("users:notices"), {"low_stock": ""})
    shelf(shop, 2)
    told(shop)

    assert send(shop) == 0
    client.post(reverse("users:notices"), {"low_stock": "on"})
    assert send(shop) == 1


def test_others_are_not_asked(client: Any) -> None:
    client.force_login(UserFactory.create())

    page = client.get(reverse("users:notices")).content.decode()

    assert "stock of my shop" not in page
