"""What a guest began follows its owner into the account: the cart, and earlier orders."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from orders.services.cart import MOST_ITEMS, merge_carts
from orders.services.claims import claim_orders
from orders.visitor import guest_token


def bring_cart(
    sender: Any, request: HttpRequest | None, user: AbstractBaseUser, **more: Any
) -> None:
    """Receives Django's `user_logged_in`; whichever door the log-in came through."""
    if request is None or not (token := guest_token(request)):
        return
    merged = merge_carts(user_id=user.pk, token=token, now=timezone.now())
    if merged.is_waiting:
        waiting = _(
            "The cart you filled before logging in is in another currency. It is kept"
            " until the cart of your account is ordered."
        )
        messages.info(request, waiting)
    elif merged.is_too_full:
        full = _(
            "The cart you filled before logging in does not fit into the cart of your"
            " account: one cart holds at most %(most)d different items. It is kept until"
            " there is room."
        )
        messages.info(request, full % {"most": MOST_ITEMS})
    elif merged.capped:
        messages.warning(
            request,
            _("Of some items there are fewer left than both of your carts wanted."),
        )


def bring_orders(
    sender: Any, request: HttpRequest | None, user: AbstractBaseUser, **more: Any
) -> None:
    """Receives `user_logged_in`: what was bought as a guest meanwhile."""
    _bring_orders(request, user.pk)


def bring_confirmed_orders(
    sender: Any, request: HttpRequest | None, email_address: Any, **more: Any
) -> None:
    """Receives allauth's `email_confirmed`: what was bought before with this address."""
    _bring_orders(request, email_address.user_id)


def _bring_orders(request: HttpRequest | None, user_id: Any) -> None:
    count = claim_orders(user_id=user_id, now=timezone.now())
    if not count or request is None:
        return
    said = ngettext(
        "%(count)d order that you placed as a guest is in your account now.",
        "%(count)d orders that you placed as a guest are in your account now.",
        count,
    )
    messages.success(request, said % {"count": count})
