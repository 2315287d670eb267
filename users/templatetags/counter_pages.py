"""The navigation of a shop's own pages: of this app and of those above it, by URL name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from users.counter import Seller, shops_of
from users.rights import Right

register = template.Library()

# In the order of a day's work. What has no address is left out.
PAGES: tuple[tuple[str, str | Promise, str, Right], ...] = (
    ("sell:home", _("Today"), "store", Right.SEE_SHOP),
    ("sell:orders", _("Orders"), "box", Right.SEE_ORDERS),
    ("sell:returns", _("Returns"), "left", Right.RECEIVE_RETURNS),
    ("sell:products", _("Products"), "tag", Right.SEE_PRODUCTS),
    ("sell:stock", _("Stock"), "layers", Right.COUNT_STOCK),
    ("sell:promotions", _("Promotions"), "percent", Right.PROMOTE),
    ("sell:reviews", _("Reviews"), "speech", Right.ANSWER_REVIEWS),
    ("sell:customers", _("Customers"), "heart", Right.SEE_CUSTOMERS),
    ("sell:numbers", _("Numbers"), "chart", Right.SEE_NUMBERS),
    ("sell:jobs", _("Jobs"), "check", Right.SEE_SHOP),
    ("sell:members", _("People"), "person", Right.MEMBERS),
    ("sell:settings", _("Settings"), "sliders", Right.SETTINGS),
)

SETTINGS: tuple[tuple[str, str | Promise], ...] = (
    ("sell:settings", _("Profile and holidays")),
    ("sell:delivery", _("Delivery")),
    ("sell:taxes", _("Tax")),
)


@dataclass(frozen=True)
class CounterPage:
    label: str | Promise
    icon: str
    address: str
    is_current: bool


@register.simple_tag(takes_context=True)
def counter_pages(context: dict[str, Any]) -> list[CounterPage]:
    """Those that the seller may see; the one that the request's address lies in is current."""
    request = context["request"]
    seller: Seller = request.seller
    pages = []
    for name, label, icon, right in PAGES:
        address = _address(name, seller) if seller.may(right) else ""
        if address:
            is_home = name == "sell:home"
            is_in = request.path.startswith(address)
            is_current = request.path == address if is_home else is_in
            pages.append(CounterPage(label, icon, address, is_current))
    return pages


@register.simple_tag(takes_context=True)
def settings_pages(context: dict[str, Any]) -> list[CounterPage]:
    """The pages of the settings; the one of the request's address is current."""
    request = context["request"]
    named = [(label, _address(name, request.seller)) for name, label in SETTINGS]
    return [
        CounterPage(label, "", address, request.path == address)
        for label, address in named
        if address
    ]


def _address(name: str, seller: Seller) -> str:
    """Empty for a page that there is not."""
    try:
        return reverse(name, args=[seller.shop.slug])
    except NoReverseMatch:
        return ""


@register.simple_tag(takes_context=True)
def other_shops(context: dict[str, Any]) -> list[Any]:
    """Where else they work."""
    seller: Seller = context["request"].seller
    return [s for s in shops_of(user_id=seller.user.pk) if s.pk != seller.shop.pk]


@register.filter
def may(seller: Seller, right: str) -> bool:
    """`{% if request.seller|may:"refund" %}`."""
    return seller.may(Right(right))
