"""A year of orders, payments, returns and reviews, and the stock they move.

Nothing here is chance twice: the same seed and day give the same year.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Model
from django.utils import timezone

from catalog.models import (
    InventoryLog,
    Product,
    ProductReview,
    ProductVariant,
    StockReason,
)
from ingestion.demo.catalogue import CURRENCY, Shelf, opening_log, read_rows, stock_log
from orders.models import (
    Customer,
    FinancialStatus,
    FulfillmentStatus,
    Order,
    OrderCoupon,
    OrderItem,
    OrderReturn,
    OrderReturnItem,
    OrderStatus,
    OrderStatusChange,
    PaymentMethodKind,
    ReturnStatus,
)
from payments.models import (
    Payment,
    PaymentAttempt,
    PaymentStatus,
    Refund,
    RefundStatus,
)
from shop.encryption import keyed_hash
from shop.ids import uuid7
from shop.money import round_money, split_money
from users.models import User

DAYS = 365
ORDERS_A_DAY = 15
GUESTS = 1_500
# Monday to Sunday, and January to December: people shop before the weekend and the holidays.
WEEKDAYS = (1.05, 0.95, 0.95, 1.0, 1.15, 1.05, 0.85)
MONTHS = (0.8, 0.85, 0.95, 1.0, 1.05, 1.0, 0.95, 0.9, 1.0, 1.05, 1.35, 1.5)
HOURS = (
    1,
    1,
    0,
    0,
    0,
    1,
    3,
    6,
    9,
    11,
    12,
    13,
    14,
    12,
    10,
    10,
    11,
    13,
    16,
    19,
    20,
    16,
    9,
    4,
)
METHODS = {
    PaymentMethodKind.CARD: 68,
    PaymentMethodKind.BANK_TRANSFER: 12,
    PaymentMethodKind.PAYSTACK: 11,
    PaymentMethodKind.MPESA: 9,
}
REGIONS = ("England", "Scotland", "Wales", "Northern Ireland")
REGION_WEIGHTS = (76, 12, 8, 4)
FREE_SHIPPING_FROM = Decimal(45)
SHIPPING = Decimal("3.95")
COUPON_SHARE = Decimal("0.10")
CANCELLED, RETURNED, RETRIED, REVIEWED = 0.03, 0.045, 0.04, 0.34
REASONS = (
    "Did not fit.",
    "Not as I imagined it.",
    "Arrived damaged.",
    "Came too late.",
)
BATCH = 2_000
Row = TypeVar("Row", bound=Model)


class Move(NamedTuple):
    """Units of a variant that an order takes or brings back."""

    at: datetime
    change: int
    reason: StockReason
    order_id: UUID


@dataclass
class Trade:
    """What the year leaves behind, written in the order of its foreign keys."""

    customers: list[Customer] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    items: list[OrderItem] = field(default_factory=list)
    steps: list[OrderStatusChange] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    attempts: list[PaymentAttempt] = field(default_factory=list)
    returns: list[OrderReturn] = field(default_factory=list)
    return_items: list[OrderReturnItem] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    reviews: list[ProductReview] = field(default_factory=list)
    logs: list[InventoryLog] = field(default_factory=list)
    coupons: list[OrderCoupon] = field(default_factory=list)

    def write(self) -> None:
        _insert(Customer, self.customers)
        _insert(Order, self.orders)
        _insert(OrderItem, self.items)
        _insert(OrderCoupon, self.coupons)
        _insert(OrderStatusChange, self.steps)
        _insert(Payment, self.payments)
        _insert(PaymentAttempt, self.attempts)
        _insert(OrderReturn, self.returns)
        _insert(OrderReturnItem, self.return_items)
        _insert(Refund, self.refunds)
        _insert(ProductReview, self.reviews)
        _insert(InventoryLog, self.logs)


def _insert(model: type[Row], rows: list[Row]) -> None:
    model._default_manager.bulk_create(rows, batch_size=BATCH)


def trade_a_year(
    *, random: Random, shelf: Shelf, people: list[User], shopper: User, now: datetime
) -> Trade:
    """Writes everything; belongs into the catalogue's transaction. Returns what it wrote."""
    return _Year(random, shelf, people, shopper, now).run()


