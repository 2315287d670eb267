"""Orders: paid, cancelled, shipped in parcels, delivered, refunded.

Each service locks the checkout, where it matters, and then the order; docs of the locks'
order stand in `orders.services.checkout`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import F, Sum
from django.utils.translation import gettext as _

from catalog.services.stock import return_stock, take_stock
from orders.discounts import PromotionTerms
from orders.errors import (
    CheckoutClosed,
    CheckoutExpired,
    CouponUsedUp,
    NotInOrder,
    QuoteChanged,
    RefundTooLarge,
    TooManyUnits,
    WrongStatus,
)
from orders.events import (
    OrderCancelled,
    OrderDelivered,
    OrderPaid,
    OrderRefunded,
    OrderShipped,
)
from orders.models import (
    Checkout,
    CheckoutStatus,
    FinancialStatus,
    FulfillmentStatus,
    Order,
    OrderCoupon,
    OrderItem,
    OrderStatus,
    OrderTracking,
    PaymentMethodKind,
    ReturnStatus,
    ShipmentItem,
)
from orders.services.checkout import facts
from orders.services.coupons import redeem_promotions
from orders.services.history import cancel_unpaid, change_status
from orders.services.invoices import issue_invoices
from shop.events import publish, publish_many

TEXT_LENGTH = 100
MOST_REASON = 1000
HOLDS_MONEY = {
    FinancialStatus.AUTHORIZED,
    FinancialStatus.PAID,
    FinancialStatus.PARTIALLY_REFUNDED,
}


# ------------------------------------------------------------------ money came


@transaction.atomic
def mark_paid(
    *,
    checkout_id: UUID,
    now: datetime,
    payment_method: PaymentMethodKind = PaymentMethodKind.OTHER,
) -> list[Order]:
    """The money for a checkout is there: its stock leaves, and its invoices are issued.

    Safe to repeat. Comes the payment after the checkout's time, the stock is taken again
    where there is enough of it. Raises, with nothing changed, OutOfStock or CheckoutExpired
    when that cannot be done any more, and CheckoutClosed when it was given up: the
    money goes back.
    """
    checkout = Checkout.objects.select_for_update(no_key=True).get(pk=checkout_id)
    orders = list(
        checkout.orders.order_by("id").select_for_update(no_key=True, of=("self",))
    )
    if checkout.status == CheckoutStatus.PAID:
        return orders
    is_late = checkout.status == CheckoutStatus.EXPIRED
    if checkout.status != CheckoutStatus.AWAITING_PAYMENT and not is_late:
        raise CheckoutClosed
    due = [order for order in orders if _is_due(order, is_late)]
    if not due:
        raise CheckoutClosed
    if is_late:
        _use_coupons_again(due)
    change_status(
        due,
        OrderStatus.PROCESSING,
        now=now,
        financial_status=FinancialStatus.PAID,
        payment_method=payment_method,
        processed_at=now,
        cancelled_at=None,
        cancel_reason="",
    )
    checkout.status = CheckoutStatus.PAID
    checkout.save(update_fields=["status"])
    publish_many(OrderPaid.about(order, at=now, data=facts(order)) for order in due)
    kept = _kept(due)
    # What other buyers wait for comes last.
    take_stock(
        checkout_id=checkout_id,
        quantities=_units(kept),
        now=now,
        user_id=checkout.user_id,
        # A checkout has one order of each shop.
        orders={variant_id: order_id for variant_id, order_id, _quantity in kept},
    )
    issue_invoices(due, now=now)
    return orders


@transaction.atomic
def mark_payment_failed(*, checkout_id: UUID, now: datetime) -> None:
    """A try to pay did not go through. May be repeated.

    The stock stays held and the buyer may try again until the checkout's time is over;
    `fail_checkout` gives it up at once.
    """
    checkout = Checkout.objects.select_for_update(no_key=True).get(pk=checkout_id)
    if checkout.status == CheckoutStatus.AWAITING_PAYMENT:
        checkout.orders.filter(
            status=OrderStatus.PENDING, financial_status=FinancialStatus.PENDING
        ).update(financial_status=FinancialStatus.FAILED, updated_at=now)


# ------------------------------------------------------------------ cancelling


@transaction.atomic
def cancel_order(
    *,
    order_id: UUID,
    reason: str,
    by: AbstractBaseUser | None,
    now: datetime,
    restock: bool = True,
) -> Order:
    """End an order of which nothing was shipped. Safe to repeat.

    Unpaid, its stock and coupon are free; paid, its units go back on the shelf, unless
    `restock` is false, and `OrderCancelled` says that there is money to give back. Raises
    WrongStatus.
    """
    order = _lock(order_id)
    if order.status == OrderStatus.CANCELLED:
        return order
    text = reason.replace("\0", "").strip()[:MOST_REASON]
    if order.status == OrderStatus.PENDING and order.checkout_id:
        _cancel_unpaid(order, text, by, now)
        return order
    if order.status not in {OrderStatus.PENDING, OrderStatus.PROCESSING} or (
        order.fulfillment_status != FulfillmentStatus.UNFULFILLED
    ):
        raise WrongStatus(_("Parts of this order were sent. Return them instead."))
    is_paid = order.financial_status in HOLDS_MONEY
    if restock and (units := _units(_kept([order]))):
        notes = f"{order.order_number} was cancelled"
        return_stock(
            quantities=units,
            now=now,
            user_id=by.pk if by else None,
            notes=notes,
            order_id=order.pk,
        )
    change_status(
        [order],
        OrderStatus.CANCELLED,
        now=now,
        by=by,
        notes=text,
        cancelled_at=now,
        cancel_reason=text,
    )
    data = {"shop_id": order.shop_id, "paid": is_paid, "expired": False}
    publish(OrderCancelled, entity=order, at=now, actor=by, data=data)
    return order


# ------------------------------------------------------------------ parcels


@transaction.atomic
def ship_items(
    *,
    order_id: UUID,
    quantities: Mapping[UUID, int],
    carrier: str,
    tracking_number: str,
    now: datetime,
    by: AbstractBaseUser | None,
    tracking_url: str = "",
) -> OrderTracking:
    """Send a parcel: order item id -> units. Each call is another parcel.

    Raises NotInOrder, TooManyUnits (also for none) and WrongStatus, with nothing written.
    """
    order = _lock(order_id)
    if order.status not in {OrderStatus.PROCESSING, OrderStatus.SHIPPED}:
        raise WrongStatus(_("Only a paid order can be shipped."))
    items = {item.pk: item for item in order.items.all()}
    left = units_to_send(items)
    if not quantities:
        raise TooManyUnits(order.order_number, sum(left.values()))
    for item_id, units in quantities.items():
        if item_id not in items:
            raise NotInOrder
        if not 1 <= units <= left[item_id]:
            raise TooManyUnits(items[item_id].name, left[item_id])
        left[item_id] -= units
    parcel = OrderTracking.objects.create(
        order=order,
        carrier=carrier.strip()[:TEXT_LENGTH],
        tracking_number=tracking_number.strip()[:TEXT_LENGTH],
        tracking_url=tracking_url,
    )
    ShipmentItem.objects.bulk_create(
        ShipmentItem(tracking=parcel, order_item_id=item_id, quantity=units)
        for item_id, units in quantities.items()
    )
    is_complete = not any(left.values())
    change_status(
        [order],
        OrderStatus.SHIPPED if is_complete else OrderStatus.PROCESSING,
        now=now,
        by=by,
        notes=f"{parcel.carrier} {parcel.tracking_number}".strip(),
        fulfillment_status=FulfillmentStatus.FULFILLED
        if is_complete
        else FulfillmentStatus.PARTIAL,
    )
    data = {
        "shop_id": order.shop_id,
        "tracking_id": parcel.pk,
        "complete": is_complete,
    }
    publish(OrderShipped, entity=order, at=now, actor=by, data=data)
    return parcel


@transaction.atomic
def mark_delivered(
    *,
    order_id: UUID,
    now: datetime,
    by: AbstractBaseUser | None = None,
    tracking_id: UUID | None = None,
) -> Order:
    """A parcel arrived; every parcel sent so far, without `tracking_id`. Safe to repeat.

    The order is delivered when nothing is left to ship or to arrive. Raises WrongStatus
    before anything was shipped.
    """
    order = _lock(order_id)
    if order.fulfillment_status == FulfillmentStatus.UNFULFILLED:
        raise WrongStatus(_("Nothing of this order was shipped."))
    parcels = order.tracking.all()
    arrived = parcels.filter(delivered_at=None)
    if tracking_id is not None:
        arrived = arrived.filter(pk=tracking_id)
    arrived.update(delivered_at=now, updated_at=now)
    is_there = not parcels.filter(delivered_at=None).exists()
    if order.status == OrderStatus.SHIPPED and is_there:
        change_status([order], OrderStatus.DELIVERED, now=now, by=by, completed_at=now)
        data = {"shop_id": order.shop_id}
        publish(OrderDelivered, entity=order, at=now, actor=by, data=data)
    return order


# ------------------------------------------------------------------ money went back


@transaction.atomic
def record_refund(
    *,
    order_id: UUID,
    amount: Decimal,
    now: datetime,
    by: AbstractBaseUser | None = None,
    order_return_id: UUID | None = None,
    paid: Decimal | None = None,
    kept_for: UUID | None = None,
) -> Order:
    """Money of an order was given back; each call says so again. Raises RefundTooLarge.

    All of it given back, an order that was not cancelled is refunded. paid: what came for
    it, where that is not its price. kept_for: the order that the money pays instead.
    """
    order = _lock(order_id)
    whole = order.total_price if paid is None else paid
    left = whole - order.total_refunded
    if not 0 < amount <= left:
        raise RefundTooLarge(left, order.currency)
    total = order.total_refunded + amount
    is_whole = total == whole
    financial = (
        FinancialStatus.REFUNDED if is_whole else FinancialStatus.PARTIALLY_REFUNDED
    )
    order.total_refunded, order.financial_status = total, financial
    if is_whole and order.status != OrderStatus.CANCELLED:
        change_status(
            [order],
            OrderStatus.REFUNDED,
            now=now,
            by=by,
            total_refunded=total,
            financial_status=financial,
        )
    else:
        order.save(update_fields=["total_refunded", "financial_status", "updated_at"])
    if order_return_id is not None:
        _refund_return(order, order_return_id, amount)
    data = {
        "shop_id": order.shop_id,
        "amount": amount,
        "total_refunded": total,
        "currency": order.currency,
        "kept_for": kept_for,
    }
    publish(OrderRefunded, entity=order, at=now, actor=by, data=data)
    return order


# ------------------------------------------------------------------ the rules


def _lock(order_id: UUID) -> Order:
    """The order's row, and before it the checkout's: its payment may come meanwhile."""
    checkouts = Checkout.objects.filter(orders=order_id)
    checkouts.select_for_update(no_key=True, of=("self",)).first()
    return Order.objects.select_for_update(no_key=True).get(pk=order_id)


def _is_due(order: Order, is_late: bool) -> bool:
    if order.status == OrderStatus.PENDING:
        return True
    # What its buyer cancelled before is voided, and stays so.
    return is_late and order.financial_status == FinancialStatus.FAILED


def _units(kept: Iterable[tuple[UUID, UUID, int]]) -> dict[UUID, int]:
    """Of all orders together, by variant."""
    units: Counter[UUID] = Counter()
    for variant_id, _order_id, quantity in kept:
        units[variant_id] += quantity
    return dict(units)


def _kept(orders: Sequence[Order]) -> list[tuple[UUID, UUID, int]]:
    """Variant, order, and the units that were not taken out of it.

    What is not sold any more is not counted.
    """
    items = OrderItem.objects.filter(order__in=orders, variant_id__isnull=False)
    kept = items.values_list(
        "variant_id", "order_id", F("quantity") - F("removed_quantity")
    )
    return [row for row in kept if row[2]]


def units_to_send(items: Mapping[UUID, OrderItem]) -> dict[UUID, int]:
    """By item id: neither sent so far nor taken out of the order."""
    sent = dict(
        ShipmentItem.objects.filter(order_item__in=list(items))
        .values_list("order_item_id")
        .annotate(units=Sum("quantity"))
    )
    return {
        id_: max(item.quantity - item.removed_quantity - sent.get(id_, 0), 0)
        for id_, item in items.items()
    }


def _use_coupons_again(orders: Sequence[Order]) -> None:
    """They came free when the checkout expired. Raises CheckoutExpired when used up since."""
    used = OrderCoupon.objects.filter(order__in=orders).select_related(
        "coupon", "promotion"
    )
    terms = [
        PromotionTerms(
            promotion_id=row.promotion_id,
            shop_id=row.promotion.shop_id,
            name=row.promotion.name,
            kind=row.promotion.kind,
            value=row.promotion.value,
            promotion_usage_limit=row.promotion.usage_limit,
            coupon_id=row.coupon_id,
            code=row.coupon.code if row.coupon else "",
            usage_limit=row.coupon.usage_limit if row.coupon else None,
        )
        for row in used
    ]
    try:
        redeem_promotions(promotions=terms, customer_id=orders[0].customer_id)
    except (CouponUsedUp, QuoteChanged):
        raise CheckoutExpired from None


def _cancel_unpaid(
    order: Order, reason: str, by: AbstractBaseUser | None, now: datetime
) -> None:
    checkout = order.checkout
    assert checkout is not None  # the caller has looked
    cancel_unpaid(
        [order],
        checkout_id=checkout.pk,
        financial_status=FinancialStatus.VOIDED,
        reason=reason,
        now=now,
        by=by,
    )
    others = checkout.orders.filter(status=OrderStatus.PENDING)
    due = others.aggregate(due=Sum("total_price"))["due"]
    checkout.total_price = due or Decimal(0)
    if due is None and checkout.status == CheckoutStatus.AWAITING_PAYMENT:
        checkout.status = CheckoutStatus.FAILED
    checkout.save(update_fields=["total_price", "status"])


def _refund_return(order: Order, order_return_id: UUID, amount: Decimal) -> None:
    back = order.returns.select_for_update(no_key=True).get(pk=order_return_id)
    if back.status == ReturnStatus.REFUNDED:
        back.refund_total += amount
    else:
        back.status, back.refund_total = ReturnStatus.REFUNDED, amount
    back.save(update_fields=["status", "refund_total", "updated_at"])
