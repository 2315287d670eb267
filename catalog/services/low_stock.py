"""Low stock: from when on it is low, and who is told of it, once a day.

A notice is written down first, with the variants it names; the database lets none be named
twice before it was refilled. Each person's message is then sent once (`users.services.shop_news`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from catalog.errors import InvalidThreshold, NoSuchThing
from catalog.models import LowStockLine, LowStockNotice, ProductVariant
from catalog.services.stock import MOST_UNITS
from shop.models import Shop, ShopStatus
from users.models import MemberRole, User
from users.queries import chosen_languages
from users.services.accounts import wants_low_stock
from users.services.shop_news import tell_once

SQL = Path(__file__).resolve().parent.parent / "sql"
REFILLED = (SQL / "low_stock_refilled.sql").read_text()
LINES = (SQL / "low_stock_lines.sql").read_text()
# Of the shop's clock: when who orders goods begins to work.
MORNING = 7
# A message names so many, and says how many more there are.
MOST_NAMED = 30
# A message that could not be sent is tried again until then: later it is no news.
GIVEN_UP_AFTER = timedelta(hours=8)


@dataclass(frozen=True, kw_only=True)
class LowStock:
    """A message to one person. language: theirs, or empty. more: variants that are not named."""

    shop: Shop
    person: User
    language: str
    lines: Sequence[LowStockLine]
    more: int


@transaction.atomic
def set_shop_threshold(*, shop_id: UUID, threshold: int, now: datetime) -> None:
    """From so many free units on, the stock of the shop's variants is low."""
    _check(threshold)
    Shop.objects.filter(pk=shop_id).update(
        low_stock_threshold=threshold, updated_at=now
    )


@transaction.atomic
def set_variant_threshold(
    *, shop_id: UUID, variant_id: UUID, threshold: int | None, now: datetime
) -> None:
    """A number for one variant; None for the shop's. Raises NoSuchThing, InvalidThreshold."""
    if threshold is not None:
        _check(threshold)
    mine = ProductVariant.objects.filter(pk=variant_id, shop_id=shop_id)
    if not mine.update(low_stock_threshold=threshold, updated_at=now):
        raise NoSuchThing(_("Your shop has no such variant."))


def _check(threshold: int) -> None:
    if not 0 <= threshold <= MOST_UNITS:
        raise InvalidThreshold(MOST_UNITS)


def shops_to_tell(*, now: datetime) -> list[tuple[UUID, date]]:
    """Where it is morning, and the notice of the day is not written; with the shop's day."""
    open_shops = Shop.objects.filter(status=ShopStatus.ACTIVE).order_by("id")
    told = LowStockNotice.objects.filter(day__gte=(now - timedelta(days=1)).date())
    days = set(told.values_list("shop_id", "day"))
    due = []
    for shop_id, zone in open_shops.values_list("id", "timezone"):
        here = now.astimezone(ZoneInfo(zone))
        if here.hour >= MORNING and (shop_id, here.date()) not in days:
            due.append((shop_id, here.date()))
    return due


def unsent_notices(*, now: datetime) -> list[tuple[UUID, date]]:
    """Those of this morning, to send to whom they did not reach."""
    lately = LowStockNotice.objects.filter(
        created_at__gt=now - GIVEN_UP_AFTER, lines__isnull=False
    )
    return list(lately.values_list("shop_id", "day").distinct())


@transaction.atomic
def write_notice(*, shop_id: UUID, day: date, now: datetime) -> LowStockNotice:
    """What there is to tell of a day, written once; safe to repeat and to run twice at once.

    The notice may have no lines: then there is nothing to tell.
    """
    shop = Shop.objects.select_for_update(no_key=True).get(pk=shop_id)
    notice, is_new = LowStockNotice.objects.get_or_create(
        shop=shop, day=day, defaults={"created_at": now}
    )
    if not is_new:
        return notice
    LowStockNotice.objects.filter(shop=shop, day__lt=day, lines=None).delete()
    values: dict[str, Any] = {
        "shop_id": shop_id,
        "few": shop.low_stock_threshold,
        "notice_id": notice.pk,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(REFILLED, values)
        cursor.execute(LINES, values)
    return notice


def send_notice(
    *,
    shop_id: UUID,
    day: date,
    send: Callable[[LowStock], None],
    now: datetime,
) -> int:
    """Tell the shop's owners and managers what a notice says; returns how many now.

    Safe to repeat: each gets it once. Those who chose not to be told are left out. Raises as
    `users.services.shop_news.tell_once` does.
    """
    lines = LowStockLine.objects.filter(notice__shop_id=shop_id, notice__day=day)
    named = list(
        lines.select_related("variant__product").order_by("left", "variant__sku")[
            :MOST_NAMED
        ]
    )
    if not named:
        return 0
    more = lines.count() - len(named)
    shop = Shop.objects.get(pk=shop_id)
    people = _people(shop)
    languages = chosen_languages(user_ids=[person.pk for person in people])
    told = 0
    for person in people:
        message = LowStock(
            shop=shop,
            person=person,
            language=languages.get(person.pk, ""),
            lines=named,
            more=more,
        )
        told += tell_once(
            shop=shop,
            person=person,
            about=f"low stock {day}",
            send=partial(send, message),
            now=now,
        )
    return told


def _people(shop: Shop) -> list[User]:
    """Who orders goods for a shop, but for those who chose not to be told."""
    in_charge = Q(
        memberships__shop=shop,
        memberships__role__in=[MemberRole.OWNER, MemberRole.MANAGER],
    )
    people = User.objects.filter(in_charge | Q(pk=shop.owner_id), is_active=True)
    return [
        person
        for person in people.select_related("profile").distinct().order_by("pk")
        if wants_low_stock(profile=getattr(person, "profile", None))
    ]
