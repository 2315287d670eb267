"""How often a person or an address may ask for something."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from shop.rate_limits import is_within_limit

ALERTS_AN_HOUR = 20
# Each review with photos counts once; making them safe is work.
PHOTOS_AN_HOUR = 30
HOUR_S = 3600


def may_ask_for_alert(request: HttpRequest) -> bool:
    return is_within_limit(
        what="stock_alert", who=asker(request), most=ALERTS_AN_HOUR, period_s=HOUR_S
    )


def may_send_photos(request: HttpRequest) -> bool:
    return is_within_limit(
        what="review_photos", who=asker(request), most=PHOTOS_AN_HOUR, period_s=HOUR_S
    )


def asker(request: HttpRequest) -> str:
    """The account, else whence the request came, as far as proxies are trusted to say."""
    if request.user.is_authenticated:
        return str(request.user.pk)
    try:
        return str(get_adapter(request).get_client_ip(request))
    except PermissionDenied:
        return "unknown"
