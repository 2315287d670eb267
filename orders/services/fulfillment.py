"""A shop's work on its orders: notes, parcels of all that is left, units taken out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from catalog.services.stock import return_stock
from orders.errors import EmptyNote, NotInOrder, TooManyUnits, WrongStatus
from orders.models import (
    Checkout,
    FulfillmentStatus,
    Order,
    OrderItem,
    OrderNote,
    OrderStatus,
    OrderTracking,
)
from orders.services.history import change_status
from orders.services.orders import ship_items, units_to_send

MOST_NOTE = 2000


@transaction.atomic
def add_note(
    *, order_id: UUID, text: str, by: AbstractBaseUser, now: datetime
) -> OrderNote:
    """Write something down for the people of the shop; the buyer never sees it.

    Raises EmptyNote.
    """
    words = text.replace("\0", "").strip()[:MOST_NOTE]
    if not words:
        raise EmptyNote
    return OrderNote.objects.create(
        order_id=order_id, author_id=by.pk, text=words, created_at=now
    )


@transaction.atomic
def ship_rest(
    *,
    order_id: UUID,
    carrier: str,
    tracking_number: str,
    by: AbstractBaseUser | None,
    now: datetime,
    tracking_url: str = "",
) -> OrderTracking | None:
    """Send all that is left of an order in one parcel; None when nothing is left.

    Safe to repeat, and many times at once: what is left is counted under the order's lock.
    Raises WrongStatus for an order that is not paid, or was cancelled.
    """
    order = lock_order(order_id)
    items = {item.pk: item for item in order.items.all()}
    left = {id_: units for id_, units in units_to_send(items).items() if units}
    was_sent = order.fulfillment_status == FulfillmentStatus.FULFILLED
    if was_sent and not left:
        return None
    return ship_items(
        order_id=order_id,
        quantities=left,
        carrier=carrier,
        tracking_number=tracking_number,
        tracking_url=tracking_url,
        now=now,
        by=by,
    )


@transaction.atomic
def remove_units(
    *,
    order_id: UUID,
    quantities: Mapping[UUID, int],
    restock: Collection[UUID],
    by: AbstractBaseUser | None,
    now: datetime,
) -> Order:
    """Take units out of a paid order that were not sent: order item id -> units.

    restock: ids of items whose units go back on the shelf. The money is the caller's. Raises
    NotInOrder, TooManyUnits, and WrongStatus where nothing would be left to send of an order
    of which nothing was sent: that is a cancellation.
    """
    order = lock_order(order_id)
    if order.status != OrderStatus.PROCESSING:
        raise WrongStatus(_("Only what is paid and not sent yet can be taken out."))
    items = {item.pk: item for item in order.items.all()}
    left = units_to_send(items)
    for item_id, units in quantities.items():
        if item_id not in items:
            raise NotInOrder
        if not 1 <= units <= left[item_id]:
            raise TooManyUnits(items[item_id].name, left[item_id])
        left[item_id] -= units
        items[item_id].removed_quantity += units
    is_rest = not any(left.values())
    if is_rest and order.fulfillment_status == FulfillmentStatus.UNFULFILLED:
        raise WrongStatus(_("Nothing would be left to send. Cancel the order instead."))
    changed = [items[item_id] for item_id in quantities]
    OrderItem.objects.bulk_update(changed, ["removed_quantity"])
    if is_rest and quantities:
        # What was sent before was all of it after all.
        change_status(
            [order],
            OrderStatus.SHIPPED,
            now=now,
            by=by,
            fulfillment_status=FulfillmentStatus.FULFILLED,
        )
    put_back(
        order=order,
        quantities={
            items[item_id]: units
            for item_id, units in quantities.items()
            if item_id in restock
        },
        by=by,
        now=now,
    )
    return order


def put_back(
    *,
    order: Order,
    quantities: Mapping[OrderItem, int],
    by: AbstractBaseUser | None,
    now: datetime,
) -> None:
    """Units of an order's items go on the shelf again, where they are still sold."""
    units: dict[UUID, int] = {}
    for item, quantity in quantities.items():
        if item.variant_id is not None:
            units[item.variant_id] = units.get(item.variant_id, 0) + quantity
    if units:
        notes = f"Taken back from {order.order_number}"
        return_stock(
            quantities=units,
            now=now,
            user_id=by.pk if by else None,
            notes=notes,
            order_id=order.pk,
        )


def lock_order(order_id: UUID) -> Order:
    """The order's row, and before it the checkout's: its payment may come meanwhile."""
    checkouts = Checkout.objects.filter(orders=order_id)
    checkouts.select_for_update(no_key=True, of=("self",)).first()
    return Order.objects.select_for_update(no_key=True).get(pk=order_id)
