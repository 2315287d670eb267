"""What the pages behind a shop's counter ask the database: as much for one row as for a hundred.

The table of doors says which pages there are; all are opened once with little and once with
much behind the counter. A page has twelve statements, or the number that stands here.
"""

from __future__ import annotations

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orders.models import FinancialStatus, OrderStatus, ReturnStatus
from tests.factories.catalog import (
    InventoryLogFactory,
    ProductFactory,
    ProductImageFactory,
    ProductReviewFactory,
    ProductVariantFactory,
    ReviewImageFactory,
    StockAlertFactory,
)
from tests.factories.ingestion import IngestionFileFactory, IngestionRowErrorFactory
from tests.factories.orders import (
    CouponFactory,
    DeliveryMethodFactory,
    DeliveryZoneFactory,
    OrderCouponFactory,
    OrderFactory,
    OrderItemFactory,
    OrderNoteFactory,
    OrderReturnFactory,
    OrderReturnItemFactory,
    OrderReturnPhotoFactory,
    OrderStatusChangeFactory,
    PromotionFactory,
    TaxRateFactory,
)
from tests.factories.shop import JobFactory, JobRowFactory
from tests.factories.users import (
    ShopInvitationFactory,
    ShopMemberFactory,
    UserFactory,
)
from tests.sell.doors import DOORS
from tests.sell.world import Stall
from tests.shop.budgets import asked

pytestmark = pytest.mark.django_db
MOST = 12
MANY = 40
# All about one thing stands on one page: each of its parts is a statement or two.
BUDGETS = {
    "sell:order": 15,
    "sell:order_cancel": 14,
    "sell:order_edit": 14,
    "sell:order_ship": 14,
}


def fill(stall: Stall, rows: int) -> None:
    """So many more of everything that a page could list."""
    _fill_goods(stall, rows)
    _fill_orders(stall, rows)
    _fill_returns(stall, rows)
    shop = stall.shop
    ShopMemberFactory.create_batch(rows, shop=shop)
    ShopMemberFactory.create_batch(rows, user=stall.owner)
    ShopInvitationFactory.create_batch(rows, shop=shop)
    JobFactory.create_batch(rows, shop=shop, kind="catalog.count_stock")
    JobRowFactory.create_batch(rows, job=stall.job)
    IngestionFileFactory.create_batch(rows, shop=shop)
    for line in range(rows):
        IngestionRowErrorFactory(file=stall.file, line=line + stall_lines(stall))
    for zone in DeliveryZoneFactory.create_batch(rows, shop=shop, countries=[]):
        DeliveryMethodFactory(zone=zone)
    DeliveryMethodFactory.create_batch(rows, zone=stall.zone)
    TaxRateFactory.create_batch(rows, shop=shop, country="")
    for promotion in PromotionFactory.create_batch(rows, shop=shop):
        CouponFactory(promotion=promotion)
    CouponFactory.create_batch(rows, promotion=stall.promotion)


def stall_lines(stall: Stall) -> int:
    return int(stall.file.row_errors.count())


def _fill_goods(stall: Stall, rows: int) -> None:
    shop, product = stall.shop, stall.product
    for place in range(rows):
        other = ProductFactory(shop=shop)
        ProductImageFactory(product=other)
        gone = ProductVariantFactory(product=other, inventory_quantity=0)
        StockAlertFactory(variant=gone)
        ProductVariantFactory(
            product=product, inventory_quantity=9, name=f"No. {place}"
        )
        ProductImageFactory(product=product)
        worker = ShopMemberFactory(shop=shop).user
        InventoryLogFactory(
            variant_id=stall.variant.pk,
            product_id=product.pk,
            user_id=worker.pk,
            order_id=stall.order.pk,
        )
        review = ProductReviewFactory(product=other)
        ReviewImageFactory.create_batch(2, review=review)


def _fill_orders(stall: Stall, rows: int) -> None:
    now = timezone.now()
    paid = {"shop": stall.shop, "financial_status": FinancialStatus.PAID}
    for _ in range(rows):
        order = OrderFactory(**paid, event_time=now, processed_at=now)
        OrderItemFactory.create_batch(2, order=order)
        done = OrderFactory(
            **paid, event_time=now, customer=stall.order.customer,
            status=OrderStatus.DELIVERED,
        )  # fmt: skip
        OrderItemFactory(order=done)
        OrderItemFactory(order=stall.order)
        OrderItemFactory(order=stall.sent)
        OrderNoteFactory(order=stall.order, author=UserFactory())
        OrderStatusChangeFactory(order=stall.order)
        OrderCouponFactory(order=order)


def _fill_returns(stall: Stall, rows: int) -> None:
    for _ in range(rows):
        order = OrderFactory(shop=stall.shop, status=OrderStatus.DELIVERED)
        back = OrderReturnFactory(order=order, status=ReturnStatus.REQUESTED)
        OrderReturnItemFactory(order_return=back)
        OrderReturnItemFactory(order_return=stall.order_return)
        OrderReturnPhotoFactory(order_return=stall.order_return)


def address(name: str, stall: Stall) -> str:
    door = DOORS[name]
    args = dict(door.args(stall))
    if door.right is not None:
        args["shop"] = stall.shop.slug
    picked = {
        "sell:orders": "?tab=all",
        "sell:returns": "?tab=all",
        "sell:reviews": "?tab=all",
        "sell:orders_ship": f"?order={stall.order.pk}",
        "sell:order_slips": f"?order={stall.order.pk}",
        "sell:change_many": f"?id={stall.product.pk}",
    }
    return reverse(name, kwargs=args) + picked.get(name, "")


def opened(client: Client, stall: Stall) -> dict[str, list[str]]:
    """The statements of the second visit to each page that is read."""
    found = {}
    for name, door in sorted(DOORS.items()):
        if not name.startswith("sell:") or not door.is_read:
            continue
        where = address(name, stall)
        client.get(where)
        answer, statements = asked(lambda where=where: client.get(where))
        assert answer.status_code < 500, name
        found[name] = statements
    return found


def test_every_page_behind_the_counter_keeps_its_budget() -> None:
    # Time stands still: a session that is used for minutes is written to now and then.
    with time_machine.travel(timezone.now(), tick=False):
        stall = Stall("Lamp works", UserFactory())
        client = Client()
        client.force_login(stall.owner)
        fill(stall, 1)
        few = opened(client, stall)
        fill(stall, MANY)
        many = opened(client, stall)

    grown = {
        name: f"{len(few[name])} -> {len(many[name])}"
        for name in few
        if len(few[name]) != len(many[name])
    }
    assert grown == {}
    dear = {
        name: len(statements)
        for name, statements in many.items()
        if len(statements) > BUDGETS.get(name, MOST)
    }
    assert dear == {}


def test_budgets_are_of_pages() -> None:
    assert {name for name in BUDGETS if not DOORS[name].is_read} == set()
