"""Every figure, computed in plain Python from the raw rows: slow, simple, and on its own."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import connection

from analytics.rollups import ROLLUPS, Rollup

ZERO = Decimal(0)
PAID = {"succeeded", "partially_refunded", "refunded"}
LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)


def rounded(value: Any, places: int = 2) -> Decimal:
    return Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def share(part: int, whole: int, places: int = 4) -> Decimal:
    return rounded(Decimal(part) / whole, places) if whole else ZERO


def rows(table: str) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{table}"')
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def stored_cells(rollup: Rollup) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The rollup's table: its key -> its figures."""
    found = {}
    for row in rows(rollup.table):
        if isinstance(row.get("extra_metrics"), str):
            row["extra_metrics"] = json.loads(row["extra_metrics"])
        key = tuple(row[column] for column in rollup.key)
        found[key] = {name: row[name] for name in rollup.figures}
    return found


class World:
    """All raw rows, and what they add up to."""

    def __init__(self) -> None:
        self.orders = {row["id"]: row for row in rows("orders")}
        self.items = rows("order_items")
        self.coupons = rows("order_coupons")
        self.promotions = {row["id"]: row for row in rows("promotions")}
        self.payments = {row["id"]: row for row in rows("payments")}
        self.refunds = rows("refunds")
        self.returns = {row["id"]: row for row in rows("order_returns")}
        self.return_items = rows("order_return_items")
        self.reviews = rows("product_reviews")
        self.logs = rows("inventory_logs")
        self.prices = rows("price_history")
        self.products = {row["id"]: row for row in rows("products")}
        self.variants = {row["id"]: row for row in rows("product_variants")}
        self.shops = {row["id"]: row for row in rows("shops")}
        self.items_of = defaultdict(list)
        for item in self.items:
            self.items_of[item["order_id"]].append(item)
        self.coupons_of = defaultdict(int)
        for coupon in self.coupons:
            self.coupons_of[coupon["order_id"]] += 1
        self.counted = [
            order
            for order in self.orders.values()
            if order["status"] != "cancelled"
            and order["deleted_at"] is None
            and self.items_of[order["id"]]
        ]
        self.given_back = list(self._given_back())
        self.history_of = defaultdict(list)
        for price in sorted(
            self.prices, key=lambda row: (row["changed_at"], row["id"])
        ):
            self.history_of[price["variant_id"]].append(price)
        self.ledger_of = defaultdict(list)
        for log in sorted(self.logs, key=lambda row: (row["created_at"], row["id"])):
            self.ledger_of[log["product_id"]].append(log)

    def _given_back(self) -> Any:
        """(order, instant, amount) of all money that went back."""
        for refund in self.refunds:
            order = self.orders[self.payments[refund["payment_id"]]["order_id"]]
            if (
                refund["status"] == "succeeded"
                and refund["currency"] == order["currency"]
            ):
                yield order, refund["processed_at"], refund["amount"]
        with_refund = {refund["order_return_id"] for refund in self.refunds}
        for back in self.returns.values():
            is_refunded = back["status"] == "refunded" and back["refund_total"] > 0
            if is_refunded and back["id"] not in with_refund:
                order = self.orders[back["order_id"]]
                yield order, back["event_time"], back["refund_total"]

    def cells(self, rollup: Rollup) -> dict[tuple[Any, ...], dict[str, Any]]:
        """What the rollup's table must hold, every column of every row."""
        by_name = {
            "sales_aggregates_daily": self._aggregates,
            "sales_metrics": self._market,
        }
        compute = by_name.get(rollup.name) or getattr(self, f"_{rollup.subject}s")
        filled = {}
        for key, figures in compute(rollup).items():
            row: dict[str, Any] = dict(zip(rollup.key, key, strict=True))
            for name in rollup.figures:
                field = rollup.model._meta.get_field(name)
                default = field.get_default() if name not in row else row[name]
                row[name] = figures.pop(name, default)
            assert not figures, f"{rollup.name} has no {sorted(figures)}"
            filled[key] = row
        return filled

    # ------------------------------------------------------------ people
    def _users(self, rollup: Rollup) -> dict[tuple[Any, ...], dict[str, Any]]:
        events: dict[Any, list[tuple[str, str, Any]]] = defaultdict(list)

        def note(at: datetime, who: Any, currency: str, kind: str, row: Any) -> None:
            events[rollup.floor(at), who].append((kind, currency, row))

        for order in self.counted:
            note(order["event_time"], buyer(order), order["currency"], "order", order)
        for payment in self.payments.values():
            order = self.orders[payment["order_id"]]
            if payment["status"] in PAID | {"failed"}:
                note(
                    payment["event_time"],
                    buyer(order),
                    order["currency"],
                    "payment",
                    payment,
                )
        for order, at, amount in self.given_back:
            note(at, buyer(order), order["currency"], "refund", amount)
        for review in self.reviews:
            who = review["user_id"] or review["customer_id"]
            if who:
                currency = self.shops[review["shop_id"]]["currency"]
                note(review["event_time"], who, currency, "review", review)
        return {key: self._user(found) for key, found in events.items()}

    def _user(self, events: list[tuple[str, str, Any]]) -> dict[str, Any]:
        def of(kind: str, currency: str | None = None) -> list[Any]:
            return [
                row
                for what, its, row in events
                if what == kind and currency in (None, its)
            ]

        currencies = sorted(
            {currency for _, currency, _ in events},
            key=lambda currency: (
                -len(of("order", currency)),
                -sum(its == currency for _, its, _ in events),
                currency,
            ),
        )
        main, others = currencies[0], currencies[1:]

        def money(currency: str) -> dict[str, Any]:
            orders = of("order", currency)
            return {
                "order_count": len(orders),
                "order_value": rounded(sum((o["total_price"] for o in orders), ZERO)),
                "discount_value": rounded(
                    sum((o["total_discount"] for o in orders), ZERO)
                ),
                "refund_value": rounded(sum(of("refund", currency), ZERO)),
            }

        ours = money(main)
        in_main = ours["order_count"]
        success = sum(row["status"] in PAID for row in of("payment"))
        stars = [row["rating"] for row in of("review")]
        elsewhere = {
            currency: {
                name: value if name == "order_count" else str(value)
                for name, value in money(currency).items()
            }
            for currency in others
        }
        return ours | {
            "currency": main,
            "order_count": len(of("order")),
            "average_order_value": rounded(ours["order_value"] / in_main)
            if in_main
            else ZERO,
            "payment_success_count": success,
            "payment_failure_count": len(of("payment")) - success,
            "payment_success_rate": share(success, len(of("payment"))),
            "review_count": len(stars),
            "average_rating": share(sum(stars), len(stars), 2),
            "promotion_usage_count": sum(
                self.coupons_of[order["id"]] for order in of("order")
            ),
            "refund_count": len(of("refund")),
            "extra_metrics": {"other_currencies": elsewhere} if elsewhere else {},
        }

    # ------------------------------------------------------------ shops
    def _shops(self, rollup: Rollup) -> dict[tuple[Any, ...], dict[str, Any]]:
        keys = {(rollup.floor(o["event_time"]), o["shop_id"]) for o in self.counted}
        for payment in self.payments.values():
            if payment["status"] in PAID | {"failed"}:
                shop = self.orders[payment["order_id"]]["shop_id"]
                keys.add((rollup.floor(payment["event_time"]), shop))
        for order, at, _ in self.given_back:
            keys.add((rollup.floor(at), order["shop_id"]))
        for review in self.reviews:
            keys.add((rollup.floor(review["event_time"]), review["shop_id"]))
        for row, moment in (
            *((log, log["created_at"]) for log in self.logs),
            *((price, price["changed_at"]) for price in self.prices),
        ):
            if row["product_id"] in self.products:
                shop = self.products[row["product_id"]]["shop_id"]
                keys.add((rollup.floor(moment), shop))
        return {key: self._shop(*key, rollup.step) for key in keys}

    def _shop(self, start: datetime, shop: Any, step: timedelta) -> dict[str, Any]:
        end = start + step

        def within(at: datetime) -> bool:
            return start <= at < end

        theirs = [order for order in self.counted if order["shop_id"] == shop]
        orders = [order for order in theirs if within(order["event_time"])]
        items = [item for order in orders for item in self.items_of[order["id"]]]
        customers = {order["customer_id"] for order in orders}
        known = {o["customer_id"] for o in theirs if o["event_time"] < start}
        payments = [
            payment
            for payment in self.payments.values()
            if within(payment["event_time"])
            and self.orders[payment["order_id"]]["shop_id"] == shop
            and payment["status"] in PAID | {"failed"}
        ]
        success = sum(payment["status"] in PAID for payment in payments)
        back = [
            amount
            for order, at, amount in self.given_back
            if order["shop_id"] == shop and within(at)
        ]
        stars = [
            review["rating"]
            for review in self.reviews
            if review["shop_id"] == shop and within(review["event_time"])
        ]
        revenue = sum((order["total_price"] for order in orders), ZERO)
        units = sum(item["quantity"] for item in items)
        in_stock = self._units(shop, end)
        before = self._units(shop, start)
        return {
            "currency": self.shops[shop]["currency"],
            "order_count": len(orders),
            "item_count": len(items),
            "revenue": revenue,
            "average_order_value": rounded(revenue / len(orders)) if orders else ZERO,
            "unique_customers": len(customers),
            "new_customers": len(customers - known),
            "returning_customers": len(customers & known),
            "customer_sketch": sorted(customers),
            "product_count_sold": len({item["product_id"] for item in items}),
            "review_count": len(stars),
            "average_rating": share(sum(stars), len(stars), 2),
            "promotion_usage_count": sum(self.coupons_of[o["id"]] for o in orders),
            "promotion_discount": sum((o["total_discount"] for o in orders), ZERO),
            "promotion_revenue": sum(
                (
                    order["total_price"]
                    for order in orders
                    if order["total_discount"] > 0 or self.coupons_of[order["id"]]
                ),
                ZERO,
            ),
            "inventory_units": in_stock,
            "inventory_value": self._worth(shop, end),
            "inventory_turnover": rounded(Decimal(2 * units) / (in_stock + before), 4)
            if in_stock + before > 0
            else ZERO,
            "payment_success_count": success,
            "payment_failure_count": len(payments) - success,
            "payment_success_rate": share(success, len(payments)),
            "refund_count": len(back),
            "refund_value": sum(back, ZERO),
            "extra_metrics": {"units_sold": units} if items else {},
        }

    def _shelf(self, shop: Any, before: datetime) -> dict[Any, int]:
        levels: dict[Any, int] = defaultdict(int)
        for log in self.logs:
            product = self.products.get(log["product_id"])
            if product and product["shop_id"] == shop and log["created_at"] < before:
                levels[log["variant_id"]] += log["adjustment"]
        return levels

    def _units(self, shop: Any, before: datetime) -> int:
        return sum(self._shelf(shop, before).values())

    def _worth(self, shop: Any, before: datetime) -> Decimal:
        return sum(
            (
                units * (self.price_at(variant, before) or ZERO)
                for variant, units in self._shelf(shop, before).items()
            ),
            ZERO,
        )

    def price_at(self, variant: Any, before: datetime) -> Decimal | None:
        """The price just before an instant; None: it had none yet."""
        history = self.history_of[variant]
        earlier = [row for row in history if row["changed_at"] < before]
        if earlier:
            return earlier[-1]["new_price"]
        if history:
            return history[0]["old_price"]
        known = self.variants.get(variant)
        return known["price"] if known else None

    # ------------------------------------------------------------ products
    def _products(self, rollup: Rollup) -> dict[tuple[Any, ...], dict[str, Any]]:
        keys = set()
        for order in self.counted:
            for item in self.items_of[order["id"]]:
                keys.add((rollup.floor(order["event_time"]), item["product_id"]))
        for line in self.return_items:
            back = self.returns[line["order_return_id"]]
            if back["status"] == "refunded":
                keys.add((rollup.floor(back["event_time"]), line["product_id"]))
        for review in self.reviews:
            keys.add((rollup.floor(review["event_time"]), review["product_id"]))
        for log in self.logs:
            keys.add((rollup.floor(log["created_at"]), log["product_id"]))
        for price in self.prices:
            keys.add((rollup.floor(price["changed_at"]), price["product_id"]))
        return {
            key: self._product(*key, rollup.step)
            for key in keys
            if key[1] in self.products
        }

    def _product(
        self, start: datetime, product: Any, step: timedelta
    ) -> dict[str, Any]:
        end = start + step

        def within(at: datetime) -> bool:
            return start <= at < end

        sold = [
            (order, item)
            for order in self.counted
            if within(order["event_time"])
            for item in self.items_of[order["id"]]
            if item["product_id"] == product
        ]

        def gain(item: dict[str, Any]) -> Decimal:
            return item["quantity"] * item["price"] - item["total_discount"]

        reduced = [item for _, item in sold if item["total_discount"] > 0]
        back = [
            line
            for line in self.return_items
            if line["product_id"] == product
            and self.returns[line["order_return_id"]]["status"] == "refunded"
            and within(self.returns[line["order_return_id"]]["event_time"])
        ]
        stars = [
            review["rating"]
            for review in self.reviews
            if review["product_id"] == product and within(review["event_time"])
        ]
        ledger = [log for log in self.ledger_of[product] if log["created_at"] < end]
        return self._priced(product, start, end) | {
            "shop_id": self.products[product]["shop_id"],
            "currency": self.products[product]["currency"],
            "units_sold": sum(item["quantity"] for _, item in sold),
            "order_count": len({order["id"] for order, _ in sold}),
            "revenue": sum((gain(item) for _, item in sold), ZERO),
            "unique_customers": len({order["customer_id"] for order, _ in sold}),
            "inventory_level": sum(log["adjustment"] for log in ledger),
            "inventory_change": sum(
                log["adjustment"] for log in ledger if log["created_at"] >= start
            ),
            "stockout_minutes": self._empty_minutes(ledger, start, end),
            "review_count": len(stars),
            "average_rating": share(sum(stars), len(stars), 2),
            "promotion_units": sum(item["quantity"] for item in reduced),
            "promotion_discount": sum(
                (item["total_discount"] for _, item in sold), ZERO
            ),
            "promotion_revenue": sum((gain(item) for item in reduced), ZERO),
            "refund_count": len({line["order_return_id"] for line in back}),
            "refund_value": sum(
                (line["quantity"] * line["price"] for line in back), ZERO
            ),
        }

    @staticmethod
    def _empty_minutes(ledger: list[Any], start: datetime, end: datetime) -> int:
        level, lasted = 0, timedelta()
        for log, following in zip(ledger, [*ledger, None][1:], strict=True):
            level += log["adjustment"]
            until = following["created_at"] if following else end
            if level <= 0 and until > start:
                lasted += until - max(log["created_at"], start)
        return int(lasted.total_seconds() // 60)

    def _priced(self, product: Any, start: datetime, end: datetime) -> dict[str, Any]:
        variants = {
            row["id"] for row in self.variants.values() if row["product_id"] == product
        } | {row["variant_id"] for row in self.prices if row["product_id"] == product}
        at_start = [self.price_at(variant, start) for variant in variants]
        at_end = [self.price_at(variant, end) for variant in variants]
        at_start = [price for price in at_start if price is not None]
        at_end = [price for price in at_end if price is not None]
        changes = [
            row
            for variant in variants
            for row in self.history_of[variant]
            if start <= row["changed_at"] < end
        ]
        # A price that another one replaced at the same instant was never asked.
        asked = [
            row
            for row, following in zip(changes, [*changes, None][1:], strict=True)
            if following is None
            or (row["variant_id"], row["changed_at"])
            != (following["variant_id"], following["changed_at"])
        ]
        asked.sort(key=lambda row: (row["changed_at"], row["new_price"]))
        every = [*at_start, *(row["new_price"] for row in asked)]
        opened = min(at_start, default=asked[0]["new_price"] if asked else ZERO)
        return {
            "price_open": opened,
            "price_close": min(at_end, default=ZERO),
            "price_min": min(every, default=ZERO),
            "price_max": max(every, default=ZERO),
            "price_change_count": sum(
                row["old_price"] is not None and row["old_price"] != row["new_price"]
                for row in changes
            ),
        }

    # ------------------------------------------------------------ the market
    def _aggregates(self, rollup: Rollup) -> dict[tuple[Any, ...], dict[str, Any]]:
        groups = defaultdict(list)
        for order in self.counted:
            for item in self.items_of[order["id"]]:
                day = rollup.floor(order["event_time"]).date()
                method = order["payment_method"]
                key = (day, item["product_id"], item["category"], method)
                groups[key].append((order, item))
        return {
            key: {
                "currency": found[0][0]["currency"],
                "total_revenue": sum(
                    (
                        i["quantity"] * i["price"] - i["total_discount"]
                        for _, i in found
                    ),
                    ZERO,
                ),
                "total_units": sum(item["quantity"] for _, item in found),
                "order_count": len({order["id"] for order, _ in found}),
                "unique_customers": len({order["customer_id"] for order, _ in found}),
            }
            for key, found in groups.items()
        }

    def _market(self, rollup: Rollup) -> dict[tuple[Any, ...], dict[str, Any]]:
        groups = defaultdict(list)
        for order in self.counted:
            day = rollup.floor(order["event_time"]).date()
            groups[day, order["currency"]].append(order)
        cells = {}
        for (day, currency), orders in groups.items():
            customers = {order["customer_id"] for order in orders}
            known = {
                order["customer_id"]
                for (other, its), found in groups.items()
                if its == currency and other < day
                for order in found
            }
            total = sum((order["total_price"] for order in orders), ZERO)
            cells[day, currency] = {
                "total_sales": total,
                "order_count": len(orders),
                "average_order_value": rounded(total / len(orders)),
                "unique_customers": len(customers),
                "returning_customers": len(customers & known),
            }
        return cells

    # ------------------------------------------------------------ promotions
    def _conversions(self, rollup: Rollup) -> dict[tuple[Any, ...], dict[str, Any]]:
        orders = {order["id"]: order for order in self.counted}
        cells: dict[tuple[Any, ...], dict[str, Any]] = {}
        for used in self.coupons:
            order = orders.get(used["order_id"])
            promotion = self.promotions[used["promotion_id"]]
            if order is None or order["shop_id"] != promotion["shop_id"]:
                continue
            day = rollup.floor(order["event_time"]).date()
            nothing = {"conversions": 0, "revenue": ZERO, "discount": ZERO}
            cell = cells.setdefault((day, "promotion", promotion["id"]), nothing)
            cell["currency"] = order["currency"]
            cell["conversions"] += 1
            cell["revenue"] += order["total_price"]
            cell["discount"] += used["discount"]
        return cells


def buyer(order: dict[str, Any]) -> Any:
    return order["user_id"] or order["customer_id"]


def assert_exact() -> int:
    """Every cell of every table is what the raw rows say; how many there are."""
    world, cells = World(), 0
    for rollup in ROLLUPS.values():
        stored, expected = stored_cells(rollup), world.cells(rollup)
        assert sorted(map(str, stored)) == sorted(map(str, expected)), rollup.name
        for key, figures in expected.items():
            wrong = {
                name: (stored[key][name], value)
                for name, value in figures.items()
                if stored[key][name] != value
            }
            assert not wrong, (rollup.name, key)
        cells += sum(len(figures) - len(rollup.key) for figures in expected.values())
    return cells + _assert_months(world)


def _assert_months(world: World) -> int:
    """The monthly sums, from the days that the raw rows give."""
    expected: dict[tuple[Any, ...], list[Any]] = {}
    for key, figures in world.cells(ROLLUPS["sales_aggregates_daily"]).items():
        month = (key[0].replace(day=1), key[1], figures["currency"])
        sums = expected.setdefault(month, [ZERO, 0])
        sums[0] += figures["total_revenue"]
        sums[1] += figures["total_units"]
    stored = {
        (row["month"], row["product_id"], row["currency"]): [
            row["total_revenue"],
            row["total_units"],
        ]
        for row in rows("sales_aggregates_monthly")
    }
    assert stored == expected
    return 2 * len(expected)
