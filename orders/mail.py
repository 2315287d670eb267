"""News of an order, as e-mail to its buyer."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from orders.models import Order, OrderStatus
from users.queries import chosen_languages


def send_order_news(order: Order, status: str) -> None:
    """What happened: processing (paid), shipped or cancelled. Raises as the mail server does.

    order: with its shop. A worker sends it, so the language is the account's, else English.
    """
    known = [order.user_id] if order.user_id else []
    chosen = chosen_languages(user_ids=known)
    language = next(iter(chosen.values()), settings.LANGUAGE_CODE)
    with translation.override(language):
        _message(order, status).send()


def _message(order: Order, status: str) -> EmailMessage:
    page = (
        reverse("orders:order", args=[order.pk])
        if order.user_id
        else reverse("orders:find_order")
    )
    words = render_to_string(
        "orders/mail/news.txt",
        {
            "order": order,
            "status": status,
            "items": order.items.order_by("id"),
            "parcels": order.tracking.order_by("id")
            if status == OrderStatus.SHIPPED
            else [],
            "address": f"{settings.SITE_URL}{page}",
            "market_name": settings.MARKET_NAME,
        },
    )
    subject = {
        OrderStatus.PROCESSING: _("Your order %(number)s"),
        OrderStatus.SHIPPED: _("Your order %(number)s is on its way"),
        OrderStatus.CANCELLED: _("Your order %(number)s is cancelled"),
    }[OrderStatus(status)] % {"number": order.order_number}
    return EmailMessage(subject=subject, body=words, to=[order.email])
