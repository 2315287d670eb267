"""The books: what each payment and refund moves between accounts; docs/decisions has them.

Every movement sums to zero. The callers have locked the payment.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from orders.models import Order
from payments.models import LedgerEntry, Payment, Refund
from payments.services.commission import Rates, commission_on
from shop.money import round_money, split_money

# Owed to the shop for its goods; the tax it has to hand on; what the market earns.
SHOP_PAYABLE, SHOP_TAX, COMMISSION = "shop_payable", "shop_tax", "commission"


def gateway_account(gateway: str) -> str:
    """Money that lies with a provider for us."""
    return f"gateway:{gateway}"


def book_payment(
    *,
    payment: Payment,
    order: Order,
    rates: Rates,
    now: datetime,
    booked_before: Decimal = Decimal(0),
) -> None:
    """The money came: it is the shop's, but for the market's commission.

    No commission is taken on tax. rates: the rules that hold now. booked_before: what came
    for the order by other payments; shares are of all that came so far, so that the parts
    sum to what one payment would have brought.
    """
    amount, currency = payment.amount, payment.currency
    tax, commission = _of_price(order, booked_before + amount, currency, rates)
    if booked_before:
        before = _of_price(order, booked_before, currency, rates)
        tax = min(max(tax - before[0], Decimal(0)), amount)
        commission = min(max(commission - before[1], Decimal(0)), amount - tax)
    _write(
        transaction_id=payment.pk,
        amounts={
            gateway_account(payment.gateway): amount,
            SHOP_PAYABLE: tax + commission - amount,
            SHOP_TAX: -tax,
            COMMISSION: -commission,
        },
        payment=payment,
        refund=None,
        shop_id=order.shop_id,
        now=now,
    )


def book_refund(
    *, refund: Refund, payment: Payment, given_before: Decimal, now: datetime
) -> None:
    """The money went back: each account gives its share of what it got.

    given_before: booked refunds of this payment. Shares are of all that was given so far,
    so that a payment given back in parts ends with every account at zero.
    """
    booked = dict(
        LedgerEntry.objects.filter(transaction_id=payment.pk, amount__lt=0)
        .order_by("account")
        .values_list("account", "amount")
    )
    # A payment from elsewhere was never booked: the shop owes what it gave back.
    weights = {account: -amount for account, amount in booked.items()}
    weights = weights or {SHOP_PAYABLE: Decimal(1)}
    before = _shares(given_before, weights, payment.currency)
    after = _shares(given_before + refund.amount, weights, payment.currency)
    amounts = {account: after[account] - before[account] for account in weights}
    _write(
        transaction_id=refund.pk,
        amounts={gateway_account(payment.gateway): -refund.amount, **amounts},
        payment=payment,
        refund=refund,
        shop_id=payment.order.shop_id,
        now=now,
    )


def _of_price(
    order: Order, amount: Decimal, currency: str, rates: Rates
) -> tuple[Decimal, Decimal]:
    """The tax and the commission in a part of an order's price."""
    tax = Decimal(0)
    if order.total_price:
        whole = order.total_tax + order.included_tax
        tax = round_money(whole * amount / order.total_price, currency)
    commission = commission_on(
        order=order, amount=amount - tax, currency=currency, rates=rates
    )
    return tax, commission


def _shares(
    total: Decimal, weights: Mapping[str, Decimal], currency: str
) -> dict[str, Decimal]:
    parts = split_money(total, list(weights.values()), currency)
    return dict(zip(weights, parts, strict=True))


def _write(
    *,
    transaction_id: UUID,
    amounts: Mapping[str, Decimal],
    payment: Payment,
    refund: Refund | None,
    shop_id: UUID,
    now: datetime,
) -> None:
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            transaction_id=transaction_id,
            account=account,
            shop_id=shop_id,
            payment=payment,
            refund=refund,
            amount=amount,
            currency=payment.currency,
            created_at=now,
        )
        for account, amount in amounts.items()
        if amount
    )
