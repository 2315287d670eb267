"""The buyers of a shop: found by their last order, masked, nothing of other shops."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from orders.models import Customer, Order, OrderStatus
from orders.queries.sell_customers import (
    Value,
    listed_customers,
    masked,
    orders_of_customer,
    shop_customer,
)
from shop.models import Shop
from tests.factories.orders import NOON, CustomerFactory, OrderFactory
from tests.factories.shop import ShopFactory

pytestmark = pytest.mark.django_db


def ordered(shop: Shop, customer: Customer, days: int = 0, **more) -> Order:
    made = {
        "email": "ada@example.com",
        "shipping_address": {
            "first_name": "Ada",
            "last_name": "Lovelace",
            "city": "Nairobi",
            "country": "KE",
        },
        **more,
    }
    return OrderFactory(
        shop=shop, customer=customer, event_time=NOON + timedelta(days=days), **made
    )


def test_each_buyer_stands_once_at_the_last_order() -> None:
    shop, other = ShopFactory(currency="KES"), ShopFactory()
    ada, grace = CustomerFactory(), CustomerFactory()
    ordered(shop, ada, 1)
    ordered(shop, ada, 3, total_refunded=Decimal("4.00"))
    ordered(shop, ada, 2, status=OrderStatus.CANCELLED)
    ordered(shop, grace, 2)
    # The same moment twice.
    ordered(shop, grace, 2)
    ordered(other, ada, 9)

    _page, rows = listed_customers(shop_id=shop.pk)

    assert [(row.id, row.orders, row.values) for row in rows] == [
        (ada.pk, 3, (Value(Decimal("16.00"), "KES"),)),
        (grace.pk, 2, (Value(Decimal("20.00"), "KES"),)),
    ]
    assert rows[0].last_order_at == NOON + timedelta(days=3)
    assert (rows[0].name, rows[0].city) == ("Ada Lovelace", "Nairobi")
    assert rows[0].email == "a***@example.com"


@pytest.mark.parametrize("few", [9, 4])
def test_pages_go_on_where_the_one_before_ended(monkeypatch, few) -> None:
    """Whether the shop has few buyers or many."""
    monkeypatch.setattr("orders.queries.sell_customers.PAGE", 2)
    monkeypatch.setattr("orders.queries.sell_customers.FEW", few)
    shop = ShopFactory()
    buyers = [CustomerFactory() for _ in range(5)]
    for place, buyer in enumerate(buyers):
        ordered(shop, buyer, place)
        ordered(shop, buyer, place)

    cursor, found = "", []
    while True:
        page, rows = listed_customers(shop_id=shop.pk, cursor=cursor)
        found += [row.id for row in rows]
        if not (cursor := page.next):
            break

    assert found == [buyer.pk for buyer in reversed(buyers)]


@pytest.mark.parametrize(
    ("words", "is_found"),
    [
        ("love", True),
        ("Ada Lovelace", True),
        ("grace lovelace", False),
        ("T-ADA-1", True),
        ("#t-ada-1", True),
        # By what is masked, nobody is found.
        ("ada@example.com", False),
        ("ada@", False),
        ("\0", True),
        ("x" * 5000, False),
        ("% _ '", False),
    ],
)
def test_buyers_are_found_by_name_and_number(words: str, is_found: bool) -> None:
    shop = ShopFactory()
    ordered(shop, CustomerFactory(), order_number="T-ADA-1")

    _page, rows = listed_customers(shop_id=shop.pk, text=words)

    assert bool(rows) is is_found


def test_a_number_of_another_shop_finds_nobody() -> None:
    shop, ada = ShopFactory(), CustomerFactory()
    ordered(shop, ada)
    ordered(ShopFactory(), ada, order_number="T-THEIRS")

    _page, rows = listed_customers(shop_id=shop.pk, text="T-THEIRS")

    assert rows == []


def test_a_buyers_page_has_orders_of_this_shop_alone() -> None:
    shop, other, ada = ShopFactory(), ShopFactory(), CustomerFactory()
    mine, theirs = ordered(shop, ada), ordered(other, ada)

    found = shop_customer(shop_id=shop.pk, customer_id=ada.pk)
    _page, rows = orders_of_customer(shop_id=shop.pk, customer_id=ada.pk)

    assert found is not None and found.orders == 1
    assert [row.order for row in rows] == [mine]
    assert theirs not in [row.order for row in rows]
    assert shop_customer(shop_id=ShopFactory().pk, customer_id=ada.pk) is None


@pytest.mark.parametrize(
    ("email", "shown"),
    [
        ("ada@example.com", "a***@example.com"),
        ("a@example.com", "a***@example.com"),
        ("", ""),
        ("ada", ""),
    ],
)
def test_addresses_are_masked(email: str, shown: str) -> None:
    assert masked(email) == shown


def test_the_pages_show_no_address_and_ask_few_statements() -> None:
    shop = ShopFactory()
    ada = CustomerFactory()
    ordered(shop, ada)
    client = Client()
    client.force_login(shop.owner)
    page = reverse("sell:customers", args=[shop.slug])
    client.get(page)
    with CaptureQueriesContext(connection) as one:
        body = client.get(page).content.decode()
    for _ in range(4):
        ordered(shop, CustomerFactory())

    with CaptureQueriesContext(connection) as many:
        client.get(page)

    theirs = client.get(reverse("sell:customer", args=[shop.slug, ada.pk]))
    program = client.get(f"/api/v1/sell/{shop.slug}/customers/{ada.pk}/")
    assert len(one) == len(many) <= 12
    for text in (body, theirs.content.decode(), program.content.decode()):
        assert "a***@example.com" in text
        assert "ada@example.com" not in text
