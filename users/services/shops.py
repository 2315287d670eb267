"""Shops: opened by anybody, let in by an operator, away for a while, closed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from shop.events import publish
from shop.ids import uuid7
from shop.models import Shop, ShopStatus
from users.errors import NeedsReason, ShopRefused, WrongShopStatus
from users.events import ShopStatusChanged
from users.models import MemberRole, ShopMember, User

MOST_TEXT = 2000
# Whoever opens shops by the dozen is asked to wait until one of them is let in.
MOST_PENDING = 3
# Addresses below /sell/ that are no shops.
TAKEN = frozenset({"open-a-shop", "invitations"})
# What people of the shop may change of it by themselves.
PROFILE = frozenset(
    {
        *("name", "description", "category", "contact_email", "phone", "country"),
        *("address", "timezone", "tax_number", "prices_include_tax"),
        *("return_days", "return_rule", "logo", "banner"),
    }
)
# From where an operator may lead it to where.
WAYS: dict[str, frozenset[str]] = {
    ShopStatus.PENDING: frozenset({ShopStatus.ACTIVE, ShopStatus.CLOSED}),
    ShopStatus.ACTIVE: frozenset({ShopStatus.SUSPENDED, ShopStatus.CLOSED}),
    ShopStatus.SUSPENDED: frozenset({ShopStatus.ACTIVE, ShopStatus.CLOSED}),
    ShopStatus.CLOSED: frozenset({ShopStatus.ACTIVE}),
}


@transaction.atomic
def open_shop(
    *,
    owner: Any,
    name: str,
    country: str,
    currency: str,
    timezone: str,
    now: datetime,
    contact_email: str = "",
) -> Shop:
    """A shop that waits to be let in; its owner can set it up meanwhile.

    Each call opens another one. Raises ShopRefused for somebody whose shops wait already.
    """
    # Two clicks at once: the second one sees the first's shop.
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    waiting = Shop.objects.filter(owner=owner, status=ShopStatus.PENDING).count()
    if waiting >= MOST_PENDING:
        raise ShopRefused(
            _("Your other shops wait to be let in. Open the next one after that.")
        )
    shop = Shop.objects.create(
        owner=owner,
        name=name,
        slug=_free_slug(name),
        country=country,
        currency=currency,
        timezone=checked_timezone(timezone),
        contact_email=contact_email or owner.email,
        event_time=now,
        status_changed_at=now,
    )
    ShopMember.objects.create(shop=shop, user=owner, role=MemberRole.OWNER)
    _tell(shop, by=owner, now=now, before="")
    return shop


@transaction.atomic
def change_shop(*, shop_id: UUID, changes: dict[str, Any], now: datetime) -> Shop:
    """Changes what PROFILE names; may be repeated."""
    unknown = set(changes) - PROFILE
    if unknown:
        raise ValueError(f"Not of the profile: {', '.join(sorted(unknown))}.")
    if "timezone" in changes:
        changes = {**changes, "timezone": checked_timezone(changes["timezone"])}
    shop = _lock(shop_id)
    for name, value in changes.items():
        setattr(shop, name, value)
    shop.save(update_fields=[*changes, "updated_at"])
    return shop


@transaction.atomic
def set_closure(
    *,
    shop_id: UUID,
    closed_from: datetime | None,
    closed_until: datetime | None,
    note: str,
    now: datetime,
) -> Shop:
    """A holiday, [from, until); no `from` ends it. Its pages stay, nothing can be bought.

    May be repeated. Raises ShopRefused for one that ends before it begins.
    """
    if closed_from is None:
        closed_until, note = None, ""
    elif closed_until is not None and closed_until <= max(closed_from, now):
        raise ShopRefused(_("The closure must end after it begins, and not be over."))
    shop = _lock(shop_id)
    shop.closed_from, shop.closed_until = closed_from, closed_until
    shop.closed_note = note.strip()[:MOST_TEXT]
    shop.save(
        update_fields=["closed_from", "closed_until", "closed_note", "updated_at"]
    )
    return shop


@transaction.atomic
def set_shop_status(
    *,
    shop_id: UUID,
    status: ShopStatus,
    reason: str,
    by: AbstractBaseUser | None,
    now: datetime,
) -> Shop:
    """Let it in, suspend it, close it, open it again; its people read the reason.

    Open orders go on whatever happens. May be repeated. Raises WrongShopStatus for a way
    that does not lead there, NeedsReason where only a reason makes it fair.
    """
    shop = _lock(shop_id)
    if shop.status == status:
        return shop
    if status not in WAYS[shop.status]:
        raise WrongShopStatus(shop.get_status_display(), str(status.label))
    text = reason.replace("\0", "").strip()[:MOST_TEXT]
    if not text and status != ShopStatus.ACTIVE:
        raise NeedsReason
    before, shop.status = shop.status, status
    shop.status_reason, shop.status_changed_at = text, now
    shop.save(
        update_fields=["status", "status_reason", "status_changed_at", "updated_at"]
    )
    _tell(shop, by=by, now=now, before=before)
    return shop


def checked_timezone(name: str) -> str:
    """An IANA name. Raises ShopRefused."""
    if name not in available_timezones():
        raise ShopRefused(_("Choose a time zone from the list."))
    return str(ZoneInfo(name).key)


def _lock(shop_id: UUID) -> Shop:
    return Shop.objects.select_for_update(no_key=True).get(pk=shop_id)


def _free_slug(name: str) -> str:
    """Never one that was taken at the moment; the database has the last word."""
    slug = slugify(name)[:80] or "shop"
    if slug not in TAKEN and not Shop.objects.filter(slug=slug).exists():
        return slug
    return f"{slug}-{uuid7().hex[-6:]}"


def _tell(
    shop: Shop, *, by: AbstractBaseUser | None, now: datetime, before: str
) -> None:
    data = {"status": shop.status, "before": before, "reason": shop.status_reason}
    publish(ShopStatusChanged, entity=shop, at=now, actor=by, data=data)
