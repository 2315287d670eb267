"""The stock pages of a shop, and the same for programs."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import (
    InventoryLog,
    InventoryPolicy,
    ProductStatus,
    ProductVariant,
    StockReason,
)
from catalog.queries.sell_stock import (
    StockTab,
    proof_of,
    stock_counts,
    stock_levels,
    stocked_variant,
)
from catalog.services.stock import set_stock
from shop.models import Job, Shop
from shop.services import jobs
from tests.factories.catalog import ProductVariantFactory, StockAlertFactory
from tests.factories.shop import ShopFactory
from tests.factories.users import ShopMemberFactory, UserFactory
from tests.orders.purchases import buy
from users.models import MemberRole

pytestmark = pytest.mark.django_db
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def shop() -> Shop:
    return ShopFactory.create(currency="KES", country="KE", timezone="Africa/Nairobi")


@pytest.fixture
def client(shop: Shop) -> Client:
    client = Client()
    client.force_login(shop.owner)
    return client


def shelf(shop: Shop, units: int = 5, **given: Any) -> ProductVariant:
    made = ProductVariantFactory.create(product__shop=shop, **given)
    if units:
        set_stock(
            levels={made.pk: units}, now=timezone.now(), reason=StockReason.OPENING
        )
    made.refresh_from_db()
    return made


def skus(shop: Shop, tab: StockTab = StockTab.ALL, words: str = "") -> list[str]:
    shop.refresh_from_db()
    _page, rows = stock_levels(shop=shop, tab=tab, words=words)
    return [row.variant.sku for row in rows]


def page(client: Client, shop: Shop, rest: str = "", **query: str) -> str:
    answer = client.get(f"/sell/{shop.slug}/stock/{rest}", query)
    assert answer.status_code == 200
    return answer.content.decode()


def level(variant: ProductVariant) -> int:
    return ProductVariant.objects.get(pk=variant.pk).inventory_quantity


# ------------------------------------------------------------------ the list


@pytest.fixture
def full(shop: Shop) -> Shop:
    shelf(shop, 9, sku="A-enough")
    shelf(shop, 5, sku="B-low")
    shelf(shop, 0, sku="C-out")
    held = shelf(shop, 9, sku="D-held")
    ProductVariant.objects.filter(pk=held.pk).update(reserved_quantity=3)
    shelf(shop, 0, sku="E-free", inventory_tracking=False)
    shelf(shop, 0, sku="F-more", inventory_policy=InventoryPolicy.CONTINUE)
    shelf(shop, 20, sku="G-own", low_stock_threshold=20)
    shelf(shop, 0, sku="H-old", product__status=ProductStatus.ARCHIVED)
    shelf(ShopFactory.create(), 0, sku="theirs")
    gone = ProductVariant.objects.get(sku="C-out")
    StockAlertFactory.create_batch(2, variant=gone)
    StockAlertFactory.create(variant=gone, user=None, email="", notified_at=NOON)
    return shop


def test_states_show_what_wants_doing(full: Shop) -> None:
    assert len(skus(full)) == 8
    assert skus(full, StockTab.LOW) == ["B-low", "C-out", "G-own"]
    assert skus(full, StockTab.OUT) == ["C-out"]
    assert skus(full, StockTab.RESERVED) == ["D-held"]
    assert skus(full, StockTab.WAITED_FOR) == ["C-out"]
    assert skus(full, StockTab.UNTRACKED) == ["E-free"]
    assert stock_counts(shop=full) == {
        StockTab.LOW: 3,
        StockTab.OUT: 1,
        StockTab.RESERVED: 1,
        StockTab.WAITED_FOR: 1,
    }


def test_a_row_has_all_its_numbers(full: Shop) -> None:
    _page, rows = stock_levels(shop=full, tab=StockTab.ALL)
    told = {
        row.variant.sku[0]: (row.free, row.threshold, row.waiting, row.state)
        for row in rows
    }

    assert told == {
        "A": (9, 5, 0, "in"),
        "B": (5, 5, 0, "low"),
        "C": (0, 5, 2, "out"),
        "D": (6, 5, 0, "in"),
        "E": (None, 5, 0, "untracked"),
        "F": (0, 5, 0, "more"),
        "G": (20, 20, 0, "low"),
        "H": (0, 5, 0, "out"),
    }
    last = rows[0].last
    assert last is not None
    assert (last.adjustment, last.reason) == (9, "opening")
    assert rows[2].last is None


def test_variants_are_found_by_name_sku_and_barcode(shop: Shop) -> None:
    shelf(shop, sku="LAMP-1", product__name="Walnut lamp", barcode="4006381333931")
    shelf(shop, sku="ROPE-1", product__name="Rope 100% hemp")

    assert skus(shop, words="lamp walnut") == ["LAMP-1"]
    assert skus(shop, words="rope-") == ["ROPE-1"]
    assert skus(shop, words="4006381333931") == ["LAMP-1"]
    assert skus(shop, words="100%") == ["ROPE-1"]
    assert skus(shop, words="0_") == []
    assert skus(shop, StockTab.OUT, words="lamp") == []


def test_pages_go_on_to_the_last_and_back(client: Client, shop: Shop) -> None:
    for number in range(53):
        shelf(shop, 0, sku=f"S-{number:03}")

    first = client.get(f"/sell/{shop.slug}/stock/").context["page"]
    second = client.get(f"/sell/{shop.slug}/stock/", {"at": first.next})
    last = client.get(f"/sell/{shop.slug}/stock/", {"at": "last", "tab": "out"})

    assert [row.sku for row in second.context["page"].rows] == [
        f"S-{number:03}" for number in range(50, 53)
    ]
    assert last.context["page"].rows[-1].sku == "S-052"
    assert len(last.context["page"].rows) == 50


def test_nonsense_in_the_address_is_left_out(client: Client, shop: Shop) -> None:
    shelf(shop, sku="LAMP")

    for query in ({"tab": "x"}, {"at": "x"}, {"words": "\0"}, {"words": "x" * 9000}):
        page(client, shop, **query)


def test_the_list_asks_the_same_for_one_and_for_many(
    client: Client, shop: Shop
) -> None:
    asked = []
    for rows in (1, 40):
        for _ in range(rows):
            StockAlertFactory.create(variant=shelf(shop, 0))
        for address in ("stock/", "stock/?tab=low", "stock/count/"):
            client.get(f"/sell/{shop.slug}/{address}")
            with CaptureQueriesContext(connection) as caught:
                client.get(f"/sell/{shop.slug}/{address}")
            asked.append(len(caught))

    assert asked[:3] == asked[3:]
    assert max(asked) <= 12


# ------------------------------------------------------------------ the ledger


def test_the_ledger_says_why_who_and_for_which_order(
    client: Client, shop: Shop
) -> None:
    lamp = shelf(shop, 9, sku="LAMP")
    buyer = UserFactory.create(first_name="Secret", last_name="Buyer")
    [order] = buy({lamp: 2}, user=buyer, now=timezone.now())
    colleague = ShopMemberFactory.create(
        shop=shop, user__first_name="Wanjiru", user__last_name="", role=MemberRole.STAFF
    ).user
    set_stock(
        levels={lamp.pk: 6},
        now=timezone.now(),
        user_id=colleague.pk,
        notes="<b>shelf</b> 3",
    )

    shown = page(client, shop, f"{lamp.pk}/")

    assert "3 lines add up to 6, which is the stock." in shown
    assert f"/sell/{shop.slug}/orders/{order.pk}/" in shown
    assert "Wanjiru" in shown
    assert "&lt;b&gt;shelf&lt;/b&gt; 3" in shown
    # The sale is the buyer's doing, who is not named here.
    assert "Secret" not in shown
    assert buyer.email not in shown
    only = page(client, shop, f"{lamp.pk}/", reason="count")
    assert f"/orders/{order.pk}/" not in only


def test_a_ledger_that_does_not_add_up_is_told_plainly(
    client: Client, shop: Shop
) -> None:
    lamp = shelf(shop, 9)
    ProductVariant.objects.update(inventory_quantity=8)

    shown = page(client, shop, f"{lamp.pk}/")

    assert "The lines add up to 9, but the stock is 8." in shown
    found = stocked_variant(shop=shop, variant_id=lamp.pk)
    assert found is not None
    assert not proof_of(variant=found.variant).is_right


def test_the_ledger_is_a_sheet_of_text(client: Client, shop: Shop) -> None:
    lamp = shelf(shop, 9)
    set_stock(
        levels={lamp.pk: 7},
        now=NOON,
        user_id=shop.owner_id,
        notes="=HYPERLINK(1)",
    )

    answer = client.get(f"/sell/{shop.slug}/stock/{lamp.pk}/ledger.csv?reason=count")

    body = b"".join(answer.streaming_content).decode()
    [row] = csv.DictReader(io.StringIO(body))
    assert row == {
        "time": "2030-01-01T15:00:00+03:00",
        "change": "-2",
        "level": "7",
        "reason": "count",
        "by": shop.owner.get_full_name(),
        "note": "'=HYPERLINK(1)",
        "order": "",
    }


def test_the_ledger_asks_the_same_for_one_and_for_many(
    client: Client, shop: Shop
) -> None:
    lamp = shelf(shop, 1)
    asked = []
    for rows in (1, 40):
        for _ in range(rows):
            person = ShopMemberFactory.create(shop=shop).user
            now = timezone.now() - timedelta(days=40 * (rows > 1))
            set_stock(levels={lamp.pk: level(lamp) + 1}, now=now, user_id=person.pk)
        for address in (f"{lamp.pk}/", f"{lamp.pk}/ledger.csv"):
            client.get(f"/sell/{shop.slug}/stock/{address}")
            with CaptureQueriesContext(connection) as caught:
                answer = client.get(f"/sell/{shop.slug}/stock/{address}")
                if answer.streaming:
                    list(answer.streaming_content)
            asked.append(len(caught))

    assert asked[:2] == asked[2:]
    assert max(asked) <= 12


# ------------------------------------------------------------------ counts on the page


def test_a_count_is_saved_and_said(client: Client, shop: Shop) -> None:
    lamp = shelf(shop, 9)
    where = f"/sell/{shop.slug}/stock/{lamp.pk}/"

    client.post(f"{where}count/", {"count-counted": "7", "count-seen": "9"})
    assert "Counted: 2 units fewer than were known." in page(
        client, shop, f"{lamp.pk}/"
    )
    sent = {"change-change": "-3", "change-reason": "damage", "change-seen": "7"}
    client.post(f"{where}change/", {**sent, "change-notes": "Fell down"})

    assert level(lamp) == 4
    assert "4 units are on the shelf now." in page(client, shop, f"{lamp.pk}/")
    assert InventoryLog.objects.latest("id").notes == "Fell down"


def test_an_old_page_asks_again_and_then_takes_it(client: Client, shop: Shop) -> None:
    lamp = shelf(shop, 9)
    where = f"/sell/{shop.slug}/stock/{lamp.pk}/count/"

    old = client.post(where, {"count-counted": "9", "count-seen": "10"})

    shown = old.content.decode()
    assert "Meanwhile the stock is 9; it was 10 when you looked." in shown
    assert 'name="count-seen" value="9"' in shown
    assert level(lamp) == 9
    client.post(where, {"count-counted": "8", "count-seen": "9"})
    assert level(lamp) == 8


@pytest.mark.parametrize("units", ["", "x", "-1", "1.5", "9" * 400, "1000001"])
def test_a_count_that_is_no_number_is_refused(
    client: Client, shop: Shop, units: str
) -> None:
    lamp = shelf(shop, 9)
    where = f"/sell/{shop.slug}/stock/{lamp.pk}/count/"

    answer = client.post(where, {"count-counted": units, "count-seen": "9"})

    assert answer.status_code == 200
    assert "field-error" in answer.content.decode()
    assert level(lamp) == 9


def test_a_reason_that_is_not_offered_is_refused(client: Client, shop: Shop) -> None:
    lamp = shelf(shop, 9)
    where = f"/sell/{shop.slug}/stock/{lamp.pk}/change/"

    for reason in ("sale", "opening", "x", ""):
        sent = {"change-change": "1", "change-reason": reason, "change-seen": "9"}
        assert client.post(where, sent).status_code == 200

    assert level(lamp) == 9


def test_thresholds_are_kept_and_staff_only_see_them(
    client: Client, shop: Shop
) -> None:
    lamp = shelf(shop, 9)
    base = f"/sell/{shop.slug}/stock/"

    client.post(f"{base}low/", {"low-threshold": "9"})
    client.post(f"{base}{lamp.pk}/low/", {"low-threshold": "3"})
    assert client.post(f"{base}low/", {"low-threshold": "x"}).status_code == 200

    lamp.refresh_from_db()
    shop.refresh_from_db()
    assert (shop.low_stock_threshold, lamp.low_stock_threshold) == (9, 3)
    client.post(f"{base}{lamp.pk}/low/", {"low-threshold": ""})
    lamp.refresh_from_db()
    assert lamp.low_stock_threshold is None
    staff = Client()
    staff.force_login(ShopMemberFactory.create(shop=shop, role=MemberRole.STAFF).user)
    assert "From 9 free units on." in page(staff, shop, f"{lamp.pk}/")


# ------------------------------------------------------------------ the count sheet


def test_a_sheet_is_shown_then_written_down_with_its_note(
    client: Client, shop: Shop
) -> None:
    lamp, rope, cup = (shelf(shop, 5, sku=sku) for sku in ("LAMP", "ROPE", "CUP"))
    where = f"/sell/{shop.slug}/stock/count/"
    sent = {
        "sku": ["LAMP", "ROPE", "CUP"],
        "seen": ["5", "5", "5"],
        "counted": ["3", "", "5"],
        "note": "Shelf 4",
    }

    plan = client.post(where, sent)

    assert level(lamp) == 5
    assert [(row.sku, row.difference) for row in plan.context["rows"]] == [("LAMP", -2)]
    assert plan.context["unchanged"] == 1
    again = {"plan": plan.context["plan"], "token": plan.context["token"]}
    for _ in range(2):
        client.post(f"{where}apply/", again)
    job = Job.objects.get()
    jobs.run_job(job_id=job.pk, budget_s=60, clock=timezone.now)
    assert (level(lamp), level(rope), level(cup)) == (3, 5, 5)
    log = InventoryLog.objects.latest("id")
    assert (log.reason, log.notes, log.user_id) == ("count", "Shelf 4", shop.owner_id)


def test_what_was_sold_since_the_sheet_was_shown_is_not_counted_away(
    client: Client, shop: Shop
) -> None:
    lamp, rope = shelf(shop, 5, sku="LAMP"), shelf(shop, 5, sku="ROPE")
    where = f"/sell/{shop.slug}/stock/count/"
    set_stock(levels={lamp.pk: 4}, now=timezone.now(), reason=StockReason.SALE)

    plan = client.post(
        where, {"sku": ["LAMP", "ROPE"], "seen": ["5", "5"], "counted": ["6", "6"]}
    )
    assert [one.message for one in plan.context["wrong"]] == ["Meanwhile it is 4."]
    set_stock(levels={rope.pk: 3}, now=timezone.now(), reason=StockReason.SALE)
    client.post(f"{where}apply/", {"plan": plan.context["plan"]})
    job = Job.objects.get()
    jobs.run_job(job_id=job.pk, budget_s=60, clock=timezone.now)

    assert (level(lamp), level(rope)) == (4, 3)


def test_a_sheet_without_numbers_or_of_another_shop_is_refused(
    client: Client, shop: Shop
) -> None:
    shelf(shop, 5, sku="LAMP")
    where = f"/sell/{shop.slug}/stock/count/"

    for sent in (
        {},
        {"scanned": " "},
        {"sku": ["LAMP"], "counted": [""], "seen": ["5"]},
    ):
        shown = client.post(where, sent).content.decode()
        assert "Write down something that you have counted first." in shown
    other = ShopFactory.create()
    shelf(other, 5, sku="ROPE")
    theirs = Client()
    theirs.force_login(other.owner)
    plan = theirs.post(f"/sell/{other.slug}/stock/count/", {"scanned": "ROPE;1"})
    for sent in (plan.context["plan"], "x", ""):
        client.post(f"{where}apply/", {"plan": sent})

    assert not Job.objects.exists()


def test_a_sheet_may_show_what_the_stock_should_be(client: Client, shop: Shop) -> None:
    shelf(shop, 5, sku="LAMP")
    shelf(shop, 0, sku="OLD", product__status=ProductStatus.ARCHIVED)

    blind, open_ = (
        page(client, shop, "count/"),
        page(client, shop, "count/", levels="1"),
    )

    assert "OLD" not in blind
    assert 'data-label="Should be"' not in blind
    assert '<td class="num" data-label="Should be">5</td>' in open_


# ------------------------------------------------------------------ for programs


def api(shop: Shop, rest: str = "") -> str:
    return f"/api/v1/sell/{shop.slug}/stock/{rest}"


def test_api_lists_levels_and_the_ledger(client: Client, full: Shop) -> None:
    low = client.get(api(full), {"tab": "low"}).json()
    lamp = ProductVariant.objects.get(sku="A-enough")
    ledger = client.get(api(full, f"{lamp.pk}/ledger/")).json()

    assert [row["sku"] for row in low["results"]] == ["B-low", "C-out", "G-own"]
    assert low["counts"] == {"low": 3, "out": 1, "reserved": 1, "waited": 1}
    assert low["results"][1]["waiting"] == 2
    assert (ledger["total"], ledger["level"]) == (9, 9)
    assert [row["adjustment"] for row in ledger["results"]] == [9]
    assert client.get(api(full), {"tab": "x"}).status_code == 400


def test_api_counts_changes_and_refuses(client: Client, shop: Shop) -> None:
    lamp = shelf(shop, 9)
    one = api(shop, f"{lamp.pk}/")

    def post(rest: str, **sent: Any) -> Any:
        return client.post(one + rest, sent, content_type="application/json")

    assert post("count/", counted=7, seen=9).json()["on_hand"] == 7
    moved = post("count/", counted=7, seen=9)
    assert (moved.status_code, moved.json()["code"]) == (409, "level_moved")
    assert post("change/", change=3, reason="delivery", seen=7).json()["free"] == 10
    assert post("change/", change=1, reason="sale").status_code == 400
    low = client.patch(
        one, {"low_stock_threshold": 12}, content_type="application/json"
    )
    assert (low.json()["state"], low.json()["threshold"]) == ("low", 12)
    assert client.get(api(shop, f"{uuid4()}/")).status_code == 404
    assert level(lamp) == 10


def test_api_counts_many_as_a_job(client: Client, shop: Shop) -> None:
    lamp = shelf(shop, 9, sku="LAMP")
    lines = [{"code": "LAMP", "units": "4"}, {"code": "LAMP"}, {"code": "nothing"}]

    def post(**sent: Any) -> Any:
        body = {"lines": lines, "notes": "x", **sent}
        return client.post(api(shop, "count/"), body, content_type="application/json")

    checked = post(is_check=True, skip_wrong=True)
    assert checked.status_code == 200
    assert checked.json()["changes"] == [
        {"sku": "LAMP", "cells": {"stock": ["9", "5"]}}
    ]
    assert post().json()["job"] is None
    done = post(skip_wrong=True)
    assert done.status_code == 202
    jobs.run_job(job_id=done.json()["job"]["id"], budget_s=60, clock=timezone.now)
    assert level(lamp) == 5
