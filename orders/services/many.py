"""What is done to all of a shop's orders that match: each by itself, in a job's chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from orders.models import Order, OrderStatus
from orders.queries.sell_orders import OrderSearch, found_orders
from orders.services.fulfillment import ship_rest
from orders.services.orders import mark_delivered
from shop.errors import DomainError
from shop.models import Job, Shop
from shop.services.jobs import Asked, Chunk, Result, open_job

SEND = "orders.send"
DELIVER = "orders.deliver"


class ManyAction(StrEnum):
    SEND = "send"
    DELIVER = "deliver"


KINDS = {ManyAction.SEND: SEND, ManyAction.DELIVER: DELIVER}
# What can be done to an order at all; the rest of a list is not counted in.
STATES = {
    ManyAction.SEND: OrderStatus.PROCESSING,
    ManyAction.DELIVER: OrderStatus.SHIPPED,
}


def orders_for(
    *, shop: Shop, search: OrderSearch, action: ManyAction
) -> QuerySet[Order]:
    """Those of a search that the action can be done to, the oldest first."""
    found = found_orders(shop=shop, search=search)
    return found.filter(status=STATES[action]).order_by("event_time", "id")


def change_orders(
    *,
    shop: Shop,
    search: OrderSearch,
    action: ManyAction,
    carrier: str,
    by: AbstractBaseUser,
    now: datetime,
    expected: int | None = None,
    token: UUID | None = None,
) -> Job:
    """Begin it in the background.

    carrier: of what is sent. expected: how many were shown to whoever said yes. token: the
    same again is the same job. Raises NothingToDo, TooManyRows, CountChanged.
    """
    rows = orders_for(shop=shop, search=search, action=action)
    return open_job(
        shop_id=shop.pk,
        by=by,
        kind=KINDS[action],
        params={"carrier": carrier.replace("\0", "").strip()},
        rows=rows.annotate(entity_id=F("id"), label=F("order_number")),
        expected=expected,
        token=token,
        now=now,
    )


def send_orders(chunk: Chunk) -> Iterable[Result]:
    """Each whole, once; what a colleague has sent meanwhile is left as it is."""
    by = _person(chunk)

    def send(row: Asked) -> str:
        parcel = ship_rest(
            order_id=row.entity_id,
            carrier=chunk.params["carrier"],
            tracking_number="",
            by=by,
            now=chunk.now,
        )
        return "" if parcel else _("It was sent before.")

    return _each(chunk, send)


def deliver_orders(chunk: Chunk) -> Iterable[Result]:
    """Everything of them that was sent has arrived."""
    by = _person(chunk)

    def deliver(row: Asked) -> str:
        mark_delivered(order_id=row.entity_id, by=by, now=chunk.now)
        return ""

    return _each(chunk, deliver)


def _each(chunk: Chunk, act: Callable[[Asked], str]) -> Iterable[Result]:
    """What is refused keeps no other from going. Orders of the shop alone."""
    mine = Order.objects.filter(shop_id=chunk.shop_id, deleted_at=None)
    known = set(mine.filter(pk__in=chunk.ids).values_list("pk", flat=True))
    for row in sorted(chunk.rows, key=lambda one: one.entity_id):
        if row.entity_id not in known:
            continue
        try:
            with transaction.atomic():
                refusal = act(row)
        except DomainError as error:
            refusal = error.message
        yield Result(row.entity_id, refusal=refusal)


def _person(chunk: Chunk) -> AbstractBaseUser | None:
    if chunk.user_id is None:
        return None
    return get_user_model().objects.filter(pk=chunk.user_id).first()
