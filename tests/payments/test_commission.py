"""What the market takes: by the most particular rule that holds, and never by two at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from payments.errors import CommissionRefused
from payments.models import CommissionRule, LedgerEntry
from payments.services.commission import (
    add_commission_rule,
    commission_on,
    commission_rates,
    end_commission_rule,
)
from tests.factories.catalog import CategoryFactory, ProductFactory
from tests.factories.orders import OrderFactory, OrderItemFactory
from tests.factories.payments import CommissionRuleFactory
from tests.factories.shop import ShopFactory
from tests.factories.users import OperatorFactory
from tests.orders.crowds import at_once
from tests.payments.purchases import LATER, paid_order

pytestmark = pytest.mark.django_db
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def taken(order: Any, amount: str = "100.00", now: datetime = NOON) -> str:
    got = commission_on(
        order=order,
        amount=Decimal(amount),
        currency=order.currency,
        rates=commission_rates(shop_ids=[order.shop_id], now=now),
    )
    return str(got)


def add(
    rate: str,
    *,
    shop_id: UUID | None = None,
    category_id: UUID | None = None,
    start: datetime = NOON,
    end: datetime | None = None,
) -> CommissionRule:
    return add_commission_rule(
        shop_id=shop_id,
        category_id=category_id,
        rate=Decimal(rate),
        valid_from=start,
        valid_until=end,
        note="",
        by=None,
        now=NOON,
    )


def order_of(*lines: tuple[Any, str], shipping: str = "0.00") -> Any:
    """An order with a line of this price in each category."""
    shop = ShopFactory(commission_rate=Decimal("0.1000"))
    order = OrderFactory(shop=shop, total_shipping=Decimal(shipping))
    for category, price in lines:
        product = ProductFactory(shop=shop, category=category)
        OrderItemFactory(order=order, product=product, price=Decimal(price), quantity=1)
    return order


def test_without_rules_the_shops_own_rate_holds() -> None:
    assert taken(order_of()) == "10.00"


def test_the_most_particular_rule_wins() -> None:
    garden = CategoryFactory()
    pots = CategoryFactory(parent=garden)
    order = order_of((pots, "100.00"))
    shop_id = order.shop_id

    seen = [taken(order)]
    add("0.2", shop_id=None)
    seen.append(taken(order))
    add("0.3", category_id=garden.pk)
    seen.append(taken(order))
    add("0.4", shop_id=shop_id)
    seen.append(taken(order))
    add("0.5", shop_id=shop_id, category_id=garden.pk)
    seen.append(taken(order))
    add("0.6", shop_id=shop_id, category_id=pots.pk)
    seen.append(taken(order))

    assert seen == ["10.00", "20.00", "30.00", "40.00", "50.00", "60.00"]


def test_lines_weigh_by_what_they_cost_and_delivery_has_no_category() -> None:
    cheap, dear = CategoryFactory(), CategoryFactory()
    order = order_of((cheap, "60.00"), (dear, "30.00"), shipping="10.00")
    add("0", category_id=cheap.pk)
    add("0.5", category_id=dear.pk)

    # 60 at nothing, 30 at a half, and the delivery's 10 at the shop's own tenth.
    assert taken(order) == "16.00"
    assert taken(order, "50.00") == "8.00"


def test_the_departments_are_read_once_however_many_shops_are_paid(
    django_assert_num_queries: Any,
) -> None:
    pots = CategoryFactory()
    orders = [order_of((pots, "100.00")) for _ in range(3)]
    add("0.2")
    shop_ids = [order.shop_id for order in orders]

    with django_assert_num_queries(1):
        commission_rates(shop_ids=shop_ids, now=NOON)
    add("0.3", category_id=pots.pk)
    with django_assert_num_queries(2):
        rates = commission_rates(shop_ids=shop_ids, now=NOON)
    for order in orders:
        with django_assert_num_queries(1):
            share = commission_on(
                order=order, amount=Decimal(100), currency="USD", rates=rates
            )
        assert share == Decimal("30.00")


def test_other_shops_rules_and_other_times_do_not_matter() -> None:
    order = order_of()
    add("0.9", shop_id=ShopFactory().pk)
    add("0.2", start=NOON + DAY, end=NOON + 2 * DAY)

    assert [taken(order, now=NOON + DAY * days) for days in (0, 1, 2)] == [
        "10.00",
        "20.00",
        "10.00",
    ]


def test_a_payment_is_booked_by_the_rules() -> None:
    CommissionRuleFactory(shop=None, rate=Decimal("0.2500"), valid_from=LATER - DAY)

    paid_order("12.00", included_tax="2.00", rates=["0.1000"])

    booked = dict(LedgerEntry.objects.values_list("account", "amount"))
    assert booked["commission"] == Decimal("-2.50")
    assert sum(booked.values()) == 0


@pytest.mark.parametrize("of_shop", [True, False])
@pytest.mark.parametrize("of_category", [True, False])
def test_rules_of_the_same_never_overlap(of_shop: bool, of_category: bool) -> None:
    shop_id = ShopFactory().pk if of_shop else None
    category_id = CategoryFactory().pk if of_category else None
    same = {"shop_id": shop_id, "category_id": category_id}
    add("0.1", **same, end=NOON + DAY)
    add("0.2", **same, start=NOON + DAY, end=NOON + 2 * DAY)

    for start, end in (
        (NOON, None),
        (NOON + DAY / 2, NOON + DAY),
        (NOON + 2 * DAY - timedelta(seconds=1), None),
    ):
        with pytest.raises(CommissionRefused):
            add("0.3", **same, start=start, end=end)
    with pytest.raises(IntegrityError), transaction.atomic():
        CommissionRule.objects.create(**same, rate=Decimal("0.3"), valid_from=NOON)

    assert CommissionRule.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_operators_at_once_make_one_rule() -> None:
    results = at_once(lambda rate: add(rate), ["0.1", "0.2", "0.3", "0.4"], workers=4)

    refused = [one for one in results if isinstance(one, CommissionRefused)]
    assert len(refused) == 3
    assert CommissionRule.objects.count() == 1


def test_what_cannot_be_a_rule() -> None:
    for rate, start, end in (
        ("1.1", NOON, None),
        ("-0.1", NOON, None),
        ("0.1", NOON, NOON),
        ("0.1", NOON - DAY, None),
    ):
        with pytest.raises(CommissionRefused):
            add(rate, start=start, end=end)

    assert not CommissionRule.objects.exists()


def test_a_rule_ends_and_stays_as_history_and_its_rate_is_never_changed() -> None:
    rule, planned = add("0.1"), add("0.2", shop_id=ShopFactory().pk, start=NOON + DAY)

    ended = end_commission_rule(rule_id=rule.pk, now=NOON + DAY / 2)
    again = end_commission_rule(rule_id=rule.pk, now=NOON + DAY)
    gone = end_commission_rule(rule_id=planned.pk, now=NOON)

    assert ended is not None
    assert (ended.valid_until, again and again.valid_until, gone) == (
        NOON + DAY / 2,
        NOON + DAY / 2,
        None,
    )
    with pytest.raises(DatabaseError), transaction.atomic():
        CommissionRule.objects.filter(pk=rule.pk).update(rate=Decimal("0.9"))


# ------------------------------------------------------------------ the admin
def sent(**fields: Any) -> dict[str, Any]:
    start = timezone.now() + DAY
    return {
        "shop": "",
        "category": "",
        "rate": "0.0750",
        "valid_from_0": start.date().isoformat(),
        "valid_from_1": "00:00:00",
        "valid_until_0": "",
        "valid_until_1": "",
        "note": "Spring",
        **fields,
    }


def test_operators_add_and_end_rules(client: Client) -> None:
    operator = OperatorFactory()
    client.force_login(operator)
    page = reverse("admin:payments_commissionrule_add")

    added = client.post(page, sent())
    twice = client.post(page, sent())
    rule = CommissionRule.objects.get()
    shown = client.get(reverse("admin:payments_commissionrule_change", args=[rule.pk]))
    client.post(
        reverse("admin:payments_commissionrule_changelist"),
        {"action": "end", "_selected_action": [rule.pk]},
    )

    assert added.status_code == 302
    assert (rule.rate, rule.created_by) == (Decimal("0.0750"), operator)
    assert "End it first." in twice.content.decode()
    assert 'name="rate"' not in shown.content.decode()
    assert not CommissionRule.objects.exists()


def test_a_rule_of_the_past_is_refused_with_a_sentence(client: Client) -> None:
    client.force_login(OperatorFactory())
    page = reverse("admin:payments_commissionrule_add")

    answer = client.post(page, sent(valid_from_0="2020-01-01"), follow=True)

    assert "A rule cannot begin in the past." in answer.content.decode()
    assert not CommissionRule.objects.exists()
