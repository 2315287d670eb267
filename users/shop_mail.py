"""Messages to those who work for shops, as e-mail."""

from __future__ import annotations

from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from shop.models import Shop
from users.services.members import Invited

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
