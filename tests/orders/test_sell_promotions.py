"""What a shop writes about promotions: pages, programs, codes, and what is refused."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog.models import ProductVariant
from orders.conditions import Conditions
from orders.errors import PromotionRefused
from orders.models import Coupon, Promotion
from orders.queries.sell_promotions import (
    PromotionState,
    descriptions,
    promotions_in,
    state_of,
)
from orders.services.promotions import (
    MOST_CODES,
    Written,
    add_code,
    order_codes,
    remove_code,
    save_promotion,
)
from shop.models import Job, JobState, Shop
from shop.services.jobs import run_job, undo_job
from tests.factories.catalog import (
    CategoryFactory,
    ProductFactory,
    ProductVariantFactory,
)
from tests.factories.orders import CouponFactory, PromotionFactory
from tests.factories.shop import ShopFactory
from tests.orders.purchases import NOON, buy, fill_checkout, say_yes

pytestmark = pytest.mark.django_db
FORM: dict[str, Any] = {
    "name": "Tea week",
    "kind": "percentage",
    "value": "20",
    "comes": "code",
    "is_combinable": "on",
    "starts_at": "2030-01-01T09:00",
}
DAY = timedelta(days=1)


@pytest.fixture
def shop() -> Shop:
    return ShopFactory(
        name="Lamp works", country="KE", currency="GBP", timezone="Europe/London"
    )


@pytest.fixture
def owner(shop: Shop) -> Client:
    client = Client()
    client.force_login(shop.owner)
    return client


def at(name: str, shop: Shop, *args: Any) -> str:
    return reverse(f"sell:{name}", args=[shop.slug, *args])


def api(name: str, shop: Shop, *args: Any) -> str:
    return reverse(f"v1:sell-{name}", args=[shop.slug, *args])


def sold_by(shop: Shop, sku: str = "POT", **values: Any) -> ProductVariant:
    product = ProductFactory(shop=shop, currency=shop.currency, **values)
    return ProductVariantFactory(
        product=product, shop=shop, sku=sku, price=100, inventory_quantity=50
    )


def words(response: Any) -> str:
    text = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(text.split())


def written(**values: Any) -> Written:
    base = {
        "name": "Tea",
        "kind": "percentage",
        "value": Decimal(10),
        "starts_at": NOON,
    }
    return Written(**{**base, **values})


# ------------------------------------------------------------------ writing one


def test_a_promotion_is_written_in_the_shops_time(owner: Client, shop: Shop) -> None:
    tea = CategoryFactory(name="Teapots")
    answer = owner.post(
        at("promotion_new", shop),
        {
            **FORM,
            "categories": [str(tea.pk)],
            "minimum": "30",
            "customers": "first_order",
            "starts_at": "2030-07-01T00:00",
            "ends_at": "2030-07-07T23:59",
        },
        follow=True,
    )

    promotion = Promotion.objects.get(shop=shop)
    assert promotion.ends_at == datetime(2030, 7, 7, 22, 59, tzinfo=UTC)
    assert promotion.conditions == {
        "categories": [str(tea.pk)],
        "minimum": "30",
        "customers": "first_order",
    }
    assert (
        "20 % off Teapots, from £30.00, first order only, from Mon 1 Jul 2030 00:00"
        " until Sun 7 Jul 2030 23:59 London time." in words(answer)
    )
    assert "2030-07-07T23:59" in answer.content.decode()


def test_products_are_named_by_their_skus(owner: Client, shop: Shop) -> None:
    pot, cup = sold_by(shop, "POT"), sold_by(shop, "CUP")
    owner.post(
        at("promotion_new", shop),
        {
            **FORM,
            "kind": "buy_x_get_y",
            "value": "",
            "buy": "2",
            "get": "1",
            "products": "pot\n\n POT ",
            "get_products": "CUP",
        },
    )

    (promotion,) = Promotion.objects.filter(shop=shop)
    page = owner.get(at("promotion", shop, promotion.pk)).content.decode()

    assert Conditions.read(promotion.conditions) == Conditions(
        products=(pot.product_id,), get_products=(cup.product_id,), buy=2, get=1
    )
    assert ">\nPOT</textarea>" in page
    assert ">\nCUP</textarea>" in page


@pytest.mark.parametrize(
    ("sent", "field", "sentence"),
    [
        ({"value": "101"}, "value", "A percentage is between 0 and 100."),
        ({"value": ""}, "value", "Say how much it takes off."),
        ({"value": "-5"}, "value", "Write an amount of zero or more."),
        ({"value": "ten"}, "value", "Write an amount, such as 4.95."),
        ({"name": " "}, "name", "This field is required."),
        ({"starts_at": ""}, "starts_at", "Say when it begins."),
        ({"starts_at": "tomorrow"}, "starts_at", "Write a day and a time."),
        (
            {"ends_at": "2030-01-01T09:00"},
            "ends_at",
            "A promotion ends after it starts.",
        ),
        ({"products": "POT\nROPE"}, "products", "Your shop has no SKU ROPE."),
        (
            {"categories": [str(uuid4())]},
            "categories",
            "Choose categories of the list.",
        ),
        ({"usage_limit": "0"}, "usage_limit", "Write 1 or more, or nothing."),
        (
            {"kind": "buy_x_get_y", "get": "1"},
            "buy",
            "Say how many to buy and how many cost less: 1 or more.",
        ),
        (
            {"kind": "fixed", "value": "99999999999"},
            "value",
            "This is more than one order can hold.",
        ),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    owner: Client, shop: Shop, sent: dict[str, Any], field: str, sentence: str
) -> None:
    sold_by(shop)
    sold_by(ShopFactory(), "ROPE")

    answer = owner.post(at("promotion_new", shop), {**FORM, **sent})

    assert answer.context["form"].errors[field] == [sentence]
    assert not Promotion.objects.exists()


def test_the_words_follow_the_form_and_keep_nothing(owner: Client, shop: Shop) -> None:
    sold_by(shop, name="Brass pot")
    sent = {
        **FORM,
        "kind": "fixed",
        "value": "120",
        "try_sku": "pot",
        "try_units": "1",
    }

    answer = words(owner.post(at("promotion_words", shop), sent))

    assert "£120.00 off the order" in answer
    assert "It goes on until you switch it off." in answer
    assert "a price never falls below 0." in answer
    assert "Brass pot × 1 £100.00 With the promotion £0.00" in answer
    assert not Promotion.objects.exists()


def test_without_scripts_a_button_shows_the_words(owner: Client, shop: Shop) -> None:
    answer = owner.post(at("promotion_new", shop), {**FORM, "look": "1"})

    assert "20 % off the order" in words(answer)
    assert not Promotion.objects.exists()


def test_other_shops_products_are_refused_to_programs(
    owner: Client, shop: Shop
) -> None:
    foreign = sold_by(ShopFactory())
    sent = {
        "name": "Tea",
        "kind": "percentage",
        "value": "10",
        "starts_at": "2030-01-01T00:00:00Z",
        "conditions": {"products": [str(foreign.product_id)]},
    }

    answer = owner.post(api("promotions", shop), sent, "application/json")

    assert answer.status_code == 400
    assert "Choose products of your shop." in answer.content.decode()
    assert not Promotion.objects.exists()


def test_a_limit_that_comes_later_counts_what_was(shop: Shop) -> None:
    pot = sold_by(shop)
    promotion = PromotionFactory(shop=shop, is_automatic=True)
    for _time in range(2):
        say_yes(fill_checkout({pot: 1}))
    limited = {"is_automatic": True, "promotion_id": promotion.pk}

    with pytest.raises(PromotionRefused, match="used 2 times already"):
        save_promotion(
            shop_id=shop.pk,
            written=written(is_automatic=True, usage_limit=1),
            promotion_id=promotion.pk,
        )
    kept = save_promotion(
        shop_id=shop.pk,
        written=written(is_automatic=True, usage_limit=3),
        promotion_id=limited["promotion_id"],
    )

    assert kept.usage_count == 2


# ------------------------------------------------------------------ states


def test_each_stands_in_one_state(owner: Client, shop: Shop) -> None:
    now = timezone.now()
    made = {
        "Now": PromotionFactory(shop=shop, name="Now", starts_at=now - DAY),
        "Later": PromotionFactory(shop=shop, name="Later", starts_at=now + DAY),
        "Past": PromotionFactory(
            shop=shop, name="Past", starts_at=now - DAY, ends_at=now
        ),
        "Spent": PromotionFactory(
            shop=shop, name="Spent", starts_at=now - DAY, usage_limit=1, usage_count=1
        ),
        "Off": PromotionFactory(
            shop=shop, name="Off", starts_at=now - DAY, is_active=False
        ),
    }
    PromotionFactory(name="Theirs", starts_at=now - DAY)

    found = {
        state: {
            one.name for one in promotions_in(shop_id=shop.pk, state=state, now=now)
        }
        for state in PromotionState
    }
    listed = words(owner.get(at("promotions", shop), {"tab": "over"}))

    assert found == {
        PromotionState.RUNNING: {"Now"},
        PromotionState.PLANNED: {"Later"},
        PromotionState.OVER: {"Past", "Spent"},
        PromotionState.OFF: {"Off"},
    }
    assert {state_of(one, now) for one in made.values()} == set(PromotionState)
    assert "Past" in listed
    assert "Theirs" not in listed


def test_switching_and_copying(owner: Client, shop: Shop) -> None:
    promotion = CouponFactory(promotion__shop=shop, promotion__name="Tea").promotion

    owner.post(at("promotion_switch", shop, promotion.pk), {"off": "1"})
    owner.post(at("promotion_duplicate", shop, promotion.pk))

    promotion.refresh_from_db()
    copy = Promotion.objects.get(name="Tea (copy)")
    assert (promotion.is_active, copy.is_active) == (False, False)
    assert copy.coupons.count() == 0


@pytest.mark.parametrize("rows", [1, 20])
def test_a_list_asks_the_same_for_any_number(
    owner: Client, shop: Shop, rows: int
) -> None:
    now = timezone.now()
    tea = CategoryFactory()
    for _row in range(rows):
        promotion = PromotionFactory(
            shop=shop,
            starts_at=now - DAY,
            conditions={
                "categories": [str(tea.pk)],
                "products": [str(ProductFactory(shop=shop).pk)],
            },
        )
        CouponFactory.create_batch(2, promotion=promotion)
    owner.get(at("promotions", shop))

    with CaptureQueriesContext(connection) as asked:
        owner.get(at("promotions", shop))

    assert len(asked) == 7


def test_what_is_gone_is_said_in_the_words(shop: Shop) -> None:
    promotion = PromotionFactory(
        shop=shop, conditions={"products": [str(uuid4())]}, value=Decimal("12.50")
    )

    found = descriptions(shop=shop, promotions=[promotion], now=NOON)

    assert found[promotion.pk] == "12.5 % off something that is gone, without an end."


# ------------------------------------------------------------------ codes


def test_a_code_is_one_whatever_its_letters(owner: Client, shop: Shop) -> None:
    promotion = PromotionFactory(shop=shop)
    address = at("promotion_code", shop, promotion.pk)

    owner.post(address, {"one-code": " tea-20 ", "one-usage_limit": "5"})
    again = owner.post(address, {"one-code": "Tea-20"})

    (coupon,) = Coupon.objects.all()
    assert (coupon.code, coupon.usage_limit) == ("TEA-20", 5)
    assert again.context["code_form"].errors == {
        "code": ["Your shop has this code already, in capitals or not."]
    }


@pytest.mark.parametrize(
    "code", ["TÉE", "ТЕА", "ab", "TEA 20", "=TEA", "x" * 33, "💚💚💚"]
)
def test_a_code_is_plain(shop: Shop, code: str) -> None:
    promotion = PromotionFactory(shop=shop)

    with pytest.raises(PromotionRefused):
        add_code(shop_id=shop.pk, promotion_id=promotion.pk, code=code)

    assert not Coupon.objects.exists()


def test_what_comes_by_itself_has_no_codes(shop: Shop) -> None:
    promotion = PromotionFactory(shop=shop, is_automatic=True)

    with pytest.raises(PromotionRefused, match="comes by itself"):
        add_code(shop_id=shop.pk, promotion_id=promotion.pk, code="TEA")


def test_a_used_code_stays(owner: Client, shop: Shop) -> None:
    pot = sold_by(shop)
    coupon = CouponFactory(code="TEA", promotion__shop=shop)
    other = CouponFactory(code="CUP", promotion=coupon.promotion)
    buy({pot: 1}, coupons=("TEA",))

    for one in (coupon, other):
        owner.post(at("promotion_code_remove", shop, coupon.promotion_id, one.pk))

    assert list(Coupon.objects.all()) == [coupon]


def _run(job: Job) -> Job:
    assert run_job(job_id=job.pk, budget_s=120, clock=timezone.now) is False
    job.refresh_from_db()
    return job


def test_many_codes_are_made_once_each_and_can_be_taken_back(
    owner: Client, shop: Shop
) -> None:
    pot, promotion = sold_by(shop), PromotionFactory(shop=shop)
    sent = {"many-count": "600", "many-beginning": "tea", "token": str(uuid4())}
    for _click in range(2):
        owner.post(at("promotion_codes", shop, promotion.pk), sent)

    job = _run(Job.objects.get())
    codes = list(Coupon.objects.values_list("code", flat=True))
    buy({pot: 1}, coupons=(codes[0],), now=NOON)
    undo = _run(undo_job(job_id=job.pk, by=None, now=timezone.now()))

    assert (job.state, job.done_rows) == (JobState.DONE, 600)
    assert len(set(codes)) == 600
    assert all(re.fullmatch("TEA-[2-9A-HJKMNP-Z]{10}", code) for code in codes)
    assert (undo.done_rows, undo.refused_rows) == (599, 1)
    assert list(Coupon.objects.values_list("code", flat=True)) == [codes[0]]


def test_a_code_that_is_there_is_drawn_again(shop: Shop, monkeypatch: Any) -> None:
    promotion = PromotionFactory(shop=shop)
    CouponFactory(promotion=promotion, code="taken")
    drawn = iter(["TAKEN", "FRESH"])
    monkeypatch.setattr("orders.services.promotions._new_code", lambda _: next(drawn))

    job = _run(
        order_codes(
            shop_id=shop.pk,
            promotion_id=promotion.pk,
            count=1,
            prefix="",
            by=None,
            now=timezone.now(),
        )
    )

    assert job.done_rows == 1
    assert Coupon.objects.filter(code="FRESH").exists()


@pytest.mark.parametrize(
    ("count", "prefix"),
    [(0, ""), (MOST_CODES + 1, ""), (10**9, ""), (5, "TÉE"), (5, "=A"), (5, "A" * 13)],
)
def test_codes_beyond_all_bounds_are_refused(
    shop: Shop, count: int, prefix: str
) -> None:
    promotion = PromotionFactory(shop=shop)

    with pytest.raises(PromotionRefused):
        order_codes(
            shop_id=shop.pk,
            promotion_id=promotion.pk,
            count=count,
            prefix=prefix,
            by=None,
            now=timezone.now(),
        )

    assert not Job.objects.exists()


def test_all_codes_go_into_a_file(owner: Client, shop: Shop) -> None:
    promotion = PromotionFactory(shop=shop)
    CouponFactory(promotion=promotion, code="TEA", usage_limit=3, usage_count=1)
    # Written by an operator.
    CouponFactory(promotion=promotion, code="-1+2")
    CouponFactory(code="THEIRS")

    answer = owner.get(at("promotion_codes_file", shop, promotion.pk))
    lines = list(csv.reader(answer.getvalue().decode().splitlines()))

    assert lines == [
        ["code", "uses", "limit", "limit per customer"],
        ["TEA", "1", "3", ""],
        ["'-1+2", "0", "", ""],
    ]


def test_a_code_of_another_promotion_is_not_found(shop: Shop) -> None:
    mine, theirs = PromotionFactory(shop=shop), CouponFactory()

    remove_code(shop_id=shop.pk, promotion_id=mine.pk, coupon_id=theirs.pk)

    assert Coupon.objects.filter(pk=theirs.pk).exists()


# ------------------------------------------------------------------ programs


def test_a_program_writes_switches_and_lists(owner: Client, shop: Shop) -> None:
    pot = sold_by(shop, name="Brass pot")
    sent = {
        "name": "Pots",
        "kind": "percentage",
        "value": "10.00",
        "starts_at": "2020-01-01T00:00:00Z",
        "conditions": {"products": [str(pot.product_id)], "minimum": "30.00"},
    }

    made = owner.post(api("promotions", shop), sent, "application/json").json()
    one = made["id"]
    code = owner.post(
        api("promotion-codes", shop, one), {"code": "pots"}, "application/json"
    ).json()
    twice = owner.post(
        api("promotion-codes", shop, one), {"code": "POTS"}, "application/json"
    )
    listed = owner.get(api("promotions", shop), {"state": "running"}).json()
    off = owner.post(
        api("promotion-switch", shop, one), {"is_active": False}, "application/json"
    ).json()
    changed = owner.put(
        api("promotion", shop, one), {**sent, "value": "15"}, "application/json"
    ).json()
    gone = owner.delete(api("promotion-code", shop, one, code["id"]))

    assert made["words"] == "10 % off Brass pot, from £30.00, without an end."
    assert (code["code"], twice.status_code) == ("POTS", 400)
    assert [row["id"] for row in listed["results"]] == [one]
    assert (off["state"], changed["value"], gone.status_code) == ("off", "15.00", 204)


def test_a_buyers_program_sees_each_discount(shop: Shop) -> None:
    pot = sold_by(shop)
    PromotionFactory(
        shop=shop, name="Tea week", is_automatic=True, starts_at=NOON - 9000 * DAY
    )
    buyer = Client()
    buyer.post(
        reverse("v1:cart-items"),
        {"variant": str(pot.pk), "quantity": 1},
        "application/json",
    )

    (found,) = buyer.get(reverse("v1:cart")).json()["shops"]

    assert found["discounts"] == [
        {
            "promotion": str(Promotion.objects.get().pk),
            "name": "Tea week",
            "code": "",
            "goods": "10.00",
            "delivery": "0.00",
        }
    ]
