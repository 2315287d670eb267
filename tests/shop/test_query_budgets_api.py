"""Every answer of the API has a budget of SQL statements, the same for one row and a hundred.

The operations are those of the OpenAPI document; one without an entry fails.
"""

from __future__ import annotations

import pytest
from django.urls import reverse
from drf_spectacular.generators import SchemaGenerator

from orders.services.addresses import BOOK_LIMIT
from tests.factories.ingestion import (
    IngestionFileFactory,
    IngestionRowErrorFactory,
)
from tests.factories.orders import ShippingAddressFactory
from tests.factories.payments import PaymentFactory, RefundFactory
from tests.factories.users import (
    OperatorFactory,
    ShopFollowerFactory,
    UserConnectionFactory,
)
from tests.shop import test_query_budgets as pages
from tests.shop.budgets import Filler, Page, Visitor, open_page, shorter
from users.models import UserConnection

pytestmark = pytest.mark.django_db
PREFIX = "/api/v1/"


def after(fill: Filler, path: str, kept: str = "") -> Filler:
    """The rows of a page, asked for at an address of the API. kept: of which thing's key."""

    def filled(me: Visitor, rows: int) -> str:
        fill(me, rows)
        key = me.kept[kept].pk if kept else ""
        return f"{PREFIX}{path.replace('{id}', str(key))}"

    return filled


def connections(me: Visitor, rows: int) -> str:
    for kind in UserConnection.Kind:
        UserConnectionFactory.create_batch(rows, user=me.user, kind=kind)
    return reverse("v1:account-connection-list")


def followed(me: Visitor, rows: int) -> str:
    ShopFollowerFactory.create_batch(rows, user=me.user)
    return reverse("v1:account-shop-list")


def an_address(me: Visitor, rows: int) -> str:
    one = ShippingAddressFactory.create_batch(rows, user=me.user)[0]
    me.once("address", lambda: one)
    return reverse("v1:account-address-detail", args=[me.kept["address"].pk])


def checkout(me: Visitor, rows: int) -> str:
    begun = pages.a_checkout(me, rows)
    return reverse("v1:checkout", args=[begun.pk])


def checkout_payment(name: str) -> Filler:
    def fill(me: Visitor, rows: int) -> str:
        bought = pages.placed(me, rows, "awaiting_payment")
        for order in bought.orders.filter(payments=None):
            PaymentFactory(order=order, checkout=bought)
        return reverse(f"v1:{name}", args=[bought.pk])

    return fill


def order(me: Visitor, rows: int) -> str:
    pages.order(me, rows)
    return reverse("v1:order-detail", args=[me.kept["order"].pk])


def payments(me: Visitor, rows: int) -> str:
    PaymentFactory.create_batch(rows)
    return reverse("v1:payment-list")


def a_payment(me: Visitor, rows: int) -> str:
    one = me.once("payment", PaymentFactory)
    RefundFactory.create_batch(rows, payment=one, amount="0.01")
    return reverse("v1:payment-detail", args=[one.pk])


def refunds(me: Visitor, rows: int) -> str:
    RefundFactory.create_batch(rows)
    return reverse("v1:refund-list")


def a_refund(me: Visitor, rows: int) -> str:
    refunds(me, rows)
    return reverse("v1:refund-detail", args=[me.once("refund", RefundFactory).pk])


def files(me: Visitor, rows: int) -> str:
    IngestionFileFactory.create_batch(rows, uploaded_by=me.user)
    return reverse("v1:ingestion-file-list")


def of_file(name: str) -> Filler:
    def fill(me: Visitor, rows: int) -> str:
        one = me.once("file", IngestionFileFactory)
        IngestionRowErrorFactory.create_batch(rows, file=one)
        return reverse(f"v1:{name}", args=[one.pk])

    return fill


def product(name: str) -> Filler:
    def fill(me: Visitor, rows: int) -> str:
        pages.product(me, rows)
        return reverse(f"v1:{name}", args=[me.kept["product"].slug])

    return fill


def slug(name: str, fill: Filler, kept: str) -> Filler:
    def filled(me: Visitor, rows: int) -> str:
        fill(me, rows)
        return reverse(f"v1:{name}", args=[me.kept[kept].slug])

    return filled


