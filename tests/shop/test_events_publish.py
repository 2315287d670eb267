"""What may be published, from where, and what it becomes."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError

from shop.entities import EntityType
from shop.events import Event, Stream, publish, publish_many
from shop.ids import moment_of
from shop.models import GlobalEvent
from tests.factories.shop import ShopFactory
from tests.factories.users import UserFactory

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
# PostgreSQL shifts its own clock, which runs on while the statement does.
KEY_SLACK = timedelta(minutes=1)
pytestmark = pytest.mark.django_db

# As docs/events.md shows it.
INSERT_SELECT = """
INSERT INTO global_events
       (event_id, event_time, event_type, stream, entity_id, entity_type, data)
SELECT uuidv7(%(at)s - now()), %(at)s, %(type)s, %(stream)s, id, 'shop',
       jsonb_build_object('slug', slug)
  FROM shops
 ORDER BY slug
"""


class ShopOpened(Event):
    type = "shop.opened"
    stream = Stream.ANALYTICS


def test_publish_writes_an_event_about_the_entity():
    shop, owner = ShopFactory(), UserFactory()

    event = publish(
        ShopOpened, entity=shop, at=NOON, actor=owner, data={"rate": Decimal("0.10")}
    )

    row = GlobalEvent.objects.get(event_type="shop.opened")
    assert ShopOpened.from_row(row) == event
    assert event == ShopOpened(
        id=row.event_id,
        at=NOON,
        entity_id=shop.pk,
        entity_type=EntityType.SHOP,
        actor_id=owner.pk,
        data={"rate": "0.10"},
    )
    assert (row.stream, row.published_at) == (Stream.ANALYTICS, None)
    assert moment_of(row.event_id) == NOON


@pytest.mark.django_db(transaction=True)
def test_publish_refuses_outside_of_a_transaction():
    shop = ShopFactory()

    with pytest.raises(TransactionManagementError, match="transaction.atomic"):
        publish(ShopOpened, entity=shop, at=NOON)

    assert not GlobalEvent.objects.exists()


def test_publish_rolls_back_with_the_change():
    shop = ShopFactory()

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        publish(ShopOpened, entity=shop, at=NOON)
        raise ZeroDivisionError

    assert not GlobalEvent.objects.exists()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"rate": float("nan")}, "JSON"),
        ({"rate": object()}, "JSON"),
        ({"lines": [{"Email": "ann@example.org"}]}, "personal"),
        ({"title": "a\0b"}, "NUL"),
    ],
)
def test_publish_refuses_data_that_cannot_be_kept(data, reason):
    shop = ShopFactory()

    with pytest.raises(ValueError, match=reason):
        publish(ShopOpened, entity=shop, at=NOON, data=data)

    assert not GlobalEvent.objects.exists()


def test_publish_refuses_an_instant_without_a_zone():
    with pytest.raises(ValueError, match="time zone"):
        publish(ShopOpened, entity=ShopFactory(), at=NOON.replace(tzinfo=None))


def test_publish_many_keeps_its_order():
    shops = [ShopFactory(), ShopFactory(), ShopFactory()]

    count = publish_many(ShopOpened.about(shop, at=NOON) for shop in reversed(shops))

    written = GlobalEvent.objects.order_by("position")
    found = [row.entity_id for row in written.filter(event_type="shop.opened")]
    assert (count, found) == (3, [shop.pk for shop in reversed(shops)])


def test_insert_select_publishes_like_the_rest():
    shops = [ShopFactory(slug=slug) for slug in ("b", "a", "c")]

    with connection.cursor() as cursor:
        cursor.execute(
            INSERT_SELECT,
            {"at": NOON, "type": ShopOpened.type, "stream": ShopOpened.stream},
        )

    rows = GlobalEvent.objects.order_by("position")
    events = [ShopOpened.from_row(row) for row in rows]
    slugs = {shop.pk: shop.slug for shop in shops}
    assert [slugs[event.entity_id] for event in events] == ["a", "b", "c"]
    assert [event.data for event in events] == [{"slug": slug} for slug in "abc"]
    assert {event.at for event in events} == {NOON}
    assert all(abs(moment_of(event.id) - NOON) < KEY_SLACK for event in events)


@pytest.mark.parametrize("name", ["", "OrderPlaced", "order", "a." + "b" * 70])
def test_event_class_wants_a_readable_type(name):
    with pytest.raises(TypeError, match="must read like"):
        type("Odd", (Event,), {"type": name, "stream": Stream.ORDER})


def test_event_class_wants_a_stream():
    with pytest.raises(TypeError, match="stream"):
        type("Odd", (Event,), {"type": "odd.happened", "stream": "odd_events"})


def test_event_classes_do_not_share_a_type():
    with pytest.raises(TypeError, match="already"):
        type("Odd", (Event,), {"type": "shop.opened", "stream": Stream.ORDER})
