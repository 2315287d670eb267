"""Who of a shop was told what about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from smtplib import SMTPRecipientsRefused
from uuid import UUID

import structlog
from django.db.models import Q

from shop.models import Shop
from users.models import MemberRole, ShopMessage, User
from users.queries import chosen_languages

# As long as a sender may take; then another one sends.
LEASE = timedelta(minutes=10)

log = structlog.get_logger(__name__)


class BeingSent(Exception):
    """Another sender has claimed a message and not sent it so far."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What the market decided about a shop. language: the reader's, or empty."""

    shop: Shop
    owner: User
    status: str
    before: str
    reason: str
    language: str


def tell_owners(
    *,
    shop_id: UUID,
    about: str,
    status: str,
    before: str,
    reason: str,
    send: Callable[[Decision], None],
    now: datetime,
) -> int:
    """Write to each owner of the shop once; returns to how many now. about: the event's id.

    A message is claimed first, and given back when it could not be sent, which is raised
    again. Safe to repeat, and twice at once: raises BeingSent while another has one. An
    address that the server refuses is done with.
    """
    shop = Shop.objects.filter(pk=shop_id).first()
    if shop is None:
        return 0
    named = Q(memberships__shop=shop, memberships__role=MemberRole.OWNER)
    owners = list(
        User.objects.filter(named | Q(pk=shop.owner_id)).distinct().order_by("pk")
    )
    languages = chosen_languages(user_ids=[owner.pk for owner in owners])
    told = 0
    for owner in owners:
        decision = Decision(
            shop=shop,
            owner=owner,
            status=status,
            before=before,
            reason=reason,
            language=languages.get(owner.pk, ""),
        )
        told += tell_once(
            shop=shop, person=owner, about=about, send=partial(send, decision), now=now
        )
    return told


def tell_once(
    *, shop: Shop, person: User, about: str, send: Callable[[], None], now: datetime
) -> bool:
    """Write to somebody of a shop about one thing; False when they were told before.

    The message is claimed first, and given back when it could not be sent, which is raised
    again. Safe to repeat, and twice at once: raises BeingSent while another has it. An
    address that the server refuses is done with.
    """
    message = _claim(shop, person, about, now)
    if message is None:
        return False
    try:
        send()
    except SMTPRecipientsRefused:
        log.warning("shop_news_refused", shop=str(shop.pk))
    except OSError:
        message.delete()
        raise
    ShopMessage.objects.filter(pk=message.pk).update(sent_at=now)
    return True


def _claim(shop: Shop, owner: User, about: str, now: datetime) -> ShopMessage | None:
    """None for one that was sent."""
    message, is_mine = ShopMessage.objects.get_or_create(
        shop=shop, user=owner, about=about, defaults={"claimed_at": now}
    )
    if is_mine:
        return message
    if message.sent_at is not None:
        return None
    left = ShopMessage.objects.filter(
        pk=message.pk, sent_at=None, claimed_at__lte=now - LEASE
    )
    if not left.update(claimed_at=now):
        raise BeingSent
    return message
