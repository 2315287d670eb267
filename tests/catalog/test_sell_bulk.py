"""Changes to many products: exact, refused row by row, and taken back to the penny."""

from __future__ import annotations

from decimal import Decimal
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from catalog.errors import InvalidPrice
from catalog.models import (
    PriceChange,
    Product,
    ProductStatus,
    ProductTag,
    ProductVariant,
    Tag,
)
from catalog.services.bulk import CompareRule, Ending, PriceRule
from catalog.services.prices import set_price
from shop.models import GlobalEvent, Job, JobRow, Shop
from shop.services import jobs
from tests.factories.catalog import (
    BrandFactory,
    CategoryFactory,
    ProductFactory,
    ProductVariantFactory,
)
from tests.factories.shop import ShopFactory
from tests.factories.users import ShopMemberFactory
from users.models import MemberRole

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def shop() -> Shop:
    return ShopFactory.create(currency="GBP")


@pytest.fixture
def client(shop: Shop) -> Client:
    client = Client()
    client.force_login(shop.owner)
    return client


def product(shop: Shop, *prices: str, **options: Any) -> Product:
    made: Product = ProductFactory.create(
        shop=shop, price=D(min(prices, key=D, default="1")), **options
    )
    for place, price in enumerate(prices):
        ProductVariantFactory.create(product=made, price=D(price), position=place)
    return made


def run(job: Job) -> Job:
    jobs.run_job(job_id=job.pk, budget_s=60, clock=timezone.now)
    job.refresh_from_db()
    return job


def send(client: Client, shop: Shop, **values: Any) -> Job:
    """Through the page: preview, then confirm what it said."""
    where = f"/sell/{shop.slug}/products/change/"
    preview = client.get(where, {**values, "preview": "1"})
    assert "expected" in preview.content.decode(), preview.content.decode()
    sent = dict(preview.context["sent"])
    sent |= {
        "id": values.get("id", []),
        "expected": preview.context["count"],
        "token": preview.context["token"],
    }
    answer = client.post(where, sent)
    assert answer.status_code == HTTPStatus.FOUND
    return Job.objects.latest("id")


def undo(job: Job) -> Job:
    return run(jobs.undo_job(job_id=job.pk, by=None, now=timezone.now()))


