"""A guest's cart follows its owner into the account."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.services.cart import merge_carts
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
    elif merged.capped:
        messages.warning(
            request,
            _("Of some items there are fewer left than both of your carts wanted."),
        )
