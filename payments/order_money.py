"""What an order's page behind the counter says of its money."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from orders.models import Order
from orders.queries.sell_orders import Happening, MoneyFacts
from payments.models import (
    FraudFlag,
    Payment,
    PaymentStatus,
    Refund,
    RefundStatus,
)
from payments.queries import TAKEN
from payments.services.refunds import left_to_refund
from shop.money import format_money


def money_of(order: Order) -> MoneyFacts:
    """In five statements at most, however many payments and refunds there are."""
    payments = list(Payment.objects.filter(order=order).order_by("id"))
    if not payments:
        return MoneyFacts()
    refunds = list(
        Refund.objects.filter(payment__in=payments)
        .select_related("processed_by", "kept_for")
        .order_by("id")
    )
    sources = {}
    if order.checkout is not None and order.checkout.set_off:
        made = Refund.objects.filter(became__in=payments)
        sources = dict(made.values_list("became_id", "payment__order__order_number"))
    flags = FraudFlag.objects.filter(payment__in=payments, is_resolved=False)
    _left, most = left_to_refund(order=order, payments=payments)
    pending = [
        one.amount
        for one in refunds
        if one.status == RefundStatus.PENDING and one.kept_for is None
    ]
    return MoneyFacts(
        paid=sum(
            (payment.amount for payment in payments if payment.status in TAKEN),
            Decimal(0),
        ),
        refundable=most,
        on_its_way_back=sum(pending, Decimal(0)),
        happenings=(
            *(
                found
                for payment in payments
                if (found := _payment(payment, sources.get(payment.pk)))
            ),
            *(_refund(refund) for refund in refunds),
        ),
        risks=tuple(_risk(flag) for flag in flags.order_by("-risk_score", "id")),
    )


def _payment(payment: Payment, source: str | None) -> Happening | None:
    """source: the number of the order that it was taken out of."""
    titles = {
        PaymentStatus.SUCCEEDED: _("Paid"),
        PaymentStatus.PARTIALLY_REFUNDED: _("Paid"),
        PaymentStatus.REFUNDED: _("Paid"),
        PaymentStatus.AUTHORIZED: _("Money set aside"),
        PaymentStatus.FAILED: _("Payment failed"),
        PaymentStatus.CANCELLED: _("Payment cancelled"),
    }
    title = titles.get(PaymentStatus(payment.status))
    if title is None:
        return None
    if source:
        title = _("Paid with what was taken out of %(number)s") % {"number": source}
    amount = format_money(payment.amount, payment.currency)
    return Happening(
        at=payment.processed_at or payment.event_time,
        title=title,
        words=" · ".join(part for part in (amount, payment.failure_reason) if part),
    )


def _refund(refund: Refund) -> Happening:
    titles = {
        RefundStatus.PENDING: _("Money is on its way back"),
        RefundStatus.SUCCEEDED: _("Money given back"),
        RefundStatus.FAILED: _("Money could not be given back"),
    }
    title = titles[RefundStatus(refund.status)]
    if refund.kept_for is not None:
        number = {"number": refund.kept_for.order_number}
        is_open = refund.status == RefundStatus.PENDING
        aside, off = _("Set aside for %(number)s"), _("Set off against %(number)s")
        title = (aside if is_open else off) % number
    problem = str(refund.gateway_response.get("message", ""))
    is_failed = refund.status == RefundStatus.FAILED
    parts = (
        format_money(refund.amount, refund.currency),
        refund.reason,
        problem if is_failed else "",
    )
    who = refund.processed_by
    return Happening(
        at=refund.processed_at or refund.created_at,
        title=title,
        words=" · ".join(part for part in parts if part),
        who=who.get_short_name() if who else "",
    )


def _risk(flag: FraudFlag) -> str:
    """The reasons, as they were flagged, and how likely it is."""
    reasons = ", ".join(str(name).replace("_", " ") for name in flag.flags) or _("risk")
    return _("Look twice: %(reasons)s (%(score)d %%)") % {
        "reasons": reasons,
        "score": round(flag.risk_score * 100),
    }
