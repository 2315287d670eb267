"""The admin's one search box: what it finds, what it jumps to, and what it costs."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models import Q
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.models import Product
from orders.models import Order
from shop.admin.finding import FEW, LONGEST
from shop.encryption import email_hash
from shop.models import Shop
from tests.factories.catalog import ProductFactory, ProductVariantFactory
from tests.factories.orders import CustomerFactory, OrderFactory
from tests.factories.payments import RefundFactory
from tests.factories.shop import ShopFactory
from tests.factories.users import (
    OperatorFactory,
    RoleFactory,
    UserFactory,
    UserRoleFactory,
)
from users.models import User
from users.models.user import FOUND_NAME

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(OperatorFactory(first_name="Olive"))
    return client


def search(client: Client, term: str) -> Any:
    return client.get(reverse("find"), {"q": term})


def page_of(row: Any) -> str:
    name = row._meta.label_lower.replace(".", "_")
    return reverse(f"admin:{name}_change", args=[row.pk])


def names(answer: Any) -> dict[str, list[str]]:
    found = answer.context["found"]
    return {group.name: [hit.title for hit in group.hits] for group in found.groups}


@pytest.mark.parametrize("spelling", [str, str.lower, lambda text: f"  {text} "])
def test_an_exact_order_number_jumps_straight_in(desk: Client, spelling: Any) -> None:
    order = OrderFactory(order_number="SO-1001")
    OrderFactory(order_number="SO-10011")

    answer = search(desk, spelling("SO-1001"))

    assert answer["Location"] == page_of(order)


def test_the_beginning_of_a_number_lists_orders(desk: Client) -> None:
    for number in ("SO-1001", "SO-1002", "SO-2001"):
        OrderFactory(order_number=number)

    assert sorted(names(search(desk, "so-1"))["Orders"]) == ["SO-1001", "SO-1002"]


def test_an_exact_address_jumps_to_the_person(desk: Client) -> None:
    person = UserFactory(email="Ada.Lovelace@example.com")
    buyer = CustomerFactory(email_hash=email_hash(person.email))
    OrderFactory(customer=buyer)

    assert search(desk, "ada.lovelace@example.com")["Location"] == page_of(person)


def test_an_address_of_a_guest_lists_the_orders(desk: Client) -> None:
    buyer = CustomerFactory(email_hash=email_hash("guest@example.com"))
    order = OrderFactory(customer=buyer)

    assert names(search(desk, "guest@example.com")) == {"Orders": [order.order_number]}


def test_any_registered_id_jumps_and_any_other_is_looked_up(desk: Client) -> None:
    rows = [OrderFactory(), ProductFactory(), UserFactory(), ShopFactory()]
    refund = RefundFactory()

    assert [search(desk, str(row.pk))["Location"] for row in rows] == [
        page_of(row) for row in rows
    ]
    assert search(desk, rows[0].pk.hex.upper())["Location"] == page_of(rows[0])
    elsewhere = desk.get(search(desk, str(refund.pk))["Location"])
    assert page_of(refund) in elsewhere.content.decode()
    unknown = search(desk, str(uuid4()))
    assert unknown["Location"].startswith(reverse("admin:lookup"))


def test_people_are_found_by_a_part_of_the_name(desk: Client) -> None:
    UserFactory(first_name="Grace", last_name="Hopper")

    assert names(search(desk, "e hop"))["People"] == ["Grace Hopper"]


def test_shops_are_found_by_a_part_of_the_name(desk: Client) -> None:
    ShopFactory(name="The Copper Kettle")

    assert names(search(desk, "kettl"))["Shops"] == ["The Copper Kettle"]


def test_products_by_beginnings_of_words_and_skus_as_they_are(desk: Client) -> None:
    product = ProductFactory(name="Brass oil lamp")
    variant = ProductVariantFactory(product=product, sku="LAMP-7")

    assert names(search(desk, "oil la"))["Products"] == ["Brass oil lamp"]
    assert search(desk, "lamp-7")["Location"] == page_of(variant.product)


def test_the_same_sku_in_two_shops_is_listed(desk: Client) -> None:
    for _ in range(2):
        ProductVariantFactory(sku="TWICE")

    assert names(search(desk, "TWICE"))["SKUs"] == ["TWICE", "TWICE"]


def test_pages_are_found_by_their_titles(desk: Client) -> None:
    assert names(search(desk, "refunds"))["Pages"] == ["Refunds"]


@pytest.mark.parametrize(
    "term", ["", "x", "' OR 1=1", "& | !", "\0", "%%", "<->", "a" * 5000, "€ ö ﷽"]
)
def test_odd_terms_find_nothing_and_break_nothing(desk: Client, term: str) -> None:
    answer = search(desk, term)

    assert answer.status_code == 200
    assert len(answer.context["found"].term) <= LONGEST


def test_only_what_one_may_see_is_found(client: Client) -> None:
    support = UserFactory(is_staff=True)
    role = RoleFactory()
    role.permissions.add(Permission.objects.get(codename="view_order"))
    UserRoleFactory(user=support, role=role)
    client.force_login(support)
    order = OrderFactory(order_number="ZZ-1")
    person = UserFactory(first_name="ZZ-1", email="zz@example.com")
    product = ProductFactory(name="ZZ-1")

    assert search(client, "ZZ-1")["Location"] == page_of(order)
    assert names(search(client, "zz@example.com")) == {}
    for row in (person, product):
        assert page_of(row) not in search(client, str(row.pk))["Location"]


def test_strangers_are_sent_to_the_log_in(client: Client) -> None:
    client.force_login(UserFactory())

    assert search(client, "SO-1").status_code == 302


def test_the_palette_gets_the_list_alone_and_never_a_jump(desk: Client) -> None:
    order = OrderFactory(order_number="SO-1")

    answer = desk.get(reverse("find"), {"q": "SO-1", "part": "1"})

    words = answer.content.decode()
    assert answer.status_code == 200
    assert page_of(order) in words
    assert "<html" not in words


def test_the_box_stands_on_every_page_of_the_admin(desk: Client) -> None:
    for address in (
        reverse("admin:index"),
        reverse("admin:catalog_product_changelist"),
        page_of(ProductFactory()),
        reverse("admin:lookup"),
        reverse("partitions"),
    ):
        assert 'id="find-top"' in desk.get(address).content.decode(), address


@pytest.mark.parametrize("term", ["common", "common@example.com"])
def test_a_search_asks_six_statements_at_most(desk: Client, term: str) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as caught:
            search(desk, term)
        # The session and the account are asked for on every page.
        return len(caught) - 2

    search(desk, term)
    few = asked()
    for _ in range(FEW + 2):
        shop = ShopFactory(name="Common ground")
        product = ProductFactory(shop=shop, name="Common thing")
        ProductVariantFactory(product=product, shop=shop, sku="common")
        UserFactory(first_name="Common")
    many = asked()

    assert few == many
    assert many <= 6


def test_large_tables_are_read_by_an_index(db: None) -> None:
    found = [
        User.objects.alias(found_name=FOUND_NAME).filter(found_name__contains="ada"),
        Shop.objects.filter(Q(name__icontains="kettle") | Q(slug="kettle")),
        Order.objects.filter(order_number__startswith="SO-1"),
        Product.objects.filter(sku="x", shop_id=uuid4()),
    ]
    with connection.cursor() as cursor:
        # Small tables are read whole; this says what a large one would be read by.
        cursor.execute("SET LOCAL enable_seqscan = off")
        plans = [rows.explain() for rows in found]

    assert [plan for plan in plans if "Seq Scan" in plan] == []