def money() -> list[str]:
    """All that tells what things cost, but for when it was written."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ROW(id, price, compare_price, lowest_before)::text FROM products"
            " UNION ALL SELECT ROW(id, price, compare_price)::text FROM product_variants"
            " ORDER BY 1"
        )
        return [text for (text,) in cursor.fetchall()]


def told(job: Job) -> list[tuple[str, str]]:
    rows = JobRow.objects.filter(job=job).order_by("id")
    return list(rows.values_list("state", "message"))


# ------------------------------------------------------------------ prices
@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (PriceRule(percent=D(10)), ("11.00", "15.00")),
        (PriceRule(percent=D("-12.5")), ("8.75", "15.00")),
        (PriceRule(amount=D("-0.51")), ("9.49", "15.00")),
        (PriceRule(percent=D(10), ending=Ending.NINETY_NINE), ("10.99", "15.00")),
        (PriceRule(percent=D(7), ending=Ending.WHOLE), ("11.00", "15.00")),
        (PriceRule(ending=Ending.NINETY_FIVE), ("9.95", "15.00")),
        (PriceRule(percent=D(-10), compare=CompareRule.OLD), ("9.00", "15.00")),
        (PriceRule(compare=CompareRule.REMOVE), ("10.00", None)),
        (PriceRule(compare=CompareRule.ABOVE, above=D(50)), ("10.00", "15.00")),
        (PriceRule(percent=D(-100)), ("0.00", "15.00")),
    ],
)
def test_a_rule_says_one_price(rule: PriceRule, expected: tuple[str, str]) -> None:
    new = rule.applied(price=D("10.00"), compare_price=D("15.00"), currency="GBP")

    assert new.price == D(expected[0])
    assert new.compare_price == (D(expected[1]) if expected[1] else None)
    assert PriceRule.of(rule.params) == rule


def test_a_rule_refuses_what_no_price_can_be() -> None:
    for rule in (PriceRule(amount=D(-11)), PriceRule(amount=D("9999999999"))):
        with pytest.raises(InvalidPrice):
            rule.applied(price=D(10), compare_price=None, currency="GBP")
    small = PriceRule(ending=Ending.NINETY_NINE)
    assert small.applied(price=D("0.20"), compare_price=None, currency="GBP").price == D("0.99")  # fmt: skip
    yen = PriceRule(percent=D(10), ending=Ending.NINETY_NINE)
    assert yen.applied(price=D(105), compare_price=None, currency="JPY").price == 116


def test_prices_change_with_history_and_news_and_come_back_exactly(
    shop: Shop, client: Client
) -> None:
    lamp, rug = product(shop, "10.00", "12.00"), product(shop, "20.00")
    cheap, others = product(shop, "0.50"), product(ShopFactory.create(), "9.00")
    before = money()

    job = run(
        send(
            client,
            shop,
            id=[lamp.pk, rug.pk, cheap.pk, others.pk],
            do="price",
            **{"to-amount": "-1", "to-compare": "old"},
        )
    )

    assert (job.total_rows, job.done_rows, job.refused_rows) == (3, 2, 1)
    assert told(job)[2][1].startswith("A price is zero or more")
    lamp.refresh_from_db()
    assert (lamp.price, lamp.compare_price) == (D("9.00"), D("10.00"))
    assert list(lamp.variants.values_list("price", "compare_price")) == [
        (D("9.00"), D("10.00")),
        (D("11.00"), D("12.00")),
    ]
    assert set(PriceChange.objects.values_list("old_price", "new_price", "user_id")) == {
        (D(10), D(9), shop.owner_id), (D(12), D(11), shop.owner_id), (D(20), D(19), shop.owner_id),
    }  # fmt: skip
    news = GlobalEvent.objects.filter(event_type="product.price_changed")
    assert {(one.entity_id, one.data["new_price"]) for one in news} == {
        (lamp.pk, "9.00"), (lamp.pk, "11.00"), (rug.pk, "19.00"),
    }  # fmt: skip
    back = undo(job)
    assert (back.done_rows, back.refused_rows) == (2, 0)
    assert money() == before
    assert PriceChange.objects.count() == 6


def test_undo_leaves_what_somebody_changed_since(shop: Shop, client: Client) -> None:
    lamp, rug = product(shop, "10.00", "12.00"), product(shop, "20.00")
    job = run(send(client, shop, all="1", do="price", **{"to-percent": "10"}))
    touched = lamp.variants.last()
    set_price(variant_id=touched.pk, price=D(99), compare_price=None, now=timezone.now())  # fmt: skip

    back = undo(job)

    assert (back.done_rows, back.refused_rows) == (1, 1)
    assert "changed meanwhile" in {state: text for state, text in told(back)}["refused"]  # fmt: skip
    assert list(lamp.variants.values_list("price", flat=True)) == [D(11), D(99)]
    assert rug.variants.get().price == D(20)


def test_the_same_rule_twice_over_one_job_is_done_once(
    shop: Shop, client: Client
) -> None:
    product(shop, "10.00")
    job = run(send(client, shop, all="1", do="price", **{"to-percent": "10"}))

    run(job)

    assert ProductVariant.objects.get().price == D(11)


# ------------------------------------------------------------------ the rest
def test_status_is_refused_where_nothing_could_be_bought(
    shop: Shop, client: Client
) -> None:
    lamp, empty = product(shop, "1", status="draft"), product(shop, status="draft")

    job = run(send(client, shop, all="1", do="status", **{"to-status": "active"}))

    lamp.refresh_from_db()
    empty.refresh_from_db()
    assert (lamp.status, empty.status) == (ProductStatus.ACTIVE, ProductStatus.DRAFT)
    assert told(job) == [
        ("done", ""),
        ("refused", "It has no variant that could be bought."),
    ]
    undo(job)
    lamp.refresh_from_db()
    assert lamp.status == ProductStatus.DRAFT


def test_category_and_brand_change_and_come_back(shop: Shop, client: Client) -> None:
    lamp, old = product(shop, "1"), CategoryFactory.create()
    bare = product(shop, "1", category=None)
    Product.objects.filter(pk=lamp.pk).update(category=old)
    new, brand = CategoryFactory.create(), BrandFactory.create(name="Acme")

    moved = run(send(client, shop, all="1", do="category", **{"to-category": new.slug}))
    named = run(send(client, shop, all="1", do="brand", **{"to-brand": "acme"}))

    assert set(Product.objects.values_list("category_id", "brand_id")) == {
        (new.pk, brand.pk)
    }
    undo(named)
    old.delete()
    back = undo(moved)
    lamp.refresh_from_db()
    bare.refresh_from_db()
    assert (lamp.category_id, bare.category_id, lamp.brand_id) == (new.pk, None, None)
    assert ("refused", "What it had before is not there any more.") in told(back)


def test_tags_are_added_and_removed_as_rows_too(shop: Shop, client: Client) -> None:
    lamp = product(shop, "1", tags=["old", "kept"])
    tags = {"to-add": "new, kept", "to-remove": "old"}

    job = run(send(client, shop, all="1", do="tags", **tags))

    lamp.refresh_from_db()
    assert lamp.tags == ["kept", "new"]
    assert set(ProductTag.objects.values_list("tag__name", flat=True)) <= {"kept", "new"}  # fmt: skip
    undo(job)
    lamp.refresh_from_db()
    assert lamp.tags == ["old", "kept"]
    names = ProductTag.objects.filter(product=lamp).values_list("tag__name", flat=True)
    assert set(names) == {"old", "kept"}
    assert Tag.objects.filter(name="new").exists()


def test_tax_class_changes_and_comes_back(shop: Shop, client: Client) -> None:
    product(shop, "1")
    job = run(send(client, shop, all="1", do="tax", **{"to-tax_class": "reduced"}))
    assert Product.objects.get().tax_class == "reduced"
    undo(job)
    assert Product.objects.get().tax_class == "standard"


def test_preview_shows_and_keeps_nothing(shop: Shop, client: Client) -> None:
    product(shop, "10.00", name="Lamp")
    before = money()

    page = client.get(
        f"/sell/{shop.slug}/products/change/",
        {"all": "1", "do": "price", "to-percent": "10", "preview": "1"},
    ).content.decode()

    assert "£10.00" in page
    assert "£11.00" in page
    assert money() == before
    assert not Job.objects.exists()
    assert not GlobalEvent.objects.exists()
    assert not PriceChange.objects.exists()


def test_confirming_another_number_than_shown_is_asked_again(
    shop: Shop, client: Client
) -> None:
    product(shop, "10.00")
    where = f"/sell/{shop.slug}/products/change/"

    page = client.post(
        where, {"all": "1", "do": "price", "to-percent": "10", "expected": "2"}
    )

    assert "Meanwhile it is 1 instead of 2" in page.content.decode()
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("do", "values", "words"),
    [
        ("price", {"to-percent": "ten"}, "This is not a number."),
        ("price", {"to-percent": "-101"}, "Between -100 and 1000"),
        ("price", {"to-amount": "1" + "0" * 12}, "more than a price can be"),
        ("price", {"to-percent": "NaN"}, "This is not a number."),
        ("price", {}, "Say by how much"),
        ("compare", {"to-compare": "above", "to-above": "0"}, "Say how far above"),
        ("brand", {"to-brand": "Nobody"}, "There is no brand of this name."),
        ("category", {"to-category": "nowhere"}, "Select a valid choice"),
        ("tags", {}, "Name at least one tag."),
        ("tags", {"to-add": "x" * 101}, "at most 100 characters"),
        ("tax", {"to-tax_class": "Ümlaut!"}, "Small letters and figures"),
        ("status", {"to-status": "sold"}, "Select a valid choice"),
    ],
)
def test_bad_input_is_told_beside_its_field(
    shop: Shop, client: Client, do: str, values: dict[str, str], words: str
) -> None:
    product(shop, "10.00")
    where = f"/sell/{shop.slug}/products/change/"
    sent = {"all": "1", "do": do, **values}

    shown = client.get(f"{where}?{urlencode({**sent, 'preview': '1'})}")
    posted = client.post(where, sent)

    assert words in shown.content.decode()
    assert words in posted.content.decode()
    assert not Job.objects.exists()


def test_only_editors_change_and_only_their_own(shop: Shop, client: Client) -> None:
    others = product(ShopFactory.create(), "9.00")
    staff = Client()
    staff.force_login(ShopMemberFactory.create(shop=shop, role=MemberRole.STAFF).user)
    where = f"/sell/{shop.slug}/products/change/"
    sent = {"id": str(others.pk), "do": "price", "to-percent": "10"}

    mine = client.post(where, sent)
    theirs = staff.post(where, sent)

    assert mine["Location"] == f"/sell/{shop.slug}/products/"
    assert theirs.status_code == HTTPStatus.FORBIDDEN
    assert not Job.objects.exists()