class _Year:
    """The simulation: a clock that runs through the days, and stock that follows."""

    def __init__(
        self,
        random: Random,
        shelf: Shelf,
        people: list[User],
        shopper: User,
        now: datetime,
    ) -> None:
        self.random, self.shelf, self.now = random, shelf, now
        self.trade = Trade()
        self.texts = _texts_by_rating()
        self.customers = self._customers([*people, shopper])
        self.regulars = random.sample(self.customers, len(self.customers) // 5)
        self.shopper = next(c for c in self.customers if c[1] is shopper)
        self.appeal = {p.id: random.paretovariate(1.3) for p in shelf.products}
        self.quality = {p.id: random.triangular(3.2, 4.95, 4.7) for p in shelf.products}
        self.by_shop: dict[Any, list[Product]] = {}
        for product in shelf.products:
            self.by_shop.setdefault(product.shop_id, []).append(product)
        self.shop_weights = {
            shop: sum(self.appeal[p.id] ** 0.5 for p in products)
            for shop, products in self.by_shop.items()
        }
        self.moves: list[tuple[ProductVariant, Move]] = []

    def run(self) -> Trade:
        for moment in self._moments():
            self._order(moment)
        self._settle_stock()
        self._remember_customers()
        self.trade.write()
        refresh_ratings()
        return self.trade

    # ------------------------------------------------------------------ who and when
    def _customers(self, people: list[User]) -> list[tuple[Customer, User | None]]:
        pairs: list[tuple[Customer, User | None]] = [
            (self._customer(person.email_hash), person) for person in people
        ]
        guests = range(GUESTS)
        pairs += [(self._customer(keyed_hash(f"demo:{n}")), None) for n in guests]
        self.trade.customers = [customer for customer, _ in pairs]
        return pairs

    def _customer(self, hash_: str) -> Customer:
        region = self.random.choices(REGIONS, REGION_WEIGHTS)[0]
        return Customer(email_hash=hash_, region=region)

    def _moments(self) -> Iterator[datetime]:
        """When orders are placed, up to the end of yesterday; a market that grows."""
        today = datetime.combine(self.now.date(), time.min, tzinfo=self.now.tzinfo)
        for day in range(DAYS, 0, -1):
            start = today - timedelta(days=day)
            growth = 0.7 + 0.6 * (DAYS - day) / DAYS
            busy = WEEKDAYS[start.weekday()] * MONTHS[start.month - 1] * growth
            count = round(ORDERS_A_DAY * busy * self.random.uniform(0.8, 1.2))
            hours = self.random.choices(range(24), HOURS, k=count)
            seconds = sorted(h * 3600 + self.random.randrange(3600) for h in hours)
            yield from (start + timedelta(seconds=second) for second in seconds)

    def _buyer(self) -> tuple[Customer, User | None]:
        if self.random.random() < 0.002:
            return self.shopper
        if self.random.random() < 0.45:
            return self.random.choice(self.regulars)
        return self.random.choice(self.customers)

    # ------------------------------------------------------------------ one order
    def _order(self, moment: datetime) -> None:
        shops = list(self.by_shop)
        shop_id = self.random.choices(shops, [self.shop_weights[s] for s in shops])[0]
        listed = [p for p in self.by_shop[shop_id] if p.event_time < moment]
        if not listed:
            return
        customer, user = self._buyer()
        number = len(self.trade.orders) + 1
        order = Order(
            id=uuid7(moment),
            event_time=moment,
            order_number=f"D-{number:06d}",
            shop_id=shop_id,
            customer=customer,
            user=user,
            email=user.email if user else "",
            currency=CURRENCY,
            payment_method=self.random.choices(list(METHODS), list(METHODS.values()))[
                0
            ],
            shipping_address={"country": "GB", "province": customer.region},
            processed_at=moment + timedelta(minutes=self.random.randint(1, 6)),
        )
        items = self._items(order, listed, moment)
        self._add_up(order, items)
        self.trade.orders.append(order)
        self.trade.items += items
        self._pay(order)
        if self.random.random() < CANCELLED:
            self._cancel(order)
            return
        for item in items:
            self._move(moment, item, -item.quantity, StockReason.SALE)
        self._ship(order)
        if self.random.random() < RETURNED:
            self._return(order, items)
        if order.status in {OrderStatus.DELIVERED, OrderStatus.REFUNDED}:
            self._review(order, items)

    def _items(
        self, order: Order, listed: list[Product], moment: datetime
    ) -> list[OrderItem]:
        count = min(len(listed), self.random.choices((1, 2, 3, 4), (58, 27, 10, 5))[0])
        weights = [self.appeal[product.id] for product in listed]
        chosen = set(self.random.choices(range(len(listed)), weights, k=count))
        items = []
        for place in sorted(chosen):
            product = listed[place]
            variant = self.random.choice(self.shelf.variants[product.id])
            cheap = variant.price < 15
            items.append(
                OrderItem(
                    order=order,
                    product=product,
                    variant=variant,
                    sku=variant.sku,
                    name=product.name,
                    title=variant.name,
                    category=product.category.slug if product.category else "",
                    quantity=self.random.choice((1, 1, 2, 3)) if cheap else 1,
                    price=self._price(variant, moment),
                )
            )
        return items

    def _price(self, variant: ProductVariant, moment: datetime) -> Decimal:
        reduced_at = self.shelf.reduced_at.get(variant.product_id)
        if reduced_at and moment < reduced_at and variant.compare_price:
            return variant.compare_price
        return variant.price

    def _add_up(self, order: Order, items: list[OrderItem]) -> None:
        amounts = [item.price * item.quantity for item in items]
        order.subtotal_price = sum(amounts, Decimal(0))
        if self.random.random() < 0.08:
            discount = round_money(order.subtotal_price * COUPON_SHARE, CURRENCY)
            order.total_discount = discount
            self._use_coupon(order)
            shares = split_money(discount, amounts, CURRENCY)
            for item, share in zip(items, shares, strict=True):
                item.total_discount = share
        paid = order.subtotal_price - order.total_discount
        order.total_shipping = Decimal(0) if paid >= FREE_SHIPPING_FROM else SHIPPING
        order.total_price = paid + order.total_shipping

    def _use_coupon(self, order: Order) -> None:
        coupon = self.shelf.coupons[order.shop_id]
        self.trade.coupons.append(
            OrderCoupon(
                order=order,
                promotion_id=coupon.promotion_id,
                coupon=coupon,
                customer=order.customer,
                discount=order.total_discount,
            )
        )

    def _pay(self, order: Order) -> None:
        started = order.event_time + timedelta(seconds=self.random.randint(20, 90))
        order.financial_status = FinancialStatus.PAID
        tries = [PaymentStatus.SUCCEEDED]
        if self.random.random() < RETRIED:
            tries.insert(0, PaymentStatus.FAILED)
        for place, status in enumerate(tries):
            moment = started + timedelta(minutes=place)
            failed = status == PaymentStatus.FAILED
            payment = Payment(
                id=uuid7(moment),
                event_time=moment,
                order=order,
                amount=order.total_price,
                currency=CURRENCY,
                status=status,
                gateway="demo",
                gateway_transaction_id=f"{order.order_number}-{place + 1}",
                failure_reason="The bank declined it." if failed else "",
                processed_at=moment + timedelta(seconds=3),
            )
            self.trade.payments.append(payment)
            self.trade.attempts.append(
                PaymentAttempt(
                    payment=payment,
                    attempt_number=1,
                    status=status,
                    failure_reason=payment.failure_reason,
                    created_at=moment,
                )
            )

    def _cancel(self, order: Order) -> None:
        order.status = OrderStatus.CANCELLED
        order.financial_status = FinancialStatus.VOIDED
        order.cancelled_at = order.event_time + timedelta(hours=2)
        order.cancel_reason = "Cancelled by the buyer."
        self.trade.payments[-1].status = PaymentStatus.CANCELLED
        self.trade.attempts[-1].status = PaymentStatus.CANCELLED
        self._step(order, OrderStatus.PROCESSING, order.event_time)
        self._step(order, OrderStatus.CANCELLED, order.cancelled_at)

    def _ship(self, order: Order) -> None:
        shipped_at = order.event_time + timedelta(hours=self.random.randint(6, 40))
        arrived_at = shipped_at + timedelta(hours=self.random.randint(22, 80))
        order.status = OrderStatus.PROCESSING
        self._step(order, OrderStatus.PROCESSING, order.event_time)
        if shipped_at < self.now:
            order.status = OrderStatus.SHIPPED
            order.fulfillment_status = FulfillmentStatus.FULFILLED
            self._step(order, OrderStatus.SHIPPED, shipped_at)
        if arrived_at < self.now:
            order.status = OrderStatus.DELIVERED
            order.completed_at = arrived_at
            self._step(order, OrderStatus.DELIVERED, arrived_at)

    def _step(self, order: Order, status: OrderStatus, moment: datetime) -> None:
        self.trade.steps.append(
            OrderStatusChange(order=order, status=status, created_at=moment)
        )

    # ------------------------------------------------------------------ afterwards
    def _return(self, order: Order, items: list[OrderItem]) -> None:
        """One line of a delivered order comes back; it is paid back and on the shelf again."""
        if order.completed_at is None:
            return
        moment = order.completed_at + timedelta(days=self.random.randint(3, 14))
        if moment >= self.now:
            return
        item = self.random.choice(items)
        paid = item.price * item.quantity - item.total_discount
        back = OrderReturn(
            order=order,
            status=ReturnStatus.REFUNDED,
            reason=self.random.choice(REASONS),
            restock=True,
            items=[{"sku": item.sku, "quantity": item.quantity}],
            refund_total=paid,
            event_time=moment,
        )
        self.trade.returns.append(back)
        self.trade.return_items.append(
            OrderReturnItem(
                order_return=back,
                order_item=item,
                product=item.product,
                quantity=item.quantity,
                price=item.price,
                restocked=True,
            )
        )
        payment = self.trade.payments[-1]
        self.trade.refunds.append(
            Refund(
                payment=payment,
                order_return=back,
                amount=paid,
                currency=CURRENCY,
                status=RefundStatus.SUCCEEDED,
                reason=back.reason,
                processed_at=moment,
            )
        )
        whole = paid == order.total_price
        payment.status = (
            PaymentStatus.REFUNDED if whole else PaymentStatus.PARTIALLY_REFUNDED
        )
        order.financial_status = (
            FinancialStatus.REFUNDED if whole else FinancialStatus.PARTIALLY_REFUNDED
        )
        if len(items) == 1:
            order.fulfillment_status = FulfillmentStatus.RETURNED
        if whole:
            order.status = OrderStatus.REFUNDED
            self._step(order, OrderStatus.REFUNDED, moment)
        self._move(moment, item, item.quantity, StockReason.RETURN)

    def _review(self, order: Order, items: list[OrderItem]) -> None:
        for item in items:
            if self.random.random() >= REVIEWED or order.completed_at is None:
                continue
            moment = order.completed_at + timedelta(hours=self.random.randint(20, 400))
            if moment >= self.now:
                continue
            mean = self.quality[item.product_id]
            rating = max(1, min(5, round(self.random.gauss(mean, 0.75))))
            title, text = self.random.choice(self.texts[rating])
            self.trade.reviews.append(
                ProductReview(
                    id=uuid7(moment),
                    event_time=moment,
                    shop_id=order.shop_id,
                    product=item.product,
                    variant=item.variant,
                    user=order.user,
                    customer_id=order.customer_id,
                    rating=rating,
                    title=title,
                    review=text,
                    is_verified_purchase=True,
                    is_approved=True,
                    helpful_count=self.random.choice((0, 0, 0, 1, 2, 5)),
                )
            )

    def _remember_customers(self) -> None:
        for order in self.trade.orders:
            customer = order.customer
            customer.first_order_at = customer.first_order_at or order.event_time
            customer.last_order_at = order.event_time
        ordered = {order.customer_id for order in self.trade.orders}
        self.trade.customers = [c for c in self.trade.customers if c.id in ordered]

    # ------------------------------------------------------------------ stock
    def _move(
        self, moment: datetime, item: OrderItem, change: int, reason: StockReason
    ) -> None:
        if item.variant:
            self.moves.append(
                (item.variant, Move(moment, change, reason, item.order_id))
            )

    def _settle_stock(self) -> None:
        """The ledger of each variant, from its opening to what is on the shelf now."""
        moves: dict[Any, list[Move]] = {}
        for variant, move in self.moves:
            moves.setdefault(variant.id, []).append(move)
        variants = [v for of in self.shelf.variants.values() for v in of]
        for variant in variants:
            of_variant = sorted(moves.get(variant.id, []), key=lambda move: move.at)
            self._settle(variant, of_variant)
        ProductVariant.objects.bulk_update(
            variants, ["inventory_quantity", "updated_at"], batch_size=500
        )

    def _settle(self, variant: ProductVariant, moves: list[Move]) -> None:
        delivery = self.random.choice((12, 20, 40))
        level = self.random.randint(3, 30)
        logs = [opening_log(variant, level)]
        for moment, change, reason, order_id in moves:
            if level + change < 0:
                # Between the last move and this one, so that the ledger reads in order.
                gap = moment - logs[-1].created_at
                came = moment - gap * self.random.uniform(0.01, 0.5)
                logs.append(
                    stock_log(
                        variant, level, delivery, StockReason.IMPORT, came, "Delivery"
                    )
                )
                level += delivery
            logs.append(
                stock_log(variant, level, change, reason, moment, order_id=order_id)
            )
            level += change
        if level and self.random.random() < 0.05:
            counted = self.now - timedelta(hours=self.random.randint(2, 30))
            if counted > logs[-1].created_at:
                logs.append(
                    stock_log(
                        variant,
                        level,
                        -level,
                        StockReason.COUNT,
                        counted,
                        "Stock-taking",
                    )
                )
                level = 0
        variant.inventory_quantity = level
        variant.updated_at = timezone.now()
        self.trade.logs += logs


def _texts_by_rating() -> dict[int, list[tuple[str, str]]]:
    texts: dict[int, list[tuple[str, str]]] = {}
    for row in read_rows("reviews.csv"):
        texts.setdefault(int(row["rating"]), []).append((row["title"], row["text"]))
    return texts


RATINGS = """
WITH rated AS (
    SELECT {key} AS id, round(avg(rating), 2) AS average, count(*) AS number
      FROM product_reviews
     WHERE is_approved AND {key} IS NOT NULL
     GROUP BY {key}
)
UPDATE {table} SET rating_average = rated.average, review_count = rated.number
  FROM rated
 WHERE {table}.id = rated.id
   AND ({table}.rating_average, {table}.review_count)
       IS DISTINCT FROM (rated.average, rated.number)
"""


def refresh_ratings() -> None:
    """Mean and number of approved reviews, of products and of shops. May be repeated."""
    with connection.cursor() as cursor:
        cursor.execute(RATINGS.format(table="products", key="product_id"))
        cursor.execute(RATINGS.format(table="shops", key="shop_id"))
