"""Changes of the raw rows as they happen, or as they should not: late, twice, taken back."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import F, Sum

from catalog.models import InventoryLog, PriceChange, ProductReview, ProductVariant
from orders.models import Order, OrderCoupon, OrderItem, OrderReturn, OrderReturnItem
from payments.models import Payment, Refund
from tests.factories.catalog import (
    InventoryLogFactory,
    PriceChangeFactory,
    ProductFactory,
    ProductReviewFactory,
    ProductVariantFactory,
)
from tests.factories.orders import (
    CouponFactory,
    CustomerFactory,
    OrderCouponFactory,
    OrderFactory,
    OrderItemFactory,
    OrderReturnFactory,
    OrderReturnItemFactory,
)
from tests.factories.payments import PaymentFactory, RefundFactory
from tests.factories.shop import ShopFactory
from tests.factories.users import UserFactory

# Two days on either side of the turn of a month.
BEGIN = datetime(2030, 1, 30, tzinfo=UTC)
SPAN = timedelta(days=4)


class Churn:
    """A small market, and a seeded stream of changes to it."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.shops = [
            ShopFactory(currency=currency) for currency in ("USD", "USD", "EUR")
        ]
        self.products = [
            ProductFactory(shop=shop) for shop in self.shops for _ in range(2)
        ]
        for product in self.products:
            self._variant(product, when=BEGIN)
        self.customers = CustomerFactory.create_batch(4)
        self.users = UserFactory.create_batch(2)
        self.coupons = [CouponFactory(promotion__shop=shop) for shop in self.shops]
        self.changes = [
            (20, self.place_order),
            (6, self.import_order_again),
            (4, self.correct_amount),
            (4, self.move_order),
            (4, self.change_status),
            (2, self.hide_or_show),
            (3, self.delete_order),
            (4, self.give_to_another),
            (4, self.correct_item),
            (2, self.drop_item),
            (3, self.use_coupon),
            (3, self.correct_use),
            (8, self.pay),
            (4, self.correct_payment),
            (6, self.refund),
            (4, self.correct_refund),
            (6, self.take_back),
            (4, self.correct_return),
            (6, self.review),
            (3, self.correct_review),
            (8, self.move_stock),
            (4, self.correct_stock),
            (6, self.change_price),
            (3, self.correct_price),
            (2, self.new_variant),
            (2, self.reprice_in_silence),
            (1, self.drop_variant),
        ]

    def step(self) -> str:
        """One change; its name."""
        weights = [weight for weight, _ in self.changes]
        change = self.random.choices(self.changes, weights)[0][1]
        change()
        return change.__name__

    # ------------------------------------------------------------ chance
    def when(self) -> datetime:
        # A few hours of each day, so that many things meet in one bucket.
        day = timedelta(days=self.random.randrange(SPAN.days))
        minutes = self.random.choice((0, 1, 9, 23)) * 60 + self.random.randrange(60)
        if self.random.random() < 0.2:
            minutes -= minutes % 60
        return BEGIN + day + timedelta(minutes=minutes)

    def amount(self) -> Decimal:
        return Decimal(self.random.randrange(1, 5000)) / 100

    def one(self, model: Any) -> Any:
        """Any row of a table, or None."""
        keys = sorted(model.objects.values_list("pk", flat=True))
        return model.objects.get(pk=self.random.choice(keys)) if keys else None

    # ------------------------------------------------------------ orders
    def place_order(self) -> None:
        shop = self.random.choice(self.shops)
        price, discount = self.amount() + 60, self.random.choice((0, 0, 5))
        order = OrderFactory(
            shop=shop,
            customer=self.random.choice(self.customers),
            user=self.random.choice([None, *self.users]),
            event_time=self.when(),
            subtotal_price=price,
            total_discount=Decimal(discount),
            payment_method=self.random.choice(("card", "mpesa")),
        )
        # Some are credit notes, which hold nothing.
        for _ in range(self.random.choice((0, 1, 1, 2, 3))):
            self._item(order)
        if self.random.random() < 0.2:
            coupon = self.coupons[self.shops.index(shop)]
            OrderCouponFactory(order=order, coupon=coupon)

    def _item(self, order: Order) -> None:
        product = self.random.choice(
            [product for product in self.products if product.shop_id == order.shop_id]
        )
        OrderItemFactory(
            order=order,
            product=product,
            variant=None,
            sku=product.sku,
            quantity=self.random.randrange(1, 4),
            price=self.amount() + 6,
            total_discount=Decimal(self.random.choice((0, 0, 5))),
            category=self.random.choice(("", "mugs", "mats")),
        )

    def import_order_again(self) -> None:
        if order := self.one(Order):
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO orders (order_number, shop_id, customer_id, currency)"
                    " SELECT order_number, shop_id, customer_id, currency FROM orders"
                    "  WHERE id = %s ON CONFLICT (order_number)"
                    " DO UPDATE SET updated_at = now()",
                    [order.pk],
                )

    def correct_amount(self) -> None:
        if order := self.one(Order):
            total = self.amount()
            Order.objects.filter(pk=order.pk).update(
                subtotal_price=total, total_price=total, total_discount=0
            )

    def move_order(self) -> None:
        if order := self.one(Order):
            Order.objects.filter(pk=order.pk).update(event_time=self.when())

    def change_status(self) -> None:
        if order := self.one(Order):
            status = self.random.choice(
                ("cancelled", "cancelled", "shipped", "pending")
            )
            Order.objects.filter(pk=order.pk).update(status=status)

    def hide_or_show(self) -> None:
        if order := self.one(Order):
            gone = None if order.deleted_at else self.when()
            Order.objects.filter(pk=order.pk).update(deleted_at=gone)

    def delete_order(self) -> None:
        order = self.one(Order)
        if order and not Payment.objects.filter(order=order).exists():
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM orders WHERE id = %s", [order.pk])

    def give_to_another(self) -> None:
        if order := self.one(Order):
            Order.objects.filter(pk=order.pk).update(
                customer=self.random.choice(self.customers),
                user=self.random.choice([None, *self.users]),
            )

    def correct_item(self) -> None:
        if item := self.one(OrderItem):
            OrderItem.objects.filter(pk=item.pk).update(
                quantity=F("quantity") + 1, category="tins"
            )

    def drop_item(self) -> None:
        if item := self.one(OrderItem):
            OrderItem.objects.filter(pk=item.pk).delete()

    def use_coupon(self) -> None:
        order, used = self.one(Order), self.one(OrderCoupon)
        if used and self.random.random() < 0.5:
            used.delete()
        elif order:
            shop = self.random.choice((order.shop, self.coupons[0].shop))
            coupon = CouponFactory(promotion__shop=shop)
            OrderCouponFactory(order=order, coupon=coupon)

    def correct_use(self) -> None:
        if used := self.one(OrderCoupon):
            rows = OrderCoupon.objects.filter(pk=used.pk)
            if self.random.random() < 0.5:
                rows.update(discount=self.amount())
                return
            coupon = CouponFactory(promotion__shop=used.order.shop)
            rows.update(coupon=coupon, promotion=coupon.promotion)

    # ------------------------------------------------------------ money
    def pay(self) -> None:
        if order := self.one(Order):
            PaymentFactory(order=order, event_time=self.when(), status=self._paid())

    def _paid(self) -> str:
        return self.random.choice(("succeeded", "failed", "pending", "refunded"))

    def correct_payment(self) -> None:
        if payment := self.one(Payment):
            order = self.one(Order) if self.random.random() < 0.3 else payment.order
            Payment.objects.filter(pk=payment.pk).update(
                status=self._paid(), event_time=self.when(), order=order
            )

    def refund(self) -> None:
        payment = self.one(Payment)
        if payment and (left := self._left(payment)):
            back = self.random.choice([None, self.one(OrderReturn)])
            RefundFactory(
                payment=payment,
                amount=min(self.amount(), left),
                order_return=back,
                processed_at=self.when(),
                status=self.random.choice(("succeeded", "succeeded", "pending")),
                currency=self.random.choice((payment.currency, "USD")),
            )

    def _left(self, payment: Payment) -> Decimal:
        """What the database lets us give back of it."""
        given = payment.refunds.exclude(status="failed").aggregate(sum=Sum("amount"))
        return max(payment.amount - (given["sum"] or 0), Decimal(0))

    def correct_refund(self) -> None:
        if refund := self.one(Refund):
            is_lost = refund.status == "failed" and (
                self._left(refund.payment) < refund.amount
            )
            if is_lost or self.random.random() < 0.3:
                refund.delete()
                return
            back = self.random.choice([None, self.one(OrderReturn)])
            Refund.objects.filter(pk=refund.pk).update(
                status=self.random.choice(("succeeded", "failed")),
                processed_at=self.when(),
                order_return=back,
            )

    def take_back(self) -> None:
        if order := self.one(Order):
            back = OrderReturnFactory(
                order=order,
                event_time=self.when(),
                status=self.random.choice(("refunded", "refunded", "requested")),
                refund_total=self.random.choice((Decimal(0), self.amount())),
            )
            for product in self.random.sample(self.products, 2):
                OrderReturnItemFactory(
                    order_return=back,
                    order_item=None,
                    product=product,
                    price=self.amount(),
                )

    def correct_return(self) -> None:
        back, line = self.one(OrderReturn), self.one(OrderReturnItem)
        if back and self.random.random() < 0.2:
            back.delete()
        elif back and self.random.random() < 0.5:
            OrderReturn.objects.filter(pk=back.pk).update(
                event_time=self.when(), status="refunded", refund_total=self.amount()
            )
        elif line:
            OrderReturnItem.objects.filter(pk=line.pk).update(quantity=7)

    # ------------------------------------------------------------ words
    def review(self) -> None:
        product = self.random.choice([None, *self.products])
        shop = product.shop if product else self.random.choice(self.shops)
        user = self.random.choice([None, *self.users])
        # One review of a product by each person.
        if ProductReview.objects.filter(product=product, user=user).exists():
            user = None
        ProductReviewFactory(
            shop=shop,
            product=product,
            user=user,
            customer_id=self.random.choice([None, self.customers[0].pk]),
            rating=self.random.randrange(1, 6),
            event_time=self.when(),
        )

    def correct_review(self) -> None:
        if review := self.one(ProductReview):
            if self.random.random() < 0.4:
                review.delete()
            else:
                ProductReview.objects.filter(pk=review.pk).update(
                    rating=1, event_time=self.when()
                )

    # ------------------------------------------------------------ goods
    def _variant(self, product: Any, *, when: datetime | None) -> None:
        variant = ProductVariantFactory(product=product, price=self.amount())
        if when:
            PriceChangeFactory(
                variant_id=variant.pk,
                product_id=product.pk,
                old_price=None,
                new_price=variant.price,
                changed_at=when,
            )

    def new_variant(self) -> None:
        product = self.random.choice(self.products)
        self._variant(product, when=self.random.choice((None, self.when())))

    def drop_variant(self) -> None:
        if variant := self.one(ProductVariant):
            with connection.cursor() as cursor:
                cursor.execute(
                    "DELETE FROM product_variants WHERE id = %s", [variant.pk]
                )

    def reprice_in_silence(self) -> None:
        if variant := self.one(ProductVariant):
            ProductVariant.objects.filter(pk=variant.pk).update(price=self.amount())

    def move_stock(self) -> None:
        if variant := self.one(ProductVariant):
            units = self.random.choice((-3, -1, 1, 4))
            InventoryLogFactory(
                variant_id=variant.pk,
                product_id=variant.product_id,
                old_quantity=0,
                new_quantity=units,
                adjustment=units,
                created_at=self.when(),
            )

    def correct_stock(self) -> None:
        if log := self.one(InventoryLog):
            rows = InventoryLog.objects.filter(pk=log.pk)
            if self.random.random() < 0.4:
                rows._raw_delete(rows.db)
            else:
                rows.update(created_at=self.when(), adjustment=2, new_quantity=2)

    def change_price(self) -> None:
        if variant := self.one(ProductVariant):
            PriceChangeFactory(
                variant_id=variant.pk,
                product_id=variant.product_id,
                old_price=variant.price,
                new_price=self.amount(),
                changed_at=self.when(),
            )

    def correct_price(self) -> None:
        if price := self.one(PriceChange):
            rows = PriceChange.objects.filter(pk=price.pk)
            if self.random.random() < 0.5:
                rows._raw_delete(rows.db)
            else:
                rows.update(new_price=self.amount(), changed_at=self.when())
