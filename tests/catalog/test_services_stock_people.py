"""What people say about a shelf: counts, corrections, what is low."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import Sum

from catalog.errors import (
    BelowPromised,
    InvalidChange,
    InvalidReason,
    InvalidThreshold,
    LevelMoved,
    NoSuchThing,
    NotCounted,
)
from catalog.models import InventoryLog, InventoryPolicy, ProductVariant, StockReason
from catalog.services.counts import (
    MOST_SCANS,
    NothingCounted,
    Tally,
    plan_count,
    read_tallies,
)
from catalog.services.low_stock import set_shop_threshold, set_variant_threshold
from catalog.services.sheets import TooManyLines
from catalog.services.stock import (
    MOST_UNITS,
    correct_stock,
    count_stock,
    reserve_stock,
    return_stock,
    set_stock,
)
from shop.models import Shop
from tests.factories.catalog import ProductVariantFactory
from tests.factories.shop import ShopFactory
from tests.orders.crowds import at_once, kinds

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return ShopFactory.create()


def shelf(shop: Shop, units: int = 5, **given: Any) -> ProductVariant:
    """A variant whose ledger says what its level does."""
    made = ProductVariantFactory.create(product__shop=shop, **given)
    if units:
        set_stock(levels={made.pk: units}, now=NOON, reason=StockReason.OPENING)
    return made


def promise(variant: ProductVariant, units: int) -> None:
    reserve_stock(
        checkout_id=uuid4(),
        quantities={variant.pk: units},
        expires_at=NOON.replace(year=2031),
        now=NOON,
    )


def count(variant: ProductVariant, counted: int, seen: int | None = None, **given: Any):
    return count_stock(
        **{
            "shop_id": variant.shop_id,
            "variant_id": variant.pk,
            "counted": counted,
            "seen": seen,
            "now": NOON,
            "user_id": variant.shop.owner_id,
            **given,
        }
    )


def change(variant: ProductVariant, units: int, seen: int | None = None, **given: Any):
    return correct_stock(
        **{
            "shop_id": variant.shop_id,
            "variant_id": variant.pk,
            "change": units,
            "reason": StockReason.DAMAGE,
            "seen": seen,
            "now": NOON,
            "user_id": variant.shop.owner_id,
            **given,
        }
    )


def level(variant: ProductVariant) -> int:
    variant.refresh_from_db()
    logs = InventoryLog.objects.filter(variant_id=variant.pk)
    total = logs.aggregate(sum=Sum("adjustment"))["sum"] or 0
    assert total == variant.inventory_quantity
    return variant.inventory_quantity


# ------------------------------------------------------------------ one variant


def test_a_count_writes_the_difference_with_who_and_why(shop: Shop) -> None:
    lamp = shelf(shop)

    assert count(lamp, 3, seen=5, notes=" two were gone\0 ") == -2
    assert count(lamp, 3, seen=3) == 0

    assert level(lamp) == 3
    log = InventoryLog.objects.latest("id")
    assert (log.adjustment, log.reason) == (-2, "count")
    assert (log.user_id, log.notes) == (shop.owner_id, "two were gone")


def test_a_count_of_an_older_page_asks_again(shop: Shop) -> None:
    lamp = shelf(shop)
    set_stock(levels={lamp.pk: 4}, now=NOON, reason=StockReason.SALE)

    with pytest.raises(LevelMoved, match="is 4; it was 5") as refusal:
        count(lamp, 5, seen=5)
    assert (refusal.value.level, level(lamp)) == (4, 4)

    assert count(lamp, 5, seen=4) == 1


def test_units_come_and_go_with_a_reason(shop: Shop) -> None:
    lamp = shelf(shop)

    assert change(lamp, -2) == 3
    assert change(lamp, 7, reason=StockReason.DELIVERY, notes="From Ada") == 10

    assert level(lamp) == 10
    told = InventoryLog.objects.filter(variant_id=lamp.pk).order_by("id")
    assert list(told.values_list("adjustment", "reason"))[1:] == [
        (-2, "damage"),
        (7, "delivery"),
    ]


def test_a_second_click_on_a_change_does_nothing(shop: Shop) -> None:
    lamp = shelf(shop)
    change(lamp, -2, seen=5)

    with pytest.raises(LevelMoved):
        change(lamp, -2, seen=5)

    assert level(lamp) == 3


def test_what_is_promised_cannot_be_counted_away(shop: Shop) -> None:
    lamp = shelf(shop)
    promise(lamp, 3)

    with pytest.raises(BelowPromised, match="3 units are promised"):
        count(lamp, 2)
    with pytest.raises(BelowPromised, match="At most 2 can go"):
        change(lamp, -3)

    assert level(lamp) == 5
    assert change(lamp, -2) == 3


def test_what_is_sold_below_zero_may_be_corrected_below_zero(shop: Shop) -> None:
    lamp = shelf(shop, 1, inventory_policy=InventoryPolicy.CONTINUE)

    assert change(lamp, -3) == -2
    assert level(lamp) == -2


@pytest.mark.parametrize("units", [0, MOST_UNITS + 1, -MOST_UNITS - 1])
def test_impossible_changes_are_refused(shop: Shop, units: int) -> None:
    lamp = shelf(shop)

    with pytest.raises(InvalidChange):
        change(lamp, units)
    assert level(lamp) == 5


def test_a_person_cannot_say_that_something_was_sold(shop: Shop) -> None:
    lamp = shelf(shop)

    with pytest.raises(InvalidReason):
        change(lamp, -1, reason=StockReason.SALE)


def test_what_is_not_counted_or_not_ours_is_refused(shop: Shop) -> None:
    free = shelf(shop, 0, inventory_tracking=False)
    theirs = shelf(ShopFactory.create())

    for act in (count, change):
        with pytest.raises(NotCounted):
            act(free, 2)
        with pytest.raises(NoSuchThing):
            act(theirs, 2, shop_id=shop.pk)

    assert level(theirs) == 5


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_take_the_units_once() -> None:
    """Without the lock, both see five."""
    lamp = shelf(ShopFactory.create())

    told = at_once(lambda _one: change(lamp, -2, seen=5), range(6), workers=6)

    connection.close()
    assert kinds(told) == {"int": 1, "LevelMoved": 5}
    assert level(lamp) == 3


def test_a_return_names_its_order_in_the_ledger(shop: Shop) -> None:
    lamp, order_id = shelf(shop), uuid4()

    return_stock(quantities={lamp.pk: 2}, now=NOON, order_id=order_id)

    assert InventoryLog.objects.latest("id").order_id == order_id


# ------------------------------------------------------------------ many at once


def planned(shop: Shop, text: str) -> tuple[dict[str, Any], list[tuple[int, str]]]:
    plan = plan_count(shop_id=shop.pk, tallies=read_tallies(text=text))
    changes = {one.sku: one.cells["stock"] for one in plan.changes}
    return changes, [(one.line, one.message) for one in plan.errors]


def test_what_was_scanned_is_added_up(shop: Shop) -> None:
    shelf(shop, 5, sku="LAMP", barcode="4006381333931")
    shelf(shop, 2, sku="ROPE")
    shelf(shop, 1, sku="CUP, blue")

    changes, errors = planned(
        shop,
        "code;units\nLAMP\n4006381333931\n\nLAMP;2\nROPE\t1.000\n4006381333931,Lamp,3\n",
    )

    assert errors == []
    assert changes == {"LAMP": ("5", "7"), "ROPE": ("2", "1000")}


def test_wrong_lines_are_named_and_their_variant_is_not_counted(shop: Shop) -> None:
    shelf(shop, 5, sku="LAMP", barcode="1234")
    shelf(shop, 5, sku="ROPE", barcode="77")
    shelf(shop, 5, sku="CORD", barcode="77")
    free = shelf(shop, 0, sku="FREE", inventory_tracking=False)
    shelf(ShopFactory.create(), 5, sku="THEIRS")
    promise(shelf(shop, 5, sku="NET"), 3)

    changes, errors = planned(
        shop, "LAMP;2\n1234;many\nTHEIRS;1\n77\nFREE;1\nNET;2\n=1+1;-4\n;3\nROPE;1"
    )

    assert changes == {}
    assert [line for line, _message in errors] == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    told = dict(errors)
    assert told[1] == told[9] == "Another line of it is wrong, so it is not counted."
    assert told[2] == "This is not a number."
    assert told[3] == told[7] == told[8] == "Your shop has no such SKU or barcode."
    assert told[4] == "Several variants have this barcode. Write the SKU: CORD, ROPE."
    assert told[5] == "The stock of this variant is not counted."
    assert "3 units are promised" in told[6]
    assert level(free) == 0


@pytest.mark.parametrize("units", ["-1", "1.5", "1000001", "", "1" * 400])
def test_a_count_is_a_whole_number(shop: Shop, units: str) -> None:
    shelf(shop, 5, sku="LAMP")

    plan = plan_count(shop_id=shop.pk, tallies=[Tally(1, "LAMP", units)])

    assert (plan.changes, len(plan.errors)) == ([], 1)


def test_a_count_of_nothing_or_too_much_is_refused() -> None:
    with pytest.raises(NothingCounted):
        read_tallies(text=" \n sku;units\n")
    with pytest.raises(TooManyLines):
        read_tallies(text="x\n" * (MOST_SCANS + 1))


# ------------------------------------------------------------------ from when on it is low


def test_a_shop_and_a_variant_have_a_number_from_which_stock_is_low(shop: Shop) -> None:
    lamp = shelf(shop)

    set_shop_threshold(shop_id=shop.pk, threshold=7, now=NOON)
    set_variant_threshold(shop_id=shop.pk, variant_id=lamp.pk, threshold=2, now=NOON)

    shop.refresh_from_db()
    lamp.refresh_from_db()
    assert (shop.low_stock_threshold, lamp.low_stock_threshold) == (7, 2)
    set_variant_threshold(shop_id=shop.pk, variant_id=lamp.pk, threshold=None, now=NOON)
    lamp.refresh_from_db()
    assert lamp.low_stock_threshold is None


def test_numbers_that_say_nothing_are_refused(shop: Shop) -> None:
    theirs = shelf(ShopFactory.create())

    for wrong in (-1, MOST_UNITS + 1):
        with pytest.raises(InvalidThreshold):
            set_shop_threshold(shop_id=shop.pk, threshold=wrong, now=NOON)
    with pytest.raises(NoSuchThing):
        set_variant_threshold(
            shop_id=shop.pk, variant_id=theirs.pk, threshold=1, now=NOON
        )
