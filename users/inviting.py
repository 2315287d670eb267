"""Inviting somebody to work for a shop: kept, counted, and sent as a mail."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from shop.errors import DomainError
from shop.rate_limits import is_within_limit
from users.counter import Seller
from users.models import MemberRole, ShopInvitation
from users.services.members import invite_member
from users.shop_mail import send_invitation

INVITATIONS_A_DAY = 50


class TooManyInvitations(DomainError):
    code = "too_many_invitations"

    def __init__(self) -> None:
        super().__init__(_("These were many invitations. Go on tomorrow."))


class InvitationNotSent(DomainError):
    code = "mail_not_sent"

    def __init__(self) -> None:
        super().__init__(_("The mail could not be sent. Try again in a minute."))


def invite(
    *, seller: Seller, email: str, role: MemberRole, now: datetime
) -> ShopInvitation:
    """Asked again, the link of before is good no more.

    Raises what `invite_member` does, TooManyInvitations, and InvitationNotSent: the
    invitation is there then, and sending it again makes a new link.
    """
    may = is_within_limit(
        what="invite", who=str(seller.shop.pk), most=INVITATIONS_A_DAY, period_s=86_400
    )
    if not may:
        raise TooManyInvitations
    invited = invite_member(
        shop_id=seller.shop.pk, email=email, role=role, by=seller.user, now=now
    )
    if not send_invitation(invited=invited, shop=seller.shop):
        raise InvitationNotSent
    return invited.invitation