def shared(me: Visitor, rows: int) -> str:
    token = pages.a_list(me, rows).share_token
    return reverse("v1:shared-wishlist", args=[token])


# With the session, which whoever has its cookie has looked at, and the account.
ANSWERS: dict[str, Page] = {
    "account/addresses/": Page(
        3, after(pages.addresses(), "account/addresses/"), rows=BOOK_LIMIT
    ),
    "account/addresses/{id}/": Page(3, an_address),
    "account/connections/": Page(3, connections),
    "account/followed-shops/": Page(3, followed),
    "account/profile/": Page(
        3, after(pages.account_page("users:profile"), "account/profile/")
    ),
    "account/sessions/": Page(
        3, after(pages.account_page("users:sessions"), "account/sessions/")
    ),
    "brands/": Page(2, after(pages.brands, "brands/")),
    "brands/{slug}/": Page(2, slug("brand-detail", pages.brand, "brand")),
    "categories/": Page(2, after(pages.category, "categories/")),
    "categories/{slug}/": Page(2, slug("category-detail", pages.category, "top")),
    "shops/": Page(2, after(pages.shops, "shops/")),
    "shops/{slug}/": Page(2, slug("shop-detail", pages.shop, "shop")),
    "products/": Page(4, after(pages.home, "products/")),
    "products/?q": Page(5, after(pages.home, "products/?q=walnut")),
    "products/{key}/": Page(4, product("product")),
    "products/{key}/variants/": Page(4, product("variants")),
    "products/{key}/reviews/": Page(5, product("reviews")),
    "wishlists/": Page(3, after(pages.wishlists, "wishlists/")),
    "wishlists/{id}/": Page(5, after(pages.wishlist, "wishlists/{id}/", "list")),
    "shared-wishlists/{token}/": Page(5, shared),
    "cart/": Page(11, after(pages.cart, "cart/")),
    "cart/summary/": Page(4, after(pages.cart, "cart/summary/")),
    "checkouts/{checkout_id}/": Page(10, checkout),
    "orders/": Page(3, after(pages.account, "orders/")),
    "orders/{id}/": Page(11, order),
    "orders/{id}/invoice/": Page(
        6, after(pages.invoice, "orders/{id}/invoice/", "order")
    ),
    "payments/": Page(4, payments),
    "payments/{id}/": Page(4, a_payment),
    "payments/refunds/": Page(4, refunds),
    "payments/refunds/{id}/": Page(4, a_refund),
    "payments/checkouts/{id}/": Page(6, checkout_payment("checkout-payment-detail")),
    "payments/checkouts/{id}/choices/": Page(
        6, checkout_payment("checkout-payment-choices")
    ),
    "ingestion/files/": Page(5, files),
    "ingestion/files/{id}/": Page(5, of_file("ingestion-file-detail")),
    "ingestion/files/{id}/errors/": Page(5, of_file("ingestion-file-errors")),
    # The upload itself is gone, as after its retention.
    "ingestion/files/{id}/corrected/": Page(
        6, of_file("ingestion-file-corrected"), status=409
    ),
    # The document itself, and the page that shows it.
    "schema/": Page(3, pages.fixed("v1:schema")),
    "": Page(3, pages.fixed("v1:docs")),
}


@pytest.fixture
def me(client, settings) -> Visitor:
    settings.ALLOW_TEST_GATEWAY = True
    user = OperatorFactory()
    client.force_login(user)
    return Visitor(client, user)


@pytest.mark.parametrize("path", ANSWERS)
def test_answer_asks_the_same_for_one_row_and_a_hundred(me, path):
    page = ANSWERS[path]
    url = page.fill(me, 1)
    for_one = open_page(me, url, page)

    url = page.fill(me, page.rows - 1)
    for_many = open_page(me, url, page)

    print("COUNT", path, len(for_many), page.most)
    assert len(for_one) == len(for_many), shorter(for_many)
    assert len(for_many) <= page.most, shorter(for_many)


def test_every_operation_that_reads_has_a_budget():
    document = SchemaGenerator(api_version="v1").get_schema(public=True)

    reads = {
        path.removeprefix(PREFIX)
        for path, operations in document["paths"].items()
        # What a shop's own people ask is tested beside it.
        if "get" in operations and not path.startswith(f"{PREFIX}sell/")
    }

    assert reads <= {path.partition("?")[0] for path in ANSWERS}
