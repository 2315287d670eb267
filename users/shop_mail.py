"""Messages to those who work for shops, as e-mail."""

from __future__ import annotations

from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from shop.models import Shop
from users.services.members import Invited
from users.services.shop_news import Decision

log = structlog.get_logger(__name__)


def send_invitation(*, invited: Invited, shop: Shop) -> bool:
    """In the language of whoever invites. False when it could not be sent now."""
    path = reverse("sell:invitation", args=[invited.key])
    words = render_to_string(
        "sell/mail/invitation.txt",
        {
            "shop": shop,
            "invitation": invited.invitation,
            "address": f"{settings.SITE_URL}{path}",
            "market_name": settings.MARKET_NAME,
        },
    )
    name = " ".join(shop.name.split())
    subject = _("%(shop)s asks you to work with them") % {"shop": name}
    message = EmailMessage(subject=subject, body=words, to=[invited.invitation.email])
    try:
        message.send()
    except (SMTPException, OSError) as error:
        log.warning(
            "invitation_not_sent", invitation=str(invited.invitation.pk), error=str(error)
        )  # fmt: skip
        return False
    return True


def send_decision(decision: Decision) -> None:
    """In the owner's language, else in English. Raises as the mail server does."""
    shop = decision.shop
    with translation.override(decision.language or settings.LANGUAGE_CODE):
        path = reverse("sell:home", args=[shop.slug])
        words = render_to_string(
            "sell/mail/decision.txt",
            {
                "shop": shop,
                "status": decision.status,
                "before": decision.before,
                "reason": decision.reason,
                "address": f"{settings.SITE_URL}{path}",
                "market_name": settings.MARKET_NAME,
            },
        )
        subject = _("News of %(shop)s") % {"shop": " ".join(shop.name.split())}
        EmailMessage(subject=subject, body=words, to=[decision.owner.email]).send()
