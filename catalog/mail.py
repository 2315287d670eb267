"""Messages of the catalogue, as e-mail."""

from __future__ import annotations

from smtplib import SMTPException, SMTPRecipientsRefused

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from catalog.services.alerts import DueAlert
from catalog.services.low_stock import LowStock

log = structlog.get_logger(__name__)


def send_back_in_stock(alert: DueAlert) -> bool:
    """False when it could not be sent now. An address that the server refuses is done with.

    Written in the language that the account chose, else in the one it was asked for in.
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


def send_low_stock(notice: LowStock) -> None:
    """In the reader's language, else in English. Raises as the mail server does."""
    shop = notice.shop
    with translation.override(notice.language or settings.LANGUAGE_CODE):
        path = reverse("sell:stock", args=[shop.slug])
        words = render_to_string(
            "catalog/mail/low_stock.txt",
            {
                "shop": shop,
                "name": notice.person.first_name,
                "lines": notice.lines,
                "more": notice.more,
                "address": f"{settings.SITE_URL}{path}?tab=low",
                "switch": f"{settings.SITE_URL}{reverse('users:notices')}",
                "market_name": settings.MARKET_NAME,
            },
        )
        named = {"shop": " ".join(shop.name.split())}
        subject = _("Low stock in %(shop)s") % named
        EmailMessage(subject=subject, body=words, to=[notice.person.email]).send()


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
