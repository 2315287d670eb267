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
from payments.queries import HOLDS_MONEY
from payments.services.refunds import left_to_refund
from shop.money import format_money

TAKEN = (*HOLDS_MONEY, PaymentStatus.REFUNDED)


def money_of(order: Order) -> MoneyFacts:
    """In four statements, however many payments and refunds there are."""
    payments = list(Payment.objects.filter(order=order).order_by("id"))
    if not payments:
        return MoneyFacts()
    refunds = list(
        Refund.objects.filter(payment__in=payments)
        .select_related("processed_by")
        .order_by("id")
    )
    flags = FraudFlag.objects.filter(payment__in=payments, is_resolved=False)
    _left, most = left_to_refund(order=order, payments=payments)
    pending = [one.amount for one in refunds if one.status == RefundStatus.PENDING]
    return MoneyFacts(
        paid=sum(
            (payment.amount for payment in payments if payment.status in TAKEN),
            Decimal(0),
        ),
        refundable=most,
        on_its_way_back=sum(pending, Decimal(0)),
        happenings=(
            *(found for payment in payments if (found := _payment(payment))),
            *(_refund(refund) for refund in refunds),
        ),
        risks=tuple(_risk(flag) for flag in flags.order_by("-risk_score", "id")),
    )


def _payment(payment: Payment) -> Happening | None:
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
        title=titles[RefundStatus(refund.status)],
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
