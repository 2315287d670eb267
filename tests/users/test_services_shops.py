"""Shops: opened, let in, away, suspended, closed."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from shop.models import GlobalEvent, Shop, ShopStatus
from tests.factories.shop import ShopFactory
from tests.factories.users import OperatorFactory, UserFactory
from tests.orders.crowds import at_once
from users.counter import find_seller
from users.errors import NeedsReason, ShopRefused, WrongShopStatus
from users.services.shops import (
    MOST_PENDING,
    WAYS,
    change_shop,
    open_shop,
    set_closure,
    set_shop_status,
)

pytestmark = pytest.mark.django_db
NOON = datetime(2031, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def opened(name: str = "Lamp works", **more: object) -> Shop:
    values = {"country": "KE", "currency": "KES", "timezone": "Africa/Nairobi"}
    owner = more.pop("owner", None) or UserFactory.create()
    return open_shop(owner=owner, name=name, now=NOON, **values, **more)  # type: ignore[arg-type]


def test_a_new_shop_waits_and_is_its_owners() -> None:
    shop = opened()

    seller = find_seller(user=shop.owner, slug="lamp-works")
    assert seller is not None
    assert (seller.role, seller.shop.status) == ("owner", "pending")
    assert not Shop.objects.on_sale().filter(pk=shop.pk).exists()
    assert shop.contact_email == shop.owner.email


@pytest.mark.parametrize("name", ["Lamp works", "open a shop", "invitations", "灯"])
def test_its_address_is_its_own(name: str) -> None:
    ShopFactory.create(slug="lamp-works")

    first, second = opened(name), opened(name)

    assert first.slug != second.slug
    assert first.slug not in {"lamp-works", "open-a-shop", "invitations", ""}


@pytest.mark.django_db(transaction=True)
def test_many_clicks_open_no_more_than_may_wait() -> None:
    owner = UserFactory.create()

    came = at_once(lambda name: opened(name, owner=owner), [f"S {n}" for n in range(8)])

    assert Shop.objects.filter(owner=owner).count() == MOST_PENDING
    assert sum(isinstance(one, ShopRefused) for one in came) == 8 - MOST_PENDING


@pytest.mark.parametrize(("before", "after"), list(product(ShopStatus, ShopStatus)))
def test_a_status_leads_only_where_the_table_says(before: str, after: str) -> None:
    shop = ShopFactory.create(status=before)
    goal, operator = ShopStatus(after), OperatorFactory.create()

    def go() -> Shop:
        return set_shop_status(
            shop_id=shop.pk, status=goal, reason="Because.", by=operator, now=NOON
        )

    if before == after:
        assert go().status_reason == ""
    elif after in WAYS[before]:
        found = go()
        assert (found.status, found.status_reason) == (after, "Because.")
        event = GlobalEvent.objects.get(entity_id=shop.pk)
        told = {"status": after, "before": before, "reason": "Because."}
        assert event.data == told
        assert event.actor_id == operator.pk
    else:
        with pytest.raises(WrongShopStatus):
            go()


def test_who_is_suspended_hears_why() -> None:
    shop = ShopFactory.create()

    with pytest.raises(NeedsReason):
        set_shop_status(
            shop_id=shop.pk,
            status=ShopStatus.SUSPENDED,
            reason=" \0 ",
            by=None,
            now=NOON,
        )

    shop.refresh_from_db()
    assert shop.status == ShopStatus.ACTIVE


def test_a_holiday_has_a_beginning_and_an_end() -> None:
    shop = ShopFactory.create()

    found = set_closure(
        shop_id=shop.pk,
        closed_from=NOON,
        closed_until=NOON + HOUR,
        note="Away",
        now=NOON,
    )

    moments = (NOON - HOUR, NOON, NOON + HOUR)
    assert [found.is_closed_at(moment) for moment in moments] == [False, True, False]
    opened_again = set_closure(
        shop_id=shop.pk, closed_from=None, closed_until=NOON, note="x", now=NOON
    )
    assert (opened_again.closed_until, opened_again.closed_note) == (None, "")
    for until in (NOON, NOON - HOUR):
        with pytest.raises(ShopRefused):
            set_closure(
                shop_id=shop.pk, closed_from=NOON, closed_until=until, note="", now=NOON
            )


def test_only_the_profile_is_changed_with_the_profile() -> None:
    shop = ShopFactory.create()

    with pytest.raises(ValueError, match="status"):
        change_shop(shop_id=shop.pk, changes={"status": "active"}, now=NOON)
    with pytest.raises(ShopRefused):
        change_shop(shop_id=shop.pk, changes={"timezone": "Mars/Base"}, now=NOON)
    found = change_shop(
        shop_id=shop.pk, changes={"name": "New", "timezone": "Europe/Berlin"}, now=NOON
    )

    assert (found.name, found.timezone) == ("New", "Europe/Berlin")
