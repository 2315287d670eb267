"""A shop's people take back what their file brought."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.models import Brand, Category, Product, ProductVariant
from ingestion.errors import UndoRefused
from ingestion.models import FileStatus
from ingestion.services.undo import undo_import
from tests.factories.catalog import ProductFactory, ProductVariantFactory
from tests.factories.orders import OrderItemFactory
from tests.factories.shop import ShopFactory
from tests.ingestion.test_soko import PRODUCTS, imported

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop():
    return ShopFactory(slug="corner", currency="USD")


@pytest.fixture
def owner(shop) -> Client:
    client = Client()
    client.force_login(shop.owner)
    return client


def undo(client: Client, file) -> str:
    address = reverse("sell:products_undo", args=[file.shop.slug, file.pk])
    return client.post(address, follow=True).content.decode()


def test_what_the_file_brought_goes_and_what_it_changed_is_as_before(shop, owner):
    there = ProductVariantFactory(
        product__shop=shop, product__sku="tea-50", sku="tea-50", price=9
    )
    file = imported(shop, "sku,name,price\ntea-50,Tea,4.50\nmug,Mug,12\n")
    page = reverse("sell:products_file", args=[shop.slug, file.pk])
    assert "Undo this import" in owner.get(page).content.decode()

    told = undo(owner, file)

    assert "is taken back" in told
    assert "Undo this import" not in told
    file.refresh_from_db()
    assert file.status == FileStatus.UNDONE
    there.refresh_from_db()
    assert (Product.objects.count(), there.price) == (1, 9)


def test_a_brand_and_a_department_of_the_file_leave_the_product_that_was_there(shop):
    there = ProductVariantFactory(
        product__shop=shop, product__sku="tea", sku="tea-50", price=9
    ).product
    brand, category = there.brand_id, there.category_id
    file = imported(shop, PRODUCTS)
    there.refresh_from_db()
    assert (there.brand.name, there.category.name) == ("Acme", "Green tea")

    undo_import(file_id=file.pk, now=timezone.now())

    there.refresh_from_db()
    assert (there.brand_id, there.category_id) == (brand, category)
    assert not Brand.objects.filter(name="Acme").exists()
    assert not Category.objects.filter(name="Green tea").exists()


def test_a_brand_that_another_product_took_since_keeps_the_file(shop):
    file = imported(shop, PRODUCTS)
    ProductFactory(shop=shop, brand=Brand.objects.get(name="Acme"))

    with pytest.raises(UndoRefused, match="Acme"):
        undo_import(file_id=file.pk, now=timezone.now())


def test_what_was_sold_since_keeps_it_with_a_sentence(shop, owner):
    file = imported(shop, PRODUCTS)
    OrderItemFactory(variant=ProductVariant.objects.get(sku="mug"))

    told = undo(owner, file)

    assert "cannot be taken back" in told
    assert Product.objects.count() >= 2


def test_a_check_has_nothing_to_undo(shop, owner):
    file = imported(shop, PRODUCTS, is_check=True)
    page = reverse("sell:products_file", args=[shop.slug, file.pk])

    assert "Undo this import" not in owner.get(page).content.decode()
    assert "only checked" in undo(owner, file)


def test_programs_take_a_file_back_too_and_only_their_own(shop, owner):
    file = imported(shop, PRODUCTS)
    address = reverse("v1:ingestion-file-undo", args=[file.pk])
    stranger = Client()
    stranger.force_login(ShopFactory().owner)

    assert stranger.post(address).status_code == 404
    answer = owner.post(address)

    assert (answer.status_code, answer.json()["status"]) == (200, FileStatus.UNDONE)
    assert not Product.objects.exists()
