"""Operators who see the site as somebody: for an hour, with a reason, and with a trace."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Least
from django.utils.translation import gettext as _

from shop.ids import uuid7
from users.errors import CannotImpersonate
from users.models import (
    ImpersonatedRequest,
    Impersonation,
    User,
    UserRole,
    UserSession,
    UserStatus,
)

LASTS = timedelta(hours=1)
MOST_REASON = 1000
PERMISSION = "users.impersonate"
# In place of a device: what the person's list of devices shows.
SUPPORT = "support"


def is_allowed(*, operator: User) -> bool:
    """Whether somebody may see the site as others at all."""
    return bool(
        operator.is_active and operator.is_staff and operator.has_perm(PERMISSION)
    )


def check_target(*, operator: User, user: User, now: datetime) -> None:
    """Raises CannotImpersonate for an account that is nobody's to slip into."""
    if user.pk == operator.pk:
        raise CannotImpersonate(_("That is you."))
    holds_role = UserRole.objects.filter(user=user).valid_at(now).exists()
    if user.is_staff or user.is_superuser or holds_role:
        raise CannotImpersonate(
            _("Nobody sees the site as an operator: they may do more than shop.")
        )
    if not user.is_active or user.status != UserStatus.ACTIVE:
        raise CannotImpersonate(
            _("This account is closed: it sees nothing of the site.")
        )


@transaction.atomic
def start_impersonation(
    *,
    operator: User,
    user_id: UUID,
    reason: str,
    now: datetime,
) -> Impersonation:
    """Each call is another one. Raises CannotImpersonate, with nothing written."""
    text = reason.replace("\0", "").strip()
    if not is_allowed(operator=operator):
        raise CannotImpersonate(_("You may not see the site as somebody else."))
    if not text:
        raise CannotImpersonate(_("Write why: it is kept, with your name."))
    if len(text) > MOST_REASON:
        raise CannotImpersonate(
            _("Write at most %(most)d characters.") % {"most": MOST_REASON}
        )
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    check_target(operator=operator, user=user, now=now)
    key = uuid7(now)
    session = UserSession.objects.create(
        session_id=f"{SUPPORT}-{key.hex}",
        user=user,
        device_type=SUPPORT,
        last_activity=now,
        expires_at=now + LASTS,
    )
    return Impersonation.objects.create(
        id=key,
        operator=operator,
        user=user,
        session=session,
        reason=text,
        started_at=now,
        expires_at=now + LASTS,
    )


def open_impersonation(
    *, impersonation_id: UUID, operator: User, now: datetime
) -> Impersonation | None:
    """The one that lasts, with its user; None once either side or the clock has ended it.

    Also None where the operator may no longer, or the account has become an operator's.
    """
    found = Impersonation.objects.open_at(now).select_related("user", "operator")
    lasting = found.filter(pk=impersonation_id, operator=operator).first()
    if lasting is None or not is_allowed(operator=operator):
        return None
    try:
        check_target(operator=operator, user=lasting.user, now=now)
    except CannotImpersonate:
        return None
    return lasting


@transaction.atomic
def end_impersonation(*, impersonation_id: UUID, now: datetime) -> None:
    """May be repeated; one that the hour has ended already keeps its hour."""
    lasting = Impersonation.objects.filter(pk=impersonation_id, ended_at=None)
    lasting.filter(expires_at__gt=now).update(ended_at=now)
    UserSession.objects.filter(impersonation=impersonation_id).update(
        expires_at=Least("expires_at", now)
    )


def note_request(
    *, impersonation_id: UUID, method: str, route: str, object_id: str, now: datetime
) -> UUID:
    """Before a changing request is obeyed; returns the id of its line in the trace."""
    noted = ImpersonatedRequest.objects.create(
        impersonation_id=impersonation_id,
        at=now,
        method=method[:8],
        route=route[:200],
        object_id=object_id[:64],
    )
    return noted.pk


def note_answer(*, request_id: UUID, status: int) -> None:
    ImpersonatedRequest.objects.filter(pk=request_id, status=None).update(status=status)
