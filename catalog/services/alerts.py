"""People wait for a variant; they are told once when it can be bought again.

An alert waits, becomes due, is sent. `notify_back_in_stock` makes alerts due, whoever
sends moves them ahead in time first, so that no two send the same and a killed sender's
are sent later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.errors import CanBeBought, NoSuchThing
from catalog.events import BackInStock
from catalog.models import ProductVariant, StockAlert
from catalog.models.variant import sellable
from shop.events import publish
from users.queries import chosen_languages

# More than these of one person or address are not kept: nobody waits for so many.
MOST_WAITING = 50
# Whoever waits longer has found it elsewhere; the address is not kept for nothing.
LONGEST_WAIT = timedelta(days=180)
# As long as a sender may take; then another one sends.
LEASE = timedelta(minutes=10)
AT_A_TIME = 100


@dataclass(frozen=True)
class DueAlert:
    """A message to send. email: where to; name: the person's, or empty. language: the one that
    the person chose, else the one it was asked for in; empty where neither is known."""

    id: UUID
    email: str
    name: str
    language: str
    variant: ProductVariant


@transaction.atomic
def ask_for_alert(
    *,
    variant_id: UUID,
    user_id: UUID | None = None,
    email: str = "",
    language: str = "",
) -> None:
    """Tell an account, else an address, when the variant is back. May be repeated.

    language: in which to write, unless the account has chosen one.

    Whether they wait already, nobody learns from the answer. Raises NoSuchThing for what is
    not on sale, and CanBeBought.
    """
    shown = ProductVariant.objects.of_products_on_sale().filter(pk=variant_id)
    variant = shown.first()
    if variant is None:
        raise NoSuchThing(_("This product is not on sale."))
    if variant.can_sell(1):
        raise CanBeBought(_("It can be bought: there is nothing to wait for."))
    alert = StockAlert(variant=variant, user_id=user_id, language=language)
    waiting = StockAlert.objects.filter(notified_at=None)
    if user_id is None:
        alert.email = email.lower()
        waiting = waiting.filter(user=None, email=alert.email)
    else:
        waiting = waiting.filter(user_id=user_id)
    if waiting.count() < MOST_WAITING:
        StockAlert.objects.bulk_create([alert], ignore_conflicts=True)


@transaction.atomic
def notify_back_in_stock(*, variant_id: UUID, now: datetime) -> int:
    """Make the alerts of a variant that can be bought due; returns how many.

    May be repeated: a variant that nobody waits for, or that is sold out, changes nothing.
    """
    variant = ProductVariant.objects.of_products_on_sale().filter(pk=variant_id).first()
    if variant is None or not variant.can_sell(1):
        return 0
    waiting = StockAlert.objects.filter(
        variant_id=variant_id, due_at=None, notified_at=None
    )
    due = waiting.update(due_at=now)
    if due:
        publish(BackInStock, entity=variant, at=now, data={"waiting": due})
    return due


def notify_all_back_in_stock(*, now: datetime, limit: int = 1000) -> int:
    """The same for every variant somebody waits for, however its stock came back.

    Files and operators change stock too, without saying so. Returns the alerts made due;
    those nobody should wait for any longer are forgotten.
    """
    StockAlert.objects.filter(
        created_at__lt=now - LONGEST_WAIT, notified_at=None
    ).delete()
    back = ProductVariant.objects.of_products_on_sale().filter(
        sellable(), alerts__due_at=None, alerts__notified_at=None, alerts__isnull=False
    )
    ids = back.order_by("id").values_list("id", flat=True).distinct()[:limit]
    return sum(notify_back_in_stock(variant_id=id_, now=now) for id_ in list(ids))


def send_due_alerts(
    *,
    now: datetime,
    send: Callable[[DueAlert], bool],
    variant_id: UUID | None = None,
) -> int:
    """Send what is due, each once; returns how many were sent.

    send: brings one message on its way, outside of any transaction; when it says that it
    could not, that alert is tried again after the lease.
    """
    sent = 0
    while alerts := _claim(now, variant_id):
        for alert in alerts:
            if not send(alert):
                continue
            # Sent: the address of a guest is not needed any more.
            StockAlert.objects.filter(pk=alert.id).update(notified_at=now, email="")
            sent += 1
    return sent


@transaction.atomic
def _claim(now: datetime, variant_id: UUID | None) -> list[DueAlert]:
    due = StockAlert.objects.filter(notified_at=None, due_at__lte=now)
    if variant_id is not None:
        due = due.filter(variant_id=variant_id)
    rows = list(
        due.select_related("variant__product__shop", "user")
        .order_by("due_at", "id")
        .select_for_update(skip_locked=True, of=("self",))[:AT_A_TIME]
    )
    StockAlert.objects.filter(pk__in=[row.pk for row in rows]).update(
        due_at=now + LEASE
    )
    languages = chosen_languages(user_ids=[row.user_id for row in rows if row.user_id])
    return [
        DueAlert(
            id=row.pk,
            email=row.user.email if row.user else row.email,
            name=row.user.first_name if row.user else "",
            language=(languages.get(row.user_id) if row.user_id else None)
            or row.language,
            variant=row.variant,
        )
        for row in rows
    ]
