"""Messages of the catalogue, as e-mail."""

from __future__ import annotations

from smtplib import SMTPException, SMTPRecipientsRefused

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from catalog.services.alerts import DueAlert

log = structlog.get_logger(__name__)


def send_back_in_stock(alert: DueAlert) -> bool:
    """False when it could not be sent now. An address that the server refuses is done with.

    Written in the language of the account, else in English.
    """
    with translation.override(alert.language or settings.LANGUAGE_CODE):
        message = _message(alert)
    try:
        message.send()
    except SMTPRecipientsRefused:
        log.warning("stock_alert_refused", alert=str(alert.id))
    except (SMTPException, OSError) as error:
        log.warning("stock_alert_not_sent", alert=str(alert.id), error=str(error))
        return False
    return True


def _message(alert: DueAlert) -> EmailMessage:
    product = alert.variant.product
    query = urlencode({"variant": alert.variant.sku})
    words = render_to_string(
        "catalog/mail/back_in_stock.txt",
        {
            "name": alert.name,
            "product": product,
            "variant": alert.variant,
            "address": f"{settings.SITE_URL}{product.get_absolute_url()}?{query}",
            "market_name": settings.MARKET_NAME,
        },
    )
    # A name with line breaks would be refused as a header.
    subject = _("%(product)s is back") % {"product": " ".join(product.name.split())}
    return EmailMessage(subject=subject, body=words, to=[alert.email])
