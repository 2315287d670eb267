"""Changing an order before it is sent: units out, variants in, and what that comes to.

What is added is an order of its own that travels with the first, so no invoice changes after
it was issued. What is taken out pays what is added, and only the difference moves: more was
taken out, and the rest goes back; less, and the buyer is sent a link to pay the rest by. Until
then what was taken out is set aside; a link that nobody pays gives it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from orders.errors import QuoteChanged
from orders.models import Checkout, Order, PaymentMethodKind
from orders.queries.checkout import CheckoutView
from orders.services.drafts import add_to_order, quote_addition
from orders.services.fulfillment import lock_order
from orders.services.orders import mark_paid
from payments.errors import NothingToChange, RefundChanged
from payments.models import Refund
from payments.services.item_refunds import (
    ZERO,
    RefundLine,
    RefundPreview,
    claim_items,
    claimed_by,
    preview_refund,
    refund_plan,
)
from payments.services.refunds import process_refund
from payments.services.set_off import pay_from_kept


@dataclass(frozen=True, kw_only=True)
class EditPreview:
    """back: what is taken out. added: what is added."""

    back: RefundPreview | None
    added: CheckoutView | None

    @property
    def taken(self) -> Decimal:
        """What is taken out is worth."""
        return self.back.amount if self.back else ZERO

    @property
    def cost(self) -> Decimal:
        """What is added costs."""
        return self.added.quote.total if self.added else ZERO

    @property
    def set_off(self) -> Decimal:
        """So much of what is added is paid by what is taken out."""
        return min(self.taken, self.cost)

    @property
    def refund(self) -> Decimal:
        """What the buyer gets back."""
        return self.taken - self.set_off

    @property
    def due(self) -> Decimal:
        """What the buyer is asked to pay."""
        return self.cost - self.set_off

    @property
    def difference(self) -> Decimal:
        """Above zero, the buyer pays more in the end."""
        return self.cost - self.taken


@dataclass(frozen=True, kw_only=True)
class Edited:
    """refunds: what goes back. set_off: what of the addition was, or will be, paid already."""

    refunds: tuple[Refund, ...]
    addition: Order | None
    set_off: Decimal


def preview_edit(
    *,
    order: Order,
    remove: Mapping[UUID, int],
    add: Mapping[UUID, int],
    by: AbstractBaseUser,
    now: datetime,
) -> EditPreview:
    """What it would come to. remove: order item id -> units; add: variant id -> units.

    Raises as `preview_refund` and `quote_addition`, and NothingToChange.
    """
    if not remove and not add:
        raise NothingToChange
    back = None
    if remove:
        back = preview_refund(plan=refund_plan(order=order), lines=_lines(remove))
    added = None
    if add:
        added = quote_addition(order=order, quantities=add, by=by, now=now)
    return EditPreview(back=back, added=added)


def edit_order(
    *,
    order_id: UUID,
    remove: Mapping[UUID, int],
    add: Mapping[UUID, int],
    expected_refund: Decimal,
    expected_due: Decimal,
    restock: bool,
    hold: timedelta,
    by: AbstractBaseUser,
    now: datetime,
    key: str = "",
) -> Edited:
    """Take units out, add variants, and move the difference. All or nothing.

    expected: what the caller was shown to be given back and to be paid. hold: how long the
    buyer has to pay it; not paid by then, the addition ends, and what was taken out goes
    back. key: of the caller's own; repeated with it, nothing happens twice. Raises as
    `refund_items` and `add_to_order`.
    """
    if not remove and not add:
        raise NothingToChange
    claimed, addition = _write(
        order_id=order_id,
        remove=remove,
        add=add,
        expected_refund=expected_refund,
        expected_due=expected_due,
        restock=restock,
        hold=hold,
        by=by,
        now=now,
        key=key,
    )
    kept = [refund for refund in claimed if refund.kept_for_id]
    refunds = [
        process_refund(refund_id=refund.pk, now=now)
        for refund in claimed
        if not refund.kept_for_id
    ]
    return Edited(
        refunds=tuple(refunds),
        addition=addition,
        set_off=sum((refund.amount for refund in kept), ZERO),
    )


@transaction.atomic
def _write(
    *,
    order_id: UUID,
    remove: Mapping[UUID, int],
    add: Mapping[UUID, int],
    expected_refund: Decimal,
    expected_due: Decimal,
    restock: bool,
    hold: timedelta,
    by: AbstractBaseUser,
    now: datetime,
    key: str,
) -> tuple[list[Refund], Order | None]:
    order = lock_order(order_id)
    its_key, refund_key = "", ""
    if key:
        its_key, refund_key = f"edit:{order_id}:{key}", f"edit:{key}"
        known = Order.objects.filter(checkout__idempotency_key=its_key).first()
        claimed = claimed_by(order=order, key=refund_key)
        if known or claimed:
            return claimed, known
    taken = ZERO
    if remove:
        plan = refund_plan(order=order)
        taken = preview_refund(plan=plan, lines=_lines(remove)).amount
    # What was agreed to says what is added costs; it is held against what it costs now.
    cost = taken + expected_due - expected_refund if add else ZERO
    if cost < 0:
        raise QuoteChanged
    set_off = min(taken, cost)
    if taken - set_off != expected_refund:
        raise RefundChanged(taken - set_off, order.currency)
    addition = None
    is_paid = bool(remove) and cost == set_off
    if add:
        addition = add_to_order(
            order_id=order_id,
            quantities=add,
            expected=cost,
            hold=hold,
            by=by,
            now=now,
            key=its_key,
            set_off=set_off,
            asks=not is_paid,
        )
    claimed = []
    if remove:
        claimed = claim_items(
            order_id=order_id,
            lines=_lines(remove, restock=restock),
            delivery=ZERO,
            amount=None,
            expected=taken,
            reason="",
            by=by,
            now=now,
            key=refund_key,
            kept_for=addition,
            kept=set_off,
        )
    if addition is not None and is_paid:
        _pay(addition, order, now)
    return claimed, addition


def _pay(addition: Order, order: Order, now: datetime) -> None:
    """Nothing is left to be asked for: as its payment would."""
    rows = Checkout.objects.filter(orders=addition)
    checkout = rows.select_for_update(no_key=True, of=("self",)).get()
    pay_from_kept(checkout=checkout, now=now)
    kind = PaymentMethodKind(order.payment_method)
    mark_paid(checkout_id=checkout.pk, now=now, payment_method=kind)
    addition.refresh_from_db()


def _lines(
    remove: Mapping[UUID, int], *, restock: bool = False
) -> tuple[RefundLine, ...]:
    return tuple(
        RefundLine(item_id=item_id, unsent=units, restock=restock)
        for item_id, units in remove.items()
    )
