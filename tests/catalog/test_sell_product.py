"""The editor of one product: its fields, the conflict of two people, its schedule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http import HTTPStatus
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from catalog.models import Product, ProductAddress, ProductStatus, ProductTag
from catalog.services.editor import (
    ProductChanged,
    fields_changed,
    read_values,
    save_product,
    version_of,
)
from catalog.services.schedule import run_schedule
from orders.models import DeliveryMethod, DeliveryZone
from shop.models import Shop
from tests.factories.catalog import (
    BrandFactory,
    CategoryFactory,
    ProductFactory,
    ProductImageFactory,
    ProductVariantFactory,
)
from tests.factories.shop import ShopFactory
from tests.factories.users import ShopMemberFactory
from users.models import MemberRole

NOON = datetime(2030, 6, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return ShopFactory.create(timezone="Africa/Nairobi")


@pytest.fixture
def lamp(shop: Shop) -> Product:
    lamp: Product = ProductFactory.create(
        shop=shop,
        name="Lamp",
        slug="lamp",
        attributes={"facts": {"Material": "Oak", "Sizes": ["S", "M"]}, "source": "x"},
        tags=["gift"],
    )
    ProductVariantFactory.create(product=lamp, sku="LAMP-1", inventory_quantity=3)
    return lamp


@pytest.fixture
def client(shop: Shop) -> Client:
    return _client(shop.owner)


def _client(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _address(product: Product, page: str = "") -> str:
    return f"/sell/{product.shop.slug}/products/{product.pk}/{page}"


def _sent(client: Client, product: Product, **changes: Any) -> dict[str, Any]:
    """What the form would send as it stands, with changes."""
    form = client.get(_address(product)).context["form"]
    values: dict[str, Any] = {
        name: form[name].value() or "" for name in form.fields if name != "facts"
    }
    for name in ("publish_at", "withdraw_at"):
        values[name] = values[name] and values[name].strftime("%Y-%m-%dT%H:%M")
    facts = form.fact_rows
    values["facts-name"] = [name for name, _text in facts]
    values["facts-text"] = [text for _name, text in facts]
    return values | changes


def _read(product: Product) -> dict[str, Any]:
    return read_values(Product.objects.get(pk=product.pk))


def test_a_form_sent_as_it_stands_changes_nothing(
    lamp: Product, client: Client
) -> None:
    lamp.description = "First\r\nsecond"
    lamp.publish_at = lamp.withdraw_at = None
    lamp.save()
    before = Product.objects.filter(pk=lamp.pk).values().get()

    answer = client.post(_address(lamp), _sent(client, lamp))

    assert answer.status_code == HTTPStatus.FOUND
    assert Product.objects.filter(pk=lamp.pk).values().get() == before


def test_fields_are_saved_together(lamp: Product, client: Client) -> None:
    category = CategoryFactory.create(parent=CategoryFactory.create())
    brand = BrandFactory.create()
    sent = _sent(
        client,
        lamp,
        name="Oak lamp",
        description="Warm.\r\nQuiet.",
        category=str(category.pk),
        brand=str(brand.pk),
        tags="gift, evening ,",
        tax_class="reduced",
        seo_title="Oak lamp, made by hand",
        **{
            "facts-name": ["Material", "Sizes", "Power"],
            "facts-text": ["Ash", "S, M", "4 W"],
        },
    )

    answer = client.post(_address(lamp), sent)

    assert answer.status_code == HTTPStatus.FOUND
    lamp.refresh_from_db()
    assert (lamp.name, lamp.description, lamp.seo_title) == (
        "Oak lamp",
        "Warm.\nQuiet.",
        "Oak lamp, made by hand",
    )
    assert (lamp.category, lamp.brand, lamp.tax_class) == (category, brand, "reduced")
    assert lamp.tags == ["gift", "evening"]
    names = ProductTag.objects.filter(product=lamp).values_list("tag__name", flat=True)
    assert sorted(names) == ["evening", "gift"]
    # What reads the same keeps its shape, and what else stands there stays.
    assert lamp.attributes == {
        "source": "x",
        "facts": {"Material": "Ash", "Sizes": ["S", "M"], "Power": "4 W"},
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "x" * 256),
        ("slug", "Über uns"),
        ("slug", "taken"),
        ("tax_class", "Standard!"),
        ("publish_at", "2001-01-01T10:00"),
        ("publish_at", "soon"),
        ("publish_at", "9999-12-31T23:59"),
        ("publish_at", "0001-01-01T00:00"),
        ("description", "nul\0"),
        ("category", "019a0000-0000-7000-8000-000000000000"),
        ("tags", ",".join(f"t{n}" for n in range(60))),
        ("status", "sold"),
    ],
)
def test_what_cannot_be_is_told_beside_its_field(
    field: str, value: str, lamp: Product, client: Client
) -> None:
    ProductFactory.create(slug="taken")
    Product.objects.filter(pk=lamp.pk).update(status="draft")
    before = _read(lamp)

    answer = client.post(
        _address(lamp), _sent(client, lamp, short_description="new", **{field: value})
    )

    assert answer.status_code == HTTPStatus.OK
    assert list(answer.context["form"].errors) == [field]
    assert _read(lamp) == before


def test_two_people_meet_a_conflict_and_choose(lamp: Product, shop: Shop) -> None:
    mine = _client(shop.owner)
    theirs = _client(ShopMemberFactory(shop=shop, role=MemberRole.MANAGER).user)
    sent = _sent(mine, lamp, name="Mine", description="My words")
    theirs.post(_address(lamp), _sent(theirs, lamp, name="Theirs", seo_title="Found"))

    answer = mine.post(_address(lamp), sent)

    assert answer.status_code == HTTPStatus.CONFLICT
    found = {
        one.name: (one.theirs, one.mine, one.is_mine)
        for one in answer.context["differing"]
    }
    assert found == {
        "name": ("Theirs", "Mine", True),
        "description": ("", "My words", True),
        "seo_title": ("Found", "", False),
    }
    assert _read(lamp)["name"] == "Theirs"

    again: dict[str, Any] = {}
    for name, value in answer.context["sent"]:
        again.setdefault(name, []).append(value)
    choice = {
        "keep-name": "theirs",
        "keep-description": "mine",
        "keep-seo_title": "theirs",
        "version": answer.context["version"],
    }
    assert (
        mine.post(_address(lamp), {**again, **choice}).status_code == HTTPStatus.FOUND
    )
    values = _read(lamp)
    assert (values["name"], values["description"], values["seo_title"]) == (
        "Theirs",
        "My words",
        "Found",
    )


def test_a_version_tells_who_changed_what(lamp: Product) -> None:
    before = read_values(lamp)

    after = {**before, "name": "Other", "tags": []}

    assert fields_changed(version=version_of(before), values=after) == {"name", "tags"}
    assert fields_changed(version="nonsense", values={"name": "x"}) == set(before)


@pytest.mark.django_db(transaction=True)
def test_of_two_saves_at_the_same_moment_one_is_told(lamp: Product) -> None:
    version = version_of(read_values(lamp))
    start, refused = Barrier(2), []

    def save(field: str) -> None:
        start.wait()
        try:
            save_product(
                shop_id=lamp.shop_id,
                product_id=lamp.pk,
                changes={field: "changed"},
                version=version,
                now=timezone.now(),
                by=lamp.shop.owner,
            )
        except ProductChanged:
            refused.append(field)
        finally:
            connection.close()

    threads = [Thread(target=save, args=(name,)) for name in ("name", "description")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    values = _read(lamp)
    changed = [name for name in ("name", "description") if values[name] == "changed"]
    assert len(refused) == 1
    assert changed == [name for name in ("name", "description") if name not in refused]


def test_prices_and_stock_of_others_are_no_conflict(
    lamp: Product, client: Client
) -> None:
    sent = _sent(client, lamp, name="Oak lamp")
    Product.objects.filter(pk=lamp.pk).update(price=Decimal(3), updated_at=NOON)

    assert client.post(_address(lamp), sent).status_code == HTTPStatus.FOUND


def test_an_old_address_leads_to_the_new_one(lamp: Product, client: Client) -> None:
    client.post(_address(lamp), _sent(client, lamp, slug="oak-lamp"))
    client.post(_address(lamp), _sent(client, lamp, slug="ash-lamp"))

    for old in ("lamp", "oak-lamp"):
        answer = Client().get(f"/p/{old}/")
        assert (answer.status_code, answer["Location"]) == (301, "/p/ash-lamp/")

    # Going back to one frees it.
    client.post(_address(lamp), _sent(client, lamp, slug="lamp"))
    assert Client().get("/p/lamp/").status_code == HTTPStatus.OK
    assert sorted(ProductAddress.objects.values_list("slug", flat=True)) == [
        "ash-lamp",
        "oak-lamp",
    ]


def test_times_are_the_shops_own_and_come_true(lamp: Product, client: Client) -> None:
    tomorrow = timezone.localtime(timezone.now()) + timedelta(days=1)
    text = tomorrow.strftime("%Y-%m-%dT10:00")
    sent = _sent(
        client,
        lamp,
        status="draft",
        publish_at=text,
        withdraw_at=tomorrow.strftime("%Y-%m-%dT18:00"),
    )

    assert client.post(_address(lamp), sent).status_code == HTTPStatus.FOUND

    lamp.refresh_from_db()
    at = tomorrow.replace(hour=7, minute=0, second=0, microsecond=0, tzinfo=UTC)
    assert (lamp.publish_at, lamp.withdraw_at) == (at, at + timedelta(hours=8))
    assert run_schedule(now=at - timedelta(seconds=1)) == 0
    assert run_schedule(now=at) == 1
    lamp.refresh_from_db()
    assert (lamp.status, lamp.publish_at) == (ProductStatus.ACTIVE, None)
    assert run_schedule(now=at + timedelta(hours=8)) == 1
    lamp.refresh_from_db()
    assert (lamp.status, lamp.withdraw_at) == (ProductStatus.DRAFT, None)
    assert run_schedule(now=at + timedelta(hours=9)) == 0


def test_without_a_variant_nothing_comes_into_the_store(
    shop: Shop, client: Client
) -> None:
    bare = ProductFactory.create(shop=shop, status="draft", publish_at=NOON)

    client.post(_address(bare, "state/"), {"status": "active"})

    assert run_schedule(now=NOON) == 0
    bare.refresh_from_db()
    assert bare.status == ProductStatus.DRAFT


def test_archiving_drops_the_schedule_and_can_be_taken_back(
    lamp: Product, client: Client
) -> None:
    Product.objects.filter(pk=lamp.pk).update(withdraw_at=NOON)

    client.post(_address(lamp, "state/"), {"status": "archived"})

    lamp.refresh_from_db()
    assert (lamp.status, lamp.withdraw_at) == (ProductStatus.ARCHIVED, None)
    assert Client().get("/p/lamp/").status_code == HTTPStatus.GONE
    client.post(_address(lamp, "state/"), {"status": "draft"})
    lamp.refresh_from_db()
    assert lamp.status == ProductStatus.DRAFT


def test_a_new_product_is_a_draft_with_a_variant(shop: Shop, client: Client) -> None:
    ProductFactory.create(slug="oak-table")
    sent = {"name": "Oak table", "price": "1.234,50", "units": "4"}

    answer = client.post(f"/sell/{shop.slug}/products/new/", sent)

    made = Product.objects.get(shop=shop)
    assert answer["Location"] == _address(made)
    assert (made.status, made.sku, made.price) == (
        "draft",
        "OAK-TABLE",
        Decimal("1234.50"),
    )
    assert made.slug == f"oak-table-{shop.slug}"
    variant = made.variants.get()
    assert (variant.sku, variant.inventory_quantity) == ("OAK-TABLE", 4)


def test_a_new_product_without_sense_is_not_made(shop: Shop, client: Client) -> None:
    ProductVariantFactory.create(product__shop=shop, sku="TAKEN")
    new = f"/sell/{shop.slug}/products/new/"

    for sent, field in (
        ({"name": "", "price": "1"}, "name"),
        ({"name": "x", "price": "much"}, "price"),
        ({"name": "x", "price": "-1"}, "price"),
        ({"name": "x", "price": "1", "units": "-1"}, "units"),
        ({"name": "x", "price": "1", "sku": "TAKEN"}, "sku"),
    ):
        answer = client.post(new, sent)
        assert list(answer.context["form"].errors) == [field], sent

    assert Product.objects.filter(shop=shop).count() == 1


def test_a_copy_is_a_draft_of_its_own(lamp: Product, client: Client) -> None:
    variant = lamp.variants.get()
    ProductImageFactory.create(
        product=lamp, variant=variant, alt="Lit", is_primary=True
    )

    client.post(_address(lamp, "duplicate/"))
    client.post(_address(lamp, "duplicate/"))

    first, second = Product.objects.filter(shop=lamp.shop).exclude(pk=lamp.pk).order_by("pk")  # fmt: skip
    assert (first.name, first.status, first.tags) == ("Lamp (copy)", "draft", ["gift"])
    assert [copy.variants.get().sku for copy in (first, second)] == [
        "LAMP-1-COPY",
        "LAMP-1-COPY-2",
    ]
    twin, image = first.variants.get(), first.images.get()
    assert (twin.inventory_quantity, twin.price) == (0, variant.price)
    assert (image.alt, image.is_primary, image.variant) == ("Lit", True, twin)
    lamp.refresh_from_db()
    assert lamp.images.count() == lamp.variants.count() == 1


def test_lists_are_found_by_words(lamp: Product, client: Client) -> None:
    home = CategoryFactory.create(name="Home")
    desk = CategoryFactory.create(name="Desk lamps", parent=home)
    CategoryFactory.create(name="100%_ shut", parent=home, is_active=False)
    address = f"/sell/{lamp.shop.slug}/products/choices/"

    found = client.get(address, {"find_category": "lamps home"})
    none = client.get(address, {"find_category": "100%"})

    assert found.context["found"] == [(str(desk.pk), "Home › Desk lamps")]
    assert none.context["found"] == []
    # Without scripts the whole form comes back, with what was typed.
    sent = _sent(client, lamp, name="Typed", find_category="lamps", do="find")
    page = client.post(_address(lamp), sent)
    assert page.context["form"]["name"].value() == "Typed"
    assert "Home › Desk lamps" in page.content.decode()
    assert _read(lamp)["name"] == "Lamp"


def test_staff_look_and_cannot_change(lamp: Product, shop: Shop) -> None:
    staff = _client(ShopMemberFactory(shop=shop, role=MemberRole.STAFF).user)

    for page in ("", "variants/", "pictures/"):
        assert staff.get(_address(lamp, page)).status_code == HTTPStatus.OK
        assert staff.post(_address(lamp, page), {}).status_code == HTTPStatus.FORBIDDEN


def test_what_is_missing_is_said(shop: Shop, client: Client) -> None:
    bare = ProductFactory.create(shop=shop, status="draft", category=None)

    pages = [one.page for one in client.get(_address(bare)).context["missing"]]

    assert pages == [
        "sell:product_variants",
        "sell:product_pictures",
        "sell:product",
        "sell:product",
    ]


def test_what_nothing_can_carry_is_said(shop: Shop, client: Client) -> None:
    lamp = ProductFactory.create(shop=shop)
    variant = ProductVariantFactory.create(product=lamp, shop=shop)
    zone = DeliveryZone.objects.create(shop=shop, name="Home")
    assert "sell:delivery" in missing_pages(client, lamp)

    variant.requires_shipping = False
    variant.save(update_fields=["requires_shipping"])
    assert missing_pages(client, lamp).isdisjoint({"sell:delivery"})
    variant.requires_shipping = True
    variant.save(update_fields=["requires_shipping"])
    DeliveryMethod.objects.create(zone=zone, name="Post", price=4)

    assert missing_pages(client, lamp).isdisjoint({"sell:delivery"})


def missing_pages(client: Client, product: Product) -> set[str]:
    return {one.page for one in client.get(_address(product)).context["missing"]}
