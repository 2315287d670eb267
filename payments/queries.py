"""How a purchase stands with its money, what can be given back, who may see it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext as _

from orders.models import Checkout, CheckoutStatus, Order
from payments.gateways import REGISTRY, Choice
from payments.models import (
    LedgerEntry,
    Payment,
    PaymentAttempt,
    PaymentStatus,
    Refund,
    RefundStatus,
)
from shop.models import Shop
from users.models import MemberRole

# Who may give money back. Staff see what was given.
REFUNDING_ROLES = (MemberRole.OWNER, MemberRole.MANAGER)
HOLDS_MONEY = (PaymentStatus.SUCCEEDED, PaymentStatus.PARTIALLY_REFUNDED)
# The money came, whatever became of it.
TAKEN = (*HOLDS_MONEY, PaymentStatus.REFUNDED)


class PaymentState(StrEnum):
    """NOT_STARTED until the first try. REFUNDED: it came too late and goes, or went, back."""

    NOT_STARTED = "not_started"
    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    AUTHORIZED = "authorized"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


@dataclass(frozen=True, kw_only=True)
class PaymentOutcome:
    """next_url: where the buyer goes to confirm. message: a sentence for the buyer."""

    status: PaymentState
    next_url: str | None = None
    message: str = ""

    @property
    def is_over(self) -> bool:
        """Asking again brings nothing new until another try begins."""
        return self.status not in {PaymentState.PENDING, PaymentState.REQUIRES_ACTION}


def payment_choices(*, currency: str) -> list[Choice]:
    """The ways to pay that are available here, for a buyer who pays in this currency."""
    return [
        choice
        for gateway in REGISTRY.values()
        if gateway.is_available()
        for choice in gateway.choices(currency=currency)
    ]


def payment_outcome(*, checkout_id: UUID) -> PaymentOutcome:
    """How a checkout's payment stands by our own books; asks no gateway."""
    checkout = Checkout.objects.get(pk=checkout_id)
    if checkout.status == CheckoutStatus.PAID:
        return _said(PaymentState.SUCCEEDED)
    tries = PaymentAttempt.objects.filter(payment__checkout=checkout)
    last = tries.order_by("-created_at", "-id").first()
    if last is None:
        return _said(PaymentState.NOT_STARTED)
    match PaymentStatus(last.status):
        case PaymentStatus.REQUIRES_ACTION:
            return PaymentOutcome(
                status=PaymentState.REQUIRES_ACTION,
                next_url=last.next_url,
                message=_("Confirm the payment with your bank."),
            )
        case PaymentStatus.PENDING:
            return _said(PaymentState.PENDING)
        case PaymentStatus.AUTHORIZED:
            return _said(PaymentState.AUTHORIZED)
        case PaymentStatus.SUCCEEDED:
            return _said(PaymentState.REFUNDED)
        case PaymentStatus.CANCELLED:
            return _said(PaymentState.CANCELLED)
        case _:
            message = last.failure_reason or _words(PaymentState.FAILED)
            return PaymentOutcome(status=PaymentState.FAILED, message=message)


def _said(state: PaymentState) -> PaymentOutcome:
    return PaymentOutcome(status=state, message=_words(state))


def _words(state: PaymentState) -> str:
    return {
        PaymentState.SUCCEEDED: _("Your payment is here. Thank you."),
        PaymentState.PENDING: _(
            "The bank has not answered yet. Nothing is charged twice; look again in a"
            " minute."
        ),
        PaymentState.AUTHORIZED: _("The amount is set aside, and not charged yet."),
        PaymentState.FAILED: _("The payment did not go through. Nothing was charged."),
        PaymentState.CANCELLED: _("The payment was cancelled. Nothing was charged."),
        PaymentState.REFUNDED: _(
            "Your payment came after the time to pay was over, and the items were sold"
            " or the order was cancelled meanwhile. You get all of it back."
        ),
    }.get(state, "")


# ------------------------------------------------------------------ refunds
def refundable(*, payments: Collection[Payment]) -> dict[UUID, Decimal]:
    """What can still be given back of each payment; what is on its way back counts."""
    given = dict(
        Refund.objects.filter(payment__in=list(payments))
        .exclude(status=RefundStatus.FAILED)
        .values_list("payment_id")
        .annotate(Sum("amount"))
    )
    return {
        payment.pk: payment.amount - given.get(payment.pk, Decimal(0))
        for payment in payments
        if payment.status in HOLDS_MONEY
    }


def refundable_amount(*, order_id: UUID) -> Decimal:
    """Of an order: what a person may still be offered back."""
    payments = list(Payment.objects.filter(order_id=order_id))
    return sum(refundable(payments=payments).values(), Decimal(0))


# ------------------------------------------------------------------ whose
def refunds_for(user: Any) -> QuerySet[Refund]:
    """Every refund for operators who may see them; else those of the shops one works in."""
    refunds = Refund.objects.select_related("payment__order")
    if user.has_perm("payments.view_refund"):
        return refunds
    mine = Shop.objects.worked_in_by(user.pk).values("pk")
    return refunds.filter(payment__order__shop__in=mine)


def payments_for(user: Any) -> QuerySet[Payment]:
    """The same for payments."""
    payments = Payment.objects.select_related("order", "made_of")
    if user.has_perm("payments.view_payment"):
        return payments
    mine = Shop.objects.worked_in_by(user.pk).values("pk")
    return payments.filter(order__shop__in=mine)


def orders_to_refund(user: Any) -> QuerySet[Order]:
    """Orders that a person sees where money is given back; see `may_refund`."""
    if user.has_perm("payments.add_refund"):
        return Order.objects.all()
    mine = Shop.objects.worked_in_by(user.pk).values("pk")
    return Order.objects.filter(shop__in=mine)


def may_refund(user: Any, *, shop_id: UUID) -> bool:
    """Operators with the permission, the shop's owner and its managers."""
    if user.has_perm("payments.add_refund"):
        return True
    leads = Q(owner_id=user.pk) | Q(
        members__user_id=user.pk, members__role__in=REFUNDING_ROLES
    )
    return Shop.objects.filter(leads, pk=shop_id).exists()


# ------------------------------------------------------------------ the ledger
def shop_balances(*, shop_id: UUID) -> dict[tuple[str, str], Decimal]:
    """(account, currency) -> balance of a shop's entries; owed to the shop is below zero."""
    rows = (
        LedgerEntry.objects.filter(shop_id=shop_id)
        .values_list("account", "currency")
        .annotate(Sum("amount"))
        .order_by("account", "currency")
    )
    return {(account, currency): total for account, currency, total in rows}
