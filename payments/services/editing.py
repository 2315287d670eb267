"""Changing an order before it is sent: units out, variants in, and what that comes to.

What is taken out is given back at once; what is added is an order of its own that travels
with the first, with a link to pay it. So no invoice changes after it was issued, and a link
that nobody pays leaves the rest as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from orders.models import Order
from orders.queries.checkout import CheckoutView
from orders.services.drafts import add_to_order, quote_addition
from orders.services.fulfillment import lock_order
from payments.errors import NothingToChange
from payments.models import Refund
from payments.services.item_refunds import (
    ZERO,
    RefundLine,
    RefundPreview,
    claim_items,
    preview_refund,
    refund_plan,
)
from payments.services.refunds import process_refund


@dataclass(frozen=True, kw_only=True)
class EditPreview:
    """back: what is given back. due: what the buyer is asked to pay."""

    back: RefundPreview | None
    added: CheckoutView | None

    @property
    def refund(self) -> Decimal:
        return self.back.amount if self.back else ZERO

    @property
    def due(self) -> Decimal:
        return self.added.quote.total if self.added else ZERO

    @property
    def difference(self) -> Decimal:
        """Above zero, the buyer pays more in the end."""
        return self.due - self.refund


@dataclass(frozen=True, kw_only=True)
class Edited:
    refunds: tuple[Refund, ...]
    addition: Order | None


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
    """Take units out and give them back; add variants for the buyer to pay. All or nothing.

    The expected amounts are what the caller was shown. key: of the caller's own; repeated
    with it, nothing happens twice. Raises as `refund_items` and `add_to_order`.
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
    refunds = [process_refund(refund_id=refund.pk, now=now) for refund in claimed]
    return Edited(refunds=tuple(refunds), addition=addition)


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
    lock_order(order_id)
    addition = None
    if add:
        addition = add_to_order(
            order_id=order_id,
            quantities=add,
            expected=expected_due,
            hold=hold,
            by=by,
            now=now,
            key=f"edit:{order_id}:{key}" if key else "",
        )
    claimed: list[Refund] = []
    if remove:
        claimed = claim_items(
            order_id=order_id,
            lines=_lines(remove, restock=restock),
            delivery=ZERO,
            amount=None,
            expected=expected_refund,
            reason="",
            by=by,
            now=now,
            key=f"edit:{key}" if key else "",
        )
    return claimed, addition


def _lines(
    remove: Mapping[UUID, int], *, restock: bool = False
) -> tuple[RefundLine, ...]:
    return tuple(
        RefundLine(item_id=item_id, unsent=units, restock=restock)
        for item_id, units in remove.items()
    )
