"""News of an order, as e-mail to its buyer."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F, Sum
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from orders.models import Order, OrderStatus, ShipmentItem
from orders.queries.set_off import given_back, set_off_from
from orders.services.drafts import pay_link_token
from orders.services.news import RETURN_ANSWERED, OrderNews
from users.queries import chosen_languages

FIRST, REST = "first", "rest"


def send_order_news(news: OrderNews) -> None:
    """Raises as the mail server does."""
    with translation.override(_language(news)):
        _message(news).send()


def send_pay_link(order: Order) -> None:
    """To an order that a shop wrote for its buyer. Raises as the mail server does."""
    with translation.override(_language(OrderNews(order=order, status=""))):
        assert order.checkout is not None
        link = reverse("payments:pay_link", args=[pay_link_token(order.checkout.pk)])
        words = render_to_string(
            "orders/mail/pay_link.txt",
            {
                "order": order,
                "items": order.items.order_by("id"),
                "until": order.checkout.expires_at,
                "address": f"{settings.SITE_URL}{link}",
                "site": settings.SITE_URL,
                "market_name": settings.MARKET_NAME,
            },
        )
        subject = _("Pay your order %(number)s") % {"number": order.order_number}
        EmailMessage(subject=subject, body=words, to=[order.email]).send()


def _language(news: OrderNews) -> str:
    """The one the account has chosen, else the one it was bought in, else English."""
    order = news.order
    known = [order.user_id] if order.user_id else []
    chosen = next(iter(chosen_languages(user_ids=known).values()), "")
    bought_in = order.checkout.language if order.checkout else ""
    spoken = dict(settings.LANGUAGES)
    wanted = [one for one in (chosen, bought_in) if one in spoken]
    return wanted[0] if wanted else settings.LANGUAGE_CODE


def _message(news: OrderNews) -> EmailMessage:
    order = news.order
    subjects: dict[str, str] = {
        OrderStatus.PROCESSING: _("Your order %(number)s"),
        OrderStatus.SHIPPED: _("Your order %(number)s is on its way"),
        OrderStatus.DELIVERED: _("Your order %(number)s has arrived"),
        OrderStatus.CANCELLED: _("Your order %(number)s is cancelled"),
        OrderStatus.REFUNDED: _("Money back for your order %(number)s"),
        RETURN_ANSWERED: _("Your return of order %(number)s"),
    }
    part = _part(news)
    subject = subjects[news.status]
    if part == FIRST:
        subject = _("A part of your order %(number)s is on its way")
    context = _context(news) | {"part": part}
    words = render_to_string(f"orders/mail/{news.status}.txt", context)
    return EmailMessage(
        subject=subject % {"number": order.order_number}, body=words, to=[order.email]
    )


def _part(news: OrderNews) -> str:
    """Of a parcel: whether others follow it, or it brings the rest; else empty."""
    if news.parcel is None:
        return ""
    wanted = Sum(F("quantity") - F("removed_quantity"))
    ordered = news.order.items.aggregate(units=wanted)["units"]
    shipped = ShipmentItem.objects.filter(tracking__order=news.order)
    by_then = shipped.filter(tracking_id__lte=news.parcel.pk)
    if (by_then.aggregate(units=Sum("quantity"))["units"] or 0) < ordered:
        return FIRST
    return REST if by_then.exclude(tracking=news.parcel).exists() else ""


def _context(news: OrderNews) -> dict[str, Any]:
    order = news.order
    page = reverse("orders:order", args=[order.pk])
    if not order.user_id:
        number = urlencode({"number": order.order_number})
        page = f"{reverse('orders:find_order')}?{number}"
    return {
        "news": news,
        "order": order,
        "given": given_back(order, set_off_from(order=order)),
        "items": order.items.select_related("product").order_by("id"),
        "parcels": [news.parcel]
        if news.parcel
        else order.tracking.prefetch_related("items__order_item").order_by("id"),
        "address": f"{settings.SITE_URL}{page}",
        "site": settings.SITE_URL,
        "market_name": settings.MARKET_NAME,
    }
