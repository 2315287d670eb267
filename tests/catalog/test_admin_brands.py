"""Brands that are one are merged: products, links and lists follow, and nobody is left behind."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from catalog.errors import CannotMerge
from catalog.models import Brand, Product
from catalog.services import brands as service
from catalog.services.brands import merge_brands, move_products
from shop.models import GlobalEvent
from tests.factories.catalog import BrandFactory, ProductFactory, ProductVariantFactory
from tests.factories.users import OperatorFactory, UserFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2031, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(OperatorFactory())
    return client


def merge(into: Brand, *others: Brand, expected: int | None = None) -> Brand:
    return merge_brands(
        into_id=into.pk,
        brand_ids=[other.pk for other in others],
        expected=expected,
        by=None,
        now=NOON,
    )


def brand_of(product: Product) -> UUID | None:
    product.refresh_from_db()
    return product.brand_id


def test_products_follow_and_the_others_lead_to_the_one_that_stays() -> None:
    stays, acme, other = BrandFactory(), BrandFactory(), BrandFactory()
    mine = [ProductFactory(brand=one) for one in (stays, acme, acme)]
    untouched = ProductFactory(brand=other)

    merge(stays, acme, expected=2)

    acme.refresh_from_db()
    assert [brand_of(product) for product in mine] == [stays.pk] * 3
    assert brand_of(untouched) == other.pk
    assert (acme.merged_into, acme.is_active) == (stays, False)
    event = GlobalEvent.objects.get(event_type="brand.merged")
    assert (event.entity_id, event.data) == (acme.pk, {"into": str(stays.pk)})


def test_its_old_address_leads_to_the_new_one(client: Client) -> None:
    stays, acme, older = BrandFactory(), BrandFactory(), BrandFactory()
    merge(acme, older)
    merge(stays, acme)

    for brand in (acme, older):
        answer = client.get(reverse("catalog:brand", args=[brand.slug]))
        assert (answer.status_code, answer["Location"]) == (
            301,
            reverse("catalog:brand", args=[stays.slug]),
        )
    hidden = BrandFactory(is_active=False)
    assert client.get(hidden.get_absolute_url()).status_code == 404


def test_a_filter_by_the_old_name_finds_what_it_meant(client: Client) -> None:
    stays, acme = BrandFactory(), BrandFactory()
    product = ProductFactory(brand=acme, name="Anvil")
    ProductVariantFactory(product=product)
    merge(stays, acme)

    page = client.get(reverse("catalog:search"), {"q": "Anvil", "brand": acme.slug})

    assert "Anvil" in page.content.decode()
    assert reverse("catalog:product", args=[product.slug]) in page.content.decode()


def test_whoever_still_names_a_merged_brand_means_the_other() -> None:
    stays, acme = BrandFactory(), BrandFactory()
    merge(stays, acme)

    made = ProductFactory(brand=acme)
    changed = ProductFactory(brand=None)
    Product.objects.filter(pk=changed.pk).update(brand=acme)

    assert (brand_of(made), brand_of(changed)) == (stays.pk, stays.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        Product.objects.filter(pk=changed.pk).update(brand_id=uuid4())
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_large_brand_is_moved_by_and_by(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "CHUNK", 2)
    stays, acme = BrandFactory(), BrandFactory()
    for _ in range(7):
        ProductFactory(brand=acme)

    merge(stays, acme)
    left = Product.objects.filter(brand=acme).count()
    goes_on = move_products(brand_id=acme.pk, budget_s=0)
    after = Product.objects.filter(brand=acme).count()
    ended = move_products(brand_id=acme.pk, budget_s=60)

    assert (left, goes_on, after, ended) == (5, True, 3, False)
    assert Product.objects.filter(brand=stays).count() == 7
    assert not move_products(brand_id=stays.pk, budget_s=60)


def test_what_cannot_be_merged_writes_nothing() -> None:
    stays, acme, gone = BrandFactory(), BrandFactory(), BrandFactory()
    ProductFactory(brand=acme)
    merge(stays, gone)

    for into, others, expected in (
        (stays, [stays], None),
        (stays, [acme], 5),
        (gone, [acme], None),
        (acme, [gone], None),
        (stays, [Brand(pk=uuid4())], None),
        (stays, [Brand(pk=uuid4()) for _ in range(51)], None),
    ):
        with pytest.raises(CannotMerge):
            merge(into, *others, expected=expected)

    acme.refresh_from_db()
    assert (acme.merged_into, acme.is_active) == (None, True)
    merge(stays, gone)
    assert GlobalEvent.objects.filter(event_type="brand.merged").count() == 1


def wait_for_a_waiter() -> None:
    """Until another connection waits for a lock, for five seconds at most."""
    ends = time.monotonic() + 5
    with connection.cursor() as cursor:
        while time.monotonic() < ends:
            cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
            if cursor.fetchone()[0]:
                return
    raise AssertionError("Nobody waits for the merge.")


@pytest.mark.django_db(transaction=True)
def test_a_product_that_is_being_added_meanwhile_is_not_left_behind() -> None:
    stays, acme = BrandFactory(), BrandFactory()
    product = ProductFactory(brand=None)
    other = ProductFactory(brand=None)
    is_marked = threading.Event()

    def add_while_merging() -> None:
        is_marked.wait(10)
        # Waits for the merge, whose row it needs; then reads what that wrote.
        Product.objects.filter(pk=product.pk).update(brand=acme)
        connection.close()

    adder = threading.Thread(target=add_while_merging)
    adder.start()
    with transaction.atomic():
        Product.objects.filter(pk=other.pk).update(brand=acme)
        merge(stays, acme)
        is_marked.set()
        wait_for_a_waiter()
    adder.join(10)

    assert (brand_of(product), brand_of(other)) == (stays.pk, stays.pk)


# ------------------------------------------------------------------ the page
def sent(*brands: Brand, into: Any = "", **counts: int) -> dict[str, Any]:
    return {
        "id": [brand.pk for brand in brands],
        "into": into,
        **{f"count-{brand.pk}": brand.products.count() for brand in brands},
    }


def test_the_page_shows_exact_numbers_and_merges(desk: Client) -> None:
    stays, acme = BrandFactory(name="Acme"), BrandFactory(name="ACME Inc.")
    for _ in range(3):
        ProductFactory(brand=acme)
    page = reverse("admin:merge_brands")
    chosen = desk.post(
        reverse("admin:catalog_brand_changelist"),
        {"action": "merge", "_selected_action": [stays.pk, acme.pk]},
    )

    shown = desk.get(chosen["Location"]).content.decode()
    answer = desk.post(page, sent(stays, acme, into=stays.pk))

    assert "3 products" in shown
    assert answer["Location"] == reverse("admin:catalog_brand_change", args=[stays.pk])
    assert Product.objects.filter(brand=stays).count() == 3
    told = LogEntry.objects.get(object_id=str(stays.pk)).get_change_message()
    assert told == "Took in ACME Inc., with 3 products."


def test_numbers_that_changed_meanwhile_are_shown_again(desk: Client) -> None:
    stays, acme = BrandFactory(), BrandFactory()
    asked = sent(stays, acme, into=stays.pk)
    ProductFactory(brand=acme)

    answer = desk.post(reverse("admin:merge_brands"), asked)

    words = answer.content.decode()
    assert "By now the number of products to move is 1." in words
    assert f'name="count-{acme.pk}" value="1"' in words
    acme.refresh_from_db()
    assert acme.merged_into is None


@pytest.mark.parametrize(
    "into", ["", "word", str(uuid4())], ids=["nothing", "a word", "another id"]
)
def test_one_that_stays_is_asked_for(desk: Client, into: str) -> None:
    brands = (BrandFactory(), BrandFactory())

    answer = desk.post(reverse("admin:merge_brands"), sent(*brands, into=into))

    assert "Choose the brand that stays." in answer.content.decode()


def test_fewer_than_two_lead_back_and_strangers_out(client: Client) -> None:
    address = reverse("admin:merge_brands")
    client.force_login(UserFactory(is_staff=True))
    assert client.get(address).status_code == 403
    client.force_login(OperatorFactory())
    assert client.get(address, {"id": ["word", BrandFactory().pk]}).status_code == 302
