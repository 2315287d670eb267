"""Every way of writing rows registers them, and the register answers its three questions."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection, models
from django.test.utils import isolate_apps
from django.utils import timezone

from shop import checks
from shop.entities import Entity, EntityType
from shop.ids import uuid7
from shop.models import GlobalEntity, Shop
from shop.queries import (
    HourCount,
    audit_of_day,
    entities_of_type,
    page_of_day,
    resolve,
)
from tests.factories.shop import GlobalEntityFactory, ShopFactory
from tests.factories.users import UserFactory

DAY = date(2030, 1, 1)
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def registered(entity_type: EntityType = EntityType.SHOP) -> set:
    rows = GlobalEntity.objects.filter(entity_type=entity_type)
    return set(rows.values_list("entity_id", "event_time"))


def in_table() -> set:
    return set(Shop.objects.values_list("id", "event_time"))


# ------------------------------------------------------------------ writing
def test_bulk_create_registers_every_row():
    owner = UserFactory()

    Shop.objects.bulk_create(
        Shop(owner=owner, name=f"{n}", slug=f"{n}", currency="USD") for n in range(50)
    )

    assert len(registered()) == 50
    assert registered() == in_table()


def test_copy_registers_every_row():
    owner = UserFactory()

    with (
        connection.cursor() as cursor,
        cursor.copy("COPY shops (owner_id, name, slug, currency) FROM STDIN") as copy,
    ):
        for number in range(50):
            copy.write_row((owner.pk, f"{number}", f"{number}", "USD"))

    assert len(registered()) == 50
    assert registered() == in_table()


def test_insert_select_registers_every_row():
    owner = UserFactory()

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO shops (owner_id, name, slug, currency, event_time)"
            " SELECT %s, n, n, 'USD', now() - n * interval '1 day'"
            " FROM generate_series(1, 50) AS n",
            [owner.pk],
        )

    assert len(registered()) == 50
    assert registered() == in_table()


def test_corrected_instant_moves_the_registers_row():
    shop = ShopFactory(event_time=NOON)

    Shop.objects.filter(pk=shop.pk).update(event_time=NOON + timedelta(days=40))

    assert registered() == in_table() == {(shop.pk, NOON + timedelta(days=40))}


# ------------------------------------------------------------------ what is this id
def test_resolve_finds_type_and_row():
    shop = ShopFactory(event_time=NOON)

    found = resolve(shop.pk)

    assert (found.entity_type, found.row, found.deleted_at) == (
        EntityType.SHOP,
        shop,
        None,
    )
    assert (found.entity_id, found.event_time) == (shop.pk, NOON)


def test_resolve_shows_a_deleted_entity_as_deleted():
    shop = ShopFactory()
    key = shop.pk
    shop.delete()

    found = resolve(key)

    assert (found.entity_type, found.row) == (EntityType.SHOP, None)
    assert abs(found.deleted_at - timezone.now()) < timedelta(minutes=10)


def test_resolve_knows_nothing_of_a_strange_id():
    ShopFactory()

    assert resolve(uuid7()) is None


# ------------------------------------------------------------------ type and time
def test_entities_of_type_are_those_of_the_interval_oldest_first():
    late = GlobalEntityFactory(event_time=NOON + timedelta(hours=1))
    early = GlobalEntityFactory(event_time=NOON)
    GlobalEntityFactory(event_time=NOON + timedelta(hours=2))
    GlobalEntityFactory(event_time=NOON - timedelta(microseconds=1))
    GlobalEntityFactory(event_time=NOON, entity_type=EntityType.PRODUCT)

    found = entities_of_type(EntityType.ORDER, NOON, NOON + timedelta(hours=2))

    assert list(found) == [early, late]


# ------------------------------------------------------------------ one day
def test_audit_of_day_counts_by_hour_and_type():
    ShopFactory(event_time=NOON).delete()
    ShopFactory(event_time=NOON + timedelta(minutes=59))
    GlobalEntityFactory(event_time=datetime(2030, 1, 1, tzinfo=UTC))
    GlobalEntityFactory(event_time=datetime(2030, 1, 2, tzinfo=UTC))
    GlobalEntity.objects.filter(entity_type=EntityType.USER).delete()

    audit = audit_of_day(DAY)

    assert audit.counts == (
        HourCount(0, EntityType.ORDER, 1, 0),
        HourCount(12, EntityType.SHOP, 2, 1),
    )
    assert [row.entity_type for row in audit.page.rows] == ["order", "shop", "shop"]
    assert [row.deleted_at is None for row in audit.page.rows] == [True, False, True]
    assert audit.page.after is None


def test_page_of_day_shows_each_row_once():
    # Many at one instant, as a bulk load makes them.
    keys = [GlobalEntityFactory(event_time=NOON).pk for _ in range(5)]
    first = GlobalEntityFactory(event_time=NOON - timedelta(hours=1)).pk
    last = GlobalEntityFactory(event_time=NOON + timedelta(hours=1)).pk

    pages = [audit_of_day(DAY, limit=2).page]
    while pages[-1].after:
        pages.append(page_of_day(DAY, after=pages[-1].after, limit=2))

    assert [len(page.rows) for page in pages] == [2, 2, 2, 1]
    found = [row.pk for page in pages for row in page.rows]
    assert found == [first, *sorted(keys), last]


# ------------------------------------------------------------------ system checks
def problems_of(monkeypatch, declare) -> list[str]:
    with isolate_apps() as own:
        declare()
        models_of_test = list(own.all_models["shop"].values())
        monkeypatch.setattr(
            checks, "apps", SimpleNamespace(get_models=lambda: models_of_test)
        )
        return [problem.id for problem in checks.entities_register_themselves()]


def test_check_passes_on_every_entity():
    assert checks.entities_register_themselves() == []


def test_check_misses_the_entity_type(monkeypatch):
    def declare() -> None:
        class Barrel(Entity):
            class Meta(Entity.Meta):
                app_label = "shop"
                db_table = "barrels"

    assert problems_of(monkeypatch, declare) == ["shop.E001"]


def test_check_refuses_another_tables_type(monkeypatch):
    def declare() -> None:
        class Barrel(Entity):
            entity_type = EntityType.SHOP

            class Meta(Entity.Meta):
                app_label = "shop"
                db_table = "orders"

    assert problems_of(monkeypatch, declare) == ["shop.E001"]


def test_check_misses_the_trigger(monkeypatch):
    def declare() -> None:
        class Barrel(Entity):
            entity_type = EntityType.ORDER

            class Meta:
                app_label = "shop"
                db_table = "orders"

    assert problems_of(monkeypatch, declare) == ["shop.E002"]


def test_check_leaves_other_models_alone(monkeypatch):
    def declare() -> None:
        class Barrel(models.Model):
            class Meta:
                app_label = "shop"

    assert problems_of(monkeypatch, declare) == []
