"""Who shops: an account, or a guest with a token in a cookie. Read by pages and the API."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse

from orders.models import Checkout, Order
from orders.models.cart import GUEST_CART_LIFE

COOKIE = "cart"
SALT = "orders.visitor"
# In the session: orders that a guest proved to know, by number and e-mail; newest last.
KNOWN = "known_orders"
# The same for checkouts whose link to pay was followed.
KNOWN_CHECKOUTS = "known_checkouts"
MOST_KNOWN = 20


@dataclass(frozen=True)
class Visitor:
    """user_id: None for a guest. token: empty for a guest without a cart so far."""

    user_id: UUID | None
    token: str


def visitor_of(request: HttpRequest) -> Visitor:
    """Whose cart and checkouts the request may touch; a forged cookie is nobody's."""
    user_id = request.user.pk if request.user.is_authenticated else None
    return Visitor(user_id=user_id, token=guest_token(request))


def guest_token(request: HttpRequest) -> str:
    token = request.get_signed_cookie(
        COOKIE, default="", salt=SALT, max_age=GUEST_CART_LIFE
    )
    return token or ""


def visible_orders(request: HttpRequest) -> QuerySet[Order]:
    """The account's orders; a guest's of this browser, and those found by number."""
    visitor = visitor_of(request)
    may_see = Q(pk__in=request.session.get(KNOWN, []))
    if visitor.user_id:
        may_see |= Q(user_id=visitor.user_id)
    elif visitor.token:
        # Found first: an OR that reached through the joins would read every order.
        own = Checkout.objects.owned_by(None, visitor.token)
        may_see |= Q(user=None, checkout_id__in=list(own.values_list("pk", flat=True)))
    return Order.objects.filter(may_see, deleted_at=None)


def visible_checkouts(request: HttpRequest) -> QuerySet[Checkout]:
    """The visitor's own, and those they were sent the link to pay by."""
    visitor = visitor_of(request)
    own = Checkout.objects.owned_by(visitor.user_id, visitor.token)
    known = request.session.get(KNOWN_CHECKOUTS, [])
    return own | Checkout.objects.filter(pk__in=known) if known else own


def follow_pay_link(request: HttpRequest, checkout_id: UUID) -> None:
    """Whoever reads the buyer's mail may pay the order, and see it afterwards."""
    for name, ids in (
        (KNOWN_CHECKOUTS, [str(checkout_id)]),
        (KNOWN, _order_ids(checkout_id)),
    ):
        known = [one for one in request.session.get(name, []) if one not in ids]
        request.session[name] = [*known, *ids][-MOST_KNOWN:]


def _order_ids(checkout_id: UUID) -> list[str]:
    orders = Order.objects.filter(checkout_id=checkout_id)
    return [str(pk) for pk in orders.values_list("pk", flat=True)]


def with_token(visitor: Visitor) -> Visitor:
    """The visitor, ready for a cart: a guest without a token is given one."""
    if visitor.user_id or visitor.token:
        return visitor
    return Visitor(user_id=None, token=secrets.token_urlsafe(24))


def remember(response: HttpResponse, visitor: Visitor) -> None:
    """Keep a guest's token for as long as the cart is kept."""
    if visitor.user_id is None and visitor.token:
        response.set_signed_cookie(
            COOKIE,
            visitor.token,
            salt=SALT,
            max_age=GUEST_CART_LIFE,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )


def forget(response: HttpResponse) -> None:
    response.delete_cookie(COOKIE, samesite="Lax")
